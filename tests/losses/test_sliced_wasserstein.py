"""The sliced Wasserstein loss against closed forms, and that it does what it is for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from verism import metrics
from verism.backbone.normalization import InputNormalization
from verism.errors import VerismError
from verism.losses import SlicedWassersteinLoss, Term
from verism.losses.sliced_wasserstein import random_directions, resample


def features(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(1, *shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def aimed(content: Tensor, style: Tensor, **options: int | str) -> SlicedWassersteinLoss:
    loss = SlicedWassersteinLoss(**options)  # type: ignore[arg-type]
    loss.set_targets({"input": content}, {"input": style})
    return loss


def value(loss: SlicedWassersteinLoss, image: Tensor) -> Tensor:
    term: Term = loss(loss.statistics({"input": image}))
    return term.raw


def test_of_one_channel_is_between_sorted_values() -> None:
    """Whichever of its two directions are drawn."""
    x, s = features(1, 5, 6), features(1, 5, 6, seed=1)
    expected = (x.flatten().sort().values - s.flatten().sort().values).square().mean()
    torch.testing.assert_close(value(aimed(x, s, normalization="paper"), x), expected)


def test_does_not_see_places() -> None:
    x = features(3, 5, 6)
    shuffled = x.flatten(2)[..., torch.randperm(30, generator=torch.Generator().manual_seed(1))].view_as(x)
    assert not torch.equal(shuffled, x)
    torch.testing.assert_close(
        value(aimed(x, shuffled, normalization="paper"), x), torch.zeros((), dtype=torch.float64), atol=1e-30, rtol=0
    )


def test_of_a_shift_is_its_mean_square_along_the_directions() -> None:
    x, shift = features(3, 5, 6), torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)
    loss = aimed(x, x, normalization="paper")
    expected = (loss.distances.get_buffer("input.directions") @ shift).square().mean()
    torch.testing.assert_close(value(loss, x + shift.view(1, 3, 1, 1)), expected)


def test_photos_of_different_sizes_are_compared_by_interpolated_quantiles() -> None:
    x, s = features(3, 7, 8), features(3, 4, 5, seed=1)
    loss = aimed(x, s, normalization="paper")
    axes = loss.distances.get_buffer("input.directions").numpy()
    image, style = (axes @ y.flatten(2).squeeze(0).numpy() for y in (x, s))
    quantiles = np.quantile(style, np.linspace(0, 1, 56), axis=1).T
    assert float(value(loss, x)) == pytest.approx(np.square(np.sort(image) - quantiles).mean(), rel=1e-10)


def test_resample() -> None:
    line = torch.tensor([[0.0, 1.0, 4.0]])
    torch.testing.assert_close(resample(line, 5), torch.tensor([[0.0, 0.5, 1.0, 2.5, 4.0]]))
    torch.testing.assert_close(resample(resample(line, 5), 3), line)


def test_directions_are_of_unit_length_and_differ_between_layers() -> None:
    directions = random_directions(50, 7, torch.Generator().manual_seed(0))
    assert directions.shape == (50, 7)
    torch.testing.assert_close(directions.norm(dim=1), torch.ones(50))
    photo = {"input": features(3, 4, 4), "conv1_1": features(3, 4, 4)}
    loss = SlicedWassersteinLoss(layers={"input": 1.0, "conv1_1": 1.0}, normalization="paper", directions=5)
    loss.set_targets(photo, photo)
    assert loss.distances.get_buffer("input.directions").shape == (5, 3)
    assert not torch.equal(
        loss.distances.get_buffer("input.directions"), loss.distances.get_buffer("conv1_1.directions")
    )


def test_directions_are_drawn_by_seed() -> None:
    x, s = features(3, 5, 6), features(3, 5, 6, seed=1)

    def drawn(seed: int) -> float:
        return float(value(aimed(x, s, normalization="paper", seed=seed), x))

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_is_float32_whatever_the_features_and_autocast() -> None:
    x, s = features(3, 5, 6).bfloat16(), features(3, 5, 6, seed=1).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        loss = aimed(x, s, normalization="paper")
        assert value(loss, x).dtype == torch.float32
    exact = aimed(x.double(), s.double(), normalization="paper")
    torch.testing.assert_close(value(loss, x).double(), value(exact, x.double()), rtol=1e-5, atol=0)


def test_gradient() -> None:
    loss = aimed(features(3, 4, 3), features(3, 3, 5, seed=1), directions=6)
    x = features(3, 4, 3, seed=2).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: value(loss, x), (x,))


def test_relative_is_one_at_the_content(content: Tensor, style: Tensor) -> None:
    loss = aimed(content, style)
    torch.testing.assert_close(value(loss, content), torch.tensor(1.0))
    assert loss.state_dict() == {}


@pytest.mark.slow
def test_alone_moves_the_colours_to_the_style(content: Tensor, style: Tensor) -> None:
    """Measured along other directions than those it was given."""
    normalize = InputNormalization()
    loss = aimed(normalize(content), normalize(style))
    image = content.clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=0.01)
    for _ in range(150):
        optimizer.zero_grad()
        value(loss, normalize(image)).backward()
        optimizer.step()
    image.requires_grad_(False)
    assert float(value(loss, normalize(image))) < 1e-3
    before, after = (float(metrics.sliced_wasserstein(photo, style)) for photo in (content, image))
    assert after < 0.05 * before


def test_weight_zero_leaves_it_out(content: Tensor, style: Tensor) -> None:
    loss = aimed(content, style, weight=0)
    assert loss.layers == {}
    assert loss.statistics({}) == {}


def test_looks_at_a_sample_of_positions_that_stays_the_same() -> None:
    """The loss of the whole image is that of the image of these positions alone; others may be anything."""
    x, s = features(3, 8, 9), features(3, 5, 6, seed=1)
    loss = aimed(x, s, normalization="paper", positions=20)
    sample = loss.distances.get_buffer("input.sample")
    assert sample.shape == (20,)
    assert len(sample.unique()) == 20
    assert int(sample.max()) < 72
    assert loss.statistics({"input": x})["input"].shape == (32, 20)
    unseen = torch.ones(72, dtype=torch.bool)
    unseen[sample] = False
    other = torch.where(unseen.view(8, 9), 100.0, x)
    assert float(value(loss, other)) == float(value(loss, x))
    seen = aimed(x.flatten(2)[..., sample].view(1, 3, 4, 5), s, normalization="paper")
    torch.testing.assert_close(value(loss, x), value(seen, x.flatten(2)[..., sample].view(1, 3, 4, 5)))


def test_positions_are_drawn_by_seed_and_anew_for_every_layer() -> None:
    photo = {"input": features(3, 8, 9), "conv1_1": features(3, 8, 9)}

    def drawn(seed: int) -> tuple[Tensor, Tensor]:
        loss = SlicedWassersteinLoss(
            layers={"input": 1.0, "conv1_1": 1.0}, normalization="paper", positions=20, seed=seed
        )
        loss.set_targets(photo, photo)
        assert loss.state_dict() == {}
        return loss.distances.get_buffer("input.sample"), loss.distances.get_buffer("conv1_1.sample")

    assert torch.equal(drawn(1)[0], drawn(1)[0])
    assert not torch.equal(drawn(1)[0], drawn(2)[0])
    assert not torch.equal(*drawn(1))


@pytest.mark.parametrize("positions", [30, 1000])
def test_a_sample_of_all_positions_is_all_of_them(positions: int) -> None:
    x, s = features(3, 5, 6), features(3, 5, 6, seed=1)
    assert torch.equal(value(aimed(x, s, positions=positions), s * 2), value(aimed(x, s), s * 2))


def test_relative_to_a_sample_is_one_at_the_content(content: Tensor, style: Tensor) -> None:
    torch.testing.assert_close(value(aimed(content, style, positions=100), content), torch.tensor(1.0))


def test_a_large_sample_is_about_the_whole(content: Tensor, style: Tensor) -> None:
    image = content.flip(1)
    whole, sample = (float(value(aimed(content, style, **options), image)) for options in ({}, {"positions": 1000}))
    assert sample == pytest.approx(whole, rel=0.1)


@pytest.mark.parametrize("options", [{"positions": 1}, {"positions": 0}, {"directions": 0}])
def test_too_few_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(VerismError, match="directions must be at least 1, and positions at least 2"):
        SlicedWassersteinLoss(**options)  # type: ignore[arg-type]


def test_relative_to_no_difference_is_refused(content: Tensor) -> None:
    with pytest.raises(VerismError, match="at input, content and style have the same statistics"):
        aimed(content, content)


def test_what_a_layer_draws_is_by_its_name_whatever_other_layers_there_are() -> None:
    photo = {"input": features(3, 4, 4), "block3": features(4, 4, 4), "conv1_1": features(5, 4, 4)}

    def drawn(*layers: str) -> tuple[Tensor, Tensor]:
        options: dict[str, Any] = {"normalization": "paper", "directions": 5, "positions": 9}
        loss = SlicedWassersteinLoss(layers=dict.fromkeys(layers, 1.0), **options)
        loss.set_targets(photo, photo)
        return loss.distances.get_buffer("block3.directions"), loss.distances.get_buffer("block3.sample")

    torch.testing.assert_close(drawn("block3"), drawn("conv1_1", "block3", "input"), rtol=0, atol=0)
