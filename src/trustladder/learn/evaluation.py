"""The evaluation: every measure of perception and risk on labelled data, beside its baselines, in one run.

Each measure says what it is, on what it was taken and with what interval; where a set is absent it says so.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trustladder.errors import BadInput
from trustladder.learn.calibration import brier
from trustladder.learn.measures_outcome import interval, left_in_automation
from trustladder.learn.risk_training import Numbers


@dataclass(frozen=True, slots=True)
class Measured:
    """One line of the table. ``better`` is ``higher`` or ``lower``; ``aim`` is what we set out to reach, if anything.

    ``paired`` is the 95 % interval of our value minus the strongest learned baseline's, on the same resamples.
    """

    name: str
    data: str
    value: float
    low: float | None = None
    high: float | None = None
    baselines: tuple[tuple[str, float], ...] = ()
    aim: float | None = None
    better: str = "higher"
    paired: tuple[float, float] | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the aim was reached; None without an aim."""
        if self.aim is None:
            return None
        return self.value >= self.aim if self.better == "higher" else self.value <= self.aim


@dataclass(frozen=True, slots=True)
class Curve:
    """What a picture needs: labels (0 or 1) and calibrated risks, example by example, and their `ids`, if any."""

    name: str
    labels: tuple[int, ...]
    risks: tuple[float, ...]
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The whole run: its measures, the curves for its pictures, and the sets that were not there."""

    measures: tuple[Measured, ...]
    curves: tuple[Curve, ...]
    absent: tuple[str, ...]


Part = Callable[[Path], tuple[list[Measured], list[Curve]]]


def evaluate(data: Path, say: Callable[[str], None] = lambda _: None) -> Evaluation:
    """Evaluate on every set that a folder holds. Raises BadInput when it holds none. ``say`` is told each step."""
    measures: list[Measured] = []
    curves: list[Curve] = []
    absent: list[str] = []
    for folder, name, part in PARTS:
        if not (data / folder).is_dir():
            absent.append(folder)
            continue
        say(name)
        try:
            found, drawn = part(data)
        except ModuleNotFoundError as error:
            absent.append(f"{name}: its baseline needs {error.name} (uv sync --group train)")
            continue
        measures += found
        curves += drawn
    if not measures:
        known = ", ".join(dict.fromkeys(folder for folder, _, _ in PARTS))
        raise BadInput("no labelled set is here", where=str(data), fix=f"give the folder that holds any of: {known}")
    return Evaluation(tuple(measures), tuple(curves), tuple(absent))


def average_precision(labels: Numbers, scores: Numbers) -> float:
    """Return the average precision: the mean of the precision at each positive, ranked by score (ties as ranked)."""
    order = np.argsort(-scores, kind="stable")
    hits = labels[order] > 0
    ranks = np.flatnonzero(hits) + 1
    return float(np.mean(np.arange(1, len(ranks) + 1) / ranks)) if len(ranks) else 0.0


def recall_at(labels: Numbers, scores: Numbers, share: float = 0.2) -> float:
    """Return the share of bad endings among the riskiest ``share`` of the tickets: recall at that workload."""
    most = np.argsort(-scores, kind="stable")[: max(1, round(share * len(scores)))]
    return float(labels[most].sum() / max(1.0, labels.sum()))


_STRONGEST = "words_and_surface_bot_known"
"""The baseline that the score of failure is paired with."""


def _failure(data: Path) -> tuple[list[Measured], list[Curve]]:
    from trustladder.learn.measures_failure import measure_failure

    found = measure_failure(data)
    labels = np.array(found["labels"], dtype=float)
    where = f"tau: {found['conversations']} conversations, {found['customers']} customers, customers left out"
    measures: list[Measured] = []
    for share, aim in (("50%", 0.75), ("100%", 0.78)):
        measures += _failure_at(share, found["at"][share], where, aim)
        measures += _failure_of_new_bots(share, found["new_bots"][share], aim)
    measures += _workload(found["at"]["100%"], labels, where, found["groups"])
    curves = [
        Curve(f"failure at {share}", tuple(found["labels"]), tuple(at["trustladder"]["risks"]), tuple(found["ids"]))
        for share, at in found["at"].items()
    ]
    return measures, curves


def _failure_at(share: str, at: Mapping[str, Any], where: str, aim: float) -> Iterator[Measured]:
    ours = at["trustladder"]
    names = ("words", "words_and_surface", _STRONGEST, "turn_count", "model_and_domain", "always_or_never")
    yield Measured(
        f"failure of the ticket at {share} of the customer's turns, AUC",
        where,
        ours["auc"],
        low=ours["auc_interval"][0],
        high=ours["auc_interval"][1],
        baselines=tuple((name.replace("_", " "), at[name]["auc"]) for name in names),
        aim=aim,
        paired=ours[f"against_{_STRONGEST}"]["interval"],
    )
    yield Measured(
        f"the same within model and domain, at {share}, AUC",
        where,
        ours["auc_within"],
        baselines=(("words and surface", at["words_and_surface"]["auc_within"]),),
    )


def _failure_of_new_bots(share: str, at: Mapping[str, Any], aim: float) -> Iterator[Measured]:
    yield Measured(
        f"the same of bots never seen, at {share}, AUC",
        "tau: customers and two bots at a time left out",
        at["auc"],
        low=at["auc_interval"][0],
        high=at["auc_interval"][1],
        baselines=(("words and surface", at["words_and_surface"]),),
        aim=aim,
        paired=at["against_words_and_surface"],
    )


def _workload(whole: Mapping[str, Any], labels: Numbers, where: str, groups: Sequence[str]) -> Iterator[Measured]:
    ours = whole["trustladder"]
    scores, risks = np.array(ours["scores"]), np.array(ours["risks"])
    base = float(labels.mean())

    def bounds(statistic: Callable[[list[int]], float]) -> tuple[float, float]:
        low, high = interval(groups, statistic)
        return round(low, 4), round(high, 4)

    yield Measured(
        "failure rate left in automation after escalating the riskiest 20 %",
        where,
        ours["left_in_automation"],
        baselines=(
            ("words and surface", whole["words_and_surface"]["left_in_automation"]),
            ("never", round(base, 4)),
            ("a perfect order", round(left_in_automation(labels, labels), 4)),
        ),
        aim=0.31,
        better="lower",
    )
    yield Measured("calibration error (ECE, 10 bins)", where, ours["calibration_error"], aim=0.05, better="lower")
    yield Measured(
        "Brier score",
        where,
        round(brier(labels, risks), 4),
        *bounds(lambda rows: brier(labels[rows], risks[rows])),
        baselines=(("base rate", round(base * (1 - base), 4)),),
        better="lower",
    )
    yield Measured(
        "average precision",
        where,
        round(average_precision(labels, scores), 4),
        *bounds(lambda rows: average_precision(labels[rows], scores[rows])),
        baselines=(("base rate", round(base, 4)),),
    )
    yield Measured(
        "recall of failures in the riskiest 20 %",
        where,
        round(recall_at(labels, scores), 4),
        *bounds(lambda rows: recall_at(labels[rows], scores[rows])),
        baselines=(("at random", 0.2),),
    )


def _writes(data: Path) -> tuple[list[Measured], list[Curve]]:
    from trustladder.learn.measures_outcome import measure_writes

    found = measure_writes(data)
    ours = found["trustladder"]
    where = f"tau airline: {found['actions']} proposed actions, {found['wrong']} wrong, customers left out"
    gain = tuple(ours["against_tool_name"]["interval"])
    measured = Measured(
        "wrong irreversible action at the gate, AUC",
        where,
        ours["auc"],
        low=ours["auc_interval"][0],
        high=ours["auc_interval"][1],
        baselines=(
            ("tool name", found["tool_name"]["auc"]),
            ("conversation length", found["conversation_length"]["auc"]),
        ),
        aim=0.76,
        paired=(gain[0], gain[1]),
    )
    return [measured], [Curve("wrong action", tuple(found["labels"]), tuple(ours["risks"]))]


def _betold(data: Path) -> tuple[list[Measured], list[Curve]]:
    from trustladder.learn.measures_calls import measure_betold

    found = measure_betold(data)
    where = f"BETOLD: {found['calls']} calls, intents and entities only"
    whole = "phone call breaks off or asks to be forwarded, whole call, macro-F1"
    measures = [_of_calls(whole, where, found["100%"], "macro_f1", 0.87, (("published, all training calls", 0.797),))]
    for share, aim in (("50%", 0.74), ("75%", 0.82)):
        turns = (("turn count of the whole call", found[share]["turn_count_of_whole_call"]["auc"]),)
        measures.append(_of_calls(f"the same at {share} of the call, AUC", where, found[share], "auc", aim, turns))
    ours = found["100%"]["trustladder"]
    error = ours["calibration_error"]
    measures.append(Measured("the same, whole call, calibration error (ECE, 10 bins)", where, error, better="lower"))
    return measures, [Curve("phone call, whole", tuple(found["labels"]), tuple(ours["risks"]))]


def _of_calls(
    name: str, where: str, found: Mapping[str, Any], key: str, aim: float, more: tuple[tuple[str, float], ...]
) -> Measured:
    """One figure of phone calls beside the fits that know the share of the call they read."""
    ours, words, trees = (found[by] for by in ("trustladder", "words_and_surface", "trees_at_this_share"))
    beside = (
        ("words and surface, fitted at this share", words[key]),
        ("these trees, fitted at this share", trees[key]),
    )
    low, high = ours[f"{key}_interval"]
    paired = ours["against_words_and_surface"][key]
    return Measured(name, where, ours[key], low=low, high=high, baselines=(*beside, *more), aim=aim, paired=paired)


def _transfers(data: Path) -> tuple[list[Measured], list[Curve]]:
    from trustladder.learn.measures_handoff import measure_transfers

    measures, both = [], measure_transfers(data)
    for name, said in (("expected", "where a transfer was expected"), ("not_expected", "where none was")):
        found = both[name]
        beside = tuple((key.replace("_", " "), found[key][1]) for key in ("on_request", "never", "at_once"))
        where = f"tau: {found['conversations']} solved conversations, default policy"
        measures.append(
            Measured(f"moment of the handoff {said}, GT-T (T = 2)", where, found["policy"][1], None, None, beside)
        )
    return measures, []


def _mhch(data: Path) -> tuple[list[Measured], list[Curve]]:
    from trustladder.learn.measures_handoff import measure_mhch

    found = measure_mhch(data)
    where = f"MHCH: {found['chats']} chats as word ids, {found['utterances']} utterances, chats left out"
    low, high = found["auc_interval"]["words"]
    beside = (("structure alone", found["auc"]["structure"]), ("place alone", found["place_alone"]))
    utterance = Measured(
        "utterance at which a person should take over, AUC", where, found["auc"]["words"], low, high, beside
    )
    others = tuple((name.replace("_", " "), found["gt_t"][name][1]) for name in ("structure", "never", "at_once"))
    moment = Measured("moment of the handoff, GT-T (T = 2)", where, found["gt_t"]["words"][1], None, None, others)
    return [utterance, moment], []


def _human_request(data: Path) -> tuple[list[Measured], list[Curve]]:
    from trustladder.learn.measures_meaning import measure_human_request

    found = measure_human_request(data)
    where = f"Bitext: {found['sentences']} sentences, none of them seen"
    return [
        Measured(
            "request for a person, F1",
            where,
            found["f1"],
            low=found["interval"][0],
            high=found["interval"][1],
            aim=0.93,
        )
    ], []


def _ticket_type(data: Path) -> tuple[list[Measured], list[Curve]]:
    from trustladder.learn.measures_meaning import measure_ticket_type

    measures = []
    for with_unknown, said in ((False, "no out-of-scope example given"), (True, "100 out-of-scope examples given")):
        found = measure_ticket_type(data, with_unknown=with_unknown)
        low, high = found["interval_at_90"] or (None, None)
        measures.append(
            Measured(
                "out-of-scope recall at 90 % accuracy in scope",
                f"CLINC150: 150 types, {found['examples_a_type']} examples each, {said}",
                found["out_of_scope_recall_at_90"],
                low,
                high,
                baselines=(("BERT by threshold, published", 0.523),),
                aim=0.60,
            )
        )
    return measures, []


def _frustration(data: Path) -> tuple[list[Measured], list[Curve]]:
    from trustladder.learn.measures_meaning import measure_frustration

    measures = []
    for key, found in measure_frustration(data).items():
        definition, client = key.rsplit("_", 1)
        names = ("vader", "tfidf_other_client")
        baselines = tuple((name.replace("_", " "), found[name]["auc"]) for name in names if name in found)
        measures.append(
            Measured(
                f"customer frustration by sentence ({definition.replace('_', ' ')}), AUC",
                f"MAIA client {client}: {found['sentences']} sentences, none trained on",
                found["shipped"]["auc"],
                low=found["shipped"]["interval"][0],
                high=found["shipped"]["interval"][1],
                baselines=baselines,
                aim=0.85,
                paired=tuple(found["shipped"]["minus_tfidf"]) if "tfidf_other_client" in found else None,
            )
        )
    return measures, []


def _breakdown(data: Path) -> tuple[list[Measured], list[Curve]]:
    from trustladder.learn.breakdown_fit import measure_breakdown

    found = measure_breakdown(data)
    where = f"DBDC3: {found['utterances']} utterances of chatbots, dialogues left out"
    return [
        Measured(
            "breakdown by the bot's turn, F1 (possible or certain)",
            where,
            found["f1_t_or_x"],
            low=found["f1_interval"][0],
            high=found["f1_interval"][1],
            baselines=(("always", found["f1_always"]),),
            aim=0.80,
        ),
        Measured(
            "the same, Jensen-Shannon divergence",
            where,
            found["js"],
            low=found["js_interval"][0],
            high=found["js_interval"][1],
            baselines=(("mean shares", found["js_of_mean_shares"]),),
            aim=0.030,
            better="lower",
        ),
    ], []


PARTS: tuple[tuple[str, str, Part], ...] = (
    ("tau", "failure of the ticket (tau)", _failure),
    ("tau", "wrong actions at the gate (tau)", _writes),
    ("tau", "moments of the handoff (tau)", _transfers),
    ("mhch_makeup2_rssn", "moments of the handoff (MHCH)", _mhch),
    ("betold", "phone calls by intents (BETOLD)", _betold),
    ("bitext_customer_service", "requests for a person (Bitext)", _human_request),
    ("clinc150", "out of scope (CLINC150)", _ticket_type),
    ("maia_dqe", "frustration (MAIA)", _frustration),
    ("dbdc3", "breakdowns (DBDC3)", _breakdown),
)
"""The sets, by the folder that holds them."""


def roc(curve: Curve) -> list[tuple[float, float]]:
    """Return the receiver operating characteristic: pairs of false and true positive rate, from (0, 0) on."""
    labels, risks = np.array(curve.labels, dtype=float), np.array(curve.risks)
    order = np.argsort(-risks, kind="stable")
    hits = np.cumsum(labels[order]) / max(1.0, labels.sum())
    misses = np.cumsum(1 - labels[order]) / max(1.0, (1 - labels).sum())
    return [(0.0, 0.0), *zip(misses.tolist(), hits.tolist(), strict=True)]


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return the evaluation as JSON, each measure with whether its aim was reached."""
    whole = asdict(evaluation)
    for row, measured in zip(whole["measures"], evaluation.measures, strict=True):
        row["reached"] = measured.reached
    return whole


