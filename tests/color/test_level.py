"""Small shifts of exposure and white balance."""

from __future__ import annotations

import torch
from torch import Tensor

from verism.color.level import levelled, stops_between
from verism.color.spaces import from_light, to_light

STOPS = torch.tensor([0.5, -0.25, 0.1])


def test_black_and_white_stay_and_nothing_clips(content: Tensor) -> None:
    ends = torch.tensor([0.0, 1.0]).expand(1, 3, 1, 2)
    torch.testing.assert_close(levelled(ends, STOPS), ends)
    image = levelled(content, STOPS)
    assert 0 <= float(image.min()) <= float(image.max()) <= 1
    # Where a channel gets more light, all of it does, and in the same order.
    assert bool((image[:, 0] >= content[:, 0] - 1e-6).all())
    assert bool((image[:, 1] <= content[:, 1] + 1e-6).all())


def test_shadows_are_multiplied() -> None:
    dark = from_light(torch.full((1, 3, 1, 1), 0.01))
    gain = to_light(levelled(dark, STOPS)).flatten() / 0.01
    torch.testing.assert_close(gain, STOPS.exp2(), rtol=0.01, atol=0)


def test_shifts_add_up_and_0_is_the_photo_exactly(content: Tensor) -> None:
    assert torch.equal(levelled(content, torch.zeros(3)), content)
    torch.testing.assert_close(levelled(levelled(content, STOPS), -STOPS), content, rtol=0, atol=1e-5)


def test_the_shift_between_two_photos_is_found(content: Tensor) -> None:
    """Also where parts of them are blown out, which say nothing of it."""
    light = to_light(content.clamp(0.1, 0.9)).flatten(2)[0].T
    other = to_light(levelled(content.clamp(0.1, 0.9), STOPS)).flatten(2)[0].T
    weights = torch.arange(len(light)) % 3
    torch.testing.assert_close(stops_between(light, other, weights), STOPS, rtol=0, atol=1e-4)
    assert bool(stops_between(torch.zeros(1, 3), torch.ones(1, 3), torch.ones(1)).isfinite().all())
