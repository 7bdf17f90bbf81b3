"""A finished run, read back from its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from torch import Tensor

from verism import images, permission, photo_file
from verism.commands.options import FitOptions
from verism.data import PhotoPair, Photos
from verism.data.options import photo_pair
from verism.errors import VerismError
from verism.missing import missing_run
from verism.module import StyleTransfer
from verism.photo_file import MEGAPIXELS
from verism.run_files import CONFIG, RESULT


@dataclass(frozen=True)
class FinishedRun:
    """The options, the photos and the result of a finished run.

    Attributes:
        folder: the run's own folder, as ``fit`` writes it, with ``config.yaml`` and ``result.png``.
        options: the sections of the run's options that are used here: model, data, optimizer and output.
    """

    folder: Path
    options: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path) -> FinishedRun:
        """Return the run in ``folder``; raise ``VerismError`` if the folder does not exist or holds no run."""
        if not folder.exists():
            raise missing_run(folder)
        config = folder / CONFIG
        permission.check(config)
        try:
            options = yaml.safe_load(config.read_text(encoding="utf-8"))
            return cls(folder, {name: options[name] for name in ("model", "data", "optimizer", "output")})
        except (OSError, ValueError, RecursionError, yaml.YAMLError, KeyError, TypeError) as error:
            raise VerismError(
                f"{folder}: is not the folder of a run: {config.name} is missing, or was not written by fit."
            ) from error

    @property
    def result(self) -> Path:
        """The path of the result."""
        chosen = self.options["output"]["path"]
        return Path(chosen) if chosen else self.folder / RESULT

    @cached_property
    def rendered(self) -> Tensor:
        """The result as written, ``(1, 3, H, W)``; raises ``VerismError`` if the run has none."""
        with photo_file.limited(self.options["data"].get("max_megapixels", MEGAPIXELS)):
            return images.read(self.result)

    @cached_property
    def image(self) -> Tensor:
        """The result at the run's size, ``(1, 3, H, W)``, RGB in [0, 1].

        Raises:
            VerismError: the run has no result, or its photos, which determine the size, can no longer be read.
        """
        return images.resize(self.rendered, self.photos.content.shape[-2:])

    @cached_property
    def pair(self) -> PhotoPair:
        """The run's photos and masks; its properties raise ``VerismError`` if they can no longer be read."""
        return photo_pair(self.options["data"])

    @property
    def photos(self) -> Photos:
        """The photos at the run's size; raises ``VerismError`` if they can no longer be read."""
        return self.pair.photos

    def build(self) -> StyleTransfer:
        """Return the run's model, without its image."""
        return FitOptions().build({name: self.options[name] for name in ("model", "data", "optimizer")})
