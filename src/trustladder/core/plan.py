"""The plan: what happens next with a ticket that people hold, step by step, with whom and until when."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step: which clock runs (``claim``, ``reply``, ``resolve``), in which queue, until when (epoch milliseconds).

    ``people`` are those who could take it when the plan was made: there, of the queue, with the language and the
    authority that it needs.
    """

    clock: str
    queue: str
    by_ms: int
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A ticket of higher priority that waited when a person took another one.

    ``times_higher`` is its priority divided by that of the ticket taken. ``allowed`` says why it was right to pass it
    over (``queue``, ``language``, ``authority``, ``hours``), empty where nothing allowed it.
    """

    ticket_id: str
    queue: str
    times_higher: float
    allowed: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a ticket stood in the queues when a person took it.

    ``waiting`` tickets waited besides it, ``comparable`` of them this person could have taken instead. ``above`` counts
    those of higher priority among the comparable ones, ``above_allowed`` those that something allowed to pass over.
    ``passed_over`` names the highest of both.
    """

    waiting: int
    comparable: int
    above: int = 0
    above_allowed: int = 0
    passed_over: tuple[PassedOver, ...] = ()
