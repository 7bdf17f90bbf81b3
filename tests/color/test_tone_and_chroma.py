"""A retoucher's grade in closed form: what it is by hand, and the bounds that it keeps."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from conftest import CONFIGS, synthetic_photo
from torch import Tensor

from verism import images
from verism.color.monge_kantorovich import monge_kantorovich
from verism.color.spaces import Oklab
from verism.color.tone_and_chroma import (
    BLACK,
    CAREFUL_SATURATIONS,
    CAST,
    DOUBT,
    HIGHLIGHT,
    HUES,
    KNOTS,
    LIFTED,
    MONOCHROME,
    NOISE,
    SKIN,
    SKIN_KEPT,
    SLOPES,
    WHITE_LOWERED,
    ToneAndChroma,
    by_region,
    identity,
    one_grade,
    quantiles,
    region,
    tone_curve,
    whole_photo,
)

IDENTITY = torch.linspace(0, 1, KNOTS)


def encoded(photo: Tensor) -> Tensor:
    """Colours in Oklab, ``(3, n)``."""
    return Oklab().encode(photo).flatten(2).squeeze(0)


def ramp(low: float = 0.0, high: float = 1.0) -> Tensor:
    """A grey photo from black to white."""
    return torch.linspace(low, high, 64).expand(1, 3, 48, 64)


def with_greys(seed: int) -> Tensor:
    """A photo with colours, black, white, and all greys between."""
    return torch.cat([synthetic_photo(48, 64, seed), ramp()], dim=2)


def a_map(curve: Tensor = IDENTITY, saturation: float = 1.0, tint: Tensor | None = None) -> ToneAndChroma:
    """A tone curve ``(KNOTS,)``, a saturation, and a tint ``(KNOTS, 2)``."""
    matrix = torch.diag(torch.tensor([0.0, saturation, saturation]))
    tones = torch.cat([curve.unsqueeze(1), torch.zeros(KNOTS, 2) if tint is None else tint], dim=1)
    return ToneAndChroma(matrix.unsqueeze(0), tones.unsqueeze(0), torch.zeros(1, HUES, KNOTS, 2))


def saturation(found: ToneAndChroma) -> float:
    """Return what the matrix is, if it is a saturation and nothing else."""
    factor = float(found.matrix[0, 1, 1])
    assert found.matrix[0].tolist() == [[0, 0, 0], [0, factor, 0], [0, 0, factor]]
    return factor


def shift_of(found: ToneAndChroma, colors: Tensor) -> list[float]:
    """Return how far each map moves colours ``(3, n)`` along a, which must be the same for all of them."""
    shifts = (found(colors) - colors)[:, 1]
    torch.testing.assert_close(shifts, shifts[:, :1].expand_as(shifts), rtol=0, atol=2e-4)
    return [float(shift) for shift in shifts.mean(dim=1)]


@pytest.mark.parametrize("plain", [identity(), a_map()], ids=["identity", "retouch"])
def test_the_plain_map_changes_nothing(content: Tensor, plain: ToneAndChroma) -> None:
    colors = Oklab().encode(content)[0]
    torch.testing.assert_close(plain(colors)[0], colors, rtol=0, atol=1e-6)
    assert plain(colors.flatten(1)).shape == (1, 3, 48 * 64)


def test_formula_at_a_knot_and_between_two() -> None:
    tones = torch.zeros(1, KNOTS, 3)
    tones[0, :, 0] = IDENTITY.square()
    tones[0, 8, 1:] = torch.tensor([-0.03, 0.05])
    matrix = torch.tensor([[[0.5, 0.0, 1.0], [0.0, 1.5, 0.2], [0.1, 0.0, 2.0]]])
    colors = torch.tensor([[0.5, 0.1, -0.1], [0.5 + 0.5 / 16, 0.1, -0.1]]).T
    half = (0.25 + (9 / 16) ** 2) / 2
    expected = [
        [0.25 + 0.25 - 0.1, -0.03 + 0.15 - 0.02, 0.05 + 0.05 - 0.2],
        [half + 0.25 + 0.25 / 16 - 0.1, -0.015 + 0.15 - 0.02, 0.025 + 0.05 + 0.05 / 16 - 0.2],
    ]
    found = ToneAndChroma(matrix, tones, torch.zeros(1, HUES, KNOTS, 2))(colors)[0].T
    torch.testing.assert_close(found, torch.tensor(expected), rtol=0, atol=1e-6)


def test_hues_shift_colours_by_how_colourful_they_are() -> None:
    """Half of the way from one hue to the next, half of the shift of both; none for a grey."""
    plain = identity()
    hues = torch.zeros(1, HUES, KNOTS, 2)
    hues[0, 0, :, 1] = 0.1
    step = 2 * math.pi / HUES
    angles, chroma = torch.tensor([0, step / 2, -step / 2, step, math.pi, 0.0]), torch.tensor([0.05] * 5 + [0.0])
    colors = torch.stack([torch.full((6,), 0.5), chroma * angles.cos(), chroma * angles.sin()])
    found = ToneAndChroma(plain.matrix, plain.tones, hues)(colors)[0] - colors
    full = 0.1 * (1 - math.exp(-1))
    expected = torch.tensor([full, full / 2, full / 2, 0, 0, 0])
    torch.testing.assert_close(found[2], expected, rtol=0, atol=1e-6)
    assert not found[:2].abs().max()


def test_hues_depend_on_the_tone() -> None:
    plain = identity()
    hues = torch.zeros(1, HUES, KNOTS, 2)
    hues[0, :, 8, 0] = 0.1
    colors = torch.tensor([[0.5, 0.1, 0.0], [0.5 + 0.25 / 16, 0.1, 0.0], [0.8, 0.1, 0.0]]).T
    found = ToneAndChroma(plain.matrix, plain.tones, hues)(colors)[0, 1] - 0.1
    torch.testing.assert_close(found, 0.1 * (1 - math.exp(-2)) * torch.tensor([1, 0.75, 0]), rtol=0, atol=1e-6)


def test_tones_beyond_black_and_white_are_theirs() -> None:
    """Where the tones' lightness is held, and the matrix goes on."""
    beyond = torch.tensor([[-0.2, 1.3], [0.1, 0.1], [0.0, 0.0]])
    assert a_map()(beyond)[0, 0].tolist() == [0, 1]
    torch.testing.assert_close(identity()(beyond)[0], beyond)


