"""One call from Python: the same picture as on the command line, and nothing else."""

from __future__ import annotations

import logging
import pickle
import random
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import LambdaCallback
from PIL import Image
from torch import Tensor

import verism
from verism import VerismError, images
from verism.backbone.weights import Weights
from verism.data.source import PhotoLike
from verism.metrics import NAMES

FEW: dict[str, Any] = {"trainer.max_steps": 2, "trainer.accelerator": "cpu", "data.size": 40}


@pytest.fixture
def files(photo_files: list[str]) -> tuple[Path, Path]:
    return Path(photo_files[1]), Path(photo_files[3])


def pixels(image: Image.Image) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(image)


@pytest.mark.parametrize("config", ["photoreal", "leaky"])
def test_is_the_picture_of_the_command(
    tiny_weights: Weights, run: Callable[..., Path], files: tuple[Path, Path], config: str
) -> None:
    options = ("--trainer.max_steps", "2", "--data.size", "40")
    folder = run("--config", f"{config}.yaml", "--data.content", str(files[0]), "--data.style", str(files[1]), *options)
    made = verism.stylize(files[0], str(files[1]), config, progress=False, **FEW)
    with Image.open(folder / "result.png") as written:
        assert np.array_equal(pixels(made), pixels(written))
    assert made.size == ((64, 48) if config == "photoreal" else (53, 40))


