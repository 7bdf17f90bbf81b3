"""A loss on regions: each by itself, weighted by its share, and blind to all else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
import torch
from torch import Tensor

from verism.backbone import VGG19
from verism.backbone.normalization import InputNormalization
from verism.backbone.weights import Weights
from verism.errors import VerismError
from verism.losses import (
    ColorLoss,
    ConsistencyLoss,
    ContentLoss,
    Loss,
    MomentsLoss,
    SlicedWassersteinLoss,
    StyleLoss,
    Term,
)
from verism.losses.gram import gram, mean_distance
from verism.losses.regional import RegionalLoss, by_region, select
from verism.regions.regions import Regions

LOSSES: dict[str, Callable[[], Loss]] = {
    "style": lambda: StyleLoss(3.0, {"conv1_1": 1.5, "conv2_1": 0.5}),
    "style relative": lambda: StyleLoss(3.0, {"conv1_1": 1.5, "conv2_1": 0.5}, "relative"),
    "colour": lambda: ColorLoss(2.0),
    "colour relative": lambda: ColorLoss(2.0, "relative"),
    "moments": lambda: MomentsLoss(2.0, {"input": 1.0, "conv2_1": 2.0}),
    "sliced Wasserstein": lambda: SlicedWassersteinLoss(2.0, {"input": 1.0, "conv2_1": 2.0}),
}

every_loss = pytest.mark.parametrize("make", LOSSES.values(), ids=LOSSES.keys())


def features(seed: int, height: int, width: int) -> dict[str, Tensor]:
    """At three depths, each half the size of the one before; spread and mean differ with the channel and the seed."""
    generator = torch.Generator().manual_seed(seed)
    found = {}
    for depth, layer in enumerate(("input", "conv1_1", "conv2_1")):
        scale = torch.arange(1.0, 4.0, dtype=torch.float64).view(1, -1, 1, 1)
        drawn = torch.randn(1, 3, height >> depth, width >> depth, generator=generator, dtype=torch.float64)
        found[layer] = scale * drawn + seed * scale
    return found


def halves(height: int, width: int, first: int) -> Tensor:
    """Two labels, side by side, the first ``first`` columns wide."""
    left = (torch.arange(width) < first).expand(1, 1, height, width)
    return torch.cat([left, ~left], dim=1)


CONTENT, STYLE = features(1, 16, 24), features(2, 24, 20)

TWO = Regions(("#ff0000", "#0000ff"), halves(16, 24, 8), halves(24, 20, 12))

APART = Regions(TWO.labels, halves(16, 24, 23), halves(24, 20, 1))
"""At the deepest layer, there is only the first in the content photo, and only the second in the style photo."""

ONE = Regions(("#ff0000",), torch.ones(1, 1, 16, 24).bool(), torch.ones(1, 1, 24, 20).bool())


def _third(two: Regions) -> Regions:
    """Add a region of a single column, which vanishes at the deepest layer."""

    def with_column(masks: Tensor) -> Tensor:
        column = torch.zeros_like(masks[:, :1])
        column[..., :1] = True
        return torch.cat([masks & ~column, column], dim=1)

    return Regions((*two.labels, "#00ff00"), with_column(two.content), with_column(two.style))


def aimed(loss: Loss, content: dict[str, Tensor] = CONTENT, style: dict[str, Tensor] = STYLE) -> Loss:
    loss.set_targets(content, style)
    return loss


def term(loss: Loss, image: dict[str, Tensor]) -> Term:
    found: Term = loss(loss.statistics(image))
    return found


def assert_same(actual: Term, expected: Term) -> None:
    assert (actual.weight, actual.layers) == (expected.weight, expected.layers)
    assert actual.values.keys() == expected.values.keys()
    for layer, value in expected.values.items():
        torch.testing.assert_close(actual.values[layer], value)


@every_loss
def test_one_region_that_covers_everything_is_the_loss_itself(make: Callable[[], Loss]) -> None:
    """On photos of one size; on others, ColorLoss alone differs, by how it resizes."""
    style = features(2, 16, 24)
    everything = ONE._replace(style=ONE.content)
    plain, regional = aimed(make(), style=style), aimed(RegionalLoss(make(), everything), style=style)
    assert (regional.weight, regional.layers, regional.normalization) == (
        plain.weight,
        plain.layers,
        plain.normalization,
    )
    image = features(3, 16, 24)
    assert_same(term(regional, image), term(plain, image))


@pytest.mark.parametrize("make", [LOSSES["style relative"], LOSSES["moments"], LOSSES["sliced Wasserstein"]])
def test_one_region_that_covers_photos_of_different_sizes(make: Callable[[], Loss]) -> None:
    image = features(3, 16, 24)
    assert_same(term(aimed(RegionalLoss(make(), ONE)), image), term(aimed(make()), image))


@every_loss
def test_is_the_sum_over_regions_weighted_by_share(make: Callable[[], Loss]) -> None:
    """Against the plain loss on crops; at every layer, the boundary is between two positions."""
    image = features(3, 16, 24)
    expected: dict[str, Tensor] = {}
    for share, own, other in ((8 / 24, (0, 8), (0, 12)), (16 / 24, (8, 24), (12, 20))):

        def crop(whole: dict[str, Tensor], ends: tuple[int, int]) -> dict[str, Tensor]:
            cut = {}
            for depth, (layer, x) in enumerate(whole.items()):
                inside = x[..., ends[0] >> depth : ends[1] >> depth]
                # As one column, as ColorLoss sees a region.
                cut[layer] = inside.flatten(2).unsqueeze(3)
            return cut

        part = term(aimed(make(), crop(CONTENT, own), crop(STYLE, other)), crop(image, own))
        for layer, value in part.values.items():
            expected[layer] = expected.get(layer, torch.zeros_like(value)) + share * value
    assert_same(term(aimed(RegionalLoss(make(), TWO)), image), Term(make().weight, make().layers, expected))


def test_formula() -> None:
    """Luan et al., Eq. 3, with Grams over positions and shares for weights, written out."""
    loss = aimed(RegionalLoss(StyleLoss(1.0, {"input": 1.0}, "relative"), TWO))
    image = features(3, 16, 24)
    expected = torch.zeros((), dtype=torch.float64)
    for share, own, other in ((1 / 3, slice(0, 8), slice(0, 12)), (2 / 3, slice(8, 24), slice(12, 20))):
        x, c, s = image["input"][..., own], CONTENT["input"][..., own], STYLE["input"][..., other]
        expected += share * mean_distance(gram(x), gram(s)) / mean_distance(gram(c), gram(s))
    torch.testing.assert_close(term(loss, image).raw, expected)
    torch.testing.assert_close(term(loss, CONTENT).raw, torch.ones((), dtype=torch.float64))


@every_loss
def test_gradient_reaches_the_regions_pixels_and_no_others(make: Callable[[], Loss]) -> None:
    """One region; the rest of the photo is left out."""
    first = Regions(("#ff0000",), TWO.content[:, :1], TWO.style[:, :1])
    loss = aimed(RegionalLoss(make(), first))
    image = {layer: x.clone().requires_grad_() for layer, x in features(3, 16, 24).items()}
    term(loss, image).weighted.backward()
    for depth, (layer, x) in enumerate(image.items()):
        if layer in loss.layers:
            assert x.grad is not None
            assert (x.grad[..., : 8 >> depth] != 0).all()
            assert (x.grad[..., 8 >> depth :] == 0).all()
        else:
            assert x.grad is None


def test_each_region_takes_on_its_own_colours() -> None:
    """Content: left at 0, right at 1; style: the same labels the other way round, with their colours swapped.

    Whole photos have one distribution of colours, and nothing to change. By regions, left goes to 1, and right to 0.
    """
    left = halves(8, 8, 4)
    content = {"input": left[:, 1:].double().expand(1, 3, 8, 8).clone()}
    style = {"input": left[:, :1].double().expand(1, 3, 8, 8).clone()}
    image = {"input": content["input"].clone().requires_grad_()}
    whole = aimed(MomentsLoss(normalization="paper"), content, style)
    assert float(term(whole, content).raw) == 0.0
    regional = aimed(RegionalLoss(whole, Regions(("#ff0000", "#0000ff"), left, left)), content, style)
    assert float(term(regional, style).raw) == 0.0
    term(regional, image).raw.backward()
    gradient = image["input"].grad
    assert gradient is not None
    assert (gradient[..., :4] < 0).all()
    assert (gradient[..., 4:] > 0).all()


def test_a_pixel_counts_the_same_in_a_small_region_as_in_a_large_one() -> None:
    """A constant photo that is to become another: the gradient is the same everywhere, whatever the regions."""
    content, style = ({"input": torch.full((1, 3, 8, 8), level, dtype=torch.float64)} for level in (0.0, 1.0))
    image = {"input": content["input"].clone().requires_grad_()}
    masks = halves(8, 8, 1)
    term(aimed(RegionalLoss(MomentsLoss(), Regions(("#1", "#2"), masks, masks)), content, style), image).raw.backward()
    gradient = image["input"].grad
    assert gradient is not None
    torch.testing.assert_close(gradient, gradient[0, 0, 0, 0].expand_as(gradient))


@pytest.mark.parametrize("side", ["content", "style"])
def test_a_region_that_vanishes_at_a_layer_is_skipped_there(side: str) -> None:
    """One column of pixels: at conv2_1, a quarter of a position."""
    regions = TWO._replace(content=halves(16, 24, 1)) if side == "content" else TWO._replace(style=halves(24, 20, 1))
    loss = aimed(RegionalLoss(StyleLoss(1.0, {"input": 1.0, "conv2_1": 1.0}, "relative"), regions))
    image = features(3, 16, 24)
    statistics = loss.statistics(image)
    assert set(statistics["input"]) == {"#ff0000", "#0000ff"}
    assert set(statistics["conv2_1"]) == {"#0000ff"}
    values = term(loss, CONTENT).values
    torch.testing.assert_close(values["input"], torch.ones((), dtype=torch.float64))
    share = regions.content[:, 1].double().mean()
    torch.testing.assert_close(values["conv2_1"], share)


@every_loss
def test_a_region_counts_as_much_as_it_is_sure(make: Callable[[], Loss]) -> None:
    """Half sure of the first, and sure of the second; a sum of what each of them is alone."""
    image = features(3, 16, 24)
    sides = [(TWO.content[:, [k]], TWO.style[:, [k]]) for k in (0, 1)]
    alone = [term(aimed(RegionalLoss(make(), Regions((TWO.labels[k],), *sides[k]))), image) for k in (0, 1)]
    found = term(aimed(RegionalLoss(make(), TWO._replace(confidence=torch.tensor([0.5, 1.0])))), image)
    for layer, value in found.values.items():
        torch.testing.assert_close(value, 0.5 * alone[0].values[layer] + alone[1].values[layer])


def test_what_is_in_one_photo_alone_is_not_compared() -> None:
    """Whatever it is: no statistic of it is taken."""
    loss = aimed(RegionalLoss(MomentsLoss(), TWO._replace(confidence=torch.tensor([0.0, 1.0]))))
    image = features(3, 16, 24)
    assert set(loss.statistics(image)["input"]) == {"#0000ff"}
    expected = term(loss, image).raw
    image["input"][..., :8] += 10
    torch.testing.assert_close(term(loss, image).raw, expected)


@every_loss
def test_nothing_is_compared_where_no_region_is_sure(make: Callable[[], Loss]) -> None:
    loss = aimed(RegionalLoss(make(), TWO._replace(confidence=torch.zeros(2))))
    found = term(loss, features(3, 16, 24))
    assert set(found.values) == set(loss.layers)
    assert float(found.weighted) == 0


def test_a_layer_without_a_region_that_was_found_is_left_out() -> None:
    loss = aimed(RegionalLoss(StyleLoss(1.0, {"input": 1.0, "conv2_1": 1.0}, "relative"), APART._replace(found=True)))
    values = term(loss, CONTENT).values
    torch.testing.assert_close(values["input"].double(), torch.ones((), dtype=torch.float64))
    assert float(values["conv2_1"]) == 0


def test_a_region_that_vanishes_in_the_content_photo_alone_needs_nothing_drawn() -> None:
    """The positions that a sliced Wasserstein distance looks at are the content photo's."""
    regions = TWO._replace(content=halves(16, 24, 1))
    loss = aimed(RegionalLoss(SlicedWassersteinLoss(1.0, {"input": 1.0, "conv2_1": 1.0}, positions=50), regions))
    statistics = loss.statistics(features(3, 16, 24))
    assert [set(statistics[layer]) for layer in ("input", "conv2_1")] == [{"#ff0000", "#0000ff"}, {"#0000ff"}]


