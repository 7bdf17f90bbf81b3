"""Free pixels: the canvas of Gatys et al. 2016 and of the paper."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, final

import torch
from torch import Tensor, nn

from verism import checkpoint, images
from verism.backbone.normalization import InputNormalization
from verism.canvas.canvas import Canvas, FindCorrespondence
from verism.color.guided_filter import apply_upsampled, local_affine, window_radius
from verism.errors import VerismError
from verism.images import resize
from verism.missing import nearest
from verism.regions.regions import Regions


@final
class Pixels(Canvas):
    """The pixels themselves are the parameter, normalised as for ImageNet and not clamped, as in the paper.

    The result has the size of the optimisation or, with ``finish``, that of the content photo.

    Attributes:
        pixels: ``(1, 3, H, W)``, the only parameter. Empty (H = W = 0) until ``start``.
    """

    def __init__(
        self,
        init: Literal["content", "style", "noise"] | Path = "content",
        seed: int = 0,
        finish: bool = False,
        finish_radius: float = 0.01,
        finish_epsilon: float = 1e-4,
    ) -> None:
        """Choose the first image, and whether the result is finished.

        Args:
            init: the image to start from. content: the content photo, as in the paper. style: the style photo, resized
                to the content photo's shape. noise: white noise. A path: an image file, or the checkpoint (.ckpt) of an
                earlier run, whose pixels are not rounded; resized to the content photo's shape.
            seed: seed of the noise.
            finish: render the result at the content photo's full size, as a locally affine function of the photo's
                colours: details come from the photo, and texture that the run invented is lost.
            finish_radius: radius of the windows in which that function is affine, as a share of the short side.
            finish_epsilon: contrast below the square root of this value, in RGB from 0 to 1, counts as noise and is
                smoothed; above 0.

        Raises:
            VerismError: ``finish_epsilon`` is not above 0.
        """
        if not finish_epsilon > 0:
            raise VerismError(f"--model.canvas.finish_epsilon {finish_epsilon}: must be above 0.")
        super().__init__()
        # Python callers may pass a file as a string.
        self.init = init if init in ("content", "style", "noise") else Path(init)
        self.seed = seed
        self.finish = finish
        self.finish_radius = finish_radius
        self.finish_epsilon = finish_epsilon
        self.normalize = InputNormalization()
        self.pixels = nn.Parameter(torch.empty(1, 3, 0, 0))

    def check(self) -> None:
        """Raise ``VerismError`` if ``init`` is a file that cannot be read."""
        if isinstance(self.init, Path):
            self._read(self.init)

    def start(
        self,
        content: Tensor,
        style: Tensor,
        find_correspondence: FindCorrespondence | None = None,
        regions: Regions | None = None,
    ) -> None:
        """Initialise the canvas with the first image.

        Raises:
            VerismError: if ``init`` is a file that cannot be read, or a checkpoint of another canvas.
        """
        del find_correspondence, regions
        shape = content.shape[-2:]
        if isinstance(self.init, Path):
            first = self._read(self.init)
        elif self.init == "noise":
            generator = torch.Generator().manual_seed(self.seed)
            # float32, because other types draw other numbers, and a Trainer may have changed the default type.
            first = torch.randn(content.shape, generator=generator, dtype=torch.float32)
        else:
            first = self.normalize(content if self.init == "content" else style)
        self.pixels = nn.Parameter(resize(first, shape).clone())

    def resize(self, content: Tensor) -> None:
        """Resize the difference from the content photo, and add it to the photo at its new size."""
        pixels, photo = self.pixels.detach(), self.normalize(content.to(self.pixels))
        before = resize(photo, pixels.shape[-2:])
        self.pixels = nn.Parameter(photo + resize(pixels - before, photo.shape[-2:]))

    def resume(self, state: Mapping[str, Tensor]) -> None:
        """Load the pixels of another canvas, of any size."""
        self.pixels = nn.Parameter(torch.empty_like(state["pixels"]).to(self.pixels))
        self.load_state_dict(state)

    def forward(self) -> Tensor:
        """Return the image, ``(1, 3, H, W)``, RGB, not clipped to [0, 1]."""
        image: Tensor = self.normalize.inverse(self.pixels)
        return image

    @torch.no_grad()
    def render(self, photo: Tensor) -> Tensor:
        """Return the image at its own size or, with ``finish``, at the size of the content photo.

        Finishing applies a guided filter that is fitted at the size of the image and applied at that of the photo (He
        and Sun 2015, "Fast Guided Filter").

        Args:
            photo: the content photo at its own size, ``(1, 3, H, W)``, RGB in [0, 1].

        Returns:
            ``(1, 3, H, W)``, RGB, not clipped.
        """
        image: Tensor = self()
        if not self.finish:
            return image
        photo = photo.to(image)
        small = resize(photo, image.shape[-2:])
        radius = window_radius(self.finish_radius, image.shape[-2:])
        return apply_upsampled(local_affine(small, image, radius, self.finish_epsilon), photo)

    def _read(self, file: Path) -> Tensor:
        """Return the normalised pixels of an image file or a checkpoint, ``(1, 3, H, W)``, at its own size."""
        if not file.is_file():
            near = nearest(file)
            remedy = f"did you mean {near}?" if near else "--model.canvas.init takes content, style, noise or a path."
            raise VerismError(f"{file}: no such file; {remedy}")
        if file.suffix == ".ckpt":
            return _pixels(file)
        first: Tensor = self.normalize(images.read(file))
        return first


def _pixels(file: Path) -> Tensor:
    """Return the normalised pixels in the checkpoint of an earlier run, ``(1, 3, H, W)``."""
    state = checkpoint.canvas_state(checkpoint.read(file))
    if "pixels" not in state:
        raise VerismError(f"{file}: not the checkpoint of a run on a canvas of pixels.")
    return state["pixels"].float()
