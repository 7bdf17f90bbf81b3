"""The statistics of an image: the same, however it is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pytest
import torch
from torch import Tensor, nn

from verism.backbone import VGG19
from verism.losses import (
    ColorLoss,
    ContentLoss,
    Loss,
    MomentsLoss,
    PhotorealismLoss,
    SlicedWassersteinLoss,
    StyleLoss,
)
from verism.losses.regional import RegionalLoss
from verism.observer import Observer
from verism.regions import Regions
from verism.tiles import Margins
from verism.weights import Weights


def photo(height: int, width: int, seed: int) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def halves(height: int, width: int) -> Tensor:
    left = (torch.arange(width) < width // 3).expand(1, 1, height, width)
    return torch.cat([left, ~left], dim=1)


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
        "color": ColorLoss(1.0, "relative"),
        "photorealism": PhotorealismLoss(scale=2),
        "regional": RegionalLoss(MomentsLoss(1.0, deep), regions),
        "regional and drawn": RegionalLoss(SlicedWassersteinLoss(1.0, deep, directions=4, positions=99), regions),
    }


def look(backbone: VGG19, shape: tuple[int, int], tile: int | None, only: str | None = None) -> Mapping[str, Tensor]:
    """Return every loss's value, its derivative with respect to the image, and the image's features' sum."""
    content, style, image = (photo(*size, seed) for seed, size in enumerate((shape, (90, 110), shape)))
    asked = {name: loss.double() for name, loss in losses(content, style).items() if only in (None, name)}
    observer = Observer(backbone, asked, tile, content)
    for loss in asked.values():
        loss.aim(*observer.features(content, style))
    image.requires_grad_()
    totals = observer(image)
    values = {name: loss(totals[name]).weighted for name, loss in asked.items()}
    (gradient,) = torch.autograd.grad(torch.stack(list(values.values())).sum(), image)
    return {**values, "gradient": gradient}


@pytest.fixture
def backbone(tiny_weights: Weights) -> VGG19:
    del tiny_weights
    return VGG19(activation=nn.LeakyReLU(0.15)).double()


@pytest.mark.parametrize(("shape", "tile"), [((96, 160), 64), ((97, 131), 48), ((145, 80), 80), ((45, 40), 16)])
def test_tiles_are_exact_for_every_loss(backbone: VGG19, shape: tuple[int, int], tile: int) -> None:
    tiled, at_once = (look(backbone, shape, size) for size in (tile, None))
    assert all(value.abs().max() > 0 for value in at_once.values())
    torch.testing.assert_close(tiled, at_once, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("activation", [nn.ReLU(), nn.Tanh(), nn.ELU()], ids=lambda module: type(module).__name__)
@pytest.mark.parametrize("pooling", ["avg", "max"])
@pytest.mark.usefixtures("tiny_weights")
def test_tiles_are_exact_for_every_activation_and_pooling(
    activation: nn.Module, pooling: Literal["avg", "max"]
) -> None:
    backbone = VGG19(activation=activation, pooling=pooling).double()
    tiled, at_once = (look(backbone, (49, 70), size, "style") for size in (32, None))
    torch.testing.assert_close(tiled, at_once, rtol=1e-9, atol=1e-12)


def test_the_halo_is_as_wide_as_it_has_to_be(backbone: VGG19) -> None:
    """Half as wide, as it has to be wrong for, is not enough: the test above would notice."""
    layers = {"conv5_4"}
    image = photo(16, 320, 0)
    features = backbone(image, layers)["conv5_4"]
    for width, exact in ((backbone.halo(layers), True), (backbone.halo(layers) // 2, False)):
        margins = Margins(left=width, right=width)
        window = image[..., 160 - width : 176 + width]
        part = backbone(window, layers, margins)["conv5_4"]
        assert torch.allclose(part, features[..., 10:11], rtol=1e-9) is exact


def test_the_photos_features_are_those_of_the_whole(backbone: VGG19) -> None:
    image = photo(97, 131, 0)
    asked = losses(image, photo(90, 110, 1))
    tiled, at_once = (Observer(backbone, asked, tile, image).features(image)[0] for tile in (48, None))
    assert set(tiled) == set(at_once)
    for layer in at_once:
        torch.testing.assert_close(tiled[layer], at_once[layer], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("available", "tile"), [(10**12, None), (10**9, 512), (1, 128)])
def test_tiles_are_chosen_by_what_is_free_with_a_line_that_says_so(
    tiny_weights: Weights,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    available: int,
    tile: int | None,
) -> None:
    monkeypatch.setattr("verism.observer.free", lambda device: available)
    with caplog.at_level("INFO"):
        observer = Observer(VGG19(), {"style": StyleLoss(1.0, {"conv1_1": 1.0})}, "auto", torch.rand(1, 3, 700, 900))
    assert observer.tile == tile
    assert (f"as with --model.tile {tile}" in caplog.text) == (tile is not None)
    assert ("At 900×700 pixels a step would take about" in caplog.text) == (tile is not None)
    assert ("if that is not enough" in caplog.text) == (available == 1)


@pytest.mark.parametrize(
    ("available", "tile", "dtype", "remedy"),
    [
        (5 * 10**8, None, torch.float32, "--model.tile 512, with which it takes about 0.5 GB"),
        (10**7, 128, torch.float32, "--trainer.precision bf16-mixed, with which it takes about 0."),
        (10**7, 128, torch.bfloat16, "a smaller --data.size"),
        (10**12, None, torch.float32, None),
    ],
)
def test_a_step_that_is_likely_to_fail_is_announced_with_what_would_fit(
    tiny_weights: Weights,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    available: int,
    tile: int | None,
    dtype: torch.dtype,
    remedy: str | None,
) -> None:
    monkeypatch.setattr("verism.observer.free", lambda device: available)
    photo = torch.rand(1, 3, 700, 900, dtype=dtype)
    with caplog.at_level("INFO"):
        Observer(VGG19(), {"style": StyleLoss(1.0, {"conv1_1": 1.0})}, tile, photo)
    assert (remedy is None) == ("if that is not enough" not in caplog.text)
    assert remedy is None or f"that are free; if that is not enough: {remedy}" in caplog.text
