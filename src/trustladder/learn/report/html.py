"""From the audit to the page."""

from datetime import datetime
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from trustladder import __version__
from trustladder.core.ticket import Role
from trustladder.learn.audit import Audit
from trustladder.learn.case import Case, Moment
from trustladder.learn.report import charts, words

LEAD_MESSAGES = 3
"""How many messages before the first crossing are shown open."""

_ROLE_NAMES = {
    Role.CUSTOMER: "Customer",
    Role.BOT: "Bot",
    Role.HUMAN: "Person",
    Role.TOOL: "Tool",
    Role.SYSTEM: "System",
}


def render(audit: Audit, written_at: datetime) -> str:
    """Return the audit as one HTML page. Whatever customers wrote is escaped."""
    folder = files("trustladder.learn.report")
    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page.filters |= {"percent": words.percent, "day": words.day, "clock": words.clock, "duration": words.duration}
    page.globals |= {"charts": charts, "words": words, "parts": parts, "role_name": lambda role: _ROLE_NAMES[role]}
    template = page.from_string(folder.joinpath("page.html.j2").read_text("utf-8"))
    css = Markup(folder.joinpath("page.css").read_text("utf-8"))  # noqa: S704 - our own file
    return template.render(
        audit=audit,
        css=css,
        version=__version__,
        written_at=written_at,
        verdicts=words.VERDICTS,
        ordered_standing={key: audit.standing[key] for key in words.VERDICTS},
    )


def parts(case: Case) -> tuple[list[Moment], list[Moment], list[Moment]]:
    """Divide a timeline: what came before it mattered, what to read, and what came after."""
    reading = case.worst
    crossings = [crossing.turn for crossing in (reading.contain, reading.escalate) if crossing is not None]
    start = max(min(crossings, default=0) - LEAD_MESSAGES, 0)
    if start == 1:
        start = 0
    end = max((*reading.beyond, *crossings), default=len(case.timeline)) + 2
    timeline = list(case.timeline)
    return timeline[:start], timeline[start:end], timeline[end:]
