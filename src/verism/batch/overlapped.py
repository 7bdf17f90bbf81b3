"""Many small jobs in three overlapping phases: one job is read and another written while a third is worked on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import copy_context
from itertools import islice
from typing import Any, Generic, NamedTuple, TypeVar

from verism.errors import VerismError

IN_HAND = 4
"""Largest number of items that are held at a time: one in each phase, and one that waits, since phases differ."""

Item = TypeVar("Item")
Source = TypeVar("Source")
Result = TypeVar("Result")
Outcome = TypeVar("Outcome")


class Phases(NamedTuple, Generic[Item, Source, Result, Outcome]):
    """What is done to an item, in turn.

    Attributes:
        read: returns what the item names; called in one thread, one item after the other.
        work: returns the result of what was read; called in the caller's thread.
        write: writes the result, and returns the item's outcome; called in another thread, one item after the other.
    """

    read: Callable[[Item], Source]
    work: Callable[[Source], Result]
    write: Callable[[Item, Result], Outcome]


def overlapped(
    items: Iterable[Item],
    phases: Phases[Item, Source, Result, Outcome],
    done: Callable[[Item, Outcome | VerismError], None],
) -> None:
    """Take all items through their phases, in order, while no more than ``IN_HAND`` of them are held.

    However this ends, also by Ctrl-C, no thread is left running, reading and writing that had begun are completed, and
    what was worked on is written and reported. (A second Ctrl-C does not wait for that, but Python does, at its exit.)

    Args:
        items: what the jobs are about.
        phases: their phases. A ``VerismError`` in one of them is its item's outcome; any other exception ends the work,
            and comes out of this function once the items before it are reported.
        done: called in the caller's thread with each item and its outcome, in order, as soon as it is written.
    """
    ahead, behind = deque[tuple[Item, Future[Source]]](), deque[tuple[Item, Future[Outcome]]]()
    left = iter(items)
    try:
        with _thread("verism-write", cancel=False) as write, _thread("verism-read", cancel=True) as read:
            while True:
                for item in islice(left, IN_HAND - len(ahead) - len(behind)):
                    ahead.append((item, _submit(read, phases.read, item)))
                if behind and behind[0][1].done():
                    _report(behind, done)
                elif ahead and ahead[0][1].done():
                    behind.append(_worked(*ahead.popleft(), phases, write))
                elif ahead or behind:
                    first: list[Future[Any]] = [queue[0][1] for queue in (ahead, behind) if queue]
                    wait(first, return_when=FIRST_COMPLETED)
                else:
                    return
    except BaseException:
        # By now, what was worked on is written.
        while behind and not _failed(behind[0][1]):
            _report(behind, done)
        raise


def _worked(
    item: Item,
    source: Future[Source],
    phases: Phases[Item, Source, Result, Outcome],
    write: ThreadPoolExecutor,
) -> tuple[Item, Future[Outcome]]:
    """Work on what was read, and have it written; return the item with its future outcome.

    This is a function of its own so that no local variable keeps the source and the result alive.
    """
    try:
        return item, _submit(write, phases.write, item, phases.work(source.result()))
    except VerismError as error:
        failed: Future[Outcome] = Future()
        failed.set_exception(error)
        return item, failed


def _report(behind: deque[tuple[Item, Future[Outcome]]], done: Callable[[Item, Outcome | VerismError], None]) -> None:
    """Report the first of the items that are being written; raise its exception unless it is a ``VerismError``."""
    item, written = behind.popleft()
    try:
        outcome: Outcome | VerismError = written.result()
    except VerismError as error:
        outcome = error
    done(item, outcome)


def _failed(written: Future[Outcome]) -> bool:
    """Return whether an item has not ended, or ended with an exception other than a ``VerismError``."""
    return not written.done() or not isinstance(written.exception(), VerismError | None)


def _submit(thread: ThreadPoolExecutor, task: Callable[..., Outcome], *arguments: object) -> Future[Outcome]:
    """Have a thread do a task in a copy of the caller's context: a thread has its own, without the caller's limits."""
    return thread.submit(copy_context().run, task, *arguments)


@contextmanager
def _thread(name: str, *, cancel: bool) -> Iterator[ThreadPoolExecutor]:
    """Yield a thread, and wait for its end; with ``cancel``, tasks that it has not begun by then are dropped."""
    pool = ThreadPoolExecutor(1, name)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=cancel)
