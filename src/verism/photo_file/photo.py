"""What a photo file holds."""

from __future__ import annotations

from typing import NamedTuple, Self

from torch import Tensor
from torch.nn import functional as F  # noqa: N812


class Photo(NamedTuple):
    """What a photo file holds.

    Attributes:
        pixels: ``(1, 3, H, W)`` float32, sRGB in [0, 1], upright; pixels that are not seen at all have the
            colours around them.
        alpha: ``(1, 1, H, W)``, from 0, transparent, to 1; None for an opaque photo.
        depth: bits per sample, 8 or 16.
        profile: the ICC profile that the pixels were converted from, if results can be written in its space, which
            must be an RGB one; else empty.
        exif: the EXIF block, without the orientation; empty if there is none.
        xmp: the XMP packet, likewise.
        iptc: the records of IPTC-IIM (caption, credit, …); empty if there are none.
        texts: pairs of keyword and text from outside of these blocks, such as PNG's Author and JPEG's comment.
    """

    pixels: Tensor
    alpha: Tensor | None = None
    depth: int = 8
    profile: bytes = b""
    exif: bytes = b""
    xmp: bytes = b""
    iptc: bytes = b""
    texts: tuple[tuple[str, str], ...] = ()

    @property
    def over_white(self) -> Tensor:
        """The pixels, composited over white where the photo is transparent."""
        return self.pixels if self.alpha is None else 1 - self.alpha.to(self.pixels) * (1 - self.pixels)

    def showing(self, pixels: Tensor) -> Self:
        """Return the photo with other ``pixels``, which may have another size: alpha is then resized to it."""
        if self.alpha is None or self.alpha.shape[-2:] == pixels.shape[-2:]:
            return self._replace(pixels=pixels)
        alpha = F.interpolate(self.alpha, pixels.shape[-2:], mode="bilinear", align_corners=False, antialias=True)
        return self._replace(pixels=pixels, alpha=alpha)
