"""The colours that a fit has seen, and which others it knows."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from conftest import CONFIGS
from torch import Tensor

from verism import images
from verism.color.seen_colors import KNOWN, SeenColors

PHOTOS = CONFIGS / "photos"


def flat(*rgb: float, height: int = 32, width: int = 32) -> Tensor:
    return torch.tensor(rgb).view(1, 3, 1, 1).expand(1, 3, height, width)


def test_counts_every_pixel_once(content: Tensor) -> None:
    seen = SeenColors(content)
    assert float(seen.shares.sum()) == pytest.approx(1)
    weighted = (seen.shares.unsqueeze(1) * seen.colors).sum(dim=0)
    torch.testing.assert_close(weighted, content.double().mean(dim=(0, 2, 3)))
    weighted = (seen.shares.unsqueeze(1) * seen.mean(1 - content)).sum(dim=0)
    torch.testing.assert_close(weighted, (1 - content).double().mean(dim=(0, 2, 3)))


def test_distance_is_in_cielab() -> None:
    """From white to black it is 100; between greys, that of their lightness."""
    greys = torch.tensor([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0], [0.4663, 0.4663, 0.4663]])
    found = SeenColors(flat(1, 1, 1)).distance(greys)
    torch.testing.assert_close(found, torch.tensor([0.0, 100.0, 50.0]), rtol=0, atol=0.02)


def test_the_nearest_counts() -> None:
    seen = SeenColors(torch.cat([flat(1, 1, 1), flat(0, 0, 0)], dim=-1))
    greys = torch.tensor([[0.9, 0.9, 0.9], [0.05, 0.05, 0.05]])
    assert bool((seen.distance(greys) < KNOWN).all())


def test_a_photo_knows_its_own_colours(content: Tensor) -> None:
    assert SeenColors(content).unknown(content) == 0


def test_the_share_of_unknown_pixels() -> None:
    """A quarter of a grey photo turned red; a shade of grey more or less does not count."""
    grey, red = flat(0.5, 0.5, 0.5, width=48), flat(0.9, 0.1, 0.1, width=16)
    seen = SeenColors(flat(0.52, 0.5, 0.5))
    assert seen.unknown(torch.cat([grey, red], dim=-1)) == pytest.approx(0.25)
    assert seen.unknown(grey) == 0


def test_a_single_stray_pixel_is_no_evidence() -> None:
    photo = flat(0.5, 0.5, 0.5, height=300, width=300).clone()
    photo[..., 0, 0] = torch.tensor([0.9, 0.1, 0.1])
    assert SeenColors(photo).unknown(flat(0.9, 0.1, 0.1)) == 1


@pytest.mark.parametrize(("other", "least", "most"), [("dandelions", 0.05, 0.5), ("autumn", 0.2, 0.6), ("picos", 0, 0)])
def test_shipped_photos(other: str, least: float, most: float) -> None:
    """A mountain of rock, brown grass and sky knows little of an autumn wood, and a part of a meadow at sunset."""
    picos, photo = (images.scale(images.read(Path(PHOTOS, f"{name}.jpg")), 200) for name in ("picos", other))
    assert least <= SeenColors(picos).unknown(photo) <= most
