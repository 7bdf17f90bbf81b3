"""What becomes of a photo's colours that sRGB, in which looks are made, cannot show: in words."""

from __future__ import annotations

from verism.photo_file import Encoding, Photo

LEAST = 0.01
"""Share of a photo's pixels from which on this is told: a hundredth is as large as a flower."""


def said(photo: Photo, encoding: Encoding, strength: float) -> str:
    """Return what becomes of them in a picture, as a sentence; empty if the photo has hardly any, or loses nothing.

    Args:
        photo: the photo as it was read.
        encoding: how the picture is written.
        strength: strength of the whole look in it.
    """
    kept = 1 - strength if encoding.profile == "keep" and photo.profile else 0.0
    if photo.beyond < LEAST or kept == 1:
        return ""
    rest = f", and {kept:.0%} of the difference is mixed back in" if kept else ""
    share = f"{photo.beyond:.0%} of the photo has colours outside sRGB"
    return f"{share}, in which looks are made: they are clipped to it{rest}."
