"""The base class of backbones."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from verism.backbone.architecture import INPUT, Block
from verism.backbone.tap import ALL, Index
from verism.description import Described
from verism.errors import VerismError

Features = Mapping[str, Tensor]
"""Layer name to feature map ``(1, channels, height, width)``."""


class Backbone(Described, nn.Module, ABC):
    """A frozen network that returns feature maps by layer name.

    A network of your own only needs ``layers`` and ``forward``; it is given whole images. A network that can process
    part of an image at a time also defines ``blocks`` and ``through``; then large images are processed in tiles, and
    several processes can share one image.

    The layer ``input``, the image itself, is not one of the network's: a loss may ask for it with any network.
    """

    @property
    @abstractmethod
    def layers(self) -> Sequence[str]:
        """Names of the layers, of letters, digits and _, in the order in which an image passes them."""

    @abstractmethod
    def forward(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Return the feature maps of an image at some of ``layers``.

        Args:
            image: ``(1, 3, H, W)``, RGB in [0, 1] (not clamped); the network normalises it as it was trained.
            layers: some of ``layers``.

        Returns:
            Layer name to ``(1, d, h, w)``.
        """

    def walk(self, image: Tensor, layers: Iterable[str]) -> Iterator[tuple[str, Tensor]]:
        """Yield what ``forward`` returns, layer by layer as soon as it is computed, which can save memory."""
        yield from self(image, layers).items()

    @cached_property
    def identity(self) -> Mapping[str, str]:
        """Identifies the network's weights: their name as ``weights``, and the ``sha256`` of its state as loaded.

        A run can only be resumed with the weights that it was started with.
        """
        digest = hashlib.sha256()
        for name, tensor in self.state_dict().items():
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
            digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
        return {"weights": type(self).__name__, "sha256": digest.hexdigest()}

    @property
    def pinned(self) -> Mapping[str, str]:
        """Options of the constructor that load the same weights again, which those given, such as auto, may not do."""
        return {}

    @property
    def recorded(self) -> dict[str, Any]:
        """What a run records of the network, so that a checkpoint builds it with the same weights."""
        return {**self.description, "init_args": {**self.description["init_args"], **self.pinned}}

    @property
    def blocks(self) -> Sequence[Block]:
        """Blocks of 3×3 convolutions, with 2×2 poolings between them, through which parts of an image can pass.

        Empty by default: the network is given whole images.
        """
        return ()

    def through(
        self, block: Block, x: Tensor, layers: Collection[str], index: Index = ALL
    ) -> Iterator[tuple[str, Tensor]]:
        """Compute part of an image through one block, and yield features as soon as they are computed.

        Args:
            block: one of ``blocks``, perhaps without its last layers.
            x: ``(1, channels, height, width)``, any part of the output of the block before or, for the first block, of
                the layer ``input``; it is padded with zeros.
            layers: names of the layers whose features are wanted; others than the block's are ignored.
            index: rows and columns of these features that are wanted.

        Yields:
            Name and features of each wanted layer, in order. Last, if the block has a pooling, its name and all of its
            output.
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
