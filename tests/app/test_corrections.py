"""What is changed about regions: as options, as pictures, and by the brush."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from verism.app.corrections import DIMMED, Corrections, labels_in, painted, region_at, shown, tinted
from verism.regions.masks import label_colors
from verism.regions.regions import Regions

RED, GREEN, BLUE = "#e6194b", "#3cb44b", "#0082c8"


def thirds() -> Regions:
    """Three regions from left to right, of both photos."""
    masks = torch.zeros(1, 3, 4, 6)
    for number in range(3):
        masks[:, number, :, 2 * number : 2 * number + 2] = 1
    return Regions((RED, GREEN, BLUE), masks, masks.clone(), torch.tensor([1.0, 0.5, 0.25]))


@pytest.mark.parametrize("color", [(0.9, 0.1, 0.3), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)])
def test_a_region_is_known_by_its_colour_on_the_map(color: tuple[float, ...]) -> None:
    """Whatever colour the photo has, and however pale its own is: the photo's is not in it, nor is it nearly black."""
    regions = thirds()
    seen = tinted(torch.tensor(color).view(1, 3, 1, 1).expand(1, 3, 4, 6), regions.content, regions)
    own = label_colors(regions.labels) / 255
    for number in range(3):
        levels = seen[0, :, 0, 2 * number]
        away, full = levels - levels.mean(), own[number] - own[number].mean()
        torch.testing.assert_close(away / away.norm(), full / full.norm())
        assert levels.max() > 0.35
        assert levels.max() - levels.min() > 0.15


def test_nothing_changed_is_no_option() -> None:
    assert Corrections().options() == {}


def test_groups_of_groups_are_groups() -> None:
    merged = Corrections().merge([RED, GREEN]).merge(["#ffe119", "#911eb4"])
    assert merged.options() == {"data.merge": [["red", "green"], ["yellow", "purple"]]}
    assert merged.merge([BLUE, RED]).options() == {"data.merge": [["yellow", "purple"], ["blue", "red", "green"]]}


def test_what_is_merged_is_in_again() -> None:
    out = Corrections(mask=Path("mask.png")).leave_out([RED, BLUE]).leave_out([RED])
    assert out.options() == {"data.leave_out": ["red", "blue"], "data.content_mask": "mask.png"}
    assert out.merge([GREEN, RED]).left_out == (BLUE,)


def test_a_region_is_left_out_or_kept_and_not_both() -> None:
    both = Corrections().leave_out([RED, BLUE]).keep([RED, GREEN])
    assert both.options() == {"data.leave_out": ["blue"], "data.keep": ["red", "green"]}
    assert both.leave_out([GREEN]).options() == {"data.leave_out": ["blue", "green"], "data.keep": ["red"]}
    assert both.merge([GREEN, BLUE]).options() == {"data.merge": [["green", "blue"]], "data.keep": ["red"]}


@pytest.mark.parametrize(("x", "label"), [(0.0, RED), (0.32, RED), (0.34, GREEN), (0.99, BLUE), (1.0, BLUE)])
def test_a_place_is_in_the_region_that_has_it(x: float, label: str) -> None:
    regions = thirds()
    assert region_at(regions.content, regions.labels, (x, 0.5)) == label


def test_a_place_in_no_region() -> None:
    regions = thirds()
    assert region_at(regions.content[:, :1], regions.labels[:1], (0.9, 0.5)) is None


def test_what_is_not_chosen_is_dimmed() -> None:
    regions, photo = thirds(), torch.full((1, 3, 8, 12), 0.5)
    masks = torch.repeat_interleave(torch.repeat_interleave(regions.content, 2, dim=2), 2, dim=3)
    numbers = {RED: 1, GREEN: 2, BLUE: 3}
    plain = shown(photo, masks, regions, (), numbers)
    chosen = shown(photo, masks, regions, (GREEN,), numbers)
    colours = tinted(photo, masks, regions)
    # At the top, there are no numbers.
    torch.testing.assert_close(plain[..., 0, :], colours[..., 0, :], atol=1 / 255, rtol=0)
    torch.testing.assert_close(chosen[..., 0, 4:8], colours[..., 0, 4:8], atol=1 / 255, rtol=0)
    torch.testing.assert_close(chosen[..., 0, :4], DIMMED * colours[..., 0, :4], atol=1 / 255, rtol=0)


def test_it_is_known_what_the_user_has_made_of_a_region() -> None:
    """Also of one that is merged with one that was painted."""
    corrections = Corrections().paint("content", Path("mask.png"), [RED])
    assert [corrections.whose(label) for label in (RED, GREEN)] == ["as you painted it", ""]
    merged = corrections.merge([GREEN, RED])
    assert merged.whose(GREEN) == "as you painted and merged it"
    assert merged.paint("style", Path("mask-2.png"), [BLUE]).painted == (GREEN, BLUE)
    assert "painted" not in "".join(merged.options())


def test_strokes_are_taken_to_the_nearest_region_over_those_before() -> None:
    """A stroke of the brush, at twice the size, has soft edges and is not quite of the region's colour."""
    before = torch.zeros(1, 4, 4, 6)
    before[0, :3, :2, :3] = 1.0
    before[0, 3, :2, :3] = 1
    strokes = torch.zeros(1, 4, 8, 12)
    near_blue = torch.tensor([0x08, 0x80, 0xC0]) / 255
    strokes[0, :3, :2] = near_blue.view(3, 1, 1)
    strokes[0, 3, :2] = 1
    strokes[0, 3, 2:4] = 0.2
    expected = before.clone()
    expected[0, :, 0] = torch.tensor([0x00, 0x82, 0xC8, 0xFF]).view(4, 1) / 255
    after = painted((RED, GREEN, BLUE), strokes, before)
    torch.testing.assert_close(after, expected)
    # White is no label's colour.
    assert labels_in((RED, GREEN, BLUE), after) == (BLUE,)
