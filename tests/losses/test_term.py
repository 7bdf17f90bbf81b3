"""A term's arithmetic."""

from __future__ import annotations

import torch

from verism.losses.term import Term, full_precision


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
