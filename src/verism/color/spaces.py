"""Colour spaces to work in: RGB goes in and comes out, and callers never see what lies between."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor


class ColorSpace(ABC):
    """Three coordinates of a colour, of about [0, 1], in which a colour transform is sought.

    Attributes:
        lightness: the weights ``(3,)`` that make a colour's lightness of its coordinates; white has 1.
        grey: the coordinates ``(3,)`` of white, so that ``t · grey`` is the grey of lightness t.
    """

    lightness: tuple[float, float, float]
    grey: tuple[float, float, float]

    @abstractmethod
    def encode(self, image: Tensor) -> Tensor:
        """Return the coordinates of sRGB colours in [0, 1]; both ``(1, 3, H, W)``."""

    @abstractmethod
    def decode(self, coordinates: Tensor) -> Tensor:
        """Return sRGB colours for any coordinates, not clipped; differentiable everywhere; both ``(1, 3, H, W)``."""


class Srgb(ColorSpace):
    """RGB as it stands in the file, gamma-encoded; lightness is Rec. 601 luma."""

    lightness = (0.299, 0.587, 0.114)
    grey = (1.0, 1.0, 1.0)

    def encode(self, image: Tensor) -> Tensor:
        """Return the image."""
        return image

    def decode(self, coordinates: Tensor) -> Tensor:
        """Return the coordinates."""
        return coordinates


class LinearRgb(ColorSpace):
    """RGB in proportion to light (IEC 61966-2-1); lightness is Rec. 709 luminance."""

    lightness = (0.2126, 0.7152, 0.0722)
    grey = (1.0, 1.0, 1.0)

    def encode(self, image: Tensor) -> Tensor:
        """Undo sRGB's gamma."""
        return to_light(image)

    def decode(self, coordinates: Tensor) -> Tensor:
        """Apply sRGB's gamma."""
        return from_light(coordinates)


class Oklab(ColorSpace):
    """Perceptual: lightness L, and a (green to red) and b (blue to yellow), of about [-0.4, 0.4].

    Ottosson 2020, "A perceptual color space for image processing".
    """

    lightness = (1.0, 0.0, 0.0)
    grey = (1.0, 0.0, 0.0)

    def encode(self, image: Tensor) -> Tensor:
        """Return L, a, b."""
        cones = _mix(_CONES, to_light(image)).clamp_min(0)
        return _mix(_OPPONENTS, cones ** (1 / 3))

    def decode(self, coordinates: Tensor) -> Tensor:
        """Return sRGB."""
        cones = _mix(_OPPONENTS.inverse(), coordinates) ** 3
        return from_light(_mix(_CONES.inverse(), cones))


def to_light(image: Tensor) -> Tensor:
    """Return what is proportional to light for sRGB's gamma-encoded values (IEC 61966-2-1)."""
    return torch.where(image <= _KNEE * 12.92, image / 12.92, ((image.clamp_min(0) + 0.055) / 1.055) ** 2.4)


def from_light(light: Tensor) -> Tensor:
    """Return sRGB's gamma-encoded values; below zero the line through zero goes on."""
    # Clamped, because the gradient of a root at zero would be infinite, even where it is not taken.
    return torch.where(light <= _KNEE, light * 12.92, 1.055 * light.clamp_min(_KNEE) ** (1 / 2.4) - 0.055)


def into_gamut(image: Tensor, grey: Tensor) -> Tensor:
    """Return colours that sRGB has, with less chroma where ``image`` has more than it can show.

    A colour moves along the straight line to a grey of its own lightness, so far that no channel is outside of [0, 1].
    Clipping the channels one by one would change its lightness and its hue, and level all detail in the others. The
    grey is not the colour's own luma: of a dark and very red colour, which has channels far below 0, that is black.

    Args:
        image: ``(1, 3, H, W)``, RGB, not clipped.
        grey: ``(1, 1, H, W)``, in [0, 1], of the same lightness.
    """
    chroma = image - grey
    # The longest way from grey, in the units of what there is room for: above 1 for a channel outside of [0, 1].
    room = torch.where(chroma > 0, 1 - grey, grey).clamp_min(1e-6)
    excess = (chroma.abs() / room).amax(dim=1, keepdim=True)
    return torch.where(excess > 1, grey + chroma / excess.clamp_min(1), image).clamp(0, 1)


_KNEE = 0.0031308

_CONES = torch.tensor(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    dtype=torch.float64,
)

_OPPONENTS = torch.tensor(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    dtype=torch.float64,
)


def _mix(matrix: Tensor, image: Tensor) -> Tensor:
    return torch.einsum("oi,bihw->bohw", matrix.to(image), image)
