"""The data: one sample, the content photo and the style photo, again and again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lightning.pytorch import LightningDataModule
from torch import Tensor

from verism import images
from verism.errors import VerismError


class Photos(NamedTuple):
    """The two photos, each ``(1, 3, H, W)`` float32, RGB in [0, 1]; their sizes may differ."""

    content: Tensor
    style: Tensor


class PhotoPair(LightningDataModule):
    """Reads a content and a style photo, and hands them out once a step.

    There is nothing to learn from but these two, so an epoch is as long as the run: ``max_steps`` samples.
    """

    def __init__(self, content: Path, style: Path, size: int = 600, upscale: bool = False) -> None:
        """Choose the photos.

        Args:
            content: the photo that keeps its content: JPEG, PNG, WebP, TIFF, … In a config file, relative to that file.
            style: the photo whose look it takes on.
            size: both are scaled down until their short side has this many pixels (at least 32).
            upscale: also scale smaller photos up to that size.
        """
        super().__init__()
        self.paths = {"content": Path(content), "style": Path(style)}
        self.size = size
        self.upscale = upscale
        self._photos: Photos | None = None

    @property
    def photos(self) -> Photos:
        """The two photos, read at first use.

        Raises:
            VerismError: a photo cannot be read, or ``size`` is too small.
        """
        if self._photos is None:
            if self.size < images.MIN_SIDE:
                raise VerismError(f"--data.size {self.size}: must be at least {images.MIN_SIDE} pixels.")
            self._photos = Photos(*(self._fit(images.read(path)) for path in self.paths.values()))
        return self._photos

    def setup(self, stage: str) -> None:
        """Read the photos."""
        del stage
        _ = self.photos

    def train_dataloader(self) -> Repeat:
        """Return the sample ``max_steps`` times, or 1000 times if the run has no such end."""
        steps = self.trainer.max_steps if self.trainer is not None else -1
        return Repeat(self.photos, steps if steps > 0 else 1000)

    def _fit(self, photo: Tensor) -> Tensor:
        return images.scale(photo, self.size if self.upscale else min(self.size, *photo.shape[-2:]))


class Repeat:
    """One sample, a number of times."""

    def __init__(self, sample: Photos, times: int) -> None:
        """Remember both."""
        self.sample = sample
        self.times = times

    def __len__(self) -> int:
        """Return the number of times."""
        return self.times

    def __iter__(self) -> Iterator[Photos]:
        """Yield the sample that often."""
        for _ in range(self.times):
            yield self.sample