def test_soft_masks_are_divided_by_what_covers_the_most() -> None:
    hard = aimed(RegionalLoss(MomentsLoss(), TWO))
    soft = Regions(TWO.labels, 0.2 + 0.6 * TWO.content.double(), 0.2 + 0.6 * TWO.style.double())
    image = features(3, 16, 24)
    shares = soft.content.mean(dim=(0, 2, 3))
    statistics = hard(hard.statistics(image)).raw
    parts = [float(part(of).raw) for part, of in _parts(hard, image)]
    assert float(statistics) == pytest.approx(parts[0] * 8 / 24 + parts[1] * 16 / 24)
    expected = float(shares[0]) * parts[0] + float(shares[1]) * parts[1]
    assert float(term(aimed(RegionalLoss(MomentsLoss(), soft)), image).raw) == pytest.approx(expected)


def _parts(loss: Loss, image: dict[str, Tensor]) -> list[tuple[Callable[[Any], Term], dict[str, Any]]]:
    """Return each region's loss, with its statistics."""
    assert isinstance(loss, RegionalLoss)
    statistics = loss.statistics(image)
    labels = loss.regions.labels
    return [
        (cast("Callable[[Any], Term]", part), {layer: of[label] for layer, of in statistics.items()})
        for part, label in zip(loss.parts.values(), labels, strict=True)
    ]


