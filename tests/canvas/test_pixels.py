"""The canvas of free pixels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import synthetic_photo
from torch import Tensor

from verism import images
from verism.backbone.normalization import InputNormalization
from verism.backbone.weights import Weights
from verism.canvas import Pixels
from verism.checkpoint import stamp
from verism.errors import VerismError
from verism.images import resize


def test_starts_as_the_content(content: Tensor, style: Tensor) -> None:
    canvas = Pixels()
    canvas.start(content, style)
    torch.testing.assert_close(canvas(), content)
    torch.testing.assert_close(canvas.pixels.detach(), InputNormalization()(content))


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


def checkpoint(path: Path, pixels: Tensor, name: str = "canvas.pixels") -> Path:
    """Write as much of a run's checkpoint as is read."""
    made = stamp({"weights": "tiny", "sha256": "0" * 64}, {})
    state = {"state_dict": {name: pixels}, "global_step": 1, "hyper_parameters": {}, "verism": made}
    torch.save(state, path)
    return path


def test_starts_as_an_earlier_runs_pixels_to_the_last_bit(content: Tensor, style: Tensor, tmp_path: Path) -> None:
    """Neither rounded nor clipped."""
    pixels = 3 * torch.randn(content.shape, generator=torch.Generator().manual_seed(0))
    canvas = Pixels(checkpoint(tmp_path / "last.ckpt", pixels))
    canvas.start(content, style)
    assert torch.equal(canvas.pixels, pixels)


def test_an_earlier_runs_pixels_are_resized(content: Tensor, style: Tensor, tmp_path: Path) -> None:
    pixels = InputNormalization()(style)
    canvas = Pixels(checkpoint(tmp_path / "small.ckpt", pixels))
    canvas.start(content, style)
    torch.testing.assert_close(canvas.pixels.detach(), resize(pixels, (48, 64)))


def test_resizing_keeps_the_change_and_adds_the_photos_detail(content: Tensor, style: Tensor) -> None:
    canvas = Pixels()
    canvas.start(resize(content, (24, 32)), style)
    with torch.no_grad():
        canvas.pixels.add_(torch.tensor([0.5, 0.0, -0.25]).view(3, 1, 1))
        canvas.pixels[..., 16:] += 1.0
    canvas.resize(content)
    change = canvas.pixels.detach() - InputNormalization()(content)
    torch.testing.assert_close(change[0, :, 5, 5], torch.tensor([0.5, 0.0, -0.25]))
    torch.testing.assert_close(change[0, :, 5, 60], torch.tensor([1.5, 1.0, 0.75]))


def foreign(path: Path) -> None:
    path.write_text("this is neither")


def other_checkpoint(path: Path) -> None:
    checkpoint(path, torch.zeros(1, 3, 48, 64), "canvas.grid")


def no_file(path: Path) -> None:
    del path


@pytest.mark.parametrize(
    ("name", "make", "said"),
    [
        ("first.png", no_file, "no such file"),
        ("first.png", foreign, "not an image in a format that can be read"),
        ("first.ckpt", no_file, "no such file"),
        ("first.ckpt", foreign, "damaged, or not the checkpoint of a run"),
        ("first.ckpt", other_checkpoint, "not the checkpoint of a run on a canvas of pixels"),
    ],
)
def test_a_wrong_file_is_one_sentence(
    content: Tensor, style: Tensor, tmp_path: Path, name: str, make: Callable[[Path], None], said: str
) -> None:
    make(tmp_path / name)
    canvas = Pixels(tmp_path / name)
    for call in (canvas.check, lambda: canvas.start(content, style)):
        with pytest.raises(VerismError, match=f"{name}: {said}") as caught:
            call()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("file", ["result.png", "checkpoints/last.ckpt"])
