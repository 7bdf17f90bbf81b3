"""Ramps: flat, then a straight line, then flat again."""

from __future__ import annotations

import torch

from verism.color.ramp import ramp


def test_it_rises_between_the_two_values_only() -> None:
    values = torch.tensor([[-5.0, 1.0], [1.5, 2.0], [2.5, 9.0]])
    assert torch.equal(ramp(values, 1.0, 2.0), torch.tensor([[0.0, 0.0], [0.5, 1.0], [1.0, 1.0]]))


def test_it_can_fall() -> None:
    assert torch.equal(ramp(torch.tensor([0.0, 1.0, 1.25, 2.0]), 2.0, 0.0), torch.tensor([1.0, 0.5, 0.375, 0.0]))
