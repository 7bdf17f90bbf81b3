"""What the canvases that colour a photo have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from conftest import synthetic_photo
from torch import Tensor

from verism import images
from verism.backbone.correspondence import Correspondence
from verism.canvas import BilateralGrid, Lut3d, RegionalGrade
from verism.canvas.grade import Grade, out_of_range
from verism.canvas.linear_grade import NOISE, LinearGrade, Start
from verism.color.monge_kantorovich import monge_kantorovich
from verism.color.spaces import ColorSpace, LinearRgb, Oklab, Srgb
from verism.errors import VerismError

Make = Callable[..., LinearGrade]

both = pytest.mark.parametrize("make", [Lut3d, BilateralGrid])
"""Those that start from a linear map of colours."""

every = pytest.mark.parametrize("make", [Lut3d, BilateralGrid, RegionalGrade])


def moved(canvas: Grade, amount: float = 0.1) -> Grade:
    """Change every control value, by a seeded normal of this deviation."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        canvas.controls.add_(amount * torch.randn(canvas.controls.shape, generator=generator))
    return canvas


def started(make: Make, content: Tensor, style: Tensor, **options: Any) -> LinearGrade:
    canvas = make(**options)
    canvas.start(content, style)
    return canvas


@both
def test_starts_as_the_linear_colour_map(make: Make, content: Tensor, style: Tensor) -> None:
    canvas = started(make, content, style, space=Srgb())
    expected = monge_kantorovich(content, style, NOISE)(content)
    torch.testing.assert_close(canvas().detach(), expected, rtol=0, atol=1e-5)
    assert float((expected - content).abs().mean()) > 0.05


@both
@pytest.mark.parametrize("space", [LinearRgb(), Oklab()], ids=["LinearRgb", "Oklab"])
def test_starts_as_the_linear_colour_map_of_its_space(
    make: Make, content: Tensor, style: Tensor, space: ColorSpace
) -> None:
    """Between the nodes of a table, what is linear there is not quite here."""
    image = started(make, content, style, space=space)().detach().clamp(0, 1)
    encoded = space.encode(content)
    expected = space.decode(monge_kantorovich(encoded, space.encode(style), NOISE)(encoded))
    assert float((image - expected.clamp(0, 1)).abs().mean()) < 0.5 / 255


@both
@pytest.mark.parametrize("space", [Srgb(), Oklab()], ids=["Srgb", "Oklab"])
def test_starts_well_from_a_photo_without_colour(make: Make, content: Tensor, style: Tensor, space: ColorSpace) -> None:
    """The map would be so steep across the greys that a table could not follow, and noise would become colour."""
    grey = (content.mean(dim=1, keepdim=True).expand_as(content) * 255).round() / 255
    noisy = grey + 1 / 255 * torch.randn(content.shape, generator=torch.Generator().manual_seed(0)).clamp(-1, 1)
    canvas = started(make, grey, style, space=space)
    encoded = space.encode(grey)
    expected = space.decode(monge_kantorovich(encoded, space.encode(style), NOISE)(encoded))
    torch.testing.assert_close(canvas().detach(), expected, rtol=0, atol=4 / 255)
    change = canvas.render(noisy.clamp(0, 1)) - canvas.render(grey)
    assert float(change.abs().mean()) < 6 * float((noisy - grey).abs().mean())


@both
@pytest.mark.parametrize("space", [Srgb(), LinearRgb(), Oklab()], ids=["Srgb", "LinearRgb", "Oklab"])
def test_starts_as_the_content_if_asked(make: Make, content: Tensor, style: Tensor, space: ColorSpace) -> None:
    canvas = started(make, content, style, space=space, init="identity")
    torch.testing.assert_close(canvas().detach(), content, rtol=0, atol=3e-6)
    assert all(float(value.detach()) < 1e-6 for value in canvas.penalties(canvas()).values())


@both
@pytest.mark.parametrize("space", [Srgb(), Oklab()], ids=["Srgb", "Oklab"])
def test_starts_from_what_the_photos_share_if_asked(
    make: Make, content: Tensor, style: Tensor, space: ColorSpace
) -> None:
    """The content's left and the style's upper half, and nothing of the others."""
    weights = Correspondence(torch.zeros_like(content[:, :1]), torch.zeros_like(style[:, :1]))
    weights.content[..., :32] = 1
    weights.style[..., :28, :] = 1
    asked = []

    def find_correspondence(*photos: Tensor) -> Correspondence:
        asked.append(photos)
        return weights

    canvas = make(space=space, init="shared")
    canvas.start(content, style, find_correspondence)
    expected = monge_kantorovich(space.encode(content[..., :32]), space.encode(style[..., :28, :]), NOISE)
    for part, wanted in zip(canvas.first, expected, strict=True):
        torch.testing.assert_close(part, wanted, rtol=0, atol=1e-5)
    ((first, second),) = asked
    assert first is content
    assert second is style


