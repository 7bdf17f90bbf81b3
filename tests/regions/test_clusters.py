"""Clusters of directions."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism.regions.clusters import spherical_kmeans


def directions(*degrees: float) -> Tensor:
    angles = torch.tensor(degrees).deg2rad()
    return torch.stack([angles.cos(), angles.sin()], dim=1)


def test_centres_are_the_mean_directions_of_clusters() -> None:
    points = directions(-4, 0, 4, 86, 90, 94, 176, 180, 184)
    centers = spherical_kmeans(points, torch.ones(9), 3)
    torch.testing.assert_close(centers.norm(dim=1), torch.ones(3))
    found = centers[centers[:, 0].argsort()]
    torch.testing.assert_close(found, directions(180, 90, 0), rtol=0, atol=1e-4)


def test_weights_pull_a_centre() -> None:
    points, weights = directions(0, 10), torch.tensor([3.0, 1.0])
    expected = F.normalize((weights.unsqueeze(1) * points).sum(dim=0), dim=0)
    torch.testing.assert_close(spherical_kmeans(points, weights, 1)[0], expected, rtol=0, atol=1e-5)


def test_the_clustering_is_the_same_each_time() -> None:
    points = F.normalize(torch.randn(60, 5, generator=torch.Generator().manual_seed(0)))
    first, again = (spherical_kmeans(points, torch.ones(60), 4) for _ in range(2))
    assert torch.equal(first, again)


def test_more_centres_than_there_are_points_are_finite() -> None:
    centers = spherical_kmeans(directions(0, 90), torch.ones(2), 5)
    torch.testing.assert_close(centers.norm(dim=1), torch.ones(5))
