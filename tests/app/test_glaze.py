"""Half-transparent strokes: the colour of the last is taken, whatever is below it."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor

from verism.app.glaze import DEEPEST, OPACITY, topmost
from verism.regions.colors import COLORS
from verism.regions.masks import label_colors

PALETTE = label_colors(COLORS) / 255


def over(below: Tensor, color: int, coverage: Tensor | float = 1.0) -> Tensor:
    """Return a pixel, or several, with another stroke: colour times opacity and opacity, ``(…, 4)``."""
    opacity = OPACITY * torch.as_tensor(coverage).unsqueeze(-1)
    return below * (1 - opacity) + opacity * torch.cat([PALETTE[color], torch.ones(1)])


def layer(pixels: Tensor) -> Tensor:
    """Return pixels ``(H, W, 4)`` as a browser has them: 8 bits, colours that are not multiplied by the opacity."""
    opacity = pixels[..., 3:]
    levels = torch.cat([pixels[..., :3] / opacity.clamp_min(1e-6), opacity], dim=-1)
    return (levels * 255).round().permute(2, 0, 1).unsqueeze(0) / 255


def test_the_last_stroke_counts_wherever_any_are_over_each_other() -> None:
    orders = list(itertools.product(range(len(COLORS)), repeat=DEEPEST))
    pixels = torch.zeros(len(orders), 4)
    for depth in range(DEEPEST):
        last = torch.tensor([order[depth] for order in orders])
        pixels = torch.lerp(pixels, torch.cat([PALETTE[last], torch.ones(len(orders), 1)], dim=1), OPACITY)
        assert torch.equal(topmost(layer(pixels.unsqueeze(0)), PALETTE)[0], last)


def test_many_strokes_in_few_colours() -> None:
    pixel = torch.zeros(4)
    for color in (0, 1, 0, 2, 2, 2, 2, 2, 1, 1, 1, 0, 3):
        pixel = over(pixel, color)
        assert topmost(layer(pixel.view(1, 1, 4)), PALETTE).item() == color


def test_opaque_paint_is_taken_too_and_no_paint_is_none() -> None:
    strokes = torch.zeros(1, 4, 2, 8)
    strokes[0, :3, 0], strokes[0, 3, 0] = PALETTE.T, 1
    found = topmost(strokes, PALETTE)
    assert found[0].tolist() == list(range(8))
    assert (found[1] == -1).all()
    assert (topmost(torch.zeros(1, 4, 3, 5), PALETTE) == -1).all()


def test_the_edge_of_a_stroke_goes_to_what_is_beside_it() -> None:
    """Red over green, whose edge is of neither; it might look like a third colour."""
    below = over(torch.zeros(3, 20, 4), 1)
    coverage = torch.tensor([0.0] * 9 + [0.4, 0.6] + [1.0] * 9).expand(3, 20)
    found = topmost(layer(over(below, 0, coverage)), PALETTE)
    assert set(found.unique().tolist()) == {0, 1}
    assert (found[:, :9] == 1).all()
    assert (found[:, 11:] == 0).all()


def test_colours_that_no_stroke_has_are_the_nearest() -> None:
    strokes = torch.ones(1, 4, 2, 2)
    strokes[0, :3] = torch.tensor([0.03, 0.5, 0.75]).view(3, 1, 1)
    assert (topmost(strokes, PALETTE) == COLORS.index("#0082c8")).all()
