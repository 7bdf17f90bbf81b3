"""What two photos have in common, as deep features see it: sky and sky, however different their colours are."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism import images
from verism.backbone.vgg import VGG

LAYER = "relu4_1"
"""Where photos are compared: deep enough to tell sky from grass, and to overlook their colours."""

AREA = 2**17
"""Pixels of a photo that is compared, at most: 2048 positions of ``LAYER``, which bounds time and memory."""

TEMPERATURE = 0.1
"""Of the softmax over cosine similarities: the less, the fewer positions answer to one."""


class Correspondence(NamedTuple):
    """How much of what is at a position of one photo the other shows too, from 0 to 1.

    Attributes:
        content: ``(1, 1, h, w)``.
        style: ``(1, 1, h', w')``.
    """

    content: Tensor
    style: Tensor


@torch.no_grad()
def find_correspondence(backbone: VGG, content: Tensor, style: Tensor, opacity: Tensor | None = None) -> Correspondence:
    """Return how much of each pixel of a photo the other one shows too, as ``mutual_weights`` has it.

    Args:
        backbone: its filters are used as they were published.
        content: ``(1, 3, H, W)``, RGB in [0, 1].
        style: ``(1, 3, H', W')``, likewise.
        opacity: ``(1, 1, H', W')`` in [0, 1], how much of the style photo shows; None: all.

    Returns:
        ``(1, 1, H, W)`` and ``(1, 1, H', W')``.
    """
    network = backbone.as_published()
    features = [network(images.within(photo, AREA), [LAYER])[LAYER] for photo in (content, style)]
    shown = None
    if opacity is not None:
        shown = F.interpolate(opacity.to(features[1]), features[1].shape[-2:], mode="area")
    weights = zip(mutual_weights(features[0], features[1], shown), (content, style), strict=True)
    return Correspondence(*(F.interpolate(weight, photo.shape[-2:]) for weight, photo in weights))


def mutual_weights(content: Tensor, style: Tensor, shown: Tensor | None = None) -> Correspondence:
    """Return what weighs two photos so that they show the same things in about the same amounts.

    ``S_ij`` is the cosine similarity of position i of the content to position j of the style, after the mean of all
    positions was taken off. Every position of the content looks for its like in the style,
    ``P_ij = exp(S_ij / τ) / Σ_j exp(S_ij / τ)``, and every position of the style in the content, ``Q_ij`` likewise over
    i. What is found often enough counts in full, and what is seldom found counts less:
    ``style_j = min(1, Σ_i P_ij / mean_j)``, ``content_i = min(1, Σ_j Q_ij / mean_i)``.

    Sources: Li and Wand 2016, "Combining Markov Random Fields and Convolutional Neural Networks for Image Synthesis"
    (nearest neighbours among deep features); Rocco et al. 2018, "Neighbourhood Consensus Networks" (a softmax of the
    similarities in either direction).

    Args:
        content: features ``(1, d, h, w)`` of the content photo.
        style: features ``(1, d, h', w')`` of the style photo, at the same layer. Time and memory grow with
            ``h · w · h' · w'``: a layer deep enough, or a photo small enough, has some thousand positions.
        shown: ``(1, 1, h', w')`` in [0, 1], how much of each position of the style counts; None: all the same.

    Returns:
        float32.
    """
    ours, theirs = (F.normalize(features.float().flatten(2).squeeze(0).T) for features in (content, style))
    visible = torch.ones_like(theirs[:, 0]) if shown is None else shown.float().flatten()
    everywhere = torch.ones_like(ours[:, 0])
    mean = (ours.sum(dim=0) + visible @ theirs) / (len(ours) + visible.sum())
    similarity = F.normalize(ours - mean) @ F.normalize(theirs - mean).T / TEMPERATURE
    found_in_content = similarity.softmax(dim=0) @ visible
    # What does not show is not there to be found.
    found_in_style = (similarity + visible.log()).softmax(dim=1).sum(dim=0)
    return Correspondence(
        _up_to_mean(found_in_content, everywhere, content), _up_to_mean(found_in_style, visible, style)
    )


def _up_to_mean(found: Tensor, weights: Tensor, features: Tensor) -> Tensor:
    """Return how often positions were found, up to what each would be if all were found as often as they count."""
    mean = found.sum() / weights.sum()
    return torch.minimum(found / mean, weights).view(1, 1, *features.shape[-2:])
