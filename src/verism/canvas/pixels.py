"""The image as free pixels: the canvas of Gatys et al. and of the paper."""

from __future__ import annotations

from typing import Literal, final

import torch
from torch import Tensor, nn

from verism.images import resize
from verism.normalization import Normalization


@final
class Pixels(nn.Module):
    """Every pixel is a parameter, in ImageNet-normalised space and unclamped while it is optimised, as in the paper.

    Attributes:
        pixels: ``(1, 3, H, W)``, the one parameter; empty (H = W = 0) until ``start``.
    """

    def __init__(self, init: Literal["content", "style", "noise"] = "content", seed: int = 0) -> None:
        """Choose what the first image is.

        Args:
            init: content: the content photo, as in the paper. style: the style photo, resized to the content's shape.
                noise: white noise, standard normal in normalised space.
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
        """
        if self.init == "noise":
            generator = torch.Generator().manual_seed(self.seed)
            # The type decides what is drawn, and a Trainer of another precision may have changed the default.
            first = torch.randn(content.shape, generator=generator, dtype=torch.float32)
        else:
            first = self.normalize(content if self.init == "content" else resize(style, content.shape[-2:]))
        self.pixels = nn.Parameter(first)

    def forward(self) -> Tensor:
        """Return the image, ``(1, 3, H, W)``, RGB, not clipped to [0, 1]."""
        image: Tensor = self.normalize.inverse(self.pixels)
        return image
