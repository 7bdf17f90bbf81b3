"""Average pooling: torch's, but for the way to the derivative."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import avg_pool2d

from verism.backbone.pooling import AveragePool


@pytest.mark.parametrize(("height", "width"), [(6, 4), (7, 4), (6, 5), (3, 3)])
def test_is_torchs_and_so_is_its_derivative(height: int, width: int) -> None:
    x = torch.randn(1, 3, height, width, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    x = x.contiguous(memory_format=torch.channels_last).requires_grad_()
    pull = torch.randn(1, 3, height // 2, width // 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    found, expected = (pool(x) for pool in (AveragePool(), lambda image: avg_pool2d(image, 2)))
    torch.testing.assert_close(found, expected, rtol=0, atol=0)
    (derivative,), (theirs,) = (torch.autograd.grad(result, x, pull) for result in (found, expected))
    torch.testing.assert_close(derivative, theirs, rtol=0, atol=0)
    assert derivative.is_contiguous(memory_format=torch.channels_last)
