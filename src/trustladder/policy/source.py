"""A YAML file as plain values in which every value and every key knows its line and column.

YAML 1.2 through ruamel.yaml's event parser. The tree is built here, without recursion and without aliases, so that a
small file can neither grow into a large one nor nest deeper than anybody reads ("YAML bombs").
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.reader import ReaderError

from trustladder.errors import PolicyError

MOST_BYTES = 1_000_000
MOST_VALUES = 50_000
DEEPEST = 20

Scalar = str | int | float | bool | None
NodePath = tuple[str | int, ...]
"""Where a value stands: keys and positions from the top, such as ``("thresholds", 2, "when")``."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line and a column, both counted from 1."""

    line: int
    column: int


@dataclass(slots=True)
class Node:
    """One value of the file with its place: a scalar, a list (``children`` by position) or a map (by key)."""

    place: Place
    kind: str
    value: Scalar = None
    children: dict[str | int, "Node"] = field(default_factory=dict)
    keys: dict[str | int, Place] = field(default_factory=dict)

    def plain(self) -> object:
        """Return the value without places; nesting is capped, so recursion is safe."""
        if self.kind == "scalar":
            return self.value
        if self.kind == "list":
            return [child.plain() for child in self.children.values()]
        return {str(key): child.plain() for key, child in self.children.items()}

    def walk(self, path: NodePath = ()) -> Iterator[tuple[NodePath, "Node"]]:
        """Yield this node and all below it, each with its path."""
        yield path, self
        for key, child in self.children.items():
            yield from child.walk((*path, key))


@dataclass(frozen=True, slots=True)
class Source:
    """A file that could be read as YAML: its name for messages, its text, its tree, and what is wrong so far."""

    name: str
    text: str
    root: Node
    problems: tuple[PolicyError, ...] = ()

    def where(self, path: NodePath = (), *, key: bool = False) -> str:
        """Return ``name:line:column`` of the deepest part of a path that exists; with ``key`` that of its key."""
        node, place = self.root, self.root.place
        for part in path:
            child = node.children.get(part)
            if child is None:
                continue  # pydantic names the member of a union in its path: no such part in the file
            place = node.keys.get(part, child.place) if key else child.place
            node = child
        return f"{self.name}:{place.line}:{place.column}"


