"""Regions that two photos share, found by the network: sky and sky, stone and stone, whatever their colours."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism import images
from verism.backbone import VGG
from verism.color.average import average_by_color
from verism.color.bins import color_bins
from verism.color.guided_filter import apply_affine, local_affine, window_radius
from verism.regions.masks import OneMask, Regions

LAYERS = ("relu4_1", "relu5_1")
"""Where the photos are compared: deep enough to tell sky from grass."""

SIDE = 256
"""Short side at which the network looks at the photos, in pixels."""

BORDER = 32
"""Pixels that a photo is reflected by at its edges, so that padding makes no region of its own."""

STEP = 16
"""Positions of the deeper layer are so many pixels apart; a photo's sides are brought to multiples of it."""

DIMENSIONS = 64
"""Principal components in which the features are compared."""

TEMPERATURE = 0.1
"""Of the softmax over cosine similarities to the regions' centres: lower is sharper."""

STARTS = 4
"""Times that the clustering begins anew; the best is taken."""

SURE = (0.2, 0.45)
"""Cosine similarity between what the two photos show of a region: below, they have nothing in common; above, all."""

ONE_SCENE = (0.62, 0.7)
"""The same, over all of the content photo: below, the photos are of two scenes; above, of one."""

SHARED = 0.3
"""Ratio of the smaller to the larger of a region's shares of the two photos from which on its size is no doubt."""

ALIKE = (0.55, 0.75)
"""Share of their colours that two regions of a photo have in common: below, they are two things; above, one."""

AGAINST = (-0.2, 0.2)
"""Cosine similarity of a region to the style's part of another: below, it cannot be that; above, nothing speaks against
it."""

BY_COLOR = 0.6
"""How much of a region's share of a pixel follows the pixel's colour, wherever it is, and not its place."""

BACKDROP = (0.25, 0.5)
"""Share of a photo's pixels that have one colour: from the second on, that colour is one thing, such as the white paper
behind a product, and all of its regions follow the colour; up to the first, nothing is known of it."""


COLORS = ("#e6194b", "#3cb44b", "#0082c8", "#ffe119", "#911eb4", "#46f0f0", "#f58230", "#808080")
"""What regions are called: colours far enough apart to be told from one another in a label image."""


