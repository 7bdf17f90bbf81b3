"""A term's arithmetic."""

from __future__ import annotations

import pytest
import torch

from verism.errors import NoDifferenceError
from verism.losses.term import Term, full_precision, unit


def test_raw_and_weighted() -> None:
    one = torch.tensor(1.0, requires_grad=True)
    term = Term(10, {"a": 0.5, "b": 2}, {"a": 3 * one, "b": 5 * one})
    assert float(term.raw.detach()) == 11.5
    assert float(term.weighted.detach()) == 115.0
    assert term.weighted.requires_grad
    assert not term.detach().weighted.requires_grad


def test_full_precision() -> None:
    for dtype in (torch.bfloat16, torch.float16, torch.float32):
        assert full_precision(torch.zeros(1, dtype=dtype)).dtype == torch.float32
    assert full_precision(torch.zeros(1, dtype=torch.float64)).dtype == torch.float64


def test_unit_is_one_or_the_contents_own_distance() -> None:
    start = torch.tensor(4.0, dtype=torch.float64)
    for normalization, expected in (("paper", 1.0), ("relative", 4.0)):
        one = unit(normalization, start, 9 * start, "here")  # type: ignore[arg-type]
        assert (float(one), one.dtype, one.shape) == (expected, torch.float64, ())


@pytest.mark.parametrize("size", [0.0, 1e-12, 1.0, 1e12])
def test_unit_of_no_distance(size: float) -> None:
    """Or of one that is little beside the statistics themselves, whatever their scale."""
    for start in (0.0, 0.5e-8 * size):
        assert float(unit("paper", torch.tensor(start), torch.tensor(size), "here")) == 1.0
        with pytest.raises(NoDifferenceError, match=r"at here, content and style have the same statistics.*or norm"):
            unit("relative", torch.tensor(start), torch.tensor(size), "here")
    if size:
        enough = torch.tensor(2e-8 * size)
        assert unit("relative", enough, torch.tensor(size), "here") == enough
