"""The table of photos."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from verism.batch.table import write_table


def test_a_line_for_each_photo_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "photos.csv"
    rows: list[dict[str, Any]] = [
        {"photo": Path('a, "b"\n.jpg'), "error": None, "unknown_colors": 0.25},
        {"photo": Path("\udcff.jpg"), "error": "no photo", "unknown_colors": None},
    ]
    write_table(path, rows)
    with path.open(newline="", encoding="utf-8") as file:
        found = list(csv.reader(file))
    assert found == [
        ["photo", "error", "unknown_colors"],
        ['a, "b"\n.jpg', "", "0.25"],
        ["\\udcff.jpg", "no photo", ""],
    ]
