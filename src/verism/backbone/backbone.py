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
"""Feature maps ``(1, channels, height, width)`` by layer name."""


class Backbone(Described, nn.Module, ABC):
    """A frozen network that returns feature maps by layer name.

    A custom network only needs ``layers`` and ``forward``, and receives whole images. A network that can process parts
    of an image also defines ``blocks`` and ``through``. Large images are then processed in tiles, and several processes
    can share one image.

    The layer ``input``, the image itself, does not belong to the network: losses may use it with any network.
    """

    @property
    @abstractmethod
    def layers(self) -> Sequence[str]:
        """Names of the layers, of letters, digits and _, in the order of computation."""

    @abstractmethod
    def forward(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Return the feature maps of an image at some of ``layers``.

        Args:
            image: ``(1, 3, H, W)``, RGB in [0, 1], not clamped. The network normalises it as in its training.
            layers: some of ``layers``.

        Returns:
            Feature maps ``(1, d, h, w)`` by layer name.
        """

    def walk(self, image: Tensor, layers: Iterable[str]) -> Iterator[tuple[str, Tensor]]:
        """Yield the items of ``forward``, each as soon as it is computed, which can save memory."""
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
        """Constructor options that load the same weights again. Options such as auto might not."""
        return {}

    @property
    def recorded(self) -> dict[str, Any]:
        """What a run records of the network, so that it can be rebuilt from a checkpoint with the same weights."""
        return {**self.description, "init_args": {**self.description["init_args"], **self.pinned}}

    @property
    def blocks(self) -> Sequence[Block]:
        """Blocks of 3×3 convolutions, with 2×2 poolings between them, that can process parts of an image.

        Empty by default, in which case the network receives whole images.
        """
        return ()

    def through(
        self, block: Block, x: Tensor, layers: Collection[str], index: Index = ALL
    ) -> Iterator[tuple[str, Tensor]]:
        """Compute part of an image through one block, and yield features as soon as they are computed.

        Args:
            block: one of ``blocks``, possibly without its last layers.
            x: ``(1, channels, height, width)``, any part of the output of the previous block or, for the first block,
                of the layer ``input``. It is padded with zeros.
            layers: names of the requested layers. Those of other blocks are ignored.
            index: requested rows and columns of the features.

        Yields:
            Name and features of each requested layer, in order. Last, if the block has a pooling, its name and its
            whole output.
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
