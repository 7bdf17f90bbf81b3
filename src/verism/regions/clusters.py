"""Clusters of unit vectors."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

STARTS = 4
"""Number of random starts; the clustering with the lowest cost is kept."""

ITERATIONS = 30
"""Number of iterations per start."""


def spherical_kmeans(points: Tensor, weights: Tensor, count: int) -> Tensor:
    """Cluster unit vectors with spherical k-means, and return the centres of the best of ``STARTS`` runs.

    Starting centres are drawn by k-means++ (Arthur and Vassilvitskii 2007, "k-means++: The Advantages of Careful
    Seeding").

    Args:
        points: ``(n, d)``, unit vectors.
        weights: ``(n,)``, the weight of each point.
        count: number of clusters.

    Returns:
        ``(count, d)``, unit vectors.
    """
    generator = torch.Generator().manual_seed(0)
    best, least = points[:count], float("inf")
    for _ in range(STARTS):
        first = torch.multinomial(weights.cpu(), 1, generator=generator).to(points.device)
        centers = points[first]
        for _ in range(count - 1):
            distance = (1 - (points @ centers.T).amax(dim=1)).clamp_min(1e-6) * weights
            drawn = torch.multinomial(distance.cpu(), 1, generator=generator).to(points.device)
            centers = torch.cat([centers, points[drawn]])
        for _ in range(ITERATIONS):
            nearest = F.one_hot((points @ centers.T).argmax(dim=1), count).to(points) * weights.unsqueeze(1)
            # The second term leaves a centre in place when it has lost all of its points.
            centers = F.normalize(nearest.T @ points + 1e-6 * centers)
        cost = float(((1 - (points @ centers.T).amax(dim=1)) * weights).sum())
        if cost < least:
            best, least = centers, cost
    return best
