"""Records next to checkpoints."""

from __future__ import annotations

from pathlib import Path

import pytest

from verism.callbacks import beside

NAME = "record.json"


def test_entries_are_added_and_replaced(tmp_path: Path) -> None:
    checkpoint = tmp_path / "checkpoints" / "last.ckpt"
    beside.add(checkpoint, NAME, {"a": "1", "b": "2"})
    beside.add(str(checkpoint), NAME, {"b": "3"})
    assert beside.read(checkpoint, NAME) == {"a": "1", "b": "3"}
    assert beside.read(checkpoint, "other.json") == {}


def test_nothing_is_written_without_entries(tmp_path: Path) -> None:
    beside.add(tmp_path / "last.ckpt", NAME, {})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"no record", b"[1]", b"\xff"])
def test_what_is_no_record_has_no_entries(content: bytes, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(content)
    assert beside.read(tmp_path / "last.ckpt", NAME) == {}
