"""Find matching regions of two photos by network features: sky with sky, stone with stone, whatever their colours."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism.backbone import VGG
from verism.color.average import average_by_color
from verism.color.bins import color_bins
from verism.color.guided_filter import apply_affine, local_affine, window_radius
from verism.color.paper import BACKDROP, white_paper
from verism.color.ramp import ramp
from verism.color.spaces import Oklab
from verism.regions.clusters import spherical_kmeans
from verism.regions.colors import COLORS
from verism.regions.features import PhotoFeatures, seen
from verism.regions.regions import OneMask, Regions

TEMPERATURE = 0.1
"""Temperature of the softmax over cosine similarities to the region centres. Lower values give sharper masks."""

SURE = (0.2, 0.45)
"""Cosine similarity between the two photos' parts of a region at which confidence starts to rise, and reaches 1."""

ONE_SCENE = (0.62, 0.7)
"""Mean of that similarity over the content photo. Up to the first value, the photos show different scenes; from the
second, the same scene."""

SHARED = 0.3
"""Ratio of the smaller to the larger share of a photo that a region covers. Below it, confidence is reduced."""

ALIKE = (0.45, 0.65)
"""Overlap of the colours of two regions of a photo. Up to the first value, they are two different things; from the
second, they are one."""

AGAINST = (-0.2, 0.2)
"""Cosine similarity of a region to the style photo's part of another. Up to the first value, they cannot be the same
thing; from the second, they may well be."""

BY_COLOR = 0.6
"""Weight, in the mask of a region, of the mean over all pixels of similar colour; the pixel itself has the rest."""

ONE_THING = (0.45, 0.5)
"""Cosine similarity of two regions of the content photo, or of a region and a cluster of the style photo. From the
second value, they are the same kind of thing."""

LESS_ALIKE = (0.25, 0.3)
"""The same bounds for two regions of the content photo that the two photos together show to be one thing
(``ALTOGETHER``): clear and cloudy sky may differ in one photo but not in the other."""

ALTOGETHER = (0.4, 0.45)
"""Cosine similarity of two regions over both photos. From the second value, the photos show them to be one thing."""

CERTAIN = (0.5, 0.9)
"""Confidence up to which a region is not merged with another, and from which it may be. A region that covers little of
the content photo could bring in a large part of the style photo."""

ONE_COLOR = (0.25, 0.35)
"""Overlap of the colours of two regions. From the second value, they are merged if they are of the same kind."""

SHARPNESS = 1.5
"""Exponent applied to the masks before they are normalised again. The less of a pixel is in a region, the less that
region's grade should affect it, because it was made for other colours."""

EDGE_FILTER = (0.15, 1e-3)
"""Parameters of the guided filter that aligns masks with the edges of a photo: the window radius as a share of the
short side, wide enough to span several network positions, and ε, in squared RGB."""


@torch.no_grad()
def find_regions(
    backbone: VGG,
    content: Tensor,
    style: Tensor,
    count: int = 6,
    opacity: Tensor | None = None,
    known: OneMask | None = None,
) -> Regions:
    """Divide two photos into corresponding regions, with a confidence for each match.

    1. *Features*: network features at each position, with the photos' grades removed (``verism.regions.features``).
    2. *Clusters*: spherical k-means of both photos together (Dhillon and Modha 2001, "Concept Decompositions for Large
       Sparse Text Data Using Clustering"). A softmax of its cosine similarities gives a position's share of each
       cluster.
    3. *Masks*: a guided filter (He et al. 2013) aligns the shares with the edges of the photo. The result is averaged
       over similar colours with weight ``BY_COLOR``, and sharpened (``SHARPNESS``).
    4. *Counterparts*: a region that is rare in the style photo takes over similar clusters (``counterparts``).
    5. *Confidence*: the similarity of the two photos' parts of a region, reduced if one of them is much larger.
    6. *Merging*: regions that are one thing in the content photo are merged (``united``). Parts without a certain match
       join the region with the same colours (``joined``). White paper behind a product is removed from all regions.

    Args:
        backbone: the network; ReLU and max pooling are used whatever its options.
        content: ``(1, 3, H, W)``, RGB in [0, 1].
        style: ``(1, 3, H', W')``, RGB in [0, 1].
        count: number of regions, up to 8.
        opacity: ``(1, 1, H', W')`` in [0, 1], weights for the positions of the style photo. None if it is opaque.
        known: the regions of one of the photos, which are kept as they are. Only their counterparts in the other photo
            are found, from their mean features, and ``count`` is ignored. Everything outside the known regions is one
            more cluster, but not a region.

    Returns:
        Soft masks ``(1, K, H, W)`` and ``(1, K, H', W')`` in [0, 1]. K is ``count``, or less if regions were merged, or
        the number of known regions. They sum to 1, or to less where a photo is in no known region and where the content
        photo is white paper (``verism.color.paper``).
    """
    photos, both = (content, style), seen(backbone, content, style, opacity)
    return _clustered(photos, both, count) if known is None else _matched(photos, both, known)


