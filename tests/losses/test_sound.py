"""What is said of a loss that returns what it must not, or that does nothing."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from parts import Sharpness
from torch import Tensor

from verism import PhotoPair, StyleTransfer, VerismError
from verism.backbone.weights import Weights
from verism.losses import Term
from verism.losses.sound import check_term

ONE = torch.ones((), requires_grad=True)


def test_a_sound_term_is_taken(caplog: pytest.LogCaptureFixture) -> None:
    """Also if only one of its values has a gradient, and if they have one dimension."""
    check_term("style", Term(1.0, {"a": 1.0, "b": 1.0}, {"a": ONE.view(1), "b": torch.ones(())}))
    assert not caplog.text


@pytest.mark.parametrize(
    ("term", "said"),
    [
        (ONE, r"its forward returns a Tensor, and must return a Term\(self.weight, self.layers, values\)\.$"),
        (None, "its forward returns a NoneType"),
        (Term(1.0, {"a": 1.0}, {"a": ONE.expand(3)}), r"its value for a is a tensor of shape \(3,\), and must be a"),
        (Term(1.0, {"a": 1.0}, {"a": 1.0}), "its value for a is float, and must be a tensor of one number"),  # type: ignore[dict-item]
    ],
)
def test_anything_else_is_refused(term: Any, said: str) -> None:
    with pytest.raises(VerismError, match=f"^--model.losses.grain: {said}"):
        check_term("grain", term)


class Detached(Sharpness):
    def statistic(self, layer: str, features: Tensor, *args: Any) -> Tensor:
        return super().statistic(layer, features.detach(), *args)


class Returns(Sharpness):
    def forward(self, totals: Any) -> Any:
        return totals["conv1_1"]


def fit(grain: Sharpness, pair: PhotoPair) -> None:
    trainer = Trainer(
        max_steps=2, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False
    )
    trainer.fit(StyleTransfer.paper(losses={"grain": grain}), datamodule=pair)


def test_at_the_first_step_of_a_run(
    tiny_weights: Weights, content: Tensor, style: Tensor, caplog: pytest.LogCaptureFixture
) -> None:
    pair = PhotoPair(content, style, size=40)
    fit(Detached(), pair)
    assert caplog.text.count("--model.losses.grain: has no gradient, so that it changes nothing; ") == 1
    with pytest.raises(VerismError, match=r"^--model\.losses\.grain: its forward returns a Tensor"):
        fit(Returns(), pair)
