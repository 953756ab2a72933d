"""What is known about a proposed tool call before it runs: is it grounded, discussed, looked up, asked for?"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache

from trustladder.core.containment import ToolCall
from trustladder.detect.outcome.features import Running, call_key, leaves
from trustladder.detect.outcome.words import split_name

ACTION_MEASURES: tuple[str, ...] = (
    "arguments",
    "undiscussed_arguments",
    "arguments_undiscussed_lately",
    "unsaid_small_choices",
    "records_looked_up",
    "results_seen",
    "payments_used",
    "like_payments_on_file",
    "payment_never_used_before",
    "payment_kind_unnamed",
    "other_payment_kind_named",
    "payment_kind_named",
    "listed_items",
    "people",
    "amounts",
    "amounts_unsaid",
    "largest_number",
    "numbers",
    "ungrounded_values",
    "said_by_bot",
    "changed_fields",
    "failures",
    "writes_failed",
    "same_tool_before",
    "same_call_before",
    "calculated",
    "said_yes",
    "act_named_by_bot",
    "bot_asked_a_question",
    "bot_had_text",
    "denied_recently",
    "customer_unsure",
    "extremes_with_options",
    "pushed_after_denial",
    "act_named_first",
    "ids_named_by_customer",
)
"""Names of the numbers that `measure_action` gives, in their order."""
LOWERS_RISK = frozenset(
    (
        "records_looked_up",
        "results_seen",
        "payment_kind_named",
        "said_by_bot",
        "said_yes",
        "act_named_by_bot",
        "bot_asked_a_question",
        "bot_had_text",
        "denied_recently",
    )
)
"""The measures that speak for an action; those of neither kind speak against it."""
EITHER_WAY = frozenset(["act_named_first", "ids_named_by_customer"])
"""The measures that may speak for or against it."""
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?$")
_PUSHES = re.compile(r"\b(but|however|still|really need|disappoint\w*|frustrat\w*|exception|supervisor|manager)\b")
_ORDINARY = frozenset(["total", "user", "method", "methods", "type", "number", "new"])
_CHOICE = re.compile(r"[a-z][a-z_ ]{1,24}")
_WORD = re.compile(r"[a-z]{3,}")


def _walk(value: object, key: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _walk(part, str(name))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _walk(part, key)
    else:
        yield key, value


def _stems(text: str, letters: int) -> set[str]:
    return {word[:letters] for word in _WORD.findall(text)}


def _key_stems(key: str) -> set[str]:
    return {word[:4] for word in _WORD.findall(key.lower()) if word not in _ORDINARY}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@lru_cache(maxsize=1024)
def _json(text: str) -> object:
    """What a tool's result holds, None where it is no JSON; never changed by those who read it."""
    try:
        return json.loads(text) if text[:1] in "{[" else None
    except (ValueError, RecursionError):
        return None


def _parsed(running: Running) -> list[tuple[str, str, object]]:
    return [(tool, text, _json(text)) for tool, text, _ in running.results]


def _discussion(running: Running, arguments: Mapping[str, object]) -> list[float]:
    keys = [key for key in arguments if _key_stems(key)]
    told = _stems(" ".join(running.customer_texts), 4)
    said = told | _stems(" ".join(running.bot_texts), 4)
    lately = _stems(" ".join([*running.bot_texts[-1:], *running.customer_texts[-1:]]), 4)
    small = [
        key
        for key, value in arguments.items()
        if isinstance(value, str | int | float) and re.fullmatch(r"\d{1,2}|no|yes", str(value).lower())
    ]
    return [
        math.log1p(len(arguments)),
        sum(not (_key_stems(key) & said) for key in keys),
        sum(not (_key_stems(key) & lately) for key in keys),
        sum(not (_key_stems(key) & told) for key in small),
    ]


def _payments(running: Running, arguments: Mapping[str, object], results: list[object]) -> list[float]:
    used = {str(value) for key, value in _walk(arguments) if "payment" in key or key == "source"}
    used = {value for value in used if not _NUMBER.match(value)}
    on_file: set[str] = set()
    history: set[str] = set()
    for result in results:
        if isinstance(result, Mapping):
            held = result.get("payment_methods")
            on_file.update(held if isinstance(held, Mapping) else ())
            paid = result.get("payment_history")
            history.update(str(value) for _, value in _walk(paid))
    kinds = Counter(value.rsplit("_", 1)[0] for value in on_file)
    chosen = {value.rsplit("_", 1)[0] for value in used}
    told = " ".join(running.customer_texts)
    named = {kind for kind in kinds | dict.fromkeys(chosen, 1) if kind.split("_")[0] in told}
    alike = max((kinds[value.rsplit("_", 1)[0]] - 1 for value in used & on_file), default=0)
    some = bool(used)
    return [
        len(used),
        math.log1p(max(0, alike)),
        float(some and not used & history),
        float(some and not chosen <= named),
        float(some and bool(named - chosen)),
        (float(bool(chosen & named)) if some else 0.5),
    ]


def _contents(running: Running, arguments: Mapping[str, object], results: list[object]) -> list[float]:
    walked = list(_walk(arguments))
    amounts = [f"{value:g}" for key, value in walked if re.search("amount|price|total$", key) and _is_number(value)]
    values = list(leaves(arguments))
    numbers = [abs(float(value)) for value in values if _NUMBER.match(value)]
    talk = " ".join([*running.customer_texts, *running.bot_texts])
    people = (
        sum(len(value) for value in arguments.values() if isinstance(value, list)) if "passengers" in arguments else 0
    )
    record = _record(arguments, results)
    changed = [
        key
        for key, value in arguments.items()
        if key in record and not key.endswith("_id") and isinstance(value, str | int | float) and record[key] != value
    ]
    return [
        math.log1p(sum(1 for key, _ in walked if re.search("number|item", key))),
        math.log1p(people),
        len(amounts),
        sum(amount not in talk for amount in amounts),
        math.log1p(max(numbers, default=0.0)),
        math.log1p(len(numbers)),
        math.log1p(sum(not running.grounded(value) for value in values)),
        sum(value in talk for value in values) / max(1, len(values)),
        math.log1p(len(changed)),
    ]


