"""Where a picture has newly lost its highlights, shadows and colours: in words, and as marks over it."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from verism.app.shown import SLIDERS
from verism.look.strength import Strength
from verism.metrics import newly_at_limits, where_newly_clipped
from verism.verdict import CLIPPED

LITTLE = 0.001
"""Share of a picture below which no figure is told."""

APART, STRIPE, EDGE = 14, 3, 1
"""Distance between two stripes of the marks of pure colours, the width of one, and that of its edge, in pixels: between
them, one sees the picture."""

RED, BLUE, WHITE = (1.0, 0.0, 0.0), (0.0, 0.25, 1.0), (1.0, 1.0, 1.0)

TRIED = 6
"""Distance between the pixels at which a slider is tried: all of them would take as long as the picture itself."""

NOTHING = "Nothing is newly clipped."


class Mark(NamedTuple):
    """How a kind of clipping is told and marked.

    Attributes:
        name: of the kind, as part of a sentence.
        look: of its marks, likewise.
    """

    name: str
    look: str


MARKS = (
    Mark("highlights", "red"),
    Mark("shadows", "blue"),
    Mark("pure colours", "stripes: red at 255, blue at 0"),
)


def said(image: Tensor, photo: Tensor, *, marks: bool) -> str:
    """Return in a sentence how much of a picture is newly clipped; empty if that is too little to be noticed.

    Args:
        image: the picture, ``(1, 3, H, W)``, RGB in [0, 1].
        photo: the content photo, of the same shape.
        marks: whether it is marked: then any of it is told.
    """
    places = where_newly_clipped(image, photo)
    shares = [float(where.double().mean()) for where in places]
    if not any(shares) if marks else shares[0] + shares[1] <= CLIPPED:
        return NOTHING if marks else ""
    # Of little beside much, one is told where it is marked.
    least = 0.0 if marks else min(LITTLE, max(shares) / 2)
    parts = [
        f"{mark.name} in {_percent(share)}{f' ({mark.look})' if marks else ''}"
        for mark, share in zip(MARKS, shares, strict=True)
        if share > least
    ]
    listed = " and ".join([", ".join(parts[:-1]), parts[-1]] if parts[1:] else parts)
    limit = ", where red, green or blue has come to its limit" if marks else ""
    return f"Newly clipped: {listed} of the picture{limit}."


def helps(look: Tensor, photo: Tensor, strength: Strength) -> str:
    """Return in a sentence which slider gives detail back, as is tried: a burnt sky needs another than a pure orange.

    Args:
        look: the picture at full strength, ``(1, 3, H, W)``, RGB in [0, 1].
        photo: the content photo, of the same shape.
        strength: the strength at which it is shown.
    """
    look, photo = look[..., ::TRIED, ::TRIED], photo[..., ::TRIED, ::TRIED]

    def clipped(tried: Strength) -> float:
        places = where_newly_clipped(tried(photo, look), photo)
        return float(torch.stack(places).any(dim=0).double().mean())

    half = clipped(strength) / 2
    left = {name: clipped(strength._replace(**{name: share / 2})) for name, share in strength._asdict().items()}
    # Either of these leaves more of the look.
    name = min(("tone", "color"), key=lambda name: left[name])
    if left[name] > half:
        name = "strength"
    return f"A lower {SLIDERS[name]} gives {'most' if left[name] <= half else 'some'} of their detail back."


def marked(image: Tensor, photo: Tensor) -> Tensor:
    """Return a picture with what is newly clipped marked as ``MARKS`` says; both as for ``said``.

    On what is nearly white or black, one sees a colour. A pure colour may be that of its mark: it has stripes with a
    white edge, which rise where one of red, green and blue is full, and fall where one is missing.
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
    # It would be 0.0 %.
    return f"less than {LITTLE:.1%}" if share < LITTLE else f"{share:.1%}"
