"""Bins of similar colours: who is in one with whom."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from verism.color.bins import STEP, ColorBins, color_bins
from verism.color.spaces import Oklab


def of_colors(*colors: tuple[float, float, float]) -> Tensor:
    """A photo one pixel high."""
    return torch.tensor(colors).T.reshape(1, 3, 1, -1)


def test_two_colours_in_any_order_are_two_bins() -> None:
    bins = color_bins(of_colors((0.9, 0.1, 0.1), (0.1, 0.2, 0.8), (0.1, 0.2, 0.8), (0.9, 0.1, 0.1), (0.1, 0.2, 0.8)))
    assert bins.counts.tolist() in ([2, 3], [3, 2])
    first, second, *others = bins.cell.tolist()
    assert first != second
    assert others == [second, first, second]


@pytest.mark.parametrize("step", [0.02, STEP, 0.3])
def test_every_pixel_is_in_the_one_bin_of_its_cube_of_oklab(content: Tensor, step: float) -> None:
    bins = color_bins(content, step)
    assert torch.equal(bins.counts, torch.bincount(bins.cell).float())
    assert bool((bins.counts > 0).all())
    cells = (Oklab().encode(content) / step).round().flatten(2)[0].T
    owners: dict[tuple[float, ...], int] = {}
    for color, cell in zip(cells.tolist(), bins.cell.tolist(), strict=True):
        assert owners.setdefault(tuple(color), cell) == cell
    assert len(set(owners.values())) == len(owners) == len(bins.counts) > 2


def test_no_two_colours_of_srgb_that_differ_share_a_bin() -> None:
    """Its corners, where lightness and hue are at their ends, and what lies between."""
    levels = (0.0, 0.5, 1.0)
    photo = of_colors(*itertools.product(levels, levels, levels))
    bins = color_bins(photo, 0.02)
    colors = Oklab().encode(photo).flatten(2)[0].T
    for cell in range(len(bins.counts)):
        inside = colors[bins.cell == cell]
        assert float((inside - inside[0]).abs().max()) <= 0.02
    assert len(bins.counts) == 27


def test_one_bin_holds_everything_if_it_is_large_enough(content: Tensor) -> None:
    assert color_bins(content, 3.0).counts.tolist() == [48 * 64]


def test_bins_are_the_same_where_features_are_bf16(content: Tensor) -> None:
    exact = color_bins(content)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(color_bins(content).cell, exact.cell)


BINS = ColorBins(torch.tensor([0, 1, 0, 2, 1]), torch.tensor([2.0, 2.0, 1.0]))


def test_means_are_over_each_bin() -> None:
    values = torch.tensor([[1.0, 0.0], [2.0, 4.0], [3.0, 2.0], [7.0, 7.0], [6.0, 0.0]])
    assert BINS.means(values).tolist() == [[2, 1], [4, 2], [7, 7]]
    assert BINS.within(values).tolist() == [[-1, -1], [-2, 2], [1, 1], [0, 0], [2, -2]]


def test_derivatives() -> None:
    values = torch.rand(5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    assert torch.autograd.gradcheck(BINS.means, values)
    assert torch.autograd.gradcheck(BINS.within, values)
