"""The regions that a run compares, as pictures that can be viewed, edited and passed back as masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.utilities import rank_zero_info
from torch import Tensor

from verism import atomic, images, photo_file
from verism.callbacks import unfinished
from verism.callbacks.checkpoints import Checkpoints
from verism.callbacks.find import find
from verism.callbacks.picture_log import picture_log
from verism.canvas import Canvas
from verism.data.source import read
from verism.errors import VerismError
from verism.likeness import has_one_grade, of_scene
from verism.module import StyleTransfer
from verism.regions.colors import said
from verism.regions.masks import enlarged, paint
from verism.regions.regions import SEEN, Regions
from verism.verdict import KEPT, match

MASK_FORMATS = (".png", ".tiff", ".tif")
"""Endings of label images: lossless formats, so that a label keeps its colour."""

LARGEST = 2000
"""Longest side of a label image, in pixels: its borders are smooth enough to paint along, and the file is not large."""

COVER = (0.15, 0.5)
"""Opacity of a region's colour over the photo without a match, and the increase for a certain match: even then, the
photo shows through."""


class RegionMap(Callback):
    """Shows which part of the content photo takes its look from which part of the style photo.

    Tags in TensorBoard, RGB in [0, 1], logged once, at the start of a run that has regions:

    - ``regions/content``, ``regions/style``: each photo under the colours of its regions, which are paler the less
      certain it is that both photos show the same thing there.

    With ``path``, the same is written as label images, in flat colours and at the photos' size, up to ``LARGEST``
    pixels. Paint over mistakes on a transparent layer, and pass that back with ``--data.content_mask``.

    Attributes:
        replaceable: files left by the run that this one resumes, path to SHA-256; they may be replaced.
        written: the label images that were written; none if there is nothing to tell apart.
    """

    def __init__(self, path: Path | None = None, overwrite: bool = False) -> None:
        """Choose whether and where label images are written.

        Args:
            path: a .png or .tiff file for the label image of the content photo; the label image of the style photo is
                written next to it, with -style at the end of its name. null: no label images are written.
            overwrite: replace files that exist; otherwise the run is refused before it starts.
        """
        self.path = None if path is None else Path(path)
        self.overwrite = overwrite
        self.replaceable: Mapping[str, str] = {}
        self.written: tuple[Path, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """The label images of content and style photo; none without a path."""
        return () if self.path is None else (self.path, self.path.with_stem(f"{self.path.stem}-style"))

    def check(self) -> None:
        """Raise ``VerismError`` if a label image cannot be written, or exists and must not be overwritten."""
        for file in self.files:
            if file.suffix.lower() not in MASK_FORMATS:
                raise VerismError(f"{file}: label images are written as {', '.join(MASK_FORMATS)}; choose one of them.")
            atomic.check(file)
            if file.exists() and not (self.overwrite or unfinished.unchanged(file, self.replaceable)):
                raise VerismError(
                    f"{file}: exists already; choose another --regions.path, or set --regions.overwrite true."
                )

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Refuse a run whose regions could not be written."""
        self.check()

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Show the regions and print how certain they are."""
        model = cast("StyleTransfer", pl_module)
        regions = model.regions
        if regions is None or regions.undivided or not trainer.is_global_zero:
            return
        rank_zero_info(describe(regions, model.canvas))
        both = zip(("content", "style"), model.photos, (regions.content, regions.style), strict=True)
        pictures = {f"regions/{name}": overlay(photo, masks, regions).squeeze(0) for name, photo, masks in both}
        for log in filter(None, map(picture_log, trainer.loggers)):
            for tag, picture in pictures.items():
                log.add_image(tag, picture, 0)
        if self.files:
            both_masks = (regions.content, regions.style)
            for file, masks, shape in zip(self.files, both_masks, _shapes(model), strict=True):
                images.write(file, paint(enlarged(masks, shape), regions.labels), {})
            self.written = self.files
        own = find(trainer, Checkpoints)
        if own is not None:
            own.remember(self.files)


def describe(regions: Regions, canvas: Canvas) -> str:
    """Return in words how much of the content photo each region covers and has a match in the style photo."""
    scene = of_scene(regions, canvas)
    pairs = list(zip(regions.labels, regions.seen[0], regions.sure.tolist(), strict=True))
    if has_one_grade(regions, canvas):
        kept = [f"{said(label)} ({share:.0%})" for label, share, _ in pairs if label in regions.kept]
        return f"{scene} You keep {', '.join(kept)}." if kept else scene
    told = [
        f"{said(label)} ({share:.0%}, {KEPT if label in regions.kept else match(sure)})"
        for label, share, sure in pairs
        if share >= SEEN or (share and label in regions.added)
    ]
    regions_said = f"Regions of your photo, and how sure their match is: {', '.join(told)}."
    return f"{scene} {regions_said}".lstrip()


def _shapes(model: StyleTransfer) -> list[Sequence[int]]:
    """Return the height and width of both label images: those of the photos, but at most ``LARGEST``."""
    data = model.data
    shapes = [data.original.shape[-2:], model.photos.style.shape[-2:]]
    # Several style photos together have the size of the fit, since nothing can be painted over them.
    if len(data.styles) == 1:
        with photo_file.limited(data.max_megapixels):
            shapes[1] = read(data.styles[0], data.white).pixels.shape[-2:]
    at_least = [photo.shape[-2:] for photo in model.photos]
    return [_at_most(own) if max(own) > max(least) else least for own, least in zip(shapes, at_least, strict=True)]


def _at_most(shape: Sequence[int]) -> Sequence[int]:
    return [max(1, round(side * min(1.0, LARGEST / max(shape)))) for side in shape]


def overlay(photo: Tensor, masks: Tensor, regions: Regions) -> Tensor:
    """Return ``photo`` ``(1, 3, H, W)`` under the colours of its regions ``(1, K, H, W)``, of the same shape."""
    colors = paint(masks.to(photo), regions.labels)
    sure = torch.einsum("bkhw,k->bhw", masks.to(photo), regions.sure.to(photo)).unsqueeze(1)
    least, added = COVER
    return torch.lerp(photo, colors, least + added * sure)
