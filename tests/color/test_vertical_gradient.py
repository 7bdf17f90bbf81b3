"""What the regions of a photo lack of the style photo's gradients."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from verism.color import vertical_gradient
from verism.color.vertical_gradient import VerticalGradient, between

HEIGHT, WIDTH = 40, 30

Ends = tuple[tuple[float, float], tuple[float, float]]


def photo(top: tuple[float, float], bottom: tuple[float, float], height: int = HEIGHT, noise: float = 0.0) -> Tensor:
    """Oklab, whose a and b change linearly from the first row to the last, with noise."""
    down = torch.linspace(0, 1, height).view(1, height, 1)
    ends = (torch.tensor(colors).view(2, 1, 1) for colors in (top, bottom))
    lightness = torch.full((1, height, WIDTH), 0.6)
    chroma = torch.lerp(*ends, down).expand(2, height, WIDTH)  # type: ignore[call-overload]
    generator = torch.Generator().manual_seed(0)
    return torch.cat([lightness, chroma + noise * torch.randn(2, height, WIDTH, generator=generator)])


def everything(height: int = HEIGHT) -> Tensor:
    return torch.ones(1, height, WIDTH)


GREY = (0.0, 0.0)
BLUE, ORANGE = (-0.02, -0.08), (0.06, 0.08)


def added(gradient: VerticalGradient, shares: Tensor | None = None) -> Tensor:
    return gradient(everything() if shares is None else shares)


def test_a_plain_photo_takes_on_the_gradient_of_the_style() -> None:
    """From where 5 percent of the region lie above to where as much lies below."""
    gradient = between(photo(GREY, GREY), photo(BLUE, ORANGE, 60), everything(), everything(60))
    torch.testing.assert_close(gradient.ends, torch.tensor([[0.05, 0.95]]), rtol=0, atol=0.03)
    whole = torch.tensor(ORANGE) - torch.tensor(BLUE)
    torch.testing.assert_close(gradient.tints[0, 1] - gradient.tints[0, 0], 0.9 * whole, rtol=0.05, atol=0)
    image = added(gradient)
    torch.testing.assert_close(
        image[:, -1] - image[:, 0], (0.9 * whole).unsqueeze(1).expand(2, WIDTH), rtol=0.05, atol=0
    )
    torch.testing.assert_close(image.mean(dim=(1, 2)), torch.zeros(2), rtol=0, atol=1e-4)
    assert torch.equal(image, image[..., :1].expand_as(image))


@pytest.mark.parametrize(("own", "part"), [((BLUE, ORANGE), 0.0), ((GREY, GREY), 1.0), ((ORANGE, BLUE), 1.0)])
def test_only_what_is_missing_is_added(own: Ends, part: float) -> None:
    """A photo whose gradient is the style's gets none; one with the opposite gets no more than a plain one."""
    wanted = added(between(photo(GREY, GREY), photo(BLUE, ORANGE), everything(), everything()))
    image = added(between(photo(*own), photo(BLUE, ORANGE), everything(), everything()))
    torch.testing.assert_close(image, part * wanted, rtol=0, atol=1e-4)


def test_half_of_a_gradient_is_completed() -> None:
    half = photo((BLUE[0] / 2, BLUE[1] / 2), (ORANGE[0] / 2, ORANGE[1] / 2))
    wanted = added(between(photo(GREY, GREY), photo(BLUE, ORANGE), everything(), everything()))
    image = added(between(half, photo(BLUE, ORANGE), everything(), everything()))
    torch.testing.assert_close(image, wanted / 2, rtol=0, atol=1e-4)


def test_what_height_hardly_explains_is_left() -> None:
    """Noise as large as the gradient itself."""
    plain, style = photo(GREY, GREY), photo(BLUE, ORANGE, noise=0.1)
    assert not added(between(plain, style, everything(), everything())).any()
    faint = added(between(plain, photo(BLUE, ORANGE, noise=0.02), everything(), everything()))
    assert float(faint[1, -1, 0] - faint[1, 0, 0]) > 0.1


def test_every_region_has_its_own_and_counts_where_it_is() -> None:
    upper, lower = everything().clone(), everything().clone()
    upper[:, HEIGHT // 2 :], lower[:, : HEIGHT // 2] = 0, 0
    masks = torch.cat([upper, lower])
    style = torch.cat([photo(BLUE, ORANGE, HEIGHT // 2), photo(GREY, GREY, HEIGHT // 2)], dim=1)
    gradient = between(photo(GREY, GREY), style, masks, masks)
    torch.testing.assert_close(gradient.ends, torch.tensor([[0.025, 0.475], [0.525, 0.975]]), rtol=0, atol=0.03)
    image = added(gradient, masks)
    assert float(image[1, HEIGHT // 2 - 1, 0] - image[1, 0, 0]) > 0.1
    assert not image[:, HEIGHT // 2 :].any()
    torch.testing.assert_close(added(gradient, 0.3 * masks), 0.3 * image)


def test_is_the_same_at_every_size() -> None:
    gradient = between(photo(GREY, GREY), photo(BLUE, ORANGE), everything(), everything())
    large = gradient(torch.ones(1, 4 * HEIGHT, 2))[:, :, 0]
    small = gradient(everything())[:, :, 0]
    torch.testing.assert_close(large.view(2, HEIGHT, 4).mean(dim=2), small, rtol=0, atol=2e-3)


def test_has_no_steps_in_bfloat16() -> None:
    """Where 1000 rows have 256 numbers."""
    ends, tints = between(photo(GREY, GREY), photo(BLUE, ORANGE), everything(), everything())
    rows = VerticalGradient(ends.bfloat16(), tints.bfloat16())(torch.ones(1, 1000, 1))[1, 100:900, 0]
    assert float(rows.diff().max()) < 1.1 * float(rows.diff().min())


def test_an_empty_region_adds_nothing() -> None:
    nothing = torch.zeros(1, HEIGHT, WIDTH)
    for masks in ((nothing, everything()), (everything(), nothing)):
        image = between(photo(GREY, GREY), photo(BLUE, ORANGE), *masks)(masks[0])
        assert not image.any()


def test_times_and_none() -> None:
    gradient = between(photo(GREY, GREY), photo(BLUE, ORANGE), everything(), everything())
    torch.testing.assert_close(added(gradient.times(0.5)), added(gradient) / 2)
    assert vertical_gradient.none(torch.zeros(1))(torch.zeros(0, 4, 5)).shape == (2, 4, 5)
