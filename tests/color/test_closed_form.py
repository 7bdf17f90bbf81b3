"""The grade in closed form: what it is by hand, and the bounds that it keeps."""

from __future__ import annotations

import math

import pytest
import torch
from conftest import CONFIGS, synthetic_photo
from oklab import blue_sky_and_grey, both_ways, encoded, greys, ones, ramp, with_greys
from torch import Tensor
from torch.nn.functional import normalize

from verism import images
from verism.color.closed_form import (
    BLACK,
    CAREFUL_SATURATIONS,
    CAST,
    HIGHLIGHT,
    LIFTED,
    LIGHT,
    REGION_LIFTED,
    WHITE_LOWERED,
    region,
    whole_photo,
)
from verism.color.tone_and_chroma import HUES, KNOTS, ToneAndChroma, hue_directions
from verism.color.weighted_colors import WeightedColors

WHITE = torch.tensor([[1.0], [0.0], [0.0]])


def saturation(found: ToneAndChroma) -> float:
    """Return what the matrix is, if it is a saturation and nothing else."""
    factor = float(found.matrix[0, 1, 1])
    assert found.matrix[0].tolist() == [[0, 0, 0], [0, factor, 0], [0, 0, factor]]
    return factor


@pytest.mark.parametrize("seed", range(4))
def test_a_photo_with_greys_is_its_own_style(seed: int) -> None:
    colors = encoded(with_greys(seed))
    torch.testing.assert_close(whole_photo(colors, colors)(colors)[0], colors, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["sunset", "picos"])
def test_a_photo_that_is_its_own_style_is_left_alone(name: str) -> None:
    """Whatever its cast, its black and its white; and so is a region."""
    colors = encoded(images.scale(images.read(CONFIGS / "photos" / f"{name}.jpg"), 96))
    torch.testing.assert_close(whole_photo(colors, colors)(colors)[0], colors, rtol=0, atol=1e-5)
    weights = torch.linspace(0, 1, colors.shape[1])
    torch.testing.assert_close(region(colors, colors, weights, weights)(colors)[0], colors, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("ours", "theirs", "ends"),
    [
        ((0.0, 1.0), (BLACK / 2, 1.0), (BLACK / 2, 1.0)),
        ((0.0, 1.0), (0.3, 1.0), (BLACK, 1.0)),
        ((0.2, 1.0), (0.22, 1.0), (BLACK, 1.0)),
        ((0.2, 1.0), (0.0, 1.0), (0.0, 1.0)),
        ((0.2, 0.8), (0.2, 0.8), (0.0, 1.0)),
        ((0.0, 1.0), (0.0, 0.8), (0.0, 1 - WHITE_LOWERED)),
        ((0.0, 0.8), (0.0, 0.77), (0.0, 0.97)),
        ((0.0, 0.8), (0.0, 1.0), (0.0, 1.0)),
    ],
)
def test_black_and_white_go_as_far_as_the_styles_differ(
    ours: tuple[float, float], theirs: tuple[float, float], ends: tuple[float, float]
) -> None:
    """From the photo's own; black up, by no more than a print's black, and white down, though it stays white."""
    content, style = greys(*ours), greys(*theirs)
    found = whole_photo(content, style).tones[0, :, 0]
    assert float(found[0]) == pytest.approx(LIFTED * ends[0], abs=0.008)
    assert float(found[-1]) == pytest.approx(ends[1], abs=0.015)
    black = float(region(content, style, ones(content), ones(style)).tones[0, 0, 0])
    assert black == pytest.approx(REGION_LIFTED * ends[0], abs=0.008)


@pytest.mark.parametrize(("gain", "lift"), [(0.4, 0.5), (0.6, 0.3), (0.9, 0.0)])
def test_black_stays_near_black_though_the_style_has_none(gain: float, lift: float) -> None:
    """The curve is wanted to go there, and not forced."""
    photo = with_greys(1)
    black = float(whole_photo(encoded(photo), encoded(gain * photo + lift)).tones[0, 0, 0])
    assert -0.03 < black < BLACK + 0.03


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("tint", [(1.0, 1.0, 1.0), (1.0, 0.8, 0.6), (0.7, 0.8, 1.0)])
def test_white_stays_white(seed: int, tint: tuple[float, float, float]) -> None:
    """In a photo with highlights, whatever the colour of the style's light, if the style has highlights too."""
    photo = with_greys(seed)
    lit = photo.flip(1) * torch.tensor(tint).view(1, 3, 1, 1)
    style = encoded(torch.cat([lit, torch.ones(1, 3, 4, 64)], dim=2))
    white = whole_photo(encoded(photo), style)(WHITE).flatten()
    assert float(white[1:].norm()) < 0.002
    assert float(white[0]) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(("lightest", "shift"), [(0.7, 0.0), (0.85, 0.01), (0.9, 0.02), (0.96, 0.032), (1.0, 0.04)])
