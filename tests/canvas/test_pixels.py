"""The canvas of free pixels."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from verism.canvas import Pixels
from verism.images import resize
from verism.normalization import Normalization


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
