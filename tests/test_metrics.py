"""What the numbers are: closed forms, independent references, and what each must not see."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
import pytest
import torch
from conftest import synthetic_photo
from documents import ROOT
from numpy.typing import NDArray
from PIL import Image
from skimage.color import deltaE_cie76, lab2rgb, rgb2lab
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from verism import images, metrics
from verism.backbone import VGG19
from verism.backbone.weights import Weights
from verism.color.spaces import Oklab
from verism.errors import VerismError
from verism.images import luma
from verism.losses.gram import Gram, gram
from verism.metrics import Measure
from verism.regions.regions import Regions
from verism.stopping import stopped_by
from verism.verdict import DRIFT


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


HEIGHT, WIDTH = 320, 480
"""As large as ``drift``, ``lost``, ``blown`` and ``semantic`` look at photos, so that nothing is resized."""


def halves(left: Tensor, right: Tensor) -> Tensor:
    """The left half of one photo beside the right half of another."""
    return torch.cat([left[..., : WIDTH // 2], right[..., WIDTH // 2 :]], dim=-1)


def plain(*colour: float) -> Tensor:
    return torch.tensor(colour, dtype=torch.float64).view(1, 3, 1, 1).expand(1, 3, HEIGHT, WIDTH)


def from_lab(lightness: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """CIELAB, each ``(H, W)``, to a photo, by scikit-image."""
    lab = torch.stack([lightness, a, b], dim=-1).double().numpy()
    return torch.from_numpy(lab2rgb(lab)).permute(2, 0, 1).unsqueeze(0)


def test_drift_of_a_half_tinted_grey_is_half_of_the_tint() -> None:
    """The best that a function of one grey can do is the middle, off by half of the difference on either side.

    At the border, the blur of σ = 320 / 60 mixes the halves to an error function: of the mean square, it takes
    2 √2 / √π · σ √2 / W = 4 σ / (√π W).
    """
    grey, tinted = plain(0.5, 0.5, 0.5), plain(*srgb(50, 20, -15))
    tint = deltaE_cie76(*(rgb2lab(photo[0, :, 0, 0].numpy()) for photo in (grey, tinted)))  # type: ignore[no-untyped-call]
    border = 4 * (HEIGHT / 60) / (math.sqrt(math.pi) * WIDTH)
    expected = tint / 2 * math.sqrt(1 - border)
    assert 24 < tint < 26
    assert float(metrics.drift(halves(grey, tinted), grey)) == pytest.approx(expected, rel=2e-3)


@pytest.mark.slow
def test_drift_within_regions_is_that_of_each() -> None:
    """The same tint in one half is no drift if that half is a region; across both, it is."""
    grey, tinted = plain(0.5, 0.5, 0.5), plain(*srgb(50, 20, -15))
    image = halves(grey, tinted)
    left = torch.arange(WIDTH).expand(1, 1, HEIGHT, WIDTH) < WIDTH // 2
    across = torch.arange(HEIGHT).view(-1, 1).expand(1, 1, HEIGHT, WIDTH) < HEIGHT // 2
    whole = float(metrics.drift(image, grey))
    # What the blur carries over the border stays: with e = erfc, of each half √(∫e² - (∫e)²) = σ √2 (2 - √2) / √π / …
    sigma, width = HEIGHT / 60 * math.sqrt(2), WIDTH / 2
    spread = (2 - math.sqrt(2)) / math.sqrt(math.pi) * sigma / width - (sigma / math.sqrt(math.pi) / width) ** 2
    rest = whole / math.sqrt(1 - 4 * (HEIGHT / 60) / (math.sqrt(math.pi) * WIDTH)) * math.sqrt(spread)
    assert float(metrics.drift(image, grey, torch.cat([left, ~left], dim=1))) == pytest.approx(rest, rel=1e-2)
    assert float(metrics.drift(image, grey, torch.cat([across, ~across], dim=1))) == pytest.approx(whole, rel=1e-6)


@pytest.mark.slow
def test_drift_takes_what_is_in_no_region_for_one() -> None:
    grey, tinted = plain(0.5, 0.5, 0.5), plain(*srgb(50, 20, -15))
    left = torch.arange(WIDTH).expand(1, 1, HEIGHT, WIDTH) < WIDTH // 2
    image = halves(grey, tinted)
    both = float(metrics.drift(image, grey, torch.cat([left, ~left], dim=1)))
    assert float(metrics.drift(image, grey, left)) == pytest.approx(both, rel=1e-9)


@pytest.mark.slow
def test_drift_of_soft_regions(content: Tensor) -> None:
    """Weights of 0 and 1 are hard regions; two that share every place alike are one; sizes do not matter."""
    image = halves(content_at(content), content_at(content).flip(1))
    hard = torch.arange(WIDTH).expand(1, 1, HEIGHT, WIDTH) < WIDTH // 2
    masks = torch.cat([hard, ~hard], dim=1)
    expected = float(metrics.drift(image, content_at(content), masks))
    assert float(metrics.drift(image, content_at(content), masks.float())) == pytest.approx(expected, rel=1e-9)
    small = metrics.drift(image, content_at(content), masks[..., ::40, ::40])
    assert float(small) == pytest.approx(expected, rel=1e-9)
    alike = torch.full((1, 2, 4, 6), 0.5)
    whole = float(metrics.drift(image, content_at(content)))
    assert float(metrics.drift(image, content_at(content), alike)) == pytest.approx(whole, rel=1e-9)
    assert expected < 0.7 * whole


def content_at(photo: Tensor) -> Tensor:
    return images.resize(photo, (HEIGHT, WIDTH))


@pytest.mark.slow
def test_drift_leaves_small_regions_out() -> None:
    """A hundredth of the photo is tinted: as a region of its own, it says nothing; two such leave the whole photo."""
    grey, tinted = plain(0.5, 0.5, 0.5), plain(*srgb(50, 20, -15))
    spot = torch.zeros(1, 1, HEIGHT, WIDTH, dtype=torch.bool)
    spot[..., :32, :48] = True
    image = torch.where(spot, tinted, grey)
    assert float(metrics.drift(image, grey, spot)) < 0.3 * float(metrics.drift(image, grey))
    many = torch.zeros(1, 64, HEIGHT, WIDTH, dtype=torch.bool)
    for place in range(64):
        many[:, place, place // 8 * 40 : place // 8 * 40 + 40, place % 8 * 60 : place % 8 * 60 + 60] = True
    assert float(metrics.drift(image, grey, many)) == pytest.approx(float(metrics.drift(image, grey)), rel=1e-9)


@pytest.mark.slow
def test_drift_of_one_edit_everywhere_is_none() -> None:
    """CIELAB as an affine function of RGB, the same everywhere: within the ten terms. With the place in it, not."""
    photo = content_at(synthetic_photo(32, 48, seed=1)).double()
    red, green, blue = photo.squeeze(0)
    graded = from_lab(30 + 20 * red + 10 * green + 15 * blue, 10 * red - 8 * green, 12 * green - 10 * blue + 4)
    # The ridge leaves a little.
    assert float(metrics.drift(graded, photo)) < 0.1
    place = torch.linspace(-1, 1, WIDTH, dtype=torch.float64).expand(HEIGHT, WIDTH)
    shaded = from_lab(30 + 20 * red + 10 * green + 15 * blue + 8 * place, 10 * red - 8 * green, 12 * green - 10 * blue)
    assert 1 < float(metrics.drift(shaded, photo)) < 8 / math.sqrt(3) + 0.1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["autumn", "dandelions", "pavilion", "picos", "rocket", "sunset"])
def test_drift_of_a_strong_edit_everywhere_is_below_what_is_called_drift(name: str) -> None:
    """CIELAB is not quite a polynomial of degree two, least of all where it is dark; what that leaves is no fault."""
    photo = example(name)
    assert 0 < float(metrics.drift(photo, photo)) < 2
    tinted = photo * torch.tensor([1.0, 0.8, 0.5]).view(1, 3, 1, 1)
    for graded in (photo.square(), photo.sqrt(), 0.6 * photo + 0.2, tinted, 3 * photo**2 - 2 * photo**3):
        assert float(metrics.drift(graded, photo)) < 4 < DRIFT


def test_drift_compares_photos_of_any_size() -> None:
    """It looks at a short side of 320, whatever the photo's: double and half are the same photo, nearly."""
    photo = content_at(synthetic_photo(32, 48, seed=1))
    image = halves(photo, photo.flip(1))
    expected = float(metrics.drift(image, photo))
    for scale in (0.5, 2):
        shape = (int(HEIGHT * scale), int(WIDTH * scale))
        value = metrics.drift(images.resize(image, shape), images.resize(photo, shape))
        assert float(value) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((48, 64), (320, 426)), ((1000, 640), (500, 320)), ((320, 3200), (320, 3200)), ((32, 3200), (102, 10200))],
)
def test_the_size_that_photos_are_looked_at(shape: tuple[int, int], expected: tuple[int, int]) -> None:
    """Up and down to a short side of 320; a panorama of 100:1, which would have 10 megapixels then, to one."""
    photo = metrics.at_side(torch.full((1, 3, *shape), 1.5, dtype=torch.bfloat16))
    assert photo.shape == (1, 3, *expected)
    assert photo.dtype == torch.float32
    assert float(photo.max()) == pytest.approx(1)


