"""What `audit` and `replay` share: how a file is to be read, with which policy, on how many processes."""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

import typer

from trustladder.errors import BadInput

if TYPE_CHECKING:
    from trustladder.connect.exports import ReadAs
    from trustladder.core.policy import Policy
    from trustladder.learn.conversation import Conversation, Notices
    from trustladder.learn.replay import Perceive

BATCH_CONVERSATIONS = 32
ALONE_CONVERSATIONS = 400
"""How many conversations one process reads before others are started, which takes each of them some seconds.

That is why one process is the default: on two cores, 1,704 tau conversations took two no less time than one, and four
tenths more of the processors.
"""

Files = Annotated[list[str], typer.Argument(help="Conversations: JSONL or CSV, gzipped or not; - is standard input.")]
PolicyFile = Annotated[Path | None, typer.Option("--policy", "-p", help="The policy file; left out: product-heavy.")]
Like = Annotated[str, typer.Option("--like", help="The layout of a public set: tau, maia, dbdc3 or betold.")]
ColumnMap = Annotated[list[str] | None, typer.Option("--map", help="COLUMN=YOURS, such as role=author_type.")]
RoleMap = Annotated[list[str] | None, typer.Option("--role", help="WORD=ROLE, such as agent=human.")]
BotAuthor = Annotated[list[str] | None, typer.Option("--bot-author", help="The author's name under which a bot wrote.")]
CsatScale = Annotated[int, typer.Option("--csat-scale", help="The best satisfaction: 5, 10 or 100.")]
Workers = Annotated[
    int, typer.Option("--workers", min=0, max=64, help="Processes; 0 takes every core once the input is long.")
]

T = TypeVar("T")
Work = Callable[["Conversation", "Policy", "Perceive"], T]


def read_as(
    like: str, columns: list[str] | None, roles: list[str] | None, bots: list[str] | None, scale: int
) -> "ReadAs":
    """Return how to read, from the options. Raises `BadInput` for one that makes no sense."""
    from trustladder.connect.exports import ReadAs

    if scale not in (5, 10, 100):
        raise BadInput(f"--csat-scale {scale}: a scale is 5, 10 or 100", fix="give the best value that customers can")
    return ReadAs(like, _pairs("--map", columns), _pairs("--role", roles), tuple(bots or ()), scale)


def _pairs(option: str, given: list[str] | None) -> dict[str, str]:
    found = {}
    for pair in given or ():
        left, equals, right = pair.partition("=")
        if not (left.strip() and equals and right.strip()):
            raise BadInput(f"{option} {pair}: NAME=VALUE is expected", fix=f"write {option} role=author_type, say")
        found[left.strip()] = right.strip()
    return found


def policy_of(path: Path | None) -> "Policy":
    """Return the policy of a file, or the one that comes with the product."""
    from trustladder.policy.load import load_policy
    from trustladder.policy.profiles import default_policy

    return default_policy() if path is None else load_policy(path)


def patient_perceiver() -> "Perceive":
    """Return perception without a time limit: a replay must not depend on how busy the machine is.

    Raises `ModelUnusable` where TRUSTLADDER_RISK_MODEL names no model: every ticket would be contained for it.
    """
    from trustladder.detect.learned import outcome_reader
    from trustladder.detect.perceiver import Perceiver

    outcome_reader()
    return Perceiver(budget_ms=3_600_000, failures_to_open=sys.maxsize).perceive


def worked(conversations: Iterable["Conversation"], work: Work[T], policy: Path | None, workers: int) -> Iterator[T]:
    """Yield what ``work`` makes of each conversation, in order and the same on one process and on several.

    0 ``workers`` begin with this process and take every core that it may use once the input is long.
    """
    rest = iter(conversations)
    if workers == 0:
        yield from map(_Worker(work, policy), islice(rest, ALONE_CONVERSATIONS))
        workers = _cores()
    if workers == 1:
        yield from map(_Worker(work, policy), rest)
        return
    batches = _batches(rest)
    first = next(batches, None)
    if first is not None:
        yield from _worked_by_many(chain([first], batches), work, policy, workers)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _worked_by_many(
    batches: Iterable[list["Conversation"]], work: Work[T], policy: Path | None, workers: int
) -> Iterator[T]:
    from concurrent.futures import Future, ProcessPoolExecutor
    from multiprocessing import get_context

    under_way: deque[Future[list[T]]] = deque()
    with ProcessPoolExecutor(workers, get_context("spawn"), _start_worker, (work, policy)) as pool:
        for batch in batches:
            under_way.append(pool.submit(_work_on, batch))
            if len(under_way) > 2 * workers:  # so that a large input is never read far ahead
                yield from under_way.popleft().result()
        while under_way:
            yield from under_way.popleft().result()


class _Worker(Generic[T]):
    """A process's own policy and perception, and what to do with them."""

    def __init__(self, work: Work[T], policy: Path | None) -> None:
        self.work, self.policy, self.perceive = work, policy_of(policy), patient_perceiver()

    def __call__(self, conversation: "Conversation") -> T:
        return self.work(conversation, self.policy, self.perceive)


_WORKER: list[_Worker[Any]] = []


def _start_worker(work: Work[T], policy: Path | None) -> None:
    _WORKER.append(_Worker(work, policy))


def _work_on(batch: list["Conversation"]) -> list[Any]:
    return [_WORKER[0](conversation) for conversation in batch]


def _batches(conversations: Iterable["Conversation"]) -> Iterator[list["Conversation"]]:
    rest = iter(conversations)
    while batch := list(islice(rest, BATCH_CONVERSATIONS)):
        yield batch


def tell_notices(notices: "Notices") -> None:
    """Print what was noticed about the input, on standard error."""
    for notice in notices.list():
        typer.echo(f"{'left out' if notice.left_out else 'notice'}: {notice}", err=True)


@contextmanager
def progress(what: str) -> Iterator[Callable[[Iterable[T]], Iterator[T]]]:
    """Give a function that counts conversations on standard error while they pass; silent without a terminal."""
    if not sys.stderr.isatty():
        yield iter
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn(what), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)

        def counted(items: Iterable[T]) -> Iterator[T]:
            for item in items:
                bar.advance(task)
                yield item

        yield counted


def conversations_of(files: Sequence[str], how: "ReadAs", notices: "Notices") -> Iterator["Conversation"]:
    """Yield the conversations of the files."""
    from trustladder.connect.exports import read_conversations

    return read_conversations(files, how, notices)


def nothing_usable(files: Sequence[str]) -> BadInput:
    """Return the error for an input of which nothing was left."""
    return BadInput("no conversation could be read", where=", ".join(files), fix="the notices above say why")
