"""Explains the metrics of a result in sentences, with warnings about visible faults."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from verism.look.strength import Strength

DRIFT = 7.0
"""ΔE76 above which drift is clearly visible. Edits that are the same everywhere stay below 4
(``verism.metrics.drift``), and skies that took on the gradient of another sky had up to 6; results whose skies had
visibly taken on several colours had 8 or more. The limit is a root mean square of three just noticeable differences
(2.3; Mahy et al. 1994), so whole patches differ by more."""

SLIGHT = 3.5
"""ΔE76 of drift from which on tints within one area are said to differ. It is half of ``DRIFT``: a photographer noticed
patches at 4.4, a yellow curtain in fog. Nearly all edits that are the same everywhere stay below it: photos against
themselves have 0.3 to 2, and only strong curves and tints reach 4 (``verism.metrics.drift``)."""

SAME_EDIT = 4
"""ΔE76 of drift that a strong edit can have even if it is the same everywhere (``verism.metrics.drift``)."""

VISIBLE = "about 2 is just visible side by side"
"""What a ΔE means: one just noticeable difference is 2.3 (Mahy et al. 1994)."""

LOST = 0.25
"""Share of the photo's detail. A single colour map loses about 0.15 of it where it darkens the photo, unnoticed;
results that judges called flat or repainted had lost 0.35."""

CLIPPED = 0.02
"""Share of pixels: a fiftieth of a photo is as large as a cloud or a face, which would become one flat area."""

PURE = 0.15
"""Share of pixels: vivid pictures, such as a photo under a sunset, have up to 0.13 of such colours. From 0.2 on, whole
walls and fields had reached the limit and had become flat in colour, if not in light."""

PURE_LESS = 0.8
"""Share of a picture's colour strength that leaves hardly any of them: of the 0.13 to 0.77 in six pictures, at most
0.015 remained."""

BLOWN = 0.02
"""Share of the photo's detail. Clean results stay below 0.01; results with noise or blocks in the sky reach 0.03."""


KEPT = "kept as it is"
"""What is said of a region of the content photo that the user keeps, in place of how sure its match is."""

NO_MATCH = 0.05
"""Confidence up to which a region of the content photo is reported to have no match in the style photo."""


LITTLE = 0.1
"""Part of the way to the style's colours, or away from them, below which a look is reported as hardly visible, unless
it has visibly changed the photo. The way accounts for how much there is of each colour, so a photo whose subjects
differ from the style's may come no nearer to it, however each of its colours changes."""

CHANGED = 2.0
"""Mean CIEDE2000 from the photo from which on it is visibly different: 1 is just noticeable side by side, 2 to 3 at a
glance."""


PARTS: Mapping[float, str] = {
    0.1: "about a tenth",
    0.25: "about a quarter",
    1 / 3: "about a third",
    0.5: "about half",
    2 / 3: "about two thirds",
    0.75: "about three quarters",
    0.9: "about nine tenths",
    1.0: "nearly all",
}
"""Words for the part of the distance between the photo's colours and the style's that is gone; the nearest one is used.
As the distance is one between mixtures of colours, it may be smaller below full strength."""

SAME, NEARLY = 0.95, 0.85
"""Structure from which on shapes and edges are reported to be the photo's, or nearly so: 1 is the photo itself."""

ELSEWHERE = (
    "What may help: a style photo of the same kind of scene, or regions that you draw yourself (Regions in verism app)."
)
"""What may help if a look has moved elsewhere than towards the style."""

MILDER = 0.6
"""Share of a picture's strength that is suggested for a milder one."""


class Fault(NamedTuple):
    """A visible fault, which a result has if a metric is above a limit.

    Attributes:
        metric: name of the metric, one of ``verism.metrics.NAMES``.
        limit: largest value without the fault.
        title: format string for the value.
        meaning: what the viewer sees in the picture.
        remedy: the option that helps, and how.
        share: format string for the value in plain words; empty if it would mean nothing to a photographer.
        aim: what the remedy achieves, as the beginning of a sentence that ends in a command.
        milder: by options of ``Strength``, the share of their values that helps; empty: another run helps, with
            ``instead``.
        instead: options that help when added to the command of the run.
    """

    metric: str
    limit: float
    title: str
    meaning: str
    remedy: str
    share: str = ""
    aim: str = ""
    milder: Mapping[str, float] = {}
    instead: Sequence[str] = ()

    def found(self, figures: Mapping[str, float]) -> bool:
        """Return whether a result with these metrics has the fault; false if its metric is missing or NaN."""
        return self.metric in figures and figures[self.metric] > self.limit

    def seen(self, figures: Mapping[str, float]) -> str:
        """Return what is visible as a sentence without full stop, in numbers only if a photographer understands them.

        Args:
            figures: metrics of a result that has the fault.
        """
        return f"{self.meaning[0].upper()}{self.meaning[1:]}{self.share.format(figures[self.metric])}"

    def plainly(self, figures: Mapping[str, float]) -> str:
        """Return what is visible, and the remedy."""
        return f"{self.seen(figures)}; {self.remedy}."

    def of(self, figures: Mapping[str, float]) -> str:
        """Return a sentence about the fault of a result with these metrics."""
        return f"{self.title.format(figures[self.metric])}: {self.meaning}; {self.remedy}."


