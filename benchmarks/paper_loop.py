"""The paper's own loop, written down from what its code computes, with plain torch modules.

A step passes the content photo, the style photo and, twice, the image through all of VGG-19, in float32.
"""

from __future__ import annotations

from itertools import count

import torch
from programs import Report
from torch import Tensor, nn

from verism import Photos
from verism.backbone.architecture import BLOCKS, CONVOLUTIONS
from verism.backbone.normalization import InputNormalization
from verism.backbone.weights import load
from verism.losses.style import DEFAULT_LAYERS

SLOPE = 0.15


def paper(photos: Photos, report: Report) -> None:
    """Minimise the paper's loss, without end."""
    device = photos.content.device
    network = _network().to(device)
    taps = {layer.feature: layer.name for layer in CONVOLUTIONS if layer.name in {*DEFAULT_LAYERS, "conv5_4"}}
    content, style = (InputNormalization().to(device)(photo) for photo in photos)
    image = content.clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=0.01)

    def features(x: Tensor) -> dict[str, Tensor]:
        found = {}
        for index, module in enumerate(network):
            x = module(x)
            if index in taps:
                found[taps[index]] = x
        return found

    for _ in count():
        optimizer.zero_grad()
        total = 1e3 * (features(image)["conv5_4"] - features(content)["conv5_4"]).square().mean()
        of_image, of_style = features(image), features(style)
        for name, weight in DEFAULT_LAYERS.items():
            distance = (_gram(of_image[name]) - _gram(of_style[name])).square().mean()
            total = total + 1e6 * weight * distance / of_image[name].numel()
        total.backward()
        optimizer.step()
        report(float(total.detach()))


def _network() -> nn.Sequential:
    layers: list[nn.Module] = []
    kernels = load("compact").kernels
    for block in BLOCKS:
        for layer in block.convolutions:
            weight, bias = kernels[layer.name]
            convolution = nn.Conv2d(layer.inputs, layer.outputs, 3, padding=1)
            convolution.load_state_dict({"weight": weight, "bias": bias})
            layers += [convolution, nn.LeakyReLU(SLOPE)]
        if block.pool:
            layers.append(nn.AvgPool2d(2, 2))
    return nn.Sequential(*layers).requires_grad_(requires_grad=False)


def _gram(x: Tensor) -> Tensor:
    flat = x.view(x.shape[1], -1)
    return flat @ flat.T
