"""Taps: a view, and the sum of the derivatives of two uses."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from verism.backbone.tap import ALL, Index, crop, tap

PART: Index = (slice(1, 4), slice(2, 5))


@pytest.fixture
def x() -> Tensor:
    return torch.rand(1, 3, 5, 6, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("index", [ALL, PART])
def test_is_what_is_there_and_takes_no_memory(x: Tensor, index: Index) -> None:
    on, seen = tap(x, index)
    assert torch.equal(on, x)
    assert torch.equal(seen, x[..., *index])
    assert on.data_ptr() == x.data_ptr()
    assert seen.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()


@pytest.mark.parametrize("index", [ALL, PART])
@pytest.mark.parametrize("used", ["both", "on", "seen"])
def test_derivatives_of_both_uses_are_added(x: Tensor, index: Index, used: str) -> None:
    def value(on: Tensor, seen: Tensor) -> Tensor:
        parts = {"on": on.pow(2).sum(), "seen": seen.pow(3).sum()}
        return torch.stack([part for name, part in parts.items() if used in ("both", name)]).sum()

    (gradient,) = torch.autograd.grad(value(*tap(x * 1, index)), x)
    (expected,) = torch.autograd.grad(value(x, x[..., *index]), x)
    torch.testing.assert_close(gradient, expected)


def test_a_cropped_maps_derivative_is_zero_around_it(x: Tensor) -> None:
    (gradient,) = torch.autograd.grad(crop(x * 1, PART).sum(), x)
    expected = torch.zeros_like(x)
    expected[..., *PART] = 1
    assert torch.equal(gradient, expected)
