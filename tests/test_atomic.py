"""Files are whole, or what they were."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from verism import atomic
from verism.errors import VerismError


def test_writes_into_new_folders_and_over_old_files(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file"
    for data in (b"first", b"second"):
        atomic.write(path, data)
        assert path.read_bytes() == data
    assert list(path.parent.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    atomic.write(path, b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(VerismError, match=r"file: cannot be written \(No space left on device\)"):
        atomic.write(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_keeps_what_stood_there_if_asked(tmp_path: Path) -> None:
    path, kept = tmp_path / "file", tmp_path / "kept"
    for data in (b"first", b"second", b"third"):
        atomic.write(path, data, keep=kept)
    assert path.read_bytes() == b"third"
    assert kept.read_bytes() == b"second"
    assert sorted(tmp_path.iterdir()) == [path, kept]


def test_whether_a_file_could_be_written_is_found_out_without_a_trace(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "new" / "folder" / "file"):
        atomic.check(path)
    for path, said in (
        (tmp_path / "file" / "below", rf"file/below: cannot be written: {tmp_path / 'file'} is not a folder; choose"),
        (tmp_path, "cannot be written: it is a folder; choose a name in it"),
        (Path("/proc/file"), r"/proc/file: cannot be written \(.*\); choose another place"),
    ):
        with pytest.raises(VerismError, match=said):
            atomic.check(path)
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_a_name_as_long_as_a_name_can_be(tmp_path: Path) -> None:
    for path in (tmp_path / ("n" * 251 + ".png"), tmp_path / ("f" * 255) / "x.png"):
        atomic.check(path)
        atomic.write(path, b"whole")
        assert path.read_bytes() == b"whole"
        atomic.check(path)


@pytest.mark.parametrize("names", [("n" * 252 + ".png",), ("f" * 256, "x.png")])
def test_a_name_that_is_too_long_is_found_out(tmp_path: Path, names: tuple[str, ...]) -> None:
    with pytest.raises(VerismError, match=r"cannot be written \(File name too long\); choose another place"):
        atomic.check(tmp_path.joinpath(*names))
    assert not list(tmp_path.iterdir())


def test_a_file_is_claimed_by_one(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    assert [atomic.claim(path) for _ in range(2)] == [True, False]
    with pytest.raises(VerismError, match="file/below: cannot be written"):
        atomic.claim(path / "below")


def test_a_check_does_not_show_the_file_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every process of a run checks the same file, and refuses one that exists."""
    created: list[Path] = []
    really = os.open

    def watched(path: Path, *args: int) -> int:
        created.append(path)
        return really(path, *args)

    monkeypatch.setattr(os, "open", watched)
    atomic.check(tmp_path / "folder" / "result.png")
    assert {path.name for path in created} == {"folder", "result.png"}
    assert not {tmp_path / "folder", tmp_path / "folder" / "result.png"}.intersection(created)
    assert not list(tmp_path.iterdir())


def test_a_free_name_is_that_of_no_picture_and_no_page(tmp_path: Path) -> None:
    (tmp_path / "x.html").write_text("somebody's page")
    (tmp_path / "x-2.jpg").touch()
    assert atomic.free_name(tmp_path / "x.jpg") == tmp_path / "x-3.jpg"
    assert atomic.free_name(tmp_path / "y.jpg") == tmp_path / "y.jpg"