@pytest.mark.slow
def test_writes_and_prints_nothing(
    tiny_weights: Weights,
    files: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    handlers = list(logging.getLogger("lightning.pytorch").handlers)
    state = torch.get_rng_state(), random.getstate()
    verism.stylize(*files, progress=False, **FEW)
    assert capfd.readouterr() == ("", "")
    assert not list(folder.iterdir())
    assert logging.getLogger("lightning.pytorch").handlers == handlers
    assert torch.equal(torch.get_rng_state(), state[0])
    assert random.getstate() == state[1]


@pytest.mark.slow
def test_takes_paths_images_and_tensors_alike(
    tiny_weights: Weights, files: tuple[Path, Path], content: Tensor, style: Tensor
) -> None:
    """A file of 8 bits has rounded what the tensor holds, so the tensor is rounded too."""
    given: list[Sequence[PhotoLike]] = [
        files,
        [Image.open(file) for file in files],
        [(photo * 255).round() / 255 for photo in (content, style)],
    ]
    first, *others = (pixels(verism.stylize(a, b, progress=False, **FEW)) for a, b in given)
    for other in others:
        assert np.array_equal(first, other)


@pytest.mark.slow
def test_overrides_in_sections_and_by_name_are_the_same(tiny_weights: Weights, files: tuple[Path, Path]) -> None:
    sections: dict[str, Any] = {
        "trainer": {"max_steps": 2, "accelerator": "cpu"},
        "data": {"size": 40},
        "output": {"strength": 0.5},
    }
    dotted: dict[str, Any] = {**FEW, "output.strength": 0.5}
    first, second = (pixels(verism.stylize(*files, progress=False, **options)) for options in (sections, dotted))
    assert np.array_equal(first, second)
    full = pixels(verism.stylize(*files, progress=False, **FEW))
    assert not np.array_equal(first, full)


@pytest.mark.slow
def test_the_fitted_run(tiny_weights: Weights, files: tuple[Path, Path], tmp_path: Path) -> None:
    run = verism.fit(*files, progress=False, **FEW)
    assert set(run.figures) == set(NAMES)
    assert run.pixels.shape == (1, 3, 48, 64)
    assert any(message.startswith("Weights: ") for message in run.messages)
    # Its own photo gets the picture of the run.
    assert np.array_equal(pixels(run.look(files[0])), pixels(run.image))
    assert run.look(files[1]).size == (40, 56)
    assert np.array_equal(pixels(run.look.render(files[1])), pixels(run.look(files[1])))
    # Its table is computed once, whoever asks.
    assert run.look is run.look
    run.save(tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as written:
        assert np.array_equal(pixels(written), pixels(run.image))
    with pytest.raises(VerismError, match="exists already"):
        run.save(tmp_path / "out.png")
    run.look.save(tmp_path / "look.cube")
    assert (tmp_path / "look.cube").read_text().startswith('TITLE "look"')


@pytest.mark.slow
def test_the_picture_has_the_size_that_is_asked_for(
    tiny_weights: Weights, files: tuple[Path, Path], tmp_path: Path
) -> None:
    small = {**FEW, "output.size": 40}
    kept = verism.stylize(*files, progress=False, **small)
    assert kept.size == (40, 30)
    verism.stylize(*files, progress=False, **{**small, "output.path": tmp_path / "out.png"})
    with Image.open(tmp_path / "out.png") as written:
        assert np.array_equal(pixels(kept), pixels(written))


@pytest.mark.slow
def test_free_pixels_have_no_look(tiny_weights: Weights, files: tuple[Path, Path]) -> None:
    run = verism.fit(*files, "leaky", progress=False, **FEW)
    with pytest.raises(VerismError, match="Pixels has no look"):
        _ = run.look


def test_a_look_of_the_command_line(tiny_weights: Weights, run: Callable[..., Path], files: tuple[Path, Path]) -> None:
    folder = run("--config", "photoreal.yaml", "--trainer.max_steps", "2", "--data.size", "40",
                 "--data.content", str(files[0]), "--data.style", str(files[1]))  # fmt: skip
    with Image.open(folder / "result.png") as written:
        assert np.array_equal(pixels(verism.Look.read(folder)(files[0])), pixels(written))


@pytest.mark.slow
def test_alpha_is_kept(tiny_weights: Weights, files: tuple[Path, Path]) -> None:
    with Image.open(files[0]) as opened:
        photo = opened.convert("RGBA")
    photo.putalpha(Image.linear_gradient("L").resize(photo.size))
    made = verism.stylize(photo, files[1], progress=False, **FEW)
    assert made.mode == "RGBA"
    assert np.array_equal(pixels(made)[..., 3], pixels(photo)[..., 3])


@pytest.mark.slow
@pytest.mark.parametrize("config", ["photoreal", "leaky"])
def test_a_faint_photo_is_graded_as_if_it_were_opaque(
    tiny_weights: Weights, files: tuple[Path, Path], config: str
) -> None:
    with Image.open(files[0]) as opened:
        photo = opened.convert("RGB")
    faint = photo.copy()
    faint.putalpha(Image.linear_gradient("L").resize(photo.size).point(lambda level: max(1, level)))
    opaque, made = (verism.stylize(image, files[1], config, progress=False, **FEW) for image in (photo, faint))
    assert np.array_equal(pixels(made)[..., :3], pixels(opaque))


@pytest.mark.slow
def test_writes_where_it_is_told_to(tiny_weights: Weights, files: tuple[Path, Path], tmp_path: Path) -> None:
    verism.stylize(*files, progress=False, **FEW, output={"path": tmp_path / "out.png", "lut": tmp_path / "out.cube"})
    assert images.read(tmp_path / "out.png").shape == (1, 3, 48, 64)
    assert (tmp_path / "out.cube").is_file()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "options", "sentence"),
    [
        (("missing.jpg", "style"), {}, "missing.jpg: no such photo"),
        (("content", "content"), {}, "the photo and the look are the same file"),
        (("content", 3), {}, "the style photo: cannot be of type int"),
        (("content", torch.zeros(3, 40, 40)), {}, "the style photo: is a tensor of shape"),
        (("content", "style", "sunny"), {}, "sunny.yaml: no such config"),
        (("content", "style"), {"data.sizes": 3}, "did you mean --data.size"),
        (("content", "style"), {"model": {"canvas": torch.nn.ReLU()}}, "overrides: a ReLU cannot be an option"),
        (("content", "style"), {"trainer.max_steps": 0}, "no step would be made"),
        (("content", "style"), {"output.size": 3}, "--output.size 3: must be at least"),
        (("content", "style"), {"output.quality": 500}, "--output.quality 500: must be from 1 to 100"),
        (("content", "style"), {"output.strength": 2}, "--output.strength 2.0: must be from 0"),
    ],
)
def test_mistakes_are_sentences(
    tiny_weights: Weights,
    photo_files: list[str],
    arguments: tuple[object, ...],
    options: dict[str, Any],
    sentence: str,
) -> None:
    known = {"content": photo_files[1], "style": photo_files[3]}
    given: list[Any] = [known.get(it, it) if isinstance(it, str) else it for it in arguments]
    with pytest.raises(VerismError, match=sentence):
        verism.stylize(*given, progress=False, **{**FEW, **options})


