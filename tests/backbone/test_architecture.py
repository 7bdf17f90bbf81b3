"""The plan agrees with torchvision's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torchvision.models import vgg16, vgg19

from verism.backbone.architecture import BLOCKS, CONVOLUTIONS, INPUT, VGG16_BLOCKS, Block, down_to, layers_of, reach

LAYERS = (INPUT, *layers_of(BLOCKS))
"""All layers of VGG-19 that a loss can ask for."""


@pytest.mark.parametrize(("blocks", "published"), [(BLOCKS, vgg19), (VGG16_BLOCKS, vgg16)])
def test_plan_is_torchvisions(blocks: Sequence[Block], published: Callable[..., Any]) -> None:
    with torch.device("meta"):
        features = published(weights=None).features
    convolutions = {index: module for index, module in enumerate(features) if isinstance(module, torch.nn.Conv2d)}
    ours = [layer for block in blocks for layer in block.convolutions]
    assert [layer.feature for layer in ours] == list(convolutions)
    for layer in ours:
        module = convolutions[layer.feature]
        assert (layer.inputs, layer.outputs) == (module.in_channels, module.out_channels)

    behind = [features[block.convolutions[-1].feature + 2] for block in blocks[:-1]]
    assert all(isinstance(module, torch.nn.MaxPool2d) for module in behind)
    assert sum(isinstance(module, torch.nn.MaxPool2d) for module in features) == len(blocks)
    assert [block.stride for block in blocks] == [1, 2, 4, 8, 16]


def test_papers_taps() -> None:
    taps = {layer.name: layer.feature for layer in CONVOLUTIONS}
    names = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1", "conv5_4")
    assert [taps[name] for name in names] == [0, 5, 10, 19, 28, 34]


def test_layers_are_in_order() -> None:
    assert LAYERS[:5] == ("input", "conv1_1", "relu1_1", "conv1_2", "relu1_2")
    assert LAYERS[-1] == "relu5_4"
    assert LAYERS[5] == "pool1"
    assert len(LAYERS) == 33 + 4


@pytest.mark.parametrize(
    ("layers", "convolutions", "pool"),
    [
        ([], [], None),
        (["input"], [], None),
        (["conv1_1"], [1], None),
        (["relu1_2"], [2], None),
        (["pool1", "conv1_2"], [2], "pool1"),
        (["conv3_2", "relu2_1"], [2, 2, 2], None),
        (LAYERS, [2, 2, 4, 4, 4], None),
    ],
)
def test_goes_down_to_the_deepest_layer_and_no_further(
    layers: Sequence[str], convolutions: list[int], pool: str | None
) -> None:
    blocks = down_to(BLOCKS, layers)
    assert [len(block.convolutions) for block in blocks] == convolutions
    assert (blocks[-1].pool if blocks else None) == pool
    assert all(block.pool for block in blocks[:-1])


def test_what_a_position_is_made_of_reaches_so_far() -> None:
    # 2 convolutions of stride 1 and 2, then 4 of 4, 8 and 16.
    assert reach(BLOCKS) == (118, 116, 112, 96, 64)
    assert reach(down_to(BLOCKS, ["conv2_1"])) == (4, 2)
    assert reach(()) == ()