def _clustered(photos: tuple[Tensor, Tensor], both: tuple[PhotoFeatures, PhotoFeatures], count: int) -> Regions:
    """Find the regions of two photos without any known regions."""
    points, weights = [part.points for part in both], [part.weights for part in both]
    centers = spherical_kmeans(torch.cat(points), torch.cat(weights), count)
    shares = [_shares(part, centers) for part in points]
    masks = [_to_edges(share, part.shape, photo) for share, part, photo in zip(shares, both, photos, strict=True)]
    weighted = [share * weight.unsqueeze(1) for share, weight in zip(shares, weights, strict=True)]
    transfer = counterparts(similarity(*points, *weighted), *(share.sum(dim=0) for share in weighted))
    masks[1], weighted[1] = torch.einsum("bjhw,kj->bkhw", masks[1], transfer), weighted[1] @ transfer.T
    similar = similarity(*points, *weighted)
    confidence, one_scene = _certainty(similar.diagonal(), *(share.sum(dim=0) for share in weighted))
    masks = united(masks, photos[0], confidence, one_thing(*points, *weighted))
    masks[0] = _without_paper(joined(masks[0], photos[0], confidence, similar), photos[0])
    kept = torch.stack([part.amax(dim=(0, 2, 3)) for part in masks]).amax(dim=0) > 0
    labels = tuple(label for label, is_kept in zip(COLORS, kept.tolist(), strict=False) if is_kept)
    return Regions(labels, masks[0][:, kept], masks[1][:, kept], confidence[kept], one_scene, found=True)


def _matched(photos: tuple[Tensor, Tensor], both: tuple[PhotoFeatures, PhotoFeatures], known: OneMask) -> Regions:
    """Return the known regions of one photo with their counterparts in the other."""
    regions, side = len(known.labels), ("content", "style").index(known.role)
    points, weights = [part.points for part in both], [part.weights for part in both]
    known_shares = _with_the_rest(known.masks, both[side].shape)
    centers = F.normalize(known_shares.T @ points[side])
    shares = [_shares(part, centers) for part in points]
    shares[side] = known_shares
    masks = [
        _to_edges(share, part.shape, photo)[:, :regions]
        for share, part, photo in zip(shares, both, photos, strict=True)
    ]
    masks[0] = _without_paper(masks[0], photos[0])
    masks[side] = known.masks.to(photos[0])
    weighted = [share[:, :regions] * weight.unsqueeze(1) for share, weight in zip(shares, weights, strict=True)]
    similar = similarity(*points, *weighted)
    confidence, one_scene = _certainty(similar.diagonal(), *(share.sum(dim=0) for share in weighted))
    return Regions(known.labels, masks[0], masks[1], confidence, one_scene, found=True)


def _shares(points: Tensor, centers: Tensor) -> Tensor:
    """Return the share of each position ``(n, d)`` in the cluster of each centre ``(K, d)``: ``(n, K)``."""
    return (points @ centers.T / TEMPERATURE).softmax(dim=1)


def similarity(content: Tensor, style: Tensor, content_shares: Tensor, style_shares: Tensor) -> Tensor:
    """Return the cosine similarity between the mean features of each content region and each style region, ``(K, K)``.

    Args:
        content: ``(n, d)``, the feature at each position of the content photo, a unit vector.
        style: ``(m, d)``, the same for the style photo.
        content_shares: ``(n, K)``, the share of each position in each region.
        style_shares: ``(m, K)``, the same for the style photo.
    """
    return F.normalize(content_shares.T @ content) @ F.normalize(style_shares.T @ style).T


