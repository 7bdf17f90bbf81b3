"""Support for Lightning's Trainer.test, Trainer.predict, Tuner.lr_find and learning rate schedulers."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable

import torch
from lightning.pytorch.trainer.states import TrainerFn
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from verism import evaluation
from verism.backbone import VGG
from verism.canvas.grade import Grade
from verism.checkpoint.module import CanvasModule
from verism.data import PhotoPair, Photos
from verism.errors import VerismError
from verism.look.look import Look

OptimizerFactory = Callable[[Iterable[nn.Parameter]], Optimizer]
"""Makes the optimiser of some parameters."""

SchedulerFactory = Callable[[Optimizer], LRScheduler]
"""Makes the learning rate scheduler of an optimiser."""


class TrainableModule(CanvasModule):
    """A module whose result can be measured and applied, and whose learning rate can be found and scheduled.

    Attributes:
        optimizer: makes the optimiser of the canvas's parameter.
        lr_scheduler: makes the scheduler that changes the learning rate after every step; None: the rate is constant.
        started_from: the photos from which the canvas was started; None before that.
    """

    optimizer: OptimizerFactory
    lr_scheduler: SchedulerFactory | None

    def __init__(self) -> None:
        super().__init__()
        self.started_from: PhotoPair | None = None
        self._lr: float | None = None

    @property
    def reference(self) -> VGG:
        """The network that is used to measure results."""
        raise NotImplementedError

    def test_step(self, batch: Photos, batch_idx: int) -> None:
        """Measure the result at full size, as the command ``test`` does, and log each metric as ``metrics/{name}``."""
        with torch.autocast(self.device.type, enabled=False):
            figures = evaluation.evaluate(self._rendered(self.data.original), self.data, self.reference)
        self.log_dict({f"metrics/{name}": value for name, value in figures.items()})

    def predict_step(self, batch: Tensor, batch_idx: int) -> Tensor:
        """Return a photo with the look of this run, at full strength, as the command ``predict`` does.

        With the run's ``PhotoPair`` as the datamodule, the photo is its content photo, and the result is returned.

        Args:
            batch: a photo of any size, ``(1, 3, H, W)``, sRGB in [0, 1].
            batch_idx: its index, which is not used.

        Returns:
            ``(1, 3, H, W)``, sRGB in [0, 1]; with free pixels, of the size of the fit.

        Raises:
            VerismError: the canvas holds one image, and the photo is not the content photo.
        """
        with torch.autocast(self.device.type, enabled=False):
            return self._rendered(batch)

    @torch.no_grad()
    def _rendered(self, photo: Tensor) -> Tensor:
        # In float32, even after a run in bf16-true.
        canvas = copy.deepcopy(self.canvas).float()
        photo = photo.to(next(canvas.parameters()).device, torch.float32)
        if isinstance(canvas, Grade):
            return Look(canvas).apply(photo)
        if not torch.equal(photo.cpu(), (self.started_from or self.data).original):
            raise VerismError(
                "predict: this canvas holds one image, and not a look that other photos could take on; pass "
                "datamodule=PhotoPair(…), or fit with another canvas, such as RegionalGrade."
            )
        return canvas.render(photo).clamp(0, 1)

    @property
    def only_used(self) -> bool:
        """Whether the Trainer uses an image that was made before: in ``test`` and ``predict``."""
        return self.trainer.state.fn in (TrainerFn.TESTING, TrainerFn.PREDICTING)

    def make_optimizer(self) -> Optimizer:
        """Return a new optimiser of the canvas's parameter, with the learning rate ``lr`` if that was set."""
        optimizer = self.optimizer(self.canvas.parameters())
        if self._lr is not None:
            for group in optimizer.param_groups:
                group["lr"] = self._lr
        return optimizer

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Return the optimiser of the canvas's parameter, with its learning rate scheduler if there is one."""
        optimizer = self.make_optimizer()
        if self.lr_scheduler is None:
            return optimizer
        scheduler = self.lr_scheduler(optimizer)
        # Only ReduceLROnPlateau monitors a value; Lightning's version of it has the name of that value.
        monitor = getattr(scheduler, "monitor", "loss")
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": scheduler, "interval": "step", "monitor": monitor},
        }

    @property
    def lr(self) -> float:
        """The optimiser's learning rate: that of ``optimizer``, unless it was set, as by ``Tuner.lr_find``."""
        if self._lr is not None:
            return self._lr
        return float(self.optimizer([nn.Parameter(torch.zeros(2, 2))]).param_groups[0]["lr"])

    @lr.setter
    def lr(self, value: float) -> None:
        self._lr = value
