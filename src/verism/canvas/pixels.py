"""The image as free pixels: the canvas of Gatys et al. and of the paper."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Literal, final

import torch
from torch import Tensor, nn

from verism import images
from verism.errors import VerismError
from verism.images import resize
from verism.normalization import Normalization


@final
class Pixels(nn.Module):
    """Every pixel is a parameter, in ImageNet-normalised space and unclamped while it is optimised, as in the paper.

    Attributes:
        pixels: ``(1, 3, H, W)``, the one parameter; empty (H = W = 0) until ``start``.
    """

    def __init__(self, init: Literal["content", "style", "noise"] | Path = "content", seed: int = 0) -> None:
        """Choose what the first image is.

        Args:
            init: content: the content photo, as in the paper. style: the style photo, resized to the content's shape.
                noise: white noise, standard normal in normalised space. A path: an image file, or the checkpoint
                (.ckpt) of an earlier run, whose pixels were not rounded; resized to the content's shape.
            seed: of the noise.
        """
        super().__init__()
        self.init = init
        self.seed = seed
        self.normalize = Normalization()
        self.pixels = nn.Parameter(torch.empty(1, 3, 0, 0))

    def start(self, content: Tensor, style: Tensor) -> None:
        """Put the first image on the canvas.

        Args:
            content: ``(1, 3, H, W)``, RGB in [0, 1]; the image takes its shape.
            style: ``(1, 3, H', W')``, RGB in [0, 1].

        Raises:
            VerismError: ``init`` is a path, and the file cannot be read.
        """
        shape = content.shape[-2:]
        if isinstance(self.init, Path):
            if not self.init.is_file():
                raise VerismError(
                    f"{self.init}: no such file; --model.canvas.init takes content, style, noise or a path."
                )
            first = _pixels(self.init) if self.init.suffix == ".ckpt" else self.normalize(images.read(self.init))
        elif self.init == "noise":
            generator = torch.Generator().manual_seed(self.seed)
            # The type decides what is drawn, and a Trainer of another precision may have changed the default.
            first = torch.randn(content.shape, generator=generator, dtype=torch.float32)
        else:
            first = self.normalize(content if self.init == "content" else style)
        self.pixels = nn.Parameter(resize(first, shape).clone())

    def forward(self) -> Tensor:
        """Return the image, ``(1, 3, H, W)``, RGB, not clipped to [0, 1]."""
        image: Tensor = self.normalize.inverse(self.pixels)
        return image


def _pixels(checkpoint: Path) -> Tensor:
    """Return the canvas of an earlier run as its checkpoint holds it."""
    try:
        with warnings.catch_warnings():
            # Of a file that is no checkpoint torch also warns.
            warnings.simplefilter("ignore")
            state = torch.load(checkpoint, map_location="cpu", weights_only=True)
        pixels: Tensor = state["state_dict"]["canvas.pixels"].float()
    except Exception as error:
        # A file of anything can make an unpickler raise anything.
        raise VerismError(f"{checkpoint}: not the checkpoint of a run on a canvas of pixels.") from error
    return pixels
