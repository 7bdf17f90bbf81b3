"""Where a picture has newly lost its highlights and shadows: in words, and as marks over it."""

from __future__ import annotations

import torch
from torch import Tensor

from verism.metrics import where_newly_clipped
from verism.verdict import CLIPPED

MARKS = ((1.0, 0.0, 0.0), (0.0, 0.25, 1.0))
"""Colours of clipped highlights and shadows, red and blue as in other programs, RGB in [0, 1]."""

NOTHING = "Nothing is newly clipped."


def said(image: Tensor, photo: Tensor, *, marks: bool) -> str:
    """Return in a sentence how much of a picture is newly clipped; empty if that is too little to be noticed.

    Args:
        image: the picture, ``(1, 3, H, W)``, RGB in [0, 1].
        photo: the content photo, of the same shape.
        marks: whether it is marked: then any of it is told.
    """
    shares = [float(where.double().mean()) for where in where_newly_clipped(image, photo)]
    least = 0.0 if marks else CLIPPED
    parts = [
        f"{name} in {_percent(share)} of the picture{f' ({color})' if marks else ''}"
        for name, color, share in zip(("highlights", "shadows"), ("red", "blue"), shares, strict=True)
        if share > least
    ]
    if not parts:
        return NOTHING if marks else ""
    return (
        f"Newly clipped: {' and '.join(parts)}, where red, green or blue has come to its limit. A lower Strength gives "
        "their detail back."
    )


def marked(image: Tensor, photo: Tensor) -> Tensor:
    """Return a picture with what is newly clipped in the colours of ``MARKS``; both as for ``said``."""
    for where, color in zip(where_newly_clipped(image, photo), MARKS, strict=True):
        image = torch.where(where, torch.tensor(color).to(image).view(1, 3, 1, 1), image)
    return image


def _percent(share: float) -> str:
    return "less than 0.1%" if share < 0.001 else f"{share:.1%}"  # noqa: PLR2004  # It would be 0.0 %.
