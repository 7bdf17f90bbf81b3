"""Writes pictures to those of Lightning's loggers that take pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from lightning.pytorch.loggers import Logger, MLFlowLogger, TensorBoardLogger, WandbLogger
from numpy.typing import NDArray
from torch import Tensor


class PictureLog(Protocol):
    """Keeps pictures by tag and step; TensorBoard's ``SummaryWriter`` is one."""

    def add_image(
        self, tag: str, img_tensor: Tensor, global_step: int | None = None, walltime: float | None = None
    ) -> None:
        """Keep a picture: ``(3, H, W)``, RGB in [0, 1], or uint8 in [0, 255]."""


def picture_log(logger: Logger) -> PictureLog | None:
    """Return what writes pictures to a logger of TensorBoard, W&B or MLflow; None for other loggers."""
    if isinstance(logger, TensorBoardLogger):
        log: PictureLog = logger.experiment
        return log
    if isinstance(logger, WandbLogger):
        return _ByFunction(lambda tag, picture, step: logger.log_image(tag, [picture], step))
    if isinstance(logger, MLFlowLogger):
        return _ByFunction(
            lambda tag, picture, step: logger.experiment.log_image(logger.run_id, picture, key=tag, step=step)
        )
    return None


class _ByFunction:
    """Keeps pictures with a function of tag, picture ``(H, W, 3)`` uint8 and step."""

    def __init__(self, log: Callable[[str, NDArray[np.uint8], int], object]) -> None:
        self._log = log

    def add_image(
        self, tag: str, img_tensor: Tensor, global_step: int | None = None, walltime: float | None = None
    ) -> None:
        del walltime
        levels = img_tensor if not img_tensor.is_floating_point() else (img_tensor * 255).round().clamp(0, 255)
        self._log(tag, levels.permute(1, 2, 0).cpu().numpy().astype(np.uint8), global_step or 0)
