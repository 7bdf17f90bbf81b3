"""From one scale to the next, when it is its turn."""

from __future__ import annotations

from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.strategies import SingleDeviceStrategy
from torch import Tensor

from verism import PhotoPair, StyleTransfer
from verism.backbone.weights import Weights
from verism.callbacks.coarse_to_fine import CoarseToFine, rewrap

QUIET: dict[str, Any] = {
    "accelerator": "cpu",
    "logger": False,
    "enable_checkpointing": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
}


def test_comes_with_the_module_and_changes_scale_when_it_is_time(
    tiny_weights: Weights, content: Tensor, style: Tensor
) -> None:
    """A smaller image, with targets and an optimiser of its own; then the large one, from it."""
    seen: list[tuple[int, int | None, torch.Size, int, int]] = []

    class Watch(Callback):
        def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *args: Any) -> None:
            assert isinstance(pl_module, StyleTransfer)
            target = pl_module.content.distances.get_buffer("conv5_4.target")
            (moments,) = trainer.optimizers[0].state.values()
            seen.append(
                (trainer.global_step, pl_module.size, pl_module.image.shape, target.shape[-1], int(moments["step"]))
            )

    model = StyleTransfer.paper(scales=[32, 48], shares=[1, 2], optimizer=lambda p: torch.optim.Adam(p, lr=0.05))
    trainer = Trainer(max_steps=6, callbacks=[Watch()], **QUIET)
    trainer.fit(model, datamodule=PhotoPair(content, style, size=48))
    assert sum(isinstance(it, CoarseToFine) for it in trainer.callbacks) == 1  # type: ignore[attr-defined]
    small, large = torch.Size([1, 3, 32, 42]), torch.Size([1, 3, 48, 64])
    assert seen == [
        (1, 32, small, 4, 1),
        (2, 32, small, 4, 2),
        *((step, 48, large, 12, step - 2) for step in range(3, 7)),
    ]


def test_one_process_needs_no_new_exchange_of_gradients(tiny_weights: Weights) -> None:
    strategy = SingleDeviceStrategy(torch.device("cpu"))
    rewrap(strategy, StyleTransfer.paper())
    assert strategy.model is None
