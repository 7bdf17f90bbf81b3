"""Messages about colours of a photo outside sRGB, in which looks are made."""

from __future__ import annotations

from verism.photo_file import Encoding, Photo

LEAST = 0.01
"""Share of a photo's pixels from which such colours are reported. A hundredth is as large as a flower."""


def said(photo: Photo, encoding: Encoding, strength: float) -> str:
    """Describe in a sentence what happens to these colours in a picture. Empty if there are hardly any or none is lost.

    Args:
        photo: the photo as it was read.
        encoding: how the picture is written.
        strength: strength of the look in the picture.
    """
    kept = 1 - strength if encoding.profile == "keep" and photo.profile else 0.0
    if photo.beyond < LEAST or kept == 1:
        return ""
    rest = f", and {kept:.0%} of the difference is mixed back in" if kept else ""
    share = f"{photo.beyond:.0%} of the photo has colours outside sRGB"
    return f"{share}, in which looks are made: they are clipped to it{rest}."
