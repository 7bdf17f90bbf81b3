"""Names of the files that ``run`` writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import shoot, synthetic_photo

from verism.commands.request import parse
from verism.commands.result_names import for_preview, result_path, sheet_path

pytestmark = pytest.mark.usefixtures("three_photos")


def test_the_files_of_a_preview_have_names_of_their_own() -> None:
    given = ["--output.lut", "my.look.cube", "--output.path=s3://bucket/a.b/mine.jpg", "--regions.path", "regions"]
    assert for_preview([*given, "--output.strength", "0.5"]) == [
        *("--output.lut", "my.look-preview.cube", "--output.path=s3://bucket/a.b/mine-preview.jpg"),
        *("--regions.path", "regions-preview", "--output.strength", "0.5"),
    ]


def test_names() -> None:
    assert result_path(Path("a/x.heic"), Path("b/y.nef"), preview=False) == Path("a/x-y.jpg")
    assert result_path(Path("a/x.tiff"), Path("b/y.nef"), preview=True) == Path("a/x-y-preview.tiff")


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["holiday/*.jpg", "theirs.jpg"], "holiday/holiday-theirs-sheet.jpg"),
        (["holiday", "theirs.jpg"], "holiday/holiday-theirs-sheet.jpg"),
        (["holiday/a.jpg", "mine.jpg", "theirs.jpg"], "holiday/holiday-theirs-sheet.jpg"),
        (["holiday/a.jpg", "--styles", "theirs.jpg", "other.png"], "holiday/a-sheet.jpg"),
        (["holiday", "--styles", "theirs.jpg", "other.png"], "holiday/holiday-sheet.jpg"),
        (["holiday", "theirs.jpg", "--preview"], "holiday/holiday-theirs-preview-sheet.jpg"),
        (["holiday", "theirs.jpg", "--output.tone=0.5"], "holiday/holiday-theirs-tone-0.5-sheet.jpg"),
    ],
)
def test_a_sheet_is_named_by_what_its_pictures_have_in_common(words: list[str], name: str) -> None:
    for number in "ab":
        shoot(Path(f"holiday/{number}.jpg"), synthetic_photo(48, 64, ord(number)))
    assert sheet_path(parse(words)) == Path(name)
