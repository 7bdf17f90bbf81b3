"""Lookup tables as files: read back by hand, and by the library that film and photo programs use."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import PyOpenColorIO as ocio  # noqa: N813
import pytest
import torch
from torch import Tensor

from verism.color.table import through
from verism.errors import VerismError
from verism.look import cube


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def parse(path: Path) -> tuple[dict[str, str], Tensor]:
    """Return the keywords and, by blue, green and red, the colours; after Adobe's specification."""
    keywords, rows = {}, []
    for line in path.read_text().splitlines():
        if line.startswith("#"):
            continue
        if line[0].isalpha():
            keyword, _, value = line.partition(" ")
            keywords[keyword] = value
        else:
            rows.append([float(number) for number in line.split()])
    size = int(keywords["LUT_3D_SIZE"])
    return keywords, torch.tensor(rows).view(size, size, size, 3).permute(3, 0, 1, 2)


@pytest.mark.slow
@pytest.mark.parametrize("size", [2, 5, 17, 33, 65])
def test_holds_the_table_to_six_digits(tmp_path: Path, size: int) -> None:
    """Also what lies outside of [0, 1]."""
    table = 3 * noise(3, size, size, size) - 1
    cube.write(tmp_path / "new" / "folder" / "look.cube", table, 'The "golden" hour')
    keywords, found = parse(tmp_path / "new" / "folder" / "look.cube")
    assert keywords == {"TITLE": '"The golden hour"', "LUT_3D_SIZE": str(size)}
    torch.testing.assert_close(found, table, rtol=0, atol=0.6e-6)


def test_red_changes_fastest(tmp_path: Path) -> None:
    axis = torch.tensor([0.0, 1.0])
    blue, green, red = torch.meshgrid(axis, axis, axis, indexing="ij")
    cube.write(tmp_path / "look.cube", torch.stack([red, green, blue]), "none")
    lines = (tmp_path / "look.cube").read_text().splitlines()
    assert lines[3:6] == ["0.000000 0.000000 0.000000", "1.000000 0.000000 0.000000", "0.000000 1.000000 0.000000"]
    assert lines[1] == cube.SPACE
    assert lines[7] == "0.000000 0.000000 1.000000"


@pytest.mark.slow
@pytest.mark.parametrize("size", [9, 17, 33, 65])
def test_other_programs_see_the_same_look(tmp_path: Path, size: int) -> None:
    """OpenColorIO's answer for random colours is ours."""
    table = noise(3, size, size, size)
    cube.write(tmp_path / "look.cube", table, "look")
    transform = ocio.FileTransform(src=str(tmp_path / "look.cube"), interpolation=ocio.INTERP_LINEAR)
    processor = ocio.Config.CreateRaw().getProcessor(transform).getDefaultCPUProcessor()
    photo = noise(1, 3, 20, 25, seed=1)
    pixels = np.ascontiguousarray(photo[0].permute(1, 2, 0).numpy())
    processor.applyRGB(pixels)
    theirs = torch.from_numpy(pixels).permute(2, 0, 1).unsqueeze(0)
    torch.testing.assert_close(theirs, through(table, photo), rtol=0, atol=1e-4)
    assert float((theirs - photo).abs().mean()) > 0.1


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("two\nlines\r\nLUT_3D_SIZE 2", "two lines LUT_3D_SIZE 2"),
        ("by\x0bany\u2028break\x85there\x1cis", "by any break there is"),
        ("no\udcfftext", "no text"),
        ("é" * 200, "é" * 100),
        ("a\tb\x00c", "a b c"),
    ],
)
def test_a_title_stays_in_its_line(tmp_path: Path, title: str, written: str) -> None:
    """As names of files may be, and as long."""
    cube.write(tmp_path / "look.cube", noise(3, 2, 2, 2), title)
    keywords, _ = parse(tmp_path / "look.cube")
    assert keywords == {"TITLE": f'"{written}"', "LUT_3D_SIZE": "2"}
    assert len((tmp_path / "look.cube").read_bytes().splitlines()[0]) < 250
    ocio.FileTransform(src=str(tmp_path / "look.cube"))


def test_a_parameter_can_be_written(tmp_path: Path) -> None:
    """As a canvas has it, with a gradient."""
    table = noise(3, 2, 2, 2).requires_grad_()
    cube.write(tmp_path / "look.CUBE", table * 1, "look")
    torch.testing.assert_close(parse(tmp_path / "look.CUBE")[1], table.detach(), rtol=0, atol=0.6e-6)


def test_refuses_other_endings(tmp_path: Path) -> None:
    for name in ("look.png", "look", "look.cube.txt"):
        with pytest.raises(VerismError, match=rf"{name}: lookup tables are written as \.cube"):
            cube.write(tmp_path / name, noise(3, 2, 2, 2), "look")
    assert list(tmp_path.iterdir()) == []


def test_replaces_the_whole_file_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "look.cube"
    cube.write(path, noise(3, 5, 5, 5), "first")
    cube.write(path, noise(3, 2, 2, 2), "second")
    second = path.read_text()
    assert len(second.splitlines()) == 3 + 2**3
    assert second.endswith("\n")

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(VerismError, match=r"look\.cube: cannot be written \(No space left on device\)"):
        cube.write(path, noise(3, 9, 9, 9), "third")
    assert path.read_text() == second
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("title", ["two\nlines", "two\r\nlines", "two\x0blines", "two\u2028lines", "two\t lines"])
def test_a_line_break_does_not_end_the_title(tmp_path: Path, title: str) -> None:
    """Names of files, which titles are made of, may hold any."""
    cube.write(tmp_path / "look.cube", noise(3, 2, 2, 2), title)
    keywords, _ = parse(tmp_path / "look.cube")
    assert keywords["TITLE"] == '"two lines"'
    assert len((tmp_path / "look.cube").read_text().splitlines()) == 3 + 8
