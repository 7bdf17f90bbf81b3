"""Colour spaces, including those that files specify by other means than an ICC profile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Literal, NamedTuple

import imagecodecs
import numpy as np
from numpy.typing import NDArray

STEPS = 4096
"""Number of entries of the tone curve in generated profiles."""

WHITE_NITS = 203.0
"""Luminance of diffuse white in HDR, in cd/m² (ITU-R BT.2408). It becomes the white of sRGB."""

HLG_NITS = 1000.0
"""Nominal peak luminance of an HLG display, in cd/m² (ITU-R BT.2100)."""

PQ_NITS = 10000.0
"""Luminance of a PQ signal of 1, in cd/m²."""

Hdr = Literal["PQ", "HLG"]


class Color(NamedTuple):
    """A colour space.

    Attributes:
        profile: its ICC profile, empty for sRGB. For HDR, the profile of linear light with the same primaries.
        hdr: its HDR transfer function, or None for a space that an ICC profile describes completely.
    """

    profile: bytes = b""
    hdr: Hdr | None = None


SRGB = Color()

_D65 = (0.3127, 0.3290)
_C = (0.310, 0.316)
_DCI = (0.314, 0.351)

_BT709 = (0.640, 0.330, 0.300, 0.600, 0.150, 0.060)
_SMPTE170 = (0.630, 0.340, 0.310, 0.595, 0.155, 0.070)
_P3 = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060)

_PRIMARIES: Mapping[int, tuple[tuple[float, ...], tuple[float, float]]] = {
    1: (_BT709, _D65),
    4: ((0.67, 0.33, 0.21, 0.71, 0.14, 0.08), _C),
    5: ((0.64, 0.33, 0.29, 0.60, 0.15, 0.06), _D65),
    6: (_SMPTE170, _D65),
    7: (_SMPTE170, _D65),
    8: ((0.681, 0.319, 0.243, 0.692, 0.145, 0.049), _C),
    9: ((0.708, 0.292, 0.170, 0.797, 0.131, 0.046), _D65),
    11: (_P3, _DCI),
    12: (_P3, _D65),
    22: ((0.630, 0.340, 0.295, 0.605, 0.155, 0.077), _D65),
}
"""ITU-T H.273, table 2: x and y of red, green and blue, and of white."""


def _srgb_curve(signal: NDArray[Any]) -> NDArray[Any]:
    return np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004


def _smpte240_curve(signal: NDArray[Any]) -> NDArray[Any]:
    return np.where(signal < 0.0913, signal / 4, ((signal + 0.1115) / 1.1115) ** (1 / 0.45))  # noqa: PLR2004


def _power(exponent: float) -> Callable[[NDArray[Any]], NDArray[Any]]:
    return lambda signal: signal**exponent


_CURVES: Mapping[int, Callable[[NDArray[Any]], NDArray[Any]]] = {
    # Stills tagged with a curve of SDR television cameras were almost always made for an sRGB display, and browsers
    # treat them as such.
    **dict.fromkeys((1, 6, 11, 12, 13, 14, 15), _srgb_curve),
    4: _power(2.2),
    5: _power(2.8),
    7: _smpte240_curve,
    8: _power(1.0),
    17: lambda signal: signal**2.6 * (52.37 / 48),
}
"""ITU-T H.273, table 3: from the signal to linear light, both in [0, 1]."""

_HDR: Mapping[int, Hdr] = {16: "PQ", 18: "HLG"}

UNSPECIFIED = 2


def of_code_points(primaries: int, transfer: int) -> Color | None:
    """Return the space of two code points of ITU-T H.273 (CICP, nclx), or None if both are unspecified.

    Raises:
        ValueError: if a code point is reserved, or does not belong to an RGB space.
    """
    if primaries == transfer == UNSPECIFIED:
        return None
    primaries = 1 if primaries == UNSPECIFIED else primaries
    transfer = 13 if transfer == UNSPECIFIED else transfer
    if primaries not in _PRIMARIES or transfer not in {*_CURVES, *_HDR}:
        raise ValueError(f"code points {primaries} and {transfer}")
    corners, white = _PRIMARIES[primaries]
    if transfer in _HDR:
        return Color(_profile(corners, white, _CURVES[8]), _HDR[transfer])
    if primaries == 1 and _CURVES[transfer] is _srgb_curve:
        return SRGB
    return Color(_profile(corners, white, _CURVES[transfer]))


def corners_of(primaries: int) -> tuple[float, ...]:
    """Return x and y of red, green and blue of a code point."""
    return _PRIMARIES[primaries][0]


def of_chromaticities(
    corners: Sequence[float] | None, white: Sequence[float] | None, gamma: float | None = None
) -> Color:
    """Return the colour space with the given primaries, white point and exponent. None stands for those of sRGB.

    Args:
        corners: CIE x and y of red, green and blue.
        white: CIE x and y of white.
        gamma: exponent that maps the signal to linear light; 2.2 means signal^2.2.

    Raises:
        ValueError: if such a space cannot exist.
    """
    corners, white = tuple(corners or _BT709), tuple(white or _D65)
    area = _area(corners)
    if not (all(0 <= value <= 1 for value in corners) and all(0 < value < 1 for value in white) and area > 0.01):  # noqa: PLR2004
        raise ValueError(f"chromaticities {corners} with white {white}")
    if gamma is not None and not 0.1 <= gamma <= 10:  # noqa: PLR2004
        raise ValueError(f"gamma {gamma}")
    return Color(_profile(corners, white, _srgb_curve if gamma is None else _power(gamma)))


def of_table(corners: Sequence[float], white: Sequence[float] | None, table: NDArray[Any]) -> Color:
    """Return the colour space with the given primaries, white point and tone curve.

    Args:
        corners: CIE x and y of red, green and blue.
        white: CIE x and y of white. None for D65.
        table: linear light in [0, 1] for signals spaced evenly from 0 to 1.

    Raises:
        ValueError: if such a space cannot exist.
    """
    signals = np.linspace(0, 1, len(table))
    space = of_chromaticities(corners, white)
    if not np.isfinite(table).all() or table.max() <= 0:
        raise ValueError("transfer function")
    return space._replace(
        profile=_profile(tuple(corners), tuple(white or _D65), lambda signal: np.interp(signal, signals, table))
    )


@cache
def adobe_rgb() -> Color:
    """Return Adobe RGB (1998), the optional colour space of DCF."""
    return Color(bytes(imagecodecs.cms_profile("adobergb")))


def sdr(signal: NDArray[np.float32], hdr: Hdr, peak: float | None = None) -> NDArray[np.float32]:
    """Convert an HDR signal to linear light in [0, 1]: absolute luminance, tone-mapped to a peak of 203 cd/m².

    The mapping follows ITU-R BT.2390, section 5.4.1: a roll-off of highlights in PQ above a knee, without black lift,
    based on the largest of red, green and blue to preserve hues. The peak of HLG is 1000 cd/m².

    Args:
        signal: ``(H, W, 3)`` in [0, 1].
        hdr: its transfer function.
        peak: peak of PQ in cd/m². Brighter light is clipped, so that several signals are treated alike. None for the
            brightest light in this signal. No effect on HLG.
    """
    light = _from_pq(signal) if hdr == "PQ" else _from_hlg(signal)
    largest = light.max(axis=2, keepdims=True)
    peak = max(WHITE_NITS, (peak or float(largest.max())) if hdr == "PQ" else HLG_NITS)
    top = float(_to_pq(np.array(peak)))
    goal = float(_to_pq(np.array(WHITE_NITS))) / top
    knee = 1.5 * goal - 0.5
    relative = _to_pq(np.minimum(largest, peak)) / top
    mapped = np.where(relative < knee, relative, _hermite(relative, knee, goal)) if knee < 1 else relative
    scale = np.divide(_from_pq(mapped * top), largest, out=np.zeros_like(largest), where=largest > 0)
    mapped_light: NDArray[np.float32] = np.clip(light * scale / WHITE_NITS, 0, 1).astype(np.float32)
    return mapped_light


def _hermite(relative: NDArray[Any], knee: float, goal: float) -> NDArray[Any]:
    """Return BT.2390's spline from the knee, where its slope is 1, to the goal, where its slope is 0."""
    t = (relative - knee) / (1 - knee)
    return (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (-2 * t**3 + 3 * t**2) * goal


_M1, _M2 = 2610 / 16384, 2523 / 32
_C1, _C2, _C3 = 3424 / 4096, 2413 / 128, 2392 / 128


def _from_pq(signal: NDArray[Any]) -> NDArray[Any]:
    """Convert a PQ signal to luminance in cd/m² (SMPTE ST 2084)."""
    power = np.clip(signal, 0, 1) ** (1 / _M2)
    nits: NDArray[Any] = PQ_NITS * (np.maximum(power - _C1, 0) / (_C2 - _C3 * power)) ** (1 / _M1)
    return nits


def _to_pq(nits: NDArray[Any]) -> NDArray[Any]:
    power = (nits / PQ_NITS) ** _M1
    return ((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2


def _from_hlg(signal: NDArray[Any]) -> NDArray[Any]:
    """Convert an HLG signal to luminance in cd/m² on its nominal display (ITU-R BT.2100, table 5)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)  # noqa: PLR2004
    luminance = scene @ np.array([0.2627, 0.6780, 0.0593], scene.dtype)
    nits: NDArray[Any] = HLG_NITS * scene * luminance[..., None] ** 0.2
    return nits


def _area(corners: Sequence[float]) -> float:
    """Return twice the area of the triangle of the primaries."""
    red, green, blue = ((corners[i], corners[i + 1]) for i in (0, 2, 4))
    return abs((green[0] - red[0]) * (blue[1] - red[1]) - (blue[0] - red[0]) * (green[1] - red[1]))


def _profile(corners: Sequence[float], white: Sequence[float], curve: Callable[[NDArray[Any]], NDArray[Any]]) -> bytes:
    light = np.clip(curve(np.linspace(0, 1, STEPS)), 0, 1)
    return bytes(
        imagecodecs.cms_profile(
            "rgb",
            whitepoint=[*white, 1.0],
            primaries=[value for i in (0, 2, 4) for value in (corners[i], corners[i + 1], 1.0)],
            transferfunction=light.astype(np.float32),
        )
    )
