"""verism's step: by itself, and as the command line makes it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Literal

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from paper_loop import SLOPE
from programs import Report
from torch import Tensor, nn

from verism import VGG19, ColorLoss, ContentLoss, Photos, Pixels, StyleLoss, StyleTransfer, images
from verism.callbacks.freed_memory import keep_freed_memory
from verism.commands.fit import VerismCLI
from verism.quiet import quieten_lightning

Precision = Literal["bf16", "fp32"]

CONFIGS = Path(__file__).parents[1] / "configs"

AS_PAPER = (
    "--config",
    str(CONFIGS / "paper" / "leaky.yaml"),
    "--model.backbone.weights",
    "compact",
    "--trainer.max_steps",
    "-1",
)
"""Options of ``fit`` for the paper's loss, without end."""


def as_paper(**options: Any) -> StyleTransfer:
    """Return the model whose loss is the paper's, with other ``options`` of how a step is computed."""
    network = VGG19("compact", activation=nn.LeakyReLU(SLOPE))
    return StyleTransfer(Pixels(), network, ContentLoss(1e3), StyleLoss(1e6), ColorLoss(), **options)


def as_crowsonkb() -> StyleTransfer:
    """Return a model that looks at the layers of ``crowsonkb``."""
    style = {f"relu{block}_1": 1.0 for block in range(1, 6)}
    content = ContentLoss(1.0, {"relu4_2": 1.0})
    return StyleTransfer(Pixels(), VGG19("compact", pooling="max"), content, StyleLoss(1.0, style), ColorLoss())


def bare(photos: Photos, report: Report, model: Callable[[], StyleTransfer], precision: Precision) -> None:
    """Minimise the model's loss, without end, without Lightning's loop and without callbacks."""
    keep_freed_memory(keep=True)  # As the command line does.
    for loss in losses(model(), photos, precision):
        report(float(loss))


def losses(transfer: StyleTransfer, photos: Photos, precision: Precision) -> Iterator[Tensor]:
    """Minimise the model's loss on the device of the photos, and yield it after each step, without end."""
    transfer.start(photos)
    # A captured step has no cache; the weights are frozen, so that there is nothing for it to keep.
    autocast = torch.autocast(
        photos.content.device.type, torch.bfloat16, enabled=precision == "bf16", cache_enabled=False
    )
    with autocast:
        transfer.set_targets(photos)
    optimizer = transfer.make_optimizer()
    for step in count():
        optimizer.zero_grad()
        with autocast:
            loss = transfer.training_step(photos, step)["loss"]
        loss.backward()
        optimizer.step()
        yield loss.detach()


def fit(photos: Photos, report: Report, options: Sequence[str]) -> None:
    """Run ``fit`` with ``options``, all callbacks included, without end unless they say where.

    The photos are written to files first, unless ``options`` name others.
    """
    quieten_lightning()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        given = ["--trainer.default_root_dir", name, "--trainer.enable_progress_bar", "false"]
        if "--data.content" not in options:
            for role, photo in zip(("content", "style"), photos, strict=True):
                images.write(folder / f"{role}.png", photo, {})
                given += [f"--data.{role}", str(folder / f"{role}.png")]
        _Watched(["fit", *options, *given], report)


class _Watched(VerismCLI):
    """The command line, with somebody who is told of every step."""

    def __init__(self, args: Sequence[str], report: Report) -> None:
        self.report = report
        super().__init__(args)

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        trainer = self.config_init.fit.trainer
        trainer.callbacks = [*(trainer.callbacks or []), _Told(self.report)]
        return super().instantiate_trainer(**kwargs)


class _Told(Callback):
    def __init__(self, report: Report) -> None:
        self.report = report

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self.report(float(outputs["loss"]))
