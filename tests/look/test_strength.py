"""How much of a result a photo takes on."""

from __future__ import annotations

import pytest
import torch
from conftest import synthetic_photo
from torch import Tensor

from verism import images
from verism.color.spaces import Oklab, from_light, to_light
from verism.errors import VerismError
from verism.look.strength import Strength


@pytest.fixture
def photo() -> Tensor:
    return synthetic_photo(48, 64, seed=1)


@pytest.fixture
def result() -> Tensor:
    """Of other light and other colours, some beyond the range."""
    return 1.3 * synthetic_photo(48, 64, seed=2) - 0.15


def lightness(image: Tensor) -> Tensor:
    return Oklab().encode(image)[:, 0]


def hue(image: Tensor) -> Tensor:
    _, a, b = Oklab().encode(image).unbind(dim=1)
    return torch.atan2(b, a)


def chroma(image: Tensor) -> Tensor:
    _, a, b = Oklab().encode(image).unbind(dim=1)
    return torch.hypot(a, b)


def turned(first: Tensor, second: Tensor) -> Tensor:
    """The angle between two hues, in radians."""
    difference = hue(first) - hue(second)
    return torch.atan2(difference.sin(), difference.cos()).abs()


@pytest.mark.parametrize("strength", [0, 0.3, 1])
def test_of_both_parts_it_is_the_plain_blend_bit_for_bit(photo: Tensor, result: Tensor, strength: float) -> None:
    assert torch.equal(Strength(strength)(photo, result), images.blend(photo, result, strength))


@pytest.mark.parametrize(("color", "tone"), [(1, 1), (0, 1), (1, 0), (0, 0), (0.3, 0.7)])
def test_strength_0_is_the_photo_exactly(photo: Tensor, result: Tensor, color: float, tone: float) -> None:
    assert torch.equal(Strength(0, color, tone)(photo, result), photo)


def test_without_colour_and_tone_it_is_the_photo(photo: Tensor, result: Tensor) -> None:
    torch.testing.assert_close(Strength(color=0, tone=0)(photo, result), photo, rtol=0, atol=1e-4)


def test_nearly_all_of_it_is_nearly_the_result(photo: Tensor, result: Tensor) -> None:
    """No jump where the plain blend takes over."""
    blended = Strength(color=0.999, tone=0.999)(photo, result)
    torch.testing.assert_close(blended, result.clamp(0, 1), rtol=0, atol=3 / 255)


def test_own_tone_keeps_the_lightness(photo: Tensor, result: Tensor) -> None:
    blended = Strength(tone=0)(photo, result)
    torch.testing.assert_close(lightness(blended), lightness(photo), rtol=0, atol=0.004)
    assert float(turned(blended, photo).mean()) > 0.2


def test_own_colour_keeps_hue_and_saturation_under_the_new_light(photo: Tensor, result: Tensor) -> None:
    blended = Strength(color=0)(photo, result)
    torch.testing.assert_close(lightness(blended), lightness(result.clamp(0, 1)), rtol=0, atol=0.006)
    colourful = (chroma(photo) > 0.03) & (chroma(blended) > 0.02)
    assert float(turned(blended, photo)[colourful].max()) < 0.1
    # Nowhere more saturated, and less only where sRGB has no such colour.
    saturation = [chroma(image) / lightness(image).clamp_min(0.2) for image in (blended, photo)]
    assert float((saturation[0] - saturation[1]).max()) < 0.02


def test_an_exposure_is_tone_alone(photo: Tensor) -> None:
    """A stop less light everywhere, or more, of colours that are not near black."""
    photo = 0.35 + 0.6 * photo
    darker = from_light(0.5 * to_light(photo))
    for before, after in ((photo, darker), (darker, photo)):
        torch.testing.assert_close(Strength(color=0)(before, after), after, rtol=0, atol=1 / 255)
        torch.testing.assert_close(Strength(tone=0)(before, after), before, rtol=0, atol=1 / 255)


def test_chroma_goes_from_the_photos_to_the_results(photo: Tensor) -> None:
    grey = images.luma(photo).expand_as(photo)
    parts = [float(chroma(Strength(color=color)(photo, grey)).mean()) for color in (0, 0.25, 0.5, 0.75, 1)]
    torch.testing.assert_close(torch.tensor(parts), torch.linspace(parts[0], 0, 5), rtol=0, atol=1e-3)


def test_noise_in_shadows_is_not_brought_up() -> None:
    """A black of few levels, lifted to a dark grey, or seen in the light of one: noise stays what it was."""
    levels = torch.randint(0, 4, (1, 3, 64, 64), generator=torch.Generator().manual_seed(0)) / 255
    lifted = 0.25 + levels

    def noise(image: Tensor) -> float:
        return float((image - image.mean(dim=1, keepdim=True)).std())

    assert noise(levels) * 255 == pytest.approx(0.9, abs=0.1)
    assert noise(Strength(color=0)(levels, lifted)) < 2 * noise(levels)
    assert noise(Strength(tone=0)(lifted, levels)) < 2 * noise(levels)


def test_out_of_gamut_loses_chroma_and_not_hue() -> None:
    """A saturated red in the light of white, and a blue in that of a bright grey."""
    photo = torch.tensor([[0.9, 0.1, 0.1], [0.1, 0.1, 0.9]]).T.view(1, 3, 1, 2)
    image = torch.tensor([[0.9, 0.9, 0.9], [0.8, 0.8, 0.8]]).T.view(1, 3, 1, 2)
    blended = Strength(color=0)(photo, image)
    torch.testing.assert_close(lightness(blended), lightness(image), rtol=0, atol=0.005)
    assert float(turned(blended, photo).max()) < 0.03
    assert bool((chroma(blended) > 0.03).all())
    assert 0 <= float(blended.min()) <= float(blended.max()) <= 1


def test_in_bands_it_is_the_same(photo: Tensor, result: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Strength(0.7, 0.4, 0.2)(photo, result)
    monkeypatch.setattr("verism.images.BAND", 200)
    assert torch.equal(Strength(0.7, 0.4, 0.2)(photo, result), whole)


@pytest.mark.parametrize("kind", [torch.float64, torch.bfloat16])
def test_is_of_the_photos_type(photo: Tensor, kind: torch.dtype) -> None:
    """Whatever the precision of the run was."""
    assert Strength(color=0.5)(photo, (1 - photo).to(kind)).dtype == torch.float32


@pytest.mark.parametrize("name", ["strength", "color", "tone"])
def test_each_is_a_share(name: str) -> None:
    for value in (0, 0.3, 1):
        Strength(**{name: value}).check()
    for value in (-0.1, 1.01, float("nan"), float("inf")):
        with pytest.raises(VerismError, match=rf"--output.{name} {value}: must be from 0, your photo, to 1, the whole"):
            Strength(**{name: value}).check()


def test_names_of_files_tell_what_is_not_the_whole() -> None:
    assert Strength().in_names == ""
    assert Strength(strength=0.6).in_names == "-strength-0.6"
    assert Strength(color=0, tone=0.25).in_names == "-colour-0-tone-0.25"
