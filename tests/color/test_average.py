"""Averages over similar colours: functions of the colour stay, and what depends on the place becomes its mean."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor

from verism.color.average import average_by_color
from verism.color.spaces import Oklab


def painted(colors: Tensor, places: Tensor) -> Tensor:
    """A photo of ``colors`` ``(n, 3)``, one of them at each of ``places`` ``(H, W)``."""
    return colors[places].permute(2, 0, 1).unsqueeze(0)


def scattered(count: int) -> Tensor:
    return torch.randint(count, (24, 32), generator=torch.Generator().manual_seed(0))


def test_a_constant_stays(content: Tensor) -> None:
    values = torch.full_like(content[:, :2], 0.7)
    torch.testing.assert_close(average_by_color(values, content), values, rtol=0, atol=1e-6)


def test_a_function_of_the_colour_is_itself() -> None:
    """Of the corners of sRGB, which are farther apart than is averaged over."""
    colors = torch.tensor(list(itertools.product((0.0, 1.0), repeat=3)))
    places = scattered(8)
    values = torch.rand(8, 2, generator=torch.Generator().manual_seed(1))
    function = painted(values, places)
    torch.testing.assert_close(average_by_color(function, painted(colors, places)), function, rtol=0, atol=1e-5)


def test_a_smooth_function_of_the_colour_is_nearly_itself(content: Tensor) -> None:
    """But for what a node of the lattice, 0.05 wide, averages."""
    colors = Oklab().encode(content)
    error = (average_by_color(colors, content) - colors).abs()
    assert float(error.mean()) < 0.02
    assert float(error.max()) < 0.1


def test_in_a_flat_photo_a_value_of_the_place_is_its_mean() -> None:
    flat = torch.tensor([0.3, 0.5, 0.7]).view(1, 3, 1, 1).expand(1, 3, 24, 32)
    values = torch.rand(1, 2, 24, 32, generator=torch.Generator().manual_seed(2))
    expected = values.mean(dim=(2, 3), keepdim=True).expand_as(values)
    torch.testing.assert_close(average_by_color(values, flat), expected, rtol=0, atol=1e-5)


def test_each_colour_has_a_mean_of_its_own() -> None:
    places = scattered(2)
    photo = painted(torch.tensor([[0.9, 0.1, 0.1], [0.1, 0.2, 0.8]]), places)
    values = torch.rand(1, 1, 24, 32, generator=torch.Generator().manual_seed(3))
    found = average_by_color(values, photo)
    for color in (0, 1):
        inside = places == color
        expected = values[0, 0][inside].mean().expand(int(inside.sum()))
        torch.testing.assert_close(found[0, 0][inside], expected, rtol=0, atol=1e-5)


def test_what_adds_up_to_one_still_does_and_stays_in_its_range(content: Tensor) -> None:
    masks = torch.rand(1, 4, 48, 64, generator=torch.Generator().manual_seed(4)).softmax(dim=1)
    found = average_by_color(masks, content)
    torch.testing.assert_close(found.sum(dim=1), torch.ones(1, 48, 64), rtol=0, atol=1e-5)
    assert float(found.min()) >= float(masks.min()) - 1e-6
    assert float(found.max()) <= float(masks.max()) + 1e-6
