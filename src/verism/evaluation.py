"""Measures a finished picture against the two photos that it was made from."""

from __future__ import annotations

from functools import partial

from torch import Tensor

from verism import images
from verism.backbone import VGG
from verism.data import PhotoPair
from verism.metrics import Measure
from verism.regions.search import find_regions


def evaluate(result: Tensor, pair: PhotoPair, network: VGG) -> dict[str, float]:
    """Return the metrics of a run's result, by the names in ``verism.metrics.NAMES``.

    Most are measured at the size of the fit; the detail metrics (drift, lost, blown) in the result itself.

    Args:
        result: the picture at its full size, ``(1, 3, H, W)``, RGB in [0, 1].
        pair: the photos and masks that it was made from.
        network: the network that measures the style.

    Raises:
        VerismError: a photo or mask cannot be read.
    """
    content = pair.photos.content.to(result)
    short = min(content.shape[-2:])
    style, opacity = at_short_side(short, pair.photos.style.to(result), pair.opacity)
    masks = None if pair.masked is None else pair.masked.content.to(result.device)
    stays = pair.stays(partial(find_regions, network, opacity=pair.opacity))
    original = images.resize(pair.original.to(result), result.shape[-2:])
    measure = Measure(content, style, network, masks, original, opacity, stays=stays)
    return measure(images.resize(result, content.shape[-2:]), result)


def at_short_side(short: int, style: Tensor, opacity: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """Return a style photo and its opacity, scaled down to a short side.

    Args:
        short: short side in pixels.
        style: ``(1, 3, H, W)``.
        opacity: ``(1, 1, H, W)`` in [0, 1]; None: fully opaque.
    """
    short = min(short, *style.shape[-2:])
    return images.scale(style, short), None if opacity is None else images.scale(opacity.to(style), short)
