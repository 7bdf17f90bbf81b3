"""The canvas that is a bilateral grid."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from verism import images
from verism.canvas import BilateralGrid
from verism.canvas.bilateral_grid import MIN_SLOPE
from verism.color.spaces import Oklab, Srgb
from verism.color.table import through
from verism.errors import VerismError

OFFSETS = [3, 7, 11]
"""Of the 12 coefficients, those that are added to red, green and blue."""

SLOPES = [0, 5, 10]
"""Those that a channel's own value is multiplied by."""


def identity(content: Tensor, **options: Any) -> BilateralGrid:
    """From the photo as it is."""
    canvas = BilateralGrid(**{"init": "identity", "radius": 0.02, "epsilon": 0.001, **options})
    canvas.start(content, content)
    return canvas


def set_controls(canvas: BilateralGrid, coefficients: list[int], values: Tensor | float) -> BilateralGrid:
    with torch.no_grad():
        canvas.controls.zero_()[coefficients] = torch.as_tensor(values).to(canvas.controls)
    return canvas


def along_lightness(depth: int = 8) -> Tensor:
    """The lightness of the control values."""
    return torch.linspace(0, 1, depth).view(-1, 1, 1)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def gradient(height: int, width: int) -> Tensor:
    """A photo without detail: every channel changes slowly over the place."""
    y, x = torch.linspace(0, 1, height).view(-1, 1), torch.linspace(0, 1, width)
    return torch.stack([0.2 + 0.5 * x + 0 * y, 0.3 + 0.3 * y + 0.1 * x, 0.7 - 0.3 * x * y - 0.2 * y]).unsqueeze(0)


@pytest.mark.parametrize("space", [Srgb(), Oklab()], ids=["Srgb", "Oklab"])
def test_constant_controls_are_one_transform_for_all(content: Tensor, space: Srgb | Oklab) -> None:
    change = 0.1 * noise(3, 4)
    canvas = identity(content, space=space)
    set_controls(canvas, list(range(12)), change.view(12, 1, 1, 1))
    matrix = torch.eye(3) + change[:, :3]
    colors = torch.einsum("oi,bihw->bohw", matrix, space.encode(content)) + change[:, 3].view(3, 1, 1)
    torch.testing.assert_close(canvas().detach(), space.decode(colors), rtol=0, atol=2e-5)


def test_a_ramp_over_the_place_is_one_in_the_image(content: Tensor) -> None:
    """From the photo's edge to its edge, at the middles of the pixels, and straight: no control value shows."""
    canvas = identity(content, width=5, height=4)
    x, y = (torch.arange(64) + 0.5) / 64, ((torch.arange(48) + 0.5) / 48).view(-1, 1)
    set_controls(canvas, OFFSETS, torch.linspace(0, 1, 5).expand(8, 4, 5))
    torch.testing.assert_close(canvas().detach(), content + x, rtol=0, atol=1e-5)
    set_controls(canvas, SLOPES, torch.linspace(0, 1, 4).view(4, 1).expand(8, 4, 5))
    torch.testing.assert_close(canvas().detach(), content * (1 + y), rtol=0, atol=1e-5)


def test_a_ramp_over_lightness_follows_that_of_the_surroundings() -> None:
    """A photo of one colour has its luma; without texture, the surroundings are the photo."""
    flat = torch.tensor([0.3, 0.5, 0.6]).view(1, 3, 1, 1).expand(1, 3, 48, 64)
    for photo in (flat, gradient(48, 64)):
        canvas = set_controls(identity(photo), OFFSETS, along_lightness())
        torch.testing.assert_close(canvas().detach(), photo + images.luma(photo), rtol=0, atol=2e-2)
        canvas = set_controls(identity(flat), OFFSETS, along_lightness())
    torch.testing.assert_close(canvas().detach(), flat + images.luma(flat), rtol=0, atol=1e-5)


def step_edge() -> Tensor:
    """Grey, dark on the left of column 60 and bright from there."""
    return torch.where(torch.arange(120) < 60, 0.25, 0.75).expand(1, 3, 100, 120)


def test_an_edge_parts_what_is_treated_differently() -> None:
    """The brighter, the darker it becomes: up to the pixel beside the edge, each side as it is far from it."""
    canvas = set_controls(identity(step_edge()), OFFSETS, -0.6 * along_lightness())
    columns = canvas().detach()[0, 0, 50]
    torch.testing.assert_close(columns[[0, -1]], torch.tensor([0.25 - 0.15, 0.75 - 0.45]), rtol=0, atol=0.01)
    torch.testing.assert_close(columns[:60], columns[0].expand(60), rtol=0, atol=0.01)
    torch.testing.assert_close(columns[60:], columns[-1].expand(60), rtol=0, atol=0.01)


