"""One command at a time in a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from verism.batch.alone import alone_in
from verism.errors import VerismError


@pytest.mark.parametrize("notes", [None, "notes"])
def test_a_second_one_is_refused_until_the_first_has_ended(tmp_path: Path, notes: str | None) -> None:
    folder = tmp_path / "out"
    place = folder / notes if notes else None
    with alone_in(folder, "--output", "sweep", place):
        assert folder.is_dir()
        with (
            pytest.raises(
                VerismError, match=r"out: another sweep is at work there; wait, or choose another --output\.$"
            ),
            alone_in(folder, "--output", "sweep", place),
        ):
            pytest.fail("both are in it")
    with pytest.raises(KeyboardInterrupt), alone_in(folder, "--output", "sweep", place):
        raise KeyboardInterrupt
    with alone_in(folder, "--output", "sweep", place):
        pass


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    file = tmp_path / "out"
    file.write_text("")
    with (
        pytest.raises(VerismError, match=r"^--output \S+out: the folder cannot be made \(File exists\)\.$"),
        alone_in(file, "--output", "sweep"),
    ):
        pytest.fail("it is in it")
