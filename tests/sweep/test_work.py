"""What a worker makes of a chain of runs; with the tiny backbone."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from filelock import FileLock
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor

from verism.cli import main
from verism.metrics import Measure
from verism.module import StyleTransfer
from verism.sweep.plan import Pair, plan
from verism.sweep.run import Chain, Outcome, Run
from verism.sweep.work import MAX_ATTEMPTS, work

pytestmark = [pytest.mark.usefixtures("in_process"), pytest.mark.slow]


def prepared(
    base: Path, weights: Sequence[float] = (1.0,), pairs: list[Pair] | None = None, *, carry_over: bool = False
) -> Chain:
    """Plan one chain, and write its options down."""
    (chain,) = plan(base, {"model.content.weight": weights}, pairs, [0], base.parent / "sweep", carry_over=carry_over)
    for run in chain:
        run.prepare()
    return chain


@pytest.fixture
def run(base: Path) -> Run:
    """A run that nobody has begun."""
    (run,) = prepared(base)
    return run


@pytest.fixture
def missing(base: Path) -> Pair:
    return Pair(base.parent / "missing.png", base.parent / "style.png")


def test_a_run_is_a_fit_of_its_own_options(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work([run])
    assert run.outcome is not None
    assert run.outcome.error is None
    assert run.outcome.seconds is not None
    assert run.outcome.seconds > 0
    assert (run.outcome.weights, run.outcome.sha256) == ("tiny", "0" * 64)
    monkeypatch.chdir(tmp_path)
    main(["fit", "--config", str(run.folder / "fit.yaml"), "--output.path", "again.png"])
    assert (tmp_path / "again.png").read_bytes() == run.record().image.read_bytes()


def test_a_result_stays_in_its_runs_folder_whatever_the_base_says(base: Path) -> None:
    (chain,) = plan(base, {}, None, [0], base.parent / "sweep", options=[f"--output.path={base.parent / 'one.png'}"])
    chain[0].prepare()
    work(chain)
    assert chain[0].record().image.is_file()
    assert not (base.parent / "one.png").exists()


def test_the_scalars_are_the_last_ones_logged(run: Run) -> None:
    work([run])
    assert run.outcome is not None
    events = EventAccumulator(str(run.folder), size_guidance={"scalars": 0}).Reload()
    assert run.outcome.scalars == {tag: events.Scalars(tag)[-1].value for tag in events.Tags()["scalars"]}
    assert {"loss/total", "loss/content", "loss/style", "metrics/structure", "metrics/psnr"} < set(run.outcome.scalars)
    # The tiny style loss falls, so that a value that is not the last would be larger.
    values = [event.value for event in events.Scalars("loss/total")]
    assert run.outcome.scalars["loss/total"] == min(values) < max(values)


def test_a_failure_is_recorded_with_its_sentence_and_traceback(base: Path, missing: Pair) -> None:
    (run,) = prepared(base, pairs=[missing])
    work([run])
    assert run.outcome == Outcome(run.digest, f"{missing.content}: no such photo.")
    log = (run.folder / "log.txt").read_text()
    assert "Traceback (most recent call last)" in log
    assert log.strip().endswith("missing.png: no such photo.")


def test_an_error_without_words_has_its_name(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise MemoryError

    monkeypatch.setattr("verism.sweep.work.PlannedFit", fail)
    work([run])
    assert run.outcome == Outcome(run.digest, "MemoryError")


def test_what_runs_leave_to_each_other_changes_no_figure(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of the same photos share figures of these; runs of others do not take them for their own."""

    def scalars(*runs: Run) -> list[dict[str, float]]:
        found = []
        for run in runs:
            run.prepare()
            work([run])
            assert run.outcome is not None
            found.append({tag: value for tag, value in run.outcome.scalars.items() if not tag.startswith("speed/")})
        return found

    def planned(name: str) -> list[Run]:
        here, there = (base.parent / f"{name}.png" for name in ("content", "style"))
        chains = plan(
            base, {"model.content.weight": [1.0, 2.0]}, [Pair(here, there), Pair(there, here)], [0], base.parent / name
        )
        return [run for chain in chains for run in chain]

    made: list[object] = []
    plain = Measure.__init__

    def watched(self: Measure, *args: Any) -> None:
        made.append(self)
        plain(self, *args)

    monkeypatch.setattr(Measure, "__init__", watched)
    monkeypatch.setattr("verism.sweep.work._kept", {})
    together = scalars(*planned("together"))
    assert len(made) == 2
    alone = []
    for run in planned("alone"):
        monkeypatch.setattr("verism.sweep.work._kept", {})
        alone += scalars(run)
    assert len(made) == 6
    assert together == alone
    assert together[0] != together[2]


