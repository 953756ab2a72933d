"""Standard Webhooks: a CloudEvents 1.0 body, signed, with an id that is the same in every delivery of it."""

import json
from collections.abc import Collection
from datetime import UTC, datetime

from standardwebhooks import Webhook

from trustladder.connect.notify.outside import post
from trustladder.connect.notify.wording import Links
from trustladder.desk.outbox import Notification, Send


def webhook_sender(url: str, secret: str, links: Links, trusted: Collection[str] = ()) -> Send:
    """Return the sender of a webhook; ``secret`` is base64, with or without ``whsec_``.

    Headers as Standard Webhooks has them (``webhook-id``, ``webhook-timestamp``, ``webhook-signature``), so that a
    receiver checks a delivery with any of its libraries, and drops a repeated one by its id.
    """
    signer = Webhook(secret)

    def send(note: Notification) -> None:
        body = json.dumps(cloud_event(note, links), ensure_ascii=False)
        now = datetime.now(UTC)
        headers = {
            "content-type": "application/cloudevents+json",
            "webhook-id": note.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signer.sign(note.id, now, body),
        }
        post(url, body.encode(), headers, trusted)

    return send


def cloud_event(note: Notification, links: Links) -> dict[str, object]:
    """Return a notification as a CloudEvent in structured mode."""
    return {
        "specversion": "1.0",
        "id": note.id,
        "source": f"/trustladder/{note.tenant}",
        "type": f"trustladder.ticket.{note.occasion.value}",
        "subject": note.ticket_id,
        "time": moment(note.at_ms),
        "datacontenttype": "application/json",
        "data": {
            "ticket": note.ticket_id,
            "position": note.position,
            "occasion": note.occasion.value,
            "queue": note.queue,
            "owner": note.owner,
            "sentence": note.sentence,
            "due_at": None if note.due_ms is None else moment(note.due_ms),
            "url": links.ticket(note),
        },
    }


def moment(at_ms: int) -> str:
    """Return a time in milliseconds since the epoch as RFC 3339 in UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
