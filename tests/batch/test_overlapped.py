"""Jobs whose phases overlap: in order, few at a time, and nothing lost or left on any way out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from weakref import WeakSet

import pytest

from verism import photo_file
from verism.batch.overlapped import IN_HAND, Phases, overlapped
from verism.errors import VerismError
from verism.photo_file.size import check_size

PATIENCE = 30
"""Seconds after which a test gives up waiting for another thread."""


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Whatever a test does."""
    before = threading.active_count()
    yield
    assert threading.active_count() == before


class Done(list[tuple[int, object]]):
    """What was reported."""

    def __call__(self, item: int, outcome: object) -> None:
        assert threading.current_thread() is threading.main_thread()
        self.append((item, outcome))


def plus_one(number: int) -> int:
    return number + 1


def both(item: int, result: int) -> tuple[int, int]:
    return item, result


def test_outcomes_come_in_order_and_each_phase_has_one_thread() -> None:
    threads: dict[str, set[threading.Thread]] = {"read": set(), "work": set(), "write": set()}

    def noted(phase: str, do: Callable[..., object]) -> Callable[..., object]:
        def task(*given: object) -> object:
            threads[phase].add(threading.current_thread())
            return do(*given)

        return task

    done = Done()
    overlapped(range(20), Phases(noted("read", plus_one), noted("work", plus_one), noted("write", both)), done)
    assert done == [(number, (number, number + 2)) for number in range(20)]
    assert [len(found) for found in threads.values()] == [1, 1, 1]
    assert threads["work"] == {threading.main_thread()}
    assert len(set().union(*threads.values())) == 3


def test_nothing_to_do() -> None:
    done = Done()
    overlapped([], Phases(plus_one, plus_one, both), done)
    assert not done


def test_all_three_phases_go_on_at_the_same_time() -> None:
    """Each waits for the two others, of the items before and after."""
    meeting = threading.Barrier(3, timeout=PATIENCE)

    def read(item: int) -> int:
        if item == 2:
            meeting.wait()
        return item

    def work(item: int) -> int:
        if item == 1:
            meeting.wait()
        return item

    def write(item: int, _: int) -> int:
        if item == 0:
            meeting.wait()
        return item

    done = Done()
    overlapped(range(3), Phases(read, work, write), done)
    assert done == [(0, 0), (1, 1), (2, 2)]


class Photo:
    """Something whose memory counts."""


@pytest.mark.parametrize("slow", ["read", "work", "write"])
def test_so_many_are_held_and_no_more(slow: str) -> None:
    """Of what is read and what is made of it, whichever phase the others wait for."""
    held: WeakSet[Photo] = WeakSet()
    most = 0
    asked: list[int] = []
    tick = threading.Event()

    def made(phase: str) -> Photo:
        nonlocal most
        if phase == slow:
            tick.wait(0.02)
        photo = Photo()
        held.add(photo)
        most = max(most, len(held))
        return photo

    def items() -> Iterator[int]:
        for number in range(12):
            asked.append(number)
            yield number

    def write(item: int, result: Photo) -> int:
        if slow == "write":
            tick.wait(0.02)
        return item

    reported: list[int] = []

    def done(item: int, _: object) -> None:
        reported.append(item)
        assert len(asked) - len(reported) < IN_HAND

    overlapped(items(), Phases(lambda _: made("read"), lambda _: made("work"), write), done)
    assert reported == list(range(12))
    # What is worked on is both read and made, and each thread lets go of its own just after the outcome is there.
    assert most <= IN_HAND + 3
    assert not held


@pytest.mark.parametrize("phase", ["read", "work", "write"])
def test_a_failure_is_its_items_own_outcome(phase: str) -> None:
    def failing(name: str) -> None:
        if name == phase:
            raise VerismError(f"cannot {phase}")

    def read(item: int) -> int:
        if item == 3:
            failing("read")
        return item

    def work(item: int) -> int:
        if item == 3:
            failing("work")
        return item

    def write(item: int, result: int) -> int:
        if item == 3:
            failing("write")
        return result

    done = Done()
    overlapped(range(8), Phases(read, work, write), done)
    assert [item for item, _ in done] == list(range(8))
    assert [item for item, outcome in done if isinstance(outcome, VerismError)] == [3]
    assert str(done[3][1]) == f"cannot {phase}"


@pytest.mark.parametrize("phase", ["read", "work", "write"])
@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, MemoryError])
def test_any_other_error_ends_the_work_and_loses_nothing(phase: str, error: type[BaseException]) -> None:
    """What was worked on before is written and reported."""
    worked: list[int] = []
    written: list[int] = []

    def read(item: int) -> int:
        if phase == "read" and item == 5:
            raise error
        return item

    def work(item: int) -> int:
        if phase == "work" and item == 5:
            raise error
        worked.append(item)
        return item

    def write(item: int, _: int) -> int:
        if phase == "write" and item == 5:
            raise error
        threading.Event().wait(0.01)
        written.append(item)
        return item

    done = Done()
    with pytest.raises(error):
        overlapped(range(100), Phases(read, work, write), done)
    assert written == [item for item in worked if item != 5 or phase != "write"]
    assert [item for item, _ in done] == written
    assert written[:5] == [0, 1, 2, 3, 4]
    assert len(written) < 5 + IN_HAND


def test_an_interrupt_lets_what_has_begun_come_to_its_end() -> None:
    """What is being read and written; nothing else is begun."""
    reading, writing, go_on = threading.Event(), threading.Event(), threading.Event()
    log: list[str] = []

    def read(item: int) -> int:
        if item == 3:
            reading.set()
            go_on.wait(PATIENCE)
        log.append(f"read {item}")
        return item

    def work(item: int) -> int:
        if item == 2:
            reading.wait(PATIENCE)
            writing.wait(PATIENCE)
            threading.Timer(0.05, go_on.set).start()
            raise KeyboardInterrupt
        return item

    def write(item: int, _: int) -> int:
        if item == 1:
            writing.set()
            go_on.wait(PATIENCE)
        log.append(f"write {item}")
        return item

    done = Done()
    with pytest.raises(KeyboardInterrupt):
        overlapped(range(9), Phases(read, work, write), done)
    assert sorted(log) == ["read 0", "read 1", "read 2", "read 3", "write 0", "write 1"]
    assert done == [(0, 0), (1, 1)]


def test_what_holds_for_the_caller_holds_in_the_threads() -> None:
    """Limits are context variables, which threads do not inherit by themselves."""
    own = ContextVar("own", default="")
    own.set("mine")

    def read(item: int) -> str:
        with pytest.raises(VerismError, match=r"safety limit of 0.001 megapixels"):
            check_size("photo", 64, 64)
        return own.get()

    def write(item: int, found: str) -> tuple[str, str]:
        return found, own.get()

    done = Done()
    with photo_file.limited(0.001):
        overlapped([0], Phases(read, str, write), done)
    assert done == [(0, ("mine", "mine"))]
