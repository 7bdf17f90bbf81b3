"""What every backbone can do."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import torch
from torch import Tensor, nn

from verism.backbone.architecture import INPUT, Block
from verism.backbone.tap import ALL, Index
from verism.errors import VerismError

Features = Mapping[str, Tensor]
"""Layer name to feature map ``(1, channels, height, width)``."""


class Backbone(nn.Module, ABC):
    """A frozen network that is asked for feature maps by layer name.

    A network of your own names its ``layers`` and computes them in ``forward``: that is all it has to have. It is shown
    the whole image. A network that can be taken through part of an image at a time says so with ``blocks`` and
    ``through``, and then large images pass it in tiles, and several processes share one image.

    The layer ``input``, the image itself, is not the network's: a loss may ask for it with any network.
    """

    @property
    @abstractmethod
    def layers(self) -> Sequence[str]:
        """Names of its layers, in the order in which an image passes them; made of letters, digits and _."""

    @abstractmethod
    def forward(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Return the feature maps of an image at some of ``layers``.

        Args:
            image: ``(1, 3, H, W)``, RGB in [0, 1] (not clamped); normalising it as the network was trained is part of
                the network.
            layers: names out of its ``layers``.

        Returns:
            Layer name to ``(1, d, h, w)``.
        """

    def walk(self, image: Tensor, layers: Iterable[str]) -> Iterator[tuple[str, Tensor]]:
        """Do what ``forward`` does, and hand out each feature map as soon as it is there, which can save memory."""
        yield from self(image, layers).items()

    @cached_property
    def identity(self) -> Mapping[str, str]:
        """Which weights it has: ``weights``, their name, and ``sha256``, of all of its state as it was loaded.

        A run goes on from a checkpoint only with the weights that it began with.
        """
        digest = hashlib.sha256()
        for name, tensor in self.state_dict().items():
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
            digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
        return {"weights": type(self).__name__, "sha256": digest.hexdigest()}

    @property
    def pinned(self) -> Mapping[str, str]:
        """Options of the constructor that load the same weights again, where those that were given may not."""
        return {}

    @property
    def blocks(self) -> Sequence[Block]:
        """What an image can be taken through part by part: 3×3 convolutions with 2×2 poolings between the blocks.

        None by default: the network is shown the whole image.
        """
        return ()

    def through(
        self, block: Block, x: Tensor, layers: Collection[str], index: Index = ALL
    ) -> Iterator[tuple[str, Tensor]]:
        """Take part of an image through one of ``blocks``, and hand out the features as soon as they are there.

        Args:
            block: with as much of it as is needed.
            x: ``(1, channels, height, width)``, the output of the block before, or for the first the layer ``input``;
                any part of it, to be padded with zeros.
            layers: that are wanted; those that are not the block's do not matter.
            index: which of their rows and columns are wanted.

        Returns:
            Layer and features of those that are wanted, in order; last, if the block has a pooling, all of its output.
        """
        raise NotImplementedError


def check_layers(backbone: Backbone, layers: Iterable[str], option: str = "layers") -> None:
    """Raise ``VerismError``, listing the valid names, if one of ``layers`` is neither ``input`` nor the network's."""
    valid = (INPUT, *backbone.layers)
    unknown = sorted(set(layers) - set(valid))
    if unknown:
        raise VerismError(
            f"{option}: {type(backbone).__name__} has no layer {', '.join(map(repr, unknown))}; its layers are "
            f"{', '.join(valid)}."
        )
