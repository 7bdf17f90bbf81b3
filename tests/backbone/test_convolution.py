"""A convolution with a frozen kernel: torch's, without what it keeps for a derivative that nobody asks for."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import conv2d

from verism.backbone.convolution import frozen_convolution


def test_is_torchs_and_so_is_its_derivative() -> None:
    generator = torch.Generator().manual_seed(0)
    x, weight, bias = (
        torch.randn(shape, generator=generator, dtype=torch.float64) for shape in ((1, 3, 7, 6), (4, 3, 3, 3), (4,))
    )
    x.requires_grad_()
    assert torch.autograd.gradcheck(lambda image: frozen_convolution(image, weight, bias), x)
    torch.testing.assert_close(frozen_convolution(x, weight, bias), conv2d(x, weight, bias, padding=1))


def test_computes_in_the_kernels_type() -> None:
    x = torch.rand(1, 3, 8, 8, requires_grad=True)
    weight, bias = torch.rand(4, 3, 3, 3, dtype=torch.bfloat16), torch.rand(4, dtype=torch.bfloat16)
    result = frozen_convolution(x, weight, bias)
    result.float().sum().backward()
    assert result.dtype == torch.bfloat16
    assert x.grad is not None
    assert x.grad.dtype == torch.float32


def test_does_not_keep_its_input() -> None:
    kept: list[torch.Size] = []

    def keep(tensor: Tensor) -> Tensor:
        kept.append(tensor.shape)
        return tensor

    x = torch.rand(1, 3, 8, 8, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(keep, keep):
        frozen_convolution(x, torch.rand(4, 3, 3, 3), torch.rand(4))
    assert kept == [torch.Size([4, 3, 3, 3])]
