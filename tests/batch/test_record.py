"""Records on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from verism.batch.record import Record
from verism.errors import VerismError


@dataclass(frozen=True)
class Measured(Record):
    value: float | None = None


def test_there_and_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.jpg.json"
    Measured("abc", value=0.5).write(path)
    assert Measured.read(path) == Measured("abc", None, 0.5)
    assert not Record.is_failure(path)
    Record(error="it is text, “no” photo").write(path)
    assert Measured.read(path) == Measured(error="it is text, “no” photo")
    assert Record.is_failure(path)


@pytest.mark.parametrize("text", ["", "[1]", '{"digest": ', '{"digest": "a", "error": null, "color": 1}', "null"])
def test_what_is_no_record_is_none(tmp_path: Path, text: str) -> None:
    """Cut off, of another version, or not there."""
    path = tmp_path / "a.json"
    assert Measured.read(path) is None
    path.write_text(text)
    assert Measured.read(path) is None


def test_what_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(VerismError, match="cannot be written"):
        Record().write(tmp_path / "file" / "a.json")


def test_what_is_raised_becomes_the_records_error() -> None:
    def fail() -> Record:
        raise ValueError("one\n  two")

    def fail_silently() -> Record:
        raise KeyError

    assert Record.of(lambda: Record("abc")) == Record("abc")
    assert Record.of(fail) == Record(error="one two")
    assert Record.of(fail_silently) == Record(error="KeyError")
