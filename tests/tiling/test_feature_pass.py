"""The statistics of an image: the same, however it is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import pytest
import torch
from conftest import TINY_WIDTH
from torch import Tensor, nn

from verism.backbone import VGG19, Backbone
from verism.backbone.normalization import InputNormalization
from verism.backbone.weights import Weights
from verism.errors import VerismError
from verism.losses import (
    ColorLoss,
    ContentLoss,
    Loss,
    MomentsLoss,
    PhotorealismLoss,
    SlicedWassersteinLoss,
    StyleLoss,
    Term,
)
from verism.losses.gram import gram
from verism.losses.positions import EVERYWHERE, Positions
from verism.losses.regional import RegionalLoss
from verism.regions.regions import Regions
from verism.tiling.choice import TileOption, choose
from verism.tiling.feature_pass import FeaturePass
from verism.tiling.plan import Tiling


def photo(height: int, width: int, seed: int) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def halves(height: int, width: int) -> Tensor:
    left = (torch.arange(width) < width // 3).expand(1, 1, height, width)
    return torch.cat([left, ~left], dim=1)


class SpreadLoss(Loss):
    """A loss that does not say that it is additive, because it is not: how much features vary along rows.

    Of the parts that tiles are, the means add up to something else, and so do the differences from the mean.
    """

    def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> Tensor:
        return (features - features.mean()).abs().sqrt().mean() * features.amax()

    def forward(self, totals: Mapping[str, Tensor]) -> Term:
        return Term(self.weight, self.layers, totals)


def losses(content: Tensor, style: Tensor) -> dict[str, Loss]:
    deep = {"conv1_1": 0.3, "relu2_2": 0.3, "conv3_1": 0.4}
    regions = Regions(("left", "right"), halves(*content.shape[-2:]), halves(*style.shape[-2:]))
    return {
        "content": ContentLoss(1.0, {"relu1_2": 0.5, "conv5_4": 0.5}, "relative"),
        "style": StyleLoss(1.0, {**deep, "conv5_1": 1.0}, "relative"),
        "paper": StyleLoss(1.0, {"input": 1.0, "conv4_1": 1.0}),
        "moments": MomentsLoss(1.0, {"input": 1.0, **deep}),
        "all": SlicedWassersteinLoss(1.0, {"relu2_1": 1.0}, directions=4),
        "drawn": SlicedWassersteinLoss(1.0, {"input": 1.0, "conv3_2": 1.0}, directions=4, positions=150),
        "spread": SpreadLoss(1.0, {"input": 1.0, "relu1_1": 1.0, "pool2": 1.0, "conv4_1": 0.5}),
        "regional spread": RegionalLoss(SpreadLoss(1.0, {"relu2_1": 1.0}), regions),
        "color": ColorLoss(1.0, "relative"),
        "photorealism": PhotorealismLoss(scale=2),
        "regional": RegionalLoss(MomentsLoss(1.0, deep), regions),
        "regional and drawn": RegionalLoss(SlicedWassersteinLoss(1.0, deep, directions=4, positions=99), regions),
    }


def feature_pass_of(backbone: Backbone, asked: Mapping[str, Loss], tile: TileOption, content: Tensor) -> FeaturePass:
    return FeaturePass(asked, choose(backbone, asked.values(), tile, content))


def look(backbone: VGG19, shape: tuple[int, int], tiling: Tiling, only: str | None = None) -> Mapping[str, Tensor]:
    """Return every loss's value, and the derivative of their sum with respect to the image; ``Tiling()``: at once."""
    content, style, image = (photo(*size, seed) for seed, size in enumerate((shape, (90, 110), shape)))
    asked = {name: loss.double() for name, loss in losses(content, style).items() if only in (None, name)}
    feature_pass = feature_pass_of(backbone, asked, None if tiling.side is None else 16, content)
    feature_pass.passage.tiling = tiling
    feature_pass.set_targets(content, style)
    image.requires_grad_()
    totals = feature_pass(image)
    values = {name: loss(totals[name]).weighted for name, loss in asked.items()}
    (gradient,) = torch.autograd.grad(torch.stack(list(values.values())).sum(), image)
    return {**values, "gradient": gradient}


@pytest.fixture
def backbone(tiny_weights: Weights) -> VGG19:
    del tiny_weights
    return VGG19(activation=nn.LeakyReLU(0.15)).double()


