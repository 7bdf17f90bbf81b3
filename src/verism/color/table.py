"""Colour lookup tables, and the best approximation by a table of a look that depends on more than colour."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from verism.color.seen_colors import KNOWN, SeenColors
from verism.color.spline import cubic_spline, lookup, refine

SIZE = 33
"""Number of nodes along each axis of a table."""

CONTROLS = 9
"""Number of control values of the fitted spline along each axis."""

LENGTH = 0.2
"""Distance in RGB over which the correction decays to 1/e where the photo has no similar colours."""

RAMP = 40.0
"""Range in ΔE76, beyond ``KNOWN``, over which the pull towards the plain map grows to its full weight."""

MIN_SLOPE = 0.2
"""Smallest slope of lightness along the grey axis, unless the photo clearly says otherwise."""

MAX_SLOPE = 2.5
"""Largest slope of lightness along the grey axis, likewise. A steeper slope amplifies noise and causes banding."""

_SAMPLES = 17
"""Number of samples along each axis at which the spline is held to the plain map and its slopes are checked."""

_PULL = 1e-3
"""Weight, relative to the mean squared error, of the mean squared correction where the photo has no similar colours."""

_STIFFNESS = 3e-6
"""Weight of bending, relative to the mean squared error. It smooths the correction."""

_INERTIA = 1e-10
"""Weight of the squared control values, which only makes the solution unique."""

_FOLDING = 2.0
"""Weight, relative to the mean squared error, of the mean squared distance of slopes from their bounds."""

_ROUNDS = 10
"""Maximum number of rounds of the search for slopes that are out of bounds. Few change after five."""

_LIGHTNESS_FIRST = torch.tensor(
    [[3**-0.5, 2**-0.5, 6**-0.5], [3**-0.5, -(2**-0.5), 6**-0.5], [3**-0.5, 0.0, -2 * 6**-0.5]], dtype=torch.float64
)
"""An orthonormal basis of RGB, in columns, whose first vector is the grey axis."""

Plain = Tensor | Callable[[Tensor], Tensor]
"""A map of colours: a table, or a function of an image ``(1, 3, H, W)`` that works pixel by pixel."""


def nodes(size: int) -> Tensor:
    """Return the table that changes nothing, ``(3, size, size, size)``: RGB by blue, green and red."""
    # float32, because a Trainer of another precision may have changed the default type.
    axis = torch.linspace(0, 1, size, dtype=torch.float32)
    blue, green, red = torch.meshgrid(axis, axis, axis, indexing="ij")
    return torch.stack([red, green, blue])


def through(table: Tensor, photo: Tensor) -> Tensor:
    """Apply a colour lookup table to a photo, with trilinear interpolation: ``(1, 3, H, W)``, not clipped.

    Args:
        table: ``(3, n, n, n)``, RGB by blue, green and red; it is moved to the photo's device.
        photo: ``(1, 3, H, W)``, RGB in [0, 1].
    """
    return lookup(table.to(photo), 2 * photo - 1).unsqueeze(0)


def over_nodes(size: int, function: Callable[[Tensor], Tensor]) -> Tensor:
    """Return the table of a function of colours, ``(3, size, size, size)``: RGB by blue, green and red.

    Args:
        size: number of nodes along each axis.
        function: takes an image ``(1, 3, H, W)``, RGB in [0, 1], and works pixel by pixel.
    """
    table = nodes(size)
    return function(table.flatten(2).unsqueeze(0)).view_as(table)


@torch.no_grad()
def closest(content: Tensor, image: Tensor, plain: Plain | None = None) -> Tensor:
    """Return a smooth table that takes ``content`` close to ``image``, and equals the plain map for all other colours.

    The table is ``plain`` plus a correction, a cubic spline f that minimises

        mean ‖plain(c) + f(c) − image‖² + pull · ∫ (ρ ‖f‖² + LENGTH² ‖∇f‖²) + bending + folding.

    ρ is 0 within a ΔE76 of 12 (``seen_colors.KNOWN``) of a colour of the photo, and grows to 1 over the next 40
    (``RAMP``). So the correction is constant near the photo's colours, and then decays to 1/e over about 0.2 of the RGB
    range (``LENGTH``): around a single grey, half of it is left at a distance of 0.27, and a tenth at 0.5. Minimising
    gradients causes no overshoot, so apart from smoothing, the correction is largest at the photo's colours.

    Folding penalises lightness, the mean of R, G and B, that falls as one of them rises, or whose slope along the grey
    axis is outside ``MIN_SLOPE`` to ``MAX_SLOPE``. Many pixels that say otherwise outweigh it.

    Args:
        content: ``(1, 3, H, W)``, RGB in [0, 1].
        image: ``(1, 3, H, W)``, RGB, what the photo should become.
        plain: the map for colours that the content photo does not have. A function receives images on the CPU. None
            leaves such colours unchanged.

    Returns:
        ``(3, 33, 33, 33)``, RGB by blue, green and red, on the CPU; not clipped.
    """
    base = partial(through, plain) if isinstance(plain, Tensor) else plain or torch.clone
    seen = SeenColors(content)
    samples = nodes(_SAMPLES).double().flatten(1).T
    at_samples = _basis(samples)
    evidence = ((seen.distance(samples).double() - KNOWN) / RAMP).clamp(0, 1)
    pull = at_samples.T @ (evidence.unsqueeze(1) * at_samples) / len(samples) + LENGTH**2 * _gradients()
    smooth = _PULL * pull + _STIFFNESS * _bending() + _INERTIA * torch.eye(CONTROLS**3, dtype=torch.float64)

    at_seen = _basis(seen.colors)
    weighted = at_seen * seen.shares.unsqueeze(1)
    energy = weighted.T @ at_seen + smooth
    wanted = weighted.T @ ((seen.mean(image) - _of(base, seen.colors)) @ _LIGHTNESS_FIRST)
    controls = torch.linalg.solve(energy, wanted)
    lightness = _of(base, samples) @ _LIGHTNESS_FIRST[:, 0]
    controls[:, 0] = _unfolded(controls[:, 0], energy, wanted[:, 0], at_samples, lightness)

    spline = cubic_spline(CONTROLS, torch.linspace(0, 1, SIZE, dtype=torch.float64))
    correction = (controls @ _LIGHTNESS_FIRST.T).T.view(3, CONTROLS, CONTROLS, CONTROLS)
    return over_nodes(SIZE, base).float().cpu() + refine(correction, spline, spline, spline).float()


def _of(function: Callable[[Tensor], Tensor], colors: Tensor) -> Tensor:
    """Apply an image function to a list of colours ``(n, 3)``. Returns ``(n, 3)`` float64 on the CPU."""
    image = function(colors.T.float().view(1, 3, 1, -1))
    return image.detach().cpu().double().view(3, -1).T


def _basis(colors: Tensor) -> Tensor:
    """Return the weight of each control value in the spline at colours ``(n, 3)``: ``(n, CONTROLS³)``."""
    red, green, blue = (cubic_spline(CONTROLS, channel) for channel in colors.T)
    return torch.einsum("nz,ny,nx->nzyx", blue, green, red).flatten(1)


def _unfolded(controls: Tensor, energy: Tensor, wanted: Tensor, basis: Tensor, plain: Tensor) -> Tensor:
    """Return the control values of lightness with a penalty for slopes that are out of bounds.

    For a fixed set of such slopes, the penalty is quadratic. The set is updated until it no longer changes.

    Args:
        controls: ``(CONTROLS³,)``, the control values without the penalty.
        energy: ``(CONTROLS³, CONTROLS³)``, the matrix of the quadratic form to minimise.
        wanted: ``(CONTROLS³,)``, its linear part.
        basis: ``(_SAMPLES³, CONTROLS³)``, the weights of the control values at the samples.
        plain: ``(_SAMPLES³,)``, the plain map's component along the grey axis at the samples: √3 for white.
    """
    steps = torch.cat(_steps(basis))
    own = torch.cat(_steps(plain.unsqueeze(1))).squeeze(1)
    along_grey = (_SAMPLES - 1) ** 3
    least, most = torch.zeros_like(own), torch.full_like(own, torch.inf)
    least[:along_grey], most[:along_grey] = MIN_SLOPE, MAX_SLOPE
    # The correction is not to blame for slopes that are already out of bounds in the plain map.
    least, most = torch.minimum(least, own), torch.maximum(most, own)
    weight, out, penalty = _FOLDING / len(basis), torch.zeros_like(own, dtype=torch.bool), torch.zeros_like(energy)
    for _ in range(_ROUNDS):
        slopes = own + steps @ controls
        bounds = torch.minimum(torch.maximum(slopes, least), most)
        before, out = out, slopes != bounds
        if torch.equal(before, out):
            break
        # Most of the time is spent here. After the first round, few rows change, so only those are updated.
        for sign, changed in ((1, out & ~before), (-1, before & ~out)):
            penalty += sign * weight * steps[changed].T @ steps[changed]
        controls = torch.linalg.solve(energy + penalty, wanted + weight * steps[out].T @ (bounds - own)[out])
    return controls


def _steps(values: Tensor) -> list[Tensor]:
    """Return the slopes of lightness between neighbouring samples: along the grey axis, blue, green and red.

    Args:
        values: ``(_SAMPLES³, k)``, components along the grey axis: √3 for white.

    Returns:
        Four tensors ``(n, k)``. The identity map has slopes of 1 along the grey axis, and of 1/3 along the others.
    """
    grid = values.view(_SAMPLES, _SAMPLES, _SAMPLES, -1) * (_SAMPLES - 1) / 3**0.5
    pairs = [grid[1:, 1:, 1:] - grid[:-1, :-1, :-1], *(grid.diff(dim=axis) for axis in range(3))]
    return [pair.flatten(0, 2) for pair in pairs]


def _gradients() -> Tensor:
    """Return the mean squared gradient of a spline as a quadratic form of its control values."""
    spline = cubic_spline(CONTROLS, torch.linspace(0, 1, _SAMPLES, dtype=torch.float64))
    weights = torch.ones(_SAMPLES, dtype=torch.float64)
    weights[[0, -1]] = 0.5
    mass = spline.T @ (weights.unsqueeze(1) * spline) / (_SAMPLES - 1)
    slopes = spline.diff(dim=0) * (_SAMPLES - 1)
    return _over_axes(slopes.T @ slopes / (_SAMPLES - 1), mass)


def _bending() -> Tensor:
    """Return the mean squared second differences of control values along all axes, as a quadratic form of them."""
    second = torch.eye(CONTROLS, dtype=torch.float64).diff(n=2, dim=0) * (CONTROLS - 1) ** 2
    return _over_axes(second.T @ second / CONTROLS**3, torch.eye(CONTROLS, dtype=torch.float64))


def _over_axes(form: Tensor, other: Tensor) -> Tensor:
    """Return the sum over the three axes of a quadratic form along that axis and ``other`` along the remaining two."""
    axes = [(form, other, other), (other, form, other), (other, other, form)]
    return torch.stack([torch.kron(torch.kron(a, b), c) for a, b, c in axes]).sum(dim=0)
