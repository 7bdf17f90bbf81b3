"""The content loss."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from verism.errors import VerismError
from verism.losses import ContentLoss
from verism.losses.content import squared_error


def features(seed: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(1, 3, 4, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def aimed(loss: ContentLoss, target: Tensor) -> ContentLoss:
    photo = dict.fromkeys(loss.layers, target)
    loss.set_targets(photo, photo)
    return loss


def test_is_the_mean_squared_difference() -> None:
    loss = aimed(ContentLoss(weight=2), features(1))
    term = loss(loss.statistics({"conv5_4": features(1) + 3}))
    torch.testing.assert_close(term.raw, torch.tensor(9.0, dtype=torch.float64))
    torch.testing.assert_close(term.weighted, torch.tensor(18.0, dtype=torch.float64))
    assert float(loss(loss.statistics({"conv5_4": features(1)})).raw) == 0.0


def test_weighs_its_layers() -> None:
    loss = aimed(ContentLoss(layers={"conv1_1": 0.5, "relu4_2": 3, "conv2_1": 0}), features(1))
    assert set(loss.layers) == {"conv1_1", "relu4_2"}
    term = loss(loss.statistics({"conv1_1": features(1) + 1, "relu4_2": features(1) + 2}))
    torch.testing.assert_close(term.raw, torch.tensor(0.5 * 1 + 3 * 4, dtype=torch.float64))


def test_relative_does_not_depend_on_the_features_scale() -> None:
    values = []
    for scale in (1.0, 1e-3, 1e3):
        loss = aimed(ContentLoss(normalization="relative"), features(1) * scale)
        values.append(loss(loss.statistics({"conv5_4": features(2) * scale})).raw)
    for value in values[1:]:
        torch.testing.assert_close(value, values[0])
    loss = aimed(ContentLoss(normalization="relative"), features(1))
    torch.testing.assert_close(
        loss(loss.statistics({"conv5_4": 0 * features(1)})).raw, torch.tensor(1.0, dtype=torch.float64)
    )


def test_relative_to_nothing_is_refused() -> None:
    with pytest.raises(VerismError, match="conv5_4 are all zero"):
        aimed(ContentLoss(normalization="relative"), torch.zeros(1, 3, 4, 5))


def test_adds_up_over_regions() -> None:
    x, y = features(1), features(2)
    whole = squared_error(x, y)
    left, right = squared_error(x[..., :2], y[..., :2]), squared_error(x[..., 2:], y[..., 2:])
    torch.testing.assert_close(left.total + right.total, whole.total)
    assert left.elements + right.elements == whole.elements == 60


def test_is_float32_for_bf16_features() -> None:
    loss = aimed(ContentLoss(), features(1, torch.bfloat16))
    term = loss(loss.statistics({"conv5_4": features(2, torch.bfloat16)}))
    assert term.raw.dtype == torch.float32
    expected = (features(2, torch.bfloat16).double() - features(1, torch.bfloat16).double()).square().mean()
    torch.testing.assert_close(term.raw.double(), expected, rtol=1e-6, atol=0)


def test_weight_zero_leaves_it_out() -> None:
    assert ContentLoss(weight=0).layers == {}
