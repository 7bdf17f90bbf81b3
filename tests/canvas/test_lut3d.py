"""The canvas that is a 3D lookup table."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from verism.canvas import Lut3d, RegionalGrade
from verism.canvas.lut3d import MIN_SLOPE
from verism.color.spaces import ColorSpace, LinearRgb, Oklab, Srgb
from verism.color.table import through
from verism.errors import VerismError


def identity(content: Tensor, **options: Any) -> Lut3d:
    """In sRGB, from the photo as it is."""
    canvas = Lut3d(init="identity", **{"space": Srgb(), **options})
    canvas.start(content, content)
    return canvas


def set_controls(canvas: Lut3d, values: Tensor | float) -> Lut3d:
    with torch.no_grad():
        canvas.controls.copy_(torch.as_tensor(values).expand_as(canvas.controls))
    return canvas


def axes(count: int) -> Tensor:
    """Red, green and blue at the control values: ``(3, n, n, n)`` by blue, green and red."""
    axis = torch.linspace(0, 1, count)
    blue, green, red = torch.meshgrid(axis, axis, axis, indexing="ij")
    return torch.stack([red, green, blue])


def noise(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def test_of_the_identity_is_the_axes(content: Tensor) -> None:
    table = identity(content, size=5).lattice()
    torch.testing.assert_close(table.detach(), axes(5))


@pytest.mark.parametrize("size", [2, 17, 33])
def test_its_table_is_its_lattice_and_does_what_it_does(content: Tensor, style: Tensor, size: int) -> None:
    canvas = Lut3d(size=size)
    canvas.start(content, style)
    set_controls(canvas, 0.05 * noise(3, 9, 9, 9))
    table = canvas.table(content)
    assert table.shape == (3, size, size, size)
    assert torch.equal(table, canvas.lattice())
    torch.testing.assert_close(through(table, content), canvas(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("space", [Srgb(), LinearRgb(), Oklab()], ids=["Srgb", "LinearRgb", "Oklab"])
def test_a_constant_is_added_to_every_colour_in_its_space(content: Tensor, space: ColorSpace) -> None:
    change = torch.tensor([0.05, 0.01, -0.01]).view(3, 1, 1, 1)
    canvas = set_controls(identity(content, space=space, size=33), change)
    nodes = axes(33).flatten(2).unsqueeze(0)
    expected = space.decode(space.encode(nodes) + change.view(1, 3, 1, 1))
    torch.testing.assert_close(canvas.lattice().detach().flatten(2).unsqueeze(0), expected, rtol=0, atol=1e-5)


def test_a_ramp_is_added_as_it_is(content: Tensor) -> None:
    """Straight lines of control values are exact: a multiple of the identity is that multiple of the colours."""
    canvas = set_controls(identity(content), 0.5 * axes(9))
    torch.testing.assert_close(canvas().detach(), 1.5 * content, rtol=0, atol=1e-5)


def test_one_control_value_changes_colours_near_it_alone(content: Tensor) -> None:
    """Four of eight steps away at the most, along each axis."""
    canvas = identity(content)
    change = torch.zeros(3, 9, 9, 9)
    change[0, 2, 4, 6] = 1
    changed = (set_controls(canvas, change).lattice().detach() - axes(33)).abs() > 1e-6
    assert not bool(changed[1:].any())
    blue, green, red = changed[0].nonzero().T
    for nodes, middle in ((blue, 8), (green, 16), (red, 24)):
        assert middle - 8 < int(nodes.min()) < middle < int(nodes.max()) < middle + 8


def test_is_smooth_between_its_control_values(content: Tensor) -> None:
    """A single one makes a bump, no tent: its slope changes a bit at every node, and nowhere at once."""
    change = torch.zeros(3, 9, 9, 9)
    change[0, 4, 4, 4] = 1
    bump = set_controls(identity(content), change).lattice().detach()[0, 16, 16] - torch.linspace(0, 1, 33)
    slopes = bump.diff()
    assert float(slopes.diff().abs().max()) < 0.5 * float(slopes.max() - slopes.min())


def test_is_one_function_of_the_colour(content: Tensor, style: Tensor) -> None:
    """Mirrored or shuffled, a pixel becomes what it became before."""
    canvas = Lut3d()
    canvas.start(content, style)
    set_controls(canvas, 0.05 * noise(3, 9, 9, 9))
    order = torch.randperm(48 * 64, generator=torch.Generator().manual_seed(1))

    def shuffled(image: Tensor) -> Tensor:
        return image.flatten(2)[..., order].view_as(image)

    torch.testing.assert_close(canvas.render(shuffled(content)), shuffled(canvas().detach()), rtol=0, atol=1e-6)
    torch.testing.assert_close(canvas.render(content.flip(-1)), canvas().detach().flip(-1), rtol=0, atol=1e-6)


def test_as_many_control_values_as_nodes_leave_every_node_free(content: Tensor) -> None:
    canvas = identity(content, size=5, controls=5)
    spline = canvas.get_buffer("spline")
    assert float(torch.linalg.svdvals(spline).min()) > 0.1


def test_smoothness_is_the_mean_squared_bend(content: Tensor) -> None:
    """0 of straight lines, along each axis; x² has the second derivative 2."""
    canvas = identity(content)
    lines = torch.einsum("oc,czyx->ozyx", torch.tensor([[1.0, 2, 3], [0, -1, 0], [5, 0, 0]]), axes(9)) + 0.3
    assert float(canvas.penalties(set_controls(canvas, lines)())["smoothness"].detach()) < 1e-6
    for channel in range(3):
        bend = axes(9)[channel].square().expand(3, 9, 9, 9)
        smoothness = canvas.penalties(set_controls(canvas, bend)())["smoothness"]
        assert float(smoothness.detach()) == pytest.approx(4, rel=1e-3)


def test_smoothness_means_the_same_with_more_control_values(content: Tensor) -> None:
    def of(count: int) -> float:
        canvas = identity(content, controls=count)
        return float(canvas.penalties(set_controls(canvas, axes(count) ** 2)())["smoothness"].detach())

    assert of(5) == pytest.approx(of(17), rel=1e-3)


def test_folding_is_of_lightness_that_does_not_grow(content: Tensor) -> None:
    """With k · colour added, lightness grows with 1 + k; what is missing to the least slope counts, squared."""
    canvas = identity(content)

    def folding(k: float) -> float:
        return float(canvas.penalties(set_controls(canvas, k * axes(9))())["folding"].detach())

    assert folding(0) == 0
    assert folding(-0.8) == 0
    assert folding(-0.95) == pytest.approx((MIN_SLOPE - 0.05) ** 2, rel=1e-3)
    assert folding(-2) == pytest.approx((MIN_SLOPE + 1) ** 2, rel=1e-3)


def test_a_change_of_hue_is_no_folding(content: Tensor) -> None:
    canvas = identity(content, space=Oklab())
    change = torch.zeros(3, 9, 9, 9)
    change[1:] = 0.2 * noise(2, 9, 9, 9)
    assert float(canvas.penalties(set_controls(canvas, change)())["folding"].detach()) < 1e-9


def test_folding_sees_a_dip_that_no_pixel_has(content: Tensor) -> None:
    """Among colours that the photo has not: the table is to be used on others."""
    canvas = identity(0.3 * content)
    change = torch.zeros(3, 9, 9, 9)
    change[:, 7, 7, 7] = -1
    set_controls(canvas, change)
    torch.testing.assert_close(canvas().detach(), 0.3 * content)
    assert float(canvas.penalties(canvas())["folding"].detach()) > 1e-4


@pytest.mark.parametrize("options", [{"size": 1}, {"controls": 2}])
def test_refuses_too_few(options: dict[str, int]) -> None:
    with pytest.raises(VerismError, match=r"Lut3d: size \d+ must be at least 2, controls \d at least 3\."):
        Lut3d(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize("space", [Srgb(), Oklab()], ids=["Srgb", "Oklab"])
def test_retouched_it_starts_as_the_grade_of_a_whole_photo(content: Tensor, style: Tensor, space: ColorSpace) -> None:
    canvas = Lut3d(init="retouched", space=space)
    canvas.start(content, style)
    grade = RegionalGrade()
    grade.start(content, style)
    # Between nodes, a table is only near; most of all where it is dark.
    assert float((canvas() - grade.plain(content)).detach().abs().mean()) < 0.005
    table = grade.plain(axes(33).flatten(2).unsqueeze(0)).view(3, 33, 33, 33)
    torch.testing.assert_close(canvas.lattice().detach(), table, rtol=0, atol=1e-3)
    # Started anew, or resumed, it is the same.
    again = Lut3d(init="retouched", space=space)
    again.start(style, content)
    again.resume(canvas.state_dict())
    assert torch.equal(again(), canvas())


def test_resumes_from_before_there_were_retouched_starts(content: Tensor, style: Tensor) -> None:
    canvas = Lut3d()
    canvas.start(content, style)
    state = {name: tensor for name, tensor in canvas.state_dict().items() if name != "bent"}
    again = Lut3d()
    again.resume(state)
    assert torch.equal(again(), canvas())
