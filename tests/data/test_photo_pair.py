"""The one sample: sizes, repetition, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from lightning.pytorch import Trainer
from PIL import Image
from torch import Tensor

from verism import photo_file
from verism.data import PhotoPair
from verism.errors import VerismError
from verism.photo_file import Photo
from verism.regions.regions import OneMask, Regions


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


@pytest.mark.slow
def test_the_papers_size() -> None:
    """5000×2813 at 600 px is 1066×600 in the paper's figures: the long side is rounded down."""
    photo = torch.zeros(1, 3, 2813, 5000)
    assert PhotoPair(photo, photo[..., :600, :600]).photos.content.shape == (1, 3, 600, 1066)


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


def no_network(content: Tensor, style: Tensor, *, known: OneMask | None = None) -> Regions:
    raise AssertionError


class Finder:
    """Finds the left and the right half, and remembers where it was asked to look."""

    def __init__(self) -> None:
        self.asked: list[tuple[Tensor, ...]] = []

    def __call__(self, content: Tensor, style: Tensor, *, known: OneMask | None = None) -> Regions:
        assert known is None
        self.asked.append((content, style))
        masks = [soft_halves(*photo.shape[-2:]) for photo in (content, style)]
        return Regions(("left", "right"), masks[0], masks[1], torch.tensor([1.0, 0.25]))


def soft_halves(height: int, width: int) -> Tensor:
    right = torch.linspace(0, 1, width).expand(1, 1, height, width)
    return torch.cat([1 - right, right], dim=1)


@pytest.mark.parametrize("regions", ["masks", None])
def test_there_are_no_regions_without_masks(regions: Literal["masks"] | None, files: tuple[Path, Path]) -> None:
    pair = PhotoPair(*files, regions=regions)
    pair.setup("fit")
    assert pair.masked is None
    assert pair.regions(pair.photos, no_network) is None