FAULTS = (
    Fault(
        "drift",
        DRIFT,
        "Drift ΔE {:.1f}",
        "one colour of the photo has become several in different places",
        # The remedy depends on the picture (``verism.uneven``); this one always helps.
        "a lower --output.strength makes that weaker",
        aim="Weaker",
        milder={"strength": MILDER},
    ),
    Fault(
        "lost",
        LOST,
        "Detail lost {:.0%}",
        "textures have gone flat",
        "a lower --output.tone keeps more of the photo's own light",
        aim="More of the photo's own light",
        milder={"tone": 0.5},
    ),
    Fault(
        "newly_clipped",
        CLIPPED,
        "Newly clipped {:.1%}",
        "shadows or highlights have lost their detail",
        "a lower --output.strength gives it back",
        " ({:.1%} newly clipped)",
        aim="With more detail",
        milder={"strength": MILDER},
    ),
    Fault(
        "blown",
        BLOWN,
        "Detail blown up {:.1%}",
        "contrast has grown to more than 2.5 times the photo's, as when noise is amplified",
        "a lower --output.strength is milder",
        aim="Milder",
        milder={"strength": MILDER},
    ),
)
"""The faults to look for, most serious first."""


def summary(figures: Mapping[str, float]) -> list[str]:
    """Return a line for each of the main metrics of a result; those that agree best with the eye come first.

    The names are left-aligned and the values right-aligned.

    Args:
        figures: metrics by name, as ``verism.metrics.Measure`` returns them, at least those in ``verism.metrics.TOLD``.
    """
    rows = [
        ("drift", f"ΔE {figures['drift']:.1f}", f"up to {SAME_EDIT}: the same edit everywhere"),
        ("detail lost", f"{figures['lost']:.1%}", "0: none"),
        ("newly clipped", f"{figures['newly_clipped']:.1%}", "0: none"),
        ("structure", f"{figures['structure']:.3f}", "1: the content photo's"),
        ("colour distance", f"{figures['color_distance']:.2f}", "1: the content photo's, 0: the style's colours"),
    ]
    if "style_distance" in figures:
        rows.append(("style distance", f"{figures['style_distance']:.2f}", "1: the content photo's, 0: none"))
    names, values = (max(len(row[place]) for row in rows) for place in (0, 1))
    return [f"{name:<{names}}  {value:>{values}}   {meaning}" for name, value, meaning in rows]


def in_words(
    figures: Mapping[str, float], full: Mapping[str, float] | None = None, strength: Strength | None = None
) -> list[str]:
    """Return sentences about a result: its shapes, its evenness, its look, and pure colours if it has many.

    Args:
        figures: metrics of the picture by name, at least those in ``verism.metrics.TOLD``. If they are empty, so is the
            result.
        full: metrics of the picture at full strength, if another strength is judged.
        strength: strength of the picture; None: the full one.
    """
    if not figures:
        return []
    # If no tints differ, a value above what is visible needs an explanation.
    why = (
        f" (ΔE {figures['drift']:.1f}; one edit of the whole photo gives up to {SAME_EDIT})" if is_even(figures) else ""
    )
    differing = f"; {_differ(figures)}" if figures["drift"] > DRIFT else ""
    return [
        f"Shapes and edges: {figures['structure']:.1%} as in your photo.",
        f"{_colours(figures)}{why}{differing}.",
        _look(figures, full, strength or Strength()),
        *pure(figures, strength or Strength()),
    ]


def pure(figures: Mapping[str, float], strength: Strength) -> list[str]:
    """Return a sentence about a picture with many pure colours, which is a fact and not a fault; else nothing.

    Args:
        figures: metrics of the picture, by name.
        strength: strength of the picture.
    """
    # If the metric is missing or NaN, nothing is known.
    if not figures.get("pure_colors", 0) > PURE:
        return []
    reached = f"in {figures['pure_colors']:.0%} of the picture, red, green or blue has come to its limit"
    less = f"--output.color {PURE_LESS * strength.color:.2g} brings nearly all of it back"
    return [f"Very vivid colours: {reached}, where the finest differences are lost; {less}."]


