"""``/metrics`` for Prometheus: read from the desk, its detectors and its ledger when somebody asks."""

from collections.abc import Callable, Iterable, Iterator

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from trustladder.core.containment import Answer, Lane
from trustladder.desk import Desk
from trustladder.desk.tally import PERCEPTION_SECONDS
from trustladder.detect.breaker import Circuit
from trustladder.errors import LedgerUnavailable
from trustladder.ledger.protocol import DueState

MOST_DUE = 10_000
"""Due rows are counted up to here: more of them is the same alarm."""

Measure = Callable[[Desk], Iterable[Metric]]
"""Reads some metrics from the desk at the moment they are asked for."""

router = APIRouter(include_in_schema=False)


class Metrics(Collector):
    """Everything that is measured about one desk; other rooms may add their own measures."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._measures: list[Measure] = [_gate, _perception, _detectors, _due]
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def add(self, measure: Measure) -> None:
        """Let one more function be asked at each scrape."""
        self._measures.append(measure)

    def describe(self) -> Iterable[Metric]:
        """Return nothing: the ledger is not asked before somebody asks us."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics as they are now."""
        for measure in self._measures:
            yield from measure(self._desk)

    def text(self) -> bytes:
        """Return the exposition in Prometheus' text format."""
        return generate_latest(self._registry)


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Answer a scrape."""
    held: Metrics = request.app.state.metrics
    return Response(held.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)


def _gate(desk: Desk) -> Iterator[Metric]:
    tally = desk.tally
    answers = CounterMetricFamily("trustladder_gate_answers", "Answers of the gate to drafts.", labels=["answer"])
    for answer in Answer:
        answers.add_metric([answer.value], tally.gate[answer.value])
    lanes = CounterMetricFamily("trustladder_decisions", "Answers to turns by the lane they left.", labels=["lane"])
    for lane in Lane:
        lanes.add_metric([lane.word], tally.lanes[lane.word])
    yield from (answers, lanes)
    redeemed = "Permits redeemed: messages that were let out."
    yield CounterMetricFamily("trustladder_permits_redeemed", redeemed, value=tally.permits_redeemed)
    refused = "Permits that were refused at send time."
    yield CounterMetricFamily("trustladder_permits_refused", refused, value=tally.permits_refused)


def _perception(desk: Desk) -> Iterator[Metric]:
    tally, so_far = desk.tally, 0
    buckets: list[tuple[str, float]] = []
    for bound in (*PERCEPTION_SECONDS, float("inf")):
        so_far += tally.perceived[bound]
        buckets.append(("+Inf" if bound == float("inf") else str(bound), so_far))
    latency = HistogramMetricFamily("trustladder_perception_seconds", "Time to read one turn, whatever it found.")
    latency.add_metric([], buckets, tally.perceived_seconds)
    yield latency


def _detectors(desk: Desk) -> Iterator[Metric]:
    paused = "1 while a detector is left alone after repeated failures, 0.5 while it is tried once."
    circuits = GaugeMetricFamily("trustladder_breaker_open", paused, labels=["detector"])
    calls = CounterMetricFamily("trustladder_detector_calls", "Calls of a detector.", labels=["detector"])
    late = "Calls that failed or came late."
    failures = CounterMetricFamily("trustladder_detector_failures", late, labels=["detector"])
    state = {Circuit.CLOSED: 0.0, Circuit.HALF_OPEN: 0.5, Circuit.OPEN: 1.0}
    for status in desk.detectors():
        circuits.add_metric([status.name], state[status.circuit])
        calls.add_metric([status.name], status.calls)
        failures.add_metric([status.name], status.failures)
    yield from (circuits, calls, failures)


def _due(desk: Desk) -> Iterator[Metric]:
    up = GaugeMetricFamily("trustladder_ledger_up", "1 when the ledger answered this scrape.")
    rows = GaugeMetricFamily("trustladder_due_rows", "Timers and effects owed, or given up.", labels=["kind", "state"])
    try:
        for state in (DueState.WAITING, DueState.DEAD):
            kinds = [due.kind for due in desk.ledger.list_due(state, limit=MOST_DUE)]
            for kind in sorted({"clock", *kinds}):
                rows.add_metric([kind, state.value], kinds.count(kind))
        up.add_metric([], 1)
    except LedgerUnavailable:
        up.add_metric([], 0)
    yield from (up, rows)
