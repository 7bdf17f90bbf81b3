"""The runs of a sweep, with their options and results, as a table for other programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from verism import atomic
from verism.sweep.labels import options
from verism.sweep.record import Record


def write_csv(path: Path, records: Sequence[Record]) -> None:
    """Write a CSV file with a line of column names and a line for each run; unknown values are empty fields.

    Columns: ``run``, ``content``, ``style``, ``seed``, the options that vary, ``status`` (``finished`` or ``failed``),
    ``error``, ``seconds``, ``weights``, ``sha256``, and the tags of all scalars of any run, sorted. Several style
    photos are separated by semicolons.

    Raises:
        VerismError: the file cannot be written.
    """
    tags = sorted({tag for record in records for tag in record.scalars})
    before, after = ("run", "content", "style", "seed"), ("status", "error", "seconds", "weights", "sha256")
    text = io.StringIO()
    table = csv.DictWriter(text, [*before, *options(records), *after, *tags], lineterminator="\n")
    table.writeheader()
    for record in records:
        table.writerow(
            {
                "run": record.name,
                "content": record.content,
                "style": "; ".join(str(path) for path in record.styles),
                "seed": record.seed,
                **record.settings,
                "status": "finished" if record.error is None else "failed",
                "error": record.error,
                "seconds": record.seconds,
                "weights": record.weights,
                "sha256": record.sha256,
                **record.scalars,
            }
        )
    # A file's name need not be valid Unicode.
    atomic.write(path, text.getvalue().encode("utf-8", "backslashreplace"))
