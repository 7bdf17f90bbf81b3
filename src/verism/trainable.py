"""The Lightning side of a style transfer: hooks, optimiser, checkpoints, test and predict around the method."""

from __future__ import annotations

import copy
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import FrameType
from typing import Any

import torch
from lightning.pytorch import LightningModule
from lightning.pytorch.trainer.states import TrainerFn
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from verism import evaluation, photo_file
from verism.backbone import VGG, Backbone
from verism.canvas import Canvas
from verism.canvas.grade import Grade
from verism.checkpoint.contents import canvas_state, check_canvas
from verism.checkpoint.file import stamp
from verism.data import PhotoPair, Photos
from verism.description import describe
from verism.errors import VerismError
from verism.look.look import Look
from verism.precision import in_float32
from verism.regions.regions import Regions
from verism.regions.search import find_regions
from verism.scales import Scales

OptimizerFactory = Callable[[Iterable[nn.Parameter]], Optimizer]
"""Makes the optimiser of some parameters."""

SchedulerFactory = Callable[[Optimizer], LRScheduler]
"""Makes the learning rate scheduler of an optimiser."""


class TrainableModule(LightningModule):
    """Base class that runs a method under Lightning, and measures and applies its result.

    Subclasses define ``start`` and ``set_targets``. Only the canvas changes. All else is frozen, or computed from the
    photos by every process.

    Attributes:
        canvas: the part that is optimised and that checkpoints keep.
        backbone: the frozen network; a checkpoint is only used with the weights with which it was made.
        optimizer: makes the optimiser of the canvas's parameters.
        lr_scheduler: makes the scheduler that changes the learning rate after every step; None: the rate is constant.
        scales: the sizes at which the image is optimised one after the other; None: only at the size of the photos.
        size: the current one of these sizes, the short side in pixels; None without scales and before the start.
        started_from: the photos from which the canvas was started; None before that.
        has_targets: whether the targets have been set since then.
        first_is_due: whether the next loss is the run's first, before any change of the canvas.
        restored: whether ``load_from_checkpoint`` has loaded the state of a checkpoint into the canvas.
        bar_shows_loss: whether the progress bar gets the loss of every step, for which Lightning waits for the GPU;
            verism's own bar does not need this, and reads the loss only at logged steps.
    """

    canvas: Canvas
    backbone: Backbone
    optimizer: OptimizerFactory
    lr_scheduler: SchedulerFactory | None
    scales: Scales | None
    _look: Callable[[Tensor], Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.size: int | None = None
        self.started_from: PhotoPair | None = None
        self.has_targets = False
        self.first_is_due = True
        self.restored = False
        self.bar_shows_loss = False
        self._lr: float | None = None
        # Checkpoints leave out what is frozen; check_canvas makes sure that the canvas is complete.
        self.strict_loading = False

    def save_hyperparameters(
        self, *args: Any, ignore: Any = None, frame: FrameType | None = None, logger: bool = True
    ) -> None:
        """Save arguments of the constructor, or of that of a subclass. Parts are saved as their descriptions.

        Args:
            *args: names of the arguments, or a mapping of them; by default, all arguments.
            ignore: names of arguments to leave out.
            frame: frame of the constructor; by default, that of the caller.
            logger: not used; the callback ``Hyperparameters`` logs the hyperparameters when they are complete.
        """
        del logger
        if len(args) == 1 and isinstance(args[0], Mapping):
            # Lightning would copy the parts, networks among them, and compare the mapping with each argument of the
            # constructor, which NumPy's arrays refuse.
            self.hparams.update(describe(args[0]))
            return
        frame = frame or sys._getframe(1)
        with warnings.catch_warnings():
            # Only the description of a part is kept, not the module that Lightning warns about.
            warnings.filterwarnings("ignore", "Attribute .* is an instance of `nn.Module`", UserWarning)
            super().save_hyperparameters(*args, ignore=ignore, frame=frame, logger=False)
        self.hparams.update(describe(dict(self.hparams)))

    def start(self, photos: Photos, regions: Regions | None = None) -> None:
        """Put the first image on the canvas."""
        raise NotImplementedError

    def set_targets(self, photos: Photos, regions: Regions | None = None) -> None:
        """Compute the targets of the losses."""
        raise NotImplementedError

    @property
    def reference(self) -> VGG:
        """The network that finds regions and measures results."""
        raise NotImplementedError

    @property
    def data(self) -> PhotoPair:
        """The datamodule of the run; raises ``VerismError`` if it is not a ``PhotoPair``."""
        # A copy made with pickle has no Trainer any more.
        data = self.started_from if self._trainer is None else getattr(self.trainer, "datamodule", None)
        if not isinstance(data, PhotoPair):
            raise VerismError("StyleTransfer needs its two photos: trainer.fit(model, datamodule=PhotoPair(…)).")
        return data

    @property
    def photos(self) -> Photos:
        """The content photo and the style photo of the run, at the current scale."""
        return self.data.photos if self.size is None else self.data.at(self.size)

    @property
    def regions(self) -> Regions | None:
        """The regions of the photos at the current scale, found by the network if ``data.regions`` asks for it."""
        return self.data.regions(self.photos, partial(find_regions, self.reference, opacity=self.data.opacity))

    @property
    def options(self) -> dict[str, Any]:
        """The options of the run that determine the image."""
        return {**self.hparams, "data": dict(self.data.hparams)}

    def size_at(self, step: int) -> int | None:
        """Return the short side of the image at a step, in pixels; None: that of the photos."""
        return None if self.scales is None else self.scales.at(step, self.trainer.max_steps)

    def resize(self, size: int | None) -> None:
        """Resize the image to another short side, in pixels; the targets must be set again afterwards."""
        self.size = size
        self.canvas.resize(self.photos.content)

    def configure_model(self) -> None:
        """Start the canvas from the photos: in this hook, because the optimiser, created next, needs its parameters.

        A second fit to the same data continues with the image of the first. ``Trainer.test`` and ``Trainer.predict``
        use the existing image.
        """
        if self.started_from is self.data or (self.only_used and (self.started_from is not None or self.restored)):
            return
        if torch.is_inference_mode_enabled():
            raise VerismError("fit: needs gradients, which torch.inference_mode switches off: call it outside.")
        self.started_from, self.has_targets = self.data, False
        self.size = self.size_at(self.trainer.global_step)
        before = self.dtype
        self._check_weights()
        self.float()
        # During this hook, the Trainer makes its device the default for new tensors, with a mode that intercepts every
        # torch function and would take a third of the start-up time. It moves the module there afterwards in any case.
        with torch._C.DisableTorchFunction(), in_float32(), photo_file.limited(self.data.max_megapixels):
            self.start(self.photos, self.regions)
        if before == torch.float64:
            self.double()
        self._convert_canvas()
        if next(self.canvas.parameters()).dtype != torch.float32:
            # What the canvas computes from its state is computed in this precision, as when a run is resumed.
            with in_float32():
                self.canvas.resume(self.canvas.state_dict())

    def _check_weights(self) -> None:
        """Raise ``VerismError`` if an earlier Trainer has rounded the network to fewer bits than this one computes in.

        Lightning converts a module in place, and the checkpoint would record the weights as they were.
        """
        rounded = str(self.dtype).removeprefix("torch.")
        precision = {"float16": "16-true", "bfloat16": "bf16-true"}.get(rounded)
        if precision is not None and self.trainer.precision != precision:
            raise VerismError(
                f"An earlier Trainer has rounded the network of this module to {rounded}: make a new StyleTransfer for "
                f"precision {self.trainer.precision}, or use {precision} again."
            )

    def _convert_canvas(self) -> None:
        """Bring the canvas to the run's precision.

        Lightning does that with the whole module, but only after it has loaded a checkpoint, whose state would be
        rounded to float32.
        """
        self.trainer.precision_plugin.convert_module(self.canvas)

    def on_fit_start(self) -> None:
        """Set the targets, in the run's precision, so that image and photos are rounded alike."""
        with self.trainer.precision_plugin.forward_context():
            self.set_targets(self.photos, self.regions)
        self.has_targets = True

    def on_train_start(self) -> None:
        """Set the targets if they are not set yet: ``Tuner.lr_find`` makes steps without calling ``on_fit_start``."""
        self.first_is_due = True
        # Imported here, because callbacks import this module.
        from verism.callbacks.progress import Progress  # noqa: PLC0415

        bar = self.trainer.progress_bar_callback
        self.bar_shows_loss = bar is not None and not isinstance(bar, Progress)
        if not self.has_targets:
            self.on_fit_start()

    @property
    def _ddp_params_and_buffers_to_ignore(self) -> list[str]:
        # Otherwise torch would broadcast the losses' targets at every step.
        return [name for name, _ in self.named_buffers()]

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep only the canvas, the only part that changes, and record version, weights and photos."""
        state = checkpoint["state_dict"]
        checkpoint["state_dict"] = {name: value for name, value in state.items() if name.startswith("canvas.")}
        checkpoint["verism"] = stamp(self.backbone.identity, self.data.digests)

    def on_load_checkpoint(self, checkpoint: Mapping[str, Any]) -> None:
        """Resize the canvas to the size of the image in the checkpoint.

        Raises:
            VerismError: the checkpoint has another canvas, or more steps than requested.
        """
        if self.only_used:
            self.canvas.resume(canvas_state(checkpoint))
            return
        made, asked = checkpoint["global_step"], self.trainer.max_steps
        # Exactly as many steps are allowed, since a cluster may restart a job that has already finished.
        if 0 <= asked < made:
            raise VerismError(f"--trainer.max_steps {asked}: the run to go on with has made {made} steps already.")
        self._convert_canvas()
        size = self.size_at(max(0, made - 1))
        if size != self.size:
            self.resize(size)
        check_canvas(checkpoint, self.canvas)

    def test_step(self, batch: Photos, batch_idx: int) -> None:
        """Measure the result at full size, as the command ``test`` does, and log each metric as ``metrics/{name}``."""
        with torch.autocast(self.device.type, enabled=False), in_float32():
            figures = evaluation.evaluate(self._renderer()(self.data.original), self.data, self.reference)
        self.log_dict({f"metrics/{name}": value for name, value in figures.items()})

    def on_predict_start(self) -> None:
        """Take the look from the canvas once for all photos."""
        self._look = self._renderer()

    def predict_step(self, batch: Tensor, batch_idx: int) -> Tensor:
        """Return a photo with this run's look at full strength, like ``verism predict --hold_back false``.

        With the run's ``PhotoPair`` as the datamodule, the photo is its content photo, and the result is returned.

        Args:
            batch: a photo of any size, ``(1, 3, H, W)``, sRGB in [0, 1].
            batch_idx: its index, which is not used.

        Returns:
            ``(1, 3, H, W)``, sRGB in [0, 1]; with free pixels, of the size of the fit.

        Raises:
            VerismError: the canvas holds a single image, and the photo is not the content photo.
        """
        with torch.autocast(self.device.type, enabled=False), in_float32():
            return self._look(self._unrounded(batch))

    def _unrounded(self, batch: Tensor) -> Tensor:
        """Return the content photo itself in place of a copy that a Trainer of half precision has rounded."""
        pair = self.started_from or getattr(self.trainer, "datamodule", None)
        if batch.dtype in (torch.float16, torch.bfloat16) and isinstance(pair, PhotoPair):
            return pair.original if torch.equal(batch, pair.original.to(batch)) else batch
        return batch

    def on_predict_end(self) -> None:
        """Free the memory of the look."""
        del self._look

    def _renderer(self) -> Callable[[Tensor], Tensor]:
        """Return a function that renders a photo with the current canvas, in float32 even after a bf16-true run."""
        canvas = copy.deepcopy(self.canvas).float()
        apply = Look(canvas).apply if isinstance(canvas, Grade) else partial(self._render_own, canvas)
        device = next(canvas.parameters()).device
        return lambda photo: apply(photo.to(device, torch.float32))

    @torch.no_grad()
    def _render_own(self, canvas: Canvas, photo: Tensor) -> Tensor:
        """Return the result; raise ``VerismError`` if ``photo`` is not the content photo of the run."""
        if not torch.equal(photo.cpu(), (self.started_from or self.data).original):
            raise VerismError(
                "predict: this canvas holds one image, and not a look that other photos could take on; pass "
                "datamodule=PhotoPair(…), or fit with another canvas, such as RegionalGrade."
            )
        return canvas.render(photo).clamp(0, 1)

    @property
    def only_used(self) -> bool:
        """Whether the Trainer only uses an existing image, as in ``test`` and ``predict``."""
        return self.trainer.state.fn in (TrainerFn.TESTING, TrainerFn.PREDICTING)

    def make_optimizer(self) -> Optimizer:
        """Return a new optimiser of the canvas's parameters, with the learning rate ``lr`` if it was set."""
        optimizer = self.optimizer(self.canvas.parameters())
        if self._lr is not None:
            for group in optimizer.param_groups:
                group["lr"] = self._lr
        return optimizer

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Return the optimiser of the canvas's parameters, with its learning rate scheduler if there is one."""
        optimizer = self.make_optimizer()
        if self.lr_scheduler is None:
            return optimizer
        scheduler = self.lr_scheduler(optimizer)
        # Only ReduceLROnPlateau monitors a value; Lightning's version of it stores the name of that value.
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
