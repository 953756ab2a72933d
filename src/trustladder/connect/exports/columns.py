"""The columns of a conversations file, and what to call those that newcomers have instead."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from trustladder.connect.exports.rows import Row
from trustladder.connect.exports.source import Source
from trustladder.errors import BadInput
from trustladder.learn.conversation import Notices

REQUIRED = ("conversation_id", "role", "text")

ALIASES: Mapping[str, tuple[str, ...]] = {
    "conversation_id": ("conversation", "ticket_id", "ticket", "thread_id", "chat_id", "session_id", "dialogue_id",
                        "dialog_id", "case_id", "conversation_key"),
    "created_at": ("timestamp", "time", "date", "datetime", "sent_at", "created", "ts", "message_time"),
    "role": ("author_type", "sender_type", "author_role", "speaker", "sender", "from", "actor", "message_type"),
    "text": ("body", "message", "content", "utterance", "plain_body", "message_text", "comment", "transcript"),
    "ticket_type": ("type", "category", "topic", "intent", "reason"),
    "account_id": ("customer_id", "organization_id", "organisation_id", "company_id", "user_id", "requester_id"),
    "account_value": ("arr", "mrr", "revenue", "ltv", "contract_value", "customer_value"),
    "account_tier": ("tier", "plan", "segment"),
    "account_at_risk": ("at_risk", "churn_risk"),
    "bot_confidence": ("confidence", "score", "intent_confidence"),
    "csat": ("rating", "satisfaction", "satisfaction_score", "csat_score"),
    "status": ("state", "ticket_status"),
    "tags": ("labels", "tag"),
    "language": ("lang", "locale"),
    "channel": ("source", "inbox", "via"),
    "subject": ("title",),
    "intents": (),
    "tool_calls": ("function_calls", "tools"),
    "author": ("author_name", "sender_name", "agent", "agent_name", "name", "author_id"),
    "message_id": ("id", "msg_id"),
    "internal": ("private", "is_private", "is_note"),
    "resolved_at": ("closed_at", "solved_at"),
}  # fmt: skip
"""Every column that is read, with other words for it. The others are offered, never taken silently."""

_NAMED_UNKNOWN_FIELDS = 20
_ROWS_LOOKED_AT = 50


@dataclass(slots=True)
class Columns:
    """Which of the file's columns is which: ``own`` maps a column of ours to the file's name for it."""

    own: Mapping[str, str] = field(default_factory=dict)
    _unknown: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.own:
            if name not in ALIASES:
                close = get_close_matches(name, ALIASES, 1)
                hint = f"did you mean {close[0]}? " if close else ""
                raise BadInput(
                    f"--map: there is no column {name!r}", fix=hint + "the columns are " + ", ".join(ALIASES)
                )

    def get(self, row: Row, name: str) -> object:
        """Return what a row holds in a column of ours, None for nothing."""
        return row.fields.get(self.own.get(name, name))

    def require(self, first: Iterable[Row], source: Source) -> None:
        """Raise `BadInput` when a column that is needed is in none of the first rows, saying what it may be called."""
        seen = {name for row in first for name in row.fields}
        missing = [name for name in REQUIRED if self.own.get(name, name) not in seen]
        if missing:
            raise BadInput(
                f"there is no column {' and no column '.join(missing)}; the file has {_listed(seen)}",
                where=source.at(1),
                fix=_suggestion(missing, seen) or "name the column with --map, such as --map text=YOUR_COLUMN",
            )

    def note_unknown(self, row: Row, source: Source, notices: Notices) -> None:
        """Give one notice for each field that is not used."""
        for name in row.fields:
            if name in self._unknown or (name in ALIASES and name not in self.own) or name in self.own.values():
                continue
            self._unknown[name] = True
            if len(self._unknown) <= _NAMED_UNKNOWN_FIELDS:
                notices.note(f"the field {name[:60]!r} is not used{_hint(name)}", source.at(row.line))
            else:
                notices.note("further fields are not used", source.at(row.line))


def first_rows(rows: Iterable[Row]) -> list[Row]:
    """Return the rows whose fields stand for the file's."""
    return [row for row, _ in zip(rows, range(_ROWS_LOOKED_AT), strict=False)]


def _listed(names: Iterable[str]) -> str:
    shown = sorted(names)
    return ", ".join(name[:60] for name in shown[:15]) + (" …" if len(shown) > 15 else "") or "none"


def _suggestion(missing: Iterable[str], seen: Iterable[str]) -> str:
    by_lower = {name.lower().replace(" ", "_"): name for name in seen}
    found = []
    for name in missing:
        alias = next((a for a in (name, *ALIASES[name]) if a in by_lower), None)
        close = [alias] if alias else get_close_matches(name, by_lower, 1)
        found += [
            f'--map {name}="{by_lower[c]}"' if " " in by_lower[c] else f"--map {name}={by_lower[c]}" for c in close
        ]
    return "did you mean " + " ".join(found) + "?" if found else ""


def _hint(unknown: str) -> str:
    lower = unknown.lower().replace(" ", "_")
    ours = next((name for name, others in ALIASES.items() if lower == name or lower in others), None)
    if ours is None:
        close = get_close_matches(lower, ALIASES, 1, 0.8)
        ours = close[0] if close else None
    return f"; did you mean {ours}? Then say --map {ours}={unknown[:60]}" if ours else ""
