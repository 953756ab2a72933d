"""How well the moment of a handoff is met: GT-T on chats where that moment is known, beside the baselines.

MHCH holds word ids only, so that nothing of the product's reading of text can run on it: what is measured there is a
score learned from who spoke, how long, how often the same words came again, and the ids as words. On tau the default
policy is replayed on conversations whose solution asks for a transfer and that were solved: the moment is the turn at
which the bot handed over.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from trustladder.core import events as e
from trustladder.core.containment import Lane
from trustladder.core.ticket import Role, Turn
from trustladder.core.verdict import TOLERANCES, golden_transfer_within
from trustladder.detect.outcome.words import hands_over
from trustladder.detect.perceiver import Perceiver
from trustladder.learn.conversation import Conversation, Message, Said
from trustladder.learn.measures_outcome import auc, auc_interval, cross_fit, folds_by_group
from trustladder.learn.mhch import Chat, read_mhch
from trustladder.learn.outcome_data import Case, read_tau
from trustladder.learn.outcome_fit import Recipe, Rows, fit
from trustladder.learn.replay import replay
from trustladder.learn.risk_training import Numbers
from trustladder.policy.profiles import default_policy

_MEASURES = (
    "by_customer",
    "length",
    "place",
    "in_a_row",
    "same_words_before",
    "same_words_of_the_other",
    "short_answer",
)
_STRUCTURE = Recipe(_MEASURES, 1.0, (), 3.0, frozenset(), frozenset())
_WORDS = Recipe(_MEASURES, 1.0, (("n:", 3.0), ("p:", 3.0)), 3.0, frozenset(), frozenset())
_PATIENT_MS = 100_000
"""How long a patient perceiver may take for a turn, in milliseconds."""

Handoff = int | None


def handoff_rows(chats: Sequence[Chat]) -> Rows:
    """One row an utterance, from what was said up to it: `n:` its word ids, `p:` those of the utterance before."""
    measures, words, labels, groups = list[list[float]](), list[dict[str, int]](), list[float](), list[str]()
    for number, chat in enumerate(chats):
        own: dict[bool, list[set[int]]] = {True: [], False: []}
        row = 0
        for place, one in enumerate(chat.said):
            before = chat.said[place - 1] if place else None
            row = row + 1 if before is not None and before.by_customer == one.by_customer else 1
            said = set(one.words)
            log = np.log1p([len(one.words), place, row])
            alike = [_alike(said, own[side]) for side in (one.by_customer, not one.by_customer)]
            measures.append([float(one.by_customer), *log.tolist(), *alike, float(len(one.words) <= 2)])
            words.append(dict.fromkeys([f"n:{word}" for word in said], 1))
            if before is not None:
                words[-1] |= dict.fromkeys([f"p:{word}" for word in set(before.words)], 1)
            labels.append(float(one.handoff))
            groups.append(f"chat-{number}")
            own[one.by_customer].append(said)
    none = ("",) * len(labels)
    cases = tuple(int(group.removeprefix("chat-")) for group in groups)
    unread = np.zeros((len(labels), 0))
    return Rows(np.array(measures), tuple(words), np.array(labels), tuple(groups), none, none, cases, unread)


def _alike(said: set[int], earlier: Sequence[set[int]]) -> float:
    return max((len(said & other) / len(said | other) for other in earlier[-10:]), default=0.0) if said else 0.0


def measure_mhch(data_dir: Path, seed: int = 0) -> dict[str, Any]:
    """Where in a chat a person should take over: AUC by utterance and GT-T by chat, on chats left out.

    The threshold of a fold is the one with the best GT-T (T = 2) on the out-of-fold scores of the others.
    """
    chats = read_mhch(data_dir / "mhch_makeup2_rssn")
    rows = handoff_rows(chats)
    scores = {"structure": _cross(rows, _STRUCTURE, seed), "words": _cross(rows, _WORDS, seed)}
    handoffs: dict[str, list[Handoff]] = {name: _crossings(chats, rows, found, seed) for name, found in scores.items()}
    handoffs["never"] = [None] * len(chats)
    handoffs["at_once"] = [0] * len(chats)
    golden = [chat.golden for chat in chats]
    return {
        "chats": len(chats),
        "utterances": len(rows.labels),
        "handoffs": int(rows.labels.sum()),
        "auc": {name: round(auc(rows.labels, found), 4) for name, found in scores.items()},
        "auc_interval": {name: auc_interval(rows.groups, rows.labels, found) for name, found in scores.items()},
        "place_alone": round(auc(rows.labels, rows.measures[:, _MEASURES.index("place")]), 4),
        "gt_t": {name: transfers(golden, found) for name, found in handoffs.items()},
    }


def _cross(rows: Rows, recipe: Recipe, seed: int) -> Numbers:
    def score(train: Sequence[int], test: Sequence[int]) -> Numbers:
        return fit(rows.take(train), recipe, np.ones(len(train))).logits(rows.take(test))

    return cross_fit(rows, score, seed)


def transfers(golden: Sequence[Handoff], handoffs: Sequence[Handoff]) -> list[float]:
    """Return the mean GT-T at each of the `TOLERANCES`."""
    pairs = list(zip(golden, handoffs, strict=True))
    return [round(sum(golden_transfer_within(*pair, t) for pair in pairs) / len(pairs), 4) for t in TOLERANCES]


def _crossings(chats: Sequence[Chat], rows: Rows, scores: Numbers, seed: int) -> list[Handoff]:
    places: dict[int, list[int]] = {}
    for place, case in enumerate(rows.cases):
        places.setdefault(case, []).append(place)
    by_chat = [scores[places[number]] for number in range(len(chats))]
    cuts = np.quantile(scores, np.linspace(0.5, 0.999, 40)).tolist()
    firsts = [[_first(found, cut) for found in by_chat] for cut in cuts]
    held = [[golden_transfer_within(c.golden, at, 2) for c, at in zip(chats, first, strict=True)] for first in firsts]
    chosen: list[Handoff] = [None] * len(chats)
    for fold in folds_by_group(rows.groups, rows.labels, seed):
        mine = {rows.cases[place] for place in fold}
        rest = [number for number in range(len(chats)) if number not in mine]
        best = max(range(len(cuts)), key=lambda cut: sum(held[cut][number] for number in rest))
        for number in mine:
            chosen[number] = firsts[best][number]
    return chosen


def _first(scores: Numbers, cut: float) -> Handoff:
    above = np.flatnonzero(scores > cut)
    return int(above[0]) if len(above) else None


def measure_transfers(data_dir: Path) -> dict[str, Any]:
    """GT-T of the default policy on solved conversations of tau, in the customer's turns."""
    cases = [case for case in read_tau(data_dir / "tau") if not case.failed]
    expected = [(case, at) for case in cases if _expected(case) and (at := _transfer(case)) is not None]
    quiet: list[tuple[Case, Handoff]] = [(c, None) for c in cases if not _expected(c) and _transfer(c) is None]
    perceiver = Perceiver(budget_ms=_PATIENT_MS)
    found: dict[str, Any] = {}
    for name, pairs in (("expected", expected), ("not_expected", quiet)):
        golden = [at for _, at in pairs]
        policy, asked = zip(*(_policy_at(case, perceiver) for case, _ in pairs), strict=True)
        found[name] = {
            "conversations": len(pairs),
            "policy": transfers(golden, policy),
            "on_request": transfers(golden, asked),
            "never": transfers(golden, [None] * len(pairs)),
            "at_once": transfers(golden, [1] * len(pairs)),
        }
    return found


