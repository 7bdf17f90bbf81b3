"""Describes the regions in words: their sizes in both photos, and how they are treated."""

from __future__ import annotations

from verism.app.corrections import Corrections
from verism.regions.regions import SEEN, Regions
from verism.verdict import NO_MATCH

SURE = 0.8
"""Confidence from which a region is described as having the look of its counterpart, without reservation."""

LITTLE = 0.01
"""Share of a photo below which a user's own region is described as smaller than that."""


def legend(regions: Regions, corrections: Corrections, *, is_one_style: bool = True) -> dict[str, str]:
    """Return what a photographer needs to know about each visible region, by the region's colour.

    Args:
        regions: regions of the content and style photos.
        corrections: the user's corrections. They are described as the user's own, without doubts.
        is_one_style: whether there is a single style photo, which can be painted over.
    """
    style = "the style photo" if is_one_style else "the style photos"
    # A soft region may have a little of many places, with more of others in each of them.
    matches = regions.sure * regions.style.flatten(2).any(dim=2)[0].to(regions.sure)
    parts = zip(regions.labels, *regions.seen, matches.tolist(), strict=True)
    return {
        label: _kept(own, other, style)
        if label in corrections.kept
        else _own(own, other, style, can_match=is_one_style)
        if label in regions.added
        else _said(own, other, sure, style, corrections.whose(label), out=label in corrections.left_out)
        for label, own, other, sure in parts
        if max(own, other) >= SEEN or label in regions.added
    }


def listed(regions: Regions) -> tuple[str, ...]:
    """Return the labels of the regions that are visible in either photo."""
    shares = zip(regions.labels, *regions.seen, strict=True)
    return tuple(label for label, own, other in shares if max(own, other) >= SEEN)


def _kept(own: float, other: float, style: str) -> str:
    """Describe a region that stays as it is in the photo."""
    if own < SEEN:
        return f"Only in {style} ({other:.0%} of it)"
    return f"{own:.0%} of your photo, kept as in the photo, as you chose"


def _own(own: float, other: float, style: str, *, can_match: bool) -> str:
    """Describe a region that the user has added."""
    mine, theirs = f"{_percent(own)} of your photo, a region of your own", f"{_percent(other)} of {style}"
    if own and other:
        return f"{mine}, with the look of {theirs[0].lower()}{theirs[1:]}"
    if own:
        paint = ", unless you paint it on the style photo, too" if can_match else ""
        return f"{mine}, only here: it follows the look of the whole photo{paint}"
    if other:
        return f"{theirs}, a region of your own, only there: it does nothing, unless you paint it on your photo, too"
    return "A region of your own, of which nothing is left"


def _percent(share: float) -> str:
    return "Less than 1%" if share < LITTLE else f"{share:.0%}"


def _said(own: float, other: float, sure: float, style: str, whose: str, *, out: bool) -> str:
    if own < SEEN:
        return f"Only in {style} ({other:.0%} of it)"
    mine = f"{own:.0%} of your photo{f', {whose}' if whose else ''}"
    if out:
        return f"{mine}, with the look of the whole photo, as you chose"
    if sure <= NO_MATCH:
        nothing = f"with nothing like it in {style}"
        another = f"and this number in {style} seems to be another thing"
        return f"{mine}, {nothing if other < SEEN else another}: it follows the look of the whole photo"
    theirs = f"with the look of {_percent(other).lower()} of {style}"
    if sure >= SURE:
        return f"{mine}, {theirs}"
    return f"{mine}, partly {theirs}{'' if whose else ': perhaps it is not the same thing'}"
