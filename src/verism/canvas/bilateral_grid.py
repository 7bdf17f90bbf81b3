"""A bilateral grid: an affine colour transform for each position and lightness."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism import images, startup
from verism.canvas.grade import out_of_range
from verism.canvas.linear_grade import LinearGrade, Start
from verism.color.guided_filter import apply_affine, apply_upsampled, local_affine, window_radius
from verism.color.spaces import ColorSpace, Srgb
from verism.color.spline import cubic_spline, lookup, refine
from verism.errors import VerismError

MIN_SLOPE = 0.2
"""Slope of the tone curve (lightness of the result over that of the photo), and contrast factor of details, below which
the folding penalty starts."""

FINENESS = 4
"""Number of spline samples per interval between control values."""


@final
class BilateralGrid(LinearGrade):
    """An affine transform of the colour of each pixel, looked up by its position and the lightness around it.

    The transforms lie on a coarse grid over x, y and the lightness of the pixel's surroundings, so neighbouring pixels
    are treated alike unless an edge lies between them. Fine detail is preserved, because the lightness that selects the
    transform is smoothed. The parameter holds the control values of a cubic spline, which is added to the linear map
    that the grid starts from.

    Chen et al. 2007, "Real-time Edge-Aware Image Processing with the Bilateral Grid"; Gharbi et al. 2017, "Deep
    Bilateral Learning for Real-Time Image Enhancement".
    """

    def __init__(
        self,
        width: int = 16,
        height: int = 16,
        depth: int = 8,
        space: ColorSpace = startup.default(Srgb),
        init: Start = "monge_kantorovich",
        smoothness: float = 3.0,
        tone_smoothness: float = 0.01,
        departure: float = 0.0,
        folding: float = 10.0,
        contrast: float = 0.0,
        out_of_range: float = 10.0,
        radius: float = 0.01,
        epsilon: float = 1e-4,
    ) -> None:
        """Choose the grid and the weights of its penalties.

        Args:
            width: number of control values of the grid from left to right.
            height: number of control values of the grid from top to bottom.
            depth: number of control values of the grid from black to white.
            space: colour space in which the transforms are applied.
            init: the grid to start from. monge_kantorovich: the linear map that gives the photo the style photo's mean
                and covariance of colours. shared: that map for what both photos show, for photos that show the same
                things in different amounts. identity: the photo as it is.
            smoothness: weight of the penalty for transforms that vary over the image: the mean squared change of
                their coefficients over the photo's whole width and height.
            tone_smoothness: weight of the penalty for transforms that vary with lightness: the mean squared change of
                their coefficients from black to white.
            departure: weight of the penalty for moving away from the start: the mean squared difference of the
                coefficients.
            folding: weight of the penalty for lightness that falls, or hardly rises, where the photo's rises: the mean
                square of how far its slope, and the factor of the contrast of details, are below 0.2.
            contrast: weight of the penalty for a changed contrast of details: the mean squared difference of its factor
                from 1.
            out_of_range: weight of the penalty for colours that cannot be shown: the mean squared distance of the
                image's samples from [0, 1].
            radius: radius of the surroundings whose lightness chooses a pixel's transform, as a share of the photo's
                short side.
            epsilon: edges with less contrast than the square root of this value, in lightness from 0 to 1, count as
                details, and not as borders of the surroundings; above 0.

        Raises:
            VerismError: ``width`` or ``height`` is below 1, ``depth`` is below 2, ``epsilon`` is not above 0, or a
                weight is negative or not finite.
        """
        if min(width, height) < 1 or depth < 2:  # noqa: PLR2004
            raise VerismError(
                f"--model.canvas BilateralGrid: width {width} and height {height} must be at least 1, depth {depth} 2."
            )
        if not epsilon > 0:
            raise VerismError(f"--model.canvas.epsilon {epsilon}: must be above 0.")
        weights = {
            "smoothness": smoothness,
            "tone_smoothness": tone_smoothness,
            "departure": departure,
            "folding": folding,
            "contrast": contrast,
            "out_of_range": out_of_range,
        }
        super().__init__(torch.zeros(12, depth, height, width), space, init, weights)
        self.radius = radius
        self.epsilon = epsilon
        for axis, controls in (("z", depth), ("y", height), ("x", width)):
            samples = torch.linspace(0, 1, (controls - 1) * FINENESS + 1)
            self.register_buffer(f"spline_{axis}", cubic_spline(controls, samples), persistent=False)

    def locate(self, photo: Tensor) -> Tensor:
        """Return x, y and the lightness of the surroundings of each pixel, in [-1, 1]: ``(1, 3, H, W)``."""
        height, width = photo.shape[-2:]
        y, x = (2 * (torch.arange(n).to(photo) + 0.5) / n - 1 for n in (height, width))
        z = 2 * self._surroundings(photo) - 1
        return torch.cat([x.expand_as(z), y.unsqueeze(-1).expand_as(z), z], dim=1)

    def lattice(self) -> Tensor:
        """Return the coefficients of the transforms, row by row of their 3×4 matrices: ``(12, Z, Y, X)``."""
        start = torch.cat([self.matrix, self.offset.unsqueeze(1)], dim=1)
        added = refine(self.controls, *(self.get_buffer(f"spline_{axis}") for axis in "zyx"))
        return added + start.view(12, 1, 1, 1)

    def color(self, lattice: Tensor, photo: Tensor, places: Tensor) -> Tensor:
        """Apply the transforms to the colours of the photo, giving ``(1, 3, H, W)``, RGB, not clipped."""
        values = lookup(lattice, places)
        coefficients = values.view(1, 3, 4, *values.shape[1:])
        return self.space.decode(apply_affine(coefficients, self.space.encode(photo)))

    def penalties(self, image: Tensor) -> Mapping[str, Tensor]:
        """Return the unweighted penalties of the constructor's weights, by name, each a scalar."""
        lattice = self.lattice()
        transforms = lattice.view(3, 4, *lattice.shape[1:])
        lightness, grey = (torch.tensor(axis).to(image) for axis in (self.space.lightness, self.space.grey))
        # A transform maps the grey of lightness l to the lightness gain · l + offset.
        gain = torch.einsum("o,oizyx,i->zyx", lightness, transforms[:, :3], grey)
        level = torch.linspace(0, 1, lattice.shape[1]).to(image).view(-1, 1, 1)
        tone = gain * level + torch.einsum("o,ozyx->zyx", lightness, transforms[:, 3])
        slope = tone.diff(dim=0) * (lattice.shape[1] - 1)
        changes = [self.controls.diff(dim=dim) * (self.controls.shape[dim] - 1) for dim in (1, 2, 3)]
        over_tone, *over_place = (_mean_square(change) for change in changes)
        return {
            "smoothness": torch.stack(over_place).sum(),
            "tone_smoothness": over_tone,
            "departure": self.controls.square().mean(),
            "folding": F.relu(MIN_SLOPE - slope).square().mean() + F.relu(MIN_SLOPE - gain).square().mean(),
            "contrast": (gain - 1).square().mean(),
            "out_of_range": out_of_range(image),
        }

    def _surroundings(self, photo: Tensor) -> Tensor:
        """Return the lightness around each pixel, by edge-preserving smoothing: ``(1, 1, H, W)``.

        The guided filter is fitted at the size of the fit or below, so that its windows cover the same part of the
        scene in photos of any size.
        """
        short = min(*photo.shape[-2:], *self.photo.shape[-2:])
        small = self._lightness(images.scale(photo, short))
        radius = window_radius(self.radius, small.shape[-2:])
        coefficients = local_affine(small, small, radius, self.epsilon)
        return apply_upsampled(coefficients, self._lightness(photo))

    def _lightness(self, photo: Tensor) -> Tensor:
        weights = torch.tensor(self.space.lightness).to(photo)
        return torch.einsum("c,bchw->bhw", weights, self.space.encode(photo)).unsqueeze(1)


def _mean_square(change: Tensor) -> Tensor:
    """Return the mean square, or 0 if there are no values, as along an axis with a single control value."""
    return change.square().sum() / max(1, change.numel())
