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
        "es": "Gracias. Lo he anotado en su solicitud. No puedo decidir sobre ello por mi cuenta.",
        "fr": "Merci. Je l'ai noté dans votre demande. Je ne peux pas en décider moi-même.",
    },
    "holding_action": {
        "en": "Thank you. I have noted this with your request. I cannot do this step myself.",
        "de": "Danke. Ich habe das zu Ihrer Anfrage notiert. Diesen Schritt kann ich nicht selbst ausführen.",
        "es": "Gracias. Lo he anotado en su solicitud. No puedo dar este paso por mi cuenta.",
        "fr": "Merci. Je l'ai noté dans votre demande. Je ne peux pas faire cette étape moi-même.",
    },
    "holding_unread": {
        "en": "Thank you. I have noted your message with your request. I could not read it well enough to answer it.",
        "de": "Danke. Ich habe Ihre Nachricht notiert. Ich konnte sie nicht gut genug lesen, um darauf zu antworten.",
        "es": "Gracias. He anotado su mensaje. No he podido leerlo lo bastante bien para responder.",
        "fr": "Merci. J'ai noté votre message. Je n'ai pas pu le lire assez bien pour y répondre.",
    },
    "handoff": {
        "en": "I am passing this to a colleague, together with everything you have told me.",
        "de": "Ich übergebe das an eine Kollegin oder einen Kollegen, mit allem, was Sie mir geschrieben haben.",
        "es": "Paso su caso a una persona de nuestro equipo, con todo lo que me ha escrito.",
        "fr": "Je transmets votre demande à une personne de notre équipe, avec tout ce que vous m'avez écrit.",
    },
    "leave_contact": {
        "en": "If you leave an e-mail address or a telephone number here, they can reach you.",
        "de": "Wenn Sie hier eine E-Mail-Adresse oder Telefonnummer hinterlassen, kann das Team Sie erreichen.",
    },
    "resolved": {
        "en": "We have closed this as resolved. Is it solved for you? And how satisfied are you with how it went?",
        "de": "Wir haben das als gelöst abgeschlossen. Ist es für Sie gelöst? Und wie zufrieden sind Sie damit?",
    },
    "nobody_there": {
        "en": "I have passed this to our team, with everything you have told me. "
        "Nobody is there right now; the team is back {when}.",
        "de": "Ich habe das an unser Team übergeben, mit allem, was Sie mir geschrieben haben. "
        "Im Moment ist niemand da; das Team ist {when} wieder erreichbar.",
        "es": "He pasado su caso a nuestro equipo, con todo lo que me ha escrito. "
        "En este momento no hay nadie; el equipo vuelve {when}.",
        "fr": "J'ai transmis votre demande à notre équipe, avec tout ce que vous m'avez écrit. "
        "Il n'y a personne en ce moment ; l'équipe est de retour {when}.",
    },
}

_WHEN = {
    "en": "on {:%Y-%m-%d} at {:%H:%M}",
    "de": "am {:%d.%m.%Y} um {:%H:%M} Uhr",
    "es": "el {:%d/%m/%Y} a las {:%H:%M}",
    "fr": "le {:%d/%m/%Y} à {:%H:%M}",
}


def text_for(policy: Policy, reason: str, language: str) -> str:
    """Return the text for a reason in the customer's language, else in English: the policy's, else our own.

    A policy that words ``holding`` and not one of its kinds (``holding_action``, ``holding_unread``) means all of them.
    """
    tongue = language.split("-", maxsplit=1)[0].lower() or "en"
    general = reason.split("_", maxsplit=1)[0]
    worded = [policy.messages.get(name, {}) for name in (reason, general)]
    for spoken in dict.fromkeys((tongue, "en")):
        for texts in (*worded, FALLBACK[reason]):
            if texts.get(spoken):
                return texts[spoken]
    return FALLBACK[reason]["en"]


def holding(policy: Policy, ticket: Ticket, reason: str = "holding") -> str:
    """Return what automation says instead of a draft that was refused for this reason."""
    return text_for(policy, reason, ticket.language)


def resolved_question(policy: Policy, ticket: Ticket) -> str:
    """Return what the customer is asked when a ticket has been resolved."""
    return text_for(policy, "resolved", ticket.language)


CONTACTS = frozenset({"email", "phone"})
"""The kinds of stated fact by which a customer can be reached."""


def contact_of(ticket: Ticket) -> str:
    """Return the newest contact that the customer has given, "" for none."""
    return next((fact.value for fact in reversed(ticket.facts) if fact.kind in CONTACTS), "")


def handoff_notice(policy: Policy, ticket: Ticket, where: Route) -> str:
    """Return what the customer is told at the handoff; when nobody is there, it says so and says when.

    It then asks for a contact too, where none is known.
    """
    if where.open_now or where.open_again_ms is None:
        return text_for(policy, "handoff", ticket.language)
    queue = policy.queues.get(where.queue)
    hours = policy.hours.get(queue.hours) if queue is not None else None
    zone = ZoneInfo(hours.zone) if hours is not None else UTC
    moment = datetime.fromtimestamp(where.open_again_ms / 1000, zone)
    pattern = _WHEN.get(ticket.language.split("-")[0].lower(), _WHEN["en"])
    told = text_for(policy, "nobody_there", ticket.language).replace("{when}", pattern.format(moment, moment))
    return told if contact_of(ticket) else f"{told} {text_for(policy, 'leave_contact', ticket.language)}"
