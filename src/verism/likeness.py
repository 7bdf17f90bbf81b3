"""What is said of two photos together: whether they are of one scene, and how much of one the other shows, too."""

from __future__ import annotations

from verism.canvas import Canvas, RegionalGrade
from verism.regions.regions import Regions

ONE_GRADE = "The photos are of one scene, and the whole photo gets one grade."

MUCH_THE_SAME = "The photos are probably of one scene: all regions get much the same grade."

LESS_APART = "The photos may be of one scene: the grades of the regions differ less than they otherwise would."

SURELY, PROBABLY, HARDLY = 0.95, 0.5, 0.05
"""Certainty that two photos are of one scene: from which on that decides all of the grade, or most of it, and up to
which it hardly changes the grade."""


def has_one_grade(regions: Regions, canvas: Canvas) -> bool:
    """Return whether the whole photo gets one grade, because the photos are of one scene, so that no region counts."""
    return _of_one_scene(regions, canvas) >= SURELY


def of_scene(regions: Regions, canvas: Canvas) -> str:
    """Return what follows for the grade if the photos may be of one scene, as a sentence; empty if nothing does."""
    sure = _of_one_scene(regions, canvas)
    if sure <= HARDLY:
        return ""
    return ONE_GRADE if sure >= SURELY else MUCH_THE_SAME if sure > PROBABLY else LESS_APART


def _of_one_scene(regions: Regions, canvas: Canvas) -> float:
    # Other canvases compare the regions of one scene as those of two.
    return regions.one_scene if isinstance(canvas, RegionalGrade) else 0.0
