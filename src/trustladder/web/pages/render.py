"""Pages from templates: autoescaped, with headers that leave a browser nothing to run but our own scripts."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from urllib.parse import quote

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from trustladder.web.pages.shell import NAVIGATION

SECOND_MS = 1_000
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def moment(at_ms: int) -> str:
    """Return a time as ISO 8601 in UTC, for ``<time datetime>``."""
    return datetime.fromtimestamp(at_ms / SECOND_MS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def clock_time(at_ms: int) -> str:
    """Return a time for people, in UTC; a script rewrites it in their own zone."""
    return datetime.fromtimestamp(at_ms / SECOND_MS, UTC).strftime("%d %b %H:%M UTC")


def duration(span_ms: int) -> str:
    """Return a span of time in one or two units: ``45 s``, ``12 min``, ``3 h 05 min``, ``2 d 4 h``."""
    seconds = max(0, span_ms) // SECOND_MS
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    if seconds < _DAY:
        return f"{seconds // _HOUR} h {seconds % _HOUR // _MINUTE:02} min"
    return f"{seconds // _DAY} d {seconds % _DAY // _HOUR} h"


def capital(text: str) -> str:
    """Return a text that begins as a sentence does."""
    return text[:1].upper() + text[1:]


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it is not one."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def path_part(text: str) -> str:
    """Return text as one part of a path."""
    return quote(text, safe="")


@cache
def environment() -> Environment:
    """Return the templates. A name that a template misspells is an error, not an empty string."""
    made = Environment(
        loader=PackageLoader("trustladder.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (moment, clock_time, duration, path_part, counted, capital)
    made.filters.update({one.__name__: one for one in filters})
    made.globals["navigation"] = NAVIGATION
    made.globals["bits"] = made.get_template("parts/bits.html").module
    return made


def policy_of_content(frame_ancestors: str = "'none'") -> str:
    """Return the Content-Security-Policy of a page: our own scripts, styles and requests, nothing inline."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        f"form-action 'self'; base-uri 'none'; frame-ancestors {frame_ancestors}"
    )


def html(
    template: str, context: Mapping[str, object], status: int = 200, frame_ancestors: str = "'none'"
) -> HTMLResponse:
    """Return a page. It is never cached: it shows who owns what now."""
    headers = {
        "Content-Security-Policy": policy_of_content(frame_ancestors),
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(environment().get_template(template).render(context), status, headers)
