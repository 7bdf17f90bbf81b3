"""Makes the pictures of the gallery: each photo, and beside it what photoreal.yaml makes of it.

python tools/before_after.py; the first is fitted, and the others are cut out of docs/gallery, which has the style too.
"""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

import verism
from verism import images
from verism.look.picture import at_most

ROOT = Path(__file__).parents[1]

FITTED = ("lake", "beacon")
"""Names of a photo and a style that verism comes with."""

CUT = {
    "picos-sunset": 346,
    "pavilion-autumn": 389,
    "dandelions-sunset": 462,
    "colosseum-beacon": 462,
    "tea-autumn": 389,
    "mila-colosseum": 389,
}
"""Pictures of docs/gallery to the width of the photo in them, and of the result, which is at the other end."""

SIDE = 720
"""Pixels of the long side of each of the two, where they are fitted."""


def main() -> None:
    """Make all of them."""
    write("-".join(FITTED), *fitted(*FITTED))
    for pair, width in CUT.items():
        whole = images.read(ROOT / "docs" / "gallery" / f"{pair}.jpg")
        write(pair, whole[..., :width], whole[..., -width:])


def fitted(content: str, style: str) -> tuple[Tensor, Tensor]:
    """Return a photo and its result."""
    photos = ROOT / "configs" / "photos"
    run = verism.fit(photos / f"{content}.jpg", photos / f"{style}.jpg", progress=False, output={"size": SIDE})
    photo = at_most(run.model.data.source, SIDE).pixels
    return photo, images.resize(run.pixels, photo.shape[-2:])


def write(pair: str, before: Tensor, after: Tensor) -> None:
    """Write the two side by side."""
    levels = (torch.cat([before, after], dim=-1)[0].clamp(0, 1) * 255).round().to(torch.uint8)
    path = ROOT / "docs" / "before_after" / f"{pair}.jpg"
    Image.fromarray(levels.permute(1, 2, 0).numpy()).save(path, quality=88, optimize=True, progressive=True)
    print(f"{path}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
