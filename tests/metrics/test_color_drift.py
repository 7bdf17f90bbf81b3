"""Drift: closed forms, regions, and edits that are the same everywhere."""

from __future__ import annotations

import math

import pytest
import torch
from conftest import synthetic_photo
from plain_photos import HEIGHT, WIDTH, example, halves, plain, srgb
from skimage.color import deltaE_cie76, lab2rgb, rgb2lab
from torch import Tensor

from verism import images, metrics
from verism.verdict import DRIFT


def from_lab(lightness: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """CIELAB, each ``(H, W)``, to a photo, by scikit-image."""
    lab = torch.stack([lightness, a, b], dim=-1).double().numpy()
    return torch.from_numpy(lab2rgb(lab)).permute(2, 0, 1).unsqueeze(0)


def content_at(photo: Tensor) -> Tensor:
    return images.resize(photo, (HEIGHT, WIDTH))


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
