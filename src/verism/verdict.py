"""What the figures of a result say of its picture, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

DRIFT = 5.0
"""ΔE76 above which drift is plain to see. Edits that are the same everywhere stay below 4 (``verism.metrics.drift``);
photos whose skies had visibly turned several colours had 8 or more. It is about two just noticeable differences (2.3;
Mahy et al. 1994) as a root mean square, so that whole patches are further off."""

LOST = 0.25
"""Share of the photo's detail: a plain map of all colours loses about 0.15 of it in what it darkens, unnoticed; results
that were called flat or repainted had lost 0.35."""

CLIPPED = 0.02
"""Share of samples: a fiftieth of a photo is a cloud or a face, which is then one flat spot of black or white."""

BLOWN = 0.02
"""Share of the photo's detail: clean results stay below 0.01, results with noise or blocks in the sky reach 0.03."""


class Fault(NamedTuple):
    """Something that is wrong with a picture if a figure is above a limit.

    Attributes:
        metric: which of ``verism.metrics.NAMES``.
        limit: up to which all is well.
        title: how a value is told, a format string.
        meaning: what is seen.
        remedy: the option that helps, and how.
    """

    metric: str
    limit: float
    title: str
    meaning: str
    remedy: str

    def found(self, figures: Mapping[str, float]) -> bool:
        """Return whether the figures of a result have it; not if its own is missing or no number."""
        return self.metric in figures and figures[self.metric] > self.limit

    def of(self, figures: Mapping[str, float]) -> str:
        """Return what is said of a result that has it: one sentence."""
        return f"{self.title.format(figures[self.metric])}: {self.meaning}; {self.remedy}."


FAULTS = (
    Fault(
        "drift",
        DRIFT,
        "Drift ΔE {:.1f}",
        "one colour of the photo has become several in different places",
        "a higher --model.consistency.weight holds them together",
    ),
    Fault(
        "lost",
        LOST,
        "Detail lost {:.0%}",
        "textures have gone flat",
        "a lower --output.tone keeps more of the photo's own light",
    ),
    Fault(
        "newly_clipped",
        CLIPPED,
        "Newly clipped {:.1%}",
        "shadows or highlights have become plain black or white, or one of their channels has",
        "a lower --output.tone keeps more of the photo's own light",
    ),
    Fault(
        "blown",
        BLOWN,
        "Detail blown up {:.1%}",
        "contrast has grown to more than 2.5 times the photo's, as where noise is brought up",
        "a lower --output.strength is milder",
    ),
)
"""What is looked for, the most serious first."""


def summary(figures: Mapping[str, float]) -> str:
    """Return the figures that sum a result up, as a list in words; those that agree with the eye come first.

    Args:
        figures: as ``verism.metrics.Measure`` returns them.
    """
    return (
        f"drift ΔE {figures['drift']:.1f} (up to 4: the same edit everywhere), detail lost {figures['lost']:.1%}, "
        f"newly clipped {figures['newly_clipped']:.1%} (0: none), structure {figures['structure']:.3f} (1: the content "
        f"photo's), colour distance to the style {figures['sliced_wasserstein']:.3f} (0: none), style distance "
        f"{figures['style_distance']:.2f} (1: the content photo's, 0: none)"
    )


def in_words(figures: Mapping[str, float]) -> list[str]:
    """Return three sentences about a result: on its geometry, its evenness and its look; none without figures.

    Args:
        figures: as ``verism.metrics.Measure`` returns them.
    """
    if not figures:
        return []
    even = "even" if figures["drift"] <= DRIFT else "uneven"
    taken = 1 - figures["style_distance"]
    way = f"{taken:.0%} of the way to the style's" if taken > 0 else "no nearer to the style's than the photo was"
    return [
        f"Structure: {figures['structure']:.1%} of the photo's is kept.",
        f"Colours: {even}, one colour of the photo varies by ΔE {figures['drift']:.1f} (seen from {DRIFT:.0f} on).",
        f"Look: {way}.",
    ]


def faults(figures: Mapping[str, float]) -> list[str]:
    """Return a sentence for each fault of a result, with the option that helps; none for a sound one.

    Args:
        figures: as ``verism.metrics.Measure`` returns them, or some of them.
    """
    return [fault.of(figures) for fault in FAULTS if fault.found(figures)]
