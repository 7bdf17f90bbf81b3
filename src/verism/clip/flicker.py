"""Measures how much a graded clip flickers where the original clip does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from skimage.color import rgb2gray
from skimage.registration import optical_flow_ilk
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism.color.cielab import cielab

STATIC = 0.5
"""ΔE76 between two frames up to which a pixel counts as static: about one level of 8 bits, which may be rounding."""

FOLLOWED = 2.3
"""ΔE76 between a pixel and its place in the next frame up to which the flow counts as correct: a just noticeable
difference (M. Mahy, L. Van Eycken, A. Oosterlinck: Evaluation of uniform color spaces, 1994)."""

WINDOW = 7
"""Radius of the optical flow's window, in pixels. A border of the same width is ignored."""


def flicker(before: Sequence[Tensor], after: Sequence[Tensor]) -> float:
    """Return the mean change between neighbouring frames of the result that is not in the clip, in ΔE76.

    The change between two frames is the mean ΔE76 (CIE 1976, D65) over the pixels that are static in the clip, where
    they change by at most ``STATIC``. The change of the clip itself in these pixels is subtracted. In a pan, pixels are
    static only by chance; use ``flicker_along_flow`` for pans.

    Args:
        before: frames of the clip, at least two, each ``(1, 3, H, W)``, sRGB in [0, 1].
        after: the same frames of the result.

    Returns:
        0 for no flicker, or if no pixel is static. Negative if the result changes less than the clip.
    """
    changes = (
        (_change(old, new), _change(graded_old, graded_new))
        for old, new, graded_old, graded_new in _neighbours(before, after)
    )
    return _mean_beyond(changes, STATIC)


def flicker_along_flow(before: Sequence[Tensor], after: Sequence[Tensor]) -> float:
    """Return ``flicker`` for a moving camera: the change of the scene content, tracked from frame to frame.

    The optical flow of the clip (iterative Lucas-Kanade: G. Le Besnerais, F. Champagnat: Dense optical flow by
    iterative local window registration, 2005) is applied to both clips, so errors of the flow affect both alike.
    Pixels count if they differ from their place in the clip's next frame by at most ``FOLLOWED``.

    Args:
        before: frames of the clip, at least two, each ``(1, 3, H, W)``, sRGB in [0, 1], with sides of at least 32.
        after: the same frames of the result.

    Returns:
        0 for no flicker, or if no pixel could be tracked. Negative if the result changes less than the clip.
    """
    inner = slice(WINDOW, -WINDOW), slice(WINDOW, -WINDOW)

    def changes() -> Iterator[tuple[Tensor, Tensor]]:
        for old, new, graded_old, graded_new in _neighbours(before, after):
            flow = _flow(old, new)
            own, graded = _change(old, _moved(new, flow)), _change(graded_old, _moved(graded_new, flow))
            yield own[inner], graded[inner]

    return _mean_beyond(changes(), FOLLOWED)


def _neighbours(before: Sequence[Tensor], after: Sequence[Tensor]) -> Iterable[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Return each frame and the next one, of both the clip and the result."""
    return zip(before, before[1:], after, after[1:], strict=False)


def _mean_beyond(changes: Iterable[tuple[Tensor, Tensor]], limit: float) -> float:
    """Return the mean excess change of results over clips, over the pixels that change by up to ``limit`` in the clip.

    Args:
        changes: for two neighbouring frames, the change of each pixel in the clip and in the result.
        limit: largest change in the clip.
    """
    total, pixels = 0.0, 0
    for own, graded in changes:
        counted = own <= limit
        total += float((graded - own)[counted].sum())
        pixels += int(counted.sum())
    return total / pixels if pixels else 0.0


def _change(image: Tensor, other: Tensor) -> Tensor:
    labs = [cielab(it[0].permute(1, 2, 0).double()) for it in (image, other)]
    difference: Tensor = torch.linalg.vector_norm(labs[1] - labs[0], dim=-1)
    return difference


def _flow(old: Tensor, new: Tensor) -> Tensor:
    """Return the shift of each pixel of a frame to its place in the next one, down and to the right: ``(2, H, W)``."""
    grays = [rgb2gray(it[0].permute(1, 2, 0).double().numpy()) for it in (old, new)]
    return torch.from_numpy(np.asarray(optical_flow_ilk(*grays, radius=WINDOW)))  # type: ignore[no-untyped-call]


def _moved(frame: Tensor, flow: Tensor) -> Tensor:
    """Warp a frame back along a flow, with linear interpolation."""
    height, width = frame.shape[-2:]
    down, right = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    places = torch.stack([(right + flow[1]) / (width - 1), (down + flow[0]) / (height - 1)], dim=-1) * 2 - 1
    return F.grid_sample(frame.double(), places.unsqueeze(0).double(), padding_mode="border", align_corners=True).clamp(
        0, 1
    )
