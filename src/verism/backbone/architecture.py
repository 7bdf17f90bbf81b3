"""The architectures of VGG-19 and VGG-16: names, widths and torchvision's indices of their convolutions, in blocks.

Source: Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2014, columns E
and D.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple


class Convolution(NamedTuple):
    """One 3×3 convolution and the activation after it.

    Attributes:
        name: name of the convolution's output, ``conv{block}_{number}``, as in the paper.
        relu: name of the output of the activation, ``relu{block}_{number}``.
        inputs: number of input channels.
        outputs: number of output channels.
        feature: index of the convolution in torchvision's ``features``.
    """

    name: str
    relu: str
    inputs: int
    outputs: int
    feature: int


class Block(NamedTuple):
    """The convolutions at one resolution, and the pooling that halves it.

    Attributes:
        convolutions: convolutions in the order of computation.
        pool: name of the output of the 2×2 pooling, ``pool{block}``, or None if there is no pooling.
        stride: distance, in pixels of the image, between neighbouring positions of its convolutions.
    """

    convolutions: tuple[Convolution, ...]
    pool: str | None
    stride: int

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of its layers, in the order of computation."""
        names = [name for layer in self.convolutions for name in (layer.name, layer.relu)]
        return (*names, self.pool) if self.pool else tuple(names)

    @property
    def channels(self) -> int:
        """The total number of output channels of its convolutions."""
        return sum(layer.outputs for layer in self.convolutions)

    def down_to(self, layer: str) -> Block:
        """Return the block up to and including one of its layers."""
        if layer == self.pool:
            return self
        return self._replace(convolutions=self.convolutions[: self.layers.index(layer) // 2 + 1], pool=None)


def plan(*convolutions: int) -> tuple[Block, ...]:
    """Return the blocks of a VGG, without its last pooling, which only the classifier uses.

    Args:
        *convolutions: number of convolutions in each of the five blocks.
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
"""The blocks of VGG-19."""

VGG16_BLOCKS = plan(2, 2, 3, 3, 3)
"""The blocks of VGG-16."""

CONVOLUTIONS = tuple(layer for block in BLOCKS for layer in block.convolutions)
"""The convolutions of VGG-19, in order."""

INPUT = "input"
"""Layer name of the image itself: RGB, normalised by the mean and standard deviation of ImageNet, for any network."""

POOLED = 16
"""Side, in pixels, of the square that four poolings, the most that a network may have, reduce to one position."""


def layers_of(blocks: Iterable[Block]) -> tuple[str, ...]:
    """Return the names of the layers of all blocks, in the order of computation."""
    return tuple(name for block in blocks for name in block.layers)


def down_to(blocks: Sequence[Block], layers: Iterable[str]) -> tuple[Block, ...]:
    """Return the blocks up to the deepest of ``layers``, with the last block cut off after that layer."""
    deepest = max(layers, key=(INPUT, *layers_of(blocks)).index, default=INPUT)
    for count, block in enumerate(blocks):
        if deepest in block.layers:
            return (*blocks[:count], block.down_to(deepest))
    return ()


def reach(blocks: Sequence[Block]) -> tuple[int, ...]:
    """Return, for the input of each block, how far from a position it affects the last block's output.

    In pixels of the image. Poolings do not count: they only combine pixels within one square of ``POOLED``, so they
    reach no further than the edge of that square.
    """
    radii = (len(block.convolutions) * block.stride for block in reversed(blocks))
    return tuple(accumulate(radii))[::-1]
