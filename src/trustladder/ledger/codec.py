"""Events and summaries to JSON and back: what is written is read back equal, or it is not written."""

import dataclasses
import types
from collections.abc import Iterator, Mapping
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from trustladder.core.events import Event
from trustladder.core.governance import JournalEvent
from trustladder.core.summary import TicketSummary
from trustladder.errors import BadInput, LedgerUnreadable


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} cannot be stored")


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)
_EVENT_TYPES: Mapping[str, type] = {kind.__name__: kind for kind in get_args(Event)}
_ENTRY_TYPES: Mapping[str, type] = {kind.__name__: kind for kind in get_args(JournalEvent)}
_DECODERS: Mapping[str, msgspec.json.Decoder[Any]] = {
    name: msgspec.json.Decoder(kind) for name, kind in {**_EVENT_TYPES, **_ENTRY_TYPES}.items()
}
_SUMMARY_DECODER = msgspec.json.Decoder(TicketSummary)

UPGRADE = "run the newest trustladder that has written to this ledger, or a later one"


def encode_event(event: Event | JournalEvent) -> tuple[str, bytes]:
    """Return an event's type and JSON. Raises BadInput when reading it back would not give an equal event."""
    name = type(event).__name__
    payload = _encoded(name, event)
    try:
        faithful = _DECODERS[name].decode(payload) == event
    except (msgspec.DecodeError, ValueError, RecursionError):
        faithful = False
    if not faithful:
        raise BadInput(
            f"a {name} holds a value that JSON cannot carry unchanged",
            fix="use text, finite numbers, true, false, null, lists and objects with text keys",
        )
    return name, payload


def decode_event(name: str, payload: bytes) -> Event:
    """Return a ticket's event that was stored.

    Raises LedgerUnreadable for a type or a field that this version does not know. Fields added since it was written
    get their defaults.
    """
    event: Event = _decoded(_EVENT_TYPES, name, payload)
    return event


def decode_entry(name: str, payload: bytes) -> JournalEvent:
    """Return a journal's event that was stored; as `decode_event`."""
    event: JournalEvent = _decoded(_ENTRY_TYPES, name, payload)
    return event


def _decoded(types: Mapping[str, type], name: str, payload: bytes) -> Any:
    kind = types.get(name)
    if kind is None:
        raise LedgerUnreadable(f"the ledger holds an event of the unknown type {name!r}", fix=UPGRADE)
    try:
        event = _DECODERS[name].decode(payload)
    except (msgspec.DecodeError, ValueError) as error:
        raise LedgerUnreadable(f"a stored {name} cannot be read: {error}", fix=UPGRADE) from error
    if _ENCODER.encode(event) != payload:  # equal bytes hold no other field, and this is the quicker look
        _refuse_unknown_fields(name, kind, payload)
    return event


def encode_summary(summary: TicketSummary) -> str:
    """Return a summary as JSON text. Raises BadInput for text that is not Unicode."""
    return _encoded("TicketSummary", summary).decode()


def decode_summary(text: str) -> TicketSummary:
    """Return the summary that was stored. Raises LedgerUnreadable when this version cannot read it."""
    try:
        return _SUMMARY_DECODER.decode(text)
    except (msgspec.DecodeError, ValueError) as error:
        raise LedgerUnreadable(
            f"a stored summary cannot be read: {error}", fix="rebuild the projections with this version"
        ) from error


def _encoded(name: str, value: object) -> bytes:
    try:
        return _ENCODER.encode(value)
    except UnicodeEncodeError as error:
        raise BadInput(
            f"a {name} holds text that is not Unicode (a lone surrogate, U+{ord(error.object[error.start]):04X})",
            fix="decode the text with errors='replace' before sending it",
        ) from error
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise BadInput(f"a {name} cannot be stored: {error}") from error


def _refuse_unknown_fields(name: str, kind: type, payload: bytes) -> None:
    unknown = ", ".join(sorted(_unknown_fields(kind, msgspec.json.decode(payload), name)))
    if unknown:
        raise LedgerUnreadable(f"the ledger holds fields that this version does not know: {unknown}", fix=UPGRADE)


def _unknown_fields(kind: Any, value: object, path: str) -> Iterator[str]:
    if dataclasses.is_dataclass(kind) and isinstance(value, dict):
        hints = get_type_hints(kind)
        for name, held in value.items():
            if name in hints:
                yield from _unknown_fields(hints[name], held, f"{path}.{name}")
            else:
                yield f"{path}.{name}"
    elif get_origin(kind) in {Union, types.UnionType}:
        for option in get_args(kind):
            if dataclasses.is_dataclass(option):
                yield from _unknown_fields(option, value, path)
    elif get_origin(kind) is tuple and isinstance(value, list):
        for held in value:
            yield from _unknown_fields(get_args(kind)[0], held, path)
