"""Parses the weights of several style photos as typed by the user."""

from __future__ import annotations

import re

from verism.errors import VerismError


def weights_of(typed: str, count: int) -> tuple[float, ...]:
    """Return the weights of the style photos. Empty if none are typed, or there is only one photo.

    Args:
        typed: a number for each photo, such as "2 1", "2, 1" or "2:1".
        count: the number of style photos.

    Raises:
        VerismError: if anything else was typed.
    """
    words = re.split(r"[\s,;:]+", typed.strip(" \t,;:"))
    if count == 1 or words == [""]:
        return ()
    example = " ".join(["2", *["1"] * (count - 1)])
    try:
        weights = tuple(map(float, words))
    except ValueError:
        weights = ()
    if len(weights) != count:
        raise VerismError(
            f"Weights: type a number for each of the {count} style photos, such as {example}, or leave the field empty."
        )
    return weights