def counterparts(similar: Tensor, content_shares: Tensor, style_shares: Tensor) -> Tensor:
    """Return the share of each style cluster in the counterpart of each region, ``(K, K)``.

    A cluster may hold the sky of one photo only, because the sky of the other photo is in another cluster. So a region
    that covers too little of the style photo also claims clusters that are similar to it (``SURE``), and the more it
    lacks, the more it claims (``SHARED``). A cluster that covers too little of the content photo goes to regions of the
    same kind (``ONE_THING``), whether they lack anything or not. Regions share a cluster in proportion to their sizes
    in the content photo, so that most of what the content photo lacks goes to the region most similar to it.

    Args:
        similar: ``(K, K)``, cosine similarity of each region to the style photo's part of each, from ``similarity``.
        content_shares: ``(K,)``, the share of the content photo that each region covers.
        style_shares: ``(K,)``, the share of the style photo that each cluster covers.

    Returns:
        Values in [0, 1]. Each column, one per cluster, sums to 1.
    """
    lacking = 1 - (style_shares / content_shares.clamp_min(1e-6) / SHARED).clamp(0, 1)
    left_over = 1 - (content_shares / style_shares.clamp_min(1e-6) / SHARED).clamp(0, 1)
    claims = torch.maximum(
        lacking.unsqueeze(1) * ramp(similar, *SURE), left_over.unsqueeze(0) * ramp(similar, *ONE_THING)
    )
    claims = content_shares.unsqueeze(1) * claims.fill_diagonal_(1)
    # A cluster that no region claims, because the content photo has nothing like it, keeps its own region.
    claims = claims + 1e-6 * torch.eye(len(claims)).to(claims)
    return claims / claims.sum(dim=0)


def _certainty(alike: Tensor, content_shares: Tensor, style_shares: Tensor) -> tuple[Tensor, float]:
    """Return the confidence of each region, ``(K,)``, and how certain it is that the photos show the same scene.

    Args:
        alike: ``(K,)``, cosine similarity between the two photos' parts of each region.
        content_shares: ``(K,)``, the share of the content photo that each region covers.
        style_shares: ``(K,)``, the share of the style photo that each region covers.
    """
    ratio = torch.minimum(content_shares, style_shares) / torch.maximum(content_shares, style_shares)
    confidence = ramp(alike, *SURE) * (ratio / SHARED).clamp(0, 1)
    return confidence, float(ramp(alike @ content_shares, *ONE_SCENE))


def joined(masks: Tensor, photo: Tensor, sure: Tensor, similar: Tensor) -> Tensor:
    """Move uncertain regions of the content photo's masks into more certain ones of the same colours.

    The cloudy part of a sky follows the clear part: treated differently, they would give one sky two colours. The share
    of a region that moves is 1 minus its confidence, times how similar the colours of the two regions are (``ALIKE``),
    times how plausible the other region's counterpart is for it (``AGAINST``).

    Args:
        masks: ``(1, K, H, W)``, soft, of the content photo.
        photo: ``(1, 3, H, W)``, the content photo, RGB in [0, 1].
        sure: ``(K,)`` in [0, 1], the confidence of each region.
        similar: ``(K, K)``, cosine similarity of each region to the style photo's part of each, from ``similarity``.
    """
    overlap = common_colors(masks, photo)
    surer = sure.unsqueeze(0) > sure.unsqueeze(1)
    joins = ramp(overlap, *ALIKE) * ramp(similar, *AGAINST) * sure * surer
    share, into = joins.max(dim=1)
    return _moved(masks, (1 - sure) * share, into)


def one_thing(content: Tensor, style: Tensor, content_shares: Tensor, style_shares: Tensor) -> Tensor:
    """Return how certain it is that two regions are the same kind of thing in the content photo, ``(K, K)`` in [0, 1].

    They are if they are similar in it (``ONE_THING``), or if they are somewhat less similar in it (``LESS_ALIKE``) but
    similar over both photos (``ALTOGETHER``), which have equal weight.

    Args:
        content: ``(n, d)``, the feature at each position of the content photo, a unit vector.
        style: ``(m, d)``, the same for the style photo.
        content_shares: ``(n, K)``, the share of each position in each region.
        style_shares: ``(m, K)``, the same for the style photo.
    """
    own, other = F.normalize(content_shares.T @ content), F.normalize(style_shares.T @ style)
    both = F.normalize(own + other)
    alike = own @ own.T
    return torch.maximum(ramp(alike, *ONE_THING), ramp(alike, *LESS_ALIKE) * ramp(both @ both.T, *ALTOGETHER))


