"""Second derivatives, which verism's own autograd functions refuse, because torch would take them for 0."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from verism import VGG19, VerismError
from verism.backbone.activation import Activation
from verism.backbone.convolution import frozen_convolution
from verism.backbone.pooling import AveragePool
from verism.backbone.tap import tap
from verism.backbone.weights import Weights
from verism.losses.gram import gram
from verism.losses.photorealism import affine_error, window_basis

WHOLE = (slice(None), slice(None))

FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "convolution": lambda x: frozen_convolution(x, torch.ones(2, 3, 3, 3), torch.zeros(2)),
    "activation": lambda x: Activation(nn.LeakyReLU(0.1))(x, overwrite=False),
    "pooling": AveragePool(),
    "tap": lambda x: tap(x, WHOLE)[1],
    "Gram": lambda x: gram(x).products,
    "photorealism": lambda x: affine_error(x, window_basis(torch.rand(1, 3, 8, 8), 1e-7)).total,
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS.keys())
def test_a_gradient_penalty_is_refused(function: Callable[[Tensor], Tensor]) -> None:
    x = torch.rand(1, 3, 8, 8, requires_grad=True)
    with pytest.raises(VerismError, match="create_graph=True: verism's networks and losses have first derivatives"):
        torch.autograd.grad(function(x).square().sum(), x, create_graph=True)
    (gradient,) = torch.autograd.grad(function(x).square().sum(), x)
    assert not gradient.requires_grad


def test_so_is_that_of_the_network(tiny_weights: Weights) -> None:
    x = torch.rand(1, 3, 32, 32, requires_grad=True)
    features = VGG19()(x, ["conv2_1"])["conv2_1"]
    with pytest.raises(VerismError, match="first derivatives only"):
        features.square().sum().backward(create_graph=True)
