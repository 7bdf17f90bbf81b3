"""A look on photos that it was not made for: in full where they are like its own, and with restraint elsewhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from statistics import mean
from typing import NamedTuple

import torch
from torch import Tensor

from verism import images
from verism.canvas.grade import Grade
from verism.color.guided_filter import apply_upsampled, local_affine, window_radius
from verism.color.seen_colors import SeenColors
from verism.color.spaces import Oklab
from verism.color.table import nodes, through
from verism.look.palette import overlap, palette
from verism.look.restraint import restrained as restrained_image
from verism.look.strength import Strength

UNKNOWN = 0.05
"""Share of a photo's pixels with colours that the look does not know, from which on it is weaker, and a warning names
the photo."""

UNLIKE, ALIKE = 0.45, 0.6
"""Overlap of the palettes of two photos up to which they are of different scenes, and from which on they are of one.
Exposed a third more or less, a photo overlaps with itself by 0.5 to 0.6; photos of other scenes, by 0.05 to 0.45."""

SHIFT = 0.036
"""Mean change of a and b in Oklab, about ΔE 15 in CIELAB, that a photo of another scene does not exceed. An evening's
light that the style calls for in one photo is a cast in another; half of it, where the photo has that light already."""

LIGHTNESS = 0.1
"""Change of mean lightness in Oklab that a photo of another scene does not exceed: not everything can be dusk."""

SIDE = 300
"""Short side, in pixels, at which the change of a photo is fitted to its edges."""

RADIUS, EPSILON = 0.02, 1e-3
"""Radius of the guided filter as a share of the short side, and its ε: below √ε, variation is grain."""

SMALLEST = 3
"""Short side, in pixels, that the filter's smallest window has."""

AREA = 2**16
"""Number of pixels in which a photo's palette and its change are looked at."""


class Treatment(NamedTuple):
    """How a photo, or a clip, is given a look.

    Attributes:
        table: lookup table, ``(3, n, n, n)``, RGB by blue, green and red.
        render: returns a photo ``(1, 3, H, W)``, RGB in [0, 1], with the whole look: through the table, on a photo of
            another scene without its grain brought up.
        strength: strength of the look.
        unknown: share of the pixels with colours that the look does not know.
    """

    table: Tensor
    render: Callable[[Tensor], Tensor]
    strength: Strength
    unknown: float

    @torch.no_grad()
    def __call__(self, photo: Tensor) -> Tensor:
        """Return a photo ``(1, 3, H, W)``, RGB in [0, 1], with the look, in [0, 1]."""
        return self.strength(photo, self.render(photo))


class OnOtherPhotos:
    """The look of a run on any photo.

    Attributes:
        table: the look as a lookup table, ``(3, n, n, n)``, RGB by blue, green and red.
        seen: the colours that it was fitted to.
    """

    def __init__(self, canvas: Grade, *, hold_back: bool = True) -> None:
        """Take the look from a canvas.

        Args:
            canvas: as the run left it.
            hold_back: false: every photo gets the table exactly. So it does from a canvas that is a table itself.
        """
        self.table, self.seen = canvas.table(canvas.photo), SeenColors(canvas.photo)
        self.holds_back = hold_back and not canvas.by_color_alone
        self._photo = canvas.photo

    @torch.no_grad()
    def treatment(self, shown: Sequence[Tensor], asked: Strength) -> Treatment:
        """Return how a photo is treated.

        The look is weaker in proportion to the pixels with colours that it does not know: what was found for one photo
        says the less of another, the less the two have in common. A photo whose palette is that of the run's own photo
        gets it in full otherwise. The less they overlap, the more it is restrained (``restraint.py``), the mean
        change of colour stays below ``SHIFT``, or half of it if the photo already has the light that the look brings,
        and that of lightness below ``LIGHTNESS``.

        Args:
            shown: the photo, or some frames of the clip, ``(1, 3, H, W)``, RGB in [0, 1].
            asked: the strength on a photo that gets the look in full.
        """
        unknown = mean(map(self.seen.unknown, shown))
        if not self.holds_back:
            return Treatment(self.table, partial(through, self.table), asked, unknown)
        small = [images.within(photo, AREA).cpu() for photo in shown]
        # Of all frames together: each alone may show a part of what the look was fitted to.
        colors = torch.stack([palette(photo) for photo in small]).mean(dim=0)
        alike = min(max((overlap(self._palette, colors) - UNLIKE) / (ALIKE - UNLIKE), 0.0), 1.0)
        table = torch.lerp(self._restrained, self.table, alike)
        known = min(1.0, (1 - unknown) / (1 - UNKNOWN))
        results = [through(table, photo) for photo in small]
        lightness, color = _change(small, results)
        limit = SHIFT * (1 + self._lacking(small, results)) / 2
        share = known * _lerp(_held(known * color, limit), 1, alike)
        tone = _lerp(_held(share * lightness, LIGHTNESS), 1, alike)
        strength = asked._replace(strength=share * asked.strength, tone=tone * asked.tone)
        render = partial(through if alike == 1 else _smooth, table)
        return Treatment(table, render, strength, unknown)

    def _lacking(self, photos: Sequence[Tensor], results: Sequence[Tensor]) -> float:
        """Return how much of what a look adds to photos they lack of the mean colour that it gave its own: 0 to 1."""
        color = _mean_color(photos)
        added = _mean_color(results) - color
        return float(((self._mean_color - color) @ added / added.square().sum().clamp_min(1e-9)).clamp(0, 1))

    @cached_property
    def _mean_color(self) -> Tensor:
        return _mean_color([through(self.table, images.within(self._photo, AREA))])

    @cached_property
    def _palette(self) -> Tensor:
        return palette(images.within(self._photo, AREA))

    @cached_property
    def _restrained(self) -> Tensor:
        identity = nodes(self.table.shape[-1]).flatten(2).unsqueeze(0)
        return restrained_image(identity, self.table.flatten(2).unsqueeze(0).clamp(0, 1)).view_as(self.table)


def _change(photos: Sequence[Tensor], results: Sequence[Tensor]) -> tuple[float, float]:
    """Return the change of mean lightness, and the mean change of a and b, in Oklab."""
    pairs = zip(photos, results, strict=True)
    changes = [Oklab().encode(result.clamp(0, 1)) - Oklab().encode(photo) for photo, result in pairs]
    lightness = mean(float(change[:, 0].mean()) for change in changes)
    return abs(lightness), mean(float(change[:, 1:].norm(dim=1).mean()) for change in changes)


def _held(change: float, limit: float) -> float:
    """Return the share of a change that stays below a limit: nearly all of it, if it is far below."""
    return limit * math.tanh(change / limit) / change if change else 1.0


def _lerp(start: float, end: float, share: float) -> float:
    return start + share * (end - start)


def _mean_color(photos: Sequence[Tensor]) -> Tensor:
    """Return the mean of a and b in Oklab, ``(2,)``."""
    return torch.stack([Oklab().encode(it.clamp(0, 1))[0, 1:].mean(dim=(1, 2)) for it in photos]).mean(dim=0)


def _smooth(table: Tensor, photo: Tensor) -> Tensor:
    """Return a photo through a table, with a change that follows the photo's edges, and not its grain."""
    short = min(photo.shape[-2:])
    if short < SMALLEST:
        return through(table, photo)
    small = images.scale(photo, min(SIDE, short))
    change = through(table, small).clamp(0, 1) - small
    coefficients = local_affine(small, change, window_radius(RADIUS, small.shape[-2:]), EPSILON)
    return photo + apply_upsampled(coefficients, photo)