@pytest.mark.slow
def test_callbacks_follow_a_run_and_can_end_it(tiny_weights: Weights, files: tuple[Path, Path]) -> None:
    class Last(Callback):
        def __init__(self, last: int) -> None:
            self.seen: list[int] = []
            self.last = last

        def on_train_batch_end(
            self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
        ) -> None:
            self.seen.append(trainer.global_step)
            if trainer.global_step == self.last:
                raise VerismError("Enough.")

    watch = Last(99)
    verism.fit(*files, progress=False, callbacks=[watch], **FEW)
    assert watch.seen == [1, 2]
    with pytest.raises(VerismError, match=r"^Enough\.$"):
        verism.fit(*files, progress=False, callbacks=[Last(1)], **FEW)


@pytest.mark.slow
@pytest.mark.usefixtures("no_collection")
def test_a_run_that_nobody_has_any_more_is_freed_before_the_next(
    tiny_weights: Weights, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the C library no longer keeps what the steps have freed."""
    kept: list[bool] = []
    monkeypatch.setattr("verism.callbacks.freed_memory.keep_freed_memory", lambda *, keep: kept.append(keep))
    model = weakref.ref(verism.fit(*files, progress=False, **FEW).model)
    assert kept[-1] is False
    assert True in kept
    verism.fit(*files, progress=False, **FEW)
    assert model() is None


def test_threads_take_turns(tiny_weights: Weights, photo_files: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Parsing a config changes the working folder for a moment, and a run seeds the random numbers of all threads."""
    folder = Path(photo_files[1]).parent
    monkeypatch.chdir(folder)
    mine, theirs = (Path(file).relative_to(folder) for file in photo_files[1::2])
    with ThreadPoolExecutor(3) as pool:
        runs = list(pool.map(lambda _: verism.fit(mine, theirs, "lut", progress=False, **FEW), range(3)))
    assert Path.cwd() == folder
    assert all(torch.equal(run.pixels, runs[0].pixels) for run in runs)


@contextmanager
def double_by_default() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("choice", [torch.inference_mode, torch.no_grad, double_by_default])
def test_what_the_caller_has_chosen_for_torch_does_not_matter(
    tiny_weights: Weights, content: Tensor, style: Tensor, choice: Callable[[], AbstractContextManager[Any]]
) -> None:
    expected = verism.fit(content, style, "lut", progress=False, **FEW)
    with choice():
        run = verism.fit(content, style, "lut", progress=False, **FEW)
        assert torch.equal(run.pixels, expected.pixels)
        assert run.figures == expected.figures


def test_a_run_can_be_pickled(tiny_weights: Weights, content: Tensor, style: Tensor, tmp_path: Path) -> None:
    """As between processes."""
    run = verism.fit(content, style, "lut", progress=False, **FEW)
    copied = pickle.loads(pickle.dumps(run))  # It is our own.
    assert copied.figures == run.figures
    for name, one in (("run.png", run), ("copied.png", copied)):
        one.save(tmp_path / name)
    assert (tmp_path / "run.png").read_bytes() == (tmp_path / "copied.png").read_bytes()


def test_takes_numbers_of_numpy_and_a_single_callback(tiny_weights: Weights, content: Tensor, style: Tensor) -> None:
    seen: list[int] = []
    watch = LambdaCallback(on_train_batch_end=lambda trainer, *_: seen.append(trainer.global_step))
    options: dict[str, Any] = {"trainer": {"max_steps": np.int64(3)}, "data.size": np.int64(32)}
    options["output"] = {"strength": np.float32(0.5)}
    run = verism.fit(content, style, "lut", progress=False, callbacks=watch, **options)
    assert seen == [1, 2, 3]
    assert run.steps == 3
    assert run.strength.strength == 0.5