def _expected(case: Case) -> bool:
    return any(hands_over(key.partition("{")[0]) for key in case.gold)


def _transfer(case: Case) -> Handoff:
    """How many of the customer's turns came before the bot handed over."""
    told = 0
    for turn in case.turns:
        told += turn.role is Role.CUSTOMER
        if any(hands_over(call.name) for call in turn.tool_calls):
            return told
    return None


def _policy_at(case: Case, perceiver: Perceiver) -> tuple[Handoff, Handoff]:
    """After how many of the customer's turns the policy hands over, and after how many one asks for a person."""
    messages = tuple(Message(turn.index, turn.index, 0, _event(turn)) for turn in case.turns if not _hands(turn))
    told, policy, asked = 0, None, None
    for step in replay(Conversation("tau", messages, timed=False), default_policy(), perceiver.perceive):
        told += step.role is Role.CUSTOMER
        if asked is None and (signal := step.signals.get("human_request")) and signal.strength >= 60:
            asked = told
        if policy is None and step.decision.proposed >= Lane.ESCALATED:
            policy = told
    return policy, asked


def _hands(turn: Turn) -> bool:
    return any(hands_over(call.name) for call in turn.tool_calls)


def _event(turn: Turn) -> Said:
    if turn.role is Role.CUSTOMER:
        return e.CustomerWrote(str(turn.index), turn.text)
    if turn.role is Role.BOT:
        return e.BotWrote(str(turn.index), turn.text, tool_calls=turn.tool_calls)
    return e.ToolReturned(turn.author, turn.text, turn.failed)
