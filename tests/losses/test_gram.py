"""Gram matrices: value, gradient, additivity, precision, and the distances between them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from verism.errors import VerismError
from verism.losses.gram import Gram, GramDistance, gram, mean_distance, sum_distance


def features(*shape: int, dtype: torch.dtype = torch.float64, seed: int = 0) -> Tensor:
    return torch.randn(1, *shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_is_the_matrix_of_inner_products(memory_format: torch.memory_format) -> None:
    x = features(5, 6, 7).contiguous(memory_format=memory_format)
    products, positions = gram(x)
    torch.testing.assert_close(products, torch.einsum("bchw,bdhw->cd", x, x))
    assert positions == 42


def test_of_constant_features() -> None:
    """Two channels of 2 and 3 on 4×5 positions: 20 times their outer product."""
    x = torch.tensor([2.0, 3.0]).view(1, 2, 1, 1).expand(1, 2, 4, 5)
    torch.testing.assert_close(gram(x).products, torch.tensor([[80.0, 120.0], [120.0, 180.0]]))


def test_gradient() -> None:
    """Also for a loss that is not symmetric in the Gram's entries."""
    weights = features(5, 5, seed=1).squeeze(0)
    x = features(5, 4, 3).contiguous(memory_format=torch.channels_last).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: (gram(x).products * weights).sum(), (x,))


def test_gradient_of_no_positions() -> None:
    """As a tile has them, of which nothing is left in a deep layer."""
    x = features(5, 0, 1).requires_grad_()
    gram(x).products.sum().backward()
    assert x.grad is not None
    assert x.grad.shape == (1, 5, 0, 1)


def test_takes_more_positions_than_one_chunk() -> None:
    x = features(512, 20, 40, dtype=torch.float32).contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(gram(x).products, torch.einsum("bchw,bdhw->cd", x, x), rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.bfloat16, 1e-2), (torch.float16, 1e-3)])
def test_gradient_in_half_precision(dtype: torch.dtype, tolerance: float) -> None:
    """A derivative far below float16's smallest number must not vanish on its way through the Gram."""
    x = (1e4 * features(8, 30, 40)).to(dtype).contiguous(memory_format=torch.channels_last).requires_grad_()
    exact = x.detach().double().requires_grad_()
    # What reaches the Gram is too small for float16; what leaves it, for features of this size, is not.
    derivative = 3e-9 * features(8, 8, seed=1).squeeze(0)
    assert not derivative.half().any()
    for image in (x, exact):
        products = gram(image).products
        products.backward(derivative.to(products.dtype))
    assert x.grad is not None
    assert exact.grad is not None
    assert float((x.grad.double() - exact.grad).norm() / exact.grad.norm()) < tolerance


def test_adds_up_over_regions() -> None:
    x = features(4, 9, 8)
    top, bottom = gram(x[:, :, :5]), gram(x[:, :, 5:])
    torch.testing.assert_close(top.products + bottom.products, gram(x).products)
    assert top.positions + bottom.positions == gram(x).positions


def test_is_float32_whatever_the_features_and_autocast() -> None:
    x = features(8, 40, 50, dtype=torch.bfloat16).contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        products = gram(x).products
    assert products.dtype == torch.float32
    exact = torch.einsum("bchw,bdhw->cd", x.double(), x.double())
    torch.testing.assert_close(products.double(), exact, rtol=1e-5, atol=1e-2)
    assert gram(features(2, 3, 3)).products.dtype == torch.float64


def test_distances() -> None:
    x, y = Gram(torch.full((2, 2), 6.0), 2), Gram(torch.full((2, 2), 4.0), 4)
    assert float(sum_distance(x, y)) == 4.0
    assert float(mean_distance(x, y)) == 4.0
    assert float(sum_distance(x, x)) == float(mean_distance(x, x)) == 0.0


def test_relative_distance_is_one_from_the_content_and_zero_at_the_style() -> None:
    content, style = gram(features(3, 5, 5, seed=1)), gram(features(3, 9, 4, seed=2))
    distance = GramDistance("here", "relative", sum_distance)
    distance.set_target(content, style)
    torch.testing.assert_close(distance(content), torch.tensor(1.0, dtype=torch.float64))
    assert float(distance(style)) == 0.0
    assert distance.state_dict() == {}


def test_relative_to_no_difference_is_refused() -> None:
    same = gram(features(3, 5, 5))
    with pytest.raises(VerismError, match="at here, content and style have the same statistics"):
        GramDistance("here", "relative", sum_distance).set_target(same, same)
