"""From one scale to the next, when it is its turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
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


@pytest.fixture
def one_thread() -> Iterator[None]:
    """With several, sums are added up in any order."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


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


@pytest.mark.filterwarnings("ignore:You're resuming from a checkpoint that")
@pytest.mark.parametrize("made", [1, 2, 3, 4, 5])
def test_a_run_goes_on_the_same_from_either_side_of_a_change_of_scale(
    tiny_weights: Weights,
    content: Tensor,
    style: Tensor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    one_thread: None,
    made: int,
) -> None:
    """Steps 0 and 1 are made at 32 pixels, 2 and 3 at 40, 4 and 5 at 48; the last of a scale leaves its own image."""
    monkeypatch.setattr(PhotoPair, "digests", {})

    class Keep(Callback):
        def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *args: Any) -> None:
            if trainer.global_step == made:
                trainer.save_checkpoint(tmp_path / "made.ckpt", weights_only=False)

    def image(ckpt_path: Path | None = None, callbacks: Sequence[Callback] = ()) -> Tensor:
        model = StyleTransfer.paper(scales=[32, 40, 48])
        trainer = Trainer(max_steps=6, callbacks=list(callbacks), **QUIET)
        trainer.fit(model, datamodule=PhotoPair(content, style, size=48), ckpt_path=ckpt_path)
        return model.image

    whole = image(callbacks=[Keep()])
    assert torch.equal(image(tmp_path / "made.ckpt"), whole)


def test_one_process_needs_no_new_exchange_of_gradients(tiny_weights: Weights) -> None:
    strategy = SingleDeviceStrategy(torch.device("cpu"))
    rewrap(strategy, StyleTransfer.paper())
    assert strategy.model is None
