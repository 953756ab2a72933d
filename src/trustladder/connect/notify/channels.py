"""Which channels there are, and which occasions go where: read from the settings."""

from collections.abc import Mapping
from dataclasses import dataclass

from trustladder.connect.notify.email import email_sender, mail_server_of
from trustladder.connect.notify.slack import slack_sender
from trustladder.connect.notify.webhook import webhook_sender
from trustladder.connect.notify.wording import Links
from trustladder.desk.outbox import CHANNELS, Channels, Occasion, Send
from trustladder.errors import BadInput
from trustladder.settings import Settings


@dataclass(frozen=True, slots=True)
class Notifying:
    """The channels that are set up, by name, and what each occasion is told through."""

    senders: Mapping[str, Send]
    channels: Channels


def notifying(settings: Settings) -> Notifying:
    """Return who is told about what. Raises BadInput for a setting that cannot be used."""
    senders = dict(_senders(settings))
    return Notifying(senders, _channels(settings.notify, tuple(senders)))


def _senders(settings: Settings) -> list[tuple[str, Send]]:
    links = Links(settings.public_url or f"http://{settings.host}:{settings.port}")
    trusted = settings.trusted_hosts.split()
    found: list[tuple[str, Send]] = []
    if settings.smtp:
        to = settings.mail_to.replace(",", " ").split()
        if not to or not settings.mail_from:
            raise BadInput(
                "e-mail needs a sender and somebody to send to", fix="set TRUSTLADDER_MAIL_FROM and _MAIL_TO"
            )
        found.append(("email", email_sender(mail_server_of(settings.smtp), settings.mail_from, to, links)))
    if settings.slack_webhook:
        found.append(("slack", slack_sender(settings.slack_webhook, links, trusted)))
    if settings.webhook_url:
        found.append(("webhook", _webhook(settings, links, trusted)))
    return found


def _webhook(settings: Settings, links: Links, trusted: list[str]) -> Send:
    try:
        return webhook_sender(settings.webhook_url, settings.webhook_secret, links, trusted)
    except Exception as error:  # the library raises bare RuntimeError, binascii.Error and a type of its own
        raise BadInput(
            f"the webhook's secret cannot be used ({type(error).__name__})",
            fix="set TRUSTLADDER_WEBHOOK_SECRET to whsec_ and 24 to 64 random bytes in base64",
        ) from None


def _channels(written: str, there: tuple[str, ...]) -> Channels:
    """Read ``escalated=slack, breached=slack email``; what is not named goes through every channel that is set up."""
    chosen: dict[Occasion, tuple[str, ...]] = dict.fromkeys(Occasion, there)
    for part in filter(None, (part.strip() for part in written.split(","))):
        word, _, names = part.partition("=")
        if word.strip() not in set(Occasion):
            raise BadInput(f"{word.strip()!r} is nothing to be told about", fix="use one of " + ", ".join(Occasion))
        occasion = Occasion(word.strip())
        wanted = tuple(names.split())
        for name in wanted:
            if name not in CHANNELS:
                raise BadInput(f"{name!r} is no channel", fix="use one of " + ", ".join(CHANNELS))
            if name not in there:
                raise BadInput(f"{occasion} goes to {name}, which is not set up", fix=f"set {name} up, or leave it out")
        chosen[occasion] = wanted
    return chosen if there else {}
