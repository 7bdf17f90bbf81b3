"""The closed-form colour transfer: against what defines it, and against closed forms."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from verism.color.monge_kantorovich import ROUNDING, ColorMap, identity, monge_kantorovich

AXES = torch.eye(3, dtype=torch.float64)


def moments(photo: Tensor) -> tuple[Tensor, Tensor]:
    colors = photo.double().flatten(2).squeeze(0)
    return colors.mean(dim=1), colors.cov(correction=0)


def uncorrelated(*spreads: float, mean: float) -> Tensor:
    """Signs whose products sum to zero, so that the covariance is diagonal, with the squares of ``spreads``."""
    signs = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0])] * 3).T
    return (mean + torch.tensor(spreads)[:, None] * signs).view(1, 3, 2, 4)


@pytest.mark.parametrize("noise", [ROUNDING, 0.02])
def test_gives_the_mean_and_covariance_of_the_style(content: Tensor, style: Tensor, noise: float) -> None:
    first = monge_kantorovich(content, style, noise)
    (mean, covariance), (mean_s, covariance_s) = moments(first(content)), moments(style)
    torch.testing.assert_close(mean, mean_s, rtol=0, atol=1e-6)
    # The noise is added to both photos, and the map enlarges the content's.
    matrix = first.matrix.double()
    expected = covariance_s + noise**2 * (AXES - matrix @ matrix)
    torch.testing.assert_close(covariance, expected, rtol=0, atol=1e-6)
    if noise == ROUNDING:
        torch.testing.assert_close(covariance, covariance_s, rtol=0, atol=1e-4)


def test_is_symmetric_and_positive(content: Tensor, style: Tensor) -> None:
    """Of all matrices with the right covariance, the one that moves colours least."""
    matrix = monge_kantorovich(content, style).matrix
    torch.testing.assert_close(matrix, matrix.T)
    assert float(torch.linalg.eigvalsh(matrix).min()) > 0


@pytest.mark.parametrize("noise", [ROUNDING, 0.05])
def test_of_independent_channels_is_the_ratio_of_their_spreads(noise: float) -> None:
    photos = uncorrelated(0.1, 0.2, 0.3, mean=0.4), uncorrelated(0.3, 0.2, 0.1, mean=0.5)
    matrix, offset = monge_kantorovich(*photos, noise)
    variances = torch.tensor([0.01, 0.04, 0.09])
    ratios = ((variances.flip(0) + noise**2) / (variances + noise**2)).sqrt()
    torch.testing.assert_close(matrix, torch.diag(ratios))
    torch.testing.assert_close(offset, 0.5 - 0.4 * ratios)


def test_to_the_photo_itself_is_the_identity(content: Tensor) -> None:
    first = monge_kantorovich(content, content.flip(-1))
    torch.testing.assert_close(first.matrix, torch.eye(3), rtol=0, atol=1e-5)
    torch.testing.assert_close(first.offset, torch.zeros(3), rtol=0, atol=1e-5)


@pytest.mark.parametrize("noise", [ROUNDING, 0.02])
def test_what_has_no_weight_is_not_there(content: Tensor, style: Tensor, noise: float) -> None:
    weights = torch.zeros_like(content[:, :1]), torch.zeros_like(style[:, :1])
    for weight in weights:
        weight[..., :20] = 0.7
    first = monge_kantorovich(content, style, noise, weights=weights)
    for part, expected in zip(first, monge_kantorovich(content[..., :20], style[..., :20], noise), strict=True):
        torch.testing.assert_close(part, expected, rtol=0, atol=1e-6)


def test_weight_two_is_there_twice(content: Tensor, style: Tensor) -> None:
    weights = torch.ones_like(content[:, :1]), torch.ones_like(style[:, :1])
    weights[0][..., 40:] = 2
    weights[1][..., :16, :] = 2
    first = monge_kantorovich(content, style, weights=weights)
    twice = torch.cat([content, content[..., 40:]], dim=3), torch.cat([style, style[..., :16, :]], dim=2)
    for part, expected in zip(first, monge_kantorovich(*twice), strict=True):
        torch.testing.assert_close(part, expected, rtol=0, atol=1e-6)


def test_equal_weights_are_none(content: Tensor, style: Tensor) -> None:
    weights = torch.full_like(content[:, :1], 0.3), torch.full_like(style[:, :1], 5)
    for part, expected in zip(
        monge_kantorovich(content, style, weights=weights), monge_kantorovich(content, style), strict=True
    ):
        torch.testing.assert_close(part, expected, rtol=0, atol=1e-6)


def test_where_new_tensors_go_does_not_matter(content: Tensor, style: Tensor) -> None:
    """As with a Trainer on a GPU, which starts the canvas while new tensors are put there."""
    with torch.device("meta"):
        first = monge_kantorovich(content, style, weights=(content[:, :1], style[:, :1]))
    assert {part.device.type for part in first} == {"cpu"}


def test_grey_photos_have_a_map_too(content: Tensor, style: Tensor) -> None:
    """From grey, to grey, and between photos of one colour."""
    grey, flat = content.mean(dim=1, keepdim=True).expand_as(content), torch.full((1, 3, 32, 32), 0.3)
    for one, other in ((grey, style), (content, grey), (flat, style), (content, flat), (flat, 2 * flat)):
        result = monge_kantorovich(one, other)(one)
        assert bool(result.isfinite().all())
        torch.testing.assert_close(moments(result)[0], moments(other)[0], rtol=0, atol=1e-4)
    to_grey = monge_kantorovich(content, grey)(content)
    assert float(to_grey.std(dim=1).max()) < 2 / 255


def test_what_is_noise_in_the_content_is_not_made_colour(content: Tensor, style: Tensor) -> None:
    """A grey photo, rounded or with a little noise of colour: that would be amplified until it fills the style's."""
    luma = content.mean(dim=1, keepdim=True)
    near_grey = luma + 0.5 / 255 * torch.randn(content.shape, generator=torch.Generator().manual_seed(0))
    for photo in (luma.expand_as(content), near_grey):
        assert float(torch.linalg.eigvalsh(monge_kantorovich(photo, style).matrix).max()) > 15
        # The style's widest spread, over the noise.
        bound = (torch.linalg.eigvalsh(moments(style)[1]).max() + 0.02**2).sqrt() / 0.02
        steepest = torch.linalg.eigvalsh(monge_kantorovich(photo, style, 0.02).matrix).max()
        assert float(steepest) < float(bound) < 15


def test_applies_matrix_and_offset() -> None:
    image = torch.tensor([0.1, 0.2, 0.3]).view(1, 3, 1, 1)
    first = ColorMap(torch.tensor([[1.0, 2.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -4.0]]), torch.tensor([0.0, 0.5, 0.0]))
    torch.testing.assert_close(first(image).flatten(), torch.tensor([0.5, 0.7, -1.2]))
    assert torch.equal(identity()(image), image)


def test_is_float32_whatever_the_photos(content: Tensor, style: Tensor) -> None:
    for first in (monge_kantorovich(content.double(), style.double()), monge_kantorovich(content, style)):
        assert first.matrix.dtype == first.offset.dtype == torch.float32