def test_white_takes_the_tint_of_the_styles_white(lightest: float, shift: float) -> None:
    """The more, the lighter that is, in the whole photo and in a region."""
    photo, style = greys(0, 1), greys(0, lightest, 0.04)
    for found in (whole_photo(photo, style), region(photo, style, ones(photo), ones(style))):
        white = found(WHITE).flatten()
        assert float(white[0]) > lightest - 0.01
        shown = min(1, (1 - float(white[0])) / (1 - HIGHLIGHT))
        assert white[1:].tolist() == pytest.approx([shift + (0.04 - shift) * shown, 0], abs=0.0025)


def test_a_sun_stays_white_where_the_style_shows_one_too() -> None:
    """A third of both skies is brighter in the photo than in the style, and part of both is white."""

    def sky(bright: float, white: int) -> Tensor:
        lightness = torch.cat([torch.linspace(bright - 0.3, bright, 300), torch.ones(white)])
        return torch.cat([lightness.unsqueeze(0), torch.zeros(2, 300 + white)])

    photo = sky(0.95, 100)
    ends = [
        float(region(photo, style, torch.ones(400), torch.ones(style.shape[1]))(WHITE)[0, 0, 0])
        for style in (sky(0.8, 0), sky(0.8, 30), sky(0.8, 100))
    ]
    assert ends[0] < ends[1] < ends[2]
    assert ends[2] > 0.98


def test_a_lamp_stays_white_and_a_white_wall_takes_on_the_other_walls_tone() -> None:
    """Though nothing in the style's part is lighter than 0.8."""
    style = greys(0.2, 0.8)
    dark, white = greys(0.1, 0.7), greys(0.97, 0.985)
    lamp, wall = torch.cat([dark, white[:, :8]], 1), torch.cat([dark[:, :40], white], 1)
    found = [float(region(photo, style, ones(photo), ones(style))(WHITE)[0, 0, 0]) for photo in (lamp, wall)]
    assert found[0] > 0.9
    assert found[1] < 0.88


@pytest.mark.parametrize("tint", [0.0, 0.05], ids=["grey wood", "brown wood"])
def test_white_paper_stays_white(tint: float) -> None:
    """Behind a dark product, whatever the style's part is: a table has no white at all."""
    style = greys(0.2, 0.8)
    style[1:] = tint
    product, paper = greys(0.1, 0.6), torch.tensor([1.0, 0, 0]).view(3, 1).expand(3, 400)
    photo = torch.cat([product, paper], dim=1)
    for found in (region(photo, style, ones(photo), ones(style)), whole_photo(photo, style)):
        torch.testing.assert_close(found(WHITE)[0], WHITE, rtol=0, atol=5e-4)
    # The product takes on the look nevertheless.
    moved = region(photo, style, ones(photo), ones(style))(greys(0.3, 0.3))[0, 1:].mean()
    assert float(moved) == pytest.approx(tint, abs=0.02)


def test_an_opposite_hue_goes_grey_and_does_not_turn() -> None:
    """A blue under an orange tint; an orange takes it all."""
    warm = greys(0, 1, 0.04)
    warm[2] = 0.03
    found = whole_photo(greys(0, 1), warm)
    assert found.tones[0, 8, 1:].tolist() == pytest.approx([0.04, 0.03], abs=1e-3)
    blue = torch.tensor([0.5, -0.12, -0.09]) + torch.tensor([0.0, 0.02, -0.02])
    colors = torch.stack([blue, torch.tensor([0.5, 0.12, 0.09])], dim=1)
    after = found(colors)[0]
    angles = [math.degrees(math.atan2(float(color[2]), float(color[1]))) for color in (colors[:, 0], after[:, 0])]
    plainly = blue[1:] + torch.tensor([0.04, 0.03])
    turned = math.degrees(math.atan2(float(plainly[1]), float(plainly[0]))) - angles[0]
    assert abs(angles[1] - angles[0]) < 0.6 * abs(turned)
    assert (after[1:, 1] - colors[1:, 1]).tolist() == pytest.approx([0.04, 0.03], abs=1e-3)


