"""Makes the pictures of the gallery: each photo, and beside it what photoreal.yaml makes of it.

python tools/before_after.py [PAIR…], such as picos-sunset; without, all of them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from PIL import Image

import verism
from verism import images
from verism.look.picture import at_most

ROOT = Path(__file__).parents[1]

PHOTOS = ROOT / "configs" / "photos"

PAIRS = (
    "lake-beacon",
    "picos-sunset",
    "pavilion-autumn",
    "dandelions-sunset",
    "colosseum-beacon",
    "tea-autumn",
    "lake-autumn",
    "rocket-sunset",
)
"""Of the photos that verism comes with."""

SIDE = 720
"""Pixels of the long side of each of the two."""


def main() -> None:
    """Make the pairs that are named."""
    torch.set_num_threads(1)
    for pair in sys.argv[1:] or PAIRS:
        content, style = (PHOTOS / f"{name}.jpg" for name in pair.split("-"))
        run = verism.fit(content, style, progress=False, output={"size": SIDE})
        photo = at_most(run.model.data.source, SIDE).pixels
        both = torch.cat([photo, images.resize(run.pixels, photo.shape[-2:])], dim=-1)
        levels = (both[0].clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
        path = ROOT / "docs" / "before_after" / f"{pair}.jpg"
        Image.fromarray(levels).save(path, quality=84, optimize=True, progressive=True)
        print(f"{path}: {path.stat().st_size // 1000} kB", flush=True)


if __name__ == "__main__":
    main()
