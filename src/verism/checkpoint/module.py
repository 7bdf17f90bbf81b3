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
    """A module of which the canvas alone changes: all else is frozen, or made from the photos again by every process.

    Attributes:
        canvas: what is optimised, and what checkpoints keep.
        backbone: the network, by whose weights a checkpoint is told from others.
        restored: whether the canvas has the image of a checkpoint, from ``load_from_checkpoint``.
    """

    canvas: Canvas
    backbone: Backbone

    def __init__(self) -> None:
        super().__init__()
        self.restored = False
        # What is frozen stays out of checkpoints; check_canvas sees to it that the rest is complete.
        self.strict_loading = False

    @property
    def data(self) -> PhotoPair:
        """The datamodule of the run, by whose photos a checkpoint is told from others."""
        data = getattr(self.trainer, "datamodule", None)
        if not isinstance(data, PhotoPair):
            raise VerismError("StyleTransfer needs its two photos: trainer.fit(model, datamodule=PhotoPair(…)).")
        return data

    @property
    def _ddp_params_and_buffers_to_ignore(self) -> list[str]:
        # torch would send the losses' targets around at every step.
        return [name for name, _ in self.named_buffers()]

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Say which version it is of, and which photos; keep the canvas alone, which is all that changes."""
        state = checkpoint["state_dict"]
        checkpoint["state_dict"] = {name: value for name, value in state.items() if name.startswith("canvas.")}
        checkpoint["verism"] = stamp(self.backbone.identity, self.data.digests)

    def on_load_checkpoint(self, checkpoint: Mapping[str, Any]) -> None:
        """Refuse the checkpoint of another canvas."""
        check_canvas(checkpoint, self.canvas)

    @classmethod
    def paper(cls, **parts: Any) -> Self:
        """Return the module made of the paper's parts, with ``parts`` in the place of some."""
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
            trust: Python packages whose classes the checkpoint may name, beside verism, torch, Lightning and
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
