"""Distances between colours wherever they are."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from plain_photos import flat, grey
from torch import Tensor

from verism import metrics
from verism.color.spaces import Oklab


@pytest.mark.slow
def test_sliced_wasserstein_of_two_colours() -> None:
    """A random direction sees a third of a squared difference, on average."""
    distance = metrics.sliced_wasserstein(flat(0.1, 0.6, 0.4), flat(0.3, 0.2, 0.8), directions=4096)
    assert float(distance) == pytest.approx(0.6 / math.sqrt(3), rel=0.02)


def test_sliced_wasserstein_of_greys_is_that_of_their_quantiles() -> None:
    """Along every direction the same problem in one dimension, up to a factor that black to white shows."""
    generator = torch.Generator().manual_seed(0)
    few, many = torch.rand(8, 9, generator=generator).double(), torch.rand(11, 10, generator=generator).double() ** 2
    quantiles = np.quantile(many.numpy(), np.linspace(0, 1, 72))
    expected = math.sqrt(np.square(np.sort(few.numpy().ravel()) - quantiles).mean())
    unit = metrics.sliced_wasserstein(flat(0.0), flat(1.0))
    for image, style in ((few, many), (many, few)):
        distance = metrics.sliced_wasserstein(grey(image), grey(style))
        assert float(distance / unit) == pytest.approx(expected, rel=1e-6)


def test_sliced_wasserstein_does_not_see_places(content: Tensor) -> None:
    places = torch.randperm(48 * 64, generator=torch.Generator().manual_seed(0))
    shuffled = content.flatten(2)[..., places].view(1, 3, 64, 48)
    assert float(metrics.sliced_wasserstein(shuffled, content)) == pytest.approx(0, abs=1e-6)


def test_sliced_wasserstein_draws_by_seed(content: Tensor, style: Tensor) -> None:
    first, again, other = (float(metrics.sliced_wasserstein(content, style, 2, seed)) for seed in (0, 0, 1))
    assert first == again != other


def test_color_distance_is_the_share_of_the_way_that_is_left_whatever_the_light() -> None:
    """A shift of a and b by one vector: half of it leaves half of the distance, in another lightness, too."""
    grey = torch.linspace(0.4, 0.6, 64).view(1, 1, 8, 8)
    colors = torch.cat([grey, 0.1 * (grey - 0.5), -0.1 * (grey - 0.5)], dim=1)

    def photo(share: float, lighter: float = 0.0) -> Tensor:
        return Oklab().decode(colors + torch.tensor([lighter, share * 0.03, share * 0.02]).view(1, 3, 1, 1))

    for share in (0.0, 0.5, 1.0):
        for lighter in (0.0, 0.1):
            left = metrics.color_distance(photo(share, lighter), photo(0), photo(1))
            assert float(left) == pytest.approx(1 - share, abs=1e-4)


def test_color_distance_of_photos_of_the_same_colors_is_not_a_number(content: Tensor) -> None:
    """Rounding has no way to go: of two photos in black and white, too."""
    grey = content.mean(dim=1, keepdim=True).expand_as(content)
    assert math.isnan(float(metrics.color_distance(content, content, content)))
    assert math.isnan(float(metrics.color_distance(grey.sqrt(), grey, grey.square())))
