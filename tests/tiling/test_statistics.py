"""Statistics: taken apart into tensors and put together again."""

from __future__ import annotations

import torch

from verism.losses.gram import Gram
from verism.tiling.statistics import Statistics, leaves, with_leaves

CPU = torch.device("cpu")

STATISTICS: Statistics = {
    "style": {"conv1_1": Gram(torch.eye(2), 12)},
    "content": {"conv5_4": {"sum": torch.ones(3)}},
}


def test_leaves_are_tensors_in_order_and_counts_among_them() -> None:
    products, positions, ones = leaves(STATISTICS, CPU)
    assert torch.equal(products, torch.eye(2))
    # Of a type that every device has, and in which sums of counts are exact; float64 is not on Apple's GPUs.
    assert (int(positions), positions.dtype) == (12, torch.int64)
    assert torch.equal(ones, torch.ones(3))


def test_others_take_their_places() -> None:
    result = with_leaves(STATISTICS, [tensor * 2 for tensor in leaves(STATISTICS, CPU)])
    gram = result["style"]["conv1_1"]
    assert isinstance(gram, Gram)
    assert torch.equal(gram.products, 2 * torch.eye(2))
    assert float(gram.positions) == 24
    assert torch.equal(result["content"]["conv5_4"]["sum"], torch.full((3,), 2.0))
    assert STATISTICS["style"]["conv1_1"].positions == 12
