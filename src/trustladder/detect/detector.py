"""A detector: one small unit of perception that reads one signal, or a few that belong together."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from trustladder.core.signals import Signal
from trustladder.core.ticket import Role
from trustladder.detect.scene import Scene

CUSTOMER = frozenset({Role.CUSTOMER})
BOT = frozenset({Role.BOT})
TOOL = frozenset({Role.TOOL})
AUTOMATION = frozenset({Role.BOT, Role.TOOL})
ANYONE = frozenset({Role.CUSTOMER, Role.BOT, Role.TOOL})

Reading = Callable[[Scene], Iterable[Signal]]


@dataclass(frozen=True, slots=True)
class Detector:
    """A detector by name: the signals it answers for, on whose turns it reads, and the function that reads.

    ``read``'s docstring states the scale; the catalogue of signals in the reference is made from it. A detector
    that ``waits`` (for a network) is run on a thread of its own, so that the turn's budget can end the wait.
    """

    name: str
    signals: tuple[str, ...]
    roles: frozenset[Role]
    read: Reading
    waits: bool = False

    @property
    def scale(self) -> str:
        """What the detector reads and on which scale: its function's docstring."""
        return inspect.getdoc(self.read) or ""


def detector(*signals: str, roles: frozenset[Role]) -> Callable[[Reading], Detector]:
    """Make a `Detector` of a function; its name is the function's."""

    def make(read: Reading) -> Detector:
        name = read.__name__
        return Detector(name, signals or (name,), roles, read)

    return make
