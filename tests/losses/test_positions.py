"""Positions on a feature map: found, taken and put back."""

from __future__ import annotations

import torch

from verism.losses.positions import EVERYWHERE, Positions


def test_positions_find_take_and_put_back() -> None:
    here = Positions(torch.tensor([2, 3, 7]), 3, 3)
    full = torch.arange(9.0).expand(2, 9)
    assert torch.equal(here.of(full), full[:, [2, 3, 7]])
    assert torch.equal(here.put(here.of(full)), full * torch.tensor([0, 0, 1, 1, 0, 0, 0, 1, 0]))
    which, where = here.among(torch.tensor([7, 0, 3, 8]))
    assert which.at is not None
    assert (which.at.tolist(), which.height, where.tolist()) == ([0, 2], 4, [2, 1])


def test_no_positions_at_all() -> None:
    nowhere = Positions(torch.empty(0, dtype=torch.long), 1, 5)
    which, where = nowhere.among(torch.tensor([1, 2]))
    assert which.at is not None
    assert (len(which.at), len(where)) == (0, 0)
    assert torch.equal(nowhere.put(torch.empty(2, 0)), torch.zeros(2, 5))


def test_everywhere_leaves_things_as_they_are() -> None:
    values, wanted = torch.rand(2, 5), torch.tensor([4, 1])
    assert EVERYWHERE.put(values) is values
    assert EVERYWHERE.of(values) is values
    which, where = EVERYWHERE.among(wanted)
    assert which.at is None
    assert torch.equal(where, wanted)
