"""E-mail over SMTP. The Message-ID is the notification's id: a mailbox shows a repeated delivery once, or marks it."""

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from trustladder.connect.notify.wording import Links, lines_of, subject_of
from trustladder.desk.outbox import DeliveryFailed, Notification, Send
from trustladder.errors import BadInput

TIMEOUT_SECONDS = 10.0
SUBMISSION_PORT = 587
TLS_PORT = 465


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in. ``tls`` from the first byte (smtps); else STARTTLS where the server offers it.

    A user name is sent over an encrypted connection only.
    """

    host: str
    port: int
    user: str = ""
    password: str = ""
    tls: bool = False


def mail_server_of(url: str) -> MailServer:
    """Return the server of ``smtp://[user:password@]host[:587]`` or ``smtps://…[:465]``. Raises BadInput."""
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise BadInput("the mail server has no usable address", fix="write smtp://user:password@host:587 or smtps://…")
    tls = parts.scheme == "smtps"
    port = parts.port or (TLS_PORT if tls else SUBMISSION_PORT)
    return MailServer(parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""), tls)


def email_sender(server: MailServer, sender: str, to: Sequence[str], links: Links) -> Send:
    """Return the sender of e-mail from an address to some addresses."""

    def send(note: Notification) -> None:
        try:
            with _connected(server) as connection:
                refused = connection.send_message(message_of(note, sender, to, links), sender, list(to))
        except smtplib.SMTPResponseException as error:
            said = (
                error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
            )
            why = f"the mail server answered {error.smtp_code} {said}"[:200]
            raise DeliveryFailed(why, for_good=500 <= error.smtp_code < 600) from error
        except smtplib.SMTPRecipientsRefused as error:
            raise DeliveryFailed(
                f"the mail server takes none of the addresses: {', '.join(error.recipients)}"
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryFailed(f"the mail server could not be reached ({type(error).__name__})") from error
        if refused:
            # Some have it: another delivery would tell those twice, so that this one is given up for a person to read.
            raise DeliveryFailed(f"the mail server refused: {', '.join(refused)}", for_good=True)

    return send


def _connected(server: MailServer) -> smtplib.SMTP:
    if server.tls:
        context = ssl.create_default_context()
        connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SECONDS, context=context)
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
        connection.ehlo()
        if connection.has_extn("starttls"):
            connection.starttls(context=ssl.create_default_context())
        elif server.user:
            connection.close()
            raise DeliveryFailed(
                "the mail server offers no encryption, and a password is not sent without", for_good=True
            )
    if server.user:
        connection.login(server.user, server.password)
    return connection


def message_of(note: Notification, sender: str, to: Sequence[str], links: Links) -> EmailMessage:
    """Return the message: plain text, marked as sent by a machine."""
    message = EmailMessage()
    message["Subject"] = subject_of(note)
    message["From"] = sender
    message["To"] = ", ".join(to)
    message["Date"] = format_datetime(datetime.fromtimestamp(note.at_ms / 1000, UTC))
    message["Message-ID"] = f"<{note.id}@trustladder>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n".join(lines_of(note, links)) + "\n")
    return message
