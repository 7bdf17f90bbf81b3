"""Finds newly clipped highlights, shadows and colours in a picture, and reports them in words and as marks."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from verism.app.shown import SLIDERS
from verism.enumeration import enumerated
from verism.look.strength import Strength
from verism.metrics import newly_at_limits, where_newly_clipped
from verism.verdict import CLIPPED

LITTLE = 0.001
"""Share of a picture below which no figure is reported."""

APART, STRIPE, EDGE = 14, 3, 1
"""Distance between the stripes that mark pure colours, width of a stripe, and width of its edge, in pixels. The picture
shows between the stripes."""

RED, BLUE, WHITE = (1.0, 0.0, 0.0), (0.0, 0.25, 1.0), (1.0, 1.0, 1.0)

TRIED = 6
"""Sampling step, in pixels, when the effect of a slider is tested. All pixels would take as long as the picture."""

NOTHING = "Nothing is newly clipped."


class Mark(NamedTuple):
    """How a kind of clipping is named and marked.

    Attributes:
        name: name of the kind, as part of a sentence.
        look: appearance of its marks, as part of a sentence.
    """

    name: str
    look: str


MARKS = (
    Mark("highlights", "red"),
    Mark("shadows", "blue"),
    Mark("pure colours", "stripes: red at 255, blue at 0"),
)


def said(image: Tensor, photo: Tensor, *, marks: bool) -> str:
    """Describe in a sentence how much of a picture is newly clipped. Empty if it is too little to notice.

    Args:
        image: the picture, ``(1, 3, H, W)``, RGB in [0, 1].
        photo: the content photo, of the same shape.
        marks: whether clipping is marked in the picture. If so, even the smallest amount is reported.
    """
    places = where_newly_clipped(image, photo)
    shares = [float(where.double().mean()) for where in places]
    if not any(shares) if marks else shares[0] + shares[1] <= CLIPPED:
        return NOTHING if marks else ""
    # A small amount beside a large one is only reported if it is marked.
    least = 0.0 if marks else min(LITTLE, max(shares) / 2)
    parts = [
        f"{mark.name} in {_percent(share)}{f' ({mark.look})' if marks else ''}"
        for mark, share in zip(MARKS, shares, strict=True)
        if share > least
    ]
    limit = ", where red, green or blue has come to its limit" if marks else ""
    return f"Newly clipped: {enumerated(parts)} of the picture{limit}."


def helps(look: Tensor, photo: Tensor, strength: Strength) -> str:
    """Say which slider would recover detail, by testing them: a burnt sky and a pure orange need different ones.

    Args:
        look: the picture at full strength, ``(1, 3, H, W)``, RGB in [0, 1].
        photo: the content photo, of the same shape.
        strength: the strength at which the picture is shown.
    """
    look, photo = look[..., ::TRIED, ::TRIED], photo[..., ::TRIED, ::TRIED]

    def clipped(tried: Strength) -> float:
        places = where_newly_clipped(tried(photo, look), photo)
        return float(torch.stack(places).any(dim=0).double().mean())

    half = clipped(strength) / 2
    left = {name: clipped(strength._replace(**{name: share / 2})) for name, share in strength._asdict().items()}
    # Either of these preserves more of the look.
    name = min(("tone", "color"), key=lambda name: left[name])
    if left[name] > half:
        name = "strength"
    return f"A lower {SLIDERS[name]} gives {'most' if left[name] <= half else 'some'} of their detail back."


def marked(image: Tensor, photo: Tensor) -> Tensor:
    """Mark newly clipped areas of a picture as defined in ``MARKS``. The arguments are those of ``said``.

    Nearly white or black areas are marked with a colour. A pure colour could coincide with that of its mark, so it gets
    stripes with a white edge. They rise where red, green or blue is at its maximum, and fall where one is missing.
    """
    height, width = image.shape[-2:]
    rows, columns = torch.arange(height).view(-1, 1), torch.arange(width)
    places = where_newly_clipped(image, photo)
    full, missing = newly_at_limits(image, photo)
    for where, at, color in ((full, rows + columns, RED), (missing, columns - rows + height, BLUE)):
        there = places.colors & where
        for wide, paint in ((STRIPE, WHITE), (STRIPE - EDGE, color)):
            image = _painted(image, there & (at % APART < wide).to(image.device), paint)
    return _painted(_painted(image, places.highlights, RED), places.shadows, BLUE)


def _painted(image: Tensor, where: Tensor, color: tuple[float, float, float]) -> Tensor:
    return torch.where(where, torch.tensor(color).to(image).view(1, 3, 1, 1), image)


def _percent(share: float) -> str:
    # Rounding would give 0.0 %.
    return f"less than {LITTLE:.1%}" if share < LITTLE else f"{share:.1%}"
