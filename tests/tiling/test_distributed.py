"""Sharing an image: what a process among others does; with others, see ``test_distributed``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import distributed

from verism.losses.gram import Gram
from verism.tiling.boxes import Box
from verism.tiling.distributed import of_all, own_part


@pytest.fixture(autouse=True)
def group(tmp_path: Path) -> Iterator[None]:
    """Be the only process of a group."""
    distributed.init_process_group("gloo", init_method=f"file://{tmp_path / 'group'}", rank=0, world_size=1)
    yield
    distributed.destroy_process_group()


def test_a_part_is_a_part_and_what_is_not_seen_has_no_derivative() -> None:
    image = torch.rand(1, 3, 8, 9, requires_grad=True)
    part = own_part(image, Box(2, 3, 7, 9))
    assert torch.equal(part, image[..., 2:7, 3:9])
    part.square().sum().backward()
    expected = torch.zeros_like(image)
    expected[..., 2:7, 3:9] = 2 * image.detach()[..., 2:7, 3:9]
    assert image.grad is not None
    torch.testing.assert_close(image.grad, expected)


def test_what_all_have_together_is_of_the_same_kinds_and_has_a_derivative() -> None:
    products = torch.rand(2, 2, requires_grad=True)
    total = of_all({"style": {"conv1_1": Gram(products, 12)}}, torch.device("cpu"))["style"]["conv1_1"]
    assert isinstance(total, Gram)
    assert torch.equal(total.products, products)
    assert torch.as_tensor(total.positions).item() == 12
    (gradient,) = torch.autograd.grad(total.products.sum() * 3, products)
    assert torch.equal(gradient, torch.full((2, 2), 3.0))
