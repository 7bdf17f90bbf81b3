"""All metrics at once: of the same photo, against another program, and what they must not see."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import pytest
import torch
from conftest import synthetic_photo
from plain_photos import example
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from verism import metrics
from verism.backbone import VGG19
from verism.backbone.weights import Weights
from verism.errors import VerismError
from verism.losses.gram import gram
from verism.metrics import Measure
from verism.regions.regions import Regions
from verism.stopping import stopped_by


def spoiled(photo: Tensor) -> Tensor:
    """A photo with a tint that grows to the right and down, flat at the left and noisy at the right; at 8 bits."""
    height, width = photo.shape[-2:]
    x, y = torch.linspace(0, 1, width), torch.linspace(0, 1, height).unsqueeze(1)
    tint = torch.stack([0.3 * x.expand(height, width), -0.2 * y.expand(height, width), 0.25 * (x * y)])
    smooth = F.avg_pool2d(photo, 9, stride=1, padding=4, count_include_pad=False)
    gain = torch.where(x < 0.3, 0.2, torch.where(x > 0.8, 3.0, 1.0))
    return eight_bits(smooth + tint + gain * (photo - smooth))


def eight_bits(photo: Tensor) -> Tensor:
    return (photo.clamp(0, 1) * 255).round() / 255


def thirds(photo: Tensor) -> Tensor:
    """Two regions, the left third and the rest."""
    left = torch.arange(photo.shape[-1]).expand(1, 1, *photo.shape[-2:]) < photo.shape[-1] // 3
    return torch.cat([left, ~left], dim=1)


@pytest.mark.parametrize(
    ("metric", "same"),
    [
        (metrics.lost, 0),
        (metrics.blown, 0),
        (metrics.structure, 1),
        (metrics.sobel_ssim, 1),
        (metrics.psnr, math.inf),
        (metrics.sliced_wasserstein, 0),
        (metrics.ciede2000, 0),
        (metrics.newly_clipped, 0),
    ],
)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64])
def test_of_the_same_photo(
    content: Tensor, metric: Callable[[Tensor, Tensor], Tensor], same: float, dtype: torch.dtype
) -> None:
    value = metric(content.to(dtype), content.to(dtype))
    assert value.shape == ()
    assert value.dtype in (torch.promote_types(dtype, torch.float32), torch.float64)
    assert float(value) == pytest.approx(same, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content_photo", "style_photo", "expected"),
    [
        (
            lambda: eight_bits(synthetic_photo(320, 400, seed=1)),
            lambda: eight_bits(synthetic_photo(360, 320, seed=2)),
            (12.044684, 11.772421, 0.246216, 0.294828, 0.195867),
        ),
        (
            lambda: example("picos"),
            lambda: example("sunset"),
            (9.179648, 6.135668, 0.152026, 0.151496, 0.099912),
        ),
    ],
    ids=["synthetic", "photos"],
)
def test_numbers_of_another_program(
    content_photo: Callable[[], Tensor], style_photo: Callable[[], Tensor], expected: tuple[float, ...]
) -> None:
    """What the script that these figures were first computed with made of the same pictures and masks, as PNG files.

    It was written apart from verism, in float32 throughout, with a CIELAB of its own: drift of the whole photo, drift
    within the regions, semantic, lost, blown.
    """
    content, style = content_photo(), style_photo()
    image = spoiled(content)
    known = Regions(("left", "right"), thirds(content), thirds(style))
    values = (
        metrics.drift(image, content),
        metrics.drift(image, content, known.content),
        metrics.semantic(image, style, known),
        metrics.lost(image, content),
        metrics.blown(image, content),
    )
    assert [float(value) for value in values] == pytest.approx(expected, rel=1e-3)


@pytest.mark.slow
def test_measure_is_the_functions_of_the_clamped_image(tiny_weights: Weights, content: Tensor, style: Tensor) -> None:
    image = 1.5 * content.flip(3)
    image[..., :4, :4] = 1.2
    image.requires_grad_()
    clamped = image.detach().clamp(0, 1)
    backbone = VGG19(activation=nn.ReLU(), pooling="max")
    result, own, other = (
        {layer: gram(features) for layer, features in backbone(photo, metrics.STYLE_LAYERS).items()}
        for photo in (clamped, content, style)
    )
    values = Measure(content, style, backbone)(image)
    assert tuple(values) == metrics.NAMES
    assert values == pytest.approx(
        {
            "drift": float(metrics.drift(clamped, content)),
            "lost": float(metrics.lost(clamped, content)),
            "blown": float(metrics.blown(clamped, content)),
            "newly_clipped": float(metrics.newly_clipped(clamped, content)),
            "pure_colors": float(metrics.pure_colors(clamped, content)),
            "structure": float(metrics.structure(clamped, content)),
            "sobel_ssim": float(metrics.sobel_ssim(clamped, content)),
            "psnr": float(metrics.psnr(clamped, content)),
            "sliced_wasserstein": float(metrics.sliced_wasserstein(clamped, style)),
            "color_distance": float(metrics.color_distance(clamped, content, style)),
            "ciede2000": float(metrics.ciede2000(clamped, content)),
            "style_distance": float(metrics.style_distance(result, own, other)),
        },
        rel=1e-5,
    )
    assert 0 < values["newly_clipped"] < 1
    assert 0 < values["pure_colors"] < 1


@pytest.mark.slow
def test_measure_looks_within_the_regions(tiny_weights: Weights, content: Tensor, style: Tensor) -> None:
    masks = torch.arange(64).expand(1, 1, 48, 64) < 32
    image = torch.cat([content[..., :32], content.flip(1)[..., 32:]], dim=-1)
    apart, together = (Measure(content, style, VGG19(), them)(image) for them in (masks, None))
    assert apart.pop("drift") == pytest.approx(float(metrics.drift(image, content, masks)))
    assert together.pop("drift") == pytest.approx(float(metrics.drift(image, content)))
    assert apart == together


@pytest.mark.slow
def test_measure_sees_detail_in_what_was_rendered(tiny_weights: Weights, content: Tensor, style: Tensor) -> None:
    original = synthetic_photo(240, 320, seed=1)
    rendered, image = original.sqrt(), content.flip(3)
    values = Measure(content, style, VGG19(), original=original)(image, rendered)
    expected = Measure(content, style, VGG19())(image)
    for metric in (metrics.drift, metrics.lost, metrics.blown):
        assert values[metric.__name__] == pytest.approx(float(metric(rendered, original)), rel=1e-6)
        expected[metric.__name__] = values[metric.__name__]
    assert values == expected


@pytest.mark.slow
def test_measure_at_both_ends(tiny_weights: Weights, content: Tensor) -> None:
    style = content.flip(1)
    measure = Measure(content, style, VGG19())
    assert measure(content)["style_distance"] == pytest.approx(1)
    assert measure(style)["style_distance"] == pytest.approx(0)
    assert measure(style)["sliced_wasserstein"] == measure(style)["color_distance"] == 0
    assert measure(content)["color_distance"] == 1


@pytest.mark.slow
@pytest.mark.parametrize(("activation", "pooling"), [(nn.Tanh(), "max"), (nn.ReLU(), "avg"), (nn.LeakyReLU(), "avg")])
def test_measure_ignores_the_runs_activation_and_pooling(
    tiny_weights: Weights, content: Tensor, style: Tensor, activation: nn.Module, pooling: Literal["avg", "max"]
) -> None:
    image = content.flip(3)
    published, own = (
        Measure(content, style, backbone)(image)
        for backbone in (VGG19(activation=nn.ReLU(), pooling="max"), VGG19(activation=activation, pooling=pooling))
    )
    assert own == published


@pytest.mark.slow
def test_measure_takes_any_precision(tiny_weights: Weights, content: Tensor, style: Tensor) -> None:
    image = content.flip(3)
    measure = Measure(content, style, VGG19())
    assert measure(image.double()) == measure(image)
    assert measure(image.bfloat16()) == pytest.approx(measure(image), rel=0.05)


def test_measure_refuses_another_shape(tiny_weights: Weights, content: Tensor, style: Tensor) -> None:
    with pytest.raises(VerismError, match=r"a result of 40×56 pixels .* content photo of 64×48"):
        Measure(content, style, VGG19())(style)


def test_measuring_can_be_ended_between_two_figures(content: Tensor, style: Tensor, tiny_weights: Weights) -> None:
    measure = Measure(content, style, VGG19(), names=["structure", "sliced_wasserstein"])
    asked: list[int] = []

    def end() -> None:
        asked.append(len(asked))
        if len(asked) == 2:
            raise VerismError("Enough.")

    with stopped_by(end), pytest.raises(VerismError, match="Enough"):
        measure(content)


def test_what_is_kept_counts_neither_as_far_from_the_style_nor_as_uneven(content: Tensor, style: Tensor) -> None:
    """The left third is the photo, and the rest is a third of itself in another tint."""
    stays = thirds(content)[:, :1]
    tinted = 0.7 * content + 0.3 * content.new_tensor([0.9, 0.5, 0.2]).view(1, 3, 1, 1)
    image = torch.where(stays, content, tinted)
    width = int(stays[0, 0, 0].sum())
    whole, apart = (Measure(content, style, VGG19(), names=metrics.TOLD, stays=it)(image) for it in (None, stays))
    alone = Measure(content[..., width:], style, VGG19(), names=metrics.TOLD)(tinted[..., width:])
    for name in ("color_distance", "ciede2000"):
        assert apart[name] == pytest.approx(alone[name], rel=1e-4)
        assert abs(whole[name] - alone[name]) > 0.01
    assert apart["drift"] < 0.7 * whole["drift"]
    assert apart["structure"] == whole["structure"]