def test_no_hue_turns(content: Tensor) -> None:
    colors = encoded(content)
    mapped = a_map(0.5 * IDENTITY, 0.6)(colors)[0]
    torch.testing.assert_close(mapped[1:], 0.6 * colors[1:])


def both_ways(content: Tensor, style: Tensor) -> list[ToneAndChroma]:
    ours, theirs = encoded(content), encoded(style)
    return [whole_photo(ours, theirs), whole_photo(theirs, ours)]


def test_several_maps_at_once_are_each_by_itself(content: Tensor, style: Tensor) -> None:
    colors = Oklab().encode(content)[0]
    maps = both_ways(content, style)
    together = ToneAndChroma(*(torch.cat(parts) for parts in zip(*maps, strict=True)))(colors)
    assert together.shape == (2, 3, 48, 64)
    for found, one in zip(together, maps, strict=True):
        torch.testing.assert_close(found, one(colors)[0])


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_way_to_another_map_is_straight(content: Tensor, style: Tensor, share: float) -> None:
    colors = encoded(content)
    one, other = both_ways(content, style)
    assert float((one(colors) - other(colors)).abs().mean()) > 0.05
    expected = (1 - share) * one(colors) + share * other(colors)
    torch.testing.assert_close(one.towards(other, share)(colors), expected, rtol=0, atol=1e-6)


