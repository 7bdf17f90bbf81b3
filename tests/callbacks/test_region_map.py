"""The regions as pictures: in TensorBoard, and as label images that can be given back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from verism import images, likeness
from verism.callbacks.region_map import RegionMap, describe
from verism.canvas import Lut3d, RegionalGrade
from verism.errors import VerismError
from verism.regions import label_images
from verism.regions.colors import COLORS
from verism.regions.masks import enlarged, paint
from verism.regions.regions import Regions

LABELS = ("#e6194b", "#3cb44b")


def found(one_scene: float = 0.0) -> Regions:
    """A quarter and three quarters; only the second has a match."""
    left = (torch.arange(64) < 16).float().expand(1, 1, 48, 64)
    masks = torch.cat([left, 1 - left], dim=1)
    return Regions(LABELS, masks, masks.flip(3), torch.tensor([0.01, 0.8]), one_scene)


SAID = "Regions of your photo, and how sure their match is: red #e6194b (25%, no match), green #3cb44b (75%, 80% sure)."


def test_says_what_has_no_match_and_whether_it_is_one_scene() -> None:
    canvas = RegionalGrade()
    assert describe(found(), canvas) == SAID
    assert describe(found(0.3), canvas) == f"{likeness.LESS_APART} {SAID}"
    assert describe(found(0.7), canvas) == f"{likeness.MUCH_THE_SAME} {SAID}"


def test_of_regions_that_do_not_count_nothing_is_said() -> None:
    assert describe(found(1.0), RegionalGrade()) == likeness.ONE_GRADE
    kept = found(1.0).keep(["red"])
    assert describe(kept, RegionalGrade()) == f"{likeness.ONE_GRADE_BESIDE} You keep red #e6194b (25%)."
    # Where they count, whether it is one scene does not.
    assert describe(found(1.0), Lut3d()) == SAID


def test_of_what_is_kept_no_match_is_missed() -> None:
    assert describe(found().keep(["red"]), RegionalGrade()) == SAID.replace("no match", "kept as it is")


def test_tells_how_much_of_the_photo_is_seen_in_each_colour() -> None:
    """Red has a tenth of everything, and is seen nowhere."""
    masks = found().content * 0.9
    masks[:, 1] += 0.1 * found().content[:, 0]
    masks[:, 0] = 0.1
    assert "red" not in describe(found()._replace(content=masks), RegionalGrade())


def test_painted_label_images_are_read_back_as_the_same_regions(tmp_path: Path) -> None:
    callback = RegionMap(tmp_path / "map.png")
    for file, masks in zip(callback.files, (found().content, found().style), strict=True):
        images.write(file, paint(enlarged(masks, (105, 140)), LABELS), {})
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


def test_a_run_shows_and_writes_what_it_found(
    events: Callable[..., EventAccumulator], tmp_path: Path, photo_files: list[str]
) -> None:
    path = tmp_path / "map.png"
    options = ("--trainer.max_steps", "1", "--data.size", "32", "--data.regions", "auto", "--regions.path", str(path))
    assert {"regions/content", "regions/style"} <= set(events(*options).Tags()["images"])
    for file, photo in zip((path, path.with_stem("map-style")), map(Path, photo_files[1::2]), strict=True):
        # At the size of the photo, and in flat colours.
        label_image = images.read(file)
        assert label_image.shape == images.read(photo).shape
        assert len(label_image.flatten(2).unique(dim=2).mT) <= len(COLORS)
    with pytest.raises(SystemExit):
        events(*options)
