"""Iterative distribution transfer: the style's colours, whatever the sizes, and no grain in what was flat."""

from __future__ import annotations

import pytest
import torch
from conftest import synthetic_photo
from distribution_transfer import distribution_transfer
from torch import Tensor

from verism.color.monge_kantorovich import monge_kantorovich
from verism.metrics import sliced_wasserstein


def test_colours_become_the_styles(content: Tensor, style: Tensor) -> None:
    result = distribution_transfer(content, style)
    assert result.shape == content.shape
    assert result.dtype == torch.float32
    before, after = (float(sliced_wasserstein(photo, style)) for photo in (content, result))
    linear = float(sliced_wasserstein(monge_kantorovich(content, style)(content), style))
    assert after < 0.05 * before
    assert after < linear


def test_more_iterations_come_closer(content: Tensor, style: Tensor) -> None:
    first, tenth = (float(sliced_wasserstein(distribution_transfer(content, style, n), style)) for n in (1, 10))
    assert tenth < 0.5 * first


def test_greys_are_matched_by_rank() -> None:
    """Along every direction the same problem in one dimension: the exact answer is the sorted style."""
    generator = torch.Generator().manual_seed(0)
    content, style = (torch.rand(40 * 40, generator=generator).double() for _ in range(2))
    first, second = (values.view(1, 1, 40, 40).expand(1, 3, 40, 40) for values in (content, style))
    result = distribution_transfer(first, second)
    expected = torch.empty_like(content)
    expected[content.argsort()] = style.sort().values
    torch.testing.assert_close(result, expected.float().view(1, 1, 40, 40).expand(1, 3, 40, 40), atol=1e-5, rtol=0)


def test_of_itself_is_itself(content: Tensor) -> None:
    torch.testing.assert_close(distribution_transfer(content, content), content, atol=1e-5, rtol=0)


def test_pixels_of_one_colour_keep_one_colour(style: Tensor) -> None:
    """Also where a colour is a large part of the photo, and a rank by pixel would draw a gradient."""
    content = (synthetic_photo(48, 64, seed=1) * 4).round() / 4
    result = distribution_transfer(content, style)
    colors, places = content.flatten(2).squeeze(0).unique(dim=1, return_inverse=True)
    for index in range(colors.shape[1]):
        own = result.flatten(2).squeeze(0)[:, places == index]
        assert (own == own[:, :1]).all()


def test_drawn_by_seed(content: Tensor, style: Tensor) -> None:
    first, again, other = (distribution_transfer(content, style, 2, seed) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.allclose(first, other)


@pytest.mark.parametrize("level", [0.0, 0.4, 1.0])
def test_flat_photos(content: Tensor, level: float) -> None:
    flat = torch.full((1, 3, 32, 32), level)
    torch.testing.assert_close(distribution_transfer(content, flat), torch.full_like(content, level))
    assert distribution_transfer(flat, content).isfinite().all()
