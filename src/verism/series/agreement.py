"""How different neighbours of one scene are, before and after the look is applied."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch

from verism.series.levels import Shared
from verism.series.neighbours import difference
from verism.series.photo import Levelled

SAME = 0.05
"""Relative change of the differences up to which they count as unchanged."""

UNCHANGED = "as far apart in colour as before"


@dataclass(frozen=True)
class Agreement:
    """The differences between neighbours, in ΔE76 of the mean colours of matched regions (``neighbours.difference``).

    Attributes:
        pairs: for each photo and the next one, the difference before and after the look; None if they show two scenes
            or one of them failed.
    """

    pairs: Sequence[tuple[float | None, float | None]]

    @classmethod
    def of(cls, pairs: Sequence[Shared | None], outcomes: Iterable[Levelled]) -> Agreement:
        """Return the agreement of a series.

        Args:
            pairs: what each photo shares with the next one, before the look; None if they show two scenes.
            outcomes: the outcomes for the photos, one more than there are pairs; at most two are held at a time.
        """
        found: list[tuple[float | None, float | None]] = []
        for pair, (first, second) in zip(pairs, pairwise(outcomes), strict=True):
            if pair is not None and first.after and second.before:
                after = difference(torch.tensor(first.after), torch.tensor(second.before), pair.weights)
                found.append((difference(pair.light, pair.other, pair.weights), after))
            else:
                found.append((None, None))
        return cls(found)

    def said(self) -> str:
        """Return how much closer neighbours have become, as a line of text; empty if no two show the same scene."""
        both = [(before, after) for before, after in self.pairs if before is not None and after is not None]
        if not both:
            return ""
        before, after = (sum(values) / len(both) for values in zip(*both, strict=True))
        pairs = f"{len(both)} pair{'s' if len(both) != 1 else ''} of neighbours"
        changed = (before - after) / before if before else 0.0
        how = f"{abs(changed):.0%} {'nearer to each other' if changed > 0 else 'further apart'} in colour than before"
        return f"Agreement: {pairs} of one scene, {how if abs(changed) >= SAME else UNCHANGED}.\n"
