"""Colours in Oklab, for tests of grades."""

from __future__ import annotations

import torch
from conftest import synthetic_photo
from torch import Tensor

from verism.color.closed_form import whole_photo
from verism.color.spaces import Oklab
from verism.color.tone_and_chroma import ToneAndChroma


def encoded(photo: Tensor) -> Tensor:
    """Colours in Oklab, ``(3, n)``."""
    return Oklab().encode(photo).flatten(2).squeeze(0)


def ramp(low: float = 0.0, high: float = 1.0) -> Tensor:
    """A grey photo from black to white."""
    return torch.linspace(low, high, 64).expand(1, 3, 48, 64)


def greys(low: float, high: float, a: float = 0.0) -> Tensor:
    """Of evenly many lightnesses, ``(3, 400)``, with a cast."""
    lightness = torch.linspace(low, high, 400)
    return torch.stack([lightness, torch.full_like(lightness, a), torch.zeros_like(lightness)])


def with_greys(seed: int) -> Tensor:
    """A photo with colours, black, white, and all greys between."""
    return torch.cat([synthetic_photo(48, 64, seed), ramp()], dim=2)


def ones(values: Tensor) -> Tensor:
    return torch.ones(values.shape[-1])


def both_ways(content: Tensor, style: Tensor) -> list[ToneAndChroma]:
    ours, theirs = encoded(content), encoded(style)
    return [whole_photo(ours, theirs), whole_photo(theirs, ours)]


def blue_sky_and_grey() -> Tensor:
    sky = torch.tensor([0.35, 0.55, 0.95]).view(1, 3, 1, 1).expand(1, 3, 48, 64)
    grain = 0.01 * torch.randn(1, 3, 96, 64, generator=torch.Generator().manual_seed(0))
    return (torch.cat([sky, ramp(0.1, 0.9)], dim=2) + grain).clamp(0, 1)
