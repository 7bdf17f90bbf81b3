"""What is done already is known by its notes."""

from __future__ import annotations

from pathlib import Path

import pytest

from verism.batch.from_run import PhotoOutcome
from verism.batch.notes import Notes


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A photo and its result."""
    photo, result = tmp_path / "a.jpg", tmp_path / "graded" / "a.jpg"
    result.parent.mkdir()
    photo.write_text("photo")
    result.write_text("result")
    return photo, result


def test_a_result_is_there_if_it_would_be_made_as_it_was(files: tuple[Path, Path]) -> None:
    photo, result = files
    notes = Notes(result.parent, "strength 1")
    assert not notes.has(photo, result)
    PhotoOutcome(notes.digest(photo), unknown=0.5).write(notes.record(result))
    assert notes.has(photo, result)
    assert not Notes(result.parent, "strength 0.5").has(photo, result)
    PhotoOutcome(notes.digest(photo), error="a full disk").write(notes.record(result))
    assert not notes.has(photo, result)
    PhotoOutcome(notes.digest(photo)).write(notes.record(result))
    result.write_text("retouched")
    assert notes.has(photo, result)
    photo.write_text("another photo")
    assert not notes.has(photo, result)
    notes.record(result).write_text("no record")
    assert not notes.has(photo, result)


def test_a_sheet_is_replaced_only_if_it_is_unchanged_and_shows_no_others(files: tuple[Path, Path]) -> None:
    photo, result = files
    notes, sheet = Notes(result.parent, ""), result.with_name("sheet.jpg")
    sheet.write_text("sheet")
    assert not notes.is_own(sheet, [result])
    notes.note(sheet)
    PhotoOutcome(notes.digest(photo)).write(notes.record(result))
    assert notes.is_own(sheet, [result])
    assert not notes.is_own(sheet, [result.with_name("b.jpg")])
    sheet.write_text("with a title")
    assert not notes.is_own(sheet, [result])