@pytest.mark.parametrize(
    "regions",
    [
        APART,
        _third(APART).merge([["#ff0000", "#00ff00"]]),
        _third(APART).leave_out(["#00ff00"]),
        APART.showing(torch.ones(1, 1, 24, 20)),
    ],
    ids=["as they are", "merged", "one left out", "transparency"],
)
def test_a_layer_without_a_region_is_refused(regions: Regions) -> None:
    loss = RegionalLoss(StyleLoss(1.0, {"input": 1.0, "conv2_1": 1.0}), regions)
    with pytest.raises(VerismError, match=r"at conv2_1, no region is left in both photos: choose larger photos"):
        aimed(loss)


def test_whoever_leaves_out_all_regions_compares_nothing() -> None:
    loss = aimed(RegionalLoss(StyleLoss(1.0, {"conv2_1": 1.0}), APART.leave_out(TWO.labels)))
    assert float(term(loss, CONTENT).raw) == 0


def test_a_kept_region_is_not_compared() -> None:
    """And the others as they would be without keeping it."""
    whole, kept = (RegionalLoss(StyleLoss(1.0, {"conv1_1": 1.0}), two) for two in (TWO, TWO.keep(["#ff0000"])))
    aimed(kept)
    assert kept.compared["conv1_1"] == ["#0000ff"]
    assert kept.shares == {"#ff0000": 0, "#0000ff": whole.shares["#0000ff"]}


