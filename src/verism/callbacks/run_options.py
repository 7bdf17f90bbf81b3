"""The options of a run, as passed to loggers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verism import checkpoint
from verism.data import PhotoPair
from verism.module import StyleTransfer

UNLISTED = ("sha256", "inplace", "max_megapixels", "mask_threshold")
"""Options that are not listed as hyperparameters, by the last part of their name."""

NAMES_OF_PHOTOS = "Photos"
"""Column for the names of the photos. TensorBoard shows five columns at first, and sorts capitals to the front."""

PHOTOS = ("data.content", "data.style")
"""Options that are not listed, because the column of the photos' names replaces them."""

CLASSES = ("verism.", "torch.")
"""Packages whose classes are shown without the package name."""


def run_options(model: StyleTransfer) -> dict[str, Any]:
    """Return the options of a module's run that are logged, in sections."""
    trainer = model.trainer
    return {**model.options, "trainer": {"max_steps": trainer.max_steps, "precision": trainer.precision}}


def hyperparameters(data: PhotoPair, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the hyperparameters for TensorBoard: the photos' names, and options by their names on the command line.

    Options without a value are left out, and so are those in ``UNLISTED`` and ``PHOTOS``.

    Args:
        data: the photos, which are named after their files: ``picos-sunset``.
        options: options of the run, in sections, with its classes.
    """
    options = {name: value for name, value in checkpoint.flat(options).items() if value not in (None, [], (), "")}
    return {NAMES_OF_PHOTOS: data.title} | {
        name: value.rpartition(".")[2] if isinstance(value, str) and value.startswith(CLASSES) else value
        for name, value in options.items()
        if name.rpartition(".")[2] not in UNLISTED and name not in PHOTOS
    }
