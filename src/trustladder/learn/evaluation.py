"""The evaluation: every measure of perception and risk on labelled data, beside its baselines, in one run.

Each measure says what it is, on what it was taken and with what interval; where a set is absent it says so.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from trustladder.errors import BadInput
from trustladder.learn.evaluation_failure import failure
from trustladder.learn.measured import Curve, Evaluation, Measured

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


def _policy(data: Path) -> tuple[list[Measured], list[Curve]]:
    from trustladder.learn.measures_policy import measure_policy

    found = measure_policy(data)
    measures = [
        _handed_over(end, said, found["handed_over"][who][end])
        for who, said in (("all", ""), ("nobody_asks", ", where nobody asks for a person"))
        for end in ("good", "bad")
    ]
    for name, said in (("expected", "where a transfer was expected"), ("not_expected", "where none was")):
        at = found["transfers"][name]
        beside = tuple((key.replace("_", " "), at[key][1]) for key in ("on_request", "never", "at_once"))
        where = f"tau: {at['conversations']} solved conversations, {_UNSEEN}"
        measures.append(
            Measured(f"moment of the handoff {said}, GT-T (T = 2)", where, at["policy"][1], None, None, beside)
        )
    return measures, []


_UNSEEN = "default policy, the score fitted without the customer"


def _handed_over(end: str, said: str, found: Mapping[str, int]) -> Measured:
    return Measured(
        f"{end} ends that the default policy hands over{said}",
        f"tau: {found['ends']} conversations, {_UNSEEN}",
        round(found["policy"] / found["ends"], 4),
        baselines=(("on request", round(found["on_request"] / found["ends"], 4)),),
        better="lower" if end == "good" else "higher",
    )


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
    ("tau", "failure of the ticket (tau)", failure),
    ("tau", "wrong actions at the gate (tau)", _writes),
    ("tau", "handoffs by the default policy (tau)", _policy),
    ("mhch_makeup2_rssn", "moments of the handoff (MHCH)", _mhch),
    ("betold", "phone calls by intents (BETOLD)", _betold),
    ("bitext_customer_service", "requests for a person (Bitext)", _human_request),
    ("clinc150", "out of scope (CLINC150)", _ticket_type),
    ("maia_dqe", "frustration (MAIA)", _frustration),
    ("dbdc3", "breakdowns (DBDC3)", _breakdown),
)
"""The sets, by the folder that holds them."""
