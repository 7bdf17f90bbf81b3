"""Messages about two photos together: whether they show one scene, and how much of one has a match in the other."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from verism.canvas import Canvas, RegionalGrade
from verism.module import StyleTransfer
from verism.regions.colors import label_of
from verism.regions.regions import Regions
from verism.verdict import ELSEWHERE

ONE_GRADE_BESIDE = (
    "The photos are alike all over, so the whole photo gets one grade, except for what you keep as it is."
)

ONE_GRADE = "The photos are alike all over, so the whole photo gets one grade."

MUCH_THE_SAME = "The photos are alike nearly all over, so all regions get much the same grade."

LESS_APART = (
    "The photos are somewhat alike all over, so the grades of their regions differ less than they otherwise would."
)

LITTLE_SHARED = (
    "Most of your photo has no sure match in the style: it takes the style's light and white balance as a whole, and "
    f"little else. {ELSEWHERE}"
)

ENOUGH = 0.4
"""Share of a photo with a match from which on nothing is reported. Of 71 pairs of photos, a house at dusk and a
mountain under an evening sky had 0.44 and 0.46, and all that are clearly alike had more; two faces and a wood had 0.35,
a lake and a street at night 0.37."""

SURELY, PROBABLY, HARDLY = 0.95, 0.5, 0.05
"""Certainty that two photos show one scene, from which on this determines all of the grade, or most of it, and up to
which it hardly changes the grade."""


def has_one_grade(regions: Regions, canvas: Canvas) -> bool:
    """Return whether the whole photo gets one grade because both photos show one scene; regions do not matter then."""
    return _of_one_scene(regions, canvas) >= SURELY


def of_scene(regions: Regions, canvas: Canvas) -> str:
    """Return, as a sentence, how the grade changes if the photos may show one scene; empty if it does not."""
    sure = _of_one_scene(regions, canvas)
    if sure <= HARDLY:
        return ""
    one = ONE_GRADE_BESIDE if regions.kept else ONE_GRADE
    return one if sure >= SURELY else MUCH_THE_SAME if sure > PROBABLY else LESS_APART


def little_shared(model: StyleTransfer) -> str:
    """Return a message if most of a run's photo has no certain match in the style; empty if enough of it has one."""
    regions, canvas = model.regions, model.canvas
    if regions is None or regions.undivided or not isinstance(canvas, RegionalGrade):
        return ""
    if _of_one_scene(regions, canvas) > PROBABLY or matched(regions, [*model.data.left_out, *regions.kept]) >= ENOUGH:
        return ""
    return LITTLE_SHARED


def matched(regions: Regions, left_out: Sequence[str] = ()) -> float:
    """Return how much of a photo's regions has a match, from 0 to 1, with each region weighted by its certainty.

    Areas in no region, such as white paper, do not count as missing.

    Args:
        regions: regions of both photos.
        left_out: labels of regions that the user has left out or keeps, or the words for them; their matches are not
            missed.
    """
    chosen = set(map(label_of, left_out))
    sure = regions.sure.double().cpu().maximum(torch.tensor([label in chosen for label in regions.labels]).double())
    shares = regions.content.double().mean(dim=(0, 2, 3)).cpu()
    return float(shares @ sure / shares.sum().clamp_min(1e-9))


def without_repeats(sentences: Sequence[str], model: StyleTransfer) -> list[str]:
    """Return the messages about a picture, and one if the photos share little, with only one recommendation."""
    little = little_shared(model)
    return [*(it for it in sentences if it != ELSEWHERE), little] if little else list(sentences)


def _of_one_scene(regions: Regions, canvas: Canvas) -> float:
    # Other canvases compare the regions of one scene like those of two.
    return regions.one_scene if isinstance(canvas, RegionalGrade) else 0.0
