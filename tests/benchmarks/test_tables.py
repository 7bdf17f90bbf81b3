"""Tables: every number in its place, and none that is not."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest
from compare import Row
from meter import Cost
from tables import by_case, means, three_digits, write_tables

SCORES = {"good": "good ↑", "bad": "bad ↓"}

ROWS = [
    Row("1", "given", Path("a"), None, {"good": 1.0, "bad": math.inf}),
    Row("1", "made", Path("b"), Cost(2.0, 0.5), {"good": 0.25, "bad": 3.0}),
    Row("2", "given", Path("c"), None, {"good": 1.0, "bad": 7.0}),
    Row("2", "made", Path("d"), Cost(4.0, 1.5), {"good": 0.5, "bad": 5.0}),
    Row("2", "masked", error="no | luck"),
    Row("3", "made", error="none either"),
]


def cells(table: str) -> list[list[str]]:
    header, rule, *lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    assert rule == ["---"] * len(header)
    return [header, *lines]


def test_means_are_over_what_was_made() -> None:
    assert cells(means(ROWS, SCORES)) == [
        ["method", "cases", "good ↑", "bad ↓", "seconds", "peak memory, GB"],
        ["given", "2", "1.00", "∞", "", ""],
        ["made", "2", "0.375", "4.00", "3.00", "1.00"],
        ["masked", "0", "", "", "", ""],
    ]


def test_by_case() -> None:
    assert cells(by_case(ROWS, "good")) == [
        ["", "given", "made", "masked"],
        ["1", "1.00", "0.250", ""],
        ["2", "1.00", "0.500", "failed"],
        ["3", "", "failed", ""],
    ]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.990, "0.990"),
        (12.345, "12.3"),
        (321.4, "321"),
        (12345.6, "12346"),
        (0.000123, "0.000123"),
        (0, "0.00"),
        (-1.5, "-1.50"),
        (math.inf, "∞"),
        (math.nan, "?"),
    ],
)
def test_three_digits(number: float, text: str) -> None:
    assert three_digits(number) == text


def test_files(tmp_path: Path) -> None:
    write_tables(tmp_path / "out" / "board", ROWS, SCORES, ["bad"], "Three pairs.")
    with (tmp_path / "out" / "board.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert list(lines[0]) == ["case", "method", "good", "bad", "seconds", "gigabytes", "error"]
    assert len(lines) == len(ROWS)
    assert lines[3] == {
        "case": "2",
        "method": "made",
        "good": "0.5",
        "bad": "5.0",
        "seconds": "4.0",
        "gigabytes": "1.5",
        "error": "",
    }
    assert lines[4]["error"] == "no | luck"
    text = (tmp_path / "out" / "board.md").read_text(encoding="utf-8")
    assert text.startswith("Three pairs.")
    for part in (means(ROWS, SCORES), f"bad ↓\n\n{by_case(ROWS, 'bad')}", "- 3 made: none either\n"):
        assert part in text
