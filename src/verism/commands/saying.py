"""What commands print about their photos and pictures: to stdout, with names in bold where the terminal supports it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from lightning.pytorch.utilities import rank_zero_only
from rich.console import Console
from rich.text import Text


@rank_zero_only
def say(text: Text) -> None:
    """Print a text as one line, from the first of several processes only."""
    Console(file=sys.stdout, highlight=False, soft_wrap=True).print(text)


def named(path: Path, wished: Path, run: Path | None = None) -> Text:
    """Return the name of a written file; if it is not the intended name, add what had that name already.

    Args:
        path: the file.
        wished: the intended path.
        run: the intended folder of the file's run, which an earlier run may have; None: it has none.
    """
    if path == wished:
        return Text(str(path), "bold")
    page = wished.with_suffix(".html")
    if run is not None and not (wished.exists() or page.exists()):
        return Text.assemble((str(path), "bold"), f" ({near(run)} is an earlier run)")
    there = page if page.exists() and not wished.exists() else wished
    return Text.assemble((str(path), "bold"), f" ({there.name} was there already)")


def near(path: Path) -> Path:
    """Return a path as a user would write it: relative to the current folder if it is inside it."""
    here = Path.cwd()
    return path.resolve().relative_to(here) if path.resolve().is_relative_to(here) else path


COMPACT = "compact"
"""Name of the weights that come with this package."""


def weights(name: str) -> str:
    """Return what to print about a network's weights: nothing for the default ones."""
    return "" if name == COMPACT else f"{name} weights"


def opening(photos: str, styles: Sequence[Path], *rest: str) -> Text:
    """Return the first line of a command's output: ``mine.jpg in the look of theirs.jpg, vgg19 weights``.

    Args:
        photos: the photo's name, or how many there are.
        styles: the style photos.
        rest: further details, such as the weights; empty ones are left out.
    """
    names = " + ".join(path.name for path in styles)
    return Text.assemble((photos, "bold"), " in the look of ", (names, "bold"), *(f", {it}" for it in rest if it))
