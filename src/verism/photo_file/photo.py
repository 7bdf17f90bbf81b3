"""The contents of a photo file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Self

from torch import Tensor
from torch.nn import functional as F  # noqa: N812


class Photo(NamedTuple):
    """The contents of a photo file.

    Attributes:
        pixels: ``(1, 3, H, W)`` float32, sRGB in [0, 1], upright. Fully transparent pixels have the colours around
            them.
        alpha: ``(1, 1, H, W)``, from 0, transparent, to 1. None for an opaque photo.
        depth: bits per sample, 8 or 16.
        profile: the ICC profile that the pixels were converted from, if results can be written in its space, which
            must be an RGB space. Otherwise empty.
        exif: the EXIF block, without the orientation. Empty if there is none.
        xmp: the XMP packet, without the orientation. Empty if there is none.
        iptc: the records of IPTC-IIM (caption, credit, …). Empty if there are none.
        texts: pairs of keyword and text from outside these blocks, such as PNG's Author and JPEG's comment.
        lost: ``(1, 3, H, W)``, the excess of the file's colours over ``pixels``, in the space of ``profile``, because
            sRGB cannot represent them. None if there is none.
        beyond: share of the file's pixels with such colours, with or without a ``profile``.
    """

    pixels: Tensor
    alpha: Tensor | None = None
    depth: int = 8
    profile: bytes = b""
    exif: bytes = b""
    xmp: bytes = b""
    iptc: bytes = b""
    texts: tuple[tuple[str, str], ...] = ()
    lost: Tensor | None = None
    beyond: float = 0.0

    @property
    def over_white(self) -> Tensor:
        """The pixels composited over white where the photo is transparent."""
        return self.pixels if self.alpha is None else 1 - self.alpha.to(self.pixels) * (1 - self.pixels)

    def showing(self, pixels: Tensor, kept: float = 0.0) -> Self:
        """Return the photo with other ``pixels``. If these have another size, everything else is resized to it.

        Args:
            pixels: ``(1, 3, H, W)``, sRGB.
            kept: share of ``lost`` to keep, equal to the share of the photo itself in a blend.
        """
        shape = pixels.shape[-2:]
        alpha = None if self.alpha is None else _resized(self.alpha, shape)
        lost = None if self.lost is None or not kept else kept * _resized(self.lost, shape)
        return self._replace(pixels=pixels, alpha=alpha, lost=lost)

    @property
    def opaque(self) -> Self:
        """The photo over white, for formats without transparency."""
        if self.alpha is None:
            return self
        return self._replace(
            pixels=self.over_white, alpha=None, lost=None if self.lost is None else self.lost * self.alpha
        )


def _resized(values: Tensor, shape: Sequence[int]) -> Tensor:
    if values.shape[-2:] == tuple(shape):
        return values
    return F.interpolate(values.float(), list(shape), mode="bilinear", align_corners=False, antialias=True)
