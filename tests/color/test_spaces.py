"""The colour spaces: known values, the way there and back, and colours that no screen has."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from verism.color.spaces import ColorSpace, LinearRgb, Oklab, Srgb, from_light, into_gamut, to_light

SPACES = [Srgb(), LinearRgb(), Oklab()]

each_space = pytest.mark.parametrize("space", SPACES, ids=lambda space: type(space).__name__)


def colors(*rgb: tuple[float, float, float]) -> Tensor:
    """An image of one row."""
    return torch.tensor(rgb, dtype=torch.float64).T[None, :, None]


def noise(seed: int = 0) -> Tensor:
    return torch.rand(1, 3, 20, 30, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@each_space
def test_there_and_back(space: ColorSpace) -> None:
    corners = torch.cartesian_prod(*[torch.tensor([0.0, 1.0], dtype=torch.float64)] * 3).T[None, :, None]
    for image in (noise(), 0.05 * noise(1), corners):
        torch.testing.assert_close(space.decode(space.encode(image)), image, rtol=0, atol=1e-6)
        single = space.decode(space.encode(image.float()))
        assert single.dtype == torch.float32
        torch.testing.assert_close(single.double(), image, rtol=0, atol=3e-5)


@each_space
def test_lightness_and_grey(space: ColorSpace) -> None:
    """White is ``grey`` and has lightness 1, black is zero; greys lie between them, the brighter the lighter."""
    lightness, grey = (torch.tensor(axis, dtype=torch.float64) for axis in (space.lightness, space.grey))
    assert float(lightness @ grey) == pytest.approx(1)
    levels = torch.linspace(0, 1, 33, dtype=torch.float64)
    greys = space.encode(levels.expand(1, 3, 1, 33))[0, :, 0]
    torch.testing.assert_close(greys[:, 0], torch.zeros(3, dtype=torch.float64))
    torch.testing.assert_close(greys[:, -1], grey, rtol=0, atol=1e-7)
    tones = lightness @ greys
    assert bool((tones.diff() > 0).all())
    torch.testing.assert_close(greys, torch.outer(grey, tones), rtol=0, atol=1e-7)


def test_srgb_is_as_in_the_file() -> None:
    image = noise()
    assert torch.equal(Srgb().encode(image), image)
    assert torch.equal(Srgb().decode(image), image)


def test_gamma() -> None:
    """Either side of the knee, and Apple's, Adobe's and everybody's middle greys."""
    encoded = torch.tensor([0.0, 0.02, 0.04045, 0.2, 0.5, 188 / 255, 1.0], dtype=torch.float64)
    light = torch.tensor([0.0, 0.02 / 12.92, 0.0031308, 0.0331048, 0.2140411, 0.5028865, 1.0], dtype=torch.float64)
    torch.testing.assert_close(to_light(encoded), light, rtol=0, atol=1e-7)
    torch.testing.assert_close(from_light(light), encoded, rtol=0, atol=1e-6)
    torch.testing.assert_close(LinearRgb().encode(noise()), to_light(noise()))


def test_below_black_the_line_goes_on() -> None:
    dark = torch.tensor([-0.1, -1.0], dtype=torch.float64)
    torch.testing.assert_close(from_light(dark), 12.92 * dark)


def test_oklab_of_the_primaries() -> None:
    """As CSS Color 4 gives them, to its five digits."""
    expected = colors((0.62796, 0.22486, 0.12585), (0.86644, -0.23389, 0.17950), (0.45201, -0.03246, -0.31153))
    primaries = colors((1, 0, 0), (0, 1, 0), (0, 0, 1))
    torch.testing.assert_close(Oklab().encode(primaries), expected, rtol=0, atol=1e-5)
    torch.testing.assert_close(Oklab().decode(expected), primaries, rtol=0, atol=1e-3)


