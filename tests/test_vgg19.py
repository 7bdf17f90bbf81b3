"""The plan agrees with torchvision's."""

from __future__ import annotations

import torch
from torchvision.models import vgg19

from verism.vgg19 import CONVOLUTIONS, LAYERS


def test_plan_is_torchvisions() -> None:
    with torch.device("meta"):
        features = vgg19(weights=None).features
    convolutions = {index: module for index, module in enumerate(features) if isinstance(module, torch.nn.Conv2d)}
    assert [layer.feature for layer in CONVOLUTIONS] == list(convolutions)
    for layer in CONVOLUTIONS:
        module = convolutions[layer.feature]
        assert (layer.inputs, layer.outputs) == (module.in_channels, module.out_channels)
        assert layer.opens_block == (layer.feature > 0 and isinstance(features[layer.feature - 1], torch.nn.MaxPool2d))


def test_papers_taps() -> None:
    taps = {layer.name: layer.feature for layer in CONVOLUTIONS}
    names = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1", "conv5_4")
    assert [taps[name] for name in names] == [0, 5, 10, 19, 28, 34]


def test_layers_are_in_order() -> None:
    assert LAYERS[:5] == ("input", "conv1_1", "relu1_1", "conv1_2", "relu1_2")
    assert LAYERS[-1] == "relu5_4"
    assert len(LAYERS) == 33