@torch.no_grad()
def find_regions(
    backbone: VGG,
    content: Tensor,
    style: Tensor,
    count: int = 6,
    seed: int = 0,
    opacity: Tensor | None = None,
    known: OneMask | None = None,
) -> Regions:
    """Divide two photos into regions of the same kinds, and tell how sure each match is.

    The features of both photos at ``LAYERS``, each normalised and less its own photo's mean (which takes the grade out:
    without it, skies of different colours do not meet), are reduced to ``DIMENSIONS`` principal components and
    clustered together by spherical k-means (Dhillon and Modha 2001, "Concept Decompositions for Large Sparse Text Data
    Using Clustering"). A region's confidence is how alike the two photos' parts of it are to the network, times how
    much of it both have. Its mask is brought to the photo's edges by a guided filter (He et al. 2013), and the share
    ``BY_COLOR`` of it follows the colours. What is left of the content photo without a sure match joins the region that
    has its colours: the cloudy part of a sky follows the clear part.

    Args:
        backbone: its filters are used as they were published.
        content: ``(1, 3, H, W)``, RGB in [0, 1].
        style: ``(1, 3, H', W')``, likewise.
        count: how many regions, up to 8.
        seed: of the clustering.
        opacity: ``(1, 1, H', W')`` in [0, 1], how much of the style photo shows, and counts; None: all.
        known: the regions of one of the photos, which stay as they are; only their counterparts are found, nearest to
            their mean features. What is in none of them is in no region of the other photo either.

    Returns:
        Soft masks ``(1, count, H, W)`` and ``(1, count, H', W')`` in [0, 1] that add up to 1, or at most 1 if there are
        ``known`` ones, which are as many as those.
    """
    network = backbone.as_published()
    found = [_features(network, photo) for photo in (content, style)]
    counts = [torch.ones_like(part[:, :1]) for part in found]
    if opacity is not None:
        counts[1] = F.interpolate(opacity.to(found[1]), found[1].shape[-2:], mode="area")
    maps = _components(found, counts)
    mine, their = (count_.flatten() / count_.sum() for count_ in counts)
    ours, theirs = (F.normalize(part.flatten(2).squeeze(0).T) for part in maps)
    if known is None:
        # Each photo counts the same, whatever its shape.
        centers = spherical_kmeans(torch.cat([ours, theirs]), torch.cat([mine, their]), count, seed)
        labels = COLORS[:count]
    else:
        labels, at = known.labels, ("content", "style").index(known.role)
        divided = _with_the_rest(known.masks, maps[at].shape[-2:])
        centers = F.normalize(divided.T @ (ours, theirs)[at])
    shares = [(part @ centers.T / TEMPERATURE).softmax(dim=1) for part in (ours, theirs)]
    if known is not None:
        shares[at] = divided
    masks = [
        _to_edges(share.T.view(1, len(centers), *part.shape[-2:]), photo)[:, : len(labels)]
        for share, part, photo in zip(shares, maps, (content, style), strict=True)
    ]
    if known is not None:
        masks[at] = known.masks.to(content)
    shares = [share[:, : len(labels)] for share in shares]
    weighted = [share * weight.unsqueeze(1) for share, weight in zip(shares, (mine, their), strict=True)]
    similar = similarity(ours, theirs, *weighted)
    alike = similar.diagonal()
    content_shares, style_shares = (share.sum(dim=0) for share in weighted)
    both = torch.minimum(content_shares, style_shares) / torch.maximum(content_shares, style_shares)
    confidence = _between(alike, SURE) * (both / SHARED).clamp(0, 1)
    one_scene = float(_between(alike @ content_shares, ONE_SCENE))
    if known is None:
        masks[0] = joined(masks[0], content, confidence, similar)
    return Regions(labels, masks[0], masks[1], confidence, one_scene)


def similarity(ours: Tensor, theirs: Tensor, our_shares: Tensor, their_shares: Tensor) -> Tensor:
    """Return the cosine similarity of each region of the content photo to each of the style photo, ``(K, K)``.

    Args:
        ours: ``(n, d)``, unit vectors of the content photo.
        theirs: ``(m, d)``, of the style photo.
        our_shares: ``(n, K)``, how much of each position is in each region.
        their_shares: ``(m, K)``, likewise.
    """
    return F.normalize(our_shares.T @ ours) @ F.normalize(their_shares.T @ theirs).T


def joined(masks: Tensor, photo: Tensor, sure: Tensor, similar: Tensor) -> Tensor:
    """Return the masks with what is not sure of a region in the surest one that it has its colours in common with.

    Else the two would be treated differently, and one sky would have two colours.

    Args:
        masks: ``(1, K, H, W)``, of the content photo.
        photo: ``(1, 3, H, W)``, the content photo.
        sure: ``(K,)``, the confidence of each region.
        similar: ``(K, K)``, how similar each is to the style's part of each.
    """
    bins = color_bins(photo)
    histogram = bins.means(masks.flatten(2)[0].T) * bins.counts.unsqueeze(1)
    histogram = (histogram / histogram.sum(dim=0).clamp_min(1e-6)).T
    overlap = torch.stack([torch.minimum(one, histogram).sum(dim=1) for one in histogram])
    surer = sure.unsqueeze(0) > sure.unsqueeze(1)
    joins = _between(overlap, ALIKE) * _between(similar, AGAINST) * sure * surer
    share, into = joins.max(dim=1)
    moved = masks * ((1 - sure) * share).view(1, -1, 1, 1)
    return (masks - moved).index_add(1, into, moved)