def united(masks: list[Tensor], photo: Tensor, sure: Tensor, same: Tensor) -> list[Tensor]:
    """Merge regions that are one thing in the content photo, in the masks of both photos.

    K-means may divide a sky into a clear part and a cloudy part, each with a certain match. The network finds them
    similar, and they share colours, which would be graded in two ways. The smaller region moves into the larger.

    Args:
        masks: ``(1, K, H, W)``, soft, of the content photo and the style photo.
        photo: ``(1, 3, H, W)``, the content photo, RGB in [0, 1].
        sure: ``(K,)`` in [0, 1], the confidence of each region. Both regions must be certain.
        same: ``(K, K)`` in [0, 1], how certain it is that regions are the same kind of thing, from ``one_thing``.
    """
    shares = masks[0].mean(dim=(0, 2, 3))
    larger = shares.unsqueeze(0) > shares.unsqueeze(1)
    certain = ramp(sure, *CERTAIN)
    joins = ramp(common_colors(masks[0], photo), *ONE_COLOR) * same * torch.outer(certain, certain)
    share, into = (joins * larger).max(dim=1)
    return [_moved(part, share, into) for part in masks]


def _moved(masks: Tensor, share: Tensor, into: Tensor) -> Tensor:
    """Move the share ``(K,)`` of each region in masks ``(1, K, H, W)`` into the region with the index ``into``."""
    gone = masks * share.view(1, -1, 1, 1)
    return (masks - gone).index_add(1, into, gone)


def common_colors(masks: Tensor, photo: Tensor) -> Tensor:
    """Return the overlap of the colour histograms of each pair of regions, ``(K, K)`` in [0, 1].

    Args:
        masks: ``(1, K, H, W)``, soft.
        photo: ``(1, 3, H, W)``, RGB in [0, 1].
    """
    bins = color_bins(photo)
    histogram = bins.means(masks.flatten(2)[0].T) * bins.counts.unsqueeze(1)
    histogram = (histogram / histogram.sum(dim=0).clamp_min(1e-6)).T
    return torch.stack([torch.minimum(one, histogram).sum(dim=1) for one in histogram])


def _without_paper(masks: Tensor, photo: Tensor) -> Tensor:
    """Remove white paper, which no style may colour, from the content photo's masks ``(1, K, H, W)``.

    Args:
        masks: soft.
        photo: ``(1, 3, H, W)``, the content photo, RGB in [0, 1].
    """
    return masks * (1 - white_paper(Oklab().encode(photo)[:, :1]))


def _with_the_rest(masks: Tensor, shape: torch.Size) -> Tensor:
    """Return the share of each position in each of K regions and, last, in none of them: ``(h · w, K + 1)``.

    Args:
        masks: ``(1, K, H, W)``, hard.
        shape: (h, w), number of positions in height and width.
    """
    inside = F.interpolate(masks.float(), list(shape), mode="area")
    return torch.cat([inside, 1 - inside.sum(dim=1, keepdim=True)], dim=1).flatten(2).squeeze(0).T


def _to_edges(shares: Tensor, shape: torch.Size, photo: Tensor) -> Tensor:
    """Return soft masks at full size, aligned with the edges of a photo, averaged over similar colours, and sharpened.

    Args:
        shares: ``(h · w, K)`` in [0, 1], summing to 1.
        shape: (h, w), number of positions in height and width.
        photo: ``(1, 3, H, W)``, RGB in [0, 1].

    Returns:
        ``(1, K, H, W)`` in [0, 1], summing to 1.
    """
    small = shares.T.view(1, -1, *shape)
    masks = F.interpolate(small, photo.shape[-2:], mode="bilinear", align_corners=False)
    radius, epsilon = EDGE_FILTER
    coefficients = local_affine(photo, masks, window_radius(radius, photo.shape[-2:]), epsilon)
    masks = apply_affine(coefficients, photo).clamp(0, 1)
    masks = masks / masks.sum(dim=1, keepdim=True).clamp_min(1e-6)
    bins = color_bins(photo)
    filled = (bins.counts / bins.counts.sum())[bins.cell].view(1, 1, *photo.shape[-2:])
    # A backdrop is one thing, so only colour decides which regions it is in.
    by_color = BY_COLOR + (1 - BY_COLOR) * ramp(filled, *BACKDROP)
    masks = torch.lerp(masks, average_by_color(masks, photo), by_color).clamp_min(0) ** SHARPNESS
    return masks / masks.sum(dim=1, keepdim=True).clamp_min(1e-6)