@pytest.mark.slow
@pytest.mark.parametrize("blocks", [0, 1, 3, 5])
@pytest.mark.parametrize(("shape", "side"), [((96, 160), 64), ((97, 131), 48), ((145, 80), 80), ((45, 40), 16)])
def test_tiles_are_exact_for_every_loss(backbone: VGG19, shape: tuple[int, int], side: int, blocks: int) -> None:
    tiled, at_once = (look(backbone, shape, tiling) for tiling in (Tiling(blocks, side), Tiling()))
    assert all(value.abs().max() > 0 for value in at_once.values())
    torch.testing.assert_close(tiled, at_once, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("activation", [nn.ReLU(), nn.Tanh(), nn.ELU()], ids=lambda module: type(module).__name__)
@pytest.mark.parametrize("pooling", ["avg", "max"])
@pytest.mark.usefixtures("tiny_weights")
def test_tiles_are_exact_for_every_activation_and_pooling(
    activation: nn.Module, pooling: Literal["avg", "max"]
) -> None:
    backbone = VGG19(activation=activation, pooling=pooling).double()
    tiled, at_once = (look(backbone, (49, 70), tiling, "style") for tiling in (Tiling(5, 32), Tiling()))
    torch.testing.assert_close(tiled, at_once, rtol=1e-9, atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("layers", [["pool1", "pool3"], ["relu2_2", "pool2"], ["pool4"], ["input", "relu5_4"]])
@pytest.mark.parametrize("side", [16, 48])
def test_tiles_are_exact_at_the_poolings_and_where_a_block_ends(backbone: VGG19, layers: list[str], side: int) -> None:
    photos = [photo(77, 90, seed) for seed in range(3)]
    found = []
    for tile in (side, None):
        loss = StyleLoss(1.0, dict.fromkeys(layers, 1.0)).double()
        feature_pass = feature_pass_of(backbone, {"style": loss}, tile, photos[0])
        feature_pass.set_targets(*photos[:2])
        image = photos[2].clone().requires_grad_()
        value = loss(feature_pass(image)["style"]).weighted
        found.append((value, *torch.autograd.grad(value, image)))
    torch.testing.assert_close(*found, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_loss_that_is_not_additive_gets_whole_maps_in_full_precision(
    tiny_weights: Weights, dtype: torch.dtype
) -> None:
    seen: list[tuple[torch.Size, torch.dtype, bool]] = []

    class Watching(SpreadLoss):
        def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> Tensor:
            seen.append((features.shape, features.dtype, torch.is_autocast_enabled("cpu")))
            return super().statistic(layer, features, here)

    image = photo(97, 131, 0).float()
    loss = Watching(1.0, {"conv1_1": 1.0, "pool1": 1.0})
    with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
        feature_pass = feature_pass_of(VGG19(), {"spread": loss}, 32, image)
        feature_pass(image)
    assert seen == [
        (torch.Size((1, TINY_WIDTH, 97, 131)), torch.float32, False),
        (torch.Size((1, TINY_WIDTH, 48, 65)), torch.float32, False),
    ]


def test_a_new_statistic_of_an_additive_loss_is_not_additive_until_it_says_so() -> None:
    class Mean(StyleLoss):
        def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> Any:
            return features.mean()

    class Sum(StyleLoss):
        additive = True

        def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> Any:
            return features.sum()

    class Renamed(StyleLoss):
        pass

    assert (Mean.additive, Sum.additive, Renamed.additive) == (False, True, True)
    assert (Mean.regional, Sum.regional, Renamed.regional) == (False, False, True)
    assert RegionalLoss(StyleLoss(), Regions(("a", "b"), halves(4, 4), halves(4, 4))).additive


def test_what_tiles_are_taken_of_blocks_is_not_kept(backbone: VGG19) -> None:
    """Only the maps of one tile of a block, and what comes in, are there between the two passes."""
    image = photo(160, 160, 2).requires_grad_()
    kept: dict[int | None, int] = {}
    for tile in (32, None):
        loss = StyleLoss(1.0, {"conv1_1": 1.0, "conv2_1": 1.0}).double()
        feature_pass = feature_pass_of(backbone, {"style": loss}, tile, image.detach())
        feature_pass.set_targets(image.detach(), image.detach())
        saved: list[Tensor] = []

        def keep(tensor: Tensor, saved: list[Tensor] = saved) -> Tensor:
            saved.append(tensor)
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            feature_pass(image)
        maps = [tensor.untyped_storage() for tensor in saved if tensor.dim() == 4 and tensor.shape[1] == TINY_WIDTH]
        storages = {storage.data_ptr(): storage.nbytes() for storage in maps}
        kept[tile] = sum(storages.values())
    assert 0 < kept[32] < 0.4 * kept[None]


class Patches(Backbone):
    """A network without blocks, as a vision transformer is: every feature is made of all of the image."""

    layers = ("patches",)

    def forward(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        patches = nn.functional.avg_pool2d(image, 16)
        return {"patches": patches * patches.softmax(dim=-1) + patches.amax()}


def test_a_network_without_blocks_is_shown_the_whole_image() -> None:
    content, style, image = (photo(*size, seed) for seed, size in enumerate(((96, 160), (90, 110), (96, 160))))
    asked = {
        "style": StyleLoss(1.0, {"patches": 1.0}, "relative").double(),
        "spread": SpreadLoss(1.0, {"input": 1.0, "patches": 1.0}),
    }
    feature_pass = feature_pass_of(Patches(), asked, "auto", content)
    feature_pass.set_targets(content, style)
    patches = Patches()(image, ["patches"])["patches"]
    totals = feature_pass(image)
    torch.testing.assert_close(totals["style"]["patches"].products, gram(patches).products)
    colors = InputNormalization().double()(image)
    expected = {layer: asked["spread"].statistic(layer, it) for layer, it in (("input", colors), ("patches", patches))}
    torch.testing.assert_close(totals["spread"], expected)


class Doubling(SpreadLoss):
    def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> Tensor:
        return super().statistic(layer, features.mul_(2), here)


@pytest.mark.parametrize("layer", ["input", "conv1_1"])
def test_features_that_all_losses_share_are_not_changed(backbone: VGG19, layer: str) -> None:
    """Other losses would silently get the changed ones."""
    content = photo(48, 64, seed=1)
    losses = {"one": Doubling(1.0, {layer: 1.0}), "other": SpreadLoss(1.0, {layer: 1.0})}
    seen = FeaturePass(losses, choose(backbone, losses.values(), None, content))
    with pytest.raises(VerismError, match=f"^Doubling: its statistic changes the features of {layer} in place, and "):
        seen.set_targets(content, photo(40, 40, seed=2))