def spherical_kmeans(points: Tensor, weights: Tensor, count: int, seed: int, iterations: int = 30) -> Tensor:
    """Return the centres of ``count`` clusters of unit vectors, themselves unit vectors ``(count, d)``.

    Args:
        points: unit vectors ``(n, d)``.
        weights: ``(n,)``, how much each counts.
        count: how many centres.
        seed: of the centres that it begins with, by k-means++ (Arthur and Vassilvitskii 2007).
        iterations: of Lloyd's algorithm.
    """
    generator = torch.Generator().manual_seed(seed)
    best, least = points[:count], float("inf")
    for _ in range(STARTS):
        first = torch.multinomial(weights.cpu(), 1, generator=generator).to(points.device)
        centers = points[first]
        for _ in range(count - 1):
            distance = (1 - (points @ centers.T).amax(dim=1)).clamp_min(1e-6) * weights
            drawn = torch.multinomial(distance.cpu(), 1, generator=generator).to(points.device)
            centers = torch.cat([centers, points[drawn]])
        for _ in range(iterations):
            nearest = F.one_hot((points @ centers.T).argmax(dim=1), count).to(points) * weights.unsqueeze(1)
            # A centre that has lost all its points stays where it is.
            centers = F.normalize(nearest.T @ points + 1e-6 * centers)
        cost = float(((1 - (points @ centers.T).amax(dim=1)) * weights).sum())
        if cost < least:
            best, least = centers, cost
    return best


def _with_the_rest(masks: Tensor, shape: torch.Size) -> Tensor:
    """Return how much of each of h · w positions is in each of K regions, and how much in none: ``(h · w, K + 1)``."""
    inside = F.interpolate(masks.float(), list(shape), mode="area")
    return torch.cat([inside, 1 - inside.sum(dim=1, keepdim=True)], dim=1).flatten(2).squeeze(0).T


def _between(values: Tensor, bounds: tuple[float, float]) -> Tensor:
    """Return where values are between two bounds, from 0 to 1."""
    low, high = bounds
    return ((values - low) / (high - low)).clamp(0, 1)


def _features(network: VGG, photo: Tensor) -> Tensor:
    """Return the features at ``LAYERS`` together, ``(1, d, h, w)`` at the first one's positions."""
    small = images.scale(photo, SIDE)
    small = images.resize(small, [max(STEP * 2, side // STEP * STEP) for side in small.shape[-2:]])
    found = network(F.pad(small, (BORDER,) * 4, mode="reflect"), LAYERS)
    shape = [side // 8 for side in small.shape[-2:]]
    parts = []
    for layer in LAYERS:
        features = F.normalize(found[layer].float())
        border = BORDER * features.shape[-1] // (small.shape[-1] + 2 * BORDER)
        inner = features[..., border:-border, border:-border]
        parts.append(F.interpolate(inner, shape, mode="bilinear", align_corners=False))
    return torch.cat(parts, dim=1)


def _components(found: list[Tensor], counts: list[Tensor]) -> list[Tensor]:
    """Return the principal components of features less their own photo's mean.

    Args:
        found: ``(1, d, h, w)`` of each photo.
        counts: ``(1, 1, h, w)``, how much each position counts.
    """
    maps = [part - (part * w).sum(dim=(2, 3), keepdim=True) / w.sum() for part, w in zip(found, counts, strict=True)]
    rows, weights = (torch.cat([part.flatten(2).squeeze(0).T for part in parts]) for parts in (maps, counts))
    _, vectors = torch.linalg.eigh(rows.T @ (weights * rows))
    axes = vectors[:, -DIMENSIONS:]
    return [torch.einsum("bchw,cd->bdhw", part, axes) for part in maps]


def _to_edges(shares: Tensor, photo: Tensor) -> Tensor:
    """Bring soft masks to a photo's size, and to its edges."""
    masks = F.interpolate(shares, photo.shape[-2:], mode="bilinear", align_corners=False)
    radius = window_radius(0.15, photo.shape[-2:])
    masks = apply_affine(local_affine(photo, masks, radius, 1e-3), photo).clamp(0, 1)
    masks = masks / masks.sum(dim=1, keepdim=True).clamp_min(1e-6)
    bins = color_bins(photo)
    filled = (bins.counts / bins.counts.sum())[bins.cell].view(1, 1, *photo.shape[-2:])
    by_color = BY_COLOR + (1 - BY_COLOR) * _between(filled, BACKDROP)
    return torch.lerp(masks, average_by_color(masks, photo), by_color)