def ones(values: Tensor) -> Tensor:
    return torch.ones(values.shape[-1])


WHITE = torch.tensor([[1.0], [0.0], [0.0]])

DISTRIBUTIONS = {
    "even": torch.linspace(0, 1, 500),
    "black": torch.zeros(100),
    "white": torch.ones(100),
    "grey": torch.full((100,), 0.5),
    "black and white": torch.tensor([0.0, 1.0] * 50),
    "haze": torch.linspace(0.49, 0.51, 100),
    "dark": torch.linspace(0, 1, 500) ** 4,
    "a pixel": torch.tensor([0.3]),
}


@pytest.mark.parametrize("ends", [(None, None), (0.0, 1.0)])
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_equal_distributions_have_the_identity_for_a_curve(name: str, ends: tuple[float | None, float | None]) -> None:
    values = DISTRIBUTIONS[name]
    curve = tone_curve(values, ones(values), values.flip(0), ones(values), ends)
    torch.testing.assert_close(curve, IDENTITY, rtol=0, atol=1e-5)


@pytest.mark.parametrize("ends", [(None, None), (0.0, 1.0), (BLACK, 0.3)])
def test_slopes_stay_in_their_bounds_whatever_the_style(ends: tuple[float | None, float | None]) -> None:
    for ours, theirs in itertools.product(DISTRIBUTIONS.values(), repeat=2):
        steps = tone_curve(ours, ones(ours), theirs, ones(theirs), ends).double().diff() * (KNOTS - 1)
        assert float(steps.min()) > SLOPES[0] - 0.02
        assert float(steps.max()) < SLOPES[1] + 0.02


@pytest.mark.parametrize(("gain", "lift"), [(0.8, 0.1), (1.0, -0.2), (1.5, -0.3)])
def test_a_curve_finds_the_linear_one_that_made_the_style(gain: float, lift: float) -> None:
    """Where there are pixels; but for the ridge."""
    ours = torch.linspace(0.3, 0.6, 500)
    curve = tone_curve(ours, ones(ours), gain * ours + lift, ones(ours))
    inside = (IDENTITY > 0.32) & (IDENTITY < 0.58)
    torch.testing.assert_close(curve[inside], (gain * IDENTITY + lift)[inside], rtol=0, atol=0.03)


def test_quantiles_of_weights_are_those_of_repeated_values() -> None:
    values = torch.tensor([0.4, 0.1, 0.9, 0.3])
    weights = torch.tensor([1.0, 3.0, 2.0, 0.0])
    repeated = torch.tensor([0.1, 0.1, 0.1, 0.4, 0.9, 0.9])
    at = (torch.arange(6) + 0.5) / 6
    assert quantiles(values, weights, at).float().tolist() == repeated.tolist()
    assert torch.equal(quantiles(repeated, torch.ones(6), at), quantiles(values, weights, at))


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
        ((0.0, 1.0), (0.03, 1.0), (0.03, 1.0)),
        ((0.0, 1.0), (0.3, 1.0), (BLACK, 1.0)),
        ((0.2, 1.0), (0.22, 1.0), (0.02, 1.0)),
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
    assert found[[0, -1]].tolist() == pytest.approx((LIFTED * ends[0], ends[1]), abs=0.015)
    black = float(region(content, style, ones(content), ones(style)).tones[0, 0, 0])
    assert black == pytest.approx(ends[0], abs=0.015)


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


def test_a_lamp_stays_white_and_a_white_wall_takes_on_the_other_walls_tone() -> None:
    """Though nothing in the style's part is lighter than 0.8."""
    style = greys(0.2, 0.8)
    dark, white = greys(0.1, 0.7), greys(0.98, 1)
    lamp, wall = torch.cat([dark, white[:, :8]], 1), torch.cat([dark[:, :40], white], 1)
    found = [float(region(photo, style, ones(photo), ones(style))(WHITE)[0, 0, 0]) for photo in (lamp, wall)]
    assert found[0] > 0.9
    assert found[1] < 0.88


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


