"""Single values of an export: times, scores, yes and no, lists, text. What cannot be read gives None."""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from trustladder.core.containment import ToolCall

_EARLIEST_S = 315_532_800  # 1980: anything before is a number that was no time
_LATEST_S = 4_102_444_800  # 2100
_SURROGATE = re.compile("[\ud800-\udfff]")
_YES = frozenset({"true", "yes", "y", "1", "t"})
_NO = frozenset({"false", "no", "n", "0", "f", ""})
_GOOD_OR_BAD = {"good": 100, "satisfied": 100, "positive": 100, "bad": 0, "dissatisfied": 0, "negative": 0}


def text_of(value: object) -> str | None:
    """Return text fit for people and screens: no NUL, no half characters. None for what is no text."""
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return str(value)
    if not isinstance(value, str):
        return None
    if "\0" in value:
        value = value.replace("\0", "")
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)


def time_of(value: object) -> tuple[int, bool] | None:
    """Return epoch milliseconds and whether a zone was given (if not, UTC was assumed); None for no time.

    Takes ISO 8601, RFC 2822 and epoch numbers in seconds, milliseconds, microseconds or nanoseconds.
    """
    number = number_of(value)
    if number is not None:
        for _ in range(3):
            number = number / 1000 if number >= _LATEST_S else number
        return (round(number * 1000), True) if _EARLIEST_S <= number < _LATEST_S else None
    moment = _moment(value) if isinstance(value, str) else None
    if moment is None:
        return None
    zoned = moment.tzinfo is not None
    try:
        seconds = (moment if zoned else moment.replace(tzinfo=UTC)).timestamp()
    except (OverflowError, ValueError):
        return None
    return (round(seconds * 1000), zoned) if _EARLIEST_S <= seconds < _LATEST_S else None


def _moment(value: str) -> datetime | None:
    written = value.strip()
    if written.upper().endswith((" UTC", " GMT")) and "," not in written:
        written = written[:-4] + "+00:00"
    written = re.sub(r" (?=[+-]\d\d:?\d\d$)", "", written)
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(value) if "," in value else None
    except (ValueError, TypeError, IndexError):
        return None


def number_of(value: object) -> float | None:
    """Return a finite number, also from its spelling (``1200``, ``1200.50``); None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def flag_of(value: object) -> bool | None:
    """Return yes or no from its usual spellings."""
    spelled = str(value).strip().lower()
    if spelled in _YES:
        return True
    return False if spelled in _NO or value is None else None


def confidence_of(value: object) -> int | None:
    """Return a bot's confidence in whole hundredths. Up to 1 it is read as a share, above as a percentage."""
    number = number_of(value)
    if number is None or not 0 <= number <= 100:
        return None
    return round(number * 100) if number <= 1 else round(number)


def satisfaction_of(value: object, scale: int) -> int | None:
    """Return satisfaction in hundredths of its scale. A scale of 5 or 10 begins at 1, one of 100 at 0."""
    if isinstance(value, str) and value.strip().lower() in _GOOD_OR_BAD:
        return _GOOD_OR_BAD[value.strip().lower()]
    number = number_of(value)
    lowest = 0 if scale == 100 else 1
    if number is None or not lowest <= number <= scale:
        return None
    return round((number - lowest) / (scale - lowest) * 100)


def words_of(value: object) -> tuple[str, ...]:
    """Return labels from a list, from a JSON list in text, or from text with commas, semicolons or bars."""
    if isinstance(value, str):
        listed = _json(value) if value.lstrip().startswith("[") else None
        value = listed if isinstance(listed, list) else re.split(r"[,;|]", value)
    if not isinstance(value, list):
        return ()
    texts = (text_of(item) for item in value)
    return tuple(dict.fromkeys(text.strip() for text in texts if text and text.strip()))


def tool_calls_of(value: object) -> tuple[ToolCall, ...] | None:
    """Return tool calls from a list of ``{name, arguments}``, also under ``function``; None for anything else."""
    if value is None or value == "":
        return ()
    found = _json(value) if isinstance(value, str) else value
    if not isinstance(found, list):
        return None
    calls = tuple(_tool_call(item) for item in found)
    return None if None in calls else tuple(call for call in calls if call is not None)


def _tool_call(item: Any) -> ToolCall | None:
    if isinstance(item, dict) and isinstance(item.get("function"), dict):
        item = item["function"]
    if not isinstance(item, dict) or not isinstance(item.get("name"), str):
        return None
    arguments = item.get("arguments")
    arguments = _json(arguments) if isinstance(arguments, str) else arguments
    return ToolCall(text_of(item["name"]) or "", arguments if isinstance(arguments, Mapping) else {})


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text.encode("utf-8", "replace"))
    except (msgspec.MsgspecError, RecursionError):
        return None


def first_told(values: Iterable[object]) -> object:
    """Return the first value that somebody gave, None when nobody did."""
    return next((value for value in values if value is not None and value != ""), None)
