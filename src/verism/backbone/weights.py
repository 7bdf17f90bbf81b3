"""Loads the backbone's weights: torchvision's, those of a file, or those embedded in this package."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.error import URLError

import torch
from safetensors.torch import load_file
from torch import Tensor
from torchvision.models import VGG16_Weights, VGG19_Weights

from verism import empty, permission, reuse, tensor_file
from verism.backbone.architecture import BLOCKS, CONVOLUTIONS, VGG16_BLOCKS, Block, Convolution
from verism.errors import VerismError

Source = Literal["auto", "imagenet", "compact"] | Path
"""``auto``: ``imagenet`` if it is in torch.hub's cache, else ``compact``. A path: a torchvision VGG-19 state dict."""

Kernel = tuple[Tensor, Tensor]
"""A convolution's weight ``(out, in, 3, 3)`` and bias ``(out,)``."""

COMPACT = Path(__file__).parent / "compact" / "vgg19_compact.safetensors"
"""The weights of the VGG-19 that is embedded in this package."""


@dataclass(frozen=True)
class Published:
    """A VGG as torchvision publishes it.

    Attributes:
        name: name of the network in the literature.
        url: URL of its weights, trained on ImageNet. The file name ends in the first digits of its SHA-256.
        blocks: its architecture.
        compact: file of the weights embedded in this package, which are not torchvision's. None if there are none.
    """

    name: str
    url: str
    blocks: tuple[Block, ...]
    compact: Path | None = None

    @property
    def convolutions(self) -> tuple[Convolution, ...]:
        """All convolutions of the network, in order."""
        return tuple(layer for block in self.blocks for layer in block.convolutions)

    @property
    def imagenet_file(self) -> Path:
        """The path at which torch.hub caches its weights. The file need not exist."""
        return Path(torch.hub.get_dir(), "checkpoints", self.url.rpartition("/")[2])

    @property
    def sources(self) -> str:
        """What ``--model.backbone.weights`` accepts, for messages."""
        return "imagenet or a path" if self.compact is None else "auto, imagenet, compact or a path"


VGG19 = Published("VGG-19", VGG19_Weights.IMAGENET1K_V1.url, BLOCKS, COMPACT)

VGG16 = Published("VGG-16", VGG16_Weights.IMAGENET1K_V1.url, VGG16_BLOCKS)


@dataclass(frozen=True)
class Weights:
    """The kernels of one VGG, and where they come from.

    Attributes:
        name: ``imagenet``, ``compact``, or the path of the file.
        sha256: hexadecimal SHA-256 of the file.
        kernels: weight ``(out, in, 3, 3)`` and bias ``(out,)`` of each convolution, both float32, by name.
    """

    name: str
    sha256: str
    kernels: Mapping[str, Kernel]
    _copies: dict[tuple[torch.device, torch.dtype], Mapping[str, Kernel]] = field(default_factory=dict)

    def on(self, device: torch.device, dtype: torch.dtype) -> Mapping[str, Kernel]:
        """Return the kernels on a device and in a type, channels last. Copies are cached."""
        if (device, dtype) not in self._copies:
            self._copies[device, dtype] = {
                name: (weight.to(device, dtype, memory_format=torch.channels_last), bias.to(device, dtype))
                for name, (weight, bias) in self.kernels.items()
            }
        return self._copies[device, dtype]


def load(source: Source, network: Published = VGG19) -> Weights:
    """Load weights. Only ``imagenet`` connects to the internet, and only if its file is not cached.

    Args:
        source: ``imagenet``, or the path of a state dict in torchvision's format, whole or ``features`` only, as
            ``.pth``/``.pt`` (read with ``weights_only=True``) or ``.safetensors``; for VGG-19, also ``auto`` and
            ``compact``.
        network: the VGG whose weights to load.

    Raises:
        VerismError: if the file is missing, cannot be read, or does not contain the network, or the download failed.
    """
    # For a network without embedded weights, either word can still be a file name.
    word = Path(source).name
    if word in ("auto", "compact") and network.compact is None and not Path(source).is_file():
        raise VerismError(
            f"--model.backbone.weights {word}: no weights of {network.name} are embedded; take {network.sources}."
        )
    chosen = choose(source)
    if chosen == "compact" and network.compact is not None:
        return _once(network.compact, "compact", network, _from_compact)
    path = _download(network) if chosen == "imagenet" else Path(chosen)
    return _once(path, str(chosen), network, _from_state_dict)