@both
@pytest.mark.parametrize("init", ["monge_kantorovich", "identity"])
def test_compares_the_photos_only_if_asked(make: Make, content: Tensor, style: Tensor, init: Start) -> None:
    def find_correspondence(*photos: Tensor) -> Correspondence:
        raise AssertionError

    make(init=init).start(content, style, find_correspondence)


@both
def test_what_the_photos_share_has_to_be_told(make: Make, content: Tensor, style: Tensor) -> None:
    with pytest.raises(VerismError, match=r"^--model.canvas.init shared: needs a network"):
        started(make, content, style, init="shared")


@every
def test_the_control_values_are_the_only_parameter(make: Make, content: Tensor, style: Tensor) -> None:
    assert [name for name, _ in make().named_parameters()] == ["controls"]
    canvas = started(make, content, style)
    assert [name for name, _ in canvas.named_parameters()] == ["controls"]
    assert float(canvas.controls.detach().abs().max()) == 0


@both
def test_all_that_is_saved(make: Make, content: Tensor, style: Tensor) -> None:
    """And it brings the image back."""
    canvas = moved(started(make, content, style))
    own = ["bent"] if isinstance(canvas, Lut3d) else []
    assert list(canvas.state_dict()) == ["controls", "photo", "matrix", "offset", *own]
    again = started(make, content, style.flip(1))
    assert not torch.equal(again(), canvas())
    again.load_state_dict(canvas.state_dict())
    assert torch.equal(again(), canvas())


@every
def test_starts_anew(make: Make, content: Tensor, style: Tensor) -> None:
    """As when a model is fitted twice."""
    canvas = started(make, content, style)
    first = canvas().detach()
    moved(canvas).start(content, style)
    assert torch.equal(canvas(), first)


@every
def test_resumes_from_a_photo_of_another_size(make: Make, content: Tensor, style: Tensor) -> None:
    canvas = moved(started(make, content, style))
    for again in (make(), started(make, style, content)):
        again.resume(canvas.state_dict())
        assert torch.equal(again(), canvas())
        assert torch.equal(again.render(style), canvas.render(style))


@every
def test_rendered_at_the_size_of_the_fit_it_is_the_image(make: Make, content: Tensor, style: Tensor) -> None:
    canvas = moved(started(make, content, style))
    rendered = canvas.render(content)
    assert torch.equal(rendered, canvas())
    assert not rendered.requires_grad
    exact = canvas.render(content.double())
    assert exact.dtype == torch.float32
    assert torch.equal(exact, rendered)


@every
@pytest.mark.parametrize("factor", [0.75, 3])
def test_a_photo_of_any_size_gets_the_same_look(make: Make, style: Tensor, factor: float) -> None:
    """Scaled to the size of the fit after rendering, it is what it is when scaled before."""
    small = (60, 80)
    photo = images.resize(synthetic_photo(480, 640, seed=1), [round(side * factor) for side in small])
    content = images.resize(photo, small)
    canvas = moved(started(make, content, style), 0.03)
    rendered = canvas.render(photo)
    assert rendered.shape == photo.shape
    error = (images.resize(rendered.clamp(0, 1), small) - canvas().detach().clamp(0, 1)).abs()
    assert float(error.mean()) < 0.5 / 255
    assert float(error.quantile(0.99)) < 4 / 255