def blue_sky_and_grey() -> Tensor:
    sky = torch.tensor([0.35, 0.55, 0.95]).view(1, 3, 1, 1).expand(1, 3, 48, 64)
    grain = 0.01 * torch.randn(1, 3, 96, 64, generator=torch.Generator().manual_seed(0))
    return (torch.cat([sky, ramp(0.1, 0.9)], dim=2) + grain).clamp(0, 1)


def test_a_blue_sky_in_the_style_is_no_reason_for_blue_greys() -> None:
    grey, style = encoded(ramp()), encoded(blue_sky_and_grey())
    assert float(style[1:].norm(dim=0).quantile(0.9)) > 0.15
    assert float(whole_photo(grey, style)(grey)[0, 1:].norm(dim=0).max()) < 0.01


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


def test_what_is_neutral_takes_the_styles_tint() -> None:
    warm = ramp() * torch.tensor([1.0, 0.9, 0.75]).view(1, 3, 1, 1)
    middle = torch.tensor([[0.5], [0.0], [0.0]])
    found = whole_photo(encoded(ramp()), encoded(warm))(middle)[0, 1:, 0]
    expected = encoded(warm)
    near = (expected[0] - 0.5).abs() < 0.05
    torch.testing.assert_close(found, expected[1:, near].mean(dim=1), rtol=0, atol=0.015)
    assert float(found[1]) > 0.015


def greys(low: float, high: float, a: float = 0.0) -> Tensor:
    """Of evenly many lightnesses, ``(3, 400)``, with a cast."""
    lightness = torch.linspace(low, high, 400)
    return torch.stack([lightness, torch.full_like(lightness, a), torch.zeros_like(lightness)])


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


def test_weights_of_a_whole_photo_count_as_repeated_pixels(content: Tensor, style: Tensor) -> None:
    ours, theirs = encoded(content), encoded(style)
    once = (torch.ones(ours.shape[1]), torch.ones(theirs.shape[1]))
    for found, expected in zip(whole_photo(ours, theirs, once), whole_photo(ours, theirs), strict=True):
        torch.testing.assert_close(found, expected)
    twice = (2 * once[0], 2 * once[1])
    for found, expected in zip(whole_photo(ours, theirs, twice), whole_photo(ours, theirs), strict=True):
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
    assert abs(angle - aim) < math.radians(20)


def test_a_region_is_its_own_counterpart() -> None:
    colors = encoded(with_greys(1))
    weights = torch.linspace(0.1, 1, colors.shape[1])
    torch.testing.assert_close(region(colors, colors, weights, weights)(colors)[0], colors, rtol=0, atol=1e-5)


TWO = torch.eye(2).repeat_interleave(400, dim=1)
"""A left and a right region, of 400 colours each."""


def graded(shift: float) -> tuple[Tensor, Tensor]:
    """A grey photo, and the same with its left region shifted along a, and its right one against it.

    Without the lights, in which a tint fades.
    """
    return greys(0, 0.8).repeat(1, 2), torch.cat([greys(0, 0.8, shift), greys(0, 0.8, -shift)], dim=1)


@pytest.mark.parametrize(
    ("shift", "kept"),
    [(0.3, 0.297), (0.1, 0.091), (2 * DOUBT, 1.5 * DOUBT), (DOUBT, 0.0), (0.02, 0.0), (0.0, 0.0)],
)
def test_a_region_keeps_of_its_own_map_what_is_more_than_chance(shift: float, kept: float) -> None:
    """``(1 − (0.03 / d)²) d``: what is far from the whole photo's is kept nearly in full, and what is near is not."""
    ours, theirs = graded(shift)
    found = by_region(ours, theirs, TWO, TWO, torch.ones(2))
    assert shift_of(found, ours) == pytest.approx([0, kept, -kept], abs=2e-4)
    torch.testing.assert_close(found(ours)[:, 0], ours[0].expand(3, -1), rtol=0, atol=0.01)


