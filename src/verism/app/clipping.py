"""Where a picture has newly lost its highlights, shadows and colours: in words, and as marks over it."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from verism.app.shown import SLIDERS
from verism.look.strength import Strength
from verism.metrics import where_newly_clipped
from verism.verdict import CLIPPED

LITTLE = 0.001
"""Share of a picture below which no figure is told."""

STRIPE = 4
"""Width of a stripe of the marks of colours, in pixels."""

RED, BLUE, WHITE, BLACK = (1.0, 0.0, 0.0), (0.0, 0.25, 1.0), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)

TRIED = 6
"""Distance between the pixels at which a slider is tried: all of them would take as long as the picture itself."""

NOTHING = "Nothing is newly clipped."


class Mark(NamedTuple):
    """How a kind of clipping is told and marked.

    Attributes:
        name: of the kind, as part of a sentence.
        look: of its marks, likewise.
        stripes: the colours of the marks, RGB in [0, 1].
    """

    name: str
    look: str
    stripes: tuple[tuple[float, float, float], tuple[float, float, float]]


MARKS = (
    # On what is nearly white or black, one sees a colour. On any colour, one sees stripes of both.
    Mark("highlights", "red", (RED, RED)),
    Mark("shadows", "blue", (BLUE, BLUE)),
    Mark("pure colours", "striped", (WHITE, BLACK)),
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
        f"{mark.name} in {_percent(share)} of the picture{f' ({mark.look})' if marks else ''}"
        for mark, share in zip(MARKS, shares, strict=True)
        if share > least
    ]
    listed = " and ".join([", ".join(parts[:-1]), parts[-1]] if parts[1:] else parts)
    return f"Newly clipped: {listed}, where red, green or blue has come to its limit."


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
    """Return a picture with what is newly clipped in the colours of ``MARKS``; both as for ``said``."""
    height, width = image.shape[-2:]
    diagonal = torch.arange(height).view(-1, 1) + torch.arange(width)
    is_second = (diagonal // STRIPE % 2 == 1).to(image.device)
    for where, mark in zip(where_newly_clipped(image, photo), MARKS, strict=True):
        first, second = (torch.tensor(color).to(image).view(1, 3, 1, 1) for color in mark.stripes)
        image = torch.where(where, torch.where(is_second, second, first), image)
    return image


def _percent(share: float) -> str:
    # It would be 0.0 %.
    return f"less than {LITTLE:.1%}" if share < LITTLE else f"{share:.1%}"
