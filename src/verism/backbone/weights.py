"""Where the backbone's weights come from: torchvision, a file, or the set embedded in this package."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.error import URLError

import torch
from lightning.pytorch.utilities import rank_zero_info
from safetensors.torch import load_file
from torch import Tensor
from torchvision.models import VGG19_Weights

from verism import tensor_file
from verism.backbone.architecture import CONVOLUTIONS, Convolution
from verism.errors import VerismError

Source = Literal["auto", "imagenet", "compact"] | Path
"""``auto``: ``imagenet`` if torch.hub's cache holds it, else ``compact``. A path: a torchvision VGG-19 state dict."""

COMPACT = Path(__file__).parent / "compact" / "vgg19_compact.safetensors"

IMAGENET_URL: str = VGG19_Weights.IMAGENET1K_V1.url


@dataclass(frozen=True)
class Weights:
    """The filters of one VGG-19.

    Attributes:
        name: ``imagenet``, ``compact`` or the path of the file they were read from.
        sha256: hexadecimal SHA-256 of that file.
        kernels: convolution name to (weight ``(out, in, 3, 3)``, bias ``(out,)``), both float32.
    """

    name: str
    sha256: str
    kernels: Mapping[str, tuple[Tensor, Tensor]]


def load(source: Source) -> Weights:
    """Load weights; nothing but ``imagenet`` ever uses the network, and that only if its file is not cached.

    Args:
        source: ``auto``, ``imagenet``, ``compact``, or the path of a torchvision-format VGG-19 state dict, whole or
            ``features`` only, as ``.pth``/``.pt`` (read with ``weights_only=True``) or ``.safetensors``.

    Raises:
        VerismError: the file is missing, cannot be read, or does not hold a VGG-19; or the download failed.
    """
    chosen = choose(source)
    if isinstance(chosen, Path):
        return _from_state_dict(chosen, name=str(chosen))
    if chosen == "compact":
        return _from_compact(COMPACT)
    return _from_state_dict(_download(imagenet_file()), name="imagenet")


def choose(source: Source) -> Literal["imagenet", "compact"] | Path:
    """Return what ``auto`` means on this machine, with a line that says so; other sources mean themselves."""
    if source != "auto":
        return source
    if imagenet_file().is_file():
        return "imagenet"
    rank_zero_info(
        "The weights embedded in verism are used, which are not torchvision's VGG-19. "
        "For those, a download of 548 MB: --model.backbone.weights imagenet"
    )
    return "compact"


def imagenet_file() -> Path:
    """Return where torch.hub keeps torchvision's VGG-19; the file need not exist."""
    return Path(torch.hub.get_dir(), "checkpoints", IMAGENET_URL.rpartition("/")[2])


class Dequantized(Mapping[str, tuple[Tensor, Tensor]]):
    """The compact file's kernels: int8, and float32 only as they are asked for, since nothing computes with both."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        """Take the file's tensors.

        Args:
            tensors: for each convolution ``{name}.scale`` ``(out,)`` float32 and ``{name}.bias`` ``(out,)`` float32;
                and ``{name}.weight`` ``(out, in, 3, 3)`` int8, absent where the convolution is a scaled identity.
        """
        self.tensors = tensors

    def __getitem__(self, name: str) -> tuple[Tensor, Tensor]:
        """Return a convolution's weight and bias, as in ``Weights.kernels``."""
        scale, bias = self.tensors[f"{name}.scale"], self.tensors[f"{name}.bias"]
        weight = self.tensors.get(f"{name}.weight")
        if weight is None:
            weight = torch.nn.init.dirac_(torch.empty(len(scale), len(scale), 3, 3))
        return weight * scale.view(-1, 1, 1, 1), bias

    def __iter__(self) -> Iterator[str]:
        """Go through the convolutions' names, in order."""
        return (layer.name for layer in CONVOLUTIONS)

    def __len__(self) -> int:
        """Return how many convolutions there are."""
        return len(CONVOLUTIONS)


def _from_compact(path: Path) -> Weights:
    return Weights("compact", _sha256(path), Dequantized(load_file(path)))


def _download(path: Path) -> Path:
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    hash_prefix = path.stem.rpartition("-")[2]
    try:
        torch.hub.download_url_to_file(IMAGENET_URL, str(path), hash_prefix, progress=True)
    except (URLError, OSError, RuntimeError) as error:
        raise VerismError(
            f"torchvision's VGG-19 could not be downloaded ({error}): fetch {IMAGENET_URL} by hand and put it at "
            f"{path}, or choose --model.backbone.weights compact, or give the path of another VGG-19 file there."
        ) from error
    return path


def _from_state_dict(path: Path, name: str) -> Weights:
    read = _READERS.get(path.suffix.lower())
    if read is None:
        raise VerismError(f"{path}: weights are read from {', '.join(_READERS)} files, not from '{path.suffix}'.")
    if not path.is_file():
        raise VerismError(f"{path}: no such file; --model.backbone.weights takes auto, imagenet, compact or a path.")
    expected = "expected a state dict of torchvision's vgg19, whole or its features only"
    try:
        state = read(path)
    except Exception as error:
        # A file of anything can make an unpickler raise anything.
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
        for layer in CONVOLUTIONS
    }
    return Weights(name, _sha256(path), kernels)


def _load_pth(path: Path) -> object:
    with path.open("rb") as file:
        return tensor_file.load(file)


_READERS: dict[str, Callable[[Path], object]] = {".pth": _load_pth, ".pt": _load_pth, ".safetensors": load_file}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
