"""Finds parts of two photos that show the same thing, by deep features: sky and sky, however different the colours."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism import images
from verism.backbone.vgg import VGG

LAYER = "relu4_1"
"""Layer whose features are compared: deep enough to tell sky from grass, and to depend little on their colours."""

AREA = 2**17
"""Maximum number of pixels at which photos are compared: 2048 positions of ``LAYER``, to limit time and memory."""

TEMPERATURE = 0.1
"""Temperature of the softmax over cosine similarities. At lower temperatures, each position matches fewer others."""


class Correspondence(NamedTuple):
    """How far each photo shows the same as the other, position by position.

    Attributes:
        content: ``(1, 1, h, w)`` in [0, 1]: 1 where the style photo shows the same as the content photo, 0 where not.
        style: ``(1, 1, h', w')`` in [0, 1], the same with the photos exchanged.
    """

    content: Tensor
    style: Tensor


@torch.no_grad()
def find_correspondence(backbone: VGG, content: Tensor, style: Tensor, opacity: Tensor | None = None) -> Correspondence:
    """Return, for each pixel of each photo, how far the other photo shows the same, from ``mutual_weights``.

    Args:
        backbone: the network; ReLU and max pooling are used whatever its options.
        content: ``(1, 3, H, W)``, RGB in [0, 1].
        style: ``(1, 3, H', W')``, RGB in [0, 1].
        opacity: ``(1, 1, H', W')`` in [0, 1], opacity of the style photo. None if it is opaque.

    Returns:
        Weights ``(1, 1, H, W)`` and ``(1, 1, H', W')`` in [0, 1].
    """
    network = backbone.as_published()
    features = [network(images.within(photo, AREA), [LAYER])[LAYER] for photo in (content, style)]
    shown = None
    if opacity is not None:
        shown = F.interpolate(opacity.to(features[1]), features[1].shape[-2:], mode="area")
    weights = zip(mutual_weights(features[0], features[1], shown), (content, style), strict=True)
    return Correspondence(*(F.interpolate(weight, photo.shape[-2:]) for weight, photo in weights))


def mutual_weights(content: Tensor, style: Tensor, shown: Tensor | None = None) -> Correspondence:
    """Return weights under which the two photos show the same things in about the same amounts.

    ``S_ij`` is the cosine similarity of position i of the content photo to position j of the style photo, after
    subtracting the mean over all positions. Each content position is matched with style positions by
    ``P_ij = exp(S_ij / τ) / Σ_j exp(S_ij / τ)``, and each style position with content positions by ``Q_ij``,
    normalised over i instead. A position that is matched at least as often as the mean has full weight; others have
    less: ``style_j = min(1, Σ_i P_ij / mean_j)``, ``content_i = min(1, Σ_j Q_ij / mean_i)``.

    Sources: Li and Wand 2016, "Combining Markov Random Fields and Convolutional Neural Networks for Image Synthesis"
    (nearest neighbours among deep features); Rocco et al. 2018, "Neighbourhood Consensus Networks" (a softmax of the
    similarities in either direction).

    Args:
        content: features ``(1, d, h, w)`` of the content photo.
        style: features ``(1, d, h', w')`` of the style photo, at the same layer. Time and memory grow with
            ``h · w · h' · w'``, which should be a few thousand positions squared.
        shown: ``(1, 1, h', w')`` in [0, 1], the weight of each position of the style. None for equal weights.

    Returns:
        Weights ``(1, 1, h, w)`` and ``(1, 1, h', w')`` in [0, 1], float32.
    """
    ours, theirs = (F.normalize(features.float().flatten(2).squeeze(0).T) for features in (content, style))
    visible = torch.ones_like(theirs[:, 0]) if shown is None else shown.float().flatten()
    everywhere = torch.ones_like(ours[:, 0])
    mean = (ours.sum(dim=0) + visible @ theirs) / (len(ours) + visible.sum())
    similarity = F.normalize(ours - mean) @ F.normalize(theirs - mean).T / TEMPERATURE
    found_in_content = similarity.softmax(dim=0) @ visible
    # Transparent positions cannot be matched.
    found_in_style = (similarity + visible.log()).softmax(dim=1).sum(dim=0)
    return Correspondence(
        _up_to_mean(found_in_content, everywhere, content), _up_to_mean(found_in_style, visible, style)
    )


def _up_to_mean(found: Tensor, weights: Tensor, features: Tensor) -> Tensor:
    """Return how often each position was matched, relative to the mean, and limited to its own weight.

    Args:
        found: ``(n,)``, sums over the matches of each position.
        weights: ``(n,)`` in [0, 1], the weight of each position.
        features: ``(1, d, h, w)``, which gives the height and width of the result.
    """
    mean = found.sum() / weights.sum()
    return torch.minimum(found / mean, weights).view(1, 1, *features.shape[-2:])
