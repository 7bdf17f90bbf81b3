"""What the numbers are: closed forms, independent references, and what each must not see."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from verism import metrics
from verism.backbone import VGG19
from verism.errors import VerismError
from verism.images import luma
from verism.losses.gram import Gram, gram
from verism.metrics import Measure
from verism.weights import Weights


def flat(*colour: float) -> Tensor:
    """A photo of one colour, or of one grey."""
    return torch.tensor(colour, dtype=torch.float64).view(1, -1, 1, 1).expand(1, 3, 32, 40)


def grey(levels: Tensor) -> Tensor:
    return levels.double().expand(1, 3, *levels.shape[-2:])


def ramp(slope: float) -> Tensor:
    """Grey that rises by ``slope`` a pixel from left to right."""
    return grey(slope * torch.arange(40, dtype=torch.float64).expand(40, 40))


@pytest.mark.parametrize(
    ("metric", "same"),
    [
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


def test_structure_is_wangs_at_every_position(content: Tensor, style: Tensor) -> None:
    """Equation 10 written out, one window at a time."""
    first, second = (photo[..., :14, :13].double() for photo in (content, style))
    x, y = (luma(photo).squeeze().numpy() for photo in (first, second))
    window = np.array([[math.exp(-(i * i + j * j) / 4.5) for i in range(-5, 6)] for j in range(-5, 6)])
    window /= window.sum()
    values = []
    for top in range(4):
        for left in range(3):
            a, b = (photo[top : top + 11, left : left + 11] for photo in (x, y))
            a, b = a - (window * a).sum(), b - (window * b).sum()
            deviations = math.sqrt((window * a * a).sum() * (window * b * b).sum())
            values.append(((window * a * b).sum() + 0.00045) / (deviations + 0.00045))
    assert float(metrics.structure(first, second)) == pytest.approx(np.mean(values), rel=1e-9)


def test_structure_sees_neither_brightness_nor_contrast(content: Tensor) -> None:
    assert float(metrics.structure(0.6 * content.double() + 0.3, content.double())) == pytest.approx(1, abs=1e-9)


def test_structure_of_the_inverse_is_negative() -> None:
    noise = torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    assert -1 <= float(metrics.structure(1 - noise, noise)) < -0.9


@pytest.mark.parametrize("level", [0.3, 0.7, 0.9])
def test_structure_against_a_flat_photo(content: Tensor, level: float) -> None:
    """No covariance and no deviation: 1. A variance that rounding left below zero would make it nan."""
    uniform = torch.full_like(content, level)
    assert float(metrics.structure(uniform, content)) == pytest.approx(1, abs=1e-2)
    assert float(metrics.structure(content, uniform)) == pytest.approx(1, abs=1e-2)


def test_sobel_ssim_of_ramps() -> None:
    """Gradients of 0.02 and 0.04, twice the slopes, everywhere: only SSIM's luminance term is below 1."""
    expected = (2 * 0.02 * 0.04 + 1e-4) / (0.02**2 + 0.04**2 + 1e-4)
    assert float(metrics.sobel_ssim(ramp(0.01), ramp(0.02))) == pytest.approx(expected, rel=1e-9)


def test_sobel_ssim_compares_magnitudes() -> None:
    assert float(metrics.sobel_ssim(ramp(0.02).mT, ramp(0.02))) == pytest.approx(1, abs=1e-9)
    assert float(metrics.sobel_ssim(0.5 - ramp(0.01), ramp(0.01))) == pytest.approx(1, abs=1e-9)


def test_psnr() -> None:
    """An error of 0.1 everywhere: 20 dB."""
    assert float(metrics.psnr(flat(0.5), flat(0.4))) == pytest.approx(20)


def test_sliced_wasserstein_of_two_colours() -> None:
    """A random direction sees a third of a squared difference, on average."""
    distance = metrics.sliced_wasserstein(flat(0.1, 0.6, 0.4), flat(0.3, 0.2, 0.8), directions=4096)
    assert float(distance) == pytest.approx(0.6 / math.sqrt(3), rel=0.02)


def test_sliced_wasserstein_of_greys_is_that_of_their_quantiles() -> None:
    """Along every direction the same problem in one dimension, up to a factor that black to white shows."""
    generator = torch.Generator().manual_seed(0)
    few, many = torch.rand(8, 9, generator=generator).double(), torch.rand(11, 10, generator=generator).double() ** 2
    quantiles = np.quantile(many.numpy(), np.linspace(0, 1, 72))
    expected = math.sqrt(np.square(np.sort(few.numpy().ravel()) - quantiles).mean())
    unit = metrics.sliced_wasserstein(flat(0.0), flat(1.0))
    for image, style in ((few, many), (many, few)):
        distance = metrics.sliced_wasserstein(grey(image), grey(style))
        assert float(distance / unit) == pytest.approx(expected, rel=1e-6)


def test_sliced_wasserstein_does_not_see_places(content: Tensor) -> None:
    places = torch.randperm(48 * 64, generator=torch.Generator().manual_seed(0))
    shuffled = content.flatten(2)[..., places].view(1, 3, 64, 48)
    assert float(metrics.sliced_wasserstein(shuffled, content)) == pytest.approx(0, abs=1e-6)


