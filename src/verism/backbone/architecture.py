"""The plan of VGG-19: its blocks of convolutions, with their names, widths and torchvision's numbering.

Source: Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2014, column E.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple


class Convolution(NamedTuple):
    """One 3×3 convolution of VGG-19 and the activation behind it.

    Attributes:
        name: the convolution's output, ``conv{block}_{number}``, as in the paper.
        relu: the name of the same output after the activation, ``relu{block}_{number}``.
        inputs: channels in.
        outputs: channels out.
        feature: its number in torchvision's ``vgg19().features``.
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


def _plan() -> tuple[Block, ...]:
    blocks: list[Block] = []
    inputs, feature = 3, 0
    for block, widths in enumerate(((64,) * 2, (128,) * 2, (256,) * 4, (512,) * 4, (512,) * 4), start=1):
        convolutions: list[Convolution] = []
        for number, outputs in enumerate(widths, start=1):
            place = f"{block}_{number}"
            convolutions.append(Convolution(f"conv{place}", f"relu{place}", inputs, outputs, feature))
            inputs = outputs
            feature += 2
        feature += 1
        # Nothing is behind the last pooling but the classifier.
        pool = None if len(blocks) == 4 else f"pool{block}"  # noqa: PLR2004
        blocks.append(Block(tuple(convolutions), pool, 2 ** (block - 1)))
    return tuple(blocks)


BLOCKS = _plan()
"""All of the network, but for its last pooling."""

CONVOLUTIONS = tuple(layer for block in BLOCKS for layer in block.convolutions)

INPUT = "input"
"""The layer name of the image itself, as the network sees it: normalised RGB."""

LAYERS = (INPUT, *(name for block in BLOCKS for name in block.layers))
"""Every layer that can be asked for, in the order in which an image passes them."""

POOLED = 16
"""Side in pixels of the square that the four poolings make into one position."""


def stride(layer: str) -> int:
    """Return how many pixels apart the positions of a layer are."""
    if layer == INPUT:
        return 1
    block = next(block for block in BLOCKS if layer in block.layers)
    return block.stride * 2 if layer == block.pool else block.stride


def down_to(layers: Iterable[str]) -> tuple[Block, ...]:
    """Return the blocks that an image passes on its way to the deepest of ``layers``, and no more of the last."""
    deepest = max(layers, key=LAYERS.index, default=INPUT)
    for count, block in enumerate(BLOCKS):
        if deepest in block.layers:
            return (*BLOCKS[:count], block.down_to(deepest))
    return ()


def reach(blocks: Sequence[Block]) -> tuple[int, ...]:
    """Return how far around a position what comes out of the last of ``blocks`` is made of lies, where each begins.

    In pixels of the image. A pooling joins pixels of one square of ``POOLED``, and so reaches no further than to its
    edge.
    """
    radii = (len(block.convolutions) * block.stride for block in reversed(blocks))
    return tuple(accumulate(radii))[::-1]
