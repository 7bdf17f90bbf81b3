"""The pictures in the event file."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor

from verism import images


def pictures(accumulator: EventAccumulator, tag: str) -> dict[int, Tensor]:
    """Step to ``(3, H, W)`` in [0, 1]."""
    decoded = {}
    for event in accumulator.Images(tag):
        pixels = np.asarray(Image.open(io.BytesIO(event.encoded_image_string)).convert("RGB"))
        decoded[event.step] = torch.tensor(pixels).permute(2, 0, 1) / 255
    return decoded


@pytest.mark.parametrize(("steps", "every", "expected"), [(6, 2, [0, 2, 4, 6]), (5, 2, [0, 2, 4, 5]), (2, 9, [0, 2])])
def test_first_every_nth_and_last(
    events: Callable[..., EventAccumulator], steps: int, every: int, expected: list[int]
) -> None:
    accumulator = events("--trainer.max_steps", str(steps), "--snapshots.every_n_steps", str(every))
    assert set(accumulator.Tags()["images"]) == {"photo/content", "photo/style", "photo/image", "compare/side_by_side"}
    for tag in ("photo/image", "compare/side_by_side"):
        assert list(pictures(accumulator, tag)) == expected
    for tag in ("photo/content", "photo/style"):
        assert list(pictures(accumulator, tag)) == [0]


def test_a_resumed_run_shows_the_photos_too(events: Callable[..., EventAccumulator]) -> None:
    events("--trainer.max_steps", "2")
    checkpoint = Path("lightning_logs", "content-style", "checkpoints", "last.ckpt")
    accumulator = events("--trainer.max_steps", "4", "--ckpt_path", str(checkpoint))
    assert list(pictures(accumulator, "photo/content")) == [2]
    assert list(pictures(accumulator, "photo/image")) == [2, 4]


def test_pictures_are_the_photos_the_image_and_the_result(
    events: Callable[..., EventAccumulator], content: Tensor, style: Tensor, tmp_path: Path
) -> None:
    accumulator = events("--trainer.max_steps", "3", "--output.path", str(tmp_path / "result.png"))
    # 8 bits, which TensorBoard's writer truncates to and the photo files round to.
    close = partial(torch.testing.assert_close, atol=1.6 / 255, rtol=0)
    close(pictures(accumulator, "photo/content")[0], content[0])
    close(pictures(accumulator, "photo/style")[0], style[0])
    close(pictures(accumulator, "photo/image")[0], content[0])
    result = images.read(tmp_path / "result.png")[0]
    close(pictures(accumulator, "photo/image")[3], result)
    assert float((result - content[0]).abs().mean()) > 1 / 255
    row = pictures(accumulator, "compare/side_by_side")[3]
    small = images.resize(style, (48, 34))[0]
    close(row, torch.cat([content[0], result, small], dim=2))
