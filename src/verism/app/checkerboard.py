"""Shows which parts of a photo are transparent."""

from __future__ import annotations

import torch
from torch import Tensor

from verism.photo_file import Photo

SQUARE = 12
"""Side of a square of the checkerboard, in pixels."""

LIGHT, DARK = 1.0, 0.8
"""Grey levels of the squares."""


def over_checkerboard(photo: Photo) -> Tensor:
    """Composite a photo over a checkerboard, as photographers expect. Returns ``(1, 3, H, W)``.

    Over white, a cut-out could not be told from a photo with a white background.
    """
    if photo.alpha is None:
        return photo.pixels
    height, width = photo.pixels.shape[-2:]
    is_odd = (torch.arange(height).view(-1, 1) // SQUARE + torch.arange(width) // SQUARE) % 2 == 1
    board = torch.where(is_odd, DARK, LIGHT).to(photo.pixels)
    return torch.lerp(board, photo.pixels, photo.alpha.to(photo.pixels))