def test_a_blue_sky_in_the_style_is_no_reason_for_blue_greys() -> None:
    grey, style = encoded(ramp()), encoded(blue_sky_and_grey())
    assert float(style[1:].norm(dim=0).quantile(0.9)) > 0.15
    assert float(whole_photo(grey, style)(grey)[0, 1:].norm(dim=0).max()) < 0.01


def test_what_is_neutral_takes_the_styles_tint() -> None:
    warm = ramp() * torch.tensor([1.0, 0.9, 0.75]).view(1, 3, 1, 1)
    middle = torch.tensor([[0.5], [0.0], [0.0]])
    found = whole_photo(encoded(ramp()), encoded(warm))(middle)[0, 1:, 0]
    expected = encoded(warm)
    near = (expected[0] - 0.5).abs() < 0.05
    torch.testing.assert_close(found, expected[1:, near].mean(dim=1), rtol=0, atol=0.015)
    assert float(found[1]) > 0.014


@pytest.mark.parametrize(("cast", "left"), [(CAST, 0.5), (CAST / 3, 0.1), (-CAST, 0.5), (2 * CAST, 0.8), (0.3, 0.99)])
def test_a_cast_is_removed_as_far_as_it_is_none_of_things(cast: float, left: float) -> None:
    photo = greys(0.2, 0.8, cast)
    after = whole_photo(photo, greys(0.2, 0.8))(photo)[0]
    torch.testing.assert_close(after[1], torch.full((400,), left * cast), rtol=0.01, atol=0)
    torch.testing.assert_close(after[2], torch.zeros(400), rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("cast", "tint", "origin"),
    [
        (CAST, CAST, CAST),
        (0.3, 0.3, 0.3),
        (-0.1, -0.1, -0.1),
        (CAST, CAST / 2, 0.75 * CAST),
        (2 * CAST, 0.4 * CAST, (0.8 * 0.2 + 0.2) * 2 * CAST),
        (CAST, 3 * CAST, CAST),
        (CAST, -CAST, 0.5 * CAST),
    ],
)
def test_a_cast_that_the_style_has_too_is_known_to_be_one(cast: float, tint: float, origin: float) -> None:
    """As far as it does: the rest of it is taken for the colour of things the more, the more there is."""
    photo = greys(0.2, 0.8, cast)
    after = whole_photo(photo, greys(0.2, 0.8, tint))(photo)[0]
    torch.testing.assert_close(after[1], torch.full((400,), cast + tint - origin), rtol=0.01, atol=1e-5)
    torch.testing.assert_close(after[2], torch.zeros(400), rtol=0, atol=1e-6)


@pytest.mark.parametrize(("tint", "taken"), [(LIGHT / 3, 0.99), (LIGHT, 0.5), (2 * LIGHT, 1 / 17)])
def test_colours_of_things_in_a_style_without_greys_are_no_light(tint: float, taken: float) -> None:
    """An autumn wood does not make a face orange; the evening sun does, and so does the tone of a print."""
    wood = greys(0.2, 0.8, tint)
    wood[2] = torch.linspace(-1, 1, 20).repeat(20) * 0.02
    colorful = torch.cat([wood, wood + torch.tensor([[0.0], [0.3], [0.0]])], dim=1)
    found = whole_photo(greys(0.2, 0.8), colorful)
    near = WeightedColors(colorful, torch.ones(800)).neutral_at(torch.tensor([0.5]))[0, 0]
    assert float(near) == pytest.approx(tint, rel=0.05)
    assert float(found.tones[0, 8, 1]) == pytest.approx(taken * tint, rel=0.15)
    print_of_one_tone = whole_photo(greys(0.2, 0.8), greys(0.2, 0.8, tint))
    assert float(print_of_one_tone.tones[0, 8, 1]) == pytest.approx(tint, rel=0.02)


def test_a_tint_fades_towards_white() -> None:
    """If the style's white has none."""
    tinted = greys(0, 1, 0.04)
    tinted[1, -8:] = 0
    found = whole_photo(greys(0, 1), tinted)
    torch.testing.assert_close(found.tones[0, : KNOTS - 4, 1], torch.full((KNOTS - 4,), 0.04), rtol=0.05, atol=0)
    assert (KNOTS - 4) / (KNOTS - 1) < HIGHLIGHT < (KNOTS - 3) / (KNOTS - 1)
    # At lightnesses of 14/16, 15/16 and 1, of a way of 0.15 from HIGHLIGHT to white.
    faded = [0.04 * (1 / 8) / 0.15, 0.04 * (1 / 16) / 0.15, 0.0]
    torch.testing.assert_close(found.tones[0, -3:, 1], torch.tensor(faded), rtol=0, atol=4e-3)


