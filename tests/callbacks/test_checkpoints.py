"""A run goes on as if nothing had been, whatever ended it."""

from __future__ import annotations

import errno
import os
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from verism import atomic, checkpoint, images
from verism.backbone.weights import Weights
from verism.callbacks.checkpoints import resuming
from verism.cli import main
from verism.errors import VerismError

pytestmark = pytest.mark.slow

EXACT = ("--trainer.precision", "32-true")

PHOTOREAL = ("--config", "photoreal.yaml", "--data.size", "48")

GRID = (*PHOTOREAL, "--model.canvas", "BilateralGrid", "--model.canvas.width", "6", "--model.canvas.depth", "4")


@pytest.fixture(autouse=True)
def tiny(tiny_weights: Weights) -> Iterator[None]:
    """The tiny backbone, on one thread: with several, sums are added up in any order."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def state(folder: Path) -> dict[str, Tensor]:
    return checkpoint.canvas_state(checkpoint.read(folder / "checkpoints" / "last.ckpt"))


def trouble(kind: str, after: int) -> tuple[str, ...]:
    return ("--trainer.callbacks+", f"trouble.{kind}", "--trainer.callbacks.after", str(after))


def steps(number: int) -> tuple[str, ...]:
    return ("--trainer.max_steps", str(number))


@pytest.fixture
def stopped(run: Callable[..., Path]) -> Callable[..., Path]:
    """Run ``fit`` until it is stopped with a status; returns the run's own folder."""

    def fit(*options: str, status: int) -> Path:
        with pytest.raises(SystemExit) as caught:
            run(*options)
        assert caught.value.code == status
        return max(Path("lightning_logs").iterdir(), key=lambda path: path.stat().st_ctime).resolve()

    return fit