def test_the_whole_photo_follows_what_is_sure() -> None:
    """It is half of it here; the other half stays with the style's neutral axis, which has no tint."""
    ours, theirs = graded(0.1)
    assert shift_of(whole_photo(ours, theirs), ours) == pytest.approx([0], abs=2e-4)
    found = by_region(ours, theirs, TWO, TWO, torch.tensor([1.0, 0.0]))
    # d is 0.05 on the left, where 1 − 0.6² is kept, and 0.15 on the right, where 1 − 0.2² is.
    expected = [0.05, 0.05 + 0.64 * 0.05, 0.05 - 0.96 * 0.15]
    assert shift_of(found, ours) == pytest.approx(expected, abs=2e-4)


def test_each_region_counts_the_same_in_both_photos() -> None:
    """Three quarters of the content photo are left, and of the style photo right."""
    light = greys(0, 0.8)
    left, right = greys(0, 0.8, 0.1), greys(0, 0.8, -0.1)
    ours, theirs = light.repeat(1, 4), torch.cat([left, right, right, right], dim=1)
    more_left = torch.tensor([[1.0, 1, 1, 0], [0, 0, 0, 1]]).repeat_interleave(400, dim=1)
    more_right = torch.tensor([[1.0, 0, 0, 0], [0, 1, 1, 1]]).repeat_interleave(400, dim=1)
    found = by_region(ours, theirs, more_left, more_right, torch.ones(2))
    assert float(theirs[1].mean()) == pytest.approx(-0.05)
    assert shift_of(found, ours) == pytest.approx([0, 0.091, -0.091], abs=2e-4)


def test_one_region_of_everything_is_the_whole(content: Tensor, style: Tensor) -> None:
    ours, theirs = encoded(content), encoded(style)
    inside, inside_style = torch.ones(1, ours.shape[1]), torch.ones(1, theirs.shape[1])
    whole, alone = by_region(ours, theirs, inside, inside_style, torch.ones(1))(ours)
    torch.testing.assert_close(whole, alone, rtol=0, atol=1e-6)
    expected = region(ours, theirs, inside[0], inside_style[0])(ours)[0]
    torch.testing.assert_close(whole, expected, rtol=0, atol=1e-5)
    assert float((expected - whole_photo(ours, theirs)(ours)[0]).abs().mean()) > 5e-3


def test_regions_of_which_none_is_sure_are_the_whole_photo(content: Tensor, style: Tensor) -> None:
    ours, theirs = encoded(content), encoded(style)
    generator = torch.Generator().manual_seed(0)
    masks, others = (torch.rand(3, side, generator=generator).softmax(dim=0) for side in (48 * 64, 56 * 40))
    found = by_region(ours, theirs, masks, others, torch.zeros(3))
    for part, expected in zip(found, whole_photo(ours, theirs), strict=True):
        assert torch.equal(part, expected.expand_as(part))
        assert len(part) == 4


def test_a_region_that_is_nowhere_is_finite(content: Tensor, style: Tensor) -> None:
    ours, theirs = encoded(content), encoded(style)
    masks = torch.stack([torch.ones(48 * 64), torch.zeros(48 * 64)])
    others = torch.stack([torch.zeros(56 * 40), torch.ones(56 * 40)])
    for mine, their in ((masks, others), (masks, others.flip(0))):
        found = by_region(ours, theirs, mine, their, torch.ones(2))
        assert all(bool(part.isfinite().all()) for part in found)


def everywhere(*photos: Tensor) -> list[Tensor]:
    return [torch.ones(photo.shape[1]) for photo in photos]


