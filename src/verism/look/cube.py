"""Lookup tables as .cube files, which video and photo programs read."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from verism import atomic
from verism.errors import VerismError

TITLE_BYTES = 200
"""Longest title, in bytes. The specification allows lines of 250 bytes."""

SPACE = "# In: sRGB, full range, 0 to 1. Out: sRGB, full range; clip what is below 0 or above 1."
"""Comment on the colour space, for which the format has no keyword."""


def check(path: Path) -> None:
    """Raise ``VerismError`` unless ``path`` ends in ``.cube``."""
    if path.suffix.lower() != ".cube":
        raise VerismError(f"{path}: lookup tables are written as .cube; choose this ending.")


def write(path: Path, table: Tensor, title: str) -> None:
    """Write a table atomically, replacing any existing file.

    Adobe 2013, "Cube LUT Specification" 1.0: sRGB in [0, 1] in, sRGB out, not clipped; red changes fastest.

    Args:
        path: a path that ends in ``.cube``. Missing folders are created.
        table: ``(3, n, n, n)``, RGB by blue, green and red.
        title: title of the look. Double quotes are removed, and characters not allowed in a line become spaces.

    Raises:
        VerismError: if the path has a different ending, or the file cannot be written.
    """
    check(path)
    rows = table.detach().cpu().flatten(1).T.tolist()
    head = [f'TITLE "{_line(title)}"', SPACE, f"LUT_3D_SIZE {table.shape[-1]}"]
    nodes = [" ".join(f"{value:.6f}" for value in row) for row in rows]
    atomic.write(path, "\n".join([*head, *nodes, ""]).encode())


def _line(title: str) -> str:
    """Return a title as one line of text. A file name may contain line breaks, and bytes that are not text."""
    printable = "".join(letter if letter.isprintable() else " " for letter in title.replace('"', ""))
    text = " ".join(printable.split())
    return text.encode()[:TITLE_BYTES].decode(errors="ignore")
