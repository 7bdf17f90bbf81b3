"""Cuts are found, flashes and pans are none, and every shot has a frame that stands for it."""

from __future__ import annotations

from pathlib import Path

import clips
import numpy as np
import pytest
import torch
from conftest import synthetic_photo

from verism.clip.sheet import sheet
from verism.clip.shots import Shot, shots, standing


def picture(color: tuple[float, float, float], size: int = 64) -> np.ndarray:
    return clips.yuv(np.full((size, size, 3), color))


RED, GREEN, BLUE, WHITE = (0.8, 0.1, 0.1), (0.1, 0.7, 0.2), (0.1, 0.2, 0.9), (1.0, 1.0, 1.0)


def test_cuts_are_found_and_a_flash_is_none(tmp_path: Path) -> None:
    colors = [*[RED] * 20, WHITE, WHITE, *[RED] * 18, *[GREEN] * 25, *[BLUE] * 15]
    path = clips.write(tmp_path / "in.mkv", [picture(color) for color in colors])
    assert [tuple(shot) for shot in shots(path)] == [
        pytest.approx(pair, abs=0.001) for pair in ((0, 1.6), (1.6, 2.6), (2.6, 3.2))
    ]


def test_a_pan_and_a_fade_are_one_shot(tmp_path: Path) -> None:
    wide = synthetic_photo(64, 128, seed=1)[0].permute(1, 2, 0).numpy()
    pan = [clips.yuv(wide[:, start : start + 64]) for start in range(0, 40, 2)]
    fade = [clips.yuv(wide[:, 38:102] * (1 - step / 20)) for step in range(20)]
    path = clips.write(tmp_path / "in.mkv", [*pan, *fade])
    assert len(shots(path)) == 1


def test_frames_stand_for_every_shot() -> None:
    """And longer ones have more; of too many shots, the longest have one."""
    assert standing([Shot(0, 10)], 4) == pytest.approx([1.25, 3.75, 6.25, 8.75])
    assert standing([Shot(0, 1), Shot(1, 9)], 4) == pytest.approx([0.5, 1 + 8 / 6, 5, 9 - 8 / 6])
    assert standing([Shot(0, 1), Shot(1, 4), Shot(4, 6)], 2) == pytest.approx([2.5, 5])


def test_a_sheet_shows_them_without_gaps(tmp_path: Path) -> None:
    colors = [*[RED] * 20, *[GREEN] * 20, *[BLUE] * 20, *[WHITE] * 20]
    path = clips.write(tmp_path / "in.mkv", [picture(color) for color in colors])
    found = sheet(path, 4, side=32)
    assert found.shape == (1, 3, 64, 64)
    for (row, column), color in zip(((0, 0), (0, 1), (1, 0), (1, 1)), (RED, GREEN, BLUE, WHITE), strict=True):
        part = found[0, :, 32 * row : 32 * row + 32, 32 * column : 32 * column + 32]
        torch.testing.assert_close(part.mean(dim=(1, 2)), torch.tensor(color), rtol=0, atol=2.5 / 255)
