"""A table for other programs that lists what was done with each of many photos, and what failed."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from verism import atomic

NAME = "photos.csv"
"""Name of the table's file, which is next to the results."""

ABOUT = "for a spreadsheet: what was done to each photo, and what failed"
"""Description of the table, printed after its name."""


def write_table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write a CSV file: a line of column names, then a line for each row; None becomes an empty field.

    Args:
        path: the file to write.
        rows: the rows, at least one, each column to value, all with the columns of the first.

    Raises:
        VerismError: the file cannot be written.
    """
    text = io.StringIO()
    table = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    # A file's name need not be valid Unicode.
    atomic.write(path, text.getvalue().encode("utf-8", "backslashreplace"))
