"""VGG-19 and VGG-16, whose features are accessed by layer name."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal, Self, final

import torch
from torch import Tensor, nn

from verism import startup
from verism.backbone import weights as weights_
from verism.backbone.activation import Activation
from verism.backbone.architecture import INPUT, Block, Convolution, down_to, layers_of
from verism.backbone.backbone import Backbone, check_layers
from verism.backbone.convolution import frozen_convolution
from verism.backbone.normalization import InputNormalization
from verism.backbone.pooling import AveragePool
from verism.backbone.tap import ALL, Index, tap
from verism.errors import VerismError


class VGG(Backbone):
    """The frozen convolutions of a VGG, with an activation and a pooling of your choice.

    The weights are neither parameters nor buffers, so they are neither trained nor saved in checkpoints. They are kept
    as loaded, together with a copy in the data type and on the device of the computation.

    Features have first derivatives with respect to the image, but no second ones: ``create_graph=True`` is rejected.
    """

    @property
    @abstractmethod
    def published(self) -> weights_.Published:
        """The published network: its blocks, and where its weights come from."""

    def __init__(
        self,
        weights: Literal["imagenet"] | Path = "imagenet",
        sha256: str | None = None,
        activation: nn.Module = startup.default(nn.ReLU),
        pooling: Literal["avg", "max"] = "avg",
    ) -> None:
        """Load the weights.

        Args:
            weights: imagenet (torchvision's, downloaded once), or the path of a state dict of the same network in
                torchvision's format (.pth or .safetensors).
            sha256: hexadecimal SHA-256 that the weights' file must have; not checked if null. A run stores the one
                that it used, so that a resumed run cannot continue on other weights.
            activation: any elementwise module without parameters, such as torch.nn.LeakyReLU (its negative_slope is the
                slope that the paper varies), torch.nn.Tanh, torch.nn.ReLU or torch.nn.ELU.
            pooling: avg (2×2 mean, as in the paper) or max (as in the original network).

        Raises:
            VerismError: the weights cannot be loaded, differ from sha256, or the activation is not elementwise.
        """
        super().__init__()
        loaded = weights_.load(weights, self.published)
        if sha256 not in (None, loaded.sha256):
            raise VerismError(
                f"--model.backbone.sha256 asks for weights {sha256}, but {loaded.name} has {loaded.sha256}: name the "
                "file that has the first, or drop the option."
            )
        self.activate = Activation(activation)
        self.identity = {"weights": loaded.name, "sha256": loaded.sha256}
        self.normalize = InputNormalization()
        self.pool = AveragePool() if pooling == "avg" else nn.MaxPool2d(2, 2)
        self._weights = loaded

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks of the network, so that images can be processed in tiles."""
        return self.published.blocks

    @property
    def layers(self) -> tuple[str, ...]:
        """Outputs of the convolutions (``conv1_1`` …), activations (``relu1_1`` …) and poolings (``pool1`` …)."""
        return layers_of(self.blocks)

    @property
    def convolutions(self) -> tuple[Convolution, ...]:
        """All convolutions of the network, in order."""
        return self.published.convolutions

    @property
    def pinned(self) -> Mapping[str, str]:
        """The loaded weights and the hash of their file. ``auto`` could load other weights elsewhere."""
        return self.identity

    @property
    def activation(self) -> nn.Module:
        """The function that follows every convolution."""
        return self.activate.function

    def forward(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Return the features of ``image`` at ``layers``, computing no deeper than the deepest of them.

        Args:
            image: ``(1, 3, H, W)``, RGB in [0, 1] (not clamped), H and W at least 16.
            layers: some of ``self.layers``, or ``input``, which is the normalised image.

        Returns:
            Feature maps ``(1, channels, height, width)`` by layer name, in the autocast type if autocast is on.

        Raises:
            VerismError: if the network has no layer of that name.
        """
        return dict(self.walk(image, layers))

    def walk(self, image: Tensor, layers: Iterable[str]) -> Iterator[tuple[str, Tensor]]:
        """Yield the items of ``forward``, each as soon as it is computed."""
        wanted = {*layers}
        check_layers(self, wanted)
        x = self.normalize(image)
        if INPUT in wanted:
            yield INPUT, x
        for block in down_to(self.blocks, wanted):
            for layer, features in self.through(block, x, wanted):
                if layer in wanted:
                    yield layer, features
                x = features

    def through(
        self, block: Block, x: Tensor, layers: Collection[str], index: Index = ALL
    ) -> Iterator[tuple[str, Tensor]]:
        """Compute part of an image through one block, as ``Backbone.through`` describes."""
        kernels = self.kernels(x)
        x = x.contiguous(memory_format=torch.channels_last)
        for layer in block.convolutions:
            x = frozen_convolution(x, *kernels[layer.name])
            seen = layer.name in layers
            if seen:
                x, features = tap(x, index)
                yield layer.name, features
                del features
            if layer is block.convolutions[-1] and not block.pool and layer.relu not in layers:
                return
            x = self.activate(x, overwrite=not seen)
            if layer.relu in layers:
                x, features = tap(x, index)
                yield layer.relu, features
                del features
        if block.pool:
            yield block.pool, self.pool(x)

    def as_published(self) -> Self:
        """Return the network as it was trained, with ReLU and max pooling. It shares the memory of the weights."""
        twin = copy.copy(self)
        # A shallow copy shares the dictionary of submodules. Without copying it, this network would change as well.
        twin._modules = dict(self._modules)
        twin.activate = Activation(nn.ReLU())
        twin.pool = nn.MaxPool2d(2, 2)
        return twin

    def kernels(self, x: Tensor) -> Mapping[str, weights_.Kernel]:
        """Return the kernels on the device and in the type of a computation on ``x``. Copies are cached."""
        kind = x.device.type
        dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype
        return self._weights.on(x.device, dtype)


@final
class VGG19(VGG):
    """VGG-19, the paper's network: 16 convolutions, conv1_1 to conv5_4."""

    published = weights_.VGG19

    def __init__(
        self,
        weights: weights_.Source = "auto",
        sha256: str | None = None,
        activation: nn.Module = startup.default(nn.ReLU),
        pooling: Literal["avg", "max"] = "avg",
    ) -> None:
        """Load the weights.

        Args:
            weights: imagenet (torchvision's, 548 MB, downloaded once), compact (embedded; not torchvision's VGG-19),
                auto (imagenet if it was downloaded before, else compact), or the path of a VGG-19 state dict in
                torchvision's format (.pth or .safetensors).
            sha256: hexadecimal SHA-256 that the weights' file must have; not checked if null. A run stores the one
                that it used, so that a resumed run cannot continue on other weights.
            activation: any elementwise module without parameters, for instance torch.nn.LeakyReLU (the paper's
                slope is its negative_slope), torch.nn.Tanh, torch.nn.ReLU or torch.nn.ELU.
            pooling: avg (the paper's, 2×2 mean) or max (the original network's).

        Raises:
            VerismError: the weights cannot be loaded, differ from sha256, or the activation is not elementwise.
        """
        super().__init__(weights, sha256, activation, pooling)  # type: ignore[arg-type]  # Its weights have more sources.


@final
class VGG16(VGG):
    """VGG-16: 13 convolutions, conv1_1 to conv5_3; each of the last three blocks has one less than in VGG-19."""

    published = weights_.VGG16
