"""Proposals: other policies that past tickets speak for, each with its backtest. Nothing applies itself.

A proposal is the text of a policy file made from the given one with its comments kept, what changed in sentences, and
the evidence. Thresholds and bases are proposed where they save clearly more than nothing on tickets that took no part
in the choice; weights where the risk comes true more exactly; a guarantee where a stricter threshold keeps one; more or
less authority where a type's record speaks for it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any

import msgspec

from trustladder.core.episode import Episode
from trustladder.core.governance import ProposalMade
from trustladder.core.policy import Policy
from trustladder.core.risk import probability_of
from trustladder.core.threshold import Costs, strictest
from trustladder.core.verdict import went_badly, went_well
from trustladder.learn import guarantee as guaranteed
from trustladder.learn import proposal_words as say
from trustladder.learn.backtest import Backtest, Backtester
from trustladder.learn.columns import columns_of
from trustladder.learn.earned import LEVELS, Bar, Earned, records
from trustladder.learn.labels import Labelled, label_of
from trustladder.learn.load import handling_time
from trustladder.learn.past import Past
from trustladder.learn.proposal_edits import demoted, promoted, with_guarantee
from trustladder.learn.recalibrate import moved_text, recalibrate
from trustladder.learn.report.backtest import as_json, staffing_note
from trustladder.learn.sweep import FEWEST_TICKETS, Prices, Sweep, levers, prices
from trustladder.learn.tried import paired
from trustladder.policy.diff import diff
from trustladder.policy.load import load_policy

SHOWN_CHANGED = 20
"""How many changed tickets the evidence names."""

ASSUMPTIONS = (
    "Past tickets are like those to come: the same bot, the same needs, the same perception.",
    "What customers, the bot and people did after a handoff that came sooner, later or not at all stays as it was.",
    "The golden turn is right: a person reviewed the ticket, or the rules on hindsight do not err.",
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What Learn is asked for: late or missed at most ``alpha`` with confidence 1 − ``delta``; prices; the bar.

    ``handling_minutes`` is what a person needs for a ticket, None to take it from tickets or policy.
    """

    alpha: float = 0.05
    delta: float = 0.1
    costs: Costs | None = None
    bar: Bar = field(default_factory=Bar)
    handling_minutes: float | None = None


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal as the journal keeps it, with the whole backtest for a report."""

    made: ProposalMade
    backtest: Backtest


@dataclass(frozen=True, slots=True)
class Learned:
    """What one run of Learn found: proposals, what was looked at and not proposed, and each type's record.

    ``labels`` counts tickets with a known end or a review.
    """

    policy_digest: str
    tickets: int
    labels: int
    proposals: tuple[Proposed, ...]
    notes: tuple[str, ...]
    records: tuple[Earned, ...]
    prices: Prices


class Learner:
    """Makes proposals for one policy file from past tickets, each played under it once."""

    def __init__(self, text: str, past: Sequence[Past], wish: Wish | None = None, source: str = "") -> None:
        self.text, self.past, self.wish, self.source = text, past, wish or Wish(), source
        self.policy = load_policy(text)
        self.played = [one.under(self.policy) for one in past]
        self.prices = prices(self.policy, self.wish.costs)
        self.notes: list[str] = []
        self.proposals: list[Proposed] = []
        self.labels = known(self.episodes())

    def episodes(self) -> list[Episode]:
        """Return the past episodes in which a bot spoke."""
        return [reading.episode for one in self.played for reading in one.readings if reading.in_automation]

    def learn(self) -> Learned:
        """Return everything that past tickets speak for."""
        sweep = Sweep(columns_of(self.policy, self.played), self.prices)
        self._points(sweep)
        self._weights(sweep)
        self._guarantee()
        found = tuple(records(self.policy, self.episodes(), self.wish.bar))
        self._authority(found)
        return Learned(
            policy_digest=self.policy.digest,
            tickets=len(self.episodes()),
            labels=self.labels,
            proposals=tuple(self.proposals),
            notes=tuple(self.notes),
            records=found,
            prices=self.prices,
        )

    # -- thresholds and bases --------------------------------------------------------------------------------------

    def _points(self, sweep: Sweep) -> None:
        tried = levers(self.policy)
        # Every lever gets its share of the 5 %: one run in twenty proposes something by chance, and not nearly each.
        confidence = 1 - 0.05 / max(1, len(tried))
        too_few: list[str] = []
        for lever in tried:
            found = sweep.pays(self.policy, lever, confidence)
            if found is None:
                too_few.append(lever.subject)
            elif found.is_clear:
                evidence = {"pays": asdict(found) | {"setting": str(found.chosen)}}
                self._add(lever.kind, found.chosen.of_text(self.text), say.worth(found, self.prices), evidence)
            else:
                self.notes.append(say.not_worth(found, self.prices))
        if too_few:
            named = ", ".join(too_few)
            self.notes.append(f"{named}: no setting moves {FEWEST_TICKETS} tickets, too few to tell what one is worth.")

    # -- weights ---------------------------------------------------------------------------------------------------

    def _weights(self, sweep: Sweep) -> None:
        again = recalibrate(self.policy, sweep, self._labelled())
        found = again.found
        if found.missing:
            self.notes.append(f"weights: {found.missing}")
        elif not (again.is_better and (found.changes or found.base_shift)):
            self.notes.append(f"weights: {say.brier(found)}; {say.saves(again, self.prices)}: not clearly better.")
        else:
            text = moved_text(self.text, self.policy, found, again.shift)
            worth = say.saves(again, self.prices)
            because = f"The risk comes true more exactly: {say.brier(found)}. With thresholds moved along, {worth}."
            self._add("weights", text, because, {"recalibrated": asdict(again)})

    def _labelled(self) -> list[Labelled | None]:
        """Return for each episode its label with the probability with which it came to be one, None for no label.

        Where an audit sample is drawn, automated tickets count only if they were drawn and reviewed.
        """
        sampled = any(episode.drawn_percent is not None for episode in self.episodes())
        return [
            label_of(reading.episode, played.happened, sampled)
            for played in self.played
            for reading in played.readings
            if reading.in_automation
        ]

    # -- a guarantee -----------------------------------------------------------------------------------------------

    def _guarantee(self) -> None:
        found = guaranteed.guarantee(
            [label for label in self._labelled() if label is not None], self.wish.alpha, self.wish.delta
        )
        now = strictest(rule for rule in self.policy.rules if not rule.when).escalate_at
        if found.escalate_at is None:
            self.notes.append(f"guarantee: {found.sentence}")
        elif now is not None and now.value <= found.escalate_at:
            self.notes.append(f"guarantee: {found.sentence} The policy hands over sooner already.")
        else:
            evidence = {"guarantee": asdict(found), "assumptions": list(guaranteed.ASSUMPTIONS)}
            percent = round(probability_of(found.escalate_at) * 100)
            title = f"Hand over from a risk of {percent}%, which keeps late or missed at most {found.alpha:.1%}"
            text = with_guarantee(self.text, self.policy, percent)
            self._add("guarantee", text, found.sentence, evidence, title)

    # -- authority -------------------------------------------------------------------------------------------------

    def _authority(self, found: Iterable[Earned]) -> None:
        for record in found:
            if record.next is record.level:
                continue
            rises = LEVELS.index(record.next) > LEVELS.index(record.level)
            text = (promoted if rises else demoted)(self.text, self.policy, record)
            if text is None:
                self.notes.append(
                    f"{record.ticket_type}: its record speaks for {record.next.value}, but containment.automated "
                    "holds every type below that."
                )
                continue
            evidence = {"record": asdict(record)}
            title = f"{record.ticket_type} {'rises' if rises else 'falls back'} to {record.next.value}"
            self._add("promotion" if rises else "demotion", text, record.because, evidence, title)

    # -- what all have in common -----------------------------------------------------------------------------------

    def _add(self, kind: str, text: str, because: str, evidence: dict[str, Any], title: str = "") -> None:
        new = load_policy(text)
        sentences = tuple(diff(self.policy, new))
        if not sentences:
            return
        tested = self.backtest(new)
        identity = "\n".join((kind, self.policy.digest, new.digest))
        made = ProposalMade(
            proposal_id=sha256(identity.encode()).hexdigest()[:16],
            kind=kind,
            title=title or say.title(kind, sentences),
            because=because,
            before_digest=self.policy.digest,
            digest=new.digest,
            policy_yaml=text,
            diff=sentences,
            evidence=_json_values(
                {
                    "labels": self.labels,
                    "tickets": tested.tickets,
                    "prices": self.prices.source,
                    "assumptions": list(ASSUMPTIONS),
                    "staffing": staffing_note(tested),
                    "backtest": _plain(tested),
                    **evidence,
                }
            ),
        )
        self.proposals.append(Proposed(made, tested))

    def backtest(self, new: Policy) -> Backtest:
        """Return the backtest of another policy on the same tickets."""
        tester = Backtester(self.policy, new, SHOWN_CHANGED)
        for one, before in zip(self.past, self.played, strict=True):
            tester.add(paired(one, before, one.under(new)))
        tester.assumed = handling_time(new, self.episodes(), self.wish.handling_minutes, None, 0.9)
        return tester.finish([self.source], (), 0.0)


def known(episodes: Iterable[Episode]) -> int:
    """Return how many episodes have a known end or were reviewed by a person."""
    return sum(episode.review is not None or went_badly(episode) or went_well(episode) for episode in episodes)


def _json_values(plain: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(plain))
    return values


def _plain(found: Backtest) -> dict[str, Any]:
    plain: dict[str, Any] = as_json(found)
    for gone in ("notices", "files", "seconds", "limits"):
        plain.pop(gone)
    return plain
