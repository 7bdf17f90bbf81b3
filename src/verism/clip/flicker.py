"""How much a graded clip flickers where the clip itself does not."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from skimage.color import rgb2lab
from torch import Tensor

STATIC = 0.5
"""ΔE76 between two frames up to which a pixel counts as static: about one level of 8 bits, which may be rounding."""


def flicker(before: Sequence[Tensor], after: Sequence[Tensor]) -> float:
    """Return the mean change between neighbouring frames of the result that is not in the clip, in ΔE76.

    The change between two frames is the mean ΔE76 (CIE 1976, D65) over the pixels that are static in the clip, which
    change by at most ``STATIC`` there. The change of the clip itself in these pixels is subtracted.

    Args:
        before: frames of the clip, at least two, each ``(1, 3, H, W)``, sRGB in [0, 1].
        after: the same frames of the result.

    Returns:
        0 for no flicker, or if no pixel is static; negative if the result changes less than the clip.
    """
    total, pixels = 0.0, 0
    pairs = zip(before, before[1:], after, after[1:], strict=False)
    for old, new, graded_old, graded_new in pairs:
        own, graded = _change(old, new), _change(graded_old, graded_new)
        static = own <= STATIC
        total += float((graded - own)[static].sum())
        pixels += int(static.sum())
    return total / pixels if pixels else 0.0


def _change(image: Tensor, other: Tensor) -> Tensor:
    labs = [torch.from_numpy(rgb2lab(it[0].permute(1, 2, 0).double().numpy())) for it in (image, other)]
    difference: Tensor = torch.linalg.vector_norm(labs[1] - labs[0], dim=-1)
    return difference
