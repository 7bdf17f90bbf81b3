"""The regions in words: how much of either photo they are, and what becomes of them."""

from __future__ import annotations

from collections.abc import Collection

from verism.regions.masks import Regions
from verism.verdict import NO_MATCH

SURE = 0.8
"""Confidence from which on a region is said to be graded like its counterpart, without a reservation."""

SEEN = 0.005
"""Share of a photo below which a region is not said to be in it."""


def legend(regions: Regions, left_out: Collection[str] = ()) -> dict[str, str]:
    """Return for each region, by its colour, what a photographer has to know of it.

    Args:
        regions: of the content and the style photo.
        left_out: labels of the regions that the user has left out.
    """
    shares = (masks.double().mean(dim=(0, 2, 3)).tolist() for masks in (regions.content, regions.style))
    parts = zip(regions.labels, *shares, regions.sure.tolist(), strict=True)
    return {label: _said(own, other, sure, out=label in left_out) for label, own, other, sure in parts}


def _said(own: float, other: float, sure: float, *, out: bool) -> str:
    if own < SEEN:
        return f"Only in the style photo ({other:.0%} of it)"
    mine = f"{own:.0%} of your photo"
    if out:
        return f"{mine}, left out: graded with the rest"
    if sure <= NO_MATCH or other < SEEN:
        return f"{mine}, with nothing like it in the style photo: graded with the rest"
    doubt = "" if sure >= SURE else ", but only in part: perhaps it is not the same thing"
    return f"{mine}, graded like {other:.0%} of the style photo{doubt}"
