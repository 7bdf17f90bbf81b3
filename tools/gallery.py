"""Makes docs/gallery: a photo, its style, and what photoreal.yaml makes of the two, side by side.

python tools/gallery.py FOLDER [PAIR ...]; FOLDER has the photos that verism does not come with, all of them CC0 (see
configs/photos/README.md), by the names in PAIRS. Then run tools/before_after.py, which cuts its pictures out of these.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from PIL import Image
from torch.nn import functional as F  # noqa: N812

import verism
from verism import images

ROOT = Path(__file__).parents[1]

PAIRS = {
    "picos-sunset": ("picos", "sunset"),
    "pavilion-autumn": ("pavilion", "autumn"),
    "dandelions-sunset": ("dandelions", "sunset"),
    "sherburne-beacon": ("lake-sherburne", "beacon-street-sunset"),
    "colosseum-beacon": ("colosseum", "beacon"),
    "tea-autumn": ("tea", "autumn"),
    "mila-colosseum": ("casa-mila", "colosseum"),
    "otters-wren": ("oakland-zoo-otters", "canyon-wren"),
}
"""Name of a picture to the names of its photo and of its style."""

HEIGHT, GAP = 260, 6
"""Height of the pictures, and the width of the white between them, in pixels."""


def main(folder: Path, *pairs: str) -> None:
    """Make the pictures of the pairs, of all if none are named."""
    for pair in pairs or PAIRS:
        content, style = (photo(name, folder) for name in PAIRS[pair])
        run = verism.fit(content, style, progress=False)
        three = [images.to_height(it, HEIGHT) for it in (images.read(content), images.read(style), run.pixels)]
        spaced = torch.cat([F.pad(it.clamp(0, 1), (0, GAP), value=1) for it in three], dim=-1)[0, ..., :-GAP]
        path = ROOT / "docs" / "gallery" / f"{pair}.jpg"
        levels = (spaced * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
        Image.fromarray(levels).save(path, quality=88, optimize=True, progressive=True)
        print(f"{path}: {levels.shape[1]} × {HEIGHT}, {path.stat().st_size // 1000} kB")


def photo(name: str, folder: Path) -> Path:
    """Return the photo of a name: one that verism comes with, or one of the folder."""
    own = ROOT / "configs" / "photos" / f"{name}.jpg"
    return own if own.is_file() else folder / f"{name}.jpg"


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