def grain() -> Tensor:
    """Grey with detail everywhere: a standard deviation of 0.05, on average."""
    noise = torch.randn(1, 1, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return (0.5 + 0.05 * noise).expand(1, 3, HEIGHT, WIDTH)


@pytest.mark.parametrize(
    ("gain", "expected"),
    [(0.0, (0.5, 0)), (0.2, (0.5, 0)), (0.6, (0, 0)), (2.0, (0, 0)), (3.5, (0, 0.5))],
)
def test_lost_and_blown_are_shares_of_the_detail(gain: float, expected: tuple[float, float]) -> None:
    """One half's contrast is multiplied: all of it counts, below 0.4 and above 2.5, but for the border's few pixels."""
    photo = grain()
    image = halves(0.5 + gain * (photo - 0.5), photo)
    assert float(metrics.lost(image, photo)) == pytest.approx(expected[0], abs=0.015)
    assert float(metrics.blown(image, photo)) == pytest.approx(expected[1], abs=0.015)


def test_lost_counts_only_where_there_was_detail() -> None:
    """The left half is flat, and nothing can be lost there; noise that comes there is not blown-up detail either."""
    photo = halves(plain(0.5, 0.5, 0.5), grain())
    assert float(metrics.lost(plain(0.5, 0.5, 0.5), photo)) == 1
    assert float(metrics.blown(grain(), photo)) < 0.01
    assert float(metrics.lost(plain(0.5, 0.5, 0.5), plain(0.2, 0.3, 0.4))) == 0
    assert float(metrics.blown(grain(), plain(0.2, 0.3, 0.4))) == 0


@pytest.mark.slow
def test_semantic_compares_regions_with_their_counterparts() -> None:
    """Sky and ground of one colour each: what either is off, along every direction alike, weighted by its area."""
    sky = torch.arange(HEIGHT).view(-1, 1).expand(1, 1, HEIGHT, WIDTH) < HEIGHT // 4
    low = torch.arange(HEIGHT).view(-1, 1).expand(1, 1, HEIGHT, WIDTH) < HEIGHT // 2
    known = Regions(("sky", "ground"), torch.cat([sky, ~sky], dim=1), torch.cat([low, ~low], dim=1))
    style = torch.where(low, plain(0.9, 0.9, 0.9), plain(0.2, 0.2, 0.2))
    matched = torch.where(sky, plain(0.9, 0.9, 0.9), plain(0.2, 0.2, 0.2))
    off = torch.where(sky, plain(0.5, 0.5, 0.5), plain(0.3, 0.3, 0.3))
    unit = float(metrics.semantic(plain(0, 0, 0), plain(1, 1, 1), known))
    assert float(metrics.semantic(matched, style, known)) == 0
    assert float(metrics.semantic(off, style, known)) == pytest.approx(unit * (0.25 * 0.4 + 0.75 * 0.1), rel=1e-6)
    assert unit == pytest.approx(1, abs=0.15)
    # Upside down, it has the same colours, and each in the wrong place.
    assert float(metrics.semantic(torch.where(sky, 0.2, 0.9).expand(1, 3, -1, -1), style, known)) > 0.6 * unit


def test_semantic_without_a_region_to_compare() -> None:
    """A thousandth of the photo is no region; neither is one that only one photo has."""
    spot = torch.zeros(1, 1, HEIGHT, WIDTH, dtype=torch.bool)
    spot[..., :10, :15] = True
    known = Regions(("spot", "rest"), torch.cat([spot, ~spot], dim=1), torch.cat([~spot, spot], dim=1))
    assert math.isnan(float(metrics.semantic(plain(0, 0, 0), plain(1, 1, 1), known)))


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


def example(name: str) -> Tensor:
    """An example photo at a short side of 320, by Pillow."""
    with Image.open(ROOT / "configs" / "photos" / f"{name}.jpg") as file:
        picture = file.convert("RGB")
    scale = 320 / min(picture.size)
    size = round(picture.width * scale), round(picture.height * scale)
    levels = np.asarray(picture.resize(size, Image.Resampling.LANCZOS), np.float32)
    return torch.from_numpy(levels / np.float32(255)).permute(2, 0, 1).unsqueeze(0)


def thirds(photo: Tensor) -> Tensor:
    """Two regions, the left third and the rest."""
    left = torch.arange(photo.shape[-1]).expand(1, 1, *photo.shape[-2:]) < photo.shape[-1] // 3
    return torch.cat([left, ~left], dim=1)


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


@pytest.mark.slow
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


def test_color_distance_is_the_share_of_the_way_that_is_left_whatever_the_light() -> None:
    """A shift of a and b by one vector: half of it leaves half of the distance, in another lightness, too."""
    grey = torch.linspace(0.4, 0.6, 64).view(1, 1, 8, 8)
    colors = torch.cat([grey, 0.1 * (grey - 0.5), -0.1 * (grey - 0.5)], dim=1)

    def photo(share: float, lighter: float = 0.0) -> Tensor:
        return Oklab().decode(colors + torch.tensor([lighter, share * 0.03, share * 0.02]).view(1, 3, 1, 1))

    for share in (0.0, 0.5, 1.0):
        for lighter in (0.0, 0.1):
            left = metrics.color_distance(photo(share, lighter), photo(0), photo(1))
            assert float(left) == pytest.approx(1 - share, abs=1e-4)


def test_color_distance_of_photos_of_the_same_colors_is_not_a_number(content: Tensor) -> None:
    """Rounding has no way to go: of two photos in black and white, too."""
    grey = content.mean(dim=1, keepdim=True).expand_as(content)
    assert math.isnan(float(metrics.color_distance(content, content, content)))
    assert math.isnan(float(metrics.color_distance(grey.sqrt(), grey, grey.square())))


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


def test_newly_clipped_counts_pixels_near_white_or_black_that_the_photo_did_not_have() -> None:
    """Of eight pixels, a highlight and a shadow; another of each was there before, and 254.4 is not at its limit."""
    content, image = torch.full((2, 1, 3, 2, 4), 0.5)
    image[0, :, 0] = torch.tensor([[254.6, 254.4, 300.0, 128.0], [240.0] * 4, [240.0] * 4]) / 255
    content[0, 0, 0, 2] = 1.0
    image[0, :, 1] = torch.tensor([[-0.1, 0.6, 0.4, 128.0], [20.0] * 4, [10.0] * 4]) / 255
    content[0, 0, 1, 2] = 0.0
    assert float(metrics.newly_clipped(image, content)) == 2 / 8


def test_a_vivid_color_that_comes_to_a_limit_is_neither_highlight_nor_shadow() -> None:
    content = torch.full((1, 3, 2, 2), 0.5)
    content[0, 0, 0, 0] = 1.0
    image = content.clone()
    image[0, 0, 0, 1] = 1 - 0.4 / 255
    image[0, 1, 1, 0], image[0, 2, 1, 0] = 0.4 / 255, 1.0
    image[0, 1, 1, 1] = 0.6 / 255
    places = metrics.where_newly_clipped(image, content)
    assert places.colors.tolist() == [[False, True], [True, False]]
    assert not places.highlights.any()
    assert not places.shadows.any()


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
