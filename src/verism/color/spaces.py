"""Colour spaces in which colour transforms are computed, and the conversions from sRGB and back."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism.description import Described


class ColorSpace(Described, ABC):
    """Three coordinates of a colour, each of about [0, 1] or symmetric about 0.

    Attributes:
        lightness: weights of the three coordinates whose weighted sum is the lightness of a colour; white has 1.
        grey: the coordinates of white, so that ``t · grey`` is the grey of lightness t.
    """

    lightness: tuple[float, float, float]
    grey: tuple[float, float, float]

    @abstractmethod
    def encode(self, image: Tensor) -> Tensor:
        """Return the coordinates of an sRGB image in [0, 1]; both ``(1, 3, H, W)``."""

    @abstractmethod
    def decode(self, coordinates: Tensor) -> Tensor:
        """Return the sRGB image of any coordinates, not clipped; both ``(1, 3, H, W)``. Differentiable everywhere."""


class Srgb(ColorSpace):
    """Gamma-encoded sRGB, as it is; lightness is Rec. 601 luma."""

    lightness = (0.299, 0.587, 0.114)
    grey = (1.0, 1.0, 1.0)

    def encode(self, image: Tensor) -> Tensor:
        """Return the image."""
        return image

    def decode(self, coordinates: Tensor) -> Tensor:
        """Return the coordinates."""
        return coordinates


class LinearRgb(ColorSpace):
    """Linear RGB with the primaries of sRGB (IEC 61966-2-1); lightness is Rec. 709 luminance."""

    lightness = (0.2126, 0.7152, 0.0722)
    grey = (1.0, 1.0, 1.0)

    def encode(self, image: Tensor) -> Tensor:
        """Undo sRGB's gamma."""
        return to_light(image)

    def decode(self, coordinates: Tensor) -> Tensor:
        """Apply sRGB's gamma."""
        return from_light(coordinates)


class Oklab(ColorSpace):
    """A perceptual space: lightness L in [0, 1], a (green to red) and b (blue to yellow) in about [-0.4, 0.4].

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
        cones = _mix(_FROM_OPPONENTS, coordinates) ** 3
        return from_light(_mix(_FROM_CONES, cones))


def to_light(image: Tensor) -> Tensor:
    """Return linear light for gamma-encoded sRGB (IEC 61966-2-1); both of any shape, in [0, 1]."""
    return torch.where(image <= _KNEE * 12.92, image / 12.92, ((image.clamp_min(0) + 0.055) / 1.055) ** 2.4)


def from_light(light: Tensor) -> Tensor:
    """Return gamma-encoded sRGB for linear light of any shape and value. Below 0, the linear part is extended."""
    # Clamped because the gradient of the power is infinite at 0, which ``where`` would turn into nan.
    return torch.where(light <= _KNEE, light * 12.92, 1.055 * light.clamp_min(_KNEE) ** (1 / 2.4) - 0.055)


def chroma_of(colors: Tensor) -> Tensor:
    """Return the chroma ``(…)`` of Oklab colours ``(3, …)``, at least 1e-7, with a finite gradient even for greys.

    A hundred times as fast as ``norm`` over the two coordinates.
    """
    return (colors[1].square() + colors[2].square() + 1e-14).sqrt()


def into_gamut(coordinates: Tensor) -> Tensor:
    """Return Oklab colours as sRGB. Colours outside the gamut lose chroma, and keep their lightness and hue.

    Clipping each channel would change lightness and hue, and flatten detail. So would moving towards grey on a straight
    line in encoded RGB: far outside the gamut, the distance to move usually depends on a channel far below 0, and
    orange turns green.

    Args:
        coordinates: ``(1, 3, H, W)``, L, a and b.

    Returns:
        RGB in [0, 1], ``(1, 3, H, W)``. The gradient treats the factor that reduces chroma as a constant.
    """
    decode = Oklab().decode
    image = decode(coordinates)
    outside = ((image < -_TOLERANCE) | (image > 1 + _TOLERANCE)).any(dim=1).squeeze(0)
    if bool(outside.any()):
        light, chroma = coordinates[..., outside].unsqueeze(2).split([1, 2], dim=1)
        share = _share_in_gamut(light.detach(), chroma.detach())
        image[..., outside] = decode(torch.cat([light, share * chroma], dim=1)).squeeze(2)
    return image.clamp(0, 1)


def _share_in_gamut(lightness: Tensor, chroma: Tensor) -> Tensor:
    """Find, by bisection, the largest share of their chroma with which colours are in the gamut of sRGB.

    Args:
        lightness: ``(1, 1, 1, n)``, L of Oklab.
        chroma: ``(1, 2, 1, n)``, a and b of Oklab.

    Returns:
        ``(1, 1, 1, n)`` in [0, 1].
    """
    grey, color = (
        _mix(_FROM_OPPONENTS, F.pad(part, padding))
        for part, padding in ((lightness, (0, 0, 0, 0, 0, 2)), (chroma, (0, 0, 0, 0, 1, 0)))
    )
    share, step = torch.zeros_like(lightness), 0.5
    for _ in range(_HALVINGS):
        light = _mix(_FROM_CONES, (grey + (share + step) * color) ** 3)
        fits = ((light >= _DARKEST) & (light <= _BRIGHTEST)).all(dim=1, keepdim=True)
        share, step = share + step * fits, step / 2
    return share


_TOLERANCE = 0.5 / 255
"""Distance from [0, 1] up to which a sample counts as in gamut. Clipping it is invisible at 8 bits."""

_DARKEST, _BRIGHTEST = -_TOLERANCE / 12.92, ((1 + _TOLERANCE + 0.055) / 1.055) ** 2.4
"""The linear light of the samples at ``_TOLERANCE`` from 0 and 1: gamma need not be applied to tell what is within."""

_HALVINGS = 12
"""Number of bisection steps, which locate the border of the gamut to 1/4096 of the chroma."""

_KNEE = 0.0031308
"""Linear light up to which sRGB's transfer function is a straight line."""

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

_FROM_CONES, _FROM_OPPONENTS = _CONES.inverse(), _OPPONENTS.inverse()


def _mix(matrix: Tensor, image: Tensor) -> Tensor:
    return torch.einsum("oi,bihw->bohw", matrix.to(image), image)