def test_what_is_kept_holds_nothing_of_its_colour_back() -> None:
    """The left stays, and the right, which has the same colours, changes all over."""
    one = torch.rand(1, 3, 16, 12, generator=torch.Generator().manual_seed(0))
    photo = torch.cat([one, one], dim=3)
    image = torch.cat([one, 1 - one], dim=3)
    two = Regions(TWO.labels, halves(16, 24, 12), TWO.style)
    normalize = InputNormalization()

    def value(regions: Regions) -> float:
        loss = by_region({"consistency": ConsistencyLoss()}, regions)["consistency"]
        seen = loss.target_statistic("input", "content", normalize(photo))
        loss.target("input", seen, loss.target_statistic("input", "style", normalize(photo)))
        return float(loss({"input": loss.statistic("input", normalize(image))}).raw)

    assert value(two) > 1e-3
    assert value(two.keep(["#ff0000"])) == pytest.approx(0, abs=1e-5)


def test_a_refusal_names_the_region() -> None:
    with pytest.raises(VerismError, match=r"region #ff0000: normalization relative: at input, content and style have"):
        aimed(RegionalLoss(MomentsLoss(), TWO._replace(style=TWO.content)), style=CONTENT)


RELATIVE: dict[str, Callable[[], Loss]] = {
    "style": lambda: StyleLoss(1.0, {"input": 1.0}, "relative"),
    "colour": lambda: ColorLoss(1.0, "relative"),
    "moments": lambda: MomentsLoss(1.0, {"input": 1.0}),
    "sliced Wasserstein": lambda: SlicedWassersteinLoss(1.0, {"input": 1.0}),
}


