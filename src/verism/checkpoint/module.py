"""A module whose state is its canvas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from lightning.pytorch import LightningModule

from verism.backbone import Backbone
from verism.canvas import Canvas
from verism.checkpoint.contents import built, check_canvas, restore
from verism.checkpoint.file import read, stamp
from verism.data import PhotoPair
from verism.errors import VerismError


class CanvasModule(LightningModule):
    """A module in which only the canvas changes: all else is frozen, or computed from the photos by every process.

    Attributes:
        canvas: what is optimised, and what checkpoints keep.
        backbone: the frozen network; a checkpoint is only used with the weights that it was made with.
        restored: whether ``load_from_checkpoint`` has given the canvas the state of a checkpoint.
    """

    canvas: Canvas
    backbone: Backbone

    def __init__(self) -> None:
        super().__init__()
        self.restored = False
        # Checkpoints leave out what is frozen; check_canvas makes sure that the canvas is complete.
        self.strict_loading = False

    @property
    def data(self) -> PhotoPair:
        """The datamodule of the run; raises ``VerismError`` if that is not a ``PhotoPair``."""
        data = getattr(self.trainer, "datamodule", None)
        if not isinstance(data, PhotoPair):
            raise VerismError("StyleTransfer needs its two photos: trainer.fit(model, datamodule=PhotoPair(…)).")
        return data

    @property
    def _ddp_params_and_buffers_to_ignore(self) -> list[str]:
        # Otherwise torch would broadcast the losses' targets at every step.
        return [name for name, _ in self.named_buffers()]

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep only the canvas, which is all that changes, and record version, weights and photos."""
        state = checkpoint["state_dict"]
        checkpoint["state_dict"] = {name: value for name, value in state.items() if name.startswith("canvas.")}
        checkpoint["verism"] = stamp(self.backbone.identity, self.data.digests)

    def on_load_checkpoint(self, checkpoint: Mapping[str, Any]) -> None:
        """Raise ``VerismError`` if the checkpoint is of another canvas."""
        check_canvas(checkpoint, self.canvas)

    @classmethod
    def paper(cls, **parts: Any) -> Self:
        """Return the module made of the paper's parts, some of them replaced by ``parts``."""
        raise NotImplementedError

    @classmethod
    def load_from_checkpoint(  # type: ignore[override]
        cls, checkpoint_path: Any, map_location: Any = None, *, trust: Sequence[str] = (), **parts: Any
    ) -> Self:
        """Return the module of a run as the checkpoint left it, with its image.

        ``trainer.test`` and ``trainer.predict`` use it. ``trainer.fit(model, datamodule=…, ckpt_path=…)`` goes on with
        the run; ``fit`` without ``ckpt_path`` starts anew from the photos.

        Args:
            checkpoint_path: a file or URL.
            map_location: the device to put the module on, such as "cuda"; None: the CPU.
            trust: Python packages whose classes the checkpoint may name, besides verism, torch, Lightning and
                torchmetrics.
            **parts: arguments of ``paper``, for a checkpoint that does not record them. Only the command ``fit``
                and ``verism.fit`` record them; ``canvas`` and ``backbone`` must be of the run's own kind.

        Raises:
            VerismError: the checkpoint cannot be read, its parts are not known, or those given do not fit it.
        """
        state = read(checkpoint_path)
        model = cls.paper(**parts) if parts else cls(**built(cls, state, checkpoint_path, trust))
        restore(state, checkpoint_path, model.canvas, model.backbone.identity)
        model.restored = True
        return model.to(map_location or "cpu")
