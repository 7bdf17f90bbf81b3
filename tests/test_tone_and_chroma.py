"""A retoucher's grade in closed form: what it is by hand, and the bounds that it keeps."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from conftest import synthetic_photo
from torch import Tensor

from verism.color_space import Oklab
from verism.tone_and_chroma import (
    BLACK,
    KNOTS,
    SATURATIONS,
    SLOPES,
    ToneAndChroma,
    quantiles,
    region,
    stack,
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


def a_map(**parts: Tensor) -> ToneAndChroma:
    plain = ToneAndChroma(IDENTITY.unsqueeze(0), torch.ones(1), torch.zeros(1, KNOTS, 2), torch.zeros(1, KNOTS, 2))
    return plain._replace(**parts)


def test_the_plain_map_changes_nothing(content: Tensor) -> None:
    colors = Oklab().encode(content)[0]
    torch.testing.assert_close(a_map()(colors)[0], colors, rtol=0, atol=1e-6)
    assert a_map()(colors.flatten(1)).shape == (1, 3, 48 * 64)


def test_formula_at_a_knot_and_between_two() -> None:
    curve = IDENTITY.square().unsqueeze(0)
    origin, tint = torch.zeros(2, 1, KNOTS, 2)
    origin[0, 8], tint[0, 8] = torch.tensor([0.01, 0.02]), torch.tensor([-0.03, 0.05])
    found = a_map(curve=curve, saturation=torch.tensor([1.5]), origin=origin, tint=tint)
    colors = torch.tensor([[0.5, 0.1, -0.1], [0.5 + 0.5 / 16, 0.1, -0.1]]).T
    half = (0.25 + (9 / 16) ** 2) / 2
    shift = [-0.03 - 1.5 * 0.01, 0.05 - 1.5 * 0.02]
    expected = [[0.25, shift[0] + 0.15, shift[1] - 0.15], [half, shift[0] / 2 + 0.15, shift[1] / 2 - 0.15]]
    torch.testing.assert_close(found(colors)[0].T, torch.tensor(expected), rtol=0, atol=1e-6)


def test_no_hue_turns(content: Tensor) -> None:
    colors = encoded(content)
    mapped = a_map(curve=0.5 * IDENTITY.unsqueeze(0), saturation=torch.tensor([0.6]))(colors)[0]
    torch.testing.assert_close(mapped[1:], 0.6 * colors[1:])


def test_several_maps_at_once_are_each_by_itself(content: Tensor, style: Tensor) -> None:
    colors = Oklab().encode(content)[0]
    maps = [whole_photo(*pair) for pair in itertools.permutations((encoded(content), encoded(style)))]
    together = stack(maps)(colors)
    assert together.shape == (2, 3, 48, 64)
    for found, one in zip(together, maps, strict=True):
        torch.testing.assert_close(found, one(colors)[0])


def ones(values: Tensor) -> Tensor:
    return torch.ones(values.shape[-1])


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
    torch.testing.assert_close(whole_photo(colors, colors)(colors)[0], colors, rtol=0, atol=2e-3)


@pytest.mark.parametrize(("gain", "lift"), [(0.4, 0.5), (0.6, 0.3), (0.9, 0.0)])
def test_black_stays_near_black_though_the_style_has_none(gain: float, lift: float) -> None:
    """The curve is wanted to go there, and not forced."""
    photo = with_greys(1)
    black = float(whole_photo(encoded(photo), encoded(gain * photo + lift)).curve[0, 0])
    assert -0.03 < black < BLACK + 0.03


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("tint", [(1.0, 1.0, 1.0), (1.0, 0.8, 0.6), (0.7, 0.8, 1.0)])
def test_white_stays_white(seed: int, tint: tuple[float, float, float]) -> None:
    """In a photo with highlights, whatever the colour of the style's light, and as light as the style's lightest."""
    photo = with_greys(seed)
    style = encoded(photo.flip(1) * torch.tensor(tint).view(1, 3, 1, 1))
    white = whole_photo(encoded(photo), style)(torch.tensor([[1.0], [0.0], [0.0]])).flatten()
    assert float(white[1:].norm()) < 1e-6
    assert float(white[0]) == pytest.approx(float(style[0].max()), abs=0.05)


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


def test_what_is_neutral_takes_the_styles_tint() -> None:
    warm = ramp() * torch.tensor([1.0, 0.9, 0.75]).view(1, 3, 1, 1)
    middle = torch.tensor([[0.5], [0.0], [0.0]])
    found = whole_photo(encoded(ramp()), encoded(warm))(middle)[0, 1:, 0]
    expected = encoded(warm)
    near = (expected[0] - 0.5).abs() < 0.05
    torch.testing.assert_close(found, expected[1:, near].mean(dim=1), rtol=0, atol=0.015)
    assert float(found[1]) > 0.015


def test_saturation_is_the_ratio_of_spreads_and_bounded() -> None:
    colorful = with_greys(1)
    grey = colorful.mean(dim=1, keepdim=True).expand_as(colorful)
    half = torch.lerp(grey, colorful, 0.6)
    up, down = (float(whole_photo(*map(encoded, pair)).saturation) for pair in ((half, colorful), (colorful, half)))
    assert SATURATIONS[0] < down < 1 < up < SATURATIONS[1]
    assert up * down == pytest.approx(1, abs=0.02)
    assert float(whole_photo(encoded(grey), encoded(colorful)).saturation) == pytest.approx(SATURATIONS[1])
    assert float(whole_photo(encoded(colorful), encoded(grey)).saturation) == pytest.approx(SATURATIONS[0])


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


def test_a_region_is_its_own_counterpart() -> None:
    colors = encoded(with_greys(1))
    weights = torch.linspace(0.1, 1, colors.shape[1])
    torch.testing.assert_close(region(colors, colors, weights, weights)(colors)[0], colors, rtol=0, atol=0.01)
