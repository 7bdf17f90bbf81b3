"""Regions that the network finds: textures meet, whatever their colours and places."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest
import torch
from conftest import synthetic_photo
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism.backbone import VGG19
from verism.region_search import SHARED, SURE, confidence, find_regions, spherical_kmeans
from verism.weights import Weights

Color = tuple[float, float, float]


def stripes(y: Tensor, x: Tensor) -> Tensor:
    return (torch.sin(2 * math.pi * (x + y) / 8) > 0).float()


def dots(y: Tensor, x: Tensor) -> Tensor:
    return ((y % 32 - 16) ** 2 + (x % 32 - 16) ** 2 < 110).float()


WARM: Sequence[tuple[Color, Color]] = (((0.3, 0.1, 0.05), (0.9, 0.6, 0.3)), ((0.5, 0.3, 0.2), (0.8, 0.7, 0.5)))
COLD: Sequence[tuple[Color, Color]] = (((0.05, 0.1, 0.3), (0.3, 0.6, 0.9)), ((0.1, 0.3, 0.2), (0.5, 0.8, 0.7)))


def side_by_side(*textures: Callable[[Tensor, Tensor], Tensor], colors: Sequence[tuple[Color, Color]]) -> Tensor:
    """A photo of two textures, each in two colours."""
    y, x = torch.meshgrid(torch.arange(192.0), torch.arange(128.0), indexing="ij")
    halves = []
    for texture, pair in zip(textures, colors, strict=True):
        dark, light = (torch.tensor(color).view(1, 3, 1, 1) for color in pair)
        halves.append(torch.lerp(dark, light, texture(y, x)))
    return torch.cat(halves, dim=3)


@pytest.fixture(scope="module")
def published() -> VGG19:
    return VGG19("compact")


def test_textures_meet_in_other_places_and_colours(published: VGG19) -> None:
    """And one that the other photo lacks meets nothing."""
    content = side_by_side(stripes, dots, colors=WARM)
    style = side_by_side(dots, stripes, colors=COLD)
    found = find_regions(published, content, style, count=2)
    assert found.sure.tolist() == [1, 1]
    # Away from the border between them.
    left, right = (
        [masks[0, :, :, columns].mean(dim=(1, 2)) for masks in (found.content, found.style)]
        for columns in (slice(16, 112), slice(144, 240))
    )
    striped = int(left[0].argmax())
    assert float(left[0][striped]) > 0.75
    assert float(right[0][1 - striped]) > 0.75
    assert float(right[1][striped]) > 0.75
    assert float(left[1][1 - striped]) > 0.75
    other = find_regions(published, content, synthetic_photo(192, 256, seed=3), count=2)
    assert float(other.sure.max()) < 0.1


@pytest.fixture
def tiny(tiny_weights: Weights) -> VGG19:
    del tiny_weights
    return VGG19()


@pytest.mark.parametrize(("shape", "other", "count"), [((48, 64), (56, 40), 6), ((33, 90), (300, 260), 2)])
def test_masks_have_the_photos_sizes_and_add_up_to_one(
    tiny: VGG19, shape: tuple[int, int], other: tuple[int, int], count: int
) -> None:
    photos = synthetic_photo(*shape, seed=1), synthetic_photo(*other, seed=2)
    found = find_regions(tiny, *photos, count=count)
    assert len(set(found.labels)) == count
    assert found.sure.shape == (count,)
    assert bool(((found.sure >= 0) & (found.sure <= 1)).all())
    for masks, photo in zip((found.content, found.style), photos, strict=True):
        assert masks.shape == (1, count, *photo.shape[-2:])
        assert float(masks.min()) >= 0
        torch.testing.assert_close(masks.sum(dim=1), torch.ones(1, *photo.shape[-2:]), rtol=0, atol=1e-4)


def test_the_same_seed_gives_the_same_masks(tiny: VGG19, content: Tensor, style: Tensor) -> None:
    first, again = (find_regions(tiny, content, style, seed=1) for _ in range(2))
    assert torch.equal(first.content, again.content)
    assert torch.equal(first.style, again.style)
    assert torch.equal(first.sure, again.sure)


def test_asks_the_network_as_it_was_published(tiny: VGG19, content: Tensor, style: Tensor) -> None:
    """The activation and the pooling of the run are for its losses."""
    other = VGG19(activation=torch.nn.Tanh(), pooling="avg")
    expected, found = (find_regions(network, content, style) for network in (tiny, other))
    assert torch.equal(found.content, expected.content)
    assert isinstance(other.activation, torch.nn.Tanh)


def test_photos_of_one_colour_have_nothing_to_find(tiny: VGG19) -> None:
    flat = torch.full((1, 3, 48, 64), 0.5)
    found = find_regions(tiny, flat, 0.5 * flat)
    assert bool(found.content.isfinite().all())
    assert bool(found.sure.isfinite().all())


def directions(*degrees: float) -> Tensor:
    angles = torch.tensor(degrees).deg2rad()
    return torch.stack([angles.cos(), angles.sin()], dim=1)


def test_centres_are_the_mean_directions_of_clusters() -> None:
    points = directions(-4, 0, 4, 86, 90, 94, 176, 180, 184)
    centers = spherical_kmeans(points, torch.ones(9), 3, seed=0)
    torch.testing.assert_close(centers.norm(dim=1), torch.ones(3))
    found = centers[centers[:, 0].argsort()]
    torch.testing.assert_close(found, directions(180, 90, 0), rtol=0, atol=1e-4)


def test_weights_pull_a_centre() -> None:
    points, weights = directions(0, 10), torch.tensor([3.0, 1.0])
    expected = F.normalize((weights.unsqueeze(1) * points).sum(dim=0), dim=0)
    torch.testing.assert_close(spherical_kmeans(points, weights, 1, seed=0)[0], expected, rtol=0, atol=1e-5)


def test_the_clustering_depends_on_its_seed_alone() -> None:
    points = F.normalize(torch.randn(60, 5, generator=torch.Generator().manual_seed(0)))
    first, again = (spherical_kmeans(points, torch.ones(60), 4, seed=2) for _ in range(2))
    assert torch.equal(first, again)


def test_more_centres_than_there_are_points_are_finite() -> None:
    centers = spherical_kmeans(directions(0, 90), torch.ones(2), 5, seed=0)
    torch.testing.assert_close(centers.norm(dim=1), torch.ones(5))


def sure(degrees: float, ours: float = 0.5, theirs: float = 0.5) -> float:
    """Confidence in a region that is one direction in one photo, and one turned by ``degrees`` in the other.

    Its shares of the two photos are ``ours`` and ``theirs``.
    """
    content, style = directions(0), directions(degrees)
    shares = (torch.tensor([[share, 1 - share]]) for share in (ours, theirs))
    return float(confidence(content, style, *shares)[0])


def turned(similarity: float) -> float:
    return math.degrees(math.acos(similarity))


def test_confidence_is_how_alike_the_two_parts_are() -> None:
    low, high = SURE
    assert sure(0) == sure(turned(high + 0.01)) == 1
    assert sure(turned(low - 0.01)) == sure(90) == sure(180) == 0
    assert sure(turned((low + high) / 2)) == pytest.approx(0.5, abs=1e-5)


def test_confidence_falls_with_what_one_photo_has_alone() -> None:
    assert sure(0, 0.4, 0.4 * SHARED) == pytest.approx(1)
    assert sure(0, 0.4, 0.2 * SHARED) == pytest.approx(0.5)
    assert sure(0, 0.2 * SHARED, 0.4) == pytest.approx(0.5)
    assert sure(0, 1e-6, 0.4) == pytest.approx(0, abs=1e-4)
