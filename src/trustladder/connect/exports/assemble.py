"""One conversation's rows to a `Conversation`: roles, times, duplicates, what was declared, how it ended."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from trustladder.connect.exports.columns import Columns
from trustladder.connect.exports.roles import Roles
from trustladder.connect.exports.rows import Row
from trustladder.connect.exports.source import Source
from trustladder.connect.exports.values import (
    confidence_of,
    first_told,
    flag_of,
    number_of,
    satisfaction_of,
    text_of,
    time_of,
    tool_calls_of,
    words_of,
)
from trustladder.core import events as e
from trustladder.core.containment import ToolCall
from trustladder.core.ticket import Role
from trustladder.learn.conversation import Conversation, Ending, Message, Notices, Said

MOST_MESSAGES = 5_000
"""More messages than this are no conversation; what follows is left out."""

RESOLVED_WORDS = {"solved": "solved", "resolved": "solved", "closed": "closed", "done": "solved", "success": "success"}
_BAD_WORDS = {"failed": "failed", "failure": "failed", "unsolved": "unsolved", "abandoned": "abandoned"}
_OPEN_WORDS = frozenset({"open", "reopened", "new", "pending", "hold", "on_hold", "snoozed", "waiting"})
_FAILED_WORDS = frozenset({"error", "failed", "failure", "timeout"})
_COMPLAINT_TAGS = frozenset({"complaint", "complaints"})


@dataclass(frozen=True, slots=True)
class Reader:
    """What it takes to read the rows of one file: its columns, its roles, its scales, and where to tell about it."""

    source: Source
    columns: Columns
    roles: Roles
    notices: Notices
    csat_scale: int = 5

    def conversation(self, key: str, rows: list[Row]) -> Conversation | None:
        """Return the conversation, or None when nothing of it can be used."""
        if len(rows) > MOST_MESSAGES:
            self.notices.note(
                f"more than {MOST_MESSAGES:,} lines in one conversation: the rest of it is left out",
                self.source.at(rows[MOST_MESSAGES].line),
                left_out=True,
                count=len(rows) - MOST_MESSAGES,
            )
            rows = rows[:MOST_MESSAGES]
        found = list(_once(self._messages(rows), self))
        if not found:
            return None
        timed, messages = self._in_order(found)
        return Conversation(
            id=key,
            messages=messages,
            opened=self._opened(rows),
            account=self._account(rows),
            tags=self._tags(rows),
            ending=self._ending(rows),
            timed=timed,
            source=self.source.name,
        )

    def _text(self, row: Row, name: str) -> str:
        return (text_of(self.columns.get(row, name)) or "").strip()

    def _told(self, rows: list[Row], name: str) -> object:
        return first_told(self.columns.get(row, name) for row in rows)

    def _messages(self, rows: list[Row]) -> Iterator[Message]:
        for index, row in enumerate(rows):
            place = self.source.at(row.line)
            author = self._text(row, "author")
            role = self.roles.of(self.columns.get(row, "role"), author, place, self.notices)
            event = self._event(row, role, author, place, index) if role is not None else None
            if event is not None:
                yield Message(index, row.line, self._time(row, place), event)

    def _event(self, row: Row, role: Role, author: str, place: str, index: int) -> Said | None:
        text = text_of(self.columns.get(row, "text"))
        if text is None:
            self.notices.leave_out("text that is no text", place)
            return None
        if "\0" in str(self.columns.get(row, "text")):
            self.notices.note("NUL characters were taken out of the text", place)
        status = self._text(row, "status").lower()
        if role is Role.SYSTEM and status in RESOLVED_WORDS:
            return e.Resolved("export", RESOLVED_WORDS[status])
        if role is Role.SYSTEM and status == "reopened":
            return e.Reopened(text)
        calls = self._calls(row, place) if role is Role.BOT else ()
        intents = words_of(self.columns.get(row, "intents"))
        if not text.strip() and not calls and not intents and role is not Role.TOOL:
            self.notices.leave_out("empty text", place)
            return None
        return self._said(row, role, text, author, self._text(row, "message_id") or str(index), calls, intents)

    def _said(
        self, row: Row, role: Role, text: str, author: str, message_id: str, calls: tuple[ToolCall, ...],
        intents: tuple[str, ...],
    ) -> Said:  # fmt: skip
        match role:
            case Role.CUSTOMER:
                return e.CustomerWrote(message_id, text, intents, self._text(row, "channel"))
            case Role.BOT:
                return e.BotWrote(message_id, text, self._confidence(row), calls, intents)
            case Role.HUMAN:
                return e.HumanWrote(message_id, text, author, flag_of(self.columns.get(row, "internal")) is True)
            case Role.TOOL:
                return e.ToolReturned(author, text, self._text(row, "status").lower() in _FAILED_WORDS)
            case Role.SYSTEM:
                return e.SystemNoted(text)

    def _calls(self, row: Row, place: str) -> tuple[ToolCall, ...]:
        calls = tool_calls_of(self.columns.get(row, "tool_calls"))
        if calls is None:
            self.notices.note("tool_calls that are no list of {name, arguments}: not used", place)
        return calls or ()

    def _confidence(self, row: Row) -> int | None:
        told = self.columns.get(row, "bot_confidence")
        confidence = confidence_of(told)
        if confidence is None and told not in (None, ""):
            self.notices.note("bot_confidence is not a number from 0 to 100: not used", self.source.at(row.line))
        return confidence

    def _time(self, row: Row, place: str) -> int:
        """Return epoch milliseconds, 0 for none: `_in_order` fills those."""
        told = self.columns.get(row, "created_at")
        found = time_of(told)
        if found is None:
            missing = told is None or told == ""
            why = "no created_at" if missing else "created_at is no time (ISO 8601, such as 2026-05-01T10:00:00Z)"
            self.notices.note(why + ": the line keeps its place", place)
            return 0
        at_ms, zoned = found
        if not zoned:
            self.notices.note("created_at without a zone: read as UTC", place)
        return at_ms

    def _in_order(self, messages: list[Message]) -> tuple[bool, tuple[Message, ...]]:
        """Return whether there are times, and the messages by time; lines without one take the one before."""
        known = [message.at_ms for message in messages if message.at_ms]
        if not known:
            return False, tuple(messages)
        last = known[0]
        filled = []
        for message in messages:
            last = message.at_ms or last
            filled.append(replace(message, at_ms=last))
        ordered = sorted(filled, key=lambda message: message.at_ms)
        for before, after in pairwise(filled):
            if after.at_ms < before.at_ms:
                self.notices.note("out of order: put in order of time", self.source.at(after.line))
        return True, tuple(ordered)

    def _opened(self, rows: list[Row]) -> e.TicketOpened:
        channel, language, subject, kind = (
            (text_of(self._told(rows, name)) or "").strip()
            for name in ("channel", "language", "subject", "ticket_type")
        )
        return e.TicketOpened(channel, language, kind or None, subject)

    def _account(self, rows: list[Row]) -> e.AccountLearned:
        told = self._told(rows, "account_value")
        value = number_of(told)
        if value is None and told is not None:
            self.notices.note("account_value is not a plain number: not used", self.source.at(rows[0].line))
        at_risk = self._told(rows, "account_at_risk")
        return e.AccountLearned(
            text_of(self._told(rows, "account_id")) or None,
            value,
            text_of(self._told(rows, "account_tier")) or None,
            flag_of(at_risk) if at_risk is not None else None,
        )

    def _tags(self, rows: list[Row]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(tag for row in rows for tag in words_of(self.columns.get(row, "tags"))))

    def _ending(self, rows: list[Row]) -> Ending:
        """Return how it ended: the last status and satisfaction told. Statuses of tools are not the ticket's."""
        backwards = [row for row in reversed(rows) if self._text(row, "role") != Role.TOOL]
        status = text_of(self._told(backwards, "status")) or ""
        outcome = {**RESOLVED_WORDS, **_BAD_WORDS}.get(status.strip().lower(), "")
        place = self.source.at(rows[-1].line)
        if status and not outcome and status.strip().lower().replace(" ", "_") not in _OPEN_WORDS:
            self.notices.note(f"the status {status[:40]!r} is not known: not used", place)
        resolved = time_of(self._told(backwards, "resolved_at"))
        return Ending(
            outcome=outcome,
            satisfaction=self._satisfaction(self._told(backwards, "csat"), place),
            complaint=any(tag.lower() in _COMPLAINT_TAGS for tag in self._tags(rows)),
            resolved_at_ms=resolved[0] if resolved is not None else None,
        )

    def _satisfaction(self, told: object, place: str) -> int | None:
        if told is None:
            return None
        found = satisfaction_of(told, self.csat_scale)
        if found is None:
            self.notices.note(f"csat is not on a scale up to {self.csat_scale} (--csat-scale): not used", place)
        return found


def _once(messages: Iterator[Message], reader: Reader) -> Iterator[Message]:
    """Leave out a message that was given before: by its id, or the same words by the same side at the same time."""
    seen: set[object] = set()
    for message in messages:
        own = getattr(message.event, "message_id", "")
        numbered = own and own != str(message.index)
        key = own if numbered else (message.at_ms, message.event) if message.at_ms else None
        if key is not None and _key(key) in seen:
            reader.notices.leave_out("a message that was there before", reader.source.at(message.line))
            continue
        if key is not None:
            seen.add(_key(key))
        yield message


def _key(key: object) -> object:
    if isinstance(key, tuple):
        at_ms, event = key
        return at_ms, type(event), getattr(event, "text", "")
    return key
