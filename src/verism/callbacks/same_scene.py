"""Warns about photos of two different scenes if the method expects two photos of the same scene."""

from __future__ import annotations

import logging
from typing import cast

from lightning.pytorch import Callback, LightningModule, Trainer

from verism import photo_file
from verism.canvas.linear_grade import LinearGrade
from verism.likeness import PROBABLY
from verism.module import StyleTransfer
from verism.regions.search import find_regions

DIFFERENT = (
    "These photos seem to show different scenes, and match.yaml is for two photos of one (--model.canvas.init shared): "
    "for the look of another scene, take --config photoreal.yaml."
)


class SameScene(Callback):
    """Warns before the first step if the canvas expects two photos of one scene but they seem to show two.

    The network compares them as it does for ``RegionalGrade``, which has one grade for a shared scene.

    Attributes:
        said: the warning; empty if there was none.
    """

    def __init__(self) -> None:
        """Start without a warning."""
        self.said = ""

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Compare the photos, unless the run resumes another, which has already done so."""
        model = cast("StyleTransfer", pl_module)
        canvas = model.canvas
        looked_for = isinstance(canvas, LinearGrade) and canvas.init == "shared"
        if not (looked_for and stage == "fit" and trainer.is_global_zero and trainer.ckpt_path is None):
            return
        with photo_file.limited(model.data.max_megapixels):
            found = find_regions(model.reference, *model.data.photos, opacity=model.data.opacity)
        if found.one_scene <= PROBABLY:
            self.said = DIFFERENT
            logging.getLogger("lightning.pytorch.utilities.rank_zero").warning(DIFFERENT)
