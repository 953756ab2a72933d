"""Past tickets for `backtest` and `learn`: from files, which are perceived, or from a ledger, which remembers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from trustladder.cli.conversations import (
    Work,
    conversations_of,
    nothing_usable,
    patient_perceiver,
    progress,
    tell_notices,
    worked,
)
from trustladder.errors import BadInput

if TYPE_CHECKING:
    from trustladder.connect.exports import ReadAs
    from trustladder.core import events as e
    from trustladder.core.policy import Policy
    from trustladder.learn.conversation import Conversation, Notice
    from trustladder.learn.past import PastConversation, PastTicket
    from trustladder.learn.replay import Perceive

T = TypeVar("T")

SomeFiles = Annotated[
    list[str] | None,
    typer.Argument(help="Conversations: JSONL or CSV, gzipped or not; none with --ledger.", show_default=False),
]
LedgerUrl = Annotated[str, typer.Option("--ledger", help="Read this ledger (sqlite:///… or postgresql://…), no files.")]
Tenant = Annotated[str, typer.Option("--tenant", help="The tenant of the ledger.")]
HandlingMinutes = Annotated[
    float | None,
    typer.Option("--handling-minutes", min=0.1, help="What a person needs for one ticket; left out: see the report."),
]
PatienceMinutes = Annotated[
    float | None,
    typer.Option("--patience-minutes", min=0.1, help="After how long a waiting customer gives up; left out: never."),
]
InTime = Annotated[
    float, typer.Option("--in-time", min=0.01, max=0.999, help="The share of tickets to claim within the clock.")
]


@dataclass(slots=True)
class Source:
    """Where past tickets come from. ``notices`` is filled while files are read."""

    files: Sequence[str]
    ledger: str = ""
    tenant: str = "default"
    notices: tuple["Notice", ...] = field(default=())

    def __post_init__(self) -> None:
        if bool(self.files) == bool(self.ledger):
            what = "both files and a ledger are given" if self.files else "no tickets to look at"
            raise BadInput(what, fix="give files of conversations, or --ledger URL")

    @property
    def names(self) -> list[str]:
        """What the tickets come from, for a report: no passwords, no folders."""
        if self.ledger:
            return [f"the ledger, tenant {self.tenant}"]
        return [Path(name).name if name != "-" else "standard input" for name in self.files]


def each_past(
    source: Source,
    how: "ReadAs",
    policy: Path | None,
    workers: int,
    of_conversation: Work[T],
    of_history: "Callable[[str, tuple[e.Recorded, ...]], T]",
) -> Iterator[T]:
    """Yield what is made of each past ticket, in order. Raises `BadInput` where there is none."""
    counted_as = "reading the ledger" if source.ledger else "reading conversations"
    found = (
        _of_ledger(source, of_history) if source.ledger else _of_files(source, how, policy, workers, of_conversation)
    )
    none = True
    with progress(counted_as) as counted:
        for one in counted(found):
            none = False
            yield one
    if none:
        raise (
            nothing_usable([*source.files])
            if source.files
            else BadInput(
                "the ledger holds no ticket of this tenant",
                where=f"tenant {source.tenant}",
                fix="name another with --tenant",
            )
        )


def pasts(source: Source, how: "ReadAs", policy: Path | None, workers: int) -> "list[PastConversation | PastTicket]":
    """Return the past tickets, perceived under the policy, to be put under any other."""
    from trustladder.learn.past import PastConversation, PastTicket

    found = list(each_past(source, how, policy, workers, seen_under, PastTicket))
    if workers > 1:
        perceive = patient_perceiver()
        for one in found:
            if isinstance(one, PastConversation):
                one.seen.resume_with(perceive)
    return found


def seen_under(conversation: "Conversation", policy: "Policy", perceive: "Perceive") -> "PastConversation | PastTicket":
    """Return a conversation with what perception sees in it under a policy."""
    from trustladder.learn.past import PastConversation
    from trustladder.learn.seen import SeenOnce

    past = PastConversation(conversation, SeenOnce(perceive))
    past.under(policy)
    return past


def _of_files(source: Source, how: "ReadAs", policy: Path | None, workers: int, work: Work[T]) -> Iterator[T]:
    from trustladder.learn.conversation import Notices

    notices = Notices()
    yield from worked(conversations_of(source.files, how, notices), work, policy, workers)
    source.notices = notices.list()
    tell_notices(notices)


def _of_ledger(source: Source, work: "Callable[[str, tuple[e.Recorded, ...]], T]") -> Iterator[T]:
    from trustladder.ledger import open_ledger

    book = open_ledger(source.ledger)
    try:
        for key in book.keys(source.tenant):
            yield work(key.ticket_id, book.history(key))
    finally:
        book.close()
