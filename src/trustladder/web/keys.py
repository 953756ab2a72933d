"""API keys: who may ask for what. A bot's key never holds what would bring a lane down (decision 0004).

A key is ``tl_<id>_<random>``; the file holds its SHA-256, its tenant and its scopes, one JSON object a line.
"""

import hmac
import json
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from threading import Lock

from trustladder.errors import BadInput

RANDOM_BYTES = 32


class Scope(StrEnum):
    """What a key may do. ``bot`` and ``people`` never go together: that key could hand a ticket back to itself."""

    BOT = "bot"
    PEOPLE = "people"
    READ = "read"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is kept: its digest, never the key itself."""

    id: str
    digest: str
    tenant: str
    scopes: frozenset[Scope]


def new_key(tenant: str, scopes: frozenset[Scope]) -> tuple[str, ApiKey]:
    """Return a new key, to be shown once, and what is kept of it. Raises BadInput for scopes that may not be held."""
    identity = secrets.token_hex(6)
    key = f"tl_{identity}_{secrets.token_urlsafe(RANDOM_BYTES)}"
    kept = ApiKey(identity, sha256(key.encode()).hexdigest(), tenant, scopes)
    _check(kept, "")
    return key, kept


def line_of(key: ApiKey) -> str:
    """Return the line of the file that keeps a key."""
    return json.dumps({**asdict(key), "scopes": sorted(key.scopes)}) + "\n"


def read_keys(path: Path) -> dict[str, ApiKey]:
    """Return the keys of a file by id. Raises BadInput with the line of what cannot be used."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        fix = "make one with `trustladder keys new`, or check the path in TRUSTLADDER_KEYS"
        raise BadInput(f"the file of keys cannot be read: {why}", where=str(path), fix=fix) from None
    return {key.id: key for key in _keys(path, lines)}


def _keys(path: Path, lines: list[str]) -> Iterator[ApiKey]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            held = json.loads(line)
            scopes = frozenset(map(Scope, held["scopes"]))
            key = ApiKey(str(held["id"]), str(held["digest"]), str(held["tenant"]), scopes)
        except (ValueError, KeyError, TypeError, RecursionError):
            raise BadInput("this is no key", where=where, fix="make one with `trustladder keys new`") from None
        _check(key, where)
        yield key


def _check(key: ApiKey, where: str) -> None:
    if key.scopes >= {Scope.BOT, Scope.PEOPLE}:
        fix = "make two keys: one for the bot, one for people"
        raise BadInput("a key may not be a bot's and a person's at once", where=where, fix=fix)
    if not key.scopes or not key.tenant.strip():
        raise BadInput("a key needs a tenant and a scope", where=where, fix="scopes: " + ", ".join(Scope))


class KeyRing:
    """The keys of a file, read again when it changes. While it cannot be read, no key opens anything."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._keys = read_keys(path)
        self._stamp = self._changed_at()

    def find(self, presented: str) -> ApiKey | None:
        """Return what is kept of a key that somebody presents, None for one that is not (or no longer) known."""
        parts = presented.split("_", maxsplit=2)
        held = self._current().get(parts[1]) if len(parts) == 3 and parts[0] == "tl" else None
        digest = sha256(presented.encode("utf-8", "replace")).hexdigest()
        return held if held is not None and hmac.compare_digest(held.digest, digest) else None

    def _current(self) -> dict[str, ApiKey]:
        stamp = self._changed_at()
        if stamp != self._stamp:
            with self._lock:
                try:
                    self._keys = read_keys(self._path)
                except BadInput:
                    self._keys = {}
                self._stamp = stamp
        return self._keys

    def _changed_at(self) -> tuple[int, int]:
        try:
            found = self._path.stat()
        except OSError:
            return (-1, -1)
        return (found.st_mtime_ns, found.st_size)
