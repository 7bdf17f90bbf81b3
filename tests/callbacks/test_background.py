"""What is written meanwhile: in order, all of it, on every way out, and the same as if the run had waited for it."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import LightningModule, Trainer
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor

from verism import reuse
from verism.backbone.weights import Weights
from verism.callbacks.background import AHEAD, Background, arriving
from verism.errors import VerismError

ALL = ("--snapshots.every_n_steps", "1", "--histograms.every_n_steps", "1", "--trainer.precision", "32-true")


def test_tasks_are_done_in_order_by_one_other_thread() -> None:
    background, done, threads = Background(), [], set()

    def task(number: int) -> None:
        threads.add(threading.current_thread())
        done.append(number)

    for number in range(20):
        background.do(partial(task, number))
    background.finish()
    assert done == list(range(20))
    assert len(threads) == 1
    assert threading.current_thread() not in threads
    assert not any(thread.is_alive() for thread in threads)


def _wait(gate: threading.Event) -> None:
    assert gate.wait(60)


def test_lanes_do_not_wait_for_each_other() -> None:
    background, gate, done = Background(), threading.Event(), threading.Event()
    background.do(partial(_wait, gate), "slow")
    background.do(done.set, "fast")
    assert done.wait(60)
    gate.set()
    background.finish()


def test_an_error_in_one_lane_does_not_leave_another_unfinished() -> None:
    background, both, done = Background(), threading.Event(), []

    def failing() -> None:
        _wait(both)
        full()

    def slow() -> None:
        time.sleep(0.1)
        done.append(0)

    background.do(failing, "first")
    background.do(slow, "second")
    both.set()
    with pytest.raises(VerismError, match="could not be written"):
        background.finish()
    assert done == [0]


def test_tasks_run_in_the_context_of_the_run() -> None:
    background = Background()
    kept: reuse.Kept = {}
    with reuse.between_runs(kept):
        background.do(lambda: reuse.once("name", "key", lambda: None))
    background.finish()
    assert list(kept) == ["name"]


def test_no_more_than_so_many_wait() -> None:
    background, gate, done = Background(), threading.Event(), []

    def task() -> None:
        gate.wait()
        done.append(0)

    for _ in range(AHEAD):
        background.do(task)
    late = threading.Thread(target=background.do, args=(task,))
    late.start()
    late.join(0.2)
    assert late.is_alive()
    gate.set()
    late.join()
    background.finish()
    assert len(done) == AHEAD + 1


def full(path: str = "events") -> None:
    raise OSError(errno.ENOSPC, "No space left on device", path)


def test_a_file_that_cannot_be_written_is_an_error_of_the_run_in_a_sentence() -> None:
    background, done = Background(), []
    said = r"^events: pictures of the run could not be written \(No space left on device\); make room there"
    with pytest.raises(VerismError, match=said):  # noqa: PT012
        background.do(full)
        background.finish()
    background.finish()  # It is said once.
    with pytest.raises(VerismError, match=said):  # noqa: PT012
        background.do(full)
        while True:
            done.append("asked")
            background.do(lambda: done.append("done"))
            time.sleep(0.001)
    background.finish()
    assert done.count("asked") == done.count("done")


def test_another_error_stays_what_it_is() -> None:
    def wrong() -> None:
        raise ZeroDivisionError

    background = Background()
    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        background.do(wrong)
        background.finish()


def test_a_run_ends_with_what_ended_it(caplog: pytest.LogCaptureFixture) -> None:
    def late() -> None:
        time.sleep(0.1)
        full()

    background = Background()
    background.do(late)
    background.on_exception(Trainer(logger=False, accelerator="cpu"), LightningModule(), KeyboardInterrupt())
    assert "pictures of the run could not be written" in caplog.text


def test_a_copy_on_its_way_is_of_what_there_was() -> None:
    image = torch.arange(6.0).view(2, 3)
    assert torch.equal(arriving(image.requires_grad_())(), torch.arange(6.0).view(2, 3))
    assert not arriving(image)().requires_grad


def contents(folder: Path) -> dict[tuple[str, int], Any]:
    """Return all pictures and histograms of a run, by tag and step."""
    events = EventAccumulator(str(folder), size_guidance={"images": 0, "histograms": 0}).Reload()
    tags = events.Tags()
    images = {(tag, it.step): it.encoded_image_string for tag in tags["images"] for it in events.Images(tag)}
    counts = {(tag, it.step): it.histogram_value for tag in tags["histograms"] for it in events.Histograms(tag)}
    return images | counts


def waiting(self: Background, task: Callable[[], None], lane: str = "") -> None:
    """Do a task at once, as a stand-in for ``do``."""
    task()


def test_a_run_logs_what_it_logs_if_it_waits(
    run: Callable[..., Path], tiny_weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = (*ALL, "--trainer.max_steps", "3", "--histograms.activations", "true")
    meanwhile = contents(run(*options))
    monkeypatch.setattr(Background, "do", waiting)
    assert meanwhile == contents(run(*options))
    assert {step for _, step in meanwhile} == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("trouble", "shown"),
    # At the second Ctrl-C, the run does not come to its third picture.
    [("Terminate", 3), ("Interrupt", 3), ("InterruptTwice", 2), ("Shortage", 3)],
)
def test_nothing_is_lost_on_any_way_out(
    run: Callable[..., Path], tiny_weights: Weights, monkeypatch: pytest.MonkeyPatch, trouble: str, shown: int
) -> None:
    """The thread is slower than the run, so that something is left when it ends."""
    plain, threads = Background.do, []

    def slow(self: Background, task: Callable[[], None], lane: str = "") -> None:
        def later() -> None:
            threads.append(threading.current_thread())
            time.sleep(0.1)
            task()

        plain(self, later, lane)

    monkeypatch.setattr(Background, "do", slow)
    with pytest.raises(SystemExit):
        run(
            *ALL,
            "--trainer.max_steps",
            "9",
            "--trainer.callbacks+",
            f"trouble.{trouble}",
            "--trainer.callbacks.after",
            "2",
        )
    (folder,) = Path("lightning_logs").iterdir()
    steps = sorted(step for tag, step in contents(folder) if tag == "photo/image")
    assert steps == list(range(shown))
    assert threads
    assert not any(thread.is_alive() for thread in threads)


def test_an_image_that_was_spoilt_is_not_shown(
    run: Callable[..., Path], tiny_weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = torch.optim.Adam.step

    def spoiling(self: torch.optim.Adam, closure: Any = None) -> Any:
        result = plain(self, closure)
        pixels: Tensor = self.param_groups[0]["params"][0]
        # The first step of an optimiser is a trial of another parameter.
        if pixels.numel() > 48 and self.state[pixels]["step"] == 2:
            pixels.data.fill_(float("nan"))
        return result

    monkeypatch.setattr(torch.optim.Adam, "step", spoiling)
    folder = run(*ALL, "--trainer.max_steps", "2")
    assert sorted(step for tag, step in contents(folder) if tag == "photo/image") == [0, 1]