def test_sliced_wasserstein_draws_by_seed(content: Tensor, style: Tensor) -> None:
    first, again, other = (float(metrics.sliced_wasserstein(content, style, 2, seed)) for seed in (0, 0, 1))
    assert first == again != other


@pytest.mark.parametrize(
    ("first", "second", "difference"),
    [
        ((50.0, 2.5, 0.0), (61.0, -5.0, 29.0), 22.8977),
        ((50.0, 2.5, 0.0), (58.0, 24.0, 15.0), 19.4535),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
        ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
        ((0.0, 0.0, 0.0), (100.0, 0.0, 0.0), 100.0),
    ],
)
def test_ciede2000_of_sharmas_pairs(first: tuple[float, ...], second: tuple[float, ...], difference: float) -> None:
    """Sharma et al. 2005, Table 1."""
    assert float(metrics.ciede2000(flat(*srgb(*first)), flat(*srgb(*second)))) == pytest.approx(difference, abs=2e-2)


def srgb(lightness: float, a: float, b: float) -> tuple[float, ...]:
    """CIELAB under D65 to gamma-encoded sRGB, by the standards' formulas."""
    y = (lightness + 16) / 116
    f = np.array([y + a / 500, y, y - b / 200])
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * [0.95047, 1, 1.08883]
    matrix = [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
    linear: NDArray[np.float64] = np.clip(np.array(matrix) @ xyz, 0, None)
    return tuple(np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear))


def test_ciede2000_clamps() -> None:
    assert float(metrics.ciede2000(flat(-0.5), flat(1.5))) == pytest.approx(100, abs=1e-2)


def grams(seed: int) -> dict[str, Gram]:
    generator = torch.Generator().manual_seed(seed)
    return {layer: gram(torch.randn(1, 4, 5, 6 + seed, generator=generator)) for layer in metrics.STYLE_LAYERS}


def test_style_distance_is_one_at_the_content_and_zero_at_the_style() -> None:
    content, style = grams(1), grams(2)
    assert float(metrics.style_distance(content, content, style)) == 1
    assert float(metrics.style_distance(style, content, style)) == 0


def test_style_distance_averages_ratios_per_layer() -> None:
    """Half of the way left at the first layer, nothing at the others; the layers' own scales do not count."""
    content = {layer: Gram(torch.full((4, 4), 10.0**i), 2) for i, layer in enumerate(metrics.STYLE_LAYERS)}
    style = {layer: Gram(torch.zeros(4, 4), 9) for layer in metrics.STYLE_LAYERS}
    image = style | {"relu1_1": Gram(torch.full((4, 4), 2.0), 8)}
    assert float(metrics.style_distance(image, content, style)) == pytest.approx(0.5**2 / 5)


def test_style_distance_between_the_same_statistics() -> None:
    same = grams(1)
    assert math.isnan(float(metrics.style_distance(same, same, same)))
    assert float(metrics.style_distance(grams(2), same, same)) == math.inf


def test_newly_clipped_counts_samples() -> None:
    """Of 3 × 8: five at the ends once rounded, of which two were there before."""
    content, image = torch.full((2, 1, 3, 2, 4), 0.5)
    image.view(-1)[:8] = torch.tensor([-0.1, 0.4, 0.6, 254.4, 254.6, 300.0, 0.0, 128.0]) / 255
    content.view(-1)[5:8] = torch.tensor([0.3, 254.7, 0.0]) / 255
    assert float(metrics.newly_clipped(image, content)) == 3 / 24


def test_measure_is_the_functions_of_the_clamped_image(tiny_weights: Weights, content: Tensor, style: Tensor) -> None:
    image = (1.5 * content.flip(3)).requires_grad_()
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
            "structure": float(metrics.structure(clamped, content)),
            "sobel_ssim": float(metrics.sobel_ssim(clamped, content)),
            "psnr": float(metrics.psnr(clamped, content)),
            "sliced_wasserstein": float(metrics.sliced_wasserstein(clamped, style)),
            "ciede2000": float(metrics.ciede2000(clamped, content)),
            "style_distance": float(metrics.style_distance(result, own, other)),
            "newly_clipped": float(metrics.newly_clipped(clamped, content)),
        },
        rel=1e-5,
    )
    assert 0 < values["newly_clipped"] < 1


def test_measure_at_both_ends(tiny_weights: Weights, content: Tensor) -> None:
    style = content.flip(1)
    measure = Measure(content, style, VGG19())
    assert measure(content)["style_distance"] == pytest.approx(1)
    assert measure(style)["style_distance"] == pytest.approx(0)
    assert measure(style)["sliced_wasserstein"] == 0


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


def test_measure_takes_any_precision(tiny_weights: Weights, content: Tensor, style: Tensor) -> None:
    image = content.flip(3)
    measure = Measure(content, style, VGG19())
    assert measure(image.double()) == measure(image)
    assert measure(image.bfloat16()) == pytest.approx(measure(image), rel=0.05)


def test_measure_refuses_another_shape(tiny_weights: Weights, content: Tensor, style: Tensor) -> None:
    with pytest.raises(VerismError, match=r"a result of 40×56 pixels .* content photo of 64×48"):
        Measure(content, style, VGG19())(style)
