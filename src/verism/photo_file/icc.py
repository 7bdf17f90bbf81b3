"""Conversion by ICC profiles to sRGB, in which verism computes, and back."""

from __future__ import annotations

import hashlib
import struct
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
import torch
from imagecodecs import CmsError, cms_transform
from numpy.typing import NDArray
from PIL import ImageCms

RELATIVE_COLORIMETRIC = 1
"""LittleCMS's number of the intent that keeps colours within sRGB, and clips others to the nearest colour in it."""

PROBE = 9
"""Number of colours along each axis of the RGB cube at which a profile is compared with sRGB."""

SAME = 0.5 / 255
"""Half a level of 8 bits. A profile that changes no colour by more is sRGB under another name."""


MADE = (1999, 10, 18, 0, 0, 0)
"""Creation date and time of all generated profiles, that of sRGB, IEC 61966-2-1."""


class ProfileError(Exception):
    """A profile cannot be used."""


@cache
def srgb() -> bytes:
    """Return the profile of sRGB."""
    return _undated(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())


def to_srgb(samples: NDArray[Any], profile: bytes, *, clip: bool = True) -> NDArray[np.float32]:
    """Convert samples of another colour space to sRGB ``(H, W, 3)``, clipped to [0, 1].

    Args:
        samples: ``(H, W, channels)``: grey, RGB or CMYK, uint8, uint16 or float32 in [0, 1].
        profile: the ICC profile of their colour space.
        clip: whether to clip. Otherwise, colours outside sRGB have channels below 0 or above 1.

    Raises:
        ProfileError: if the profile is invalid, or its space has a different number of channels.
    """
    spaces = {1: "gray", 3: "rgb", 4: "cmyk"}
    return _transform(samples, profile, srgb(), spaces[samples.shape[2]], clip=clip)


def from_srgb(pixels: NDArray[np.float32], profile: bytes) -> NDArray[np.float32]:
    """Convert sRGB in [0, 1] to the RGB space of ``profile``: ``(H, W, 3)``, clipped to [0, 1].

    Raises:
        ProfileError: if the profile is invalid, not an RGB profile, or only supports conversion from its space.
    """
    return _transform(pixels, srgb(), profile, "rgb")


def lab_to_srgb(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Convert CIE L*a*b* under D50 to sRGB ``(H, W, 3)``, clipped to [0, 1].

    Args:
        values: ``(H, W, 3)``: L* in [0, 100], a* and b* from −128 to 128.
    """
    return _transform(values, _lab(), srgb(), "lab")


@cache
def _lab() -> bytes:
    return _undated(ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes())


def _undated(profile: bytes) -> bytes:
    """Set the time of a profile to ``MADE``, so that equal pictures give equal files. LittleCMS uses the clock."""
    header = bytearray(profile[:128])
    header[24:36] = struct.pack(">6H", *MADE)
    if any(header[84:100]):
        # The ID is the MD5 of the profile without flags, intent and ID (ICC.1:2022, 7.2.18).
        plain = bytearray(header)
        plain[44:48], plain[64:68], plain[84:100] = bytes(4), bytes(4), bytes(16)
        header[84:100] = hashlib.md5(plain + profile[128:], usedforsecurity=False).digest()
    return bytes(header) + profile[128:]


def is_rgb(profile: bytes) -> bool:
    """Return whether a profile describes an RGB space, according to its header."""
    return profile[16:20] == b"RGB "


def is_srgb(profile: bytes) -> bool:
    """Return whether a profile of an RGB space is equivalent to sRGB. Raises ``ProfileError`` if it is unusable."""
    steps = np.linspace(0, 1, PROBE, dtype=np.float32)
    colors = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    return bool(np.abs(_transform(colors, profile, srgb(), "rgb") - colors).max() <= SAME)


def leads_back(profile: bytes) -> bool:
    """Return whether ``from_srgb`` supports a profile, too. Scanner profiles only convert from their space."""
    try:
        from_srgb(np.zeros((1, 1, 3), np.float32), profile)
    except ProfileError:
        return False
    return True


def _transform(
    samples: NDArray[Any], source: bytes, target: bytes, space: str, *, clip: bool = True
) -> NDArray[np.float32]:
    """Convert samples to ``(H, W, 3)`` with LittleCMS. It uses a single core, so threads share the rows."""
    result = np.empty((*samples.shape[:2], 3), np.float32)

    def transform(rows: slice) -> None:
        part = cms_transform(
            np.ascontiguousarray(samples[rows]),
            source,
            target,
            colorspace=space,
            outcolorspace="rgb",
            outdtype="float32",
            intent=RELATIVE_COLORIMETRIC,
        )
        converted = part.reshape(-1, *result.shape[1:])
        result[rows] = np.clip(converted, 0, 1, out=converted) if clip else converted

    share = -(-len(samples) // torch.get_num_threads())
    parts = [slice(start, start + share) for start in range(0, len(samples), share)]
    try:
        with ThreadPoolExecutor(len(parts)) as threads:
            list(threads.map(transform, parts))
    except (CmsError, ValueError) as error:
        raise ProfileError(str(error)) from error
    return result
