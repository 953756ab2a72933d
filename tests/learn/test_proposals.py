"""Proposals: what past tickets speak for, with its price; nothing from chance; nothing that applies itself."""

import json
import random
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.desk.plain import TENANT, key, perceive, plain_desk
from tests.learn.made_up import bot, customer, told
from typer.testing import CliRunner

from trustladder.cli import app
from trustladder.core import events as e
from trustladder.core.containment import Act
from trustladder.core.episode import Episode
from trustladder.core.governance import ProposalMade
from trustladder.core.risk import points_hundredths_of
from trustladder.core.threshold import Costs
from trustladder.desk.commands import CustomerTurn, Draft
from trustladder.desk.policies import PolicyBook
from trustladder.desk.rollout import Rollouts
from trustladder.learn.backtest import Backtester
from trustladder.learn.conversation import Conversation, Ending
from trustladder.learn.earned import Bar, Earned, acts_at, authority_of, bad_share, level_of, records
from trustladder.learn.past import PastConversation
from trustladder.learn.proposal_edits import demoted, promoted
from trustladder.learn.proposals import Learned, Learner, Proposed, Wish
from trustladder.learn.seen import SeenOnce
from trustladder.learn.sweep import Edit, levers, prices
from trustladder.ledger import open_ledger
from trustladder.policy.canonical import canonical
from trustladder.policy.edit import set_escalate_at
from trustladder.policy.load import load_policy
from trustladder.policy.profiles import DEFAULT_PROFILE, default_policy, profile_text
from trustladder.web.learning import Learning

TEXT = profile_text("product-heavy")
CHEAP_PEOPLE = Wish(costs=Costs(spillover=100, person_minutes=10))


def ticket(number: int, strength: int, ends_badly: bool) -> PastConversation:
    """A ticket whose customer turns the first answer down, more or less clearly, and gets two more."""
    said = (customer("hello"), bot("Try this."), customer(f"no rejection={strength}"), bot("And?"), bot("Or that?"))
    made: Conversation = told(*said, ending=Ending("failed" if ends_badly else "solved"))
    made = replace(made, id=f"t{number}", account=e.AccountLearned(f"account-{number % 90}"))
    return PastConversation(made, SeenOnce(perceive))


def population(n: int, *, planted: bool, seed: int = 1) -> list[PastConversation]:
    """Tickets in which a clear rejection ends badly in nine of ten cases (planted), or has nothing to do with it."""
    draw = random.Random(seed)
    found = []
    for number in range(n):
        clear = draw.random() < 0.5
        bad = draw.random() < ((0.9 if clear else 0.05) if planted else 0.2)
        found.append(ticket(number, 100 if clear else 0, bad))
    return found


@cache
def planted() -> Learned:
    return Learner(TEXT, population(260, planted=True), CHEAP_PEOPLE).learn()


def test_a_threshold_that_is_too_high_is_found_and_priced() -> None:
    learned = planted()
    made = next(proposed.made for proposed in learned.proposals if proposed.made.kind == "threshold")
    assert made.title.startswith("everyone now escalates at")
    found = next(proposed.backtest for proposed in learned.proposals if proposed.made is made)
    assert found.late_or_missed.is_clear
    assert found.late_or_missed.after < 0.1 < found.late_or_missed.before
    assert made.evidence["pays"]["low"] > 0  # type: ignore[index]  # JSON values


def test_a_proposal_is_a_policy_that_loads_and_says_what_changed() -> None:
    before = load_policy(TEXT)
    for proposed in planted().proposals:
        made, after = proposed.made, load_policy(proposed.made.policy_yaml)
        assert (made.before_digest, made.digest) == (before.digest, after.digest)
        assert made.diff
        assert made.policy_yaml.count("#") == TEXT.count("#")
        assert made.evidence["labels"] == 260
        assert {"backtest", "assumptions", "staffing", "prices"} <= made.evidence.keys()
        assert json.loads(msgspec.json.encode(made))["proposal_id"] == made.proposal_id


def test_from_ends_that_have_nothing_to_do_with_it_no_threshold_is_proposed() -> None:
    learned = Learner(TEXT, population(260, planted=False), Wish(costs=Costs(100, 60))).learn()
    assert not {proposed.made.kind for proposed in learned.proposals} & {"threshold", "type"}
    assert any(note.startswith("everyone:") for note in learned.notes)


