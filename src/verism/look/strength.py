"""The strength of a look: overall, of its colour and of its tone."""

from __future__ import annotations

import re
from typing import NamedTuple

import torch
from torch import Tensor

from verism import images
from verism.color.spaces import Oklab, into_gamut
from verism.look import share

SHADOW = 0.2
"""Oklab lightness, level 22 of 255 in sRGB, below which chroma is mostly noise, and is not lifted with lightness."""

NAMES = ("strength", "colour", "tone")
"""The components of a strength in file names."""

IN_NAMES = re.compile(rf"(-({'|'.join(NAMES)})-[\d.]+)+$")
"""The part of a file name without its ending that gives a strength (``Strength.in_names``)."""


class Strength(NamedTuple):
    """How much of a result a photo takes on, as three numbers from 0 to 1.

    Attributes:
        strength: overall strength, from 0, exactly the photo, to 1, the result that color and tone describe.
        color: strength of the change of hue and saturation, from 0, the photo's colours in the result's light, to 1,
            the result's colours.
        tone: strength of the change of light and contrast, from 0, the photo's light with the result's colours, to 1,
            the result's light.
    """

    strength: float = 1.0
    color: float = 1.0
    tone: float = 1.0

    @property
    def is_full(self) -> bool:
        """Whether blending returns the result itself."""
        return self == Strength()

    def check(self) -> None:
        """Raise ``VerismError`` unless each of the three is from 0 to 1."""
        for name, value in self._asdict().items():
            share.check(f"--output.{name}", value)

    @property
    def in_names(self) -> str:
        """The three numbers as part of a file name, such as "-strength-0.6-colour-0.5". Empty for the full look."""
        shares = zip(NAMES, self, strict=True)
        return "".join(f"-{name}-{share:g}" for name, share in shares if share != 1)

    def said(self) -> dict[str, str]:
        """Return the three numbers as text, for the record of how a file was made."""
        return {name: str(value) for name, value in self._asdict().items()}

    @torch.no_grad()
    def __call__(self, photo: Tensor, image: Tensor) -> Tensor:
        """Blend a photo with the result made from it.

        In Oklab, ``tone`` interpolates lightness L between the photo's and the result's. The chroma of both is scaled
        to the new lightness M by the factor ``M / L · min(1, r(L) / r(M))``, and ``color`` interpolates between the
        two. ``M / L`` preserves the chromaticity (a/L, b/L), as a change of exposure does. ``r(L) = 1 −
        exp(−(L/SHADOW)³)`` is 1 except near black, where it keeps lifted noise from turning into colour. Colours
        outside sRGB lose chroma, and keep hue and lightness. Finally, ``strength`` blends the photo with this result,
        in sRGB.

        Args:
            photo: ``(1, 3, H, W)``, sRGB in [0, 1].
            image: the result, of the same shape, which is converted to the photo's type and device. It is first clipped
                to [0, 1], so that half the strength gives half of the visible change.

        Returns:
            ``(1, 3, H, W)``, in [0, 1]. If color and tone are 1, it equals ``images.blend`` bit for bit.
        """
        if self.color == self.tone == 1:
            return images.blend(photo, image, self.strength)
        result = torch.empty_like(photo)
        for rows, before, after in images.bands(result, photo, image):
            rows.copy_(images.blend(before, self._recombined(before, after.to(before).clamp(0, 1)), self.strength))
        return result

    def _recombined(self, photo: Tensor, image: Tensor) -> Tensor:
        """Return the blend of lightness and chromaticity at full strength."""
        space = Oklab()
        (old, old_chroma), (new, new_chroma) = (space.encode(it).split([1, 2], dim=1) for it in (photo, image))
        lightness = torch.lerp(old, new, self.tone)
        chroma = torch.lerp(old_chroma * _gain(old, lightness), new_chroma * _gain(new, lightness), self.color)
        return into_gamut(torch.cat([lightness, chroma], dim=1))


def _gain(lightness: Tensor, other: Tensor) -> Tensor:
    """Return the factor by which chroma changes from one Oklab lightness to another."""
    trust, wanted = (1 - torch.exp(-((it / SHADOW) ** 3)) for it in (lightness, other))
    # Black has no chroma, so any factor will do.
    return other / lightness.clamp_min(1e-4) * (trust / wanted.clamp_min(1e-9)).clamp_max(1)
