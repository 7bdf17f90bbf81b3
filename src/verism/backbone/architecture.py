"""The plans of VGG-19 and VGG-16: blocks of convolutions, with their names, widths and torchvision's numbering.

Source: Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2014, columns E
and D.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple


class Convolution(NamedTuple):
    """One 3×3 convolution and the activation behind it.

    Attributes:
        name: the convolution's output, ``conv{block}_{number}``, as in the paper.
        relu: the name of the same output after the activation, ``relu{block}_{number}``.
        inputs: channels in.
        outputs: channels out.
        feature: its number in torchvision's ``features``.
    """

    name: str
    relu: str
    inputs: int
    outputs: int
    feature: int


class Block(NamedTuple):
    """Convolutions that see the image at one scale, and the pooling that takes it to the next.

    Attributes:
        convolutions: in order.
        pool: the name of the output after the 2×2 pooling, ``pool{block}``; None if there is no pooling.
        stride: how many pixels apart the positions of its convolutions are.
    """

    convolutions: tuple[Convolution, ...]
    pool: str | None
    stride: int

    @property
    def layers(self) -> tuple[str, ...]:
        """Its layers, in the order in which an image passes them."""
        names = [name for layer in self.convolutions for name in (layer.name, layer.relu)]
        return (*names, self.pool) if self.pool else tuple(names)

    @property
    def channels(self) -> int:
        """How many features all of its convolutions make of one position."""
        return sum(layer.outputs for layer in self.convolutions)

    def down_to(self, layer: str) -> Block:
        """Return as much of it as one of its layers needs."""
        if layer == self.pool:
            return self
        return self._replace(convolutions=self.convolutions[: self.layers.index(layer) // 2 + 1], pool=None)


def plan(*convolutions: int) -> tuple[Block, ...]:
    """Return the blocks of a VGG, without its last pooling, behind which there is only the classifier.

    Args:
        convolutions: how many there are in each of its five blocks.
    """
    blocks: list[Block] = []
    inputs, feature = 3, 0
    for block, (count, outputs) in enumerate(zip(convolutions, (64, 128, 256, 512, 512), strict=True), start=1):
        layers: list[Convolution] = []
        for number in range(1, count + 1):
            place = f"{block}_{number}"
            layers.append(Convolution(f"conv{place}", f"relu{place}", inputs, outputs, feature))
            inputs = outputs
            feature += 2
        feature += 1
        pool = None if block == len(convolutions) else f"pool{block}"
        blocks.append(Block(tuple(layers), pool, 2 ** (block - 1)))
    return tuple(blocks)


BLOCKS = plan(2, 2, 4, 4, 4)
"""VGG-19."""

VGG16_BLOCKS = plan(2, 2, 3, 3, 3)
"""VGG-16."""

CONVOLUTIONS = tuple(layer for block in BLOCKS for layer in block.convolutions)
"""Those of VGG-19."""

INPUT = "input"
"""The layer name of the image itself: RGB, normalised by ImageNet's mean and standard deviation, with any network."""

POOLED = 16
"""Side in pixels of the square that four poolings, the most that a network may have here, make into one position."""


def layers_of(blocks: Iterable[Block]) -> tuple[str, ...]:
    """Return the layers of all blocks, in the order in which an image passes them."""
    return tuple(name for block in blocks for name in block.layers)


LAYERS = (INPUT, *layers_of(BLOCKS))
"""Every layer of VGG-19 that a loss can ask for, in the order in which an image passes them."""


def down_to(blocks: Sequence[Block], layers: Iterable[str]) -> tuple[Block, ...]:
    """Return the blocks that an image passes on its way to the deepest of ``layers``, and no more of the last."""
    deepest = max(layers, key=(INPUT, *layers_of(blocks)).index, default=INPUT)
    for count, block in enumerate(blocks):
        if deepest in block.layers:
            return (*blocks[:count], block.down_to(deepest))
    return ()


def reach(blocks: Sequence[Block]) -> tuple[int, ...]:
    """Return how far around a position what comes out of the last of ``blocks`` is made of lies, where each begins.

    In pixels of the image. A pooling joins pixels of one square of ``POOLED``, and so reaches no further than to its
    edge.
    """
    radii = (len(block.convolutions) * block.stride for block in reversed(blocks))
    return tuple(accumulate(radii))[::-1]
