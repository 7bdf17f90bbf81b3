"""Colour spaces named by code points, and the tone mapping of HDR."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray

from verism.photo_file import color
from verism.photo_file.color import SRGB, Color
from verism.photo_file.icc import to_srgb


def converted(space: Color | None, signal: tuple[float, float, float]) -> NDArray[np.float32]:
    assert space is not None
    found: NDArray[np.float32] = to_srgb(np.array([[signal]], np.float32), space.profile)[0, 0]
    return found


@pytest.mark.parametrize(
    ("primaries", "transfer", "signal", "expected"),
    [
        # By the matrix of CSS Color 4, and the formulas of the curves.
        (12, 13, (0.5, 0.4, 0.3), (0.5193, 0.3952, 0.2843)),
        (1, 8, (0.214, 0.214, 0.214), (0.5, 0.5, 0.5)),
        (1, 4, (0.5, 0.5, 0.5), (0.5029, 0.5029, 0.5029)),
        (9, 14, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    ],
)
def test_code_points(
    primaries: int, transfer: int, signal: tuple[float, float, float], expected: tuple[float, float, float]
) -> None:
    found = converted(color.of_code_points(primaries, transfer), signal)
    np.testing.assert_allclose(found, expected, atol=0.003)


@pytest.mark.parametrize("transfer", [1, 2, 6, 13, 14, 15])
def test_srgb_by_code_points_is_taken_as_it_is(transfer: int) -> None:
    assert color.of_code_points(1, transfer) == SRGB


def test_code_points_that_say_nothing_or_are_not_known() -> None:
    assert color.of_code_points(2, 2) is None
    for primaries, transfer in ((0, 13), (3, 1), (1, 0), (1, 99), (10, 13)):
        with pytest.raises(ValueError, match=f"code points {primaries} and {transfer}"):
            color.of_code_points(primaries, transfer)


def test_chromaticities() -> None:
    """Those of Adobe RGB are Adobe RGB."""
    space = color.of_chromaticities((0.64, 0.33, 0.21, 0.71, 0.15, 0.06), (0.3127, 0.3290), 2.19921875)
    adobe = to_srgb(np.array([[(0.3, 0.6, 0.4)]], np.float32), imagecodecs.cms_profile("adobergb"))[0, 0]
    np.testing.assert_allclose(converted(space, (0.3, 0.6, 0.4)), adobe, atol=0.001)
    for corners, white, gamma in (((0.3,) * 6, None, 1.0), (None, (0, 0), 1.0), (None, None, 0.0)):
        with pytest.raises(ValueError, match=r"chromaticities|gamma"):
            color.of_chromaticities(corners, white, gamma)


def test_adobe_rgb_by_dcf() -> None:
    found = converted(color.adobe_rgb(), (60 / 255, 200 / 255, 60 / 255)) * 255
    np.testing.assert_allclose(found, (0, 201, 37), atol=1.5)


def pq(nits: float) -> float:
    """Return the PQ signal of a luminance, by ITU-R BT.2100."""
    power = (nits / 10000) ** (2610 / 16384)
    return float(((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32))


def grey(signal: float, brightest: float) -> float:
    """Return what a grey signal becomes beside a brightest one."""
    picture = np.array([[[signal] * 3, [brightest] * 3]], np.float32)
    return float(color.sdr(picture, "PQ")[0, 0, 0])


def test_pq_keeps_what_is_dark_and_rolls_off_what_is_bright() -> None:
    """BT.2408: 203 cd/m² is the white of SDR; below the knee nothing changes, and the peak is white."""
    assert grey(pq(2), pq(203)) == pytest.approx(2 / 203, rel=0.01)
    assert grey(pq(203), pq(203)) == pytest.approx(1, abs=0.001)
    assert grey(pq(2), pq(1000)) == pytest.approx(2 / 203, rel=0.01)
    assert grey(pq(1000), pq(1000)) == pytest.approx(1, abs=0.001)
    steps = [grey(pq(nits), pq(4000)) for nits in (1, 10, 50, 100, 203, 500, 1000, 2000, 4000)]
    assert steps == sorted(steps)
    assert len(set(steps)) == len(steps)
    assert 0.5 < steps[4] < 1


def test_tone_mapping_keeps_hues() -> None:
    picture = np.array([[[pq(800), pq(400), pq(200)], [pq(1000)] * 3]], np.float32)
    red, green, blue = color.sdr(picture, "PQ")[0, 0]
    assert red / green == pytest.approx(2, rel=0.01)
    assert green / blue == pytest.approx(2, rel=0.01)


def test_hlg() -> None:
    """BT.2100: the signal 0.75 is the reference white of 203 cd/m² on a display of 1000; 1 is its peak."""
    found = color.sdr(np.array([[[0.75] * 3, [1.0] * 3, [0.0] * 3]], np.float32), "HLG")[0, :, 0]
    reference = grey(pq(203), pq(1000))
    assert float(found[0]) == pytest.approx(reference, abs=0.01)
    assert float(found[1]) == pytest.approx(1, abs=0.001)
    assert float(found[2]) == 0
