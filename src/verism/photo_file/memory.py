"""Photos in memory, as Pillow images or tensors."""

from __future__ import annotations

from PIL import Image
from torch import Tensor

from verism.errors import VerismError
from verism.inform import rank_zero_info
from verism.photo_file import metadata
from verism.photo_file.color import Color
from verism.photo_file.decoded import Decoded
from verism.photo_file.metadata import Blocks
from verism.photo_file.photo import Photo
from verism.photo_file.reading import JUST_OUTSIDE, converted
from verism.photo_file.samples import RGB, of_pillow
from verism.photo_file.size import check_size

TENSOR_DEPTH = 16
"""Bits per sample of files written from the result for a tensor, as for floating-point files."""

ROUNDING = 1e-4
"""How far tensor values may be outside [0, 1] without a warning. This is rounding error, and invisible in samples."""


def from_pillow(image: Image.Image, name: str) -> Photo:
    """Convert a Pillow image to sRGB, in the same way as a photo file.

    Its ICC profile (``info["icc_profile"]``), EXIF orientation and transparency are taken into account. EXIF and XMP
    are kept for files written from the result.

    Args:
        image: an image of mode L, LA, RGB, RGBA, P, CMYK, 1, I;16, or F with samples in [0, 1].
        name: name of the image in messages, such as "the content photo".

    Raises:
        VerismError: if the image is damaged, too small, or of another mode.
    """
    check_size(name, *image.size)
    try:
        samples = of_pillow(image)
        exif = image.getexif().tobytes()
    except (OSError, SyntaxError, ValueError) as error:
        raise VerismError(
            f"{name}: the image of mode {image.mode} cannot be read ({error}); convert it with image.convert('RGB')."
        ) from error
    profile, xmp = (value if isinstance(value, bytes) else b"" for value in map(image.info.get, ("icc_profile", "xmp")))
    about = metadata.about(Blocks(exif=metadata.exif_block(exif), xmp=xmp))
    return converted(name, Decoded(samples, Color(profile) if profile else None, about))


def from_tensor(image: Tensor, name: str) -> Photo:
    """Check a tensor that holds a photo.

    Args:
        image: ``(1, 3, H, W)``, of a floating-point type, sRGB in [0, 1]. Values just outside, such as those from
            sharp resizing, are clipped with a warning.
        name: name of the image in messages, such as "the content photo".

    Raises:
        VerismError: if the tensor has another shape or type, values far outside [0, 1], or too few pixels.
    """
    if image.dim() != 4 or image.shape[:2] != (1, RGB):  # noqa: PLR2004
        raise VerismError(f"{name}: is a tensor of shape {tuple(image.shape)}; a photo has the shape (1, 3, H, W).")
    if not image.is_floating_point():
        raise VerismError(f"{name}: is a tensor of {image.dtype}; convert it to floating point, RGB in [0, 1].")
    check_size(name, image.shape[-1], image.shape[-2])
    pixels = image.detach().cpu().float().clone()
    least, most = float(pixels.min()), float(pixels.max())
    # Written so that NaN, which compares false, is rejected.
    if not (least >= -JUST_OUTSIDE and most <= 1 + JUST_OUTSIDE):
        raise VerismError(f"{name}: its values go from {least:g} to {most:g}; scale them to RGB in [0, 1].")
    if least < -ROUNDING or most > 1 + ROUNDING:
        rank_zero_info(f"{name}: its values go from {least:g} to {most:g}; they are clipped to [0, 1].")
    return Photo(pixels.clamp(0, 1), depth=TENSOR_DEPTH)
