"""What is said of two photos together."""

from __future__ import annotations

import pytest
import torch

from verism import likeness
from verism.canvas import Lut3d, RegionalGrade
from verism.likeness import has_one_grade, matched, of_scene
from verism.regions.regions import Regions

LABELS = ("#e6194b", "#3cb44b")


def found(one_scene: float = 0.0) -> Regions:
    """A quarter without a match, and three quarters whose match is half sure."""
    left = (torch.arange(64) < 16).float().expand(1, 1, 48, 64)
    masks = torch.cat([left, 1 - left], dim=1)
    return Regions(LABELS, masks, masks, torch.tensor([0.0, 0.5]), one_scene)


@pytest.mark.parametrize(
    ("one_scene", "said"),
    [
        (0.0, ""),
        (0.04, ""),
        (0.4, likeness.LESS_APART),
        (0.7, likeness.MUCH_THE_SAME),
        (0.97, likeness.ONE_GRADE),
        (1.0, likeness.ONE_GRADE),
    ],
)
def test_only_what_decides_the_grade_is_said(one_scene: float, said: str) -> None:
    canvas = RegionalGrade()
    assert of_scene(found(one_scene), canvas) == said
    assert has_one_grade(found(one_scene), canvas) == (said == likeness.ONE_GRADE)
    # Other canvases take regions as they are.
    assert of_scene(found(one_scene), Lut3d()) == ""


def test_one_grade_leaves_out_what_is_kept() -> None:
    assert of_scene(found(1.0).keep(["red"]), RegionalGrade()) == likeness.ONE_GRADE_BESIDE


def test_a_match_counts_as_far_as_it_is_sure() -> None:
    assert matched(found()) == pytest.approx(0.375)
    # Nobody misses what was left out.
    assert matched(found(), ["red"]) == pytest.approx(0.625)
    assert matched(found()._replace(confidence=None)) == 1


def test_nobody_misses_a_match_of_white_paper() -> None:
    """Which is in no region: here, all of the part without a match and half of the other."""
    regions = found()
    paper = torch.zeros_like(regions.content)
    paper[:, 1, :24] = regions.content[:, 1, :24]
    assert matched(regions._replace(content=paper)) == pytest.approx(0.5)
    assert matched(regions._replace(content=torch.zeros_like(paper))) == 0
