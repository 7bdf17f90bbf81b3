"""Photorealism: the distance of the image's colours from a locally affine function of the content photo's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, final

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism.backbone.architecture import INPUT
from verism.backbone.normalization import InputNormalization
from verism.color.guided_filter import in_float64, outer, whitening
from verism.errors import VerismError
from verism.first_derivative import first_derivative
from verism.losses.loss import Loss
from verism.losses.positions import EVERYWHERE, Positions
from verism.losses.term import Term, full_precision
from verism.role import Role

WINDOW = 3
"""Side, in pixels, of the windows of the matting Laplacian, as in both papers. The code only supports this side."""


class AffineError(NamedTuple):
    """The part of the image that the content photo's colours do not explain, summed over windows.

    Attributes:
        total: ``Σ_c V_cᵀ M V_c``, a scalar in at least float32.
        positions: number of pixels of the image.
    """

    total: Tensor
    positions: int


def window_basis(guide: Tensor, epsilon: float) -> Tensor:
    """Return, for every window, a basis of the linear functions of its colours: a factor of the matting Laplacian.

    With C the 9×3 colours of a window minus their mean, and ``Kᵀ K = (Cᵀ C + ε)⁻¹``, it is ``U = C Kᵀ``, so that the
    window's part of the Laplacian is ``1 − 11ᵀ/9 − U Uᵀ``. No component of U exceeds 1, whereas the inverse itself
    reaches 1/ε, with differences too small for float32.

    Args:
        guide: ``(1, 3, H, W)``, RGB in [0, 1].
        epsilon: ε of Levin et al., added to the sums of squares of a window, so a ninth of it to its variances.

    Returns:
        ``(9, 3, H − 2, W − 2)``, in at least float32: pixel of the window, component, window. It takes 108 bytes per
        pixel; a feature map of 64 channels takes 256.
    """
    exact = in_float64(guide)
    spread = torch.stack(_window_pixels(exact)) - F.avg_pool2d(exact, 3, stride=1)
    ridge = epsilon * torch.eye(3, dtype=exact.dtype, device=exact.device)[..., None, None]
    # Not as E[x²] − E[x]², whose rounding error, even in float64, can be as large as the ridge.
    root = whitening(sum((outer(colors, colors) for colors in spread), start=ridge))
    parts = [(root * colors.unsqueeze(1)).sum(dim=2).to(full_precision(guide)) for colors in spread]
    return torch.cat(parts)


def matting_laplacian(image: Tensor, basis: Tensor) -> Tensor:
    """Return ``M V_c`` for each channel of ``image``: the residuals of the windows' affine fits, summed by pixel.

    This is ``N V − (Σ a) · I − Σ b``, with I the content photo, a and b the coefficients of the guided filter, and N
    the number of windows that contain a pixel (He et al., "Fast Matting Using Large Kernel Matting Laplacian Matrices",
    2010). It is also exact at the borders, where Levin et al. have fewer windows as well.

    Args:
        image: ``(1, 3, H, W)``.
        basis: basis of the content photo, from ``window_basis``.

    Returns:
        ``(1, 3, H, W)``.
    """
    mean = F.avg_pool2d(image, 3, stride=1)
    projections = torch.zeros_like(mean).repeat(3, 1, 1, 1)
    for part, pixel in zip(basis, _window_pixels(image), strict=True):
        projections.addcmul_(part.unsqueeze(1), pixel)
    result = torch.zeros_like(image)
    for part, pixel, sums in zip(basis, _window_pixels(image), _window_pixels(result), strict=True):
        residual = pixel - mean
        for component, projection in zip(part, projections, strict=True):
            residual.addcmul_(component, projection, value=-1)
        sums.add_(residual)
    return result


def affine_error(image: Tensor, basis: Tensor) -> AffineError:
    """Return how far ``image`` is from a locally affine function of the content photo.

    It has a first derivative, but no second one. It only adds up over parts of the image that overlap by two pixels, so
    that every 3×3 window is in exactly one of them.

    Args:
        image: ``(1, 3, H, W)``, RGB in [0, 1].
        basis: basis of the content photo, from ``window_basis``.
    """
    total: Tensor = _QuadraticForm.apply(full_precision(image), basis)
    return AffineError(total, image.shape[-2] * image.shape[-1])


@final
class PhotorealismLoss(Loss):
    """``Σ_c V_cᵀ M V_c / (H·W)``: V the image's RGB channels, M the content photo's matting Laplacian.

    It is zero (except for ε) if every 3×3 window is an affine function of the content photo's colours in that window.
    Different colours or contrast and smooth shading cost next to nothing; a bent line or a painted texture costs much.

    Source: Luan et al., "Deep Photo Style Transfer", 2017, Eq. 2; M of Levin et al., "A Closed-Form Solution to Natural
    Image Matting", 2008, Eq. 12.

    With a larger ``scale``, it compares the means over blocks of pixels. Smooth shading is then no longer free: areas
    that are flat in the photo, such as a clear sky, have to stay flat.

    There is no ``relative`` normalisation, because this loss is zero at the content photo, from which other losses take
    their unit. As a mean over pixels of values in [0, 1], it does not depend on the scale of features.
    """

    basis: Tensor

    def __init__(self, weight: float = 1.0, epsilon: float = 1e-7, scale: int = 1) -> None:
        """Choose the weight and the scale.

        Args:
            weight: weight of the loss in the total; 0 turns it off. Luan et al. use 1e4 with a sum that is not divided
                by H·W, and with style and content losses of another scale.
            epsilon: penalty for the slope of the local affine functions, in squared RGB of [0, 1]; a larger value keeps
                flat regions flat. Levin and Luan use 1e-7. Above 0.
            scale: side in pixels of the blocks whose means are compared; 1: single pixels, as in both papers.

        Raises:
            VerismError: ``epsilon`` is not above 0, ``scale`` is below 1, or ``weight`` is negative or not finite.
        """
        if not epsilon > 0:
            raise VerismError(f"--model.photorealism.epsilon {epsilon}: must be above 0.")
        if scale < 1:
            raise VerismError(f"--model.photorealism.scale {scale}: must be at least 1.")
        super().__init__(weight, {INPUT: 1.0}, "paper")
        self.epsilon = epsilon
        self.scale = scale
        self.normalize = InputNormalization()

    def target(self, layer: str, content: Tensor, style: Tensor) -> None:
        """Compute the factors of the Laplacian from the content photo's colours.

        Raises:
            VerismError: if a side of the photo has fewer than three blocks of ``scale`` pixels.
        """
        del layer, style
        guide = self._rgb(content)
        if min(guide.shape[-2:]) < WINDOW:
            raise VerismError(
                f"--model.photorealism.scale {self.scale}: the photo must be at least {WINDOW * self.scale} pixels "
                "on a side; choose a smaller scale, or a larger --data.size."
            )
        self.register_buffer("basis", window_basis(guide, self.epsilon), persistent=False)

    def target_statistic(self, layer: str, role: Role, features: Tensor, here: Positions = EVERYWHERE) -> Tensor:
        """Return the colours of the whole photo."""
        del layer, role, here
        return features

    def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> AffineError:
        """Reduce the colours of the whole image to a sum over windows, as in ``affine_error``."""
        del layer, here
        return affine_error(self._rgb(features), self.basis)

    def forward(self, totals: Mapping[str, AffineError]) -> Term:
        """Return the term from the sum over the whole image."""
        # Luan et al. do not divide by the number of pixels. With the mean, a weight has the same effect at every size.
        values = {name: error.total / error.positions for name, error in totals.items()}
        return Term(self.weight, self.layers, values)

    def _rgb(self, features: Tensor) -> Tensor:
        rgb: Tensor = self.normalize.inverse(full_precision(features))
        return rgb if self.scale == 1 else F.avg_pool2d(rgb, self.scale)


class _QuadraticForm(torch.autograd.Function):
    """``Σ_c V_cᵀ M V_c``, whose derivative is ``2 M V``, because M is symmetric.

    ``M V``, which the forward pass computes anyway, is kept for the backward pass. Autograd would apply M a second
    time, in many small steps.
    """

    @staticmethod
    def forward(ctx: Any, image: Tensor, basis: Tensor) -> Tensor:
        product = matting_laplacian(image, basis)
        ctx.save_for_backward(product)
        return (image * product).sum()

    @staticmethod
    @first_derivative
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (product,) = ctx.saved_tensors
        return 2 * gradient * product, None


def _window_pixels(x: Tensor) -> list[Tensor]:
    """Return nine views of ``(…, H, W)``, each ``(…, H − 2, W − 2)``: one for each pixel position in the windows."""
    height, width = x.shape[-2] - 2, x.shape[-1] - 2
    return [x[..., i : i + height, j : j + width] for i in range(3) for j in range(3)]
