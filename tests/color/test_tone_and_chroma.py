"""Maps of tone and chroma: what they make of a colour, by hand."""

from __future__ import annotations

import math

import pytest
import torch
from oklab import both_ways, encoded
from torch import Tensor

from verism.color.spaces import Oklab
from verism.color.tone_and_chroma import HUES, KNOTS, ToneAndChroma, identity

IDENTITY = torch.linspace(0, 1, KNOTS)


def a_map(curve: Tensor = IDENTITY, saturation: float = 1.0, tint: Tensor | None = None) -> ToneAndChroma:
    """A tone curve ``(KNOTS,)``, a saturation, and a tint ``(KNOTS, 2)``."""
    matrix = torch.diag(torch.tensor([0.0, saturation, saturation]))
    tones = torch.cat([curve.unsqueeze(1), torch.zeros(KNOTS, 2) if tint is None else tint], dim=1)
    return ToneAndChroma(matrix.unsqueeze(0), tones.unsqueeze(0), torch.zeros(1, HUES, KNOTS, 2))


@pytest.mark.parametrize("plain", [identity(), a_map()], ids=["identity", "retouch"])
def test_the_plain_map_changes_nothing(content: Tensor, plain: ToneAndChroma) -> None:
    colors = Oklab().encode(content)[0]
    torch.testing.assert_close(plain(colors)[0], colors, rtol=0, atol=1e-6)
    assert plain(colors.flatten(1)).shape == (1, 3, 48 * 64)


def test_formula_at_a_knot_and_between_two() -> None:
    tones = torch.zeros(1, KNOTS, 3)
    tones[0, :, 0] = IDENTITY.square()
    tones[0, 8, 1:] = torch.tensor([-0.03, 0.05])
    matrix = torch.tensor([[[0.5, 0.0, 1.0], [0.0, 1.5, 0.2], [0.1, 0.0, 2.0]]])
    colors = torch.tensor([[0.5, 0.1, -0.1], [0.5 + 0.5 / 16, 0.1, -0.1]]).T
    half = (0.25 + (9 / 16) ** 2) / 2
    expected = [
        [0.25 + 0.25 - 0.1, -0.03 + 0.15 - 0.02, 0.05 + 0.05 - 0.2],
        [half + 0.25 + 0.25 / 16 - 0.1, -0.015 + 0.15 - 0.02, 0.025 + 0.05 + 0.05 / 16 - 0.2],
    ]
    found = ToneAndChroma(matrix, tones, torch.zeros(1, HUES, KNOTS, 2))(colors)[0].T
    torch.testing.assert_close(found, torch.tensor(expected), rtol=0, atol=1e-6)


def test_hues_shift_colours_by_how_colourful_they_are() -> None:
    """Half of the way from one hue to the next, half of the shift of both; none for a grey."""
    plain = identity()
    hues = torch.zeros(1, HUES, KNOTS, 2)
    hues[0, 0, :, 1] = 0.1
    step = 2 * math.pi / HUES
    angles, chroma = torch.tensor([0, step / 2, -step / 2, step, math.pi, 0.0]), torch.tensor([0.05] * 5 + [0.0])
    colors = torch.stack([torch.full((6,), 0.5), chroma * angles.cos(), chroma * angles.sin()])
    found = ToneAndChroma(plain.matrix, plain.tones, hues)(colors)[0] - colors
    full = 0.1 * (1 - math.exp(-1))
    expected = torch.tensor([full, full / 2, full / 2, 0, 0, 0])
    torch.testing.assert_close(found[2], expected, rtol=0, atol=1e-6)
    assert not found[:2].abs().max()


def test_hues_depend_on_the_tone() -> None:
    plain = identity()
    hues = torch.zeros(1, HUES, KNOTS, 2)
    hues[0, :, 8, 0] = 0.1
    colors = torch.tensor([[0.5, 0.1, 0.0], [0.5 + 0.25 / 16, 0.1, 0.0], [0.8, 0.1, 0.0]]).T
    found = ToneAndChroma(plain.matrix, plain.tones, hues)(colors)[0, 1] - 0.1
    torch.testing.assert_close(found, 0.1 * (1 - math.exp(-2)) * torch.tensor([1, 0.75, 0]), rtol=0, atol=1e-6)


def test_tones_beyond_black_and_white_are_theirs() -> None:
    """Where the tones' lightness is held, and the matrix goes on."""
    beyond = torch.tensor([[-0.2, 1.3], [0.1, 0.1], [0.0, 0.0]])
    assert a_map()(beyond)[0, 0].tolist() == [0, 1]
    torch.testing.assert_close(identity()(beyond)[0], beyond)


def test_no_hue_turns(content: Tensor) -> None:
    colors = encoded(content)
    mapped = a_map(0.5 * IDENTITY, 0.6)(colors)[0]
    torch.testing.assert_close(mapped[1:], 0.6 * colors[1:])


def test_several_maps_at_once_are_each_by_itself(content: Tensor, style: Tensor) -> None:
    colors = Oklab().encode(content)[0]
    maps = both_ways(content, style)
    together = ToneAndChroma(*(torch.cat(parts) for parts in zip(*maps, strict=True)))(colors)
    assert together.shape == (2, 3, 48, 64)
    for found, one in zip(together, maps, strict=True):
        torch.testing.assert_close(found, one(colors)[0])


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_way_to_another_map_is_straight(content: Tensor, style: Tensor, share: float) -> None:
    colors = encoded(content)
    one, other = both_ways(content, style)
    assert float((one(colors) - other(colors)).abs().mean()) > 0.05
    expected = (1 - share) * one(colors) + share * other(colors)
    torch.testing.assert_close(one.towards(other, share)(colors), expected, rtol=0, atol=1e-6)
