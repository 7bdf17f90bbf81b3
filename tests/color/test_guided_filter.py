"""The guided filter: against its definition, window by window."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism.color.guided_filter import apply_affine, apply_upsampled, local_affine, whitening, window_radius


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(1, *shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def by_definition(guide: Tensor, target: Tensor, radius: int, epsilon: float) -> Tensor:
    """Ridge regression in every window, and the mean over the windows of a pixel."""
    channels, height, width = guide.shape[1:]
    sums = torch.zeros(target.shape[1], channels + 1, height, width, dtype=torch.float64)
    counts = torch.zeros(height, width, dtype=torch.float64)
    for y in range(height - 2 * radius):
        for x in range(width - 2 * radius):
            window = (..., slice(y, y + 2 * radius + 1), slice(x, x + 2 * radius + 1))
            colors, values = guide[window].flatten(2)[0], target[window].flatten(2)[0]
            mean, offset = colors.mean(dim=1), values.mean(dim=1)
            spread = colors - mean[:, None]
            covariance = spread @ spread.T / spread.shape[1] + epsilon * torch.eye(channels, dtype=torch.float64)
            slopes = torch.linalg.solve(covariance, spread @ values.T / spread.shape[1]).T
            sums[window] += torch.cat([slopes, (offset - slopes @ mean)[:, None]], dim=1)[..., None, None]
            counts[window] += 1
    return (sums / counts).unsqueeze(0)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("radius", [1, 2])
def test_is_the_ridge_regression_of_every_window(channels: int, radius: int) -> None:
    guide, target = noise(channels, 8, 9), noise(2, 8, 9, seed=1)
    expected = by_definition(guide, target, radius, 1e-3)
    torch.testing.assert_close(local_affine(guide, target, radius, 1e-3), expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("radius", [1, 7])
def test_finds_the_affine_function_that_the_target_is(radius: int) -> None:
    """Everywhere, the corners included."""
    guide = noise(3, 20, 25)
    matrix, offset = noise(3, 3, seed=1)[0], noise(3, seed=2)[0]
    target = torch.einsum("pc,bchw->bphw", matrix, guide) + offset.view(3, 1, 1)
    coefficients = local_affine(guide, target, radius, 1e-12)
    expected = torch.cat([matrix, offset[:, None]], dim=1)[None, :, :, None, None]
    torch.testing.assert_close(coefficients, expected.expand_as(coefficients), rtol=0, atol=1e-9)
    torch.testing.assert_close(apply_affine(coefficients, guide), target, rtol=0, atol=1e-9)


def test_one_window_as_large_as_the_guide() -> None:
    guide = noise(3, 5, 5)
    coefficients = local_affine(guide, guide.flip(1), 2, 1e-12)
    torch.testing.assert_close(apply_affine(coefficients, guide), guide.flip(1), rtol=0, atol=1e-9)


def test_a_larger_window_is_refused() -> None:
    with pytest.raises(ValueError, match="7×7 pixels does not fit"):
        local_affine(noise(3, 9, 6), noise(3, 9, 6), 3, 1e-3)


def test_own_guide_levels_texture_and_keeps_an_edge() -> None:
    """As much of the texture's amplitude 0.01 goes, as of the edge's 0.5 stays."""
    step = (torch.arange(40) >= 20).double().expand(40, 40) / 2
    texture = 0.01 * (noise(40, 40)[0] - 0.5)
    luma = (0.25 + step + texture)[None, None]
    smooth = apply_affine(local_affine(luma, luma, 3, 1e-3), luma)[0, 0]
    assert float(smooth[:, :12].std()) < 0.1 * float(texture[:, :12].std())
    assert float(smooth[:, 20:23].mean() - smooth[:, 17:20].mean()) > 0.98 * 0.5


def test_float32_loses_nothing_where_the_guide_is_all_but_flat() -> None:
    """Variances around 1e-9 beside a mean of 1: squares in float32 are rounded by more."""
    guide = (1 + 1e-4 * noise(3, 12, 14)).float()
    target = noise(3, 12, 14, seed=1).float()
    coefficients = local_affine(guide, target, 2, 1e-8)
    assert coefficients.dtype == torch.float32
    exact = local_affine(guide.double(), target.double(), 2, 1e-8)
    torch.testing.assert_close(coefficients.double(), exact, rtol=1e-6, atol=1e-6)


def test_half_precision_gives_float32_even_under_autocast() -> None:
    with torch.autocast("cpu", torch.bfloat16):
        coefficients = local_affine(noise(3, 6, 6).bfloat16(), noise(1, 6, 6).bfloat16(), 1, 1e-3)
    assert coefficients.dtype == torch.float32
    assert coefficients.shape == (1, 1, 4, 6, 6)


def test_whitening_is_a_root_of_the_inverse() -> None:
    covariance = torch.cov(noise(3, 9)[0]) + 1e-3 * torch.eye(3, dtype=torch.float64)
    root = whitening(covariance.view(1, 3, 3, 1, 1)).view(3, 3)
    torch.testing.assert_close(root.T @ root, torch.linalg.inv(covariance))
    assert torch.equal(root, root.tril())


def test_gradient() -> None:
    inputs = (noise(3, 4, 5).requires_grad_(), noise(1, 4, 5, seed=1).requires_grad_())

    def filtered(guide: Tensor, target: Tensor) -> Tensor:
        return apply_affine(local_affine(guide, target, 1, 1e-2), guide)

    assert torch.autograd.gradcheck(filtered, inputs)


def test_upsampled_at_its_own_size_changes_nothing() -> None:
    guide, coefficients = noise(3, 9, 11), noise(2, 4, 9, 11, seed=1)
    torch.testing.assert_close(apply_upsampled(coefficients, guide), apply_affine(coefficients, guide))


@pytest.mark.parametrize("shape", [(27, 33), (10, 40), (5, 6)])
def test_upsampled_is_bilinear_between_the_middles_of_pixels(shape: tuple[int, int]) -> None:
    """All coefficients of all channels; larger, wider and smaller guides."""
    guide, coefficients = noise(3, *shape), noise(2, 4, 9, 11, seed=1)
    upsampled = F.interpolate(coefficients.flatten(1, 2), shape, mode="bilinear", align_corners=False)
    expected = apply_affine(upsampled.view(1, 2, 4, *shape), guide)
    torch.testing.assert_close(apply_upsampled(coefficients, guide), expected)


def test_upsampled_an_affine_function_is_that_function_of_the_large_guide() -> None:
    """Fitted to a small copy: the details that it has not are there, exactly."""
    large = noise(3, 60, 80)
    small = F.interpolate(large, (20, 27), mode="bilinear", antialias=True)
    matrix, offset = noise(2, 3, seed=1)[0], noise(2, seed=2)[0]

    def target(guide: Tensor) -> Tensor:
        return torch.einsum("pc,bchw->bphw", matrix, guide) + offset.view(2, 1, 1)

    found = apply_upsampled(local_affine(small, target(small), 2, 1e-12), large)
    torch.testing.assert_close(found, target(large), rtol=0, atol=1e-9)


def test_windows_are_a_share_of_the_short_side_and_fit() -> None:
    assert window_radius(0.02, (600, 800)) == window_radius(0.02, (800, 600)) == 12
    assert window_radius(0.001, (600, 800)) == 1
    for side in (32, 33):
        radius = window_radius(0.7, (side, 90))
        assert side - 2 <= 2 * radius + 1 <= side
        local_affine(noise(1, side, 90), noise(1, side, 90), radius, 1e-3)
