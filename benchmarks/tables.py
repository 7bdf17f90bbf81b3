"""A comparison as tables."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from statistics import fmean

from compare import Row

from verism import atomic

COSTS: Mapping[str, str] = {"seconds": "seconds", "gigabytes": "peak memory, GB"}

ABOUT_COSTS = (
    "Seconds and peak memory are those of a whole process: starting Python, importing torch, reading and writing "
    "photos. Means are over the cases that a method applies to and did not fail on, as many as the first column says."
)

THREE_DIGITS = 100


def write_tables(path: Path, rows: Sequence[Row], scores: Mapping[str, str], told: Sequence[str], about: str) -> None:
    """Write ``path`` with the ending ``.csv``, a line a row, and with ``.md``: means, and tables by case.

    Args:
        path: without an ending.
        rows: all of them.
        scores: score to its heading.
        told: the scores that get a table by case.
        about: what has to be said of them all.

    Raises:
        VerismError: a file cannot be written.
    """
    atomic.write(path.with_suffix(".csv"), _csv(rows, scores).encode("utf-8", "backslashreplace"))
    parts = [f"{about} {ABOUT_COSTS}\n", means(rows, scores)]
    parts += [f"{scores[score]}\n\n{by_case(rows, score)}" for score in told]
    if failed := "".join(f"- {row.case} {row.method}: {row.error}\n" for row in rows if row.error):
        parts.append(f"failed\n\n{failed}")
    atomic.write(path.with_suffix(".md"), "\n".join(parts).encode("utf-8", "backslashreplace"))


def means(rows: Sequence[Row], scores: Mapping[str, str]) -> str:
    """Return a Markdown table of each method's means over cases.

    Args:
        rows: all of them.
        scores: score to its column's heading.
    """
    columns = {**scores, **COSTS}
    lines = []
    for method in _unique(row.method for row in rows):
        found = [_numbers(row) for row in rows if row.method == method and not row.error]
        lines.append([method, str(len(found)), *(_mean([n[c] for n in found if c in n]) for c in columns)])
    return _text(["method", "cases", *columns.values()], lines)


def by_case(rows: Sequence[Row], score: str) -> str:
    """Return a Markdown table of one score: a line a case, a column a method."""
    cases, names = _unique(row.case for row in rows), _unique(row.method for row in rows)
    found = {(row.case, row.method): "failed" if row.error else three_digits(row.scores[score]) for row in rows}
    return _text(["", *names], [[case, *(found.get((case, name), "") for name in names)] for case in cases])


def table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a Markdown table's lines, each as soon as there is what it shows."""
    for line in chain((header, ["---"] * len(header)), lines):
        yield f"| {' | '.join(cell.replace('|', '/') for cell in line)} |"


def three_digits(number: float) -> str:
    """Return a number for a person: three digits, ∞, or ? if it is none."""
    if not math.isfinite(number):
        return "∞" if number > 0 else "?"
    # The alternate form keeps zeros at the end: 0.990.
    return f"{number:.0f}" if abs(number) >= THREE_DIGITS else f"{number:#.3g}"


def _csv(rows: Sequence[Row], scores: Iterable[str]) -> str:
    text = io.StringIO()
    table = csv.DictWriter(text, ["case", "method", *scores, *COSTS, "error"], lineterminator="\n")
    table.writeheader()
    for row in rows:
        table.writerow({"case": row.case, "method": row.method, **_numbers(row), "error": row.error})
    return text.getvalue()


def _numbers(row: Row) -> dict[str, float]:
    return {**row.scores, **(row.cost._asdict() if row.cost else {})}


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _mean(numbers: Sequence[float]) -> str:
    return three_digits(fmean(numbers)) if numbers else ""


def _text(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    return "".join(f"{line}\n" for line in table(header, lines))