def _ids(arguments: Mapping[str, object]) -> dict[str, str]:
    return {key: value for key, value in arguments.items() if isinstance(value, str) and key.endswith("_id")}


def _record(arguments: Mapping[str, object], results: list[object]) -> Mapping[str, object]:
    ids = _ids(arguments)
    found: Mapping[str, object] = {}
    for result in results:
        same = isinstance(result, Mapping) and any(
            result.get(key) == value for key, value in ids.items() if key not in ("user_id", "payment_id")
        )
        if same and isinstance(result, Mapping):
            found = result
    return found


def _conduct(running: Running, call: ToolCall) -> list[float]:
    last = running.customer_texts[-1] if running.customer_texts else ""
    said = running.bot_texts[-1] if running.bot_texts else ""
    told = " ".join(running.customer_texts)
    act = "".join(split_name(call.name)[:1])[:5]
    key = call_key(call.name, call.arguments)
    denials = [place for place, text in enumerate(reversed(running.bot_texts), 1) if _denies(text)]
    options = sum(len(text) > 400 for tool, text, _ in running.results if tool.startswith(("search", "list")))
    return [
        math.log1p(sum(failed for _, _, failed in running.results)),
        math.log1p(len(running.failed_writes)),
        math.log1p(sum(name == call.name for name, _ in running.written)),
        float(any(key == other for _, other in running.written)),
        float(any("calculat" in tool for tool in running.tools)),
        float(running.said_yes),
        float(act in _stems(said, 5)),
        float("?" in said),
        float(running.spoke_last),
        1 / denials[0] if denials else 0.0,
        math.log1p(running.groups["customer_unsure"]),
        math.log1p(running.groups["customer_extreme"]) * float(options > 0),
        float(bool(denials) and bool(_PUSHES.search(last))),
        float(act in _stems(running.customer_texts[0] if running.customer_texts else "", 5)),
        float(all(value.lower() in told for value in _ids(call.arguments).values())),
    ]


def _denies(text: str) -> bool:
    return bool(
        re.search(r"\b(unfortunately|cannot|can't|unable|not (?:possible|allowed|eligible|able)|policy)\b", text)
    )


def measure_action(running: Running, call: ToolCall) -> list[float]:
    """The numbers named in `ACTION_MEASURES` for a call proposed after what `running` has read."""
    results = [result for _, _, result in _parsed(running)]
    looked_up = {
        (tool, str(value))
        for tool, _, result in _parsed(running)
        if isinstance(result, Mapping)
        for key, value in result.items()
        if key.endswith("_id") and key != "user_id" and not isinstance(value, Mapping | list)
    }
    talk = _discussion(running, call.arguments)
    seen = [math.log1p(len(looked_up)), math.log1p(len(results))]
    return [
        *talk,
        *seen,
        *_payments(running, call.arguments, results),
        *_contents(running, call.arguments, results),
        *_conduct(running, call),
    ]


def action_words(running: Running, call: ToolCall) -> dict[str, int]:
    """What kind of act it is and on what: `a:` choices among few (`cancel reason=…`), `r:` marks of the records.

    Only short words count as a choice or a mark: no number, name, id or free text.
    """
    results = [result for _, _, result in _parsed(running)]
    record = _record(call.arguments, results)
    verb = "".join(split_name(call.name)[:1])
    found = [f"a:{call.name}"]
    for key, value in _walk(call.arguments):
        if _is_choice(key, value):
            found.append(f"a:{verb} {key}={value}")
            if isinstance(record.get(key), str):
                found.append(f"a:{key} {record[key]}>{value}")
    for key, value in record.items():
        if _is_choice(key, value):
            found += [f"r:{verb} {key}={value}", f"r:{key}={value}"]
    people = (r for r in results if isinstance(r, Mapping) and ("payment_methods" in r or "membership" in r))
    found += [f"r:who {key}={value}" for person in people for key, value in person.items() if _is_choice(key, value)]
    words = {word.lower(): 1 for word in found}
    return words | running.words("t:")


def _is_choice(key: str, value: object) -> bool:
    if "name" in key or key.endswith("_id"):
        return False
    return isinstance(value, bool) or (isinstance(value, str) and bool(_CHOICE.fullmatch(value.lower())))


def doubts(running: Running, call: ToolCall) -> tuple[str, ...]:
    """What can be held against a proposed call by looking, in words, gravest first; nothing learned.

    `running` has read everything before the call, the text that came with it included.
    """
    invented = [
        key
        for key, value in call.arguments.items()
        if any(len(part) > 1 and not running.grounded(part) for part in leaves(value))
    ]
    key, ids = call_key(call.name, call.arguments), [name for name in _ids(call.arguments) if name != "payment_id"]
    record = _record(call.arguments, [result for _, _, result in _parsed(running)])
    yes = "the customer has not said yes" if running.offered else "the customer was not asked"
    found = (
        (f"nobody mentioned {', '.join(invented)}", bool(invented)),
        (yes, not running.said_yes),
        (f"what {', '.join(ids)} stands for was not looked up", bool(ids) and not record),
        ("a call that changes something has failed before", bool(running.failed_writes)),
        ("the same call was made before", any(key == made for _, made in running.written)),
        ("the bot had said that it cannot be done", running.groups["bot_deny"] > 0),
    )
    return tuple(words for words, holds in found if holds)
