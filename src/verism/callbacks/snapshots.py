"""The photos and the image, as pictures."""

from __future__ import annotations

import torch
from lightning.pytorch.loggers import Logger

from verism import images
from verism.callbacks.periodic import Periodic
from verism.callbacks.picture_log import PictureLog, picture_log
from verism.module import StyleTransfer

AREA = 2**22
"""Pixels of a snapshot, at most."""


class Snapshots(Periodic):
    """Writes pictures to TensorBoard, W&B or MLflow.

    Tags, all RGB, clipped to [0, 1]:

    - ``compare/side_by_side``: content, image and style in a row, after 0, n, 2n, … updates, and of the last image, so
      that its last one shows the result. By its name, TensorBoard shows it first.
    - ``photo/content``, ``photo/style``: the photos at the size in which they are used, or at ``AREA``, once.
    - ``photo/image``: the image, as often as in the row.
    """

    def __init__(self, every_n_steps: int | None = None) -> None:
        """Choose how often.

        Args:
            every_n_steps: steps from one snapshot of the image to the next; null: 50, or 5 in runs of at most 100.
        """
        super().__init__(every_n_steps)

    def writer(self, logger: Logger) -> PictureLog | None:
        """Return where a logger keeps pictures, if it does."""
        return picture_log(logger)

    def look(self, writer: PictureLog, model: StyleTransfer, step: int, *, first: bool) -> None:
        """Write the pictures of one step, and at first the photos."""
        content, style = (images.within(photo, AREA) for photo in model.data.photos)
        image = images.resize(model.image.to(content), content.shape[-2:])
        if first:
            writer.add_image("photo/content", content.squeeze(0), step)
            writer.add_image("photo/style", style.squeeze(0), step)
        style = images.to_height(style, content.shape[-2])
        writer.add_image("photo/image", image.squeeze(0), step)
        writer.add_image("compare/side_by_side", torch.cat([content, image, style], dim=-1).squeeze(0), step)
