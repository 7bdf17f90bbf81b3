"""The one sample: sizes, repetition, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from lightning.pytorch import Trainer
from PIL import Image

from verism import photo_file
from verism.data import PhotoPair
from verism.errors import VerismError
from verism.photo_file import Photo


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    Image.linear_gradient("L").resize((1000, 563)).save(tmp_path / "wide.png")
    Image.radial_gradient("L").resize((80, 120)).save(tmp_path / "small.png")
    return tmp_path / "wide.png", tmp_path / "small.png"


def test_short_sides_become_size_and_are_never_enlarged_unless_asked(files: tuple[Path, Path]) -> None:
    photos = PhotoPair(*files, size=100).photos
    assert photos.content.shape == (1, 3, 100, 177)
    assert photos.style.shape == (1, 3, 120, 80)
    photos = PhotoPair(*files, size=100, upscale=True).photos
    assert photos.style.shape == (1, 3, 150, 100)
    assert PhotoPair(*files).photos.content.shape == (1, 3, 563, 1000)


def test_the_papers_size() -> None:
    """5000×2813 at 600 px is 1066×600 in the paper's figures: the long side is rounded down."""
    pair = PhotoPair(Path(), Path())
    assert pair._fit(torch.zeros(1, 3, 2813, 5000)).shape == (1, 3, 600, 1066)


def test_hands_out_the_sample_as_often_as_there_are_steps(files: tuple[Path, Path]) -> None:
    pair = PhotoPair(*files, size=64)
    pair.trainer = Trainer(max_steps=7, logger=False, accelerator="cpu", enable_checkpointing=False)
    loader = pair.train_dataloader()
    assert len(loader) == 7
    for _ in range(2):
        samples = list(loader)
        assert len(samples) == 7
        assert all(sample is pair.photos for sample in samples)
    pair.trainer = None
    assert len(pair.train_dataloader()) == 1000


def test_reads_each_photo_once(files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    paths = []
    plain = photo_file.read

    def counted(path: Path, white: float | None = None) -> Photo:
        paths.append(path)
        return plain(path, white)

    monkeypatch.setattr(photo_file, "read", counted)
    pair = PhotoPair(*files)
    pair.setup("fit")
    pair.setup("fit")
    assert paths == list(files)


def test_refuses_a_size_below_what_vgg_can_see(files: tuple[Path, Path]) -> None:
    with pytest.raises(VerismError, match=r"--data.size 31: must be at least 32"):
        PhotoPair(*files, size=31).setup("fit")


@pytest.fixture
def masks(tmp_path: Path) -> tuple[Path, Path]:
    """Of the photos of ``files``: the left half black, the right half white; the first at half the photo's size."""
    names = tmp_path / "wide_mask.png", tmp_path / "small_mask.png"
    for name, (width, height) in zip(names, ((500, 281), (80, 120)), strict=True):
        mask = Image.new("L", (width, height))
        mask.paste(255, (width // 2, 0, width, height))
        mask.save(name)
    return names


def test_there_are_no_regions_without_masks(files: tuple[Path, Path]) -> None:
    pair = PhotoPair(*files)
    pair.setup("fit")
    assert pair.regions is None


def test_regions_have_the_photos_sizes(files: tuple[Path, Path], masks: tuple[Path, Path]) -> None:
    pair = PhotoPair(*files, size=100, content_mask=masks[0], style_mask=masks[1])
    pair.setup("fit")
    regions = pair.regions
    assert regions is not None
    assert set(regions.labels) == {"#000000", "#ffffff"}
    white = regions.labels.index("#ffffff")
    for photo, sides in zip(pair.photos, (regions.content, regions.style), strict=True):
        assert sides.shape[-2:] == photo.shape[-2:]
        width = photo.shape[-1]
        assert sides[0, white, :, width // 2 + 1 :].all()
        assert not sides[0, white, :, : width // 2].any()
    assert pair.regions is regions


@pytest.mark.parametrize(("given", "missing"), [("content", "style"), ("style", "content")])
def test_one_mask_alone_is_refused(
    given: str, missing: str, files: tuple[Path, Path], masks: tuple[Path, Path]
) -> None:
    pair = PhotoPair(*files, size=100, **{f"{given}_mask": masks[0]})  # type: ignore[arg-type]
    with pytest.raises(VerismError, match=f"--data.{given}_mask needs --data.{missing}_mask: give both masks"):
        pair.setup("fit")


@pytest.mark.parametrize("threshold", [-0.1, 1.5, float("nan")])
def test_a_threshold_that_is_no_share_is_refused(
    threshold: float, files: tuple[Path, Path], masks: tuple[Path, Path]
) -> None:
    pair = PhotoPair(*files, size=100, content_mask=masks[0], style_mask=masks[1], mask_threshold=threshold)
    with pytest.raises(VerismError, match=rf"--data.mask_threshold {threshold}: must be a share, from 0 to 1"):
        pair.setup("fit")


def test_the_masks_must_fit_their_photos(files: tuple[Path, Path], masks: tuple[Path, Path]) -> None:
    pair = PhotoPair(*files, size=100, content_mask=masks[1], style_mask=masks[0])
    with pytest.raises(VerismError, match=r"small_mask.png: 80×120 .* content photo, which is 177×100 at --data.size"):
        pair.setup("fit")