def _colours(figures: Mapping[str, float]) -> str:
    """Return how evenly the colours were treated, as a sentence without full stop."""
    if is_even(figures):
        return "Colours: even across the picture, as far as can be measured"
    return "Colours: treated unevenly" if figures["drift"] > DRIFT else f"Colours: mostly even; {_differ(figures)}"


def _differ(figures: Mapping[str, float]) -> str:
    return f"tints within one area differ by ΔE {figures['drift']:.1f}, and {VISIBLE}"


def _look(figures: Mapping[str, float], full: Mapping[str, float] | None, strength: Strength) -> str:
    """Return a sentence on how far the colours have moved; it does not blame the style for what the user asked for."""
    if not strength.strength:
        return "Look: your photo's own, as asked."
    if not strength.color:
        return "Look: your photo's own colours, as asked."
    taken = 1 - figures["color_distance"]
    if taken >= LITTLE:
        nearest = min(PARTS, key=lambda part: abs(part - taken))
        return f"Look: {PARTS[nearest]} of the difference from the style's colours is gone."
    way = _way(taken)
    if full is not None and _has_moved(full) and not _has_moved(figures):
        return f"Look: at this strength, the colours are {way}."
    changed = "have changed, but are" if is_astray(figures) else "are"
    return f"Look: the colours {changed} {way}."


def _way(taken: float) -> str:
    """Return where colours are that have hardly moved, from the part of the way; NaN: there was none."""
    if math.isnan(taken):
        return "close to the style's, as the photo's were already"
    if taken <= 0:
        return "no nearer to the style's than the photo's were"
    return "hardly any nearer to the style's than the photo's were"


def look_plainly(
    figures: Mapping[str, float], full: Mapping[str, float] | None = None, strength: Strength | None = None
) -> list[str]:
    """Return what ``in_words`` says, without units that a photographer would have to look up.

    Args:
        figures: metrics of the picture, as ``in_words`` takes them.
        full: metrics at full strength, if another strength is judged; they tell whether the look itself has gone
            astray.
        strength: strength of the picture; None: the full one.
    """
    if not figures:
        return []
    shapes = "as" if figures["structure"] >= SAME else "nearly as" if figures["structure"] >= NEARLY else "not all as"
    own_colours = strength is not None and not strength.strength * strength.color
    astray = not own_colours and is_astray(figures) and (full is None or is_astray(full))
    return [
        f"Shapes and edges: {shapes} in your photo.",
        f"{_colours(figures)}.",
        *in_words(figures, full, strength)[2:],
        *([ELSEWHERE] if astray else []),
    ]


def exceptions(
    figures: Mapping[str, float], full: Mapping[str, float] | None = None, strength: Strength | None = None
) -> list[str]:
    """Return what ``look_plainly`` says, except about shapes and evenness that are fine or are reported as a fault.

    Args:
        figures: as ``look_plainly`` takes them.
        full: likewise.
        strength: likewise.
    """
    if not figures:
        return []
    shapes, colours, *look = look_plainly(figures, full, strength)
    told = [] if figures["structure"] >= SAME else [shapes]
    return [*told, *([] if is_even(figures) or figures["drift"] > DRIFT else [colours]), *look]


def is_sound(figures: Mapping[str, float]) -> bool:
    """Return whether a picture's shapes, edges and colours are as they should be, with nothing to report."""
    return figures["structure"] >= SAME and is_even(figures) and not found(figures)


def found(figures: Mapping[str, float]) -> list[Fault]:
    """Return the faults of a result with these metrics."""
    return [fault for fault in FAULTS if fault.found(figures)]


def is_even(figures: Mapping[str, float]) -> bool:
    """Return whether the colours were treated evenly, as far as the eye can tell."""
    return figures["drift"] <= SLIGHT


def hardly_there(figures: Mapping[str, float]) -> bool:
    """Return whether a result has hardly taken on the look and still looks like the photo; false without metrics."""
    measured = "color_distance" in figures and "ciede2000" in figures
    return measured and not abs(1 - figures["color_distance"]) >= LITTLE and figures["ciede2000"] < CHANGED


def is_astray(figures: Mapping[str, float]) -> bool:
    """Return whether a result has visibly changed, but hardly towards the style; false if a metric is missing."""
    measured = "color_distance" in figures and "ciede2000" in figures
    return measured and figures["ciede2000"] >= CHANGED and 1 - figures["color_distance"] < LITTLE


def _has_moved(figures: Mapping[str, float]) -> bool:
    """Return whether the colours have moved nearer to the style's; false if they were there already."""
    return "color_distance" in figures and 1 - figures["color_distance"] >= LITTLE


def match(confidence: float) -> str:
    """Return in words how certain it is that both photos show a region, from its confidence in [0, 1]."""
    return "no match" if confidence <= NO_MATCH else f"{confidence:.0%} sure"
