"""The style loss."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from verism.errors import VerismError
from verism.losses import StyleLoss
from verism.losses.style import DEFAULT_LAYERS


def features(seed: int, height: int = 4, width: int = 5) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, 3, height, width, generator=generator, dtype=torch.float64)


def aimed(loss: StyleLoss, content: Tensor, style: Tensor) -> StyleLoss:
    loss.set_targets(dict.fromkeys(loss.layers, content), dict.fromkeys(loss.layers, style))
    return loss


def test_paper_formula() -> None:
    """Written out: Σ_l w_l · mean((G_x − G_s)²) / (d·h·w), (d, h, w) the image's feature map, photos of two sizes."""
    x, s = features(1), features(2, 6, 7)
    loss = aimed(StyleLoss(weight=1e6, layers={"conv1_1": 1.5, "conv2_1": 0.8}), features(3), s)
    difference = x.reshape(3, 20) @ x.reshape(3, 20).T - s.reshape(3, 42) @ s.reshape(3, 42).T
    expected = difference.square().mean() / (3 * 4 * 5)
    term = loss(loss.statistics({"conv1_1": x, "conv2_1": 2 * x}))
    torch.testing.assert_close(term.values["conv1_1"], expected)
    torch.testing.assert_close(term.raw, 1.5 * expected + 0.8 * term.values["conv2_1"])
    torch.testing.assert_close(term.weighted, 1e6 * term.raw)


def test_zero_at_the_style_itself() -> None:
    loss = aimed(StyleLoss(), features(1), features(2))
    assert float(loss(loss.statistics(dict.fromkeys(loss.layers, features(2)))).raw) == 0.0


def test_relative_starts_at_the_sum_of_the_weights_whatever_the_scale_and_size() -> None:
    for scale in (1e-4, 1.0, 1e4):
        content, style = features(1) * scale, features(2, 8, 9) * scale
        loss = aimed(StyleLoss(normalization="relative"), content, style)
        term = loss(loss.statistics(dict.fromkeys(loss.layers, content)))
        torch.testing.assert_close(term.raw, torch.tensor(sum(DEFAULT_LAYERS.values()), dtype=torch.float64))


def test_defaults_are_the_papers() -> None:
    assert StyleLoss().layers == {"conv1_1": 1.5, "conv2_1": 0.8, "conv3_1": 0.25, "conv4_1": 0.25, "conv5_1": 0.25}
    assert StyleLoss().weight == 1e6


def test_weight_zero_leaves_it_out() -> None:
    assert StyleLoss(weight=0).layers == {}
    assert set(StyleLoss(layers={"conv1_1": 0, "conv2_1": 1}).layers) == {"conv2_1"}


@pytest.mark.parametrize("name", ["blocks.3", "", "a b", "values"])
def test_a_name_that_no_layer_can_have_is_refused(name: str) -> None:
    with pytest.raises(VerismError, match=f"StyleLoss: '{name}' cannot be the name of a layer"):
        StyleLoss(layers={"conv1_1": 1.0, name: 1.0})
