"""Flicker: what a result changes from frame to frame where its clip stands still."""

from __future__ import annotations

from pathlib import Path

import clips
import numpy as np
import pytest
import torch
from torch import Tensor

from verism import images
from verism.cli import CONFIGS
from verism.clip import ClipEncoding, frames, grade
from verism.clip.flicker import flicker, flicker_along_flow
from verism.color.table import over_nodes

GRADE = over_nodes(33, lambda image: (1.15 * image**1.2 - torch.tensor([0.0, 0.03, 0.08]).view(1, 3, 1, 1)).clamp(0, 1))
"""A look with more contrast, and warmer."""


def gray(level: float) -> Tensor:
    return torch.full((1, 3, 8, 8), level)


def test_is_zero_for_what_stands_still_and_the_difference_else() -> None:
    still = [gray(0.5)] * 3
    assert flicker(still, [gray(0.7)] * 3) == 0
    # Greys of CIELAB lightness 60 and 61.
    light, lighter = (gray(1.055 * ((lightness + 16) / 116) ** (3 / 2.4) - 0.055) for lightness in (60, 61))
    assert flicker(still, [light, lighter, light]) == pytest.approx(1.0, abs=0.01)
    assert flicker([light, lighter], [light, lighter]) == pytest.approx(0, abs=1e-6)


def test_what_moves_does_not_count() -> None:
    assert flicker([gray(0.2), gray(0.8)], [gray(0.1), gray(0.9)]) == 0


def frames_of(path: Path) -> list[Tensor]:
    planes, _ = clips.read(path)
    found = []
    for y, cb, cr in planes:
        luma, blue, red = (y - 16) / 219, (cb - 128) / 224, (cr - 128) / 224
        r, b = luma + red * 1.5748, luma + blue * 1.8556
        g = (luma - 0.2126 * r - 0.0722 * b) / 0.7152
        found.append(torch.from_numpy(np.stack([r, g, b])).unsqueeze(0).clamp(0, 1))
    return found


def exposure_ramp() -> list[np.ndarray]:
    """A photo that brightens by a fifth over 24 frames, as a camera's automatic exposure does."""
    photo = images.scale(images.read(CONFIGS / "photos" / "lake.jpg"), 96)[0].permute(1, 2, 0).numpy()
    return [np.clip(photo * (0.9 + 0.2 * step / 24), 0, 1) for step in range(24)]


def pan() -> list[np.ndarray]:
    """A slow pan over a photo, by half a pixel a frame."""
    photo = images.scale(images.read(CONFIGS / "photos" / "lake.jpg"), 192)
    found = []
    for step in range(24):
        window = photo[..., step : step + 192, step : step + 256]
        found.append(images.resize(window, (96, 128))[0].permute(1, 2, 0).numpy())
    return found


@pytest.mark.slow
@pytest.mark.parametrize("moving", [exposure_ramp, pan])
def test_a_look_flickers_by_less_than_three_tenths(tmp_path: Path, moving: object) -> None:
    """A table is the same function in every frame, so that only its slope is left of the clip's own changes."""
    pictures = [clips.yuv(picture[:96, :128]) for picture in moving()]  # type: ignore[operator]
    source = clips.write(tmp_path / "in.mkv", pictures)
    grade(source, tmp_path / "out.mkv", GRADE, ClipEncoding("ffv1"))
    before, after = frames_of(source), frames_of(tmp_path / "out.mkv")
    assert abs(flicker(before, after)) <= 0.3
    # The measure would tell: every other frame a little brighter is more than that.
    worse = [(frame * (1 + 0.03 * (number % 2))).clamp(0, 1) for number, frame in enumerate(after)]
    assert flicker(before, worse) > 0.3


def test_a_moving_camera_is_followed() -> None:
    """A look has no flicker where the view moves; every other frame a little brighter is flicker there too."""
    photo = images.scale(images.read(CONFIGS / "photos" / "lake.jpg"), 96)
    frames = [photo[..., step : step + 80, 2 * step : 2 * step + 96] for step in range(4)]
    same = [frame**0.9 for frame in frames]
    assert abs(flicker_along_flow(frames, same)) <= 0.1
    worse = [(frame * (1 + 0.03 * (number % 2))).clamp(0, 1) for number, frame in enumerate(same)]
    assert flicker_along_flow(frames, worse) > 1


@pytest.mark.slow
def test_compression_adds_little_flicker(tmp_path: Path) -> None:
    """A camera that stands still, with its noise, in a clip that was encoded before, as clips are."""
    photo = images.scale(images.read(CONFIGS / "photos" / "lake.jpg"), 144)[0, :, :144, :256].permute(1, 2, 0).numpy()
    random = np.random.default_rng(0)
    pictures = [clips.yuv(np.clip(photo + random.normal(0, 0.016, photo.shape), 0, 1)) for _ in range(24)]
    source = clips.write(tmp_path / "in.mp4", pictures, "yuv420p", codec="libx264", crf=23)
    grade(source, tmp_path / "out.mp4", GRADE, ClipEncoding())
    times = [number / 25 for number in range(24)]
    # x264's defaults at crf 17 had 0.09.
    assert flicker(frames(source, times), frames(tmp_path / "out.mp4", times)) <= 0.06
