"""What the customer is told while automation is contained or hands over: true statements, in their language.

The texts are the policy's; these are the ones used where a policy has none. None promises what hours and
queues do not allow.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from trustladder.core.policy import Policy
from trustladder.core.routing import Route
from trustladder.core.ticket import Ticket

FALLBACK = {
    "holding": {
        "en": "Thank you. I have noted this with your request. I cannot decide on it myself.",
        "de": "Danke. Ich habe das zu Ihrer Anfrage notiert. Entscheiden kann ich darüber nicht selbst.",
    },
    "handoff": {
        "en": "I am passing this to a colleague, together with everything you have told me.",
        "de": "Ich übergebe das an eine Kollegin oder einen Kollegen, mit allem, was Sie mir geschrieben haben.",
    },
    "nobody_there": {
        "en": "I have passed this to our team, with everything you have told me. "
        "Nobody is there right now; the team is back {when}.",
        "de": "Ich habe das an unser Team übergeben, mit allem, was Sie mir geschrieben haben. "
        "Im Moment ist niemand da; das Team ist {when} wieder erreichbar.",
    },
}

_WHEN = {"en": "on {:%Y-%m-%d} at {:%H:%M}", "de": "am {:%d.%m.%Y} um {:%H:%M} Uhr"}


def text_for(policy: Policy, reason: str, language: str) -> str:
    """Return the policy's text for a reason in the customer's language, else in English, else our own."""
    tongue = language.split("-", maxsplit=1)[0].lower() or "en"
    for texts in (policy.messages.get(reason, {}), FALLBACK.get(reason, {})):
        if tongue in texts:
            return texts[tongue]
    return policy.messages.get(reason, {}).get("en") or FALLBACK[reason]["en"]


def holding(policy: Policy, ticket: Ticket) -> str:
    """Return what a contained bot may say instead of its draft."""
    return text_for(policy, "holding", ticket.language)


def handoff_notice(policy: Policy, ticket: Ticket, where: Route) -> str:
    """Return what the customer is told at the handoff; when nobody is there, it says so and says when."""
    if where.open_now or where.open_again_ms is None:
        return text_for(policy, "handoff", ticket.language)
    hours = policy.hours.get(policy.queues[where.queue].hours)
    zone = ZoneInfo(hours.zone) if hours is not None else UTC
    moment = datetime.fromtimestamp(where.open_again_ms / 1000, zone)
    pattern = _WHEN.get(ticket.language.split("-")[0].lower(), _WHEN["en"])
    return text_for(policy, "nobody_there", ticket.language).replace("{when}", pattern.format(moment, moment))
