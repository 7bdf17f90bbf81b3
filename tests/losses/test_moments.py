"""The moments loss: means and covariances, each for themselves."""

from __future__ import annotations

from typing import cast

import pytest
import torch
from torch import Tensor

from verism.errors import VerismError
from verism.losses import MomentsLoss, Term
from verism.losses.gram import gram, mean_distance
from verism.losses.moments import Moments, MomentsDistance, exact_moments, moments, moments_distance


def features(*shape: int, seed: int = 0) -> Tensor:
    """Normal, with another mean and another spread in every channel."""
    drawn = torch.randn(1, *shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    channels = torch.arange(shape[0], dtype=torch.float64).view(1, -1, 1, 1)
    return (1 + channels) * drawn + channels + seed


def aimed(content: Tensor, style: Tensor, **options: float | str) -> MomentsLoss:
    loss = MomentsLoss(**options)  # type: ignore[arg-type]
    loss.set_targets({"input": content}, {"input": style})
    return loss


def value(loss: MomentsLoss, image: Tensor) -> Tensor:
    term: Term = loss(loss.statistics({"input": image}))
    return term.raw


def test_are_the_mean_and_the_covariance() -> None:
    x = features(3, 6, 7)
    mean, covariance = x.mean(dim=(0, 2, 3)), torch.cov(x.flatten(2).squeeze(0), correction=0)
    for offset in (None, torch.tensor([3.0, -1.0, 0.5])):
        found = moments(x, offset).gaussian
        torch.testing.assert_close(found.mean, mean - (0 if offset is None else offset))
        torch.testing.assert_close(found.covariance, covariance)


def test_chunks_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    x = features(3, 6, 7)
    whole = moments(x)
    monkeypatch.setattr("verism.losses.moments.CHUNK", 14)
    found = exact_moments(x.float())
    assert found.positions == 42
    assert found.products.dtype == torch.float64
    torch.testing.assert_close(found.products, whole.products, rtol=1e-6, atol=0)


def test_small_variances_beside_large_means_are_not_lost_to_rounding() -> None:
    """A mean of 2 and a deviation of 0.001: in float32, E[x²] − E[x]² is as often negative as it is near 1e-6."""
    generator = torch.Generator().manual_seed(0)
    spread = torch.tensor([1e-3, 5e-4, 0.0]).view(1, 3, 1, 1)
    content = 2 + spread * torch.randn(1, 3, 60, 90, generator=generator)
    style = 1.9 + 2 * spread * torch.randn(1, 3, 60, 90, generator=generator)
    exact = [torch.cov(photo.double().flatten(2).squeeze(0), correction=0) for photo in (content, style)]
    loss = aimed(content, style)
    distance = cast("MomentsDistance", loss.distances["input"])
    torch.testing.assert_close(
        loss.statistics({"input": content})["input"].gaussian.covariance.double(), exact[0], rtol=1e-4, atol=1e-12
    )
    torch.testing.assert_close(distance.covariance.double(), exact[1], rtol=1e-6, atol=1e-12)
    # In two parts, as tiles and processes see it.
    upper, lower = (loss.statistic("input", part) for part in content.split(40, dim=2))
    whole = Moments(upper.sums + lower.sums, upper.products + lower.products, upper.positions + lower.positions)
    torch.testing.assert_close(whole.gaussian.covariance.double(), exact[0], rtol=1e-4, atol=1e-12)


def test_formula() -> None:
    """Written out, on photos of different sizes."""
    x, s = features(3, 6, 7), features(3, 5, 4, seed=1)
    means, covariances = zip(
        *((y.mean(dim=(0, 2, 3)), torch.cov(y.flatten(2).squeeze(0), correction=0)) for y in (x, s)), strict=True
    )
    expected = (means[0] - means[1]).square().mean() + (covariances[0] - covariances[1]).square().mean()
    loss = aimed(x, s, weight=1e3, normalization="paper")
    torch.testing.assert_close(value(loss, x), expected)
    torch.testing.assert_close(loss(loss.statistics({"input": x})).weighted, 1e3 * expected)


def test_adds_up_over_regions() -> None:
    x = features(4, 9, 8)
    left, right = moments(x[..., :3]), moments(x[..., 3:])
    torch.testing.assert_close(left.sums + right.sums, moments(x).sums)
    torch.testing.assert_close(left.products + right.products, moments(x).products)
    assert left.positions + right.positions == moments(x).positions == 72


def test_is_float32_whatever_the_features_and_autocast() -> None:
    with torch.autocast("cpu", torch.bfloat16):
        sums, products, _ = moments(features(3, 5, 5).bfloat16())
    assert sums.dtype == products.dtype == torch.float32


def test_tells_apart_what_a_gram_matrix_does_not() -> None:
    """1 everywhere, or ±1 in equal parts: the same mean square, but once all of it is mean, and once all variance."""
    constant, alternating = torch.ones(1, 1, 4, 4), torch.tensor([1.0, -1.0]).expand(1, 1, 4, 2)
    assert float(mean_distance(gram(constant), gram(alternating))) == 0.0
    assert float(moments_distance(moments(constant).gaussian, moments(alternating).gaussian)) == 2.0


def test_relative_is_one_at_the_content_and_zero_at_the_style(content: Tensor, style: Tensor) -> None:
    loss = aimed(content, style)
    torch.testing.assert_close(value(loss, content), torch.tensor(1.0))
    assert float(value(loss, style)) == pytest.approx(0, abs=1e-9)
    assert loss.state_dict() == {}


def test_layers_are_weighted_and_relative_each_for_itself() -> None:
    content, style = ({"input": features(3, 6, 6, seed=i), "conv1_1": 10 * features(5, 6, 6, seed=i)} for i in (1, 2))
    loss = MomentsLoss(layers={"input": 2.0, "conv1_1": 0.5})
    loss.set_targets(content, style)
    torch.testing.assert_close(loss(loss.statistics(content)).raw, torch.tensor(2.5, dtype=torch.float64))


def test_gradient() -> None:
    loss = aimed(features(3, 4, 3), features(3, 3, 5, seed=1))
    x = features(3, 4, 3, seed=2).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: value(loss, x), (x,))


def test_weight_zero_leaves_it_out(content: Tensor, style: Tensor) -> None:
    loss = aimed(content, style, weight=0)
    assert loss.layers == {}
    assert loss.statistics({}) == {}


def test_relative_to_no_difference_is_refused(content: Tensor) -> None:
    with pytest.raises(VerismError, match="at input, content and style have the same statistics"):
        aimed(content, content)
    assert float(value(aimed(content, content, normalization="paper"), content)) == pytest.approx(0, abs=1e-12)
