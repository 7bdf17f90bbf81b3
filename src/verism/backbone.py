"""A frozen VGG-19 that is asked for features by layer name."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, Self, final

import torch
from jsonargparse import lazy_instance
from torch import Tensor, nn

from verism import weights as weights_
from verism.convolution import frozen_convolution
from verism.errors import VerismError
from verism.normalization import Normalization
from verism.pooling import AveragePool
from verism.tiles import Margins
from verism.vgg19 import CONVOLUTIONS, INPUT, LAYERS, POOLED, reach, stride

Features = Mapping[str, Tensor]
"""Layer name to feature map ``(1, channels, height, width)``."""

NONE = Margins()
"""No margins: the image is whole."""

REVERSIBLE = (nn.ReLU, nn.LeakyReLU)
"""Activations that can overwrite their input, because their derivative can be read off their output."""


@final
class VGG19(nn.Module):
    """VGG-19's convolutions with an activation and a pooling of your choice, frozen.

    The weights are buffers, not parameters, and stay out of checkpoints: nothing here is trained or saved.
    """

    def __init__(
        self,
        weights: weights_.Source = "auto",
        sha256: str | None = None,
        activation: nn.Module = lazy_instance(nn.ReLU),
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
        super().__init__()
        loaded = weights_.load(weights)
        if sha256 not in (None, loaded.sha256):
            raise VerismError(
                f"--model.backbone.sha256 asks for weights {sha256}, but {loaded.name} has {loaded.sha256}: name the "
                "file that has the first, or drop the option."
            )
        _check_elementwise(activation)
        self.identity = {"weights": loaded.name, "sha256": loaded.sha256}
        self.normalize = Normalization()
        self.activation = copy.deepcopy(activation)
        if hasattr(activation, "inplace"):
            # A layer that was asked for must not be overwritten, whatever the caller set.
            self.activation.inplace = False  # type: ignore[assignment]
        self.activation_in_place = copy.deepcopy(self.activation)
        if isinstance(activation, REVERSIBLE) and getattr(activation, "negative_slope", 0.0) >= 0.0:
            self.activation_in_place.inplace = True  # type: ignore[assignment]
        self.pool = AveragePool() if pooling == "avg" else nn.MaxPool2d(2, 2)
        for name, (weight, bias) in loaded.kernels.items():
            self.register_buffer(f"{name}_weight", weight.contiguous(memory_format=torch.channels_last), False)
            self.register_buffer(f"{name}_bias", bias, False)
        self._cast: dict[torch.dtype, dict[str, tuple[Tensor, Tensor]]] = {}

    def forward(self, image: Tensor, layers: Iterable[str], margins: Margins = NONE) -> dict[str, Tensor]:
        """Return the features of ``image`` at ``layers``, computing no deeper than the deepest of them.

        Args:
            image: ``(1, 3, H, W)``, RGB in [0, 1] (not clamped), H and W at least 16.
            layers: names out of ``LAYERS``: ``input`` (normalised RGB), ``conv1_1`` … ``conv5_4`` (outputs of the
                convolutions, as in the paper) and ``relu1_1`` … ``relu5_4`` (after the activation).
            margins: what of ``image`` is there for its effect on the features of the rest alone, which are returned.
                Zeros are padded around the margins; as wide as ``halo``, they keep them away from these features.

        Returns:
            Layer name to ``(1, channels, height, width)``, in the autocast type if autocast is on.

        Raises:
            VerismError: a name is not in ``LAYERS``.
        """
        return dict(self.walk(image, layers, margins))

    def walk(self, image: Tensor, layers: Iterable[str], margins: Margins = NONE) -> Iterator[tuple[str, Tensor]]:
        """Do what ``forward`` does, and hand out each of the features as soon as they are there."""
        wanted = set(layers)
        check_layers(wanted)
        x = self.normalize(image)
        if INPUT in wanted:
            yield INPUT, margins.crop(x)
        kernels = self._kernels(x)
        needed = reach(wanted)
        last = max(wanted, key=LAYERS.index, default=INPUT)
        x = x.contiguous(memory_format=torch.channels_last)
        for layer in CONVOLUTIONS:
            if layer.name not in needed:
                return
            if layer.opens_block:
                x = self.pool(x)
                # The deeper, the less of the margins still matters.
                kept = margins.at_most(_pooled(needed[layer.name]))
                x = ((margins - kept) // stride(layer.name)).crop(x)
                margins = kept
            weight, bias = kernels[layer.name]
            x = frozen_convolution(x, weight, bias)
            outer = margins // stride(layer.name)
            if layer.name in wanted:
                yield layer.name, outer.crop(x)
                if layer.name == last:
                    return
                x = self.activation(x)
            else:
                x = self.activation_in_place(x)
            if layer.relu in wanted:
                yield layer.relu, outer.crop(x)

    @staticmethod
    def halo(layers: Iterable[str]) -> int:
        """Return how wide margins have to be, in pixels, so that ``layers`` are as they would be in a whole image."""
        return _pooled(max(reach(layers).values(), default=0))

    def as_published(self) -> VGG19:
        """Return the same filters, in the same memory, behind ReLU and max pooling: the network as it was trained."""
        twin = copy.copy(self)
        # A shallow copy shares the dictionary of submodules; the parts put in here must not reach this network.
        twin._modules = dict(self._modules)
        twin.activation, twin.activation_in_place = nn.ReLU(), nn.ReLU(inplace=True)
        twin.pool = nn.MaxPool2d(2, 2)
        return twin

    def _kernels(self, x: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
        """Return the kernels in the type that this forward pass computes in, cast once, not at every step."""
        device = x.device.type
        dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else x.dtype
        if dtype not in self._cast:
            self._cast[dtype] = {
                layer.name: (
                    self.get_buffer(f"{layer.name}_weight").to(dtype),
                    self.get_buffer(f"{layer.name}_bias").to(dtype),
                )
                for layer in CONVOLUTIONS
            }
        return self._cast[dtype]

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        # Whatever moves or casts the buffers makes the cast copies stale.
        self._cast.clear()
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]  # As torch has it.
        return self


def _pooled(pixels: int) -> int:
    """Return the next number of pixels that the poolings divide."""
    return -(-pixels // POOLED) * POOLED


def check_layers(layers: Iterable[str]) -> None:
    """Raise ``VerismError``, listing the valid names, if one of ``layers`` is not a layer of VGG-19."""
    unknown = sorted(set(layers) - set(LAYERS))
    if unknown:
        raise VerismError(f"VGG-19 has no layer {', '.join(map(repr, unknown))}; its layers are {', '.join(LAYERS)}.")


def _check_elementwise(activation: nn.Module) -> None:
    name = type(activation).__name__
    if next(activation.parameters(), None) is not None:
        raise VerismError(
            f"--model.backbone.activation {name} has trainable parameters, but the image must be the only one: "
            "choose an activation without, such as torch.nn.LeakyReLU."
        )
    probe = torch.linspace(-2, 2, 48).view(1, 3, 4, 4)
    try:
        whole, single = activation(probe), activation(probe.flatten()).view_as(probe)
        elementwise = torch.allclose(whole, single)
    except (RuntimeError, TypeError, IndexError, ValueError, NotImplementedError):
        elementwise = False
    if not elementwise:
        raise VerismError(
            f"--model.backbone.activation {name} is not an elementwise function of one tensor: choose one that is, "
            "such as torch.nn.LeakyReLU."
        )
