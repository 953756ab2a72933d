"""Colleagues see each other on a ticket also where each is served by a process of its own."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.web.pages.conftest import ALWAYS, Service, Visit, _policy_with, _serve
from trustladder.errors import LedgerUnavailable
from trustladder.ledger import open_ledger
from trustladder.web.pages import elsewhere
from trustladder.web.pages.elsewhere import Elsewhere, Present

ANA, BEN = Present("default", "t", "ana", False), Present("default", "t", "ben", True)


def test_each_process_hears_of_the_others_and_writes_only_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = open_ledger("sqlite://:memory:")
    one, two = Elsewhere(ledger), Elsewhere(ledger)
    said: list[bytes] = []
    say_here = ledger.say_here

    def counted(place: str, here: bytes, for_ms: int) -> None:
        said.append(here)
        say_here(place, here, for_ms)

    monkeypatch.setattr(ledger, "say_here", counted)
    assert one.exchange([ANA]) == set()
    assert two.exchange([BEN]) == {("default", "t")}
    assert one.exchange([ANA]) == {("default", "t")}
    assert (set(one.present), set(two.present)) == ({BEN}, {ANA})
    assert one.exchange([ANA]) == set()
    assert len(said) == 2, "nothing is written while nothing changes"
    assert two.exchange([BEN._replace(writing=False)]) == set()
    assert one.exchange([ANA]) == {("default", "t")}, "that Ben writes no more is news"
    monkeypatch.setattr(elsewhere, "SAY_AGAIN_SECONDS", 0.0)
    one.exchange([ANA])
    assert len(said) == 4, "that Ana is still here is said again"
    two.exchange([])
    assert one.exchange([ANA]) == {("default", "t")}
    assert one.present == set()
    ledger.close()
    with pytest.raises(LedgerUnavailable):
        one.exchange([])


@pytest.fixture
def two_services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Service]]:
    """Two services over one ledger, as behind a load balancer."""
    folder, policy = tmp_path_factory.mktemp("two"), _policy_with(ALWAYS)
    for first in _serve(folder, policy):
        for second in _serve(folder, policy):
            yield first, second


def test_colleagues_on_two_processes_see_each_other(two_services: tuple[Service, Service], visit: Visit) -> None:
    first, second = two_services
    first.escalated("both-1")
    ana = visit("/tickets/both-1", "agent", url=first.url)
    ben = visit("/tickets/both-1", "engineer", url=second.url)
    expect(ana.get_by_text("Support engineer has this ticket open too")).to_be_visible()
    expect(ben.get_by_text("Support agent has this ticket open too")).to_be_visible()
    ben.get_by_label("Internal note").press_sequentially("hm")
    expect(ana.get_by_text("Support engineer is writing here just now")).to_be_visible()
    ben.goto(second.url + "/queue")
    expect(ana.get_by_text("Support engineer has this ticket open too")).to_be_hidden()