def test_saturation_is_the_ratio_of_spreads_and_bounded() -> None:
    colorful = with_greys(1)
    grey = colorful.mean(dim=1, keepdim=True).expand_as(colorful)
    less = torch.lerp(grey, colorful, 0.8)
    up, down = map(saturation, both_ways(less, colorful))
    assert CAREFUL_SATURATIONS[0] < down < 1 < up < CAREFUL_SATURATIONS[1]
    assert up * down == pytest.approx(1, abs=0.1)


def test_a_style_in_black_and_white_takes_all_colour_away() -> None:
    """Also a toned one, whose tint all greys get; one with as little colour as a grey day's leaves some."""
    ours, grey = encoded(with_greys(1)), encoded(greys(0.0, 1.0).view(1, 1, 1, -1).expand(1, 3, 1, -1))
    inside = [ones(part) for part in (ours, grey)]
    toned = grey + torch.tensor([0.0, 0.02, 0.05]).view(3, 1)
    for theirs in (grey, toned):
        for found in (whole_photo(ours, theirs), region(ours, theirs, *inside)):
            colors = found(ours)[0]
            between = (colors[0] > 0.1) & (colors[0] < HIGHLIGHT)
            tint = theirs[1:, :1].expand_as(colors[1:])
            torch.testing.assert_close(colors[1:, between], tint[:, between], atol=0.005, rtol=0)
    pale = ours * torch.tensor([1.0, 0.5, 0.5]).view(3, 1)
    assert saturation(whole_photo(ours, pale)) == pytest.approx(CAREFUL_SATURATIONS[0])


def test_the_result_is_as_vivid_as_the_style_though_its_mean_is_grey() -> None:
    """Every colour of the style has its opposite, too."""
    photo = encoded(with_greys(1))
    style = torch.cat([photo, photo * torch.tensor([1.0, -1.0, -1.0]).view(3, 1)], dim=1)
    pale = photo * torch.tensor([1.0, 0.8, 0.8]).view(3, 1)
    result = region(pale, style, ones(pale), ones(style))(pale)[0]
    had, got, wanted = (float(colors[1:].norm(dim=0).square().mean().sqrt()) for colors in (pale, result, style))
    assert got - had > 0.5 * (wanted - had)
    assert got < 1.2 * wanted


def test_transparent_pixels_of_the_style_do_not_count(content: Tensor, style: Tensor) -> None:
    ours, theirs = encoded(content), encoded(style)
    hidden = torch.cat([theirs, ours], dim=1)
    for share in (1.0, 0.5):
        opacity = torch.cat([share * ones(theirs), 0 * ones(ours)])
        for found, expected in zip(whole_photo(ours, hidden, opacity), whole_photo(ours, theirs), strict=True):
            torch.testing.assert_close(found, expected)


