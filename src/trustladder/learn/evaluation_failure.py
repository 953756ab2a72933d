"""The rows of an evaluation that tell how well the failure of a ticket is foreseen."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from trustladder.learn.calibration import brier
from trustladder.learn.measured import Curve, Measured
from trustladder.learn.measures_failure import measure_failure
from trustladder.learn.measures_outcome import interval, left_in_automation
from trustladder.learn.risk_training import Numbers

_STRONGEST = "words_and_surface_bot_known"
"""The baseline that the score of failure is paired with."""


def failure(data: Path) -> tuple[list[Measured], list[Curve]]:
    """Return how well the failure of the recorded tickets is foreseen, with the curves at both shares of a ticket."""
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
