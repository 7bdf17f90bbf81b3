"""What is transparent is told from what is white."""

from __future__ import annotations

import torch

from verism.app.checkerboard import DARK, LIGHT, SQUARE, over_checkerboard
from verism.photo_file import Photo


def test_squares_are_seen_through_what_is_transparent() -> None:
    pixels = torch.full((1, 3, 2 * SQUARE, 3 * SQUARE), 0.3)
    assert over_checkerboard(Photo(pixels)) is pixels
    alpha = torch.ones(1, 1, 2 * SQUARE, 3 * SQUARE)
    alpha[..., :SQUARE], alpha[..., SQUARE : 2 * SQUARE] = 0, 0.5
    seen = over_checkerboard(Photo(pixels, alpha))
    corners = [[seen[0, :, y, x].mean().item() for x in (0, SQUARE, 2 * SQUARE)] for y in (0, SQUARE)]
    expected = [[LIGHT, (DARK + 0.3) / 2, 0.3], [DARK, (LIGHT + 0.3) / 2, 0.3]]
    torch.testing.assert_close(torch.tensor(corners), torch.tensor(expected))
