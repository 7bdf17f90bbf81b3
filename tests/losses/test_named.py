"""The losses of a run: their names, and that at least one counts and all can be computed."""

from __future__ import annotations

from typing import Any

import pytest

from verism import StyleTransfer
from verism.backbone.weights import Weights
from verism.errors import VerismError
from verism.losses import ContentLoss, MomentsLoss, StyleLoss


@pytest.mark.parametrize("name", ["style", "canvas", "total", "a/b", "a.b", ""])
def test_refuses_a_name_of_an_added_loss_that_would_hide_another_or_cannot_be_logged(
    tiny_weights: Weights, name: str
) -> None:
    with pytest.raises(VerismError, match=f"--model.losses.{name}: "):
        StyleTransfer.paper(losses={name: MomentsLoss()})


def test_every_weight_zero_is_refused(tiny_weights: Weights) -> None:
    with pytest.raises(VerismError, match="Every loss has weight 0"):
        StyleTransfer.paper(content=ContentLoss(0), style=StyleLoss(0))


@pytest.mark.parametrize(
    ("parts", "option"),
    [
        ({"content": ContentLoss(layers={"conv9_9": 1.0})}, "content"),
        ({"losses": {"grain": StyleLoss(layers={"conv9_9": 1.0, "conv1_1": 1.0})}}, "losses.grain"),
    ],
)
def test_a_layer_that_the_backbone_has_not_is_refused(
    tiny_weights: Weights, parts: dict[str, Any], option: str
) -> None:
    said = f"--model.{option}.layers: VGG19 has no layer 'conv9_9'; its layers are input, conv1_1, relu1_1, .*, relu5_4"
    with pytest.raises(VerismError, match=said):
        StyleTransfer.paper(**parts)


def test_the_order_is_that_of_the_method_and_what_has_no_weight_is_left_out(tiny_weights: Weights) -> None:
    grain, nothing = MomentsLoss(), MomentsLoss(0.0)
    model = StyleTransfer.paper(losses={"grain": grain, "nothing": nothing})
    assert model.losses == {"content": model.content, "style": model.style, "grain": grain}
