"""What the comparisons share as commands: their options, and how they end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from compare import Row
from jsonargparse import ArgumentParser
from methods import methods


def parser(description: str, output: Path, chosen: Sequence[str] = ()) -> ArgumentParser:
    """Return a parser of ``--size``, ``--output``, ``--redo``, ``--fit`` and, if there is a choice, ``--methods``.

    Args:
        description: of the program, for its help.
        output: the folder, unless the user names another.
        chosen: the methods, likewise; none if they are not the user's to choose.
    """
    parser = ArgumentParser(description=description)
    if chosen:
        parser.add_argument(
            "--methods", nargs="+", choices=list(methods()), default=list(chosen), help="What to compare."
        )
    parser.add_argument("--size", type=int, default=320, help="Short side at which results are compared, in pixels.")
    parser.add_argument("--output", type=Path, default=output, help="Folder of results and tables.")
    parser.add_argument(
        "--redo",
        action="store_true",
        help="Make again what the folder has. Without it, results are made if their command, config or photos are new; "
        "a change of the program itself is not seen.",
    )
    parser.add_argument("--fit", type=str, default="", help='More options of each fit: --fit="--data.size 64".')
    return parser


def conclude(rows: Sequence[Row], output: Path) -> None:
    """Say where the tables are.

    Raises:
        SystemExit: a method failed.
    """
    failed = sum(bool(row.error) for row in rows)
    if failed:
        raise SystemExit(f"{failed} of {len(rows)} results failed; the rest is in {output}.")
    print(f"Tables: {output}")
