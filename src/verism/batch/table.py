"""What was done with many photos and what failed, as a table for other programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from verism import atomic

NAME = "photos.csv"
"""The table's file, beside the results."""


def write_table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write a line a photo, under a line of column names; None is left empty.

    Args:
        path: of the file.
        rows: column to value, at least one, all with the columns of the first.

    Raises:
        VerismError: the file cannot be written.
    """
    text = io.StringIO()
    table = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    # A file's name need not be valid Unicode.
    atomic.write(path, text.getvalue().encode("utf-8", "backslashreplace"))
