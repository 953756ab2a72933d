"""Learn's figures for Prometheus: the five indicators, the misses, the reviews, and every failure mode that shows."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric

from trustladder.core.failure_modes import FailureMode
from trustladder.errors import LedgerUnavailable
from trustladder.learn.run import LearnRun
from trustladder.web.learning import Learning


def learn_metrics(learning: Learning) -> Iterator[Metric]:
    """Yield the figures of every tenant that this process serves; none while the ledger is away."""
    try:
        runs = {tenant: learning.run(tenant) for tenant in learning.rollouts.tenants()}
    except LedgerUnavailable:
        return
    yield from (_indicators(runs), _misses(runs), _reviews(runs), _findings(runs))


def _indicators(runs: dict[str, LearnRun]) -> Metric:
    about = "The article's five indicators over 28 days, a share or hours; absent where it cannot be told."
    gauge = GaugeMetricFamily("trustladder_indicator", about, labels=["tenant", "indicator"])
    for tenant, run in runs.items():
        for indicator in run.indicators:
            if indicator.value is not None:
                gauge.add_metric([tenant, indicator.key], indicator.value)
    return gauge


def _misses(runs: dict[str, LearnRun]) -> Metric:
    about = "Share of automated tickets that needed a person and got none, from the audit sample, with its interval."
    gauge = GaugeMetricFamily("trustladder_missed_escalations", about, labels=["tenant", "bound"])
    for tenant, run in runs.items():
        found = {"estimate": run.misses.rate, "low": run.misses.low, "high": run.misses.high}
        for bound, value in found.items():
            if value is not None:
                gauge.add_metric([tenant, bound], value)
    return gauge


def _reviews(runs: dict[str, LearnRun]) -> Metric:
    gauge = GaugeMetricFamily("trustladder_reviews", "Reviews of the audit sample.", labels=["tenant", "state"])
    for tenant, run in runs.items():
        for state in ("waiting", "overdue", "done"):
            gauge.add_metric([tenant, state], getattr(run.reviews, state))
    return gauge


def _findings(runs: dict[str, LearnRun]) -> Metric:
    about = "1 while a failure mode shows in the last 28 days."
    gauge = GaugeMetricFamily("trustladder_failure_mode", about, labels=["tenant", "mode"])
    for tenant, run in runs.items():
        shown = {finding.mode for finding in run.findings}
        for mode in FailureMode:
            gauge.add_metric([tenant, mode.value], mode in shown)
    return gauge