def test_one_grade_finds_a_shift_exactly(content: Tensor) -> None:
    ours = encoded(content)
    shift = torch.tensor([0.05, -0.02, 0.04])
    theirs = ours.flip(1) + shift.unsqueeze(1)
    found = one_grade(ours, theirs, *everywhere(ours, theirs))
    torch.testing.assert_close(found(ours)[0], ours + shift.unsqueeze(1), rtol=0, atol=1e-5)
    torch.testing.assert_close(found.tones, shift.expand(1, KNOTS, 3), rtol=0, atol=1e-4)


@pytest.mark.parametrize("spread", [0.5, 0.1, 0.02])
def test_one_grade_finds_a_linear_one_but_for_what_may_be_noise(spread: float) -> None:
    """Along lightness and each of two axes of chroma that vary independently: √((g²σ² + noise²) / (σ² + noise²))."""
    corners = torch.tensor(list(itertools.product((-1.0, 1.0), repeat=3))).T
    chroma = torch.linalg.qr(torch.randn(2, 2, generator=torch.Generator().manual_seed(0))).Q
    axes = torch.block_diag(torch.eye(1), chroma)
    assert float(chroma.abs().min()) > 0.1
    gains = torch.tensor([0.6, 1.2, 1.5])
    mean = torch.tensor([[0.5], [0.03], [-0.02]])
    ours = mean + axes @ (spread * corners)
    theirs = mean + 0.1 + axes @ (gains.unsqueeze(1) * spread * corners)
    found = one_grade(ours, theirs, *everywhere(ours, theirs))
    expected = ((gains.square() * spread**2 + NOISE**2) / (spread**2 + NOISE**2)).sqrt()
    torch.testing.assert_close(found.matrix[0], axes @ torch.diag(expected) @ axes.T, rtol=0, atol=1e-5)
    torch.testing.assert_close(found(mean)[0], mean + 0.1, rtol=0, atol=1e-5)
    if spread == 0.5:
        torch.testing.assert_close(found(ours)[0], theirs, rtol=0, atol=1e-3)


def test_one_grade_follows_half_of_what_ties_lightness_to_chroma(content: Tensor) -> None:
    """Which is a split toning if it is right, and turns a red black if it is wrong."""
    ours = encoded(content)
    mixing = torch.tensor([[0.8, -1.5, 0.5], [0.3, 1.0, 0.2], [-0.2, 0.1, 1.2]])
    theirs = mixing @ ours
    found = one_grade(ours, theirs, *everywhere(ours, theirs))
    together, _ = monge_kantorovich(ours.view(1, 3, 1, -1), theirs.view(1, 3, 1, -1), NOISE)
    torch.testing.assert_close(found.matrix[0, 0, 1:], together[0, 1:] / 2, rtol=0, atol=1e-5)
    torch.testing.assert_close(found.matrix[0, 1:, 0], together[1:, 0] / 2, rtol=0, atol=1e-5)
    assert float(together[0, 1:].abs().max()) > 0.01
    gain = ((theirs[0].var(correction=0) + NOISE**2) / (ours[0].var(correction=0) + NOISE**2)).sqrt()
    torch.testing.assert_close(found.matrix[0, 0, 0], (together[0, 0] + gain) / 2, rtol=0, atol=1e-5)
    torch.testing.assert_close(found(ours)[0].mean(dim=1), theirs.mean(dim=1), rtol=0, atol=1e-5)


def test_one_grade_sees_what_both_photos_show_alone(content: Tensor) -> None:
    ours = encoded(content)
    theirs = 0.8 * ours + 0.1
    expected = one_grade(ours, theirs, *everywhere(ours, theirs))
    more = encoded(synthetic_photo(24, 64, seed=5))
    shared = torch.cat([torch.ones(ours.shape[1]), torch.zeros(more.shape[1])])
    found = one_grade(torch.cat([ours, more], 1), torch.cat([theirs, 1 - more], 1), shared, shared)
    for part, right in zip(found, expected, strict=True):
        torch.testing.assert_close(part, right, rtol=0, atol=1e-5)
