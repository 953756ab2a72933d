"""The evaluation as a table on the terminal, and as one page with reliability and ROC pictures."""

from functools import cache
from importlib import resources

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from rich.console import Console
from rich.table import Table

from trustladder.learn.calibration import reliability
from trustladder.learn.measured import Curve, Evaluation, aim, baselines, roc, value

SIDE = 220
MARGIN = 28


def as_table(evaluation: Evaluation) -> None:
    """Print the evaluation on the terminal."""
    table = Table(show_edge=False, pad_edge=False)
    for heading in ("measure", "data", "value", "baselines", "aim"):
        table.add_column(heading, overflow="fold")
    for measured in evaluation.measures:
        table.add_row(measured.name, measured.data, value(measured), baselines(measured), aim(measured))
    console = Console()
    console.print(table)
    if evaluation.absent:
        console.print("Not measured, because it is absent: " + ", ".join(evaluation.absent))


def as_page(evaluation: Evaluation) -> str:
    """Return the evaluation as one self-contained page: no network, dark mode, prints."""
    pictures = [(curve.name, _reliability_svg(curve), _roc_svg(curve)) for curve in evaluation.curves]
    style = resources.files(__package__).joinpath("page.css").read_text("utf-8")
    return (
        _environment()
        .get_template("evaluation.html.j2")
        .render(
            measures=evaluation.measures,
            absent=evaluation.absent,
            pictures=pictures,
            style=style,
            value=value,
            baselines=baselines,
            aim=aim,
        )
    )


@cache
def _environment() -> Environment:
    loader = PackageLoader("trustladder.learn.report", ".")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)


def _x(share: float) -> float:
    return round(MARGIN + share * SIDE, 1)


def _y(share: float) -> float:
    return round(MARGIN / 2 + (1 - share) * SIDE, 1)


def _frame(name: str, across: str, up: str, inside: str) -> str:
    size = SIDE + MARGIN * 2
    return (
        f'<svg viewBox="0 0 {size} {size}" role="img" aria-label="{name}" class="curve">'
        f'<rect x="{_x(0)}" y="{_y(1)}" width="{SIDE}" height="{SIDE}" class="frame"/>'
        f'<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}" class="even"/>{inside}'
        f'<text x="{_x(0.5)}" y="{size - 14}" text-anchor="middle">{across}</text>'
        f'<text x="12" y="{_y(0.5)}" text-anchor="middle" transform="rotate(-90 12 {_y(0.5)})">{up}</text></svg>'
    )


def _reliability_svg(curve: Curve) -> str:
    bins = reliability(np.array(curve.labels, dtype=float), np.array(curve.risks))
    most = max(part.n for part in bins)
    dots = "".join(
        f'<circle cx="{_x(part.risk)}" cy="{_y(part.share)}" r="{2 + 6 * (part.n / most) ** 0.5:.1f}">'
        f"<title>risk {part.risk:.0%}, observed {part.share:.0%}, n {part.n}</title></circle>"
        for part in bins
    )
    return _frame(f"Reliability of {curve.name}", "risk said", "share that ended badly", dots)


def _roc_svg(curve: Curve) -> str:
    points = " ".join(f"{_x(false)},{_y(true)}" for false, true in roc(curve))
    line = f'<polyline points="{points}" fill="none"/>'
    return _frame(f"ROC of {curve.name}", "good endings flagged", "bad endings flagged", line)