@pytest.mark.parametrize(
    ("count", "options"),
    [
        (6, ()),
        (
            6,
            ("--model.canvas.init", "noise", "--model.style", "SlicedWassersteinLoss", "--model.style.positions", "99"),
        ),
        (4, ("--optimizer", "torch.optim.LBFGS", "--optimizer.lr", "1", "--optimizer.max_iter", "4")),
        (6, ("--data.size", "48", "--model.scales", "[32, 40, 48]")),
        (4, GRID),
        (4, PHOTOREAL),
        (4, ("--config", "lut.yaml", "--data.size", "48", "--model.canvas.controls", "5")),
    ],
    ids=["adam", "random directions", "lbfgs", "scales", "grid", "photoreal", "lut"],
)
def test_half_and_half_are_the_whole_bit_for_bit(
    run: Callable[..., Path], stopped: Callable[..., Path], count: int, options: tuple[str, ...]
) -> None:
    whole = state(run(*options, *EXACT, *steps(count)))
    half = stopped(*options, *EXACT, *steps(count), *trouble("Terminate", count // 2), status=143)
    before = state(half)
    rest = run(*options, *EXACT, *steps(count), "--ckpt_path", "last")
    assert whole.keys() == before.keys()
    assert not all(torch.equal(whole[name], before[name]) for name in whole)
    for name, tensor in state(rest).items():
        assert torch.equal(tensor, whole[name]), name


@pytest.mark.parametrize(("kind", "status"), [("Terminate", 143), ("Interrupt", 130), ("HangUp", 129)])
def test_a_signal_leaves_the_image_and_the_checkpoint_of_its_step(
    run: Callable[..., Path],
    stopped: Callable[..., Path],
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    kind: str,
    status: int,
) -> None:
    five = run(*steps(5))
    caplog.clear()
    folder = stopped(*steps(9), *trouble(kind, 5), "--trainer.log_every_n_steps", "1", status=status)
    said = capfd.readouterr().err
    assert said.count("after step 5.") == 1
    assert "Traceback" not in said
    (hint,) = re.findall(r"To go on from step 5: verism (fit .*)", caplog.text)
    assert shlex.split(hint)[-2:] == ["--ckpt_path", f"{folder}/checkpoints/last.ckpt"]
    assert torch.equal(images.read(folder / "result.png"), images.read(five / "result.png"))
    assert torch.equal(state(folder)["pixels"], state(five)["pixels"])
    (events,) = folder.glob("events.out.tfevents.*")
    log = EventAccumulator(str(events))
    log.Reload()
    # Nothing is left in a buffer.
    assert [event.step for event in log.Scalars("loss/total")] == [0, 1, 2, 3, 4]


def test_a_second_ctrl_c_stops_at_once_with_the_last_checkpoint(
    stopped: Callable[..., Path], content: Tensor, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = stopped(*steps(9), *trouble("InterruptTwice", 4), "--checkpoints.every_n_steps", "3", status=130)
    said = capfd.readouterr().err
    assert "Ctrl-C again" in said
    assert said.endswith("verism: Stopped by SIGINT after step 4.\n")
    assert "KeyboardInterrupt" not in said
    assert images.read(folder / "result.png").shape == content.shape
    assert checkpoint.read(folder / "checkpoints" / "last.ckpt")["global_step"] in (3, 4)


def test_running_out_of_memory_leaves_both_and_names_what_would_fit(
    run: Callable[..., Path],
    stopped: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    three = run(*steps(3), *EXACT)
    folder = stopped(*steps(9), *EXACT, *trouble("Shortage", 3), status=1)
    assert capsys.readouterr().err.startswith(
        "verism: There was not enough memory: try --trainer.precision bf16-mixed, with which it takes about 0."
    )
    assert "To go on from step 3: " in caplog.text
    assert torch.equal(state(folder)["pixels"], state(three)["pixels"])
    assert (folder / "result.png").is_file()


def test_what_would_fit_takes_half_of_what_did_not(
    run: Callable[..., Path], stopped: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    stopped(*steps(9), *EXACT, *trouble("Shortage", 1), "--data.size", "500", "--data.upscale", "true", status=1)
    assert "There was not enough memory: try --model.tile 256, with which it takes about" in capsys.readouterr().err


def test_max_time_leaves_a_checkpoint_to_go_on_from(run: Callable[..., Path], caplog: pytest.LogCaptureFixture) -> None:
    folder = run(*steps(100_000), "--trainer.max_time", "00:00:00:01")
    reached = checkpoint.read(folder / "checkpoints" / "last.ckpt")["global_step"]
    assert 0 < reached < 100_000
    assert f"To go on from step {reached}: " in caplog.text


def test_a_finished_run_does_not_say_how_to_go_on(run: Callable[..., Path], caplog: pytest.LogCaptureFixture) -> None:
    run(*steps(2))
    assert "To go on" not in caplog.text


def test_a_run_that_diverges_leaves_what_was_there_before(
    stopped: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = torch.optim.Adam.step
    # Whether the optimiser can be used at all is tried before the run, in a step of its own.
    count = iter(range(100))

    def spoiling(self: torch.optim.Adam, closure: Any = None) -> Any:
        result = plain(self, closure)
        if next(count) == 5:
            self.param_groups[0]["params"][0].data.fill_(float("nan"))
        return result

    monkeypatch.setattr(torch.optim.Adam, "step", spoiling)
    folder = stopped(*steps(9), "--checkpoints.every_n_steps", "2", status=1)
    found = checkpoint.read(folder / "checkpoints" / "last.ckpt")
    assert found["global_step"] == 4
    assert bool(found["state_dict"]["canvas.pixels"].isfinite().all())


def test_they_are_written_every_so_often(run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    plain = checkpoint.CheckpointFiles.save_checkpoint

    def counting(self: checkpoint.CheckpointFiles, state: dict[str, Any], path: Any, **options: Any) -> None:
        written.append(state["global_step"])
        plain(self, state, path, **options)

    monkeypatch.setattr(checkpoint.CheckpointFiles, "save_checkpoint", counting)
    run(*steps(7), "--checkpoints.every_n_steps", "3")
    assert written == [0, 3, 6, 7]
    written.clear()
    run(*steps(4), "--checkpoints.every_minutes", "1e-9")
    assert written == [0, 1, 2, 3, 4]
    written.clear()
    run(*steps(4), "--trainer.enable_checkpointing", "false")
    assert not written


def test_the_one_before_stays_and_is_offered(run: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    folder = run(*steps(4), "--checkpoints.every_n_steps", "3") / "checkpoints"
    assert {path.name for path in folder.iterdir()} == {"last.ckpt", "last.previous.ckpt"}
    assert checkpoint.read(folder / "last.previous.ckpt")["global_step"] == 3
    last = folder / "last.ckpt"
    last.write_bytes(last.read_bytes()[:-200])
    runs = len(list(folder.parents[1].iterdir()))
    for given in ("last", str(last)):
        with pytest.raises(SystemExit, match="2"):
            run(*steps(9), "--ckpt_path", given)
        said = capsys.readouterr().err
        assert "last.ckpt: damaged, or not the checkpoint of a run of fit; the one before it is whole: " in said
        assert f"--ckpt_path {folder}/last.previous.ckpt." in said
    assert len(list(folder.parents[1].iterdir())) == runs
    rest = run(*steps(9), "--ckpt_path", str(folder / "last.previous.ckpt"))
    assert checkpoint.read(rest / "checkpoints" / "last.ckpt")["global_step"] == 9


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--data.size", "40"), "holds pixels of 1×3×48×64, and this run's canvas pixels of 1×3×40×53"),
        (("--model.canvas", "Lut3d"), "is of a run with --model.canvas Pixels, and cannot be continued"),
        (("--optimizer", "torch.optim.LBFGS"), "was made with another --optimizer, torch.optim.Adam"),
    ],
    ids=["size", "canvas", "optimizer"],
)
def test_another_runs_checkpoint_is_refused(
    run: Callable[..., Path], capsys: pytest.CaptureFixture[str], options: tuple[str, ...], sentence: str
) -> None:
    run(*steps(2))
    with pytest.raises(SystemExit, match="2"):
        run(*steps(4), *options, "--ckpt_path", "last")
    assert sentence in capsys.readouterr().err


def test_goes_on_from_a_run_from_python(run: Callable[..., Path]) -> None:
    """Whose model records nothing but its weights."""
    found = dict(checkpoint.read(run(*steps(2)) / "checkpoints" / "last.ckpt"))
    found["hyper_parameters"] = {"backbone": found["hyper_parameters"]["backbone"]}
    torch.save(found, "python.ckpt")
    rest = run(*steps(3), "--ckpt_path", "python.ckpt")
    assert checkpoint.read(rest / "checkpoints" / "last.ckpt")["global_step"] == 3


def test_options_may_change_from_one_half_to_the_other(run: Callable[..., Path]) -> None:
    run(*steps(2))
    folder = run(*steps(4), "--ckpt_path", "last", "--model.tile", "16", "--model.content.weight", "3")
    options = checkpoint.read(folder / "checkpoints" / "last.ckpt")["hyper_parameters"]
    assert options["tile"] == 16
    assert options["content"]["weight"] == 3


def test_last_is_the_newest_and_has_to_be_there(
    run: Callable[..., Path], capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(*steps(2), "--ckpt_path", "last")
    assert "--ckpt_path last: no run below" in capsys.readouterr().err
    assert not Path("lightning_logs").exists()
    run(*steps(1))
    run(*steps(2))
    run(*steps(3), "--ckpt_path", "last")
    assert "content-style_1/checkpoints/last.ckpt" in caplog.text


def test_runs_without_a_folder_of_their_own_leave_each_others_alone(run: Callable[..., Path]) -> None:
    common = (*steps(1), "--trainer.logger", "false", "--output.path")
    Path("lightning_logs", "none").mkdir(parents=True)  # The fixture returns one.
    for name in ("one.png", "two.png"):
        run(*common, name)
    assert {path.name for path in Path("checkpoints").glob("*.ckpt")} == {
        f"{stem}{kind}.ckpt" for stem in ("last", "last-v1") for kind in ("", ".previous")
    }


@pytest.mark.parametrize("option", ["every_n_steps", "every_minutes"])
def test_never_is_refused(run: Callable[..., Path], capsys: pytest.CaptureFixture[str], option: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(f"--checkpoints.{option}", "0")
    assert "--checkpoints: every_n_steps and every_minutes must be above 0" in capsys.readouterr().err


def test_of_another_version_is_refused(
    run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("verism.checkpoint.file.FORMAT", 0)
        patch.setattr("verism.version.__version__", "0.0.7")
        folder = run(*steps(2))
    with pytest.raises(SystemExit, match="2"):
        main(
            [
                "predict",
                "--ckpt_path",
                str(folder / "checkpoints" / "last.ckpt"),
                "--data.photos",
                "../content.png",
                "--output.dir",
                "y",
            ]
        )
    assert "a checkpoint of verism 0.0.7, which 0.1.0 cannot continue" in capsys.readouterr().err


def full_for(monkeypatch: pytest.MonkeyPatch, *endings: str) -> None:
    """Have the disk full for files with such endings."""
    plain = atomic.write

    def write(path: Path, data: bytes | memoryview, keep: Path | None = None) -> None:
        if path.name.endswith(endings):
            raise VerismError(f"{path}: cannot be written (No space left on device).")
        plain(path, data, keep)

    monkeypatch.setattr(atomic, "write", write)


def test_the_state_of_a_picture_that_cannot_be_written_is_safe_and_a_command_writes_it(
    run: Callable[..., Path],
    stopped: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = (*steps(3), "--output.strength", "0.5", "--output.dither", "true")
    run(*options, "--output.path", "expected.png")
    with monkeypatch.context() as patch:
        full_for(patch, ".png")
        folder = stopped(*options, "--output.path", "lost.png", status=2)
    assert checkpoint.read(folder / "checkpoints" / "last.ckpt")["global_step"] == 3
    said = capsys.readouterr().err
    (command,) = re.findall(r"lost.png: cannot be written .*; nothing is lost: verism (.*) writes it elsewhere", said)
    main(shlex.split(command.replace("ANOTHER_FILE", "found.png")))
    assert torch.equal(images.read(Path("found.png")), images.read(Path("expected.png")))


def test_a_table_that_cannot_be_written_keeps_no_picture_from_being_written(
    stopped: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    full_for(monkeypatch, ".cube")
    table = ("--model.canvas", "Lut3d", "--model.canvas.controls", "5", "--output.lut", "look.cube")
    folder = stopped(*steps(3), *table, status=2)
    assert (folder / "result.png").is_file()
    assert f"look.cube: cannot be written (No space left on device); nothing is lost: verism export {folder}" in (
        capsys.readouterr().err
    )


def test_a_checkpoint_that_cannot_be_written_ends_no_run_and_is_tried_again(
    run: Callable[..., Path],
    stopped: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    expected = images.read(run(*steps(4)) / "result.png")
    plain = checkpoint.CheckpointFiles.save_checkpoint
    failing = {2, 4}

    def save(self: checkpoint.CheckpointFiles, state: dict[str, Any], path: Any, **options: Any) -> None:
        if state["global_step"] in failing:
            raise VerismError(f"{path}: cannot be written (No space left on device).")
        plain(self, state, path, **options)

    monkeypatch.setattr(checkpoint.CheckpointFiles, "save_checkpoint", save)
    folder = stopped(*steps(4), "--checkpoints.every_n_steps", "1", status=2)
    assert "last.ckpt: cannot be written (No space left on device). The run goes on" in caplog.text
    assert "last.ckpt: cannot be written (No space left on device)." in capsys.readouterr().err
    assert torch.equal(images.read(folder / "result.png"), expected)
    assert checkpoint.read(folder / "checkpoints" / "last.ckpt")["global_step"] == 3
    failing.remove(4)
    folder = run(*steps(4), "--checkpoints.every_n_steps", "1")
    assert checkpoint.read(folder / "checkpoints" / "last.ckpt")["global_step"] == 4


def test_a_log_that_cannot_be_written_ends_the_run_in_a_sentence_with_everything_else(
    stopped: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = SummaryWriter.add_scalar

    def full(self: SummaryWriter, tag: str, value: Any, step: int | None = None, *more: Any, **options: Any) -> None:
        if step == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        plain(self, tag, value, step, *more, **options)

    monkeypatch.setattr(SummaryWriter, "add_scalar", full)
    folder = stopped(*steps(5), "--trainer.log_every_n_steps", "1", status=2)
    assert "content-style: its log: cannot be read or written (No space left on device)." in capsys.readouterr().err
    assert checkpoint.read(folder / "checkpoints" / "last.ckpt")["global_step"] == 3
    assert (folder / "result.png").is_file()


def test_a_run_that_fails_before_its_first_step_names_no_checkpoint(
    run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Its folder is removed."""

    def refuse(name: str, term: object) -> None:
        raise VerismError(f"{name}: no.")

    monkeypatch.setattr("verism.module.check_term", refuse)
    with pytest.raises(SystemExit, match="2"):
        run(*steps(4))
    assert "--ckpt_path" not in caplog.text
    assert not list(Path("lightning_logs").iterdir())


def test_a_run_with_nothing_left_to_do_writes_its_picture(
    run: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    first = run(*steps(3))
    again = run(*steps(3), "--ckpt_path", str(first))
    assert again != first
    assert torch.equal(images.read(again / "result.png"), images.read(first / "result.png"))
    assert "The checkpoint is of step 3, and --trainer.max_steps is 3: no step was left to do" in caplog.text


def test_what_a_run_left_unfinished_is_replaced_but_nothing_else(
    run: Callable[..., Path], stopped: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    common = (*EXACT, *steps(6), "--output.path", "out.png", "--output.lut", "out.cube")
    stopped(*common, *trouble("Terminate", 2), status=143)
    partial = Path("out.png").read_bytes()
    stopped(*common, *trouble("Terminate", 4), "--ckpt_path", "last", status=143)
    assert Path("out.png").read_bytes() != partial
    run(*common, "--ckpt_path", "last")
    finished = Path("out.png").read_bytes()
    # It is the result of a run that is finished now.
    stopped(*common, "--ckpt_path", "last", status=2)
    assert "out.png: exists already" in capsys.readouterr().err
    assert Path("out.png").read_bytes() == finished


def test_the_command_that_was_printed_goes_on_from_the_latest_state_whenever_it_is_typed(
    run: Callable[..., Path],
    stopped: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    common = (*EXACT, *steps(6), "--output.path", "out.png", "--output.lut", "out.cube")
    first = stopped(*common, *trouble("Terminate", 2), status=143)
    printed = (*common, "--ckpt_path", str(first / "checkpoints" / "last.ckpt"))
    second = stopped(*printed, *trouble("Terminate", 4), status=143)
    assert checkpoint.read(second / "checkpoints" / "last.ckpt")["global_step"] == 4
    assert "a run has gone on from it" not in caplog.text
    third = stopped(*printed, *trouble("Terminate", 5), status=143)
    assert f"a run has gone on from it, and this one goes on from {second}/checkpoints/last.ckpt." in caplog.text
    assert checkpoint.read(third / "checkpoints" / "last.ckpt")["global_step"] == 5
    run(*printed)
    finished = Path("out.png").read_bytes()
    stopped(*printed, status=2)
    assert "out.png: exists already, and is finished: all 6 steps are made" in capsys.readouterr().err
    assert Path("out.png").read_bytes() == finished
    # Another picture begins where it is told to.
    other = run(*EXACT, *steps(3), "--output.path", "other.png", *printed[-2:])
    assert "The checkpoint is of step" not in caplog.text
    assert checkpoint.read(other / "checkpoints" / "last.ckpt")["global_step"] == 3


def test_without_a_picture_of_its_own_the_same_command_goes_on(
    run: Callable[..., Path], stopped: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    first = stopped(*steps(6), *trouble("Interrupt", 2), status=130)
    printed = (*steps(6), *trouble("Interrupt", 4), "--ckpt_path", str(first / "checkpoints" / "last.ckpt"))
    stopped(*printed, status=130)
    caplog.clear()
    run(*printed)
    assert "a run has gone on from it" in caplog.text
    caplog.clear()
    run(*printed, "--optimizer.lr", "0.02", "--trainer.callbacks.after", "9")
    assert "a run has gone on from it" not in caplog.text


def test_a_picture_that_was_worked_on_since_is_not_replaced(
    stopped: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    common = (*steps(6), "--output.path", "out.png")
    stopped(*common, *trouble("Terminate", 2), status=143)
    Path("out.png").write_bytes(Path("out.png").read_bytes() + b"retouched")
    stopped(*common, "--ckpt_path", "last", status=2)
    assert "out.png: exists already" in capsys.readouterr().err
    assert Path("out.png").read_bytes().endswith(b"retouched")


def test_a_refused_checkpoint_leaves_no_folder(
    run: Callable[..., Path], stopped: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    run(*steps(2))
    images.write(Path("other.png"), images.read(Path("../content.png")).flip(-1), {})
    for options, said in (
        (("--data.content", "other.png"), "is of a run with another photo;"),
        (("--data.style", "other.png"), "is of a run with another style photo;"),
        (("--data.size", "40"), "holds pixels of 1×3×48×64, and this run's canvas pixels of 1×3×40×53"),
        (("--model.canvas", "Lut3d"), "is of a run with --model.canvas Pixels"),
    ):
        stopped(*steps(4), *options, "--ckpt_path", "last", status=2)
        assert said in capsys.readouterr().err
    assert [path.name for path in Path("lightning_logs").iterdir()] == ["content-style"]


def test_other_options_are_said(run: Callable[..., Path], caplog: pytest.LogCaptureFixture) -> None:
    run(*steps(2))
    run(*steps(3), "--ckpt_path", "last", "--model.content.weight", "3", "--model.tile", "16")
    assert "Options that differ from the run that is continued: content.weight 3.0 (before: 1000.0)." in caplog.text


def test_a_run_that_did_not_begin_leaves_nothing(
    run: Callable[..., Path], stopped: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(*steps(1))

    def full(*_: Any, **__: Any) -> None:
        raise VerismError("last.ckpt: cannot be written (No space left on device).")

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint.CheckpointFiles, "save_checkpoint", full)
        stopped(*steps(2), status=2)
    assert list(first.parent.iterdir()) == [first]
    # What another run holds open at this moment is not the last either.
    (first.parent / "other" / "checkpoints").mkdir(parents=True)
    (first.parent / "other" / "checkpoints" / "last.ckpt").touch()
    assert checkpoint.last(os.fspath(Path.cwd())) == str(first / "checkpoints" / "last.ckpt")


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        (None, "--ckpt_path 'a b.ckpt'"),
        (["fit", "--data.size", "40"], "verism fit --data.size 40 --ckpt_path 'a b.ckpt'"),
        (["fit", "--ckpt_path", "last", "--x=1 2"], "verism fit '--x=1 2' --ckpt_path 'a b.ckpt'"),
        (["fit", "--ckpt_path=last", "-c", "y"], "verism fit -c y --ckpt_path 'a b.ckpt'"),
    ],
)
def test_the_hint_is_a_whole_command(command: list[str] | None, hint: str) -> None:
    assert resuming(command, "a b.ckpt") == hint