@pytest.mark.slow
@every
@pytest.mark.parametrize("band", [1, 640, 1000])
def test_rendering_in_bands_makes_no_difference(
    make: Make, content: Tensor, style: Tensor, monkeypatch: pytest.MonkeyPatch, band: int
) -> None:
    canvas = moved(started(make, content, style))
    # Of other photos, rounding may decide the last halving of the search for the edge of the gamut.
    photo = synthetic_photo(97, 64, seed=5)
    whole = canvas.render(photo)
    seen = []
    plain = type(canvas).color

    def counted(self: Grade, lattice: Tensor, part: Tensor, places: Tensor) -> Tensor:
        seen.append((part.shape[-2], places.shape[-2]))
        return plain(self, lattice, part, places)

    monkeypatch.setattr("verism.images.BAND", band)
    monkeypatch.setattr(type(canvas), "color", counted)
    torch.testing.assert_close(canvas.render(photo), whole, rtol=0, atol=1e-6)
    assert all(height == seen_height for height, seen_height in seen)
    assert max(height for height, _ in seen) == max(1, band // 64)
    assert sum(height for height, _ in seen) == 97


@every
def test_the_geometry_is_the_photos(make: Make, content: Tensor, style: Tensor) -> None:
    """A photo of one colour stays without texture, whatever the controls."""
    flat = torch.tensor([0.3, 0.5, 0.6]).view(1, 3, 1, 1).expand(1, 3, 48, 64)
    canvas = moved(started(make, content, style), 0.01)
    rendered = canvas.render(flat)
    steps = [rendered.diff(dim=dim).abs().max() for dim in (-1, -2)]
    assert max(float(step) for step in steps) < 3 / 255


@every
def test_every_control_value_that_the_photo_sees_learns(make: Make, content: Tensor, style: Tensor) -> None:
    canvas = started(make, content, style)
    image = canvas()
    (image - style.mean(dim=(2, 3), keepdim=True)).square().mean().backward()
    gradient = canvas.controls.grad
    assert gradient is not None
    assert bool(gradient.isfinite().all())
    assert float((gradient != 0).float().mean()) > 0.3


@every
def test_penalties_have_a_gradient_and_the_names_of_their_weights(make: Make, content: Tensor, style: Tensor) -> None:
    canvas = moved(started(make, content, style, departure=1.0), 0.3)
    penalties = canvas.penalties(canvas())
    assert set(canvas.penalty_weights) <= set(penalties)
    torch.stack([penalties[name] for name in canvas.penalty_weights]).sum().backward()
    gradient = canvas.controls.grad
    assert gradient is not None
    assert bool(gradient.isfinite().all())
    assert all(float(penalties[name].detach()) > 0 for name in canvas.penalty_weights)


@both
def test_a_penalty_of_weight_zero_is_left_out(make: Make) -> None:
    assert "smoothness" in make().penalty_weights
    assert "departure" not in make().penalty_weights
    assert "smoothness" not in make(smoothness=0.0).penalty_weights
    assert make(out_of_range=3.0).penalty_weights["out_of_range"] == 3.0


@every
def test_departure_grows_with_the_square(make: Make, content: Tensor, style: Tensor) -> None:
    canvas = started(make, content, style, departure=1.0)
    assert float(canvas.penalties(canvas())["departure"].detach()) == 0
    found = []
    for value in (0.1, 0.3):
        with torch.no_grad():
            canvas.controls.fill_(value)
        found.append(float(canvas.penalties(canvas())["departure"].detach()))
    assert found[0] >= 0.1**2 * (1 - 1e-4)
    assert found[1] == pytest.approx(9 * found[0], rel=1e-4)


def test_out_of_range_is_the_mean_squared_distance() -> None:
    image = torch.tensor([-0.2, 0.0, 0.5, 1.0, 1.4]).view(1, 1, 1, 5)
    assert float(out_of_range(image)) == pytest.approx((0.2**2 + 0.4**2) / 5)
    assert float(out_of_range(image.clamp(0, 1))) == 0


@both
def test_out_of_range_of_an_image_is_a_penalty(make: Make, content: Tensor, style: Tensor) -> None:
    canvas = started(make, content, style)
    assert float(canvas.penalties(canvas() + 2)["out_of_range"].detach()) > 1


@pytest.mark.slow
@both
def test_pulls_back_into_range_where_clipping_would_not(make: Make, content: Tensor, style: Tensor) -> None:
    """A few steps down the penalty's gradient, from an image that is too bright everywhere."""
    canvas = started(make, content, style, space=Srgb(), init="identity")
    with torch.no_grad():
        # The offsets of a grid's transforms, or a table's colours.
        canvas.controls[[3, 7, 11] if make is BilateralGrid else [0, 1, 2]] = 1.5

    def steps() -> Iterator[float]:
        optimizer = torch.optim.Adam(canvas.parameters(), lr=0.1)
        for _ in range(30):
            penalty = canvas.penalties(canvas())["out_of_range"]
            yield float(penalty.detach())
            optimizer.zero_grad()
            penalty.backward()
            optimizer.step()

    first, *_, last = steps()
    assert first > 0.5
    assert last < 0.01 * first
