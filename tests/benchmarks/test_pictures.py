"""Sheets: every picture in its place."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from compare import Row
from pictures import write_sheet
from torch import Tensor

from verism import images

RED, BLUE, GREEN = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, 1.0, 0.0)


def flat(path: Path, rgb: tuple[float, ...]) -> Path:
    images.write(path, torch.tensor(rgb).view(1, 3, 1, 1).expand(1, 3, 40, 60), {})
    return path


def center(sheet: Tensor, rgb: tuple[float, ...]) -> tuple[float, float]:
    """Row and column of the middle of what has this colour."""
    rows, columns = (sheet[0] - torch.tensor(rgb).view(3, 1, 1)).abs().amax(dim=0).lt(0.01).nonzero().unbind(1)
    return float(rows.float().mean()), float(columns.float().mean())


@pytest.mark.slow
@pytest.mark.parametrize("case", ["one", "a$b$_c"])
def test_a_line_a_case_and_a_column_a_method(tmp_path: Path, case: str) -> None:
    red, blue, green = (flat(tmp_path / f"{i}.png", rgb) for i, rgb in enumerate((RED, BLUE, GREEN)))
    rows = [
        Row(case, "m", blue, None, {"good": 0.5}),
        Row(case, "n", error="verism: no luck, for a reason that takes many words " * 9),
        Row("two", "n", green, None, {"good": 0.5}),
    ]
    path = tmp_path / "sheet.png"
    write_sheet(path, rows, {case: {"content": red}, "two": {"content": tmp_path / "0.png"}}, ["good"])
    sheet = images.read(path)
    (_, content), (upper, m), (lower, n) = (center(sheet, rgb) for rgb in (RED, BLUE, GREEN))
    assert content < m < n
    assert upper < lower
    # The reason of the failure is there.
    failed = sheet[0, :, : sheet.shape[-2] // 2, int(n) - 60 : int(n) + 60]
    assert float(failed.min()) < 0.5


def test_without_results(tmp_path: Path) -> None:
    path = tmp_path / "sheet.png"
    write_sheet(path, [], {"one": {"content": flat(tmp_path / "a.png", RED)}}, ["good"])
    assert images.read(path).shape[1] == 3
