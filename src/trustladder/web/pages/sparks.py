"""A figure by week as a small picture: the line, its last point, the target, and the days on which a policy came in."""

from collections.abc import Sequence

from markupsafe import Markup, escape

from trustladder.core.indicators import TrendPoint

WIDTH, HEIGHT, PAD = 160, 32, 4
WEEK_MS = 7 * 86_400_000


def sparkline(
    points: Sequence[TrendPoint], index: int, releases_ms: Sequence[int], target: float | None, label: str
) -> Markup:
    """Return the picture of one indicator (by its place) over weeks; empty where fewer than two weeks have a value.

    A vertical line stands where a policy came into force, a horizontal one at the target.
    """
    found = [(i, point.indicators[index].value) for i, point in enumerate(points)]
    known = [(i, value) for i, value in found if value is not None]
    if len(known) < 2:
        return Markup("")
    top = max(*(value for _, value in known), target or 0.0) or 1.0
    at = [(_x(i, len(points)), _y(value / top)) for i, value in known]
    parts = [_release(points, moment) for moment in releases_ms if points[0].since_ms <= moment]
    if target is not None:
        parts.append(
            f'<line class="spark-target" x1="0" x2="{WIDTH}" y1="{_y(target / top):.1f}" y2="{_y(target / top):.1f}"/>'
        )
    parts.append(f'<polyline class="spark-line" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in at)}"/>')
    parts.append(f'<circle class="spark-end" cx="{at[-1][0]:.1f}" cy="{at[-1][1]:.1f}" r="2.5"/>')
    frame = f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}"'
    return Markup(f'<svg class="spark" {frame}>{"".join(parts)}</svg>')  # noqa: S704 - the label is escaped, the rest are numbers


def _release(points: Sequence[TrendPoint], moment_ms: int) -> str:
    weeks = (moment_ms - points[0].since_ms) / WEEK_MS - 0.5
    x = min(_x(weeks, len(points)), WIDTH - 1.0)
    return f'<line class="spark-release" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{HEIGHT}"/>'


def _x(place: float, n: int) -> float:
    return PAD + place / max(1, n - 1) * (WIDTH - 2 * PAD)


def _y(share: float) -> float:
    return HEIGHT - PAD - share * (HEIGHT - 2 * PAD)