def test_from_a_few_tickets_nothing_is_proposed_and_it_says_why() -> None:
    learned = Learner(TEXT, population(20, planted=True), CHEAP_PEOPLE).learn()
    assert not learned.proposals
    assert any("too few" in note for note in learned.notes)
    assert any("20 tickets are labelled" in note for note in learned.notes)


def test_an_edit_is_the_same_in_the_file_and_in_memory() -> None:
    policy = load_policy(TEXT)
    tried = levers(policy)
    for lever in (tried[0], tried[-1]):
        for edit in (lever.edits[0], lever.edits[-1]):
            in_file, in_memory = load_policy(edit.of_text(TEXT)), edit.of_policy(policy)
            assert canonical(in_file) == canonical(in_memory), edit


def test_prices_are_given_or_stated_or_implied() -> None:
    policy = default_policy()
    assert prices(policy, Costs(100, 10)).of("billing").escalate_at == pytest.approx(0.1)
    assert prices(policy).of("billing").escalate_at == pytest.approx(0.72, abs=0.001)
    assert prices(policy).of("how_to").escalate_at == pytest.approx(0.78, abs=0.001)
    stated = replace(policy, rules=(replace(policy.rules[0], costs=Costs(90, 9)), *policy.rules[1:]))
    assert prices(stated).of("how_to") == Costs(90, 9)
    assert Edit(rule_id="everyone", percent=40).of_policy(policy).rules[0].escalate_at == points_hundredths_of(0.4)


# -- earned authority --------------------------------------------------------------------------------------------


def episodes(ticket_type: str, good: int, bad: int) -> list[Episode]:
    return [
        Episode(
            f"t{n}",
            ticket_type=ticket_type,
            customer_turns=[0],
            bot_turns=[1],
            outcome="failed" if n < bad else "solved",
        )
        for n in range(good + bad)
    ]


@pytest.mark.parametrize(
    ("bad", "n", "low", "high"), [(0, 100, 0.0, 0.02951), (5, 100, 0.01991, 0.10225), (3, 3, 0.3684, 1.0)]
)
def test_the_bounds_of_the_bad_share_as_in_the_tables(bad: int, n: int, low: float, high: float) -> None:
    assert list(bad_share(bad, n)) == pytest.approx([low, high], abs=1e-4)


RECORDS = {
    "too few to tell": ("billing", 50, 0, Act.INFORM),
    "trust-critical, clean enough": ("billing", 200, 0, Act.RESOLVE),
    "trust-critical, not clean enough": ("billing", 200, 4, Act.INFORM),
    "bad": ("how_to", 60, 60, Act.INFORM),
    "good, and at the top": ("how_to", 200, 0, Act.RESOLVE),
}


@pytest.mark.parametrize("name", RECORDS)
def test_what_a_record_speaks_for(name: str) -> None:
    ticket_type, good, bad, level = RECORDS[name]
    (record,) = records(default_policy(), episodes(ticket_type, good, bad), Bar())
    assert record.next is level, record.because


def test_promotion_and_demotion_are_policies_that_hold_that_level() -> None:
    policy = load_policy(TEXT)
    for ticket_type, level, make in (("billing", Act.RESOLVE, promoted), ("how_to", Act.INFORM, demoted)):
        record = Earned(ticket_type, Act.INFORM, level, 200, 0, 0, 0.0, 0.01, "")
        text = make(TEXT, policy, record)
        assert text is not None
        after = load_policy(text)
        assert level_of(authority_of(after, ticket_type)) is level
        for other in set(policy.ticket_types) - {ticket_type}:
            assert authority_of(after, other) == authority_of(policy, other)
    assert acts_at(Act.GATHER) == ("acknowledge", "gather")


# -- the command -------------------------------------------------------------------------------------------------


