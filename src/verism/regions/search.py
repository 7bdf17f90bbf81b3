"""Find the regions that two photos share by the network's features: sky and sky, stone and stone, in any colours."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism.backbone import VGG
from verism.color.average import average_by_color
from verism.color.bins import color_bins
from verism.color.guided_filter import apply_affine, local_affine, window_radius
from verism.color.paper import BACKDROP, white_paper
from verism.color.spaces import Oklab
from verism.regions.clusters import spherical_kmeans
from verism.regions.colors import COLORS
from verism.regions.features import Seen, seen
from verism.regions.regions import OneMask, Regions

TEMPERATURE = 0.1
"""Temperature of the softmax over the cosine similarities to the regions' centres; a lower one makes sharper masks."""

SURE = (0.2, 0.45)
"""Cosine similarity between the two photos' parts of a region at which confidence begins and at which it is full."""

ONE_SCENE = (0.62, 0.7)
"""Mean of that similarity over the content photo: up to the first, the photos are of two scenes; from the second, of
one."""

SHARED = 0.3
"""Ratio of the smaller to the larger share of a photo that a region covers, below which confidence is reduced."""

ALIKE = (0.45, 0.65)
"""Share of their colours that two regions of a photo have in common: up to the first, they are two different things;
from the second, one."""

AGAINST = (-0.2, 0.2)
"""Cosine similarity of a region to the style photo's part of another: up to the first, they cannot be the same thing;
from the second, they may well be."""

BY_COLOR = 0.6
"""Weight of the mean over all pixels of similar colour, against the value at the pixel itself, in a region's mask."""

ONE_THING = (0.45, 0.5)
"""Cosine similarity of two regions of the content photo, or of one and a cluster of the style photo: from the second,
they are the same kind of thing."""

LESS_ALIKE = (0.25, 0.3)
"""The same bounds for two regions of the content photo that both photos together show to be one thing (``ALTOGETHER``):
clear and cloudy sky may differ in one photo, and not in the other."""

ALTOGETHER = (0.4, 0.45)
"""Cosine similarity of two regions over both photos: from the second, both photos show them to be one thing."""

CERTAIN = (0.5, 0.9)
"""Confidence up to which a region is not merged with another, and from which on it may be: one of which the content
photo shows little would bring in much of the style photo."""

ONE_COLOR = (0.25, 0.35)
"""Share of their colours that two regions have in common: from the second, they are merged if they are of one kind."""

SHARPNESS = 1.5
"""Exponent of the masks before they are normalised again: the less of a pixel is in a region, the less that region's
grade, which was made for other colours, should count for it."""

