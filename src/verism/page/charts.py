"""The charts of a run's page, as paths in the units of an SVG view box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from verism.images import luma

LEVELS = 256

HEIGHT = 100
"""Height of a chart, in the units of its view box; its width is ``LEVELS``."""

CHANNELS = ("luma", "red", "green", "blue")


class Axis(NamedTuple):
    """The ends of the axes of the loss chart.

    Attributes:
        steps: the last step.
        loss: the largest value.
    """

    steps: int
    loss: float


def histograms(images: Mapping[str, Tensor]) -> dict[str, dict[str, str]]:
    """Return histograms as one path per image and channel, all on the same axes.

    Args:
        images: name to image, ``(1, 3, H, W)``, RGB in [0, 1].

    Returns:
        Name, then channel, to a path over levels 0 to 255. The highest bin of any image, not counting black and white,
        reaches the top; the bins of black and white may hold any share, and are cut off at the top.
    """
    shares = {name: _shares(image) for name, image in images.items()}
    top = max(float(share[:, 1:-1].max()) for share in shares.values()) or 1.0
    return {
        name: {channel: _path(bins / top) for channel, bins in zip(CHANNELS, share, strict=True)}
        for name, share in shares.items()
    }


def losses(values: Mapping[str, Sequence[float]], first: int) -> tuple[dict[str, str], Axis]:
    """Return a line over the steps for each loss, all on the same axes starting at 0, and the ends of these axes.

    Args:
        values: name of a loss to its value at each step.
        first: number of the first step.
    """
    count = max(len(line) for line in values.values())
    top = max((value for line in values.values() for value in line), default=0.0) or 1.0
    across = LEVELS / max(1, count - 1)
    lines = {
        name: "M" + " L".join(f"{i * across:.2f},{HEIGHT * (1 - max(0.0, v) / top):.2f}" for i, v in enumerate(line))
        for name, line in values.items()
    }
    return lines, Axis(first + count - 1, top)


def _shares(image: Tensor) -> Tensor:
    """Return the share of pixels at each level, ``(4, LEVELS)``, in the order of ``CHANNELS``."""
    image = image.detach().float().cpu().clamp(0, 1)
    channels = torch.cat([luma(image), image], dim=1)[0]
    counts = torch.stack([torch.bincount((it * 255).round().long().flatten(), minlength=LEVELS) for it in channels])
    return counts.double() / channels[0].numel()


def _path(bins: Tensor) -> str:
    """Return the outline of bins with heights from 0 to 1, closed along the bottom."""
    points = (f"{level},{HEIGHT * (1 - min(1.0, share)):.1f}" for level, share in enumerate(bins.tolist()))
    return f"M0,{HEIGHT} L{' L'.join(points)} L{LEVELS - 1},{HEIGHT}Z"
