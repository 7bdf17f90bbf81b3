"""Activations: what their modules compute, whether or not their input is overwritten."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from verism.backbone.activation import Activation

FUNCTIONS = [nn.ReLU(), nn.LeakyReLU(0.15), nn.LeakyReLU(-0.2), nn.Tanh(), nn.ELU(), nn.ReLU(inplace=True)]


@pytest.mark.parametrize("function", FUNCTIONS, ids=repr)
@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_is_the_function_and_its_derivative(function: nn.Module, overwrite: bool, dtype: torch.dtype) -> None:
    x = torch.linspace(-3, 3, 60, dtype=dtype).view(1, 3, 4, 5).requires_grad_()
    plain = function(x * 1)
    pull = torch.rand(x.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64).to(dtype)
    result = Activation(function)(x * 1, overwrite=overwrite)
    assert torch.equal(result, plain)
    (gradient,) = torch.autograd.grad(result, x, pull.clone())
    (expected,) = torch.autograd.grad(plain, x, pull)
    torch.testing.assert_close(gradient, expected)


@pytest.mark.parametrize("function", [nn.ReLU(), nn.LeakyReLU(0.15)], ids=repr)
def test_overwrites_where_it_may(function: nn.Module) -> None:
    x = torch.randn(1, 3, 4, 5)
    before = x.clone()
    activation = Activation(function)
    assert activation(x, overwrite=False).data_ptr() != x.data_ptr()
    assert torch.equal(x, before)
    assert activation(x, overwrite=True).data_ptr() == x.data_ptr()
    assert torch.equal(x, function(before))


def test_a_function_that_overwrites_by_itself_does_not() -> None:
    function = nn.ELU(inplace=True)
    x = torch.randn(1, 3, 4, 5)
    before = x.clone()
    Activation(function)(x, overwrite=False)
    assert torch.equal(x, before)
    # And the one that was given is what it was.
    assert function.inplace