@pytest.mark.parametrize("away", [0.0, 1e-6])
@pytest.mark.parametrize("make", RELATIVE.values(), ids=RELATIVE.keys())
def test_what_looks_the_same_in_both_photos_takes_no_part(make: Callable[[], Loss], away: float) -> None:
    """A black border, in float32, as it is or with noise that nobody sees; by itself it would be refused."""
    content, style = ({"input": features(seed, 16, 24)["input"].float()} for seed in (1, 2))
    black = torch.tensor([-2.1179, -2.0357, -1.8044]).view(1, 3, 1, 1)
    for photo, level in ((content, 0.0), (style, away)):
        photo["input"][..., :8] = black + level
    regions = TWO._replace(style=TWO.content)
    loss = aimed(RegionalLoss(make(), regions), content, style)
    changed = {"input": content["input"].clone()}
    changed["input"][..., :8] += 0.01
    for image in (content, changed):
        assert set(loss.statistics(image)["input"]) == {"#0000ff"}
        assert float(term(loss, image).raw) == pytest.approx(2 / 3)
    with pytest.raises(VerismError, match=r"region #ff0000: .* content and style have the same statistics"):
        aimed(RegionalLoss(make(), Regions(TWO.labels[:1], TWO.content[:, :1], TWO.content[:, :1])), content, style)


def test_weight_zero_leaves_it_out() -> None:
    loss = aimed(RegionalLoss(ColorLoss(0.0), TWO))
    assert loss.layers == {}
    assert loss.statistics({}) == {}


def test_select_takes_positions_row_by_row() -> None:
    x = torch.arange(24.0).view(1, 2, 3, 4)
    assert select(x, torch.tensor([1, 6, 11])).tolist() == [[[[1.0], [6.0], [11.0]], [[13.0], [18.0], [23.0]]]]


def test_leaves_nothing_in_checkpoints_and_the_loss_unaimed() -> None:
    plain = StyleLoss(1.0, {"input": 1.0})
    loss = aimed(RegionalLoss(plain, TWO))
    assert loss.state_dict() == {}
    assert dict(plain.named_buffers()) == {}
    assert list(loss.parameters()) == []


def test_gradient_through_the_network_in_bfloat16(tiny_weights: Weights, content: Tensor, style: Tensor) -> None:
    """At the depths and in the layouts of the real thing; the content loss is no such loss, and needs no regions."""
    regions = Regions(("#1", "#2"), halves(48, 64, 20), halves(56, 40, 10))
    backbone, loss = VGG19(), RegionalLoss(StyleLoss(normalization="relative"), regions)
    image = content.clone().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        with torch.no_grad():
            aimed(loss, *(backbone(photo, loss.layers) for photo in (content, style)))
        found = term(loss, backbone(image, loss.layers))
    torch.testing.assert_close(found.raw, torch.tensor(sum(loss.layers.values())), rtol=1e-3, atol=0)
    assert found.raw.dtype == torch.float32
    found.weighted.backward()
    assert image.grad is not None
    assert (image.grad != 0).any()
    assert isinstance(ContentLoss(), Loss)
