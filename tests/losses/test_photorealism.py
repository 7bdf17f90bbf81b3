"""The photorealism loss: against Levin's matrix, written out."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from verism.backbone.normalization import InputNormalization
from verism.color.guided_filter import apply_affine, local_affine
from verism.errors import VerismError
from verism.losses import PhotorealismLoss, Term
from verism.losses.photorealism import affine_error, matting_laplacian, window_basis

EPSILON = 1e-7


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(1, *shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def bars(height: int, width: int) -> Tensor:
    """Flat, with a grey edge and a red one: covariances of rank 0 and 1, of which ε alone makes inverses."""
    image = torch.full((1, 3, height, width), 0.5, dtype=torch.float64)
    image[..., width // 3 :] = 0.8
    image[:, 0, height // 2 :] = 0.1
    return image


def levin(guide: Tensor, epsilon: float = EPSILON) -> Tensor:
    """The matting Laplacian, ``(H·W, H·W)``; Levin et al. 2008, Eq. 12, pair by pair of every window."""
    height, width = guide.shape[-2:]
    numbers = torch.arange(height * width).view(height, width)
    colors = guide.flatten(2)[0].T
    matrix = torch.zeros(height * width, height * width, dtype=torch.float64)
    for y in range(height - 2):
        for x in range(width - 2):
            window = numbers[y : y + 3, x : x + 3].flatten().tolist()
            spread = colors[window] - colors[window].mean(dim=0)
            covariance = spread.T @ spread / 9 + epsilon / 9 * torch.eye(3, dtype=torch.float64)
            products = spread @ torch.linalg.solve(covariance, spread.T)
            for row, i in enumerate(window):
                for column, j in enumerate(window):
                    matrix[i, j] += float(i == j) - (1 + products[row, column]) / 9
    return matrix


def explicit(guide: Tensor, epsilon: float = EPSILON) -> Tensor:
    """The Laplacian that ``matting_laplacian`` applies, column by column."""
    height, width = guide.shape[-2:]
    basis = window_basis(guide, epsilon)
    units = torch.eye(height * width, dtype=torch.float64).view(-1, 1, 1, height, width)
    columns = [matting_laplacian(unit.expand(1, 3, height, width), basis)[0, 0].flatten() for unit in units]
    return torch.stack(columns, dim=1)


def photo(image: Tensor) -> dict[str, Tensor]:
    return {"input": InputNormalization()(image)}


def aimed(content: Tensor, weight: float = 1.0, epsilon: float = EPSILON) -> PhotorealismLoss:
    loss = PhotorealismLoss(weight, epsilon)
    loss.set_targets(photo(content), photo(content))
    return loss


def value(loss: PhotorealismLoss, image: Tensor) -> Tensor:
    term: Term = loss(loss.statistics(photo(image)))
    return term.raw


@pytest.mark.parametrize(
    "guide",
    [noise(3, 7, 9), bars(7, 9), 0.9 + 1e-4 * noise(3, 7, 9), noise(3, 3, 3), noise(3, 3, 8)],
    ids=["noise", "flat and grey", "all but flat", "one window", "one row"],
)
def test_is_levins_matrix_at_every_pixel(guide: Tensor) -> None:
    torch.testing.assert_close(explicit(guide), levin(guide), rtol=0, atol=1e-10)


def test_float32_is_enough_where_the_photo_is_flat_or_grey() -> None:
    """The inverse covariances reach 9e7 there, and what matters is their differences."""
    guide, image = bars(7, 9).float(), noise(3, 7, 9).float()
    product = matting_laplacian(image, window_basis(guide, EPSILON))
    assert product.dtype == torch.float32
    expected = (levin(guide.double()) @ image.double().flatten(2)[0].T).T.view(1, 3, 7, 9)
    torch.testing.assert_close(product.double(), expected, rtol=0, atol=5e-6)


def test_is_symmetric_and_positive_semidefinite() -> None:
    matrix = explicit(noise(3, 6, 7))
    torch.testing.assert_close(matrix, matrix.T, rtol=0, atol=1e-12)
    assert float(torch.linalg.eigvalsh(matrix)[0]) > -1e-12
    torch.testing.assert_close(matrix.sum(dim=1), torch.zeros(42, dtype=torch.float64), rtol=0, atol=1e-12)


def test_is_the_difference_to_the_guided_filter_inside() -> None:
    """Nine times, where nine windows contain a pixel (He et al. 2010)."""
    guide, image = noise(3, 9, 10), noise(3, 9, 10, seed=1)
    filtered = apply_affine(local_affine(guide, image, 1, EPSILON / 9), guide)
    inside = (..., slice(2, -2), slice(2, -2))
    product = matting_laplacian(image, window_basis(guide, EPSILON))
    torch.testing.assert_close(product[inside], 9 * (image - filtered)[inside], rtol=0, atol=1e-8)


def test_formula(content: Tensor) -> None:
    """Written out, in RGB in [0, 1], a pixel."""
    small, image = content[..., 10:18, 20:27].double(), noise(3, 8, 7)
    channels = image.flatten(2)[0]
    expected = torch.einsum("ci,ij,cj->", channels, levin(small), channels) / 56
    loss = aimed(small, weight=1e4)
    torch.testing.assert_close(value(loss, image), expected)
    torch.testing.assert_close(loss(loss.statistics(photo(image))).weighted, 1e4 * expected)


def test_an_affine_map_of_the_contents_colours_is_free(content: Tensor) -> None:
    """As ε goes to 0; the red channel may follow from all three."""
    matrix, offset = noise(3, 3)[0], noise(3, seed=1)[0].view(3, 1, 1)
    exact = content.double()
    mapped = torch.einsum("pc,bchw->bphw", matrix, exact) + offset
    rough = float(value(aimed(exact), noise(3, 48, 64)))
    for epsilon in (1e-4, 1e-6, 1e-8, 1e-10):
        assert abs(float(value(aimed(exact, epsilon=epsilon), mapped))) < 30 * epsilon
    assert float(value(aimed(content), mapped.float())) < 1e-6 * rough


def test_texture_costs_more_than_a_colour_change_that_follows_the_photo(content: Tensor) -> None:
    loss = aimed(content)
    recoloured = content.flip(1) ** 2
    textured = content + 0.02 * torch.randn(content.shape, generator=torch.Generator().manual_seed(0))
    assert float(value(loss, textured)) > 0.0
    assert float((recoloured - content).square().mean()) > 10 * float((textured - content).square().mean())
    assert float(value(loss, recoloured)) < float(value(loss, textured))


def test_gradient_is_twice_the_product() -> None:
    guide, image = noise(3, 6, 5), noise(3, 6, 5, seed=1).requires_grad_()
    basis = window_basis(guide, EPSILON)
    affine_error(image, basis).total.backward()
    torch.testing.assert_close(image.grad, 2 * matting_laplacian(image.detach(), basis))
    loss = aimed(guide)
    assert torch.autograd.gradcheck(lambda x: value(loss, x), (image,))


def test_adds_up_over_regions_of_windows(content: Tensor) -> None:
    """Windows with their middles left of column 30, and right of it: one column more on either side."""
    guide, image = content.double(), noise(3, 48, 64)
    whole = affine_error(image, window_basis(guide, EPSILON)).total
    regions = (slice(0, 31), slice(29, 64))
    parts = [affine_error(image[..., columns], window_basis(guide[..., columns], EPSILON)).total for columns in regions]
    torch.testing.assert_close(sum(parts), whole)


def test_is_float32_whatever_the_features_and_autocast(content: Tensor) -> None:
    features = photo(noise(*content.shape[1:]).bfloat16())["input"].bfloat16().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        loss = aimed(content)
        statistics = loss.statistics({"input": features})
        term = loss(statistics)
    assert loss.basis.dtype == statistics["input"].total.dtype == term.weighted.dtype == torch.float32
    assert statistics["input"].positions == 48 * 64
    plain = loss(loss.statistics({"input": features.float()}))
    torch.testing.assert_close(term.weighted, plain.weighted, rtol=0, atol=0)
    term.weighted.backward()
    assert features.grad is not None
    assert features.grad.dtype == torch.bfloat16


def test_the_style_does_not_matter_and_nothing_is_saved(content: Tensor, style: Tensor) -> None:
    loss = PhotorealismLoss(1.0)
    loss.set_targets(photo(content), photo(style))
    torch.testing.assert_close(loss.basis, aimed(content).basis)
    assert loss.state_dict() == {}


def test_weight_zero_leaves_it_out(content: Tensor, style: Tensor) -> None:
    loss = PhotorealismLoss(0.0)
    loss.set_targets({}, {})
    assert loss.layers == {}
    assert loss.statistics({}) == {}


def test_alone_removes_grain_and_leaves_a_change_of_colour(content: Tensor) -> None:
    loss = aimed(content)
    recoloured = 0.5 * content + 0.2
    grainy = recoloured + 0.05 * torch.randn(content.shape, generator=torch.Generator().manual_seed(0))
    image = grainy.clone().requires_grad_()
    optimizer = torch.optim.SGD([image], lr=0.05 * content[0, 0].numel())
    for _ in range(100):
        optimizer.zero_grad()
        value(loss, image).backward()
        optimizer.step()
    image = image.detach()
    assert float(value(loss, image)) < 0.01 * float(value(loss, grainy))
    assert float((image - recoloured).square().mean()) < 0.5 * float((grainy - recoloured).square().mean())


def test_at_a_coarser_scale_it_is_of_the_means_of_blocks() -> None:
    content, image = noise(3, 20, 27), noise(3, 20, 27, seed=1)
    coarse, fine = PhotorealismLoss(epsilon=0.01, scale=4), aimed(avg_pool2d(content, 4), epsilon=0.01)
    coarse.set_targets(photo(content), photo(content))
    torch.testing.assert_close(value(coarse, image), value(fine, avg_pool2d(image, 4)))


def test_at_a_coarser_scale_shading_costs_where_the_photo_has_none() -> None:
    shade = torch.linspace(-0.1, 0.1, 32, dtype=torch.float64).expand(1, 3, 32, 32)
    flat = torch.full_like(shade, 0.5)
    costs = []
    for content in (flat, flat + shade):
        loss = PhotorealismLoss(epsilon=1e-4, scale=4)
        loss.set_targets(photo(content), photo(content))
        costs.append(float(value(loss, content + shade)))
    assert costs[0] > 10 * costs[1]


def test_a_photo_too_small_for_the_scale_is_a_mistake() -> None:
    loss = PhotorealismLoss(scale=8)
    with pytest.raises(VerismError, match="at least 24 pixels"):
        loss.set_targets(photo(noise(3, 23, 40)), photo(noise(3, 23, 40)))
    with pytest.raises(VerismError, match="scale 0"):
        PhotorealismLoss(scale=0)


@pytest.mark.parametrize("epsilon", [0.0, -1.0, math.nan])
def test_a_ridge_that_is_not_positive_is_a_mistake(epsilon: float) -> None:
    with pytest.raises(VerismError, match=f"^--model.photorealism.epsilon {epsilon}: must be above 0"):
        PhotorealismLoss(epsilon=epsilon)