def read_source(path_or_text: str | Path) -> Source:
    """Read a YAML file, or text (any string with a line break). Raises PolicyError, with its place, when it is none."""
    if isinstance(path_or_text, str) and "\n" in path_or_text:
        return parse("<text>", path_or_text)
    path = Path(path_or_text)
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= MOST_BYTES else b"\0" * (MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise PolicyError(
            f"the file cannot be read: {reason}", where=str(path), fix="trustladder init writes a policy to start from"
        ) from None
    return parse(str(path), raw)


def parse(name: str, raw: str | bytes) -> Source:
    """Parse YAML from text or bytes. Raises PolicyError with file:line:column."""
    text = _decoded(name, raw)
    builder = _Builder(name)
    try:
        yaml = YAML(typ="safe", pure=True)
        for event in yaml.parse(text):
            builder.take(event)
    except YAMLError as error:
        raise _in_words(name, text, error) from None
    except (ValueError, IndexError, KeyError, AttributeError, TypeError, AssertionError) as error:
        # The parser's own slips on malformed input; what it says then is about itself and not about the file.
        raise PolicyError("this is not YAML", where=f"{name}:1:1", fix=f"the parser gave up: {error}") from None
    if builder.root is None:
        raise PolicyError("the file is empty", where=f"{name}:1:1", fix="trustladder init writes one to start from")
    return Source(name, text, builder.root, tuple(builder.problems))


def _decoded(name: str, raw: str | bytes) -> str:
    if len(raw) > MOST_BYTES:
        what = f"the file is larger than {MOST_BYTES:,} bytes"
        raise PolicyError(what, where=f"{name}:1:1", fix="a policy is a page or two; is this the right file?")
    try:
        text = raw if isinstance(raw, str) else raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8", "replace")
        what = f"byte 0x{error.object[error.start]:02x} is not UTF-8"
        raise PolicyError(what, where=_at(name, before), fix="save the file as UTF-8") from None
    if "\0" in text:
        raise PolicyError("a NUL byte stands here", where=_at(name, text[: text.index("\0")]), fix="remove it")
    return text.removeprefix("\ufeff")


def _at(name: str, before: str) -> str:
    return f"{name}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def _in_words(name: str, text: str, error: YAMLError) -> PolicyError:
    if isinstance(error, ReaderError):
        # The reader drops what it has consumed, so its own position is no offset into the text.
        character = error.character if isinstance(error.character, int) else ord(error.character)
        offset = max(0, text.find(chr(character)))
        what = f"the character U+{character:04X} may not stand in YAML"
        return PolicyError(what, where=_at(name, text[:offset]), fix="remove it")
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        what = " ".join(str(part).strip() for part in (error.context, error.problem) if part)
        where = f"{name}:{mark.line + 1}:{mark.column + 1}"
        return PolicyError(f"this is not YAML: {what}", where=where, fix="check indentation, quotes and brackets here")
    return PolicyError("this is not YAML", where=f"{name}:1:1", fix="check the file with a YAML editor")


_TAG = "tag:yaml.org,2002:"


class _Builder:
    """Builds the tree from parser events, refusing what a policy never needs."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.root: Node | None = None
        self.problems: list[PolicyError] = []
        self._open: list[Node] = []
        self._key: list[tuple[str, Place] | None] = []
        self._count = 0
        self._documents = 0
        self._resolver = YAML(typ="safe", pure=True).resolver

    def take(self, event: Event) -> None:
        place = Place(event.start_mark.line + 1, event.start_mark.column + 1)
        self._refuse(event, place)
        if isinstance(event, ScalarEvent):
            self._scalar(event, place)
        elif isinstance(event, MappingStartEvent):
            self._begin(Node(place, "map"))
        elif isinstance(event, SequenceStartEvent):
            self._begin(Node(place, "list"))
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._open.pop()
            self._key.pop()

    def _refuse(self, event: Event, place: Place) -> None:
        if isinstance(event, AliasEvent):
            self._fail(place, f"an alias (*{event.anchor}) stands here", "write the value out: a policy has no aliases")
        if isinstance(event, ScalarEvent | CollectionStartEvent):
            self._count += 1
            if event.anchor:
                self._fail(place, f"an anchor (&{event.anchor}) stands here", "a policy has no anchors: remove it")
            if event.tag:
                self._fail(place, f"a tag ({event.tag}) stands here", "a policy has no tags: remove it")
            if self._count > MOST_VALUES:
                self._fail(place, f"the file holds more than {MOST_VALUES:,} values", "a policy is a page or two")
        if isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._fail(place, "a second document begins here", "one file holds one document: remove the '---'")
            if event.version not in (None, (1, 2)):
                self._fail(place, "the file asks for another YAML version", "remove the %YAML line: this is YAML 1.2")

    def _fail(self, place: Place, what: str, fix: str) -> None:
        raise PolicyError(what, where=f"{self.name}:{place.line}:{place.column}", fix=fix)

    def _begin(self, node: Node) -> None:
        if self._open and self._open[-1].kind == "map" and self._key[-1] is None:
            self._fail(node.place, "a list or a map stands where a key must", "a key is a word")
        if len(self._open) >= DEEPEST:
            self._fail(
                node.place, f"values are nested deeper than {DEEPEST}", "a policy is flat: check the indentation"
            )
        self._put(node)
        self._open.append(node)
        self._key.append(None)

    def _scalar(self, event: ScalarEvent, place: Place) -> None:
        if self._open and self._open[-1].kind == "map" and self._key[-1] is None:
            self._key[-1] = (event.value, place)
            return
        if any("\ud800" <= char <= "\udfff" for char in event.value):
            self._fail(place, "half of a character stands here (a lone surrogate)", "write the character itself")
        plain = event.implicit[0]
        self._put(Node(place, "scalar", self._value(event.value) if plain else event.value))

    def _put(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if parent.kind == "list":
            parent.children[len(parent.children)] = node
            return
        held = self._key[-1]
        assert held is not None, "a value follows its key"  # noqa: S101 - the parser's own order
        self._key[-1] = None
        key, place = held
        if key in parent.children:
            first = parent.keys[key]
            what, fix = f"'{key}' stands here a second time", f"it stands on line {first.line} already: keep one"
            self.problems.append(PolicyError(what, where=f"{self.name}:{place.line}:{place.column}", fix=fix))
            return
        parent.children[key] = node
        parent.keys[key] = place

    def _value(self, text: str) -> Scalar:
        tag = str(self._resolver.resolve(ScalarNode, text, (True, False))).removeprefix(_TAG)
        try:
            if tag == "int":
                digits = text.replace("_", "")
                return int(digits, 0) if "x" in digits or "o" in digits else int(digits)
            if tag == "float":
                return float(text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))
        except ValueError:
            return text
        return {"null": None, "bool": text.lower() == "true"}.get(tag, text)
