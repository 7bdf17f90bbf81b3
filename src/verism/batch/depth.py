"""The bit depth requested for many results, each of which has the format of its photo."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from verism.enumeration import enumerated, shortened
from verism.errors import VerismError
from verism.photo_file import Encoding
from verism.photo_file.encoders import FORMATS

NAMED = 3
"""Largest number of results named in the error."""


def check(results: Iterable[Path], encoding: Encoding) -> None:
    """Check that all results can be written before the first of them is made.

    Args:
        results: their paths, with endings of formats that can be written.
        encoding: how all of them are written.

    Raises:
        VerismError: one of the formats does not support the depth, or the encoding is out of range.
    """
    encoding.check()
    if encoding.depth is None:
        return
    names = [path.name for path in results if encoding.depth not in FORMATS[path.suffix.lower()].depths]
    if not names:
        return
    those = enumerated(shortened(names, NAMED))
    raise VerismError(
        f"--output.depth {encoding.depth}: {those} would have to be PNG or TIFF files, and results keep the formats of "
        "their photos; leave the option out, and each has as many bits as its photo, or name PNG and TIFF photos alone."
    )
