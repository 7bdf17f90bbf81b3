"""Sheets of photos and their results."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import synthetic_photo
from matplotlib.font_manager import findfont
from PIL import Image, ImageFont
from torch import Tensor

from verism import images, photo_file
from verism.batch.sheet import CORNER, SHOWN, Press, _wrap, before_and_after, photo_sheet
from verism.photo_file import Photo

GROUND = (38, 38, 38)
"""The dark grey of sheets of photos."""


def color(index: int) -> tuple[int, int, int]:
    """A colour of its own for each picture; neither white nor grey."""
    return 255, index, 0


def where(sheet: Tensor, rgb: tuple[int, int, int]) -> Tensor:
    """Pixels of exactly one colour: ``(H, W)`` bool."""
    return ((sheet[0] - torch.tensor(rgb).view(3, 1, 1) / 255).abs() < 0.5 / 255).all(dim=0)


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (6, 6), (8, 4)])
def test_results_stand_beneath_their_photos(tmp_path: Path, count: int, columns: int) -> None:
    """In as few rows as there can be, of about the same width."""
    files = [[tmp_path / f"{kind}{number}.png" for number in range(count)] for kind in ("photo", "result")]
    for index, path in enumerate([*files[0], *files[1]]):
        images.write(path, torch.tensor(color(index)).view(1, 3, 1, 1).expand(1, 3, 48, 64) / 255, {})
    sheet = before_and_after(files[0], files[1])
    corners = []
    for index in range(2 * count):
        rows, across = where(sheet, color(index)).nonzero().unbind(1)
        corners.append((int(across.min()), int(rows.min())))
    for photo, result in zip(corners[:count], corners[count:], strict=True):
        assert photo[0] == result[0]
        assert photo[1] < result[1]
    assert len({left for left, _ in corners}) == columns
    assert corners[:count] == sorted(corners[:count], key=lambda corner: (corner[1], corner[0]))


def test_a_sheet_of_many_photos_has_a_few_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Evenly chosen, of which one at a time is read; the others are not looked at."""
    read: list[str] = []

    def opened(path: Path, white: float | None = None, *, least: int | None = None) -> Photo:
        read.append(path.name)
        return Photo(torch.full((1, 3, 32, 48), 0.5))

    monkeypatch.setattr(photo_file, "read", opened)
    several, some = [[Path(f"{kind}{number}") for number in range(10_000)] for kind in "pr"]
    assert before_and_after(several, some).shape[-2] < 3000
    assert len(read) == 2 * SHOWN
    assert read[:4] == ["p0", "r0", "p416", "r416"]
    read.clear()
    results = {(content, Path("s")): result for content, result in zip(several[:100], some, strict=False)}
    assert photo_sheet(several[:100], [Path("s")], results).shape[-2] < 20_000
    assert read[:3] == ["s", "p0", "r0"]
    assert len(read) == 1 + 2 * SHOWN


def test_many_photos_in_one_style_are_a_grid_and_no_narrow_column(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    images.write(photo, synthetic_photo(48, 64, 3), {})

    def shape(count: int, styles: int = 1) -> tuple[int, int]:
        contents, looks = (
            [tmp_path / f"{number}.png" for number in range(count)],
            [Path(f"s{it}") for it in range(styles)],
        )
        for content in contents:
            content.write_bytes(photo.read_bytes())
        height, width = photo_sheet(contents, looks, dict.fromkeys(product(contents, looks), photo)).shape[-2:]
        return height, width

    (three, narrow), (seven, wide) = shape(3), shape(7)
    assert three == seven
    assert wide > 2.9 * narrow
    # More columns than six would leave each picture too small.
    assert shape(7, 5)[1] < 2 * wide
    assert shape(7, 3)[1] == shape(1, 3)[1]


def test_a_pair_without_a_result_leaves_its_cell_blank(tmp_path: Path) -> None:
    first, second = [tmp_path / name for name in ("first.png", "second.png")]
    for seed, path in enumerate((first, second)):
        images.write(path, synthetic_photo(48, 64, seed), {})
    whole = photo_sheet(
        [first, second], [first, second], dict.fromkeys(product([first, second], [first, second]), first)
    )
    part = photo_sheet([first, second], [first, second], {(first, second): first, (second, first): first})
    assert part.shape == whole.shape
    ground = where(whole, GROUND)
    assert where(part, GROUND).sum() > ground.sum()
    assert all(bool(edge.all()) for edge in (ground[:8], ground[-8:], ground[:, :8], ground[:, -8:]))
    assert not where(part, (255, 255, 255)).any()


def test_the_corner_of_a_sheet_says_what_stands_where_and_pictures_have_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    text = Press.text

    def watched(self: Press, paragraphs: Iterable[str], *args: Any, **options: Any) -> Image.Image:
        written.extend(paragraphs := list(paragraphs))
        return text(self, paragraphs, *args, **options)

    monkeypatch.setattr(Press, "text", watched)
    files = [tmp_path / name for name in ("mine.png", "theirs.png", "mine-theirs.png")]
    for path in files:
        images.write(path, torch.full((1, 3, 48, 64), 0.9), {})
    photo_sheet(files[:1], files[1:2], {(files[0], files[1]): files[2]})
    assert written == [*CORNER, "theirs.png", "mine.png", "mine-theirs.png"]
    written.clear()
    without = before_and_after(files[:1], files[2:])
    assert written == ["before: mine.png", "after: mine-theirs.png"]
    written.clear()
    assert before_and_after(files[:1], files[2:], styles=files[1:2]).shape[-2] > without.shape[-2]
    assert written == ["the look: theirs.png", "before: mine.png", "after: mine-theirs.png"]


@pytest.mark.parametrize("width", [40, 100, 300, 2000])
@pytest.mark.parametrize("text", ["", "two words and more", "/a/very/long/path/to_a_file", "x" * 80, "a " + "W" * 40])
def test_wrapping_loses_nothing(text: str, width: int) -> None:
    font = ImageFont.truetype(findfont("DejaVu Sans"), 16)
    lines = _wrap(text, font, width)
    assert "".join(lines) == text
    assert all(font.getlength(line.rstrip()) <= width for line in lines)