def test_proposals_wait_in_the_journal_of_the_ledger(tmp_path: Path) -> None:
    """A ledger whose tickets ended badly: what Learn proposes is recorded once, and nothing changes by itself."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    ledger = open_ledger(url)
    desk = plain_desk(ledger, default_policy())
    for number in range(101):
        desk.customer_wrote(key(f"t{number}"), CustomerTurn(f"m{number}", "hello"))
        desk.bot_wrote(key(f"t{number}"), Draft(f"d{number}", "Here."))
        desk.give_satisfaction(key(f"t{number}"), 0, complaint=True)
    ledger.close()
    options = ["--ledger", url, "--tenant", TENANT, "--record", "--format", "json", "--out", str(tmp_path / "out")]
    first, second = (CliRunner().invoke(app, ["learn", "propose", *options]) for _ in range(2))
    assert first.exit_code == second.exit_code == 0, first.output
    found = json.loads(first.stdout)["proposals"]
    assert "demotion" in [made["kind"] for made in found]
    ledger = open_ledger(url)
    kept = [entry.event for entry in ledger.journal(TENANT) if isinstance(entry.event, ProposalMade)]
    ledger.close()
    assert [event.proposal_id for event in kept] == [made["proposal_id"] for made in found]
    assert len(list((tmp_path / "out").glob("*.yaml"))) == len(list((tmp_path / "out").glob("*.html"))) == len(found)


def test_a_run_in_a_persons_name_proposes_once_there_is_enough_and_each_proposal_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"

    def serve(numbers: range) -> None:
        ledger = open_ledger(url)
        desk = plain_desk(ledger, default_policy())
        for number in numbers:
            desk.customer_wrote(key(f"t{number}"), CustomerTurn(f"m{number}", "hello"))
            desk.bot_wrote(key(f"t{number}"), Draft(f"d{number}", "Here."))
            desk.give_satisfaction(key(f"t{number}"), 0, complaint=True)
        ledger.close()

    def run(*more: str) -> dict[str, Any]:
        options = ["learn", "run", "--ledger", url, "--tenant", TENANT, "--format", "json", *more]
        done = CliRunner().invoke(app, options)
        assert done.exit_code == 0, done.output
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    serve(range(99))
    early = run("--by", "lee")["proposing"]
    assert early["new"] == []
    assert early["missing"] == "no proposals yet: the end of 99 tickets is known, and 100 are the fewest"
    serve(range(99, 101))
    assert "proposing" not in run()
    first, second = run("--by", "lee")["proposing"], run("--by", "lee")["proposing"]
    assert "demotion" in [made["kind"] for made in first["new"]]
    assert (second["new"], second["wait"]) == ([], len(first["new"])), "an open one is not repeated"
    ledger = open_ledger(url)
    book = PolicyBook(None, lambda _: default_policy(), default_policy(), profile_text(DEFAULT_PROFILE))
    rollouts = Rollouts(ledger, book)
    state = rollouts.state(TENANT)
    assert {proposal.state for proposal in state.proposals.values()} == {"open"}, "nothing is activated"
    assert (state.running, rollouts.in_force(TENANT).digest) == (None, default_policy().digest)
    rollouts.decide(TENANT, first["new"][0]["proposal_id"], "lee", accepted=False, reason="not now")
    ledger.close()
    third = run("--by", "lee")["proposing"]
    assert (third["new"], third["wait"]) == ([], len(first["new"]) - 1), "nor is one that a person has turned down"


def test_one_that_waits_is_not_asked_again_in_other_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    text, ledger = profile_text(DEFAULT_PROFILE), open_ledger("sqlite://:memory:")
    rollouts = Rollouts(ledger, PolicyBook(None, lambda _: default_policy(), default_policy(), text))
    learning = Learning(ledger, rollouts)
    learned = Learner(text, []).learn()
    nothing = Backtester(default_policy(), default_policy(), 1).finish([], (), 0.0)
    found: list[ProposalMade] = []

    class Finds:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def learn(self) -> Learned:
            return replace(learned, proposals=tuple(Proposed(made, nothing) for made in found))

    def asks(percent: float, before: str = default_policy().digest) -> ProposalMade:
        changed = set_escalate_at(text, "everyone", int(percent))
        title = f"everyone now escalates at {percent:g}% instead of 78%"
        return ProposalMade(
            f"p{percent}-{before}", "threshold", title, "", before, load_policy(changed).digest, changed
        )

    monkeypatch.setattr("trustladder.web.learning.Learner", Finds)
    monkeypatch.setattr("trustladder.web.learning._too_little", lambda *_: "")
    for percent, new, wait in ((50, 1, 1), (53, 0, 1)):
        found[:] = [asks(percent)]
        told = learning.propose(TENANT)
        assert (len(told.new), told.wait) == (new, wait)
    found[:] = [asks(53, before="another policy")]
    assert len(learning.propose(TENANT).new) == 1, "from another policy it is another question"
    rollouts.decide(TENANT, asks(50).proposal_id, "lee", accepted=False)
    found[:] = [asks(53.5)]
    assert len(learning.propose(TENANT).new) == 1, "what was turned down may be asked in other numbers"
    ledger.close()


def test_a_record_without_a_ledger_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["learn", "propose", str(tmp_path / "x.jsonl"), "--record"])
    assert done.exit_code == 1
    assert "--record needs a ledger" in done.stderr