EDGE_FILTER = (0.15, 1e-3)
"""Parameters of the guided filter that aligns the masks with the edges of a photo: radius of its windows as a share of
the short side, wide enough to bridge several positions of the network, and ε, in squared RGB."""


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

    1. *Features*: what the network sees at each position, without the photos' grades (``verism.regions.features``).
    2. *Clusters*: spherical k-means of both photos together (Dhillon and Modha 2001, "Concept Decompositions for Large
       Sparse Text Data Using Clustering"). A position's share of each cluster is a softmax of its cosine similarities.
    3. *Masks*: a guided filter (He et al. 2013) aligns the shares with the edges of the photo, they are averaged over
       similar colours with the weight ``BY_COLOR``, and sharpened (``SHARPNESS``).
    4. *Counterparts*: a region of which the style photo has little takes over similar clusters (``counterparts``).
    5. *Confidence*: how similar the two photos' parts of a region are, less if one of them is much larger.
    6. *Merging*: regions that are one thing in the content photo are merged (``united``), and what has no certain match
       there joins the region that has its colours (``joined``). White paper behind a product leaves all regions.

    Args:
        backbone: the network, with ReLU and max pooling in any case.
        content: ``(1, 3, H, W)``, RGB in [0, 1].
        style: ``(1, 3, H', W')``, RGB in [0, 1].
        count: number of regions, up to 8.
        opacity: ``(1, 1, H', W')`` in [0, 1], of the style photo, by which its positions are weighted; None: it is
            opaque.
        known: the regions of one of the photos, which stay as they are; ``count`` is ignored. Only their counterparts
            in the other photo are found, from their mean features. Whatever is in no known region is a cluster, too,
            but no region.

    Returns:
        Soft masks ``(1, K, H, W)`` and ``(1, K, H', W')`` in [0, 1], where K is ``count``, or less if regions were
        merged, or the number of known regions. They add up to 1, or to less where a photo is in no known region, and
        where the content photo is white paper (``verism.color.paper``).
    """
    photos, both = (content, style), seen(backbone, content, style, opacity)
    return _clustered(photos, both, count) if known is None else _matched(photos, both, known)


def _clustered(photos: tuple[Tensor, Tensor], both: tuple[Seen, Seen], count: int) -> Regions:
    """Return the regions of two photos of which nothing is known."""
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


def _matched(photos: tuple[Tensor, Tensor], both: tuple[Seen, Seen], known: OneMask) -> Regions:
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
    """Return how much of each position ``(n, d)`` is in the cluster of each centre ``(K, d)``: ``(n, K)``."""
    return (points @ centers.T / TEMPERATURE).softmax(dim=1)


def similarity(content: Tensor, style: Tensor, content_shares: Tensor, style_shares: Tensor) -> Tensor:
    """Return the cosine similarity between the mean features of each content region and each style region, ``(K, K)``.

    Args:
        content: ``(n, d)``, the features at each position of the content photo, unit vectors.
        style: ``(m, d)``, the same of the style photo.
        content_shares: ``(n, K)``, how much of each position is in each region.
        style_shares: ``(m, K)``, the same of the style photo.
    """
    return F.normalize(content_shares.T @ content) @ F.normalize(style_shares.T @ style).T


def counterparts(similar: Tensor, content_shares: Tensor, style_shares: Tensor) -> Tensor:
    """Return how much of each of the style photo's clusters is in the counterpart of each region, ``(K, K)``.

    A cluster may hold the sky of one photo alone, because the other photo's sky is in another cluster. So a region with
    too small a part in the style photo also takes from clusters that are similar to it (``SURE``), and more of them the
    more it lacks (``SHARED``). A cluster of which the content photo has too little goes to regions that are the same
    kind of thing (``ONE_THING``), whether they lack anything or not. Regions share a cluster in proportion to their
    sizes in the content photo, so that most of what the content photo does not have goes to the region that is most
    like it.

    Args:
        similar: ``(K, K)``, cosine similarity of each region to the style photo's part of each, from ``similarity``.
        content_shares: ``(K,)``, the share of the content photo that each region covers.
        style_shares: ``(K,)``, the share of the style photo that each cluster covers.

    Returns:
        Values in [0, 1], whose columns, one for each cluster, add up to 1.
    """
    lacking = 1 - (style_shares / content_shares.clamp_min(1e-6) / SHARED).clamp(0, 1)
    left_over = 1 - (content_shares / style_shares.clamp_min(1e-6) / SHARED).clamp(0, 1)
    claims = torch.maximum(
        lacking.unsqueeze(1) * _between(similar, SURE), left_over.unsqueeze(0) * _between(similar, ONE_THING)
    )
    claims = content_shares.unsqueeze(1) * claims.fill_diagonal_(1)
    # A cluster that no region claims, because the content photo has nothing of it, keeps its own region.
    claims = claims + 1e-6 * torch.eye(len(claims)).to(claims)
    return claims / claims.sum(dim=0)


def _certainty(alike: Tensor, content_shares: Tensor, style_shares: Tensor) -> tuple[Tensor, float]:
    """Return the confidence of each region, ``(K,)``, and how certain it is that the photos are of one scene.

    Args:
        alike: ``(K,)``, cosine similarity between the two photos' parts of each region.
        content_shares: ``(K,)``, the share of the content photo that each region covers.
        style_shares: ``(K,)``, the share of the style photo that each region covers.
    """
    ratio = torch.minimum(content_shares, style_shares) / torch.maximum(content_shares, style_shares)
    confidence = _between(alike, SURE) * (ratio / SHARED).clamp(0, 1)
    return confidence, float(_between(alike @ content_shares, ONE_SCENE))


def joined(masks: Tensor, photo: Tensor, sure: Tensor, similar: Tensor) -> Tensor:
    """Return the content photo's masks with uncertain regions moved into more certain ones of the same colours.

    The cloudy part of a sky follows the clear part. If the two were treated differently, one sky would get two colours.
    The share of a region that moves is 1 minus its confidence, times how alike the colours of the two regions are
    (``ALIKE``) and how plausible the other region's counterpart is for it (``AGAINST``).

    Args:
        masks: ``(1, K, H, W)``, soft, of the content photo.
        photo: ``(1, 3, H, W)``, the content photo, RGB in [0, 1].
        sure: ``(K,)`` in [0, 1], the confidence of each region.
        similar: ``(K, K)``, cosine similarity of each region to the style photo's part of each, from ``similarity``.
    """
    overlap = common_colors(masks, photo)
    surer = sure.unsqueeze(0) > sure.unsqueeze(1)
    joins = _between(overlap, ALIKE) * _between(similar, AGAINST) * sure * surer
    share, into = joins.max(dim=1)
    return _moved(masks, (1 - sure) * share, into)


def one_thing(content: Tensor, style: Tensor, content_shares: Tensor, style_shares: Tensor) -> Tensor:
    """Return how certain it is that two regions are the same kind of thing in the content photo, ``(K, K)`` in [0, 1].

    They are if they are alike there (``ONE_THING``), or a little less alike there (``LESS_ALIKE``) and alike over both
    photos (``ALTOGETHER``), which count the same.

    Args:
        content: ``(n, d)``, the features at each position of the content photo, unit vectors.
        style: ``(m, d)``, the same of the style photo.
        content_shares: ``(n, K)``, how much of each position is in each region.
        style_shares: ``(m, K)``, the same of the style photo.
    """
    own, other = F.normalize(content_shares.T @ content), F.normalize(style_shares.T @ style)
    both = F.normalize(own + other)
    alike = own @ own.T
    return torch.maximum(_between(alike, ONE_THING), _between(alike, LESS_ALIKE) * _between(both @ both.T, ALTOGETHER))


def united(masks: list[Tensor], photo: Tensor, sure: Tensor, same: Tensor) -> list[Tensor]:
    """Return both photos' masks with regions that are one thing in the content photo merged.

    K-means may divide a sky into a clear and a cloudy part, each of which has a certain match. They are alike to the
    network, and have colours in common, which would be graded in two ways. The smaller moves into the larger.

    Args:
        masks: ``(1, K, H, W)``, soft, of the content and of the style photo.
        photo: ``(1, 3, H, W)``, the content photo, RGB in [0, 1].
        sure: ``(K,)`` in [0, 1], the confidence of each region; both must be certain.
        same: ``(K, K)`` in [0, 1], how certain it is that regions are the same kind of thing, from ``one_thing``.
    """
    shares = masks[0].mean(dim=(0, 2, 3))
    larger = shares.unsqueeze(0) > shares.unsqueeze(1)
    certain = _between(sure, CERTAIN)
    joins = _between(common_colors(masks[0], photo), ONE_COLOR) * same * torch.outer(certain, certain)
    share, into = (joins * larger).max(dim=1)
    return [_moved(part, share, into) for part in masks]


def _moved(masks: Tensor, share: Tensor, into: Tensor) -> Tensor:
    """Return masks ``(1, K, H, W)`` with the share ``(K,)`` of each region moved into the region number ``into``."""
    gone = masks * share.view(1, -1, 1, 1)
    return (masks - gone).index_add(1, into, gone)


def common_colors(masks: Tensor, photo: Tensor) -> Tensor:
    """Return how much of their colours regions have in common, ``(K, K)`` in [0, 1].

    Args:
        masks: ``(1, K, H, W)``, soft.
        photo: ``(1, 3, H, W)``, RGB in [0, 1].
    """
    bins = color_bins(photo)
    histogram = bins.means(masks.flatten(2)[0].T) * bins.counts.unsqueeze(1)
    histogram = (histogram / histogram.sum(dim=0).clamp_min(1e-6)).T
    return torch.stack([torch.minimum(one, histogram).sum(dim=1) for one in histogram])


def _without_paper(masks: Tensor, photo: Tensor) -> Tensor:
    """Return the content photo's masks ``(1, K, H, W)`` without white paper, which no style may colour.

    Args:
        masks: soft.
        photo: ``(1, 3, H, W)``, the content photo, RGB in [0, 1].
    """
    return masks * (1 - white_paper(Oklab().encode(photo)[:, :1]))


def _with_the_rest(masks: Tensor, shape: torch.Size) -> Tensor:
    """Return how much of each position is in each of K regions and, last, in none of them: ``(h · w, K + 1)``.

    Args:
        masks: ``(1, K, H, W)``, hard.
        shape: (h, w), number of positions in height and width.
    """
    inside = F.interpolate(masks.float(), list(shape), mode="area")
    return torch.cat([inside, 1 - inside.sum(dim=1, keepdim=True)], dim=1).flatten(2).squeeze(0).T


def _between(values: Tensor, bounds: tuple[float, float]) -> Tensor:
    """Return where values lie between two bounds: 0 up to the lower one, 1 from the upper one, linear in between."""
    low, high = bounds
    return ((values - low) / (high - low)).clamp(0, 1)


def _to_edges(shares: Tensor, shape: torch.Size, photo: Tensor) -> Tensor:
    """Return soft masks at a photo's size, aligned with its edges, averaged over similar colours, and sharpened.

    Args:
        shares: ``(h · w, K)`` in [0, 1], adding up to 1.
        shape: (h, w), number of positions in height and width.
        photo: ``(1, 3, H, W)``, RGB in [0, 1].

    Returns:
        ``(1, K, H, W)`` in [0, 1], adding up to 1.
    """
    small = shares.T.view(1, -1, *shape)
    masks = F.interpolate(small, photo.shape[-2:], mode="bilinear", align_corners=False)
    radius, epsilon = EDGE_FILTER
    coefficients = local_affine(photo, masks, window_radius(radius, photo.shape[-2:]), epsilon)
    masks = apply_affine(coefficients, photo).clamp(0, 1)
    masks = masks / masks.sum(dim=1, keepdim=True).clamp_min(1e-6)
    bins = color_bins(photo)
    filled = (bins.counts / bins.counts.sum())[bins.cell].view(1, 1, *photo.shape[-2:])
    # A backdrop is one thing, and only its colour decides its regions.
    by_color = BY_COLOR + (1 - BY_COLOR) * _between(filled, BACKDROP)
    masks = torch.lerp(masks, average_by_color(masks, photo), by_color).clamp_min(0) ** SHARPNESS
    return masks / masks.sum(dim=1, keepdim=True).clamp_min(1e-6)
