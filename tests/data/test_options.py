"""The options that a run has recorded."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from conftest import shoot, synthetic_photo
from torch import Tensor

from verism.data import PhotoPair
from verism.data.options import photo_pair

CHOSEN: dict[str, Any] = {
    "content": "mine.png",
    "style": ["one.png", "other.png"],
    "size": 48,
    "upscale": True,
    "regions": "auto",
    "content_mask": "mine-mask.png",
    "style_mask": "one-mask.png",
    "mask_threshold": 0.5,
    "merge": [["#e6194b", "#3cb44b"]],
    "leave_out": ["#e6194b"],
    "keep": ["#0082c8"],
    "max_megapixels": 2.0,
    "white": 8.0,
    "style_weights": [2.0, 1.0],
}
"""A value for each option that is not its default."""


def chosen(pair: PhotoPair) -> dict[str, Any]:
    """Return all that decides what a pair reads and finds."""
    return {name: value for name, value in vars(pair).items() if not name.startswith("_")}


def test_every_option_is_tried() -> None:
    assert list(CHOSEN) == list(inspect.signature(PhotoPair).parameters)


def test_every_option_is_read_back() -> None:
    assert chosen(photo_pair(CHOSEN)) == chosen(PhotoPair(**CHOSEN))


@pytest.mark.parametrize("name", [name for name in CHOSEN if name not in ("content", "style")])
def test_an_option_that_was_not_recorded_has_its_default(name: str) -> None:
    older = {other: value for other, value in CHOSEN.items() if other != name}
    assert chosen(photo_pair(older)) == chosen(PhotoPair(**older)) != chosen(photo_pair(CHOSEN))


def test_an_option_of_another_version_is_left_out() -> None:
    assert chosen(photo_pair({**CHOSEN, "sharpen": True})) == chosen(photo_pair(CHOSEN))


def test_a_photo_brighter_than_white_is_read_as_in_the_run(tmp_path: Path, content: Tensor) -> None:
    for name, photo in (("mine.tif", 8 * content), ("theirs.tif", content)):
        samples = np.ascontiguousarray(photo.squeeze(0).permute(1, 2, 0).numpy())
        tifffile.imwrite(tmp_path / name, samples, photometric="rgb")
    options: dict[str, Any] = {"content": tmp_path / "mine.tif", "style": tmp_path / "theirs.tif", "white": 8.0}
    assert torch.equal(photo_pair(options).original, PhotoPair(**options).original)


def test_one_mask_is_enough_where_the_network_finds_the_counterparts(tmp_path: Path) -> None:
    for name, seed in (("mine.png", 1), ("theirs.png", 2)):
        shoot(tmp_path / name, synthetic_photo(48, 64, seed))
    mask = torch.zeros(1, 3, 48, 64)
    mask[..., 32:] = 1
    shoot(tmp_path / "mask.png", mask)
    options = {name: str(tmp_path / f"{name}.png") for name in ("mine", "theirs", "mask")}
    pair = photo_pair(
        {"content": options["mine"], "style": options["theirs"], "content_mask": options["mask"], "regions": "auto"}
    )
    assert pair.masked is None
    assert pair.known is not None
