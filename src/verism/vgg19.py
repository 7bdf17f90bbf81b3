"""The plan of VGG-19: its convolutions, in order, with their names, widths and torchvision's numbering.

Source: Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2014, column E.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Convolution(NamedTuple):
    """One 3×3 convolution of VGG-19 and the activation behind it.

    Attributes:
        name: the convolution's output, ``conv{block}_{number}``, as in the paper.
        relu: the name of the same output after the activation, ``relu{block}_{number}``.
        inputs: channels in.
        outputs: channels out.
        feature: its number in torchvision's ``vgg19().features``.
        opens_block: whether a 2×2 pooling stands before it.
    """

    name: str
    relu: str
    inputs: int
    outputs: int
    feature: int
    opens_block: bool


def _plan() -> tuple[Convolution, ...]:
    plan: list[Convolution] = []
    inputs, index = 3, 0
    for block, widths in enumerate(((64,) * 2, (128,) * 2, (256,) * 4, (512,) * 4, (512,) * 4), start=1):
        for number, outputs in enumerate(widths, start=1):
            opens_block = block > 1 and number == 1
            index += opens_block
            place = f"{block}_{number}"
            plan.append(Convolution(f"conv{place}", f"relu{place}", inputs, outputs, index, opens_block))
            inputs = outputs
            index += 2
    return tuple(plan)


CONVOLUTIONS = _plan()

INPUT = "input"
"""The layer name of the image itself, as the network sees it: normalised RGB."""

LAYERS = (INPUT, *(name for layer in CONVOLUTIONS for name in (layer.name, layer.relu)))
"""Every layer that can be asked for, in the order in which an image passes them."""

POOLED = 16
"""Side in pixels of the square that the four poolings make into one position."""


def stride(layer: str) -> int:
    """Return how many pixels apart the positions of a layer are."""
    return 1 if layer == INPUT else 2 ** (int(layer[len("conv")]) - 1)


def reach(layers: Iterable[str]) -> dict[str, int]:
    """Return how far around a position what the deepest of ``layers`` is made of lies, where each convolution begins.

    In pixels of the image, by the name of the convolution; none that is deeper than ``layers``. A pooling joins pixels
    of one square of ``POOLED``, and so reaches no further than to its edge.
    """
    wanted = set(layers)
    radius = 0
    result: dict[str, int] = {}
    for layer in reversed(CONVOLUTIONS):
        if radius or layer.name in wanted or layer.relu in wanted:
            radius += stride(layer.name)
            result[layer.name] = radius
    return result
