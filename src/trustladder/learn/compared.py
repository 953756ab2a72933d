"""Somebody else's scores of the recorded tickets beside ours, pairwise, on the same tickets."""

import json
from pathlib import Path

import numpy as np

from trustladder.errors import BadInput
from trustladder.learn.measured import Measured
from trustladder.learn.measures_failure import REPEATS, measure_failure_of
from trustladder.learn.measures_outcome import auc, auc_interval
from trustladder.learn.outcome_data import read_tau
from trustladder.learn.risk_training import Numbers

_FIX = "give a JSON object of numbers by the ids that `trustladder eval --format json` lists, or a list in their order"
_SHOWN = 3


def compare_scores(data: Path, scores: Path) -> Measured:
    """Compare somebody's scores with ours on the tickets of tau, at 100 % of the customer's turns.

    The file holds a JSON object of numbers by ticket id, or a JSON list or one number a line in the order of the ids;
    higher is riskier. Raises BadInput when it does not fit.
    """
    found = measure_failure_of(read_tau(data / "tau"), range(REPEATS))
    labels, ours = np.array(found["labels"], dtype=float), np.array(found["at"]["100%"]["trustladder"]["scores"])
    theirs = read_scores(scores, found["ids"])
    low, high = auc_interval(found["groups"], labels, theirs)
    return Measured(
        "failure of the ticket, AUC of the scores given",
        str(scores),
        round(auc(labels, theirs), 4),
        low=low,
        high=high,
        baselines=(("trustladder", round(auc(labels, ours), 4)),),
        paired=auc_interval(found["groups"], labels, theirs, ours),
    )


def read_scores(path: Path, ids: list[str]) -> Numbers:
    """The scores in a file, in the order of ``ids``. Raises BadInput when one is missing, unknown or no number."""
    try:
        text = path.read_text("utf-8")
        given = json.loads(text) if text.lstrip()[:1] in ("[", "{") else text.split()
        if isinstance(given, dict):
            _check_names(given, ids, path)
            given = [given[name] for name in ids]
        found = np.array([float(item) for item in given])
    except (OSError, ValueError, TypeError) as error:
        raise BadInput(f"the scores cannot be read: {error}", where=str(path), fix=_FIX) from None
    if len(found) != len(ids):
        raise BadInput(f"{len(found)} scores for {len(ids)} conversations", where=str(path), fix=_FIX)
    if not np.isfinite(found).all():
        raise BadInput("a score is no finite number", where=str(path), fix=_FIX)
    return found


def _check_names(given: dict[str, object], ids: list[str], path: Path) -> None:
    for what, names in (
        ("without a score", [name for name in ids if name not in given]),
        ("that are not known", sorted(set(given) - set(ids))),
    ):
        if names:
            shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
            raise BadInput(f"tickets {what}: {shown}", where=str(path), fix=_FIX)
