"""What commands say about their photos and pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from verism.commands.saying import named, near


def test_what_had_the_name_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    wished, path = Path("graded/a-b.jpg"), Path("graded/a-b-2.jpg")
    wished.parent.mkdir()
    assert named(wished, wished).plain == "graded/a-b.jpg"
    wished.with_suffix(".html").touch()
    assert named(path, wished).plain == "graded/a-b-2.jpg (a-b.html was there already)"
    wished.touch()
    assert named(path, wished).plain == "graded/a-b-2.jpg (a-b.jpg was there already)"


def test_a_path_below_the_current_folder_is_said_from_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert near(tmp_path / "graded" / "a.jpg") == Path("graded/a.jpg")
    assert near(tmp_path.parent / "a.jpg") == tmp_path.parent / "a.jpg"
    assert near(tmp_path) == Path()
