"""Structure, edges and noise: closed forms, and what each must not see."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from plain_photos import flat, grey
from torch import Tensor

from verism import metrics
from verism.images import luma


def ramp(slope: float) -> Tensor:
    """Grey that rises by ``slope`` a pixel from left to right."""
    return grey(slope * torch.arange(40, dtype=torch.float64).expand(40, 40))


def test_structure_is_wangs_at_every_position(content: Tensor, style: Tensor) -> None:
    """Equation 10 written out, one window at a time."""
    first, second = (photo[..., :14, :13].double() for photo in (content, style))
    x, y = (luma(photo).squeeze().numpy() for photo in (first, second))
    window = np.array([[math.exp(-(i * i + j * j) / 4.5) for i in range(-5, 6)] for j in range(-5, 6)])
    window /= window.sum()
    values = []
    for top in range(4):
        for left in range(3):
            a, b = (photo[top : top + 11, left : left + 11] for photo in (x, y))
            a, b = a - (window * a).sum(), b - (window * b).sum()
            deviations = math.sqrt((window * a * a).sum() * (window * b * b).sum())
            values.append(((window * a * b).sum() + 0.00045) / (deviations + 0.00045))
    assert float(metrics.structure(first, second)) == pytest.approx(np.mean(values), rel=1e-9)


def test_structure_sees_neither_brightness_nor_contrast(content: Tensor) -> None:
    assert float(metrics.structure(0.6 * content.double() + 0.3, content.double())) == pytest.approx(1, abs=1e-9)


def test_structure_of_the_inverse_is_negative() -> None:
    noise = torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    assert -1 <= float(metrics.structure(1 - noise, noise)) < -0.9


@pytest.mark.parametrize("level", [0.3, 0.7, 0.9])
def test_structure_against_a_flat_photo(content: Tensor, level: float) -> None:
    """No covariance and no deviation: 1. A variance that rounding left below zero would make it nan."""
    uniform = torch.full_like(content, level)
    assert float(metrics.structure(uniform, content)) == pytest.approx(1, abs=1e-2)
    assert float(metrics.structure(content, uniform)) == pytest.approx(1, abs=1e-2)


def test_sobel_ssim_of_ramps() -> None:
    """Gradients of 0.02 and 0.04, twice the slopes, everywhere: only SSIM's luminance term is below 1."""
    expected = (2 * 0.02 * 0.04 + 1e-4) / (0.02**2 + 0.04**2 + 1e-4)
    assert float(metrics.sobel_ssim(ramp(0.01), ramp(0.02))) == pytest.approx(expected, rel=1e-9)


def test_sobel_ssim_compares_magnitudes() -> None:
    assert float(metrics.sobel_ssim(ramp(0.02).mT, ramp(0.02))) == pytest.approx(1, abs=1e-9)
    assert float(metrics.sobel_ssim(0.5 - ramp(0.01), ramp(0.01))) == pytest.approx(1, abs=1e-9)


def test_psnr() -> None:
    """An error of 0.1 everywhere: 20 dB."""
    assert float(metrics.psnr(flat(0.5), flat(0.4))) == pytest.approx(20)
