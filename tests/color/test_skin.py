"""Skin under a grade keeps its hue and most of its chroma."""

from __future__ import annotations

import math

import pytest
import torch
from oklab import blue_sky_and_grey, encoded, greys, ones, ramp

from verism.color.closed_form import MONOCHROME, region, whole_photo
from verism.color.skin import SKIN, SKIN_KEPT


def test_skin_stays_skin_under_a_blue_sky() -> None:
    """Its hue, to 15 degrees, and from half to 1.6 times its chroma."""
    skin = torch.tensor([0.80, 0.60, 0.50]).view(1, 3, 1, 1).expand(1, 3, 16, 64)
    photo = encoded(torch.cat([skin, ramp()], dim=2))
    before = encoded(skin)[:, :1]
    after = whole_photo(photo, encoded(blue_sky_and_grey()))(before)[0]
    hues = [math.degrees(math.atan2(float(color[2, 0]), float(color[1, 0]))) for color in (before, after)]
    assert abs(hues[1] - hues[0]) < 15
    assert 0.5 <= float(after[1:].norm() / before[1:].norm()) <= 1.61


@pytest.mark.parametrize("lightness", [0.45, 0.6, 0.8])
def test_skin_keeps_most_of_its_colour_where_the_style_has_hardly_any(lightness: float) -> None:
    """A grey day, whether all of the photo meets it or skin alone does."""
    degrees, chroma = SKIN
    hue = torch.tensor([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))])
    skin = torch.cat([torch.tensor([lightness]), chroma * hue]).unsqueeze(1)
    photo = torch.cat([skin.expand(3, 400), greys(0.1, 0.9)], dim=1)
    day = greys(0.1, 0.9)
    day[2] = MONOCHROME * torch.linspace(-2, 2, 400)
    faces = (torch.arange(800) < 400).float()
    for found in (whole_photo(photo, day), region(photo, day, faces, ones(day))):
        left = float(found(skin)[0, 1:, 0] @ hue) / chroma
        assert SKIN_KEPT - 1e-3 <= left < 1
    # In black and white, skin is grey too.
    grey = greys(0.1, 0.9)
    assert float(whole_photo(photo, grey)(skin)[0, 1:].norm()) < 0.1 * chroma
