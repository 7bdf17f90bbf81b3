"""The colour loss: the paper's, but with a gradient."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from verism.backbone.normalization import InputNormalization
from verism.losses import ColorLoss
from verism.losses.gram import gram


def photo(image: Tensor) -> dict[str, Tensor]:
    return {"input": InputNormalization()(image)}


def aimed(loss: ColorLoss, content: Tensor, style: Tensor) -> ColorLoss:
    loss.set_targets(photo(content), photo(style))
    return loss


def test_paper_formula_on_photos_of_one_size(content: Tensor, style: Tensor) -> None:
    x, s = content[..., :40, :40], style[..., :40, :40]
    loss = aimed(ColorLoss(weight=1e10), x, s)
    flat_x, flat_s = (InputNormalization()(image).reshape(3, -1) for image in (x, s))
    expected = (flat_x @ flat_x.T - flat_s @ flat_s.T).square().mean()
    term = loss(loss.statistics(photo(x)))
    torch.testing.assert_close(term.raw, expected)
    torch.testing.assert_close(term.weighted, 1e10 * expected)


def test_both_are_resized_to_the_shape_with_fewer_pixels(content: Tensor, style: Tensor) -> None:
    assert aimed(ColorLoss(weight=1), content, style).shape == (56, 40)
    assert aimed(ColorLoss(weight=1), style, content).shape == (56, 40)
    loss = aimed(ColorLoss(weight=1), content, style)
    assert loss.statistics(photo(content))["input"].positions == 56 * 40
    assert float(loss(loss.statistics(photo(style))).raw) == 0.0


def test_relative_is_one_at_the_content(content: Tensor, style: Tensor) -> None:
    loss = aimed(ColorLoss(weight=1, normalization="relative"), content, style)
    torch.testing.assert_close(loss(loss.statistics(photo(content))).raw, torch.tensor(1.0))


@pytest.mark.slow
def test_has_a_gradient_and_alone_moves_the_colours_to_the_style(content: Tensor, style: Tensor) -> None:
    """The paper's own colour loss had none: it left the graph on its way through a PIL image."""
    loss = aimed(ColorLoss(weight=1, normalization="relative"), content, style)
    image = content.clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=0.01)
    for step in range(150):
        optimizer.zero_grad()
        term = loss(loss.statistics(photo(image)))
        term.weighted.backward()
        assert image.grad is not None
        if step == 0:
            assert float(image.grad.abs().max()) > 0
        optimizer.step()
    image.requires_grad_(False)
    assert float(loss(loss.statistics(photo(image))).raw) < 1e-3
    reached = gram(photo(image)["input"])
    wanted = gram(photo(style)["input"])
    torch.testing.assert_close(
        reached.products / reached.positions, wanted.products / wanted.positions, rtol=0.05, atol=0.05
    )


def test_weight_zero_leaves_it_out(content: Tensor, style: Tensor) -> None:
    loss = aimed(ColorLoss(), content, style)
    assert loss.layers == {}
    assert loss.statistics({}) == {}