def test_oklab_of_a_grey_is_the_cube_root_of_its_light() -> None:
    expected = colors((0, 0, 0), (0.2140411 ** (1 / 3), 0, 0), (1, 0, 0))
    torch.testing.assert_close(Oklab().encode(colors((0, 0, 0), (0.5,) * 3, (1, 1, 1))), expected, rtol=0, atol=1e-6)


@each_space
def test_decodes_anything_to_something_finite_with_a_finite_gradient(space: ColorSpace) -> None:
    for coordinates in (4 * noise() - 2, torch.zeros(1, 3, 4, 4), torch.full((1, 3, 2, 2), 0.0031308)):
        at = coordinates.clone().requires_grad_()
        decoded = space.decode(at)
        decoded.square().sum().backward()
        assert at.grad is not None
        assert bool(decoded.isfinite().all())
        assert bool(at.grad.isfinite().all())


@each_space
def test_gradient(space: ColorSpace) -> None:
    at = (3 * noise(2)[..., :3, :3] - 1).requires_grad_()
    assert torch.autograd.gradcheck(space.decode, (at,))


def test_into_gamut_leaves_colours_that_srgb_has(content: Tensor) -> None:
    torch.testing.assert_close(into_gamut(Oklab().encode(content)), content, atol=1e-5, rtol=0)


def test_into_gamut_takes_chroma_alone_and_no_more_than_it_must() -> None:
    """Lightness and hue stay, also far outside, and one channel is at its end."""
    space = Oklab()
    hues = torch.linspace(0, 6.28, 25)
    lightness = torch.tensor([0.25, 0.5, 0.8]).view(3, 1).expand(3, 25)
    wanted = torch.stack([lightness, 0.4 * hues.cos().expand(3, 25), 0.4 * hues.sin().expand(3, 25)]).unsqueeze(0)
    found = into_gamut(wanted)
    after = space.encode(found)
    torch.testing.assert_close(after[:, 0], wanted[:, 0], atol=0.005, rtol=0)
    chroma = after[:, 1:].norm(dim=1)
    cosine = (after[:, 1:] * wanted[:, 1:]).sum(dim=1) / (0.4 * chroma)
    assert float(cosine.min()) > 0.995  # 6 degrees
    nearest_end = torch.minimum(found, 1 - found).amin(dim=1)
    assert float(nearest_end.max()) < 0.5 / 255 + 1e-3


def test_into_gamut_leaves_a_dark_and_very_red_colour_red() -> None:
    red = Oklab().encode(torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1))
    found = into_gamut(torch.cat([torch.full((1, 1, 1, 1), 0.3), red[:, 1:]], dim=1))
    assert float(found[0, 0]) > 2 * float(found[0, 1:].max())
    assert float(found[0, 0]) > 0.2


def test_into_gamut_leaves_orange_orange() -> None:
    """Under a strong warm tint; along a line in encoded RGB it would turn to olive."""
    orange = Oklab().encode(torch.tensor([0.8, 0.45, 0.15]).view(1, 3, 1, 1))
    tinted = orange + torch.tensor([0.0, 0.06, 0.12]).view(1, 3, 1, 1)
    found = Oklab().encode(into_gamut(tinted))
    before, after = (float(torch.atan2(it[0, 2, 0, 0], it[0, 1, 0, 0])) for it in (tinted, found))
    assert after == pytest.approx(before, abs=0.05)


def test_into_gamut_ends_at_black_and_white() -> None:
    beyond = torch.tensor([[1.3, 0.1, 0.1], [-0.2, -0.1, 0.1]]).T.reshape(1, 3, 1, 2)
    assert into_gamut(beyond).flatten().tolist() == [1.0, 0.0] * 3


def test_into_gamut_has_a_gradient_where_it_takes_chroma() -> None:
    wanted = torch.tensor([0.5, 0.3, 0.2]).view(1, 3, 1, 1).requires_grad_()
    into_gamut(wanted).sum().backward()
    assert wanted.grad is not None
    assert bool(wanted.grad.isfinite().all())
    assert float(wanted.grad[0, 0]) > 0
