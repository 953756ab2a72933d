"""Slack: an incoming webhook. It takes no id, so that a delivery repeated after a crash shows twice."""

import json
from collections.abc import Collection

from trustladder.connect.notify.outside import post
from trustladder.connect.notify.wording import Links, lines_of, subject_of
from trustladder.desk.outbox import Notification, Send


def slack_sender(url: str, links: Links, trusted: Collection[str] = ()) -> Send:
    """Return the sender to a Slack incoming webhook; ``url`` is a secret."""

    def send(note: Notification) -> None:
        body = json.dumps(message_of(note, links), ensure_ascii=False).encode()
        post(url, body, {"content-type": "application/json"}, trusted)

    return send


def message_of(note: Notification, links: Links) -> dict[str, object]:
    """Return the message: nothing of it is read as markup, a mention or a link of somebody else's."""
    *said, url = lines_of(note, links)
    text = "\n".join([f"*{escaped(subject_of(note))}*", *map(escaped, said), f"<{url}|Open the ticket>"])
    return {"text": text, "unfurl_links": False, "unfurl_media": False}


def escaped(text: str) -> str:
    """Return text that Slack shows as it stands: ``&``, ``<`` and ``>`` are all that begins a mention or a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