def test_a_region_takes_on_its_counterparts_mean_colour_and_sees_nothing_else() -> None:
    """A blue part that is to become orange, in photos of much else."""
    noise = 0.02 * torch.randn(2, 1, 3, 24, 64, generator=torch.Generator().manual_seed(0))
    blue, orange = (torch.tensor(color).view(1, 3, 1, 1) for color in ((0.4, 0.5, 0.7), (0.7, 0.5, 0.3)))
    ours, theirs = encoded(blue + noise[0]), encoded(orange + noise[1])
    inside = torch.ones(24 * 64)
    alone = region(ours, theirs, inside, inside)
    mean = alone(ours)[0].mean(dim=1)
    torch.testing.assert_close(mean, theirs.mean(dim=1), rtol=0, atol=0.02)
    others = [encoded(synthetic_photo(24, 64, seed)) for seed in (1, 2)]
    outside = torch.cat([inside, torch.zeros(24 * 64)])
    among = region(torch.cat([ours, others[0]], 1), torch.cat([theirs, others[1]], 1), outside, outside)
    for found, expected in zip(among, alone, strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize(("chroma", "least"), [(0.06, 0.9), (0.03, 0.8), (0.002, 0.0)])
def test_a_grey_thing_takes_on_the_colour_of_a_coloured_one(chroma: float, least: float) -> None:
    """A black teapot whose counterpart is half blue, half white: greys have no hue of their own to hold on to."""
    ours = greys(0.1, 0.5)
    blue, white = greys(0.1, 0.5), greys(0.1, 0.5)
    blue[2] = -2 * chroma
    theirs = torch.cat([blue, white], dim=1)
    graded = region(ours, theirs, ones(ours), ones(theirs))(ours)[0]
    middle = graded[2, 150:250].mean()
    assert -1.05 * chroma <= float(middle) <= -least * chroma


def test_the_edge_of_a_red_rock_gives_a_grey_sky_no_red() -> None:
    """The style's sky is light grey, and its soft mask contains a little of a dark red rock."""
    generator = torch.Generator().manual_seed(0)
    ours = encoded(torch.rand(1, 1, 24, 64, generator=generator).expand(1, 3, 24, 64) * 0.4 + 0.4)
    sky = encoded(0.8 + 0.02 * torch.randn(1, 3, 24, 64, generator=generator))
    rock = encoded(torch.tensor([0.6, 0.2, 0.1]).view(1, 3, 1, 1).expand(1, 3, 24, 64))
    theirs, inside = torch.cat([sky, rock], dim=1), torch.ones(ours.shape[1])
    soft, whole = (torch.cat([torch.ones(sky.shape[1]), torch.full((rock.shape[1],), it)]) for it in (0.2, 1.0))
    red = region(ours, theirs, inside, soft)(ours)[0, 1]
    assert float(red.max()) < 0.01
    # Where the rock is all in the mask, it is the region's own colour.
    assert float(region(ours, theirs, inside, whole)(ours)[0, 1].max()) > 0.03


def test_hues_lie_between_the_photos_own_and_the_styles() -> None:
    """A style that is half orange and half a bluish grey, whose tint alone would turn warm hues."""
    hues = hue_directions(torch.zeros(1))
    ours = torch.cat([torch.full((1, HUES), 0.5), 0.1 * hues.T])
    lightness = torch.linspace(0.3, 0.7, 600)
    half = torch.arange(600) % 2 == 0
    orange, grey = (torch.tensor(color).unsqueeze(1) for color in ((0.05, 0.08), (0.015, -0.03)))
    theirs = torch.cat([lightness.unsqueeze(0), torch.where(half, orange, grey)])
    graded = region(ours, theirs, torch.ones(HUES), torch.ones(600))(ours)[0, 1:].T
    wanted = normalize(orange + grey, dim=0).T
    range_of_hues = hues @ wanted.T
    assert bool((normalize(graded, dim=1) @ wanted.T >= range_of_hues - 0.01).all())
    assert bool(((normalize(graded, dim=1) * hues).sum(dim=1, keepdim=True) >= range_of_hues - 0.01).all())


def test_leaves_turn_and_the_trunk_stays_grey() -> None:
    """Green leaves and a grey trunk, in one region with orange leaves and a grey trunk."""
    noise = 0.01 * torch.randn(2, 1, 3, 24, 64, generator=torch.Generator().manual_seed(0))
    green, orange, grey = (
        torch.tensor(color).view(1, 3, 1, 1).expand(1, 3, 16, 64)
        for color in ((0.25, 0.5, 0.1), (0.85, 0.45, 0.1), (0.4, 0.4, 0.4))
    )
    ours, theirs = (
        encoded(torch.cat([leaves, grey[:, :, :8]], 2) + part)
        for leaves, part in zip((green, orange), noise, strict=True)
    )
    inside = torch.ones(24 * 64)
    found = region(ours, theirs, inside, inside)(ours)[0].view(3, 24, 64)
    leaves, trunk = found[1:, :16].mean(dim=(1, 2)), found[1:, 16:].mean(dim=(1, 2))
    wanted = theirs.view(3, 24, 64)[1:, :16].mean(dim=(1, 2))
    start = ours.view(3, 24, 64)[1:, :16].mean(dim=(1, 2))
    assert float(trunk.norm()) < 0.33 * float((leaves - start).norm())
    assert float((leaves - wanted).norm()) < 0.4 * float((start - wanted).norm())
    angle, aim = (math.atan2(float(color[1]), float(color[0])) for color in (leaves, wanted))
    assert abs(angle - aim) < math.radians(22)


def test_a_region_is_its_own_counterpart() -> None:
    colors = encoded(with_greys(1))
    weights = torch.linspace(0.1, 1, colors.shape[1])
    torch.testing.assert_close(region(colors, colors, weights, weights)(colors)[0], colors, rtol=0, atol=1e-5)
