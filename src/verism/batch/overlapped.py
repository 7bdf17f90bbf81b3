"""Many small jobs in three overlapping phases: one job is read and another written while a third is in progress."""

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
"""Largest number of items held at a time: one in each phase, and one in waiting, since phases take different times."""

Item = TypeVar("Item")
Source = TypeVar("Source")
Result = TypeVar("Result")
Outcome = TypeVar("Outcome")


class Phases(NamedTuple, Generic[Item, Source, Result, Outcome]):
    """The phases of an item, in order.

    Attributes:
        read: returns the content of the item; called in one thread, one item after the other.
        work: returns the result of what was read; called in the caller's thread.
        write: writes the result and returns the item's outcome; called in another thread, one item after the other.
    """

    read: Callable[[Item], Source]
    work: Callable[[Source], Result]
    write: Callable[[Item, Result], Outcome]


def overlapped(
    items: Iterable[Item],
    phases: Phases[Item, Source, Result, Outcome],
    done: Callable[[Item, Outcome | VerismError], None],
) -> None:
    """Take all items through their phases in order, holding at most ``IN_HAND`` of them at a time.

    However this ends, even by Ctrl-C, no thread is left running, reads and writes in progress are completed, and
    finished work is written and reported. (A second Ctrl-C skips the wait, but Python still waits when it exits.)

    Args:
        items: the items.
        phases: their phases. A ``VerismError`` in a phase becomes the outcome of its item; any other exception ends the
            work and is raised once the items before it are reported.
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
        # By now, finished work has been written.
        while behind and not _failed(behind[0][1]):
            _report(behind, done)
        raise


def _worked(
    item: Item,
    source: Future[Source],
    phases: Phases[Item, Source, Result, Outcome],
    write: ThreadPoolExecutor,
) -> tuple[Item, Future[Outcome]]:
    """Do the work on what was read, and have the result written; return the item with its future outcome.

    A separate function, so that no local variable keeps the source and the result alive.
    """
    try:
        return item, _submit(write, phases.write, item, phases.work(source.result()))
    except VerismError as error:
        failed: Future[Outcome] = Future()
        failed.set_exception(error)
        return item, failed


def _report(behind: deque[tuple[Item, Future[Outcome]]], done: Callable[[Item, Outcome | VerismError], None]) -> None:
    """Report the first of the items being written; raise its exception unless it is a ``VerismError``."""
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
    """Run a task in a thread with a copy of the caller's context, whose limits the thread's own context lacks."""
    return thread.submit(copy_context().run, task, *arguments)


@contextmanager
def _thread(name: str, *, cancel: bool) -> Iterator[ThreadPoolExecutor]:
    """Yield a thread and wait for it to end; with ``cancel``, tasks that have not started by then are dropped."""
    pool = ThreadPoolExecutor(1, name)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=cancel)
