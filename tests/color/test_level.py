"""Small shifts of exposure and white balance."""

from __future__ import annotations

import torch
from torch import Tensor

from verism.color.level import Shift, levelled, stops_between
from verism.color.spaces import from_light, to_light

STOPS = torch.tensor([0.5, -0.25, 0.1])

EVEN = Shift.even(STOPS)

TILTED = Shift(STOPS, torch.tensor([[0.2, 0.0, -0.1], [0.0, 0.3, 0.1]]))


def test_black_and_white_stay_and_nothing_clips(content: Tensor) -> None:
    ends = torch.tensor([0.0, 1.0]).expand(1, 3, 1, 2)
    torch.testing.assert_close(levelled(ends, EVEN), ends)
    image = levelled(content, EVEN)
    assert 0 <= float(image.min()) <= float(image.max()) <= 1
    # Where a channel gets more light, all of it does, and in the same order.
    assert bool((image[:, 0] >= content[:, 0] - 1e-6).all())
    assert bool((image[:, 1] <= content[:, 1] + 1e-6).all())


def test_shadows_are_multiplied() -> None:
    dark = from_light(torch.full((1, 3, 1, 1), 0.01))
    gain = to_light(levelled(dark, EVEN)).flatten() / 0.01
    torch.testing.assert_close(gain, STOPS.exp2(), rtol=0.01, atol=0)


def test_shifts_add_up_and_0_is_the_photo_exactly(content: Tensor) -> None:
    assert torch.equal(levelled(content, Shift.even(torch.zeros(3))), content)
    torch.testing.assert_close(levelled(levelled(content, EVEN), Shift.even(-STOPS)), content, rtol=0, atol=1e-5)


def test_a_tilt_grows_from_edge_to_edge() -> None:
    dark = from_light(torch.full((1, 3, 40, 50), 0.001))
    found = (to_light(levelled(dark, TILTED)) / 0.001).log2()[0]
    torch.testing.assert_close(found.mean(dim=(1, 2)), STOPS, rtol=0, atol=1e-3)
    # From the middle of the first pixel to that of the last.
    across, down = found[:, :, -1] - found[:, :, 0], found[:, -1] - found[:, 0]
    torch.testing.assert_close(across.mean(dim=1), TILTED.slopes[0] * 49 / 50, rtol=0, atol=1e-3)
    torch.testing.assert_close(down.mean(dim=1), TILTED.slopes[1] * 39 / 40, rtol=0, atol=1e-3)
    only_tilted = Shift(torch.zeros(3), TILTED.slopes)
    back = Shift(torch.zeros(3), -TILTED.slopes)
    torch.testing.assert_close(levelled(levelled(dark, only_tilted), back), dark, rtol=0, atol=1e-5)
    assert not torch.equal(levelled(dark, only_tilted), dark)


def test_the_shift_between_two_photos_is_found(content: Tensor) -> None:
    """Also where parts of them are blown out, which say nothing of it."""
    light = to_light(content.clamp(0.1, 0.9)).flatten(2)[0].T
    other = to_light(levelled(content.clamp(0.1, 0.9), EVEN)).flatten(2)[0].T
    weights = torch.arange(len(light)) % 3
    torch.testing.assert_close(stops_between(light, other, weights), STOPS, rtol=0, atol=1e-4)
    assert bool(stops_between(torch.zeros(1, 3), torch.ones(1, 3), torch.ones(1)).isfinite().all())
