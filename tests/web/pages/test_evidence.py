"""A proposal's evidence is shown in sentences and tables, whoever wrote it; the whole of it is a file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from tests.learn.test_proposals import population
from trustladder.core.governance import ProposalMade
from trustladder.learn.proposals import Learner
from trustladder.policy.load import load_policy
from trustladder.policy.profiles import DEFAULT_PROFILE, profile_text
from trustladder.settings import Settings
from trustladder.web.pages.evidence import shown
from trustladder.web.service import build_app

TEXT = profile_text(DEFAULT_PROFILE)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    app = build_app(Settings(ledger=f"sqlite:///{tmp_path / 'ledger.db'}"))
    with TestClient(app) as client:
        yield client


def proposal(evidence: dict[str, object]) -> ProposalMade:
    policy = load_policy(TEXT)
    return ProposalMade("p1", "threshold", "t", "b", policy.digest, policy.digest, TEXT, ("one change",), evidence)


def test_what_learn_found_is_shown_as_sentences_and_tables(client: TestClient) -> None:
    learned = Learner(TEXT, population(300, planted=True)).learn()
    made = learned.proposals[0].made
    client.app.state.desk.rollouts.propose("default", made)  # type: ignore[attr-defined]  # a FastAPI
    page = client.get(f"/learn/proposals/{made.proposal_id}").text
    tested = learned.proposals[0].backtest
    told = shown(made.evidence)
    assert told.sentences[0] in page
    assert [table.title for table in told.tables][:2] == ["Beside other ways to decide", "Ticket types that change"]
    always = next(row for row in told.tables[0].rows if row[0] == "Always a person")
    assert always[1] == "100 %"
    assert f"{len(told.tickets)} of {tested.changed_in_all}" in page
    assert f'href="/tickets/{told.tickets[0].ticket_id}"' in page
    assert "{&#39;" not in page and "digest&#39;" not in page, "no values as a program writes them"
    assert client.get(f"/learn/proposals/{made.proposal_id}/evidence.json").json() == made.evidence


_NAMES = ("tickets", "verdicts", "late", "turn", "before", "after", "handoffs", "per_week", "name", "changed_in_all")
_TABLES = ("strategies", "types", "queues", "changed", "changed_in_all", "headline")
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=4),
    max_leaves=8,
)
_BACKTESTS = st.dictionaries(st.sampled_from(_TABLES), _VALUES | st.lists(_VALUES, max_size=2), max_size=4)


@given(evidence=st.fixed_dictionaries({"backtest": _BACKTESTS, "more": _VALUES}))
def test_no_evidence_at_all_breaks_its_page(evidence: dict[str, object]) -> None:
    told = shown(evidence)
    assert all(len(row) == len(table.columns) for table in told.tables for row in table.rows)


def test_a_row_of_another_shape_hides_no_other() -> None:
    told = shown({"backtest": {"changed": [{"before": 3}, {"conversation": "t1"}]}})
    assert [ticket.ticket_id for ticket in told.tickets] == ["t1"]


@pytest.mark.parametrize(
    "evidence",
    [
        {},
        {"labels": 3, "note": "written by hand", "assumptions": ["one", "two"]},
        {"backtest": "none", "nested": {"a": [1]}, "rows": [{"a": 1}], "nothing": None},
        {"backtest": {"strategies": None, "types": [{"name": "x"}], "queues": [{}], "changed": [{}], "headline": ""}},
    ],
)
def test_evidence_of_another_make_is_a_page_too(client: TestClient, evidence: dict[str, object]) -> None:
    client.app.state.desk.rollouts.propose("default", proposal(evidence))  # type: ignore[attr-defined]
    page = client.get("/learn/proposals/p1")
    assert page.status_code == 200
    assert ("All of the evidence as JSON" in page.text) is bool(evidence)
    for words in ("written by hand", "two") if "note" in evidence else ():
        assert words in page.text