def test_details_pass_through_the_transform_and_do_not_choose_it() -> None:
    """Tones are turned upside down: edges with them, details not. Chosen pixel by pixel, details would turn too."""
    detail = 0.01 * torch.sign(noise(100, 120)).expand(1, 3, 100, 120)
    photo = step_edge() + detail
    canvas = set_controls(identity(photo), OFFSETS, -2 * along_lightness())
    result = canvas().detach()
    assert float(result[..., :50].mean() - result[..., 70:].mean()) > 0.4
    for part in (slice(10, 50), slice(70, 110)):
        kept = result[..., part] - result[..., part].mean()
        # 1 if nothing were lost, -1 if they were treated as tones.
        amplified = (kept * detail[..., part]).mean() / detail[..., part].square().mean()
        assert float(amplified) > 0.7


@pytest.mark.parametrize("scale", [1, 3])
def test_surroundings_are_the_same_at_every_size(scale: int) -> None:
    """Their reach is a share of the photo's side, and not a number of pixels."""
    photo = images.resize(step_edge() + 0.01 * noise(100, 120), (100, 120))
    canvas = identity(photo)
    large = images.resize(photo, (100 * scale, 120 * scale))
    found = images.resize(canvas.locate(large), (100, 120))[:, 2]
    assert float((found - canvas.places[:, 2]).abs().mean()) < 0.005


def test_what_the_fit_could_not_see_does_not_choose_the_transform() -> None:
    """Grain of a large photo, however strong: in a small one it is grey."""
    photo = torch.full((1, 3, 40, 60), 0.5)
    y, x = torch.meshgrid(torch.arange(120), torch.arange(180), indexing="ij")
    grainy = 0.5 + 0.2 * (2.0 * ((x + y) % 2) - 1).expand(1, 3, 120, 180)
    lightness = identity(photo).locate(grainy)[:, 2]
    assert float(lightness.abs().max()) < 0.05


