"""A look as a file for other programs: a lookup table at a given strength, and its deviation from the picture."""

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
    """A file format of lookup tables.

    Attributes:
        write: writes a file, given a path, a table and a title.
        nodes: supported numbers of nodes along each axis. The first is the default.
        about: what photographers use it for, to follow a file name. Empty if they know it by its ending.
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
"""The formats by file ending."""

CANNOT = (
    "A table changes a colour the same everywhere, and this look does not. "
    "One that a table holds exactly: verism mine.jpg theirs.jpg --config lut.yaml"
)
"""Message for a table that cannot reproduce the picture."""

NOTICED = (
    (1.0, "to the eye the same as {}"),
    (3.0, "hardly distinguishable from {}"),
    (math.inf, "visibly different from {} in places"),
)
"""What a CIEDE2000 difference below each limit looks like. 1 is just noticeable side by side; 2 to 3, at a glance."""


class Deviation(NamedTuple):
    """The CIEDE2000 difference between a picture and the photo with the lookup table of the picture's look.

    Attributes:
        mean: mean over all pixels.
        most: 95th percentile over all pixels.
    """

    mean: float
    most: float

    def plainly(self, strength: Strength) -> str:
        """Describe the visible quality of the table, to follow the name of the table and a comma.

        Args:
            strength: strength of the look in both the table and the picture.
        """
        picture = "the picture" if strength.is_full else "the picture at this strength"
        return next(words for limit, words in NOTICED if self.most < limit).format(picture)

    @property
    def is_visible(self) -> bool:
        """Whether the difference between the table and the picture is visible at a glance."""
        return self.most >= NOTICED[1][0]

    @property
    def figures(self) -> str:
        """Both figures, as part of a sentence."""
        return f"CIEDE2000 {self.mean:.2f} on average, below {self.most:.2f} for 95 % of the pixels"


def about(path: Path) -> str:
    """Return what a table is used for, to follow its file name. Empty if its ending says so."""
    return FORMATS[path.suffix.lower()].about


def check(path: Path, nodes: int | None = None) -> None:
    """Raise ``VerismError`` unless ``path`` has the ending of a format that supports ``nodes`` along each axis.

    Args:
        path: the file to write.
        nodes: number of nodes. None for the default of the format.
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
    """Write the table of a look at a strength, like ``write_table``, and compare it with the picture.

    Args:
        path: the file to write. Its ending selects the format, and its name is the title of the look.
        table: the look at full strength, ``(3, n, n, n)``, RGB by blue, green and red.
        photo: the content photo of the look, ``(1, 3, H, W)``, RGB in [0, 1].
        image: the photo with the look at full strength, of the same shape.
        strength: strength of the look in the file.
        nodes: number of nodes along each axis of the file's table. None for the default of the format.

    Returns:
        The deviation of the written table from the picture at that strength, on ``photo``.

    Raises:
        VerismError: if the file cannot be written, its ending is unknown, or its format does not support ``nodes``.
    """
    written = write_table(path, table, strength, nodes)
    return deviation(through(written, photo), strength(photo, image))


@torch.no_grad()
def write_table(path: Path, table: Tensor, strength: Strength, nodes: int | None = None) -> Tensor:
    """Write the table of a look at a strength atomically, replacing any existing file.

    Args:
        path: the file to write. Its ending selects the format, and its name is the title of the look.
        table: the look at full strength, ``(3, n, n, n)``, RGB by blue, green and red.
        strength: strength of the look in the file.
        nodes: number of nodes along each axis of the file's table. None for the default of the format.

    Returns:
        The table that was written, ``(3, nodes, nodes, nodes)``.

    Raises:
        VerismError: if the file cannot be written, its ending is unknown, or its format does not support ``nodes``.
    """
    check(path, nodes)
    form = FORMATS[path.suffix.lower()]
    written = at_strength(table.detach().cpu().float(), strength, nodes or form.nodes[0])
    form.write(path, written, path.stem)
    return written


def at_strength(table: Tensor, strength: Strength, nodes: int) -> Tensor:
    """Resample a table to another number of nodes, at a given strength: ``(3, nodes, nodes, nodes)``.

    At full strength, the result is not clipped to [0, 1].
    """
    if strength.is_full:
        return table if table.shape[-1] == nodes else over_nodes(nodes, partial(through, table))
    colors = identity(nodes).flatten(2).unsqueeze(0)
    return strength(colors, through(table, colors)).view(3, nodes, nodes, nodes)


def deviation(image: Tensor, picture: Tensor) -> Deviation:
    """Return the CIEDE2000 difference between two images ``(1, 3, H, W)``, clipped to [0, 1]."""
    differences = color_differences(image.detach(), picture.detach())
    # torch.quantile does not support this many values.
    return Deviation(float(differences.mean()), float(np.quantile(differences.numpy(), 0.95)))
