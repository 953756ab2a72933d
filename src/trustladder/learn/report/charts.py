"""Small charts as inline SVG: drawn here, styled by the page, readable by a screen reader through their labels."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup, escape

from trustladder.learn.case import Case, EpisodeReading

WIDTH = 640


def _svg(width: int, height: int, label: str, body: Iterable[str], css: str) -> Markup:
    inside = "".join(body)
    return Markup(  # noqa: S704 - every text in it is escaped, and the rest are numbers
        f'<svg class="{css}" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}" '
        f'preserveAspectRatio="none" xmlns="http://www.w3.org/2000/svg">{inside}</svg>'
    )


def shares(counts: Mapping[str, int], label: str) -> Markup:
    """Return one bar divided by counts; each part has the class of its key."""
    total = sum(counts.values()) or 1
    parts, x = [], 0.0
    for key, n in counts.items():
        width = n / total * WIDTH
        if n:
            gap = 2 if width > 4 else 0
            parts.append(f'<rect class="{escape(key)}" x="{x:.1f}" y="0" width="{width - gap:.1f}" height="22"/>')
        x += width
    return _svg(WIDTH, 22, label, parts, "shares")


def interval(value: float, low: float, high: float, label: str) -> Markup:
    """Return a share on a line from 0 to 100 %, with its interval."""
    x, left, right = (part * 200 for part in (value, low, high))
    body = (
        '<line class="axis" x1="0" y1="10" x2="200" y2="10"/>',
        f'<line class="reach" x1="{left:.1f}" y1="10" x2="{max(right, left + 1):.1f}" y2="10"/>',
        f'<rect class="point" x="{min(max(x - 2, 0), 196):.1f}" y="2" width="4" height="16"/>',
    )
    return _svg(200, 20, label, body, "interval")


def bar(part: int, whole: int, label: str) -> Markup:
    """Return one horizontal bar, ``part`` of ``whole`` wide."""
    width = 200 * part / whole if whole else 0
    return _svg(200, 10, label, (f'<rect x="0" y="0" width="{width:.1f}" height="10"/>',), "bar")


MOST_COLUMNS = 10


def histogram(values: Sequence[int], label: str) -> Markup:
    """Return how often each whole number from 1 on occurs; the last column takes all that are larger."""
    counts = Counter(min(value, MOST_COLUMNS) for value in values)
    top = max(counts.values(), default=1)
    columns = min(max(values, default=1), MOST_COLUMNS)
    step = WIDTH / MOST_COLUMNS
    body = []
    for value in range(1, columns + 1):
        height = 80 * counts[value] / top
        x = (value - 1) * step
        name = f"{value}+" if value == MOST_COLUMNS and max(values) > MOST_COLUMNS else str(value)
        middle = x + step / 2 - 3
        body.append(f'<rect x="{x:.1f}" y="{100 - height:.1f}" width="{step - 6:.1f}" height="{height:.1f}"/>')
        if counts[value]:
            body.append(f'<text class="n" x="{middle:.1f}" y="{94 - height:.1f}">{counts[value]:,}</text>')
        body.append(f'<text x="{middle:.1f}" y="118">{name}</text>')
    return _svg(WIDTH, 124, label, body, "histogram")


def risk_line(case: Case, reading: EpisodeReading) -> Markup:
    """Return Resolution Risk over the messages of a case, with the turns at which the policy rises."""
    points = [(moment.turn, moment.risk) for moment in case.timeline if moment.risk is not None]
    last = max(len(case.timeline) - 1, 1)
    body = ['<line class="even" x1="0" y1="36" x2="640" y2="36"/>']
    if reading.beyond and reading.escalate is not None:
        x1, x2 = _x(reading.escalate.turn, last), _x(reading.beyond[-1], last)
        body.append(f'<rect class="beyond" x="{x1:.1f}" y="0" width="{max(x2 - x1, 3):.1f}" height="72"/>')
    body.append(f'<path class="risk" d="{_steps(points, last)}"/>')
    for crossing, css in ((reading.contain, "contain"), (reading.escalate, "escalate")):
        if crossing is not None:
            x = _x(crossing.turn, last)
            body.append(f'<line class="{css}" x1="{x:.1f}" y1="0" x2="{x:.1f}" y2="72"/>')
    return _svg(WIDTH, 72, _risk_label(points, reading), body, "riskline")


def _x(turn: int, last: int) -> float:
    return 2 + turn / last * (WIDTH - 4)


def _steps(points: Sequence[tuple[int, float]], last: int) -> str:
    path, before = [], None
    for turn, risk in points:
        x, y = _x(turn, last), 70 - risk * 68
        path.append(f"M{x:.1f} {y:.1f}" if before is None else f"H{x:.1f}V{y:.1f}")
        before = y
    return "".join([*path, f"H{WIDTH}"]) if path else ""


def _risk_label(points: Sequence[tuple[int, float]], reading: EpisodeReading) -> str:
    if not points:
        return "No risk was read"
    said = f"Resolution Risk from {points[0][1]:.0%} to {points[-1][1]:.0%}, at most {max(r for _, r in points):.0%}"
    if reading.escalate is not None:
        said += f"; the policy hands over at message {reading.escalate.message_index + 1}"
    return said


MOST_SHIFT = 6


def shifts(counts: Mapping[int, int], label: str) -> Markup:
    """Return how many tickets are handed over so many bot turns earlier (left) or later (right)."""
    held = Counter[int]()
    for turns, n in counts.items():
        held[max(-MOST_SHIFT, min(MOST_SHIFT, turns))] += n
    top, step = max(held.values(), default=1), WIDTH / (2 * MOST_SHIFT + 1)
    body = []
    for place, turns in enumerate(range(-MOST_SHIFT, MOST_SHIFT + 1)):
        height, x = 80 * held[turns] / top, place * step
        name = f"{turns:+d}" + ("…" if abs(turns) == MOST_SHIFT else "") if turns else "same"
        body.append(f'<rect x="{x:.1f}" y="{100 - height:.1f}" width="{step - 6:.1f}" height="{height:.1f}"/>')
        if held[turns]:
            body.append(f'<text class="n" x="{x + step / 2 - 3:.1f}" y="{94 - height:.1f}">{held[turns]:,}</text>')
        body.append(f'<text x="{x + step / 2 - 3:.1f}" y="118">{name}</text>')
    return _svg(WIDTH, 124, label, body, "histogram")


DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def week(after: Sequence[float], before: Sequence[float], label: str) -> Markup:
    """Return arrivals by hour of the week (168 values, Monday first): bars for after, a line for before."""
    top = max((*after, *before)) or 1
    step = WIDTH / len(after)
    body = []
    for hour, (new, old) in enumerate(zip(after, before, strict=True)):
        if new:
            body.append(
                f'<rect x="{hour * step:.1f}" y="{70 - 66 * new / top:.1f}" width="{step:.1f}" '
                f'height="{66 * new / top:.1f}"/>'
            )
        if old:
            y = 70 - 66 * old / top
            body.append(
                f'<line class="before" x1="{hour * step:.1f}" y1="{y:.1f}" x2="{(hour + 1) * step:.1f}" y2="{y:.1f}"/>'
            )
    for place, name in enumerate(DAYS):
        x = place * 24 * step
        body.append(f'<line class="day" x1="{x:.1f}" y1="0" x2="{x:.1f}" y2="74"/>')
        body.append(f'<text x="{x + 12 * step:.1f}" y="88">{name}</text>')
    return _svg(WIDTH, 92, label, body, "histogram week")
