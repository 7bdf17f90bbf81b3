"""Applies one look to many photos, each by its own regions, but close to the grade that a run has found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from verism import checkpoint, images
from verism.backbone import VGG
from verism.backbone.reference import reference
from verism.canvas.grade import Grade
from verism.canvas.regional_grade import RegionalGrade
from verism.data.options import photo_pair
from verism.errors import VerismError
from verism.look import saved
from verism.regions.search import find_regions


@dataclass(frozen=True)
class ByRegions:
    """Gives photos the look of a run, each by the regions that it shares with the run's style photo.

    Attributes:
        canvas: the canvas of the run.
        backbone: the network that finds the regions, as in the run.
        style: the run's style photo at the size of the fit, ``(1, 3, H, W)``, RGB in [0, 1].
        opacity: opacity of the style photo, ``(1, 1, H, W)``. None if it is opaque.
        size: short side at which regions are found, in pixels.
    """

    canvas: RegionalGrade
    backbone: VGG
    style: Tensor
    opacity: Tensor | None
    size: int

    @classmethod
    def read(cls, run: Path, canvas: Grade) -> ByRegions:
        """Load the look of a run.

        Args:
            run: the folder of the run, or a checkpoint, as for ``saved.read``.
            canvas: the canvas that ``saved.read`` returned for it.

        Raises:
            VerismError: if the canvas has no regions, or the run's style photo or weights can no longer be found.
        """
        path = saved.file(run)
        if not isinstance(canvas, RegionalGrade):
            raise VerismError(
                f"{path}: --adapt true needs a look with regions, and its canvas, {type(canvas).__name__}, has none: "
                "fit with --model.canvas RegionalGrade, as photoreal.yaml does, or leave the option out."
            )
        state = checkpoint.read(path)
        pair = photo_pair(state["datamodule_hyper_parameters"])
        for style in pair.styles:
            if isinstance(style, Path) and not style.is_file():
                raise VerismError(
                    f"{style}: --adapt true needs the run's style photo, which is gone: put it back, or leave the "
                    "option out."
                )
        backbone = reference(saved.backbone(state))
        photo = pair.look()
        return cls(canvas, backbone, photo.pixels, photo.alpha, pair.size)

    def to(self, device: torch.device) -> ByRegions:
        """Return the same look on another device. The canvas and network are moved, and may be shared."""
        opacity = None if self.opacity is None else self.opacity.to(device)
        return replace(
            self,
            canvas=self.canvas.to(device),
            backbone=self.backbone.to(device),
            style=self.style.to(device),
            opacity=opacity,
        )

    @torch.no_grad()
    def __call__(self, photo: Tensor) -> Tensor:
        """Apply the look to a photo ``(1, 3, H, W)``, RGB in [0, 1], of any size. The result is not clipped."""
        content = images.scale(photo, min(self.size, *photo.shape[-2:]))
        regions = find_regions(self.backbone, content, self.style, opacity=self.opacity)
        if self.opacity is not None:
            regions = regions.showing(self.opacity)
        return self.canvas.adapted(content, self.style, regions).render(photo)
