"""Warns about photos that a series made much darker or lighter, for which ``predict`` would have reduced the look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor

from verism import images
from verism.color.spaces import Oklab
from verism.look.on_other_photos import AREA, LIGHTNESS

LESS = 0.5
"""Share of the current tone strength that the warning suggests."""

NAMED = 5
"""Largest number of photos that the warning names."""


def change(photo: Tensor, image: Tensor) -> float:
    """Return how much a photo's mean lightness in Oklab has changed; both are ``(1, 3, H, W)``, RGB in [0, 1]."""
    before, after = (float(Oklab().encode(images.within(it, AREA))[:, 0].mean()) for it in (photo, image))
    return after - before


def warning(changes: Mapping[Path, float], less: str) -> str:
    """Return a line that names the photos whose light has changed a lot, and a remedy; empty if there are none.

    All photos of a series get the same look, so it is not reduced for some of them as in ``predict``.

    Args:
        changes: change of mean lightness, by photo.
        less: the command that applies ``LESS`` of the look's light to them.
    """
    darker = [photo.name for photo, it in changes.items() if it < -LIGHTNESS]
    lighter = [photo.name for photo, it in changes.items() if it > LIGHTNESS]
    said = [
        f"much {way} than before: {_listed(names)}"
        for way, names in (("darker", darker), ("lighter", lighter))
        if names
    ]
    if not said:
        return ""
    return f"verism: warning: {'; '.join(said)}. For more of the photo's own light: {less}\n"


def _listed(names: Sequence[str]) -> str:
    more = [f"and {len(names) - NAMED} more"] if len(names) > NAMED else []
    return ", ".join([*names[:NAMED], *more])
