"""CIELAB by known colours."""

from __future__ import annotations

import pytest
import torch

from verism.color.cielab import cielab


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_known_colours_keep_their_type_and_shape(dtype: torch.dtype) -> None:
    """Lindbloom, "RGB Calculator": red and blue of sRGB under D65."""
    colors = torch.tensor([[[0, 0, 0], [1, 1, 1]], [[1, 0, 0], [0, 0, 1]]], dtype=dtype)
    known = [[[0, 0, 0], [100, 0, 0]], [[53.24, 80.09, 67.20], [32.30, 79.19, -107.86]]]
    torch.testing.assert_close(cielab(colors), torch.tensor(known, dtype=dtype), rtol=0, atol=0.02)