@pytest.mark.parametrize("seed", [0, 1])
def test_no_control_value_shows_as_a_border(seed: int) -> None:
    """With random controls, brightness bends over the width of a cell, and not at its border.

    The largest change of slope between neighbouring pixels, against that over a whole cell: about 0.27, where the
    samples between control values lie on a spline, and 0.8 if there were none between them, or on straight lines.
    """
    photo = gradient(240, 320)
    canvas = identity(photo)
    with torch.no_grad():
        canvas.controls.copy_(0.1 * noise(12, 8, 16, 16, seed=seed))
    image = canvas().detach()
    assert float((image - photo).std()) > 5 / 255
    for dim, cell in ((-1, 320 // 15), (-2, 240 // 15)):
        slopes = image.diff(dim=dim)
        kinks = slopes.diff(dim=dim).abs().max()
        bends = slopes.narrow(dim, cell, slopes.shape[dim] - cell) - slopes.narrow(dim, 0, slopes.shape[dim] - cell)
        assert float(kinks / bends.abs().max()) < 1 / 3
        assert float(kinks) < 2 / 255


def test_a_mirrored_photo_under_a_mirrored_grid_is_the_mirrored_image(content: Tensor) -> None:
    canvas, mirrored = identity(content), identity(content.flip(-1))
    values = 0.1 * noise(12, 8, 16, 16)
    set_controls(canvas, list(range(12)), values)
    set_controls(mirrored, list(range(12)), values.flip(-1))
    torch.testing.assert_close(mirrored().detach(), canvas().detach().flip(-1), rtol=0, atol=1e-4)


def test_one_control_value_changes_what_is_near_it_alone() -> None:
    """A place, and a lightness."""
    photo = gradient(64, 96)
    canvas = identity(photo)
    one = torch.zeros(8, 16, 16)
    one[4, 8, 4] = 1
    changed = (set_controls(canvas, OFFSETS, one)().detach() - photo).abs().amax(dim=(0, 1)) > 1e-6
    rows, columns = changed.nonzero().T
    assert bool(changed.any())
    assert float(rows.min() + 0.5) / 64 > 6 / 15
    assert float(rows.max() + 0.5) / 64 < 10 / 15
    assert float(columns.min() + 0.5) / 96 > 2 / 15
    assert float(columns.max() + 0.5) / 96 < 6 / 15
    tones = images.luma(photo)[0, 0][changed]
    assert 2 / 7 - 0.02 < float(tones.min()) < float(tones.max()) < 6 / 7 + 0.02


@pytest.mark.parametrize("axes", [(1, 1, 2), (1, 5, 3), (3, 1, 8)])
def test_an_axis_may_have_a_single_control_value(content: Tensor, axes: tuple[int, int, int]) -> None:
    width, height, depth = axes
    canvas = identity(content, width=width, height=height, depth=depth)
    torch.testing.assert_close(canvas().detach(), content, rtol=0, atol=1e-6)
    with torch.no_grad():
        canvas.controls.copy_(0.1 * noise(12, depth, height, width))
    assert bool(canvas().isfinite().all())
    penalties = canvas.penalties(canvas())
    assert all(bool(value.isfinite()) for value in penalties.values())
    if width == height == 1:
        assert float(penalties["smoothness"].detach()) == 0


@pytest.mark.parametrize("options", [{"width": 0}, {"height": 0}, {"depth": 1}])
def test_refuses_too_few(options: dict[str, int]) -> None:
    with pytest.raises(VerismError, match=r"width \d+ and height \d+ must be at least 1, depth \d 2"):
        BilateralGrid(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize("epsilon", [0.0, float("nan")])
def test_refuses_an_epsilon_that_is_not_positive(epsilon: float) -> None:
    with pytest.raises(VerismError, match=f"^--model.canvas.epsilon {epsilon}: must be above 0"):
        BilateralGrid(epsilon=epsilon)


def test_surroundings_as_large_as_the_photo(content: Tensor) -> None:
    """A radius beyond the photo is all of it."""
    torch.testing.assert_close(identity(content, radius=0.9)().detach(), content, rtol=0, atol=1e-6)


def penalty(canvas: BilateralGrid, name: str) -> float:
    return float(canvas.penalties(canvas())[name].detach())


def test_smoothness_is_the_mean_squared_change_over_the_place(content: Tensor) -> None:
    """From one edge to the other, whatever the number of control values; one coefficient of the twelve changes."""
    for count in (4, 16):
        canvas = identity(content, width=count, height=count)
        set_controls(canvas, list(range(12)), 0.7)
        assert penalty(canvas, "smoothness") == 0
        set_controls(canvas, [5], along_lightness())
        assert penalty(canvas, "smoothness") == 0
        ramp = torch.linspace(0, 1, count)
        set_controls(canvas, [5], ramp)
        assert penalty(canvas, "smoothness") == pytest.approx(1 / 12)
        set_controls(canvas, [5], 2 * ramp.view(-1, 1))
        assert penalty(canvas, "smoothness") == pytest.approx(4 / 12)


def test_tone_smoothness_is_the_mean_squared_change_over_lightness(content: Tensor) -> None:
    canvas = set_controls(identity(content), list(range(12)), torch.linspace(0, 1, 16))
    assert penalty(canvas, "tone_smoothness") == 0
    for depth in (2, 8):
        canvas = set_controls(identity(content, depth=depth), [1], 3 * along_lightness(depth))
        assert penalty(canvas, "tone_smoothness") == pytest.approx(9 / 12)


def test_contrast_is_of_how_details_are_amplified(content: Tensor) -> None:
    """In lightness, of a grey detail: each channel's own slope, and with it the others'."""
    canvas = identity(content)
    assert penalty(canvas, "contrast") < 1e-12
    assert penalty(set_controls(canvas, OFFSETS, 0.4), "contrast") < 1e-12
    assert penalty(set_controls(canvas, SLOPES, 0.5), "contrast") == pytest.approx(0.25, rel=1e-5)
    assert penalty(set_controls(canvas, [4], 0.5), "contrast") == pytest.approx((0.587 * 0.5) ** 2, rel=1e-5)


def test_folding_is_of_tones_and_of_details(content: Tensor) -> None:
    canvas = identity(content)
    assert penalty(canvas, "folding") == 0
    # Halved: neither.
    assert penalty(set_controls(canvas, SLOPES, -0.5), "folding") == 0
    # Inverted: both.
    both = 2 * (MIN_SLOPE + 1) ** 2
    assert penalty(set_controls(canvas, SLOPES, -2), "folding") == pytest.approx(both, rel=1e-4)
    # The brighter, the more is taken away: tones.
    tones = (MIN_SLOPE + 1) ** 2
    assert penalty(set_controls(canvas, OFFSETS, -2 * along_lightness()), "folding") == pytest.approx(tones, rel=1e-4)
    # Inverted, and as much given back: details.
    inverted = set_controls(canvas, SLOPES, -2)
    with torch.no_grad():
        inverted.controls[OFFSETS] = 2 * along_lightness()
    assert penalty(inverted, "folding") == pytest.approx((MIN_SLOPE + 1) ** 2, rel=1e-4)


def test_oklab_details_are_of_its_own_lightness(content: Tensor) -> None:
    """Its first coordinate; a and b do not count."""
    canvas = identity(content, space=Oklab())
    assert penalty(set_controls(canvas, [5, 10, 1, 2], 0.5), "contrast") == 0
    assert penalty(set_controls(canvas, [0], 0.5), "contrast") == pytest.approx(0.25)


@pytest.mark.slow
def test_its_table_is_what_it_does_apart_from_places(content: Tensor) -> None:
    """The same everywhere: but for rare colours, exactly. A ramp over the place: the mean that a colour got."""
    canvas = set_controls(identity(content), list(range(12)), 0.1 * noise(12, 1, 1, 1))
    error = (through(canvas.table(content), content) - canvas().detach()).abs()
    assert float(error.mean()) < 1e-3
    assert float(error.max()) < 0.01
    flat = torch.full((1, 3, 32, 40), 0.5)
    ramp = set_controls(identity(flat), OFFSETS, torch.linspace(-0.2, 0.4, 16))
    torch.testing.assert_close(through(ramp.table(flat), flat), flat + 0.1, rtol=0, atol=1e-3)
