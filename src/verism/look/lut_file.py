"""A look as a file for other programs: a lookup table at a chosen strength, and its deviation from the picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from verism import endings
from verism.color.table import nodes as identity
from verism.color.table import over_nodes, through
from verism.errors import VerismError
from verism.look import cube, haldclut, look_file
from verism.look.strength import Strength
from verism.metrics import color_differences


class Format(NamedTuple):
    """A format of lookup tables.

    Attributes:
        write: writes a file from a path, a table and a title.
        nodes: the numbers of nodes along each axis that files are written with; the first is the default.
        about: what it is to photographers, to follow a file's name; empty if they know it by its ending.
    """

    write: Callable[[Path, Tensor, str], None]
    nodes: tuple[int, ...]
    about: str = ""


FORMATS: Mapping[str, Format] = {
    ".cube": Format(cube.write, (33, 17, 65)),
    look_file.ENDING: Format(look_file.write, (33, 17, 65)),
    ".png": Format(
        haldclut.write,
        tuple(level**2 for level in haldclut.LEVELS),
        " (a HaldCLUT, for ImageMagick, darktable and RawTherapee)",
    ),
}
"""The formats by the endings of their files."""

CANNOT = (
    "A table changes a colour the same everywhere, and this look does not. "
    "One that a table holds exactly: verism mine.jpg theirs.jpg --config lut.yaml"
)
"""What is said of a table that does not show the picture."""

NOTICED = (
    (1.0, "to the eye the same as {}"),
    (3.0, "hardly to be told from {}"),
    (math.inf, "visibly different from {} in places"),
)
"""How a CIEDE2000 below each limit looks, from a picture: 1 is just noticed side by side, and 2 to 3 at a glance."""


class Deviation(NamedTuple):
    """The CIEDE2000 difference between a picture and what the lookup table of its look makes of the photo.

    Attributes:
        mean: mean over all pixels.
        most: 95th percentile over all pixels.
    """

    mean: float
    most: float

    def plainly(self, strength: Strength) -> str:
        """Return what the table is to the eye, to follow the table's name after a comma.

        Args:
            strength: at which the look is in both.
        """
        picture = "the picture" if strength.is_full else "the picture at this strength"
        return next(words for limit, words in NOTICED if self.most < limit).format(picture)

    @property
    def is_visible(self) -> bool:
        """Whether one sees at a glance that the table does not make the picture."""
        return self.most >= NOTICED[1][0]

    @property
    def figures(self) -> str:
        """The two figures, as part of a sentence."""
        return f"CIEDE2000 {self.mean:.2f} on average, below {self.most:.2f} for 95 % of the pixels"


def about(path: Path) -> str:
    """Return what a table is for, to follow the name of its file; empty if its ending says so."""
    return FORMATS[path.suffix.lower()].about


def check(path: Path, nodes: int | None = None) -> None:
    """Raise ``VerismError`` unless ``path`` has the ending of a format that can have ``nodes`` along each axis.

    Args:
        path: the file to write.
        nodes: number of nodes; None: the format's default.
    """
    endings.check_table(path)
    form = FORMATS[path.suffix.lower()]
    if nodes not in (None, *form.nodes):
        known = ", ".join(map(str, sorted(form.nodes)))
        raise VerismError(f"--output.nodes {nodes}: {path.suffix} files are written with {known} along each axis.")


@torch.no_grad()
def write(
    path: Path, table: Tensor, photo: Tensor, image: Tensor, strength: Strength, nodes: int | None = None
) -> Deviation:
    """Write the table of a look at a strength, as ``write_table`` does, and compare it with the picture.

    Args:
        path: its ending says in which format; its name is the look's title.
        table: of the look at full strength, ``(3, n, n, n)``, RGB by blue, green and red.
        photo: the content photo of the look, ``(1, 3, H, W)``, RGB in [0, 1].
        image: what the look makes of it, at full strength; of the same shape.
        strength: of what is written.
        nodes: along each axis of what is written; None: the format's default.

    Returns:
        How far the table that was written is from the picture at that strength, on ``photo``.

    Raises:
        VerismError: the file cannot be written, its ending is that of no format, or its format cannot have ``nodes``.
    """
    written = write_table(path, table, strength, nodes)
    return deviation(through(written, photo), strength(photo, image))


@torch.no_grad()
def write_table(path: Path, table: Tensor, strength: Strength, nodes: int | None = None) -> Tensor:
    """Write the table of a look at a strength, whole or not at all, replacing any existing file.

    Args:
        path: its ending says in which format; its name is the look's title.
        table: of the look at full strength, ``(3, n, n, n)``, RGB by blue, green and red.
        strength: of what is written.
        nodes: along each axis of what is written; None: the format's default.

    Returns:
        The table that was written, ``(3, nodes, nodes, nodes)``.

    Raises:
        VerismError: the file cannot be written, its ending is that of no format, or its format cannot have ``nodes``.
    """
    check(path, nodes)
    form = FORMATS[path.suffix.lower()]
    written = at_strength(table.detach().cpu().float(), strength, nodes or form.nodes[0])
    form.write(path, written, path.stem)
    return written


def at_strength(table: Tensor, strength: Strength, nodes: int) -> Tensor:
    """Return a table with another number of nodes, and at a strength, ``(3, nodes, nodes, nodes)``.

    At full strength it is not clipped to [0, 1].
    """
    if strength.is_full:
        return table if table.shape[-1] == nodes else over_nodes(nodes, partial(through, table))
    colors = identity(nodes).flatten(2).unsqueeze(0)
    return strength(colors, through(table, colors)).view(3, nodes, nodes, nodes)


def deviation(image: Tensor, picture: Tensor) -> Deviation:
    """Return how far two images ``(1, 3, H, W)`` are apart, clipped to [0, 1]: in CIEDE2000."""
    differences = color_differences(image.detach(), picture.detach())
    # torch.quantile does not take so many values.
    return Deviation(float(differences.mean()), float(np.quantile(differences.numpy(), 0.95)))
