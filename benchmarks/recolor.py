"""Methods that see nothing but colours: ``python benchmarks/recolor.py closed_form a.png style.png result.png``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from distribution_transfer import distribution_transfer
from jsonargparse import auto_cli
from torch import Tensor

from verism import images
from verism.color.monge_kantorovich import monge_kantorovich


def closed_form(content: Tensor, style: Tensor) -> Tensor:
    """Return ``content`` with ``style``'s mean and covariance of RGB."""
    return monge_kantorovich(content, style)(content)


METHODS: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "closed_form": closed_form,
    "distribution_transfer": distribution_transfer,
}


def main(method: Literal["closed_form", "distribution_transfer"], content: Path, style: Path, result: Path) -> None:
    """Give one photo the colours of another.

    Args:
        method: closed_form: mean and covariance. distribution_transfer: the whole distribution.
        content: the photo to recolour.
        style: the photo with the colours.
        result: the file to write, at the content photo's size.
    """
    images.write(result, METHODS[method](images.read(content), images.read(style)), {"method": method})


if __name__ == "__main__":
    auto_cli(main)