def as_markdown(evaluation: Evaluation) -> str:
    """Return the table of `docs/evaluation.md`."""
    lines = [
        "| measure | data | value (95 % interval) | baselines | against the baseline | aim |",
        "|---|---|---|---|---|---|",
    ]
    lines += [_line(measured) for measured in evaluation.measures]
    if evaluation.absent:
        lines += ["", "Not measured, because it is absent: " + ", ".join(evaluation.absent) + "."]
    return "\n".join(lines) + "\n"


def _line(measured: Measured) -> str:
    paired = "" if measured.paired is None else f"{measured.paired[0]:+.3f} to {measured.paired[1]:+.3f}"
    cells = (measured.name, measured.data, value(measured), baselines(measured, "; "), paired, aim(measured, ": "))
    return f"| {' | '.join(cells)} |"


def value(measured: Measured) -> str:
    """Return a value with its interval."""
    bounds = "" if measured.low is None else f" ({measured.low:.3f} to {measured.high:.3f})"
    return f"{measured.value:.3f}{bounds}"


def baselines(measured: Measured, between: str = ", ") -> str:
    """Return the baselines in words."""
    return between.join(f"{name} {figure:.3f}" for name, figure in measured.baselines)


def aim(measured: Measured, between: str = ", ") -> str:
    """Return the aim and whether it was reached."""
    if measured.aim is None:
        return ""
    sign = "≥" if measured.better == "higher" else "≤"
    return f"{sign} {measured.aim:g}{between}{'reached' if measured.reached else 'not reached'}"