def _once(path: Path, name: str, network: Published, read: Callable[[Path, str, Published], Weights]) -> Weights:
    """Return the weights of a file, which an earlier run in the same process may already have read."""
    permission.check(path)
    state = path.stat() if path.is_file() else None
    key = (path, name, network.name, state and (state.st_mtime_ns, state.st_size, state.st_ino))
    return reuse.once("weights", key, lambda: read(path, name, network))


def choose(source: Source) -> Literal["imagenet", "compact"] | Path:
    """Resolve ``auto`` to the source that it stands for on this machine. Other sources are returned unchanged."""
    if source != "auto":
        return source
    return "imagenet" if VGG19.imagenet_file.is_file() else "compact"


class Dequantized(Mapping[str, Kernel]):
    """The kernels of the compact file, kept as int8 and converted to float32 on access."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        """Store the tensors of the file.

        Args:
            tensors: for each convolution, ``{name}.scale`` ``(out,)`` float32, ``{name}.bias`` ``(out,)`` float32, and
                ``{name}.weight`` ``(out, in, 3, 3)`` int8, which is absent if the convolution is a scaled identity.
        """
        self.tensors = tensors

    def __getitem__(self, name: str) -> Kernel:
        """Return a convolution's weight and bias, as in ``Weights.kernels``."""
        scale, bias = self.tensors[f"{name}.scale"], self.tensors[f"{name}.bias"]
        weight = self.tensors.get(f"{name}.weight")
        if weight is None:
            weight = torch.nn.init.dirac_(torch.empty(len(scale), len(scale), 3, 3))
        return weight * scale.view(-1, 1, 1, 1), bias

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of the convolutions, in order."""
        return (layer.name for layer in CONVOLUTIONS)

    def __len__(self) -> int:
        """Return the number of convolutions."""
        return len(CONVOLUTIONS)


def _from_compact(path: Path, name: str, network: Published) -> Weights:
    del network
    return Weights(name, _sha256(path), Dequantized(load_file(path)))


def _download(network: Published) -> Path:
    path = network.imagenet_file
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    hash_prefix = path.stem.rpartition("-")[2]
    try:
        torch.hub.download_url_to_file(network.url, str(path), hash_prefix, progress=True)
    except (URLError, OSError, RuntimeError) as error:
        embedded = "" if network.compact is None else "choose --model.backbone.weights compact, or "
        raise VerismError(
            f"torchvision's {network.name} could not be downloaded ({error}): fetch {network.url} by hand and put it "
            f"at {path}, or {embedded}give the path of another {network.name} file with --model.backbone.weights."
        ) from error
    return path


def _from_state_dict(path: Path, name: str, network: Published) -> Weights:
    read = _READERS.get(path.suffix.lower())
    if read is None:
        raise VerismError(f"{path}: weights are read from {', '.join(_READERS)} files, not from '{path.suffix}'.")
    if not path.is_file():
        raise VerismError(f"{path}: no such file; --model.backbone.weights takes {network.sources}.")
    empty.check(path)
    expected = f"expected a state dict of torchvision's {network.name}, whole or its features only"
    try:
        state = read(path)
    except Exception as error:
        # A file with other contents can make an unpickler raise any exception.
        raise VerismError(f"{path}: cannot be read as a checkpoint; {expected}.") from error
    if not isinstance(state, Mapping):
        raise VerismError(f"{path}: holds a {type(state).__name__}; {expected}.")
    prefix = "features." if any(str(key).startswith("features.") for key in state) else ""

    def tensor(layer: Convolution, part: str, shape: tuple[int, ...]) -> Tensor:
        key = f"{prefix}{layer.feature}.{part}"
        found = state.get(key)
        if not isinstance(found, Tensor):
            raise VerismError(f"{path}: has no tensor '{key}' ({layer.name}); {expected}.")
        if tuple(found.shape) != shape:
            raise VerismError(
                f"{path}: '{key}' ({layer.name}) has shape {tuple(found.shape)}, not {shape}; {expected}."
            )
        return found.to(torch.float32)

    kernels = {
        layer.name: (
            tensor(layer, "weight", (layer.outputs, layer.inputs, 3, 3)),
            tensor(layer, "bias", (layer.outputs,)),
        )
        for layer in network.convolutions
    }
    return Weights(name, _sha256(path), kernels)


def _load_pth(path: Path) -> object:
    with path.open("rb") as file:
        return tensor_file.load(file)


_READERS: dict[str, Callable[[Path], object]] = {".pth": _load_pth, ".pt": _load_pth, ".safetensors": load_file}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
