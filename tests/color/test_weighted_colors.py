"""Statistics of weighted colours."""

from __future__ import annotations

import pytest
import torch
from torch._subclasses import FakeTensorMode

from verism.color.tone_and_chroma import HUES
from verism.color.weighted_colors import FEW, WeightedColors, quantiles


def test_quantiles_of_weights_are_those_of_repeated_values() -> None:
    values = torch.tensor([0.4, 0.1, 0.9, 0.3])
    weights = torch.tensor([1.0, 3.0, 2.0, 0.0])
    repeated = torch.tensor([0.1, 0.1, 0.1, 0.4, 0.9, 0.9])
    at = (torch.arange(6) + 0.5) / 6
    assert quantiles(values, weights, at).float().tolist() == repeated.tolist()
    assert torch.equal(quantiles(repeated, torch.ones(6), at), quantiles(values, weights, at))


def test_quantiles_of_colours_on_a_gpu_are_on_the_cpu() -> None:
    # Tensors without values, which raise as real ones do where an operation mixes devices.
    with FakeTensorMode():
        values = torch.zeros(4, device="cuda")
        found = quantiles(values, torch.ones_like(values), torch.tensor([0.25, 0.5]))
    assert found.device.type == "cpu"


def on_an_axis(*a: float, lightness: float = 0.5) -> WeightedColors:
    """Colours of one lightness, with these a and no b, each of weight 1."""
    values = torch.tensor(a)
    return WeightedColors(
        torch.stack([torch.full_like(values, lightness), values, torch.zeros_like(values)]), torch.ones_like(values)
    )


def test_mean_and_spread_by_hand() -> None:
    colors = on_an_axis(0.0, 0.1, 0.5)._replace(weights=torch.tensor([1.0, 3.0, 0.0]))
    torch.testing.assert_close(colors.mean, torch.tensor([0.075, 0.0]))
    assert float(colors.spread) == pytest.approx((0.25 * 0.075**2 + 0.75 * 0.025**2) ** 0.5)


def test_chroma_is_measured_from_the_nearly_neutral_colours() -> None:
    """A cast by itself is no chroma, though all colours have it."""
    assert float(on_an_axis(0.1, 0.1, 0.1, 0.1).rms_chroma) == 0
    colors = on_an_axis(0.0, 0.0, 0.0, 0.2)
    assert colors.neutral.weights.tolist() == pytest.approx([1, 1, 1, 0])
    assert float(colors.rms_chroma) == pytest.approx(0.1)
    assert float(colors.spread) == pytest.approx(0.2 * 3**0.5 / 4)


def test_where_nothing_is_nearly_neutral_the_light_has_the_hue_of_what_is_there() -> None:
    """A courtyard with violet corners, whose walls are orange in golden light."""
    dark, bright = 0.1, 0.7
    violet, orange = torch.tensor([0.01, -0.01]), torch.tensor([0.06, 0.08])
    colors = torch.tensor([[dark, *violet.tolist()]] * 40 + [[bright, *orange.tolist()]] * 60).T
    found = WeightedColors(colors, torch.ones(100)).neutral_at(torch.tensor([dark, bright]))
    assert float((found[0] - violet).norm()) < 0.003
    torch.testing.assert_close(found[1], violet.norm() * orange / orange.norm(), rtol=0, atol=0.001)
    # There is no hue in a mean of all hues.
    assert float(on_an_axis(-0.1, 0.1, -0.1, 0.1).neutral_at(torch.tensor([0.5])).norm()) < 1e-6


@pytest.mark.parametrize(("share", "left"), [(1.0, 1.0), (0.2, 0.2 * (0.2 * 84 / 80.8) ** 2)])
def test_what_is_far_from_the_median_counts_as_far_as_it_is_of_the_region(share: float, left: float) -> None:
    """Grey leaves with a vivid colour among them: a thing of its own in the region, or its neighbour's edge."""
    colors = on_an_axis(*[0.0] * 60, *[0.01] * 20, *[10.0] * 20)
    weights = torch.ones(100)
    weights[80:] = share
    typical = colors._replace(weights=weights).typical.weights
    assert typical[:60].tolist() == pytest.approx([1.0] * 60)
    assert typical[60:80].tolist() == pytest.approx([1.0] * 20)
    assert typical[80:].tolist() == pytest.approx([left] * 20, rel=1e-3)


def test_the_mean_at_a_lightness_without_colours_is_that_of_all() -> None:
    dark, light = on_an_axis(0.1, lightness=0.0), on_an_axis(-0.1, lightness=1.0)
    colors = WeightedColors(torch.cat([dark.colors, light.colors], 1), torch.tensor([3.0, 1.0]))
    at = colors.mean_at(torch.tensor([-2.0, 0.0, 1.0]))[:, 0]
    assert at.tolist() == pytest.approx(
        [0.05, (0.75 * 0.1 + FEW * 0.05) / (0.75 + FEW), (-0.25 * 0.1 + FEW * 0.05) / (0.25 + FEW)], abs=1e-6
    )


def test_chroma_is_told_by_hue_and_lightness() -> None:
    """Of a hue or a lightness that no colour has, it is the mean chroma of all."""
    red, green = on_an_axis(*[0.1] * 50, lightness=0.3).colors, on_an_axis(*[-0.2] * 50, lightness=0.7).colors
    colors = WeightedColors(torch.cat([red, green], dim=1), torch.ones(100))
    chroma = colors.chroma_at(torch.tensor([0.3, 0.7]))
    assert chroma.shape == (HUES, 2)
    assert float(chroma[0, 0]) == pytest.approx(0.1, abs=0.005)
    assert float(chroma[HUES // 2, 1]) == pytest.approx(0.2, abs=0.005)
    assert float(chroma[0, 1]) == pytest.approx(0.15, abs=0.005)
    assert chroma[HUES // 4].tolist() == pytest.approx([0.15, 0.15])


def test_black_white_and_highlights() -> None:
    lightness = torch.linspace(0, 1, 201)
    colors = WeightedColors(torch.stack([lightness, lightness, -lightness]), torch.ones(201))
    assert colors.lightness_range == pytest.approx((0.005, 0.995), abs=0.0051)
    lightest, mean = colors.highlights
    assert lightest == pytest.approx(0.99, abs=0.0051)
    assert mean.tolist() == pytest.approx([(1 + lightest) / 2, -(1 + lightest) / 2])
    assert float(colors.most_chroma) == pytest.approx(2**0.5 * lightest)


def test_the_share_from_a_lightness_on_is_that_of_the_weights() -> None:
    colors = torch.tensor([[0.5, 0.97, 1.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    assert WeightedColors(colors, torch.tensor([2.0, 1.0, 1.0])).share_from(0.97) == 0.5


def test_every_fourth_colour() -> None:
    colors = on_an_axis(*(0.01 * i for i in range(9)))
    assert colors.every(4).colors[1].tolist() == pytest.approx([0, 0.04, 0.08])
    assert len(colors.every(4).weights) == 3
