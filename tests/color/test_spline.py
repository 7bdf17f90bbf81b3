"""Splines and their values between: closed forms."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from verism.color.spline import cubic_spline, lookup, refine, spread

AT = torch.linspace(0, 1, 241, dtype=torch.float64)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("controls", [1, 2, 3, 4, 9])
def test_weights_sum_to_one(controls: int) -> None:
    """So that constants stay what they are."""
    spline = cubic_spline(controls, AT)
    assert spline.shape == (241, controls)
    torch.testing.assert_close(spline.sum(dim=1), torch.ones_like(AT), rtol=0, atol=1e-14)


@pytest.mark.parametrize("controls", [2, 3, 4, 9])
def test_straight_lines_stay_straight_to_the_ends(controls: int) -> None:
    line = torch.linspace(0, 1, controls, dtype=torch.float64)
    torch.testing.assert_close(cubic_spline(controls, AT) @ line, AT, rtol=0, atol=1e-14)


def test_a_single_control_value_is_a_constant() -> None:
    assert torch.equal(cubic_spline(1, AT), torch.ones(241, 1, dtype=torch.float64))


def test_at_a_control_value_it_is_the_mean_of_three() -> None:
    """1 : 4 : 1; at the ends the value itself, because beyond it goes on in a straight line."""
    values = noise(6)
    at = torch.linspace(0, 1, 6, dtype=torch.float64)
    smooth = (values[:-2] + 4 * values[1:-1] + values[2:]) / 6
    torch.testing.assert_close(cubic_spline(6, at) @ values, torch.cat([values[:1], smooth, values[-1:]]))


def test_each_control_value_is_felt_two_steps_away_and_no_farther() -> None:
    spline = cubic_spline(9, AT)
    distance = (AT[:, None] * 8 - torch.arange(9)).abs()
    assert float(spline[distance >= 2].abs().max()) == 0
    # The ends take a share of what would lie beyond them.
    assert float(spline[:, 2:-2][distance[:, 2:-2] < 1.9].min()) > 0


def test_its_second_derivative_is_continuous() -> None:
    """It is as steep as the third differences allow, and nowhere jumps."""
    controls, fine = 7, torch.linspace(0, 1, 6 * 200 + 1, dtype=torch.float64)
    values, step = noise(controls), 1 / (6 * 200)
    second = (cubic_spline(controls, fine) @ values).diff(n=2) / step**2
    thirds = torch.cat([values.new_zeros(1), values.diff(n=2), values.new_zeros(1)]).diff() * 6**3
    assert float(second.diff().abs().max()) <= float(thirds.abs().max()) * step * (1 + 1e-6)
    # At control values it is their second difference; the samples start at the second.
    torch.testing.assert_close(second[199::200][:5], values.diff(n=2) * 6**2, rtol=0.02, atol=0.2)


def test_refines_each_axis_with_its_own_matrix() -> None:
    """A function that is linear in every coordinate is reproduced everywhere between."""

    def plane(depth: int, height: int, width: int) -> Tensor:
        axes = (torch.linspace(0, 1, size, dtype=torch.float64) for size in (depth, height, width))
        z, y, x = torch.meshgrid(*axes, indexing="ij")
        return torch.stack([x + 2 * y + 3 * z, x * y * z])

    matrices = [
        cubic_spline(coarse, torch.linspace(0, 1, fine, dtype=torch.float64))
        for coarse, fine in ((2, 5), (3, 6), (4, 7))
    ]
    torch.testing.assert_close(refine(plane(2, 3, 4), *matrices), plane(5, 6, 7))


def places(*points: tuple[float, float, float]) -> Tensor:
    return torch.tensor(points, dtype=torch.float64).T[None, :, None]


def test_lookup_of_known_values() -> None:
    """x runs along the last axis of the lattice; -1 and 1 are its ends."""
    lattice = torch.arange(2 * 2 * 3, dtype=torch.float64).view(1, 2, 2, 3)
    points = places((-1, -1, -1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1), (0, 0, 0), (-0.5, -1, -1), (1, 1, 1))
    expected = torch.tensor([0, 2, 3, 6, 5.5, 0.5, 11], dtype=torch.float64)
    torch.testing.assert_close(lookup(lattice, points), expected.view(1, 1, 7))


def test_lookup_outside_is_the_border() -> None:
    lattice = noise(2, 3, 4, 5)
    outside = places((-3, 0.2, 0.4), (0.1, 7, 0.4), (0.1, 0.2, -1.001))
    inside = places((-1, 0.2, 0.4), (0.1, 1, 0.4), (0.1, 0.2, -1))
    torch.testing.assert_close(lookup(lattice, outside), lookup(lattice, inside))


def test_lookup_is_linear_between_nodes() -> None:
    """Whatever the shape of the image; also along an axis with a single value."""
    at = 2 * noise(1, 3, 6, 7) - 1
    axes = (torch.linspace(-1, 1, size, dtype=torch.float64) for size in (3, 4, 5))
    z, y, x = torch.meshgrid(*axes, indexing="ij")
    found = lookup(torch.stack([x + 2 * y + 3 * z, x]), at)
    expected = torch.stack([at[0, 0] + 2 * at[0, 1] + 3 * at[0, 2], at[0, 0]])
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(lookup(y[None, :1, :, :1], at)[0], at[0, 1])


def test_spreading_is_the_transpose_of_looking_up() -> None:
    """Outside of the lattice, too."""
    generator = torch.Generator().manual_seed(0)
    shape = (4, 3, 5)
    lattice = torch.rand(2, *shape, generator=generator, dtype=torch.float64)
    places = 2.4 * torch.rand(3, 50, generator=generator, dtype=torch.float64) - 1.2
    values = torch.rand(2, 50, generator=generator, dtype=torch.float64)
    # Places are x, y and z in [-1, 1]; positions are z, y and x in nodes.
    positions = (places.flip(0) + 1) / 2 * torch.tensor(shape).sub(1).unsqueeze(1)
    found = lookup(lattice, places.view(1, 3, 1, 50)).view(2, 50)
    added = spread(values, positions, shape)
    assert added.shape == lattice.shape
    torch.testing.assert_close((lattice * added).sum(), (found * values).sum())
    torch.testing.assert_close(added.sum(dim=(1, 2, 3)), values.sum(dim=1))
