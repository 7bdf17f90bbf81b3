"""Logs pictures of the photos and the image."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from lightning.pytorch.loggers import Logger
from torch import Tensor

from verism import images
from verism.callbacks.background import arriving
from verism.callbacks.periodic import Periodic
from verism.callbacks.picture_log import PictureLog, picture_log
from verism.module import StyleTransfer

AREA = 2**22
"""Largest number of pixels in a snapshot of a photo."""


class Snapshots(Periodic):
    """Writes pictures to TensorBoard, W&B or MLflow.

    Tags, all RGB, clipped to [0, 1]:

    - ``compare/side_by_side``: content, image and style in a row, after 0, n, 2n, … updates, and at the end, with the
      result. Its name makes TensorBoard show it first.
    - ``photo/content``, ``photo/style``: the photos at the size of the fit, scaled down to ``AREA`` if they are larger;
      once.
    - ``photo/image``: the image, as often as in ``compare/side_by_side``.
    """

    def __init__(self, every_n_steps: int | None = None) -> None:
        """Choose how often the image is logged.

        Args:
            every_n_steps: number of steps between snapshots of the image; null: 50, or 5 in runs of at most 100.
        """
        super().__init__(every_n_steps)
        self._content: Tensor
        self._style: Tensor

    def writer(self, logger: Logger) -> PictureLog | None:
        """Return the object that writes pictures to a logger; None if the logger accepts none."""
        return picture_log(logger)

    def observe(self, writer: PictureLog, model: StyleTransfer, step: int, *, first: bool) -> Callable[[], None]:
        """Scale the image, and the first time the photos, on their device; return a function that writes them."""
        now = time.time()
        whole: dict[str, Tensor] = {}
        if first:
            content, style = (images.within(photo, AREA) for photo in model.data.photos)
            whole = {"photo/content": bits(content), "photo/style": bits(style)}
            self._content, self._style = bits(content), bits(images.to_height(style, content.shape[-2]))
        content, style = self._content, self._style
        image = arriving(bits(images.resize(model.image.float(), content.shape[-2:])))

        def write() -> None:
            for tag, photo in whole.items():
                writer.add_image(tag, photo, step, walltime=now)
            writer.add_image("photo/image", image(), step, walltime=now)
            writer.add_image("compare/side_by_side", torch.cat([content, image(), style], dim=-1), step, walltime=now)

        return write


def bits(image: Tensor) -> Tensor:
    """Return an image ``(1, 3, H, W)`` in [0, 1] as ``(3, H, W)`` uint8, truncated as TensorBoard's writer does."""
    return (image.squeeze(0) * 255).clamp(0, 255).to(torch.uint8)
