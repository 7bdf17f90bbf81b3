"""Shows what of a photo is transparent."""

from __future__ import annotations

import torch
from torch import Tensor

from verism.photo_file import Photo

SQUARE = 12
"""Side of a square of the board, in pixels."""

LIGHT, DARK = 1.0, 0.8
"""Greys of its squares."""


def over_checkerboard(photo: Photo) -> Tensor:
    """Return a photo's pixels, ``(1, 3, H, W)``, over a checkerboard where it is transparent, as photographers expect.

    Over white, nobody could tell a cut-out from a photo with a white ground.
    """
    if photo.alpha is None:
        return photo.pixels
    height, width = photo.pixels.shape[-2:]
    is_odd = (torch.arange(height).view(-1, 1) // SQUARE + torch.arange(width) // SQUARE) % 2 == 1
    board = torch.where(is_odd, DARK, LIGHT).to(photo.pixels)
    return torch.lerp(board, photo.pixels, photo.alpha.to(photo.pixels))
