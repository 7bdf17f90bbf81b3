"""A look in verism's own file format, which is small and loads without Lightning. See docs/look_format.md."""

from __future__ import annotations

import json
from pathlib import Path

import safetensors
import torch
from safetensors.torch import save
from torch import Tensor

from verism import atomic, empty, permission
from verism.errors import VerismError

FORMAT = "verism.look"

VERSION = "1"

ENDING = ".safetensors"

NAME = f"look{ENDING}"
"""Name of the look file in the folder of a series."""

NOTES = ".series"
"""Folder beside the look file with what is needed to continue a series."""

FITTED_TO = Path(NOTES, "fitted_to.png")
"""The photos that the look was fitted to, in one picture."""

STYLES = Path(NOTES, "styles.json")
"""The paths of the style photos, as a list."""

MOST_NODES = 256
"""Largest number of nodes along an axis, as in FFmpeg and other programs."""


def write(path: Path, table: Tensor, title: str) -> None:
    """Write a table atomically, replacing any existing file.

    Args:
        path: a path that ends in ``.safetensors``. Missing folders are created.
        table: ``(3, n, n, n)``, from sRGB to sRGB, RGB by blue, green and red, not clipped.
        title: title of the look.

    Raises:
        VerismError: if the file cannot be written.
    """
    said = {"format": FORMAT, "version": VERSION, "title": title.encode(errors="replace").decode()}
    atomic.write(path, _in_order(save({"table": table.detach().cpu().float().contiguous()}, said)))


def _in_order(data: bytes) -> bytes:
    """Sort the header entries of a safetensors file, which the library writes in random order."""
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8:start]), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    # The tensor data starts at a multiple of eight bytes.
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data[start:]


def read(path: Path) -> tuple[Tensor, str]:
    """Read a table ``(3, n, n, n)``, as passed to ``write``, and its title.

    Raises:
        VerismError: if the file is missing, empty, damaged, of another version, or holds something else.
    """
    permission.check(path)
    if not path.is_file():
        raise VerismError(f"{path}: no such look.")
    empty.check(path)
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            said = file.metadata() or {}
            if said.get("format") != FORMAT:
                raise VerismError(
                    f"{path}: is not a look; make one with verism export RUN --output.path look.safetensors."
                )
            if said.get("version") != VERSION:
                raise VerismError(
                    f"{path}: is a look of format version {said.get('version')}; this verism reads version {VERSION}."
                )
            table = file.get_tensor("table")
    except (OSError, safetensors.SafetensorError) as error:
        raise VerismError(f"{path}: damaged, or not a look.") from error
    nodes = table.shape[-1] if table.ndim else 0
    if table.shape != (3, nodes, nodes, nodes) or not 2 <= nodes <= MOST_NODES or table.dtype != torch.float32:  # noqa: PLR2004
        raise VerismError(f"{path}: damaged: its table has the shape {tuple(table.shape)} and the type {table.dtype}.")
    if not bool(table.isfinite().all()):
        raise VerismError(f"{path}: damaged: its table has values that are not finite.")
    return table, said.get("title", "")
