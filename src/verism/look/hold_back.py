"""A look is weaker on a photo whose colours it does not know."""

from __future__ import annotations

from verism.look.strength import Strength

UNKNOWN = 0.05
"""Share of a photo's pixels with colours that the look does not know, up to which it gets the look in full. Above it, a
warning names the photo."""


def held_back(strength: Strength, unknown: float) -> Strength:
    """Return the strength of a look on a photo of which it knows some colours only.

    It falls in proportion to the share of the pixels with other colours, from full at ``UNKNOWN`` to none at 1: what
    was found for one photo says the less of another, the less the two have in common.

    Args:
        strength: the strength on a photo whose colours the look knows.
        unknown: share of the photo's pixels with colours that it does not know, in [0, 1].
    """
    known = min(1.0, (1 - unknown) / (1 - UNKNOWN))
    return strength._replace(strength=known * strength.strength)
