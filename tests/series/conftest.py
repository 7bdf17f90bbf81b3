"""Shots of two scenes, made from photographs, and the network that compares them as it is published."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from conftest import CONFIGS
from torch import Tensor

from verism import images
from verism.color.spaces import from_light, to_light
from verism.series import neighbours

PHOTOS = CONFIGS / "photos"


@pytest.fixture(autouse=True)
def own_network() -> Iterator[None]:
    """Another test's tiny network is not kept."""
    neighbours.network.cache_clear()
    yield
    neighbours.network.cache_clear()


def shot(name: str, across: float = 0.0, stops: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Tensor:
    """Return three quarters of a photograph, from ``across`` of its width on, in another exposure: it clips."""
    photo = images.scale(images.read(PHOTOS / f"{name}.jpg"), 160)
    width = photo.shape[-1]
    part = photo[..., round(across * width) : round((across + 0.75) * width)]
    gain = torch.tensor(stops).exp2().view(1, 3, 1, 1)
    return from_light((to_light(part) * gain).clamp(0, 1)).clamp(0, 1)


WARMER, DARKER = (0.6, 0.4, 0.1), (-0.6, -0.5, -0.5)
"""Exposures, in stops."""


@pytest.fixture(scope="session")
def shots() -> dict[str, Tensor]:
    """Three shots of one scene, and one of another."""
    return {
        "lake": shot("lake"),
        "lake, warmer": shot("lake", 0.2, WARMER),
        "lake, darker": shot("lake", 0.1, DARKER),
        "beacon": shot("beacon"),
    }
