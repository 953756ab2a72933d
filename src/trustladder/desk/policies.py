"""The policy in force: the last good one, read again when its file changes; none at all contains everything."""

from collections.abc import Callable
from pathlib import Path

from trustladder.core.policy import Policy, closed_policy
from trustladder.errors import PolicyError

NEVER_READ = -1


class PolicyBook:
    """Holds the policy in force. A file that does not load leaves the last good policy standing and sets `alarm`.

    ``text`` is the policy's file as text, empty where it has none.
    """

    def __init__(
        self,
        path: Path | None,
        load: Callable[[Path], Policy],
        fallback: Policy | None = None,
        fallback_text: str = "",
    ) -> None:
        self.alarm = ""
        self.text = fallback_text
        self._path = path
        self._load = load
        self._stamp = NEVER_READ
        self._policy = fallback
        self.current()

    def current(self) -> Policy:
        """Return the policy in force, reading its file again if that has changed."""
        stamp = self._changed_at()
        if self._path is not None and stamp != self._stamp:
            self._stamp = stamp
            self._read(self._path)
        return self._policy or closed_policy(self.alarm or "no policy was given")

    def _changed_at(self) -> int:
        try:
            return self._path.stat().st_mtime_ns if self._path is not None else NEVER_READ
        except OSError:
            return NEVER_READ - 1

    def _read(self, path: Path) -> None:
        try:
            self._policy, self.text = self._load(path), path.read_text(encoding="utf-8")
            self.alarm = ""
        except (PolicyError, OSError) as error:
            instead = "the last good one stays in force" if self._policy else "everything is contained"
            self.alarm = f"the policy could not be read, {instead}: {error}"