def test_regions_have_the_photos_sizes(files: tuple[Path, Path], masks: tuple[Path, Path]) -> None:
    pair = PhotoPair(*files, size=100, content_mask=masks[0], style_mask=masks[1])
    pair.setup("fit")
    for photos in (pair.photos, pair.at(50)):
        regions = pair.regions(photos, no_network)
        assert regions is not None
        assert set(regions.labels) == {"#000000", "#ffffff"}
        assert regions.sure.tolist() == [1, 1]
        white = regions.labels.index("#ffffff")
        for photo, sides in zip(photos, (regions.content, regions.style), strict=True):
            assert sides.shape[-2:] == photo.shape[-2:]
            width = photo.shape[-1]
            assert sides[0, white, :, width // 2 + 1 :].all()
            assert not sides[0, white, :, : width // 2].any()


def test_masks_are_read_once(files: tuple[Path, Path], masks: tuple[Path, Path]) -> None:
    pair = PhotoPair(*files, size=100, content_mask=masks[0], style_mask=masks[1])
    pair.setup("fit")
    for mask in masks:
        mask.unlink()
    again = pair.regions(pair.photos, no_network)
    assert again is not None
    assert pair.masked is pair.masked
    assert torch.equal(again.content, pair.masked.content)  # type: ignore[union-attr]


def test_masks_come_before_what_the_network_would_find(files: tuple[Path, Path], masks: tuple[Path, Path]) -> None:
    pair = PhotoPair(*files, size=100, regions="auto", content_mask=masks[0], style_mask=masks[1])
    pair.setup("fit")
    regions = pair.regions(pair.photos, no_network)
    assert regions is not None
    assert set(regions.labels) == {"#000000", "#ffffff"}


def test_regions_null_compares_the_photos_as_a_whole_whatever_masks_there_are(
    files: tuple[Path, Path], masks: tuple[Path, Path]
) -> None:
    pair = PhotoPair(*files, size=100, regions=None, content_mask=masks[0], style_mask=masks[1])
    pair.setup("fit")
    assert pair.masked is None
    assert pair.regions(pair.photos, no_network) is None


def test_the_network_is_asked_once_and_of_the_photos_of_the_fit(files: tuple[Path, Path]) -> None:
    """At every scale, regions are those of the last one, resized: they do not change during a run."""
    pair, find = PhotoPair(*files, size=100, regions="auto"), Finder()
    pair.setup("fit")
    small, large = (pair.regions(photos, find) for photos in (pair.at(50), pair.photos))
    (asked,) = find.asked
    assert asked[0] is pair.photos.content
    assert asked[1] is pair.photos.style
    for regions, photos in ((small, pair.at(50)), (large, pair.photos)):
        assert regions is not None
        assert regions.labels == ("left", "right")
        assert regions.sure.tolist() == [1, 0.25]
        for masks, photo in zip((regions.content, regions.style), photos, strict=True):
            expected = soft_halves(*photo.shape[-2:])
            torch.testing.assert_close(masks, expected, rtol=0, atol=1 / photo.shape[-1])


@pytest.mark.parametrize(("given", "missing"), [("content", "style"), ("style", "content")])
def test_one_mask_alone_is_refused(
    given: str, missing: str, files: tuple[Path, Path], masks: tuple[Path, Path]
) -> None:
    pair = PhotoPair(*files, size=100, **{f"{given}_mask": masks[0]})  # type: ignore[arg-type]
    with pytest.raises(
        VerismError, match=f"--data.{given}_mask needs --data.{missing}_mask: give both, or --data.regions auto"
    ):
        pair.setup("fit")


@pytest.mark.parametrize("role", ["content", "style"])
def test_one_mask_is_handed_to_who_finds_the_counterparts(
    role: str, files: tuple[Path, Path], masks: tuple[Path, Path]
) -> None:
    mask = masks[("content", "style").index(role)]
    pair = PhotoPair(*files, size=100, regions="auto", **{f"{role}_mask": mask})  # type: ignore[arg-type]
    pair.setup("fit")
    assert pair.masked is None
    handed = []

    def find(content: Tensor, style: Tensor, *, known: OneMask | None = None) -> Regions:
        handed.append(known)
        return Regions(("left", "right"), soft_halves(*content.shape[-2:]), soft_halves(*style.shape[-2:]))

    pair.regions(pair.photos, find)
    (known,) = handed
    assert isinstance(known, OneMask)
    both = PhotoPair(*files, size=100, content_mask=masks[0], style_mask=masks[1]).masked
    assert both is not None
    assert known.role == role
    assert set(known.labels) == set(both.labels)
    assert torch.equal(known.masks.sum(dim=(0, 2, 3)).sort()[0], getattr(both, role).sum(dim=(0, 2, 3)).sort()[0])


@pytest.mark.parametrize("role", ["content", "style"])
def test_a_mask_with_transparent_parts_changes_what_is_found_where_it_is_opaque(
    role: Literal["content", "style"], files: tuple[Path, Path], tmp_path: Path
) -> None:
    """And nothing else, neither in this photo nor in the other one."""
    found = PhotoPair(*files, size=100, regions="auto")
    height, width = getattr(found.photos, role).shape[-2:]
    strokes = Image.new("RGBA", (width, height), "#00000000")
    # Half transparent, the edge of a stroke is not a part of it.
    strokes.paste("#3cb44b80", (0, 0, width, 24))
    strokes.paste("#3db34a", (0, 0, width, 20))
    strokes.save(tmp_path / "strokes.png")
    changed = PhotoPair(*files, size=100, regions="auto", **{f"{role}_mask": tmp_path / "strokes.png"})  # type: ignore[arg-type]
    before, after = (pair.regions(pair.photos, Colored()) for pair in (found, changed))
    assert before is not None
    assert after is not None
    expected = getattr(before, role).clone()
    expected[:, 0, :20], expected[:, 1, :20] = 0, 1
    assert torch.equal(getattr(after, role), expected)
    other = "style" if role == "content" else "content"
    assert torch.equal(getattr(after, other), getattr(before, other))
    assert torch.equal(after.sure, before.sure)


class Colored(Finder):
    """Finds the same halves, by the colours of regions that are found."""

    def __call__(self, content: Tensor, style: Tensor, *, known: OneMask | None = None) -> Regions:
        return super().__call__(content, style, known=known)._replace(labels=("#e6194b", "#3cb44b"))


@pytest.mark.parametrize(("roles", "sure"), [(("content",), 0.0), (("style",), 0.0), (("content", "style"), 1.0)])
def test_a_further_colour_makes_a_region_that_is_certain_if_it_is_in_both_photos(
    roles: tuple[Literal["content", "style"], ...], sure: float, files: tuple[Path, Path], tmp_path: Path
) -> None:
    found = PhotoPair(*files, size=100, regions="auto")
    masks = {}
    for role in roles:
        height, width = getattr(found.photos, role).shape[-2:]
        strokes = Image.new("RGBA", (width, height), "#00000000")
        strokes.paste("#ffe119", (0, 0, width, 20))
        masks[f"{role}_mask"] = tmp_path / f"{role}.png"
        strokes.save(masks[f"{role}_mask"])
    pair = PhotoPair(*files, size=100, regions="auto", **masks)  # type: ignore[arg-type]
    before, after = found.regions(found.photos, Colored()), pair.regions(pair.photos, Colored())
    assert before is not None
    assert after is not None
    assert after.labels == (*before.labels, "#ffe119")
    assert after.sure.tolist() == [*before.sure.tolist(), sure]
    for role in ("content", "style"):
        mine, theirs = getattr(after, role), getattr(before, role)
        is_painted = role in roles
        assert (mine[:, 2, :20] == is_painted).all()
        assert not mine[:, 2, 20:].any()
        assert not (is_painted and mine[:, :2, :20].any())
        assert torch.equal(mine[:, :2, 20:], theirs[:, :, 20:])


def test_a_region_of_ones_own_is_merged_left_out_and_kept_by_its_word(files: tuple[Path, Path], tmp_path: Path) -> None:
    strokes = Image.new("RGBA", (177, 100), "#00000000")
    strokes.paste("#ffe119", (0, 0, 177, 20))
    strokes.save(tmp_path / "strokes.png")
    options: dict[str, Any] = {"size": 100, "regions": "auto", "content_mask": tmp_path / "strokes.png"}
    choices: list[tuple[dict[str, Any], tuple[str, ...]]] = [
        ({"merge": [["red", "yellow"]]}, ("#e6194b", "#3cb44b")),
        ({"leave_out": ["yellow", "green"]}, ("#e6194b", "#3cb44b", "#ffe119")),
        ({"keep": ["yellow"]}, ("#e6194b", "#3cb44b", "#ffe119")),
    ]
    for more, labels in choices:
        pair = PhotoPair(files[0], files[1], **options, **more)
        regions = pair.regions(pair.photos, Colored())
        assert regions is not None
        assert regions.labels == labels
        assert regions.painted().labels == labels
        if "leave_out" in more:
            assert regions.painted().sure.tolist()[1:] == [0, 0]
        assert regions.kept == (("#ffe119",) if "keep" in more else ())
        stays = pair.stays(Colored())
        assert (stays is None) == (not regions.kept)
        assert stays is None or torch.equal(stays, regions.content[:, 2:] > 0)


def test_what_cannot_be_kept_is_refused_before_a_photo_is_read(files: tuple[Path, Path]) -> None:
    for regions in ("masks", None):
        with pytest.raises(VerismError, match=r"^--data.keep: there are no regions to keep; add --data.regions auto"):
            PhotoPair(*files, regions=regions, keep=["red"])
    with pytest.raises(VerismError, match=r"^--data.keep: #e6194b is named by --data.leave_out, too"):
        PhotoPair(*files, regions="auto", leave_out=["red"], keep=["#e6194b"])


@pytest.mark.parametrize(
    ("color", "said"),
    [("#c0ffc0", "is the colour of none of the regions that were found, which are red #e6194b, green #3cb44b; paint"),
     ("#ffe11980", "is transparent all over, and so paints nothing; leave it out")],
)  # fmt: skip
def test_strokes_that_cannot_be_taken_are_refused(
    color: str, said: str, files: tuple[Path, Path], tmp_path: Path
) -> None:
    height, width = PhotoPair(*files, size=100).photos.content.shape[-2:]
    strokes = Image.new("RGBA", (width, height), "#00000000")
    strokes.paste(color, (0, 0, 20, 20))
    strokes.save(tmp_path / "strokes.png")
    pair = PhotoPair(*files, size=100, regions="auto", content_mask=tmp_path / "strokes.png")
    with pytest.raises(VerismError, match=f"strokes.png: .*{said}"):
        pair.regions(pair.photos, Colored())


def test_one_mask_must_fit_its_photo(files: tuple[Path, Path], masks: tuple[Path, Path]) -> None:
    pair = PhotoPair(*files, size=100, regions="auto", content_mask=masks[1])
    with pytest.raises(VerismError, match=r"small_mask.png: 80×120 .* content photo, which is 177×100 at --data.size"):
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


def test_takes_images_and_tensors(files: list[Path]) -> None:
    """A photo in memory is the photo of its file; so are several style photos."""
    with Image.open(files[0]) as content, Image.open(files[1]) as style:
        held = PhotoPair(content, [style], size=64)
        read = PhotoPair(str(files[0]), list(files[1:2]), size=64)
        for first, second in zip(held.photos, read.photos, strict=True):
            assert torch.equal(first, second)
        # 8-bit sRGB of a tensor is the same photo, too.
        tensors = PhotoPair(read.original, style, size=64)
    assert torch.equal(tensors.photos.content, read.photos.content)
    assert tensors.digests["content"] == held.digests["content"] != held.digests["style"]


def test_the_photos_go_to_the_device_once(files: tuple[Path, Path]) -> None:
    data = PhotoPair(*files, size=64)
    device = torch.device("meta")
    first = data.transfer_batch_to_device(data.photos, device, 0)
    assert {photo.device for photo in first} == {device}
    assert data.transfer_batch_to_device(data.photos, device, 0) is first
    other = data.transfer_batch_to_device(data.at(32), device, 0)
    assert other is not first
    assert other.content.shape[-2] == 32
    assert data.transfer_batch_to_device(data.photos.content, device, 0).device == device
    data.teardown("fit")
    assert data.transfer_batch_to_device(data.photos, device, 0) is not first


def test_its_title_is_the_names_of_the_files(content: Tensor) -> None:
    assert PhotoPair("a/picos.jpg", "b/sunset.final.jpg").title == "picos-sunset.final"
    assert PhotoPair("picos.jpg", ["x.jpg", content]).title == "picos-x-style"
    assert PhotoPair(content, [content, content]).title == "content-style-style"
