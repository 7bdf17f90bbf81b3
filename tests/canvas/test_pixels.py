"""The canvas of free pixels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from verism import images
from verism.canvas import Pixels
from verism.errors import VerismError
from verism.images import resize
from verism.normalization import Normalization
from verism.weights import Weights


def test_starts_as_the_content(content: Tensor, style: Tensor) -> None:
    canvas = Pixels()
    canvas.start(content, style)
    torch.testing.assert_close(canvas(), content)
    torch.testing.assert_close(canvas.pixels.detach(), Normalization()(content))


def test_starts_as_the_style_in_the_contents_shape(content: Tensor, style: Tensor) -> None:
    canvas = Pixels("style")
    canvas.start(content, style)
    torch.testing.assert_close(canvas(), resize(style, (48, 64)))


def test_starts_as_seeded_noise(content: Tensor, style: Tensor) -> None:
    def noise(seed: int) -> Tensor:
        canvas = Pixels("noise", seed)
        torch.manual_seed(torch.seed() % 2**31)
        canvas.start(content, style)
        return canvas.pixels.detach()

    assert torch.equal(noise(1), noise(1))
    assert not torch.equal(noise(1), noise(2))
    assert noise(1).shape == content.shape
    assert float(noise(1).std()) == pytest.approx(1, abs=0.05)


def test_starts_as_an_image_file_in_the_contents_shape(content: Tensor, style: Tensor, tmp_path: Path) -> None:
    path = tmp_path / "first.png"
    for first in (1 - content, style):
        images.write(path, first, {})
        canvas = Pixels(path)
        canvas.start(content, style)
        torch.testing.assert_close(canvas().detach(), resize(images.read(path), (48, 64)))


def checkpoint(path: Path, pixels: Tensor) -> Path:
    torch.save({"state_dict": {"canvas.pixels": pixels}, "epoch": 0}, path)
    return path


def test_starts_as_an_earlier_runs_pixels_to_the_last_bit(content: Tensor, style: Tensor, tmp_path: Path) -> None:
    """Neither rounded nor clipped."""
    pixels = 3 * torch.randn(content.shape, generator=torch.Generator().manual_seed(0))
    canvas = Pixels(checkpoint(tmp_path / "last.ckpt", pixels))
    canvas.start(content, style)
    assert torch.equal(canvas.pixels, pixels)


def test_an_earlier_runs_pixels_are_resized(content: Tensor, style: Tensor, tmp_path: Path) -> None:
    pixels = Normalization()(style)
    canvas = Pixels(checkpoint(tmp_path / "small.ckpt", pixels))
    canvas.start(content, style)
    torch.testing.assert_close(canvas.pixels.detach(), resize(pixels, (48, 64)))


def foreign(path: Path) -> None:
    path.write_text("this is neither")


def other_checkpoint(path: Path) -> None:
    torch.save({"state_dict": {"pixels": torch.zeros(1, 3, 48, 64)}}, path)


def no_file(path: Path) -> None:
    del path


@pytest.mark.parametrize(
    ("name", "make", "said"),
    [
        ("first.png", no_file, "no such file"),
        ("first.png", foreign, "not an image in a format that can be read"),
        ("first.ckpt", no_file, "no such file"),
        ("first.ckpt", foreign, "not the checkpoint of a run"),
        ("first.ckpt", other_checkpoint, "not the checkpoint of a run"),
    ],
)
def test_a_wrong_file_is_one_sentence(
    content: Tensor, style: Tensor, tmp_path: Path, name: str, make: Callable[[Path], None], said: str
) -> None:
    make(tmp_path / name)
    with pytest.raises(VerismError, match=f"{name}: {said}") as caught:
        Pixels(tmp_path / name).start(content, style)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("ending", [".png", ".ckpt"])
def test_a_run_goes_on_from_the_result_of_another(tiny_weights: Weights, run: Callable[..., Path], ending: str) -> None:
    """With a learning rate of 0, the second's result is the first's."""
    folder = run("--trainer.max_steps", "2")
    (first,) = [*folder.glob(f"*{ending}"), *folder.glob(f"checkpoints/*{ending}")]
    again = run("--trainer.max_steps", "1", "--optimizer.lr", "0", "--model.canvas.init", str(first))
    assert torch.equal(images.read(again / "result.png"), images.read(folder / "result.png"))


@pytest.mark.parametrize("init", ["content", "style", "noise"])
def test_is_the_only_parameter_and_all_that_is_saved(init: Any, content: Tensor, style: Tensor) -> None:
    canvas = Pixels(init)
    assert [name for name, _ in canvas.named_parameters()] == ["pixels"]
    canvas.start(content, style)
    assert list(canvas.state_dict()) == ["pixels"]
    again = Pixels(init)
    again.start(1 - content, style)
    again.load_state_dict(canvas.state_dict())
    assert torch.equal(again(), canvas())


def test_does_not_clip_while_optimising(content: Tensor, style: Tensor) -> None:
    canvas = Pixels()
    canvas.start(content, style)
    with torch.no_grad():
        canvas.pixels.add_(10)
    assert float(canvas().detach().max()) > 1.5
    canvas().sum().backward()
    assert canvas.pixels.grad is not None
    assert float(canvas.pixels.grad.abs().min()) > 0
