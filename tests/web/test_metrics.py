"""What the service tells about itself: what the gate did, how perception does, what is owed."""

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.parser import text_string_to_metric_families

from trustladder.core.signals import Signal
from trustladder.core.ticket import Role
from trustladder.desk import Desk
from trustladder.desk.policies import PolicyBook
from trustladder.detect.detector import Detector
from trustladder.detect.perceiver import Perceiver
from trustladder.detect.scene import Scene
from trustladder.ledger import open_ledger
from trustladder.policy.profiles import default_policy
from trustladder.web.app import create_app
from trustladder.web.metrics import Metrics
from trustladder.web.service import read_acts


class Broken:
    """A detector that reads `urgency` and fails while told to."""

    name = "planted"
    signals = ("urgency",)
    roles = frozenset({Role.CUSTOMER})
    waits = False
    fails = True

    def read(self, scene: Scene) -> Sequence[Signal]:
        del scene
        if self.fails:
            raise RuntimeError("planted")
        return ()


@pytest.fixture
def detector() -> Broken:
    return Broken()


@pytest.fixture
def desk(tmp_path: Path, detector: Broken) -> Desk:
    planted: Detector = detector  # type: ignore[assignment]  # has the fields of one
    perceiver = Perceiver(detectors=(planted,), failures_to_open=2, budget_ms=60_000)
    numbers = count()
    book = PolicyBook(None, lambda _: default_policy(), default_policy())
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    made = Desk(ledger, book, perceiver.perceive, read_acts, lambda: f"p{next(numbers)}")
    made.detectors = perceiver.status
    return made


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    with TestClient(create_app(desk)) as made:
        yield made


def scraped(client: TestClient) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels, as Prometheus reads them."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(answer.text)
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def turn(client: TestClient, text: str, number: int) -> dict[str, object]:
    said = {"role": "customer", "text": text, "message_id": f"m{number}"}
    answer: dict[str, object] = client.post("/v1/tickets/t/turns", json=said).json()
    return answer


def test_what_the_gate_and_perception_did_is_counted(client: TestClient, detector: Broken) -> None:
    detector.fails = False
    before = scraped(client)
    assert (
        before["trustladder_gate_answers_total", "release"] == before["trustladder_due_rows", "clock", "waiting"] == 0
    )
    turn(client, "Where is my order?", 1)
    mild = client.post("/v1/tickets/t/drafts", json={"text": "What is your order number?"}).json()
    redeem = f"/v1/tickets/t/permits/{mild['permit']['id']}/redeem"
    assert [client.post(redeem, json={}).status_code for _ in range(2)] == [200, 409]
    client.post("/v1/tickets/t/escalate", json={"reason": "because", "by": "erp"})
    client.post("/v1/tickets/t/drafts", json={"text": "Hello?"})
    after = scraped(client)
    assert after["trustladder_gate_answers_total", "release"] == 1
    assert after["trustladder_gate_answers_total", "withhold"] == 1
    assert after["trustladder_decisions_total", "automated"] == 1
    assert after["trustladder_permits_redeemed_total",] == after["trustladder_permits_refused_total",] == 1
    assert after["trustladder_due_rows", "clock", "waiting"] == 1
    assert after["trustladder_perception_seconds_count",] == 3
    assert after["trustladder_perception_seconds_bucket", "+Inf"] == 3
    assert 0 < after["trustladder_perception_seconds_sum",] < 60
    assert after["trustladder_ledger_up",] == 1


def test_a_detector_that_keeps_failing_contains_and_is_seen_in_readiness_and_metrics(client: TestClient) -> None:
    assert client.get("/readyz").json()["paused_detectors"] == []
    assert [turn(client, "Where is my order?", number)["lane"] for number in range(3)] == ["contained"] * 3
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["paused_detectors"]) == (200, ["planted"])
    assert any("planted" in alarm for alarm in ready.json()["alarms"])
    seen = scraped(client)
    assert seen["trustladder_breaker_open", "planted"] == 1
    assert seen["trustladder_detector_failures_total", "planted"] == 2, "paused after two: the third is not asked"
    held = client.post("/v1/tickets/t/drafts", json={"text": "Your refund is approved."}).json()
    assert (held["answer"], held["text"] != "") == ("replace", True), "the customer still hears something true"


def test_other_rooms_add_their_own_measures(desk: Desk) -> None:
    def one(_: Desk) -> Iterator[Metric]:
        yield GaugeMetricFamily("trustladder_planted", "A measure of another room.", value=7)

    metrics = Metrics(desk)
    metrics.add(one)
    assert b"trustladder_planted 7.0" in metrics.text()
    desk.ledger.close()
    assert b"trustladder_ledger_up 0.0" in metrics.text(), "a scrape answers while the ledger does not"
