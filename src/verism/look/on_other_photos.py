"""A look on photos that it was not made for: in full if they are similar to its own photo, otherwise with restraint."""

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
"""Share of a photo's pixels with colours unknown to the look, from which the look is weakened, and a warning names the
photo."""

UNLIKE, ALIKE = 0.45, 0.6
"""Overlap of the palettes of two photos up to which they show different scenes, and from which they show the same one.
A photo overlaps with itself, exposed a third more or less, by 0.5 to 0.6; with photos of other scenes, by 0.05 to
0.45."""

SHIFT = 0.036
"""Largest mean change of a and b in Oklab, about ΔE 15 in CIELAB, for a photo of another scene: evening light that
suits one photo is a colour cast in another. A photo that already has that light is changed by half as much."""

LIGHTNESS = 0.1
"""Largest change of mean lightness in Oklab for a photo of another scene: not everything can be dusk."""

SIDE = 300
"""Short side, in pixels, at which the change of a photo is fitted to its edges."""

RADIUS, EPSILON = 0.02, 1e-3
"""Radius of the guided filter as a share of the short side, and its ε. Variation below √ε counts as grain."""

SMALLEST = 3
"""Short side, in pixels, of the filter's smallest window, and so of the smallest photo that it can be fitted to."""

AREA = 2**16
"""Maximum number of pixels used to compute a photo's palette and its change."""


class Treatment(NamedTuple):
    """How a look is applied to a photo or clip.

    Attributes:
        table: lookup table, ``(3, n, n, n)``, RGB by blue, green and red.
        render: applies the full look to a photo ``(1, 3, H, W)``, RGB in [0, 1], through the table. For a photo of
            another scene, it does not amplify grain.
        strength: strength of the look.
        unknown: share of the pixels with colours unknown to the look.
        taken: how far the photo's colours change, relative to the change by the full look.
    """

    table: Tensor
    render: Callable[[Tensor], Tensor]
    strength: Strength
    unknown: float
    taken: float = 1.0

    @torch.no_grad()
    def __call__(self, photo: Tensor) -> Tensor:
        """Apply the look to a photo ``(1, 3, H, W)``, RGB in [0, 1]. The result is in [0, 1]."""
        return self.strength(photo, self.render(photo))


class OnOtherPhotos:
    """The look of a run, for any photo.

    Attributes:
        table: the look as a lookup table, ``(3, n, n, n)``, RGB by blue, green and red.
        seen: the colours that the look was fitted to.
    """

    def __init__(self, canvas: Grade, *, hold_back: bool = True) -> None:
        """Extract the look from a canvas.

        Args:
            canvas: the canvas of the run.
            hold_back: if false, every photo gets exactly the table. That is always the case if the canvas is a table.
        """
        self.table, self.seen = canvas.table(canvas.photo), SeenColors(canvas.photo)
        self.holds_back = hold_back and not canvas.by_color_alone
        self._photo = canvas.photo

    @torch.no_grad()
    def treatment(self, shown: Sequence[Tensor], asked: Strength) -> Treatment:
        """Decide how the look is applied to a photo.

        The look is weakened in proportion to the pixels with colours unknown to it: the less two photos have in common,
        the less a look found for one says about the other. Apart from that, a photo with the palette of the run's own
        photo gets the full look. The less the palettes overlap, the more the look is restrained (``restraint.py``), and
        the more closely the mean change is limited: that of lightness to ``LIGHTNESS``, and that of colour to
        ``SHIFT``, or half of it if the photo already has the light that the look brings.

        Args:
            shown: the photo, or some frames of the clip, ``(1, 3, H, W)``, RGB in [0, 1].
            asked: the strength for a photo that gets the look in full.
        """
        unknown = mean(map(self.seen.unknown, shown))
        if not self.holds_back:
            return Treatment(self.table, partial(through, self.table), asked, unknown)
        small = [images.within(photo, AREA).cpu() for photo in shown]
        # Over all frames together, because each alone may show only part of what the look was fitted to.
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
        taken = _moved(small, [strength(photo, through(table, photo)) for photo in small])
        whole = _moved(small, [asked(photo, through(self.table, photo)) for photo in small])
        return Treatment(table, render, strength, unknown, min(1.0, taken / whole) if whole else 1.0)

    def _lacking(self, photos: Sequence[Tensor], results: Sequence[Tensor]) -> float:
        """Return how much the photos lack of the mean colour that the look adds, from 0 to 1.

        They lack nothing if they already have the mean colour of the look's own result, and everything if only the full
        change would reach it.
        """
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


def _moved(photos: Sequence[Tensor], results: Sequence[Tensor]) -> float:
    """Return the mean distance between results and their photos in Oklab."""
    pairs = zip(photos, results, strict=True)
    return mean(float((Oklab().encode(it) - Oklab().encode(photo)).norm(dim=1).mean()) for photo, it in pairs)


def _held(change: float, limit: float) -> float:
    """Return the factor that smoothly keeps a change below a limit: nearly 1 if the change is far below it."""
    return limit * math.tanh(change / limit) / change if change else 1.0


def _lerp(start: float, end: float, share: float) -> float:
    return start + share * (end - start)


def _mean_color(photos: Sequence[Tensor]) -> Tensor:
    """Return the mean of a and b in Oklab, ``(2,)``."""
    return torch.stack([Oklab().encode(it.clamp(0, 1))[0, 1:].mean(dim=(1, 2)) for it in photos]).mean(dim=0)


def _smooth(table: Tensor, photo: Tensor) -> Tensor:
    """Apply a table to a photo, with a change that follows the photo's edges but not its grain."""
    short = min(photo.shape[-2:])
    if short < SMALLEST:
        return through(table, photo)
    small = images.scale(photo, min(SIDE, short))
    change = through(table, small).clamp(0, 1) - small
    coefficients = local_affine(small, change, window_radius(RADIUS, small.shape[-2:]), EPSILON)
    return photo + apply_upsampled(coefficients, photo)