def test_a_run_goes_on_from_the_result_of_another(tiny_weights: Weights, run: Callable[..., Path], file: str) -> None:
    """With a learning rate of 0, the second's result is the first's."""
    folder = run("--trainer.max_steps", "2")
    again = run("--trainer.max_steps", "1", "--optimizer.lr", "0", "--model.canvas.init", str(folder / file))
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


def fitted(photo: Tensor, make: Callable[[Tensor], Tensor], **options: Any) -> tuple[Pixels, Tensor, Tensor]:
    """Return a canvas at a third of the photo's size whose image is what ``make`` makes of that, and both."""
    small = resize(photo, [side // 3 for side in photo.shape[-2:]])
    canvas = Pixels(**options)
    canvas.start(small, small)
    canvas.pixels.data = InputNormalization()(make(small))
    return canvas, small, make(small)


def warm(image: Tensor) -> Tensor:
    return image * torch.tensor([0.9, 0.7, 0.5]).view(3, 1, 1) + image.flip(1) * 0.2


def test_the_result_has_the_pixels_that_were_optimised() -> None:
    photo = synthetic_photo(144, 192, seed=1)
    canvas, _, image = fitted(photo, warm)
    torch.testing.assert_close(canvas.render(photo), image)
    assert not canvas.render(photo).requires_grad


def test_finished_it_has_the_photos_size_and_details() -> None:
    """A look that is an affine function of the colour is found exactly, and applied to every pixel of the photo."""
    photo = synthetic_photo(144, 192, seed=1)
    canvas, _, _ = fitted(photo, warm, finish=True, finish_epsilon=1e-9)
    torch.testing.assert_close(canvas.render(photo), warm(photo), rtol=0, atol=1e-3)
    assert canvas().shape == (1, 3, 48, 64)
    assert list(canvas.state_dict()) == ["pixels"]


def test_finishing_loses_texture_that_the_photo_has_not() -> None:
    """A checkerboard over a sky: at its own size, most of it; the colours stay."""
    y, x = torch.linspace(0, 1, 120).view(-1, 1), torch.linspace(0, 1, 150)
    photo = torch.stack([0.3 + 0.2 * y + 0 * x, 0.4 + 0.2 * y + 0.1 * x, 0.7 + 0 * y - 0.2 * x]).unsqueeze(0)

    def checkered(image: Tensor) -> Tensor:
        parity = sum(torch.meshgrid(*(torch.arange(side) for side in image.shape[-2:]), indexing="ij")) % 2
        return warm(image) + 0.1 * (2 * parity - 1)

    canvas, small, image = fitted(photo, checkered, finish=True, finish_radius=0.1)
    finished = resize(canvas.render(photo), small.shape[-2:])
    assert float((finished - warm(small)).abs().mean()) < 0.2 * float((image - warm(small)).abs().mean())
    torch.testing.assert_close(finished.mean(dim=(2, 3)), image.mean(dim=(2, 3)), rtol=0, atol=0.005)


def test_the_reach_of_the_finish_is_a_share_of_the_side() -> None:
    """From a few pixels, where the look differs from place to place, to all of the photo, where there is one."""
    photo = synthetic_photo(144, 192, seed=1)

    def split(image: Tensor) -> Tensor:
        half = torch.arange(image.shape[-1]) < image.shape[-1] // 2
        return torch.where(half, 0.5 * image, 0.5 * image + 0.4)

    errors = []
    for radius in (0.05, 0.2, 0.8):
        canvas, _, _ = fitted(photo, split, finish=True, finish_radius=radius)
        errors.append(float((canvas.render(photo) - split(photo)).abs().mean()))
    assert errors == sorted(errors)
    assert errors[0] < 0.5 * errors[-1]


@pytest.mark.parametrize("epsilon", [0.0, float("nan")])
def test_refuses_a_finish_epsilon_that_is_not_positive(epsilon: float) -> None:
    with pytest.raises(VerismError, match=f"^--model.canvas.finish_epsilon {epsilon}: must be above 0"):
        Pixels(finish_epsilon=epsilon)