def pixels(model: StyleTransfer) -> Tensor:
    (parameter,) = model.parameters()
    return parameter.detach()


def test_a_chain_carries_its_image_over_unrounded(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models: list[StyleTransfer] = []
    firsts: list[Tensor] = []
    plain = StyleTransfer.on_fit_start

    def watched(self: StyleTransfer) -> None:
        models.append(self)
        firsts.append(pixels(self).clone())
        plain(self)

    monkeypatch.setattr(StyleTransfer, "on_fit_start", watched)
    work(prepared(base, [1.0, 2.0, 3.0], carry_over=True))
    lasts = [pixels(model) for model in models]
    assert len(lasts) == 3
    assert not torch.equal(firsts[0], lasts[0])
    assert torch.equal(firsts[1], lasts[0])
    assert torch.equal(firsts[2], lasts[1])


def test_who_was_to_follow_a_failed_run_fails_with_that_reason(base: Path, missing: Pair) -> None:
    first, second, third = prepared(base, [1.0, 2.0, 3.0], [missing], carry_over=True)
    work([first, second, third])
    assert first.outcome == Outcome(first.digest, f"{missing.content}: no such photo.")
    for run in (second, third):
        assert run.outcome == Outcome(run.digest, "the run that this one was to start from failed")


def test_what_a_dead_attempt_has_left_is_cleared(run: Run) -> None:
    run.begin()
    (run.folder / "checkpoints").mkdir()
    for name in (
        "checkpoints/epoch=0-step=1.ckpt",
        "result.png",
        "config.yaml",
        "events.out.tfevents.1.dead",
        "log.txt",
    ):
        (run.folder / name).write_text("dead")
    work([run])
    assert run.finished
    # What was said is kept; nothing else can be.
    assert [path.name for path in run.folder.rglob("*") if path.is_file() and path.read_bytes() == b"dead"] == [
        "log.txt"
    ]
    assert not (run.folder / "events.out.tfevents.1.dead").exists()


def test_a_run_that_has_ended_is_left_alone(run: Run) -> None:
    for error in (None, "It failed."):
        run.end(Outcome(run.digest, error))
        before = {path: path.stat().st_mtime_ns for path in run.folder.glob("[!.]*")}
        work([run])
        assert {path: path.stat().st_mtime_ns for path in run.folder.glob("[!.]*")} == before


def test_after_too_many_attempts_a_run_is_left_alone(run: Run) -> None:
    for _ in range(MAX_ATTEMPTS):
        run.begin()
    work([run])
    assert run.outcome is None
    assert run.attempts == MAX_ATTEMPTS


def test_a_run_that_another_worker_is_at_is_waited_for(run: Run) -> None:
    """An engine that has lost sight of a worker hands its run out again, though the worker may live."""
    with FileLock(run.folder / ".lock"):
        second = threading.Thread(target=work, args=([run],))
        second.start()
        second.join(0.5)
        assert second.is_alive()
        assert run.attempts == 0
        run.end(Outcome(run.digest))
    second.join()
    assert run.outcome == Outcome(run.digest)
    assert not run.record().image.exists()
