"""The regions as pictures: in TensorBoard, and as label images that can be given back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from verism import images
from verism.callbacks.region_map import RegionMap, describe
from verism.errors import VerismError
from verism.regions import label_images
from verism.regions.masks import paint
from verism.regions.regions import Regions

LABELS = ("#e6194b", "#3cb44b")


def found(one_scene: float = 0.0) -> Regions:
    """A quarter and three quarters; only the second has a match."""
    left = (torch.arange(64) < 16).float().expand(1, 1, 48, 64)
    masks = torch.cat([left, 1 - left], dim=1)
    return Regions(LABELS, masks, masks.flip(3), torch.tensor([0.01, 0.8]), one_scene)


def test_says_what_has_no_match_and_whether_it_is_one_scene() -> None:
    said = "Regions that both photos show: red #e6194b (25%, no match), green #3cb44b (75%, 80% sure)."
    assert describe(found()) == said
    assert describe(found(0.9)) == f"The photos are of one scene, and get one grade. {said}"


def test_painted_label_images_are_read_back_as_the_same_regions(tmp_path: Path) -> None:
    callback = RegionMap(tmp_path / "map.png")
    for file, masks in zip(callback.files, (found().content, found().style), strict=True):
        images.write(file, paint(masks, LABELS), {})
    again = label_images.read(callback.files, [(48, 64)] * 2, 0.0)
    for mask, label in enumerate(LABELS):
        at = again.labels.index(label)
        assert torch.equal(again.content[0, at], found().content[0, mask] > 0)
        assert torch.equal(again.style[0, at], found().style[0, mask] > 0)


def test_existing_files_and_formats_with_loss_are_refused(tmp_path: Path) -> None:
    (tmp_path / "map-style.png").touch()
    with pytest.raises(VerismError, match=r"map-style.png: exists already"):
        RegionMap(tmp_path / "map.png").check()
    RegionMap(tmp_path / "map.png", overwrite=True).check()
    with pytest.raises(VerismError, match=r"map.jpg: label images are written as .png"):
        RegionMap(tmp_path / "map.jpg").check()


def test_a_run_shows_and_writes_what_it_found(events: Callable[..., EventAccumulator], tmp_path: Path) -> None:
    path = tmp_path / "map.png"
    options = ("--trainer.max_steps", "1", "--data.regions", "auto", "--regions.path", str(path))
    assert {"regions/content", "regions/style"} <= set(events(*options).Tags()["images"])
    assert images.read(path).shape == (1, 3, 48, 64)
    assert images.read(path.with_stem("map-style")).shape[1] == 3
    with pytest.raises(SystemExit):
        events(*options)
