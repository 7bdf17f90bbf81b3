"""Gram matrices of feature maps, the statistics that represent style, and distances between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from verism.first_derivative import first_derivative
from verism.losses.term import Normalization, full_precision, unit


class Gram(NamedTuple):
    """Inner products of feature channels, summed over positions. Sums over disjoint parts of an image add up.

    Attributes:
        products: ``G = F Fᵀ`` with F the features as ``(d, positions)``; shape ``(d, d)``, at least float32.
        positions: number of positions in the sum, ``h · w``.
    """

    products: Tensor
    positions: int


def gram(features: Tensor) -> Gram:
    """Return the Gram matrix of ``features`` ``(1, d, h, w)``, not divided by the number of positions.

    It has a first derivative, but no second one.

    Source: Gatys et al., "Image Style Transfer Using Convolutional Neural Networks", 2016, Eq. 3; Eq. 2 of the paper.
    """
    with torch.autocast(features.device.type, enabled=False):
        products = _GramProducts.apply(features)
    return Gram(products, features.shape[-2] * features.shape[-1])


def sum_distance(image: Gram, style: Gram) -> Tensor:
    """Return the mean squared difference of two Gram matrices, ``mean((G_x − G_s)²)``, a scalar.

    It compares sums over positions so, unlike ``mean_distance``, it is only meaningful for images of about the same
    size.
    """
    return (image.products - style.products).square().mean()


def mean_distance(image: Gram, style: Gram) -> Tensor:
    """Return the mean squared difference of two Gram matrices, each divided by its number of positions, a scalar."""
    return (image.products / image.positions - style.products / style.positions).square().mean()


class GramDistance(nn.Module):
    """The distance of an image's Gram matrix to the style photo's, in one of the two normalisations."""

    products: Tensor
    scale: Tensor

    def __init__(self, place: str, normalization: Normalization, paper: Callable[[Gram, Gram], Tensor]) -> None:
        """Choose the distance.

        Args:
            place: name of the layer, or of whatever the Gram matrix was computed from, for error messages.
            normalization: paper: the distance is ``paper``. relative: it is ``mean_distance``, divided by its value for
                the content photo.
            paper: the distance in the paper.
        """
        super().__init__()
        self.place = place
        self.normalization = normalization
        self.distance = mean_distance if normalization == "relative" else paper
        self.positions = 0

    def set_target(self, content: Gram, style: Gram) -> None:
        """Set the target from the style photo and, if ``relative``, the unit from its distance to the content photo.

        Raises:
            NoDifferenceError: if the normalisation is relative and that distance is nearly zero.
        """
        nothing = Gram(torch.zeros_like(style.products), 1)
        size = self.distance(content, nothing) + self.distance(style, nothing)
        scale = unit(self.normalization, self.distance(content, style), size, self.place)
        self.register_buffer("products", style.products, persistent=False)
        self.register_buffer("scale", scale, persistent=False)
        self.positions = style.positions

    def forward(self, image: Gram) -> Tensor:
        """Return the distance of the whole image, a scalar."""
        return self.distance(image, Gram(self.products, self.positions)) / self.scale


class _GramProducts(torch.autograd.Function):
    """``Xᵀ X`` of ``X`` ``(positions, d)``, accumulated in float32 from features of any type.

    Compared with ``X.float().T @ X.float()``, it saves a float32 copy of the features (the largest tensor of a step,
    kept for the backward pass) and one of the two products of the backward pass: ``dX = X (dG + dGᵀ)``. That product is
    a gradient of features rather than a loss, so it is computed in the type of the features. A part of a larger feature
    map is not copied.
    """

    @staticmethod
    def forward(ctx: Any, features: Tensor) -> Tensor:
        ctx.save_for_backward(features)
        channels = features.shape[1]
        dtype = torch.promote_types(features.dtype, torch.float32)
        if features.device.type == "cuda" and dtype != features.dtype:
            (rows,) = _rows(features)
            # The product of two such numbers is exact in float32, in which the GPU's matrix units accumulate.
            return torch.mm(rows.T, rows, out_dtype=dtype)
        products = features.new_zeros(channels, channels, dtype=dtype)
        for part in _rows(features):
            exact = full_precision(part)
            products = products.addmm(exact.T, exact)
        return products

    @staticmethod
    @first_derivative
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (features,) = ctx.saved_tensors
        # The derivative of a mean over so many elements would underflow in float16.
        dtype = torch.float32 if features.dtype == torch.float16 else features.dtype
        symmetric = (gradient + gradient.T).to(dtype)
        parts = list(_rows(features))
        if len(parts) == 1:
            of_rows = (parts[0].to(dtype) @ symmetric).to(features.dtype)
            return of_rows.view(*features.shape[-2:], features.shape[1]).permute(2, 0, 1).unsqueeze(0)
        result = torch.empty_like(features, memory_format=torch.channels_last)
        for part, of_part in zip(parts, _rows(result), strict=True):
            of_part.copy_(part.to(dtype) @ symmetric)
        return result


def _rows(features: Tensor) -> Iterator[Tensor]:
    """Yield features ``(1, d, h, w)`` as ``(positions, d)``. On a CPU, in blocks of positions that fit the cache."""
    _, channels, height, width = features.shape
    step = max(1, 2**18 // (channels * width)) if features.device.type == "cpu" else height
    for part in features.squeeze(0).split(step, dim=1):
        # Positions first, as in the channels-last memory of the backbone: a view, unless this is part of a larger map.
        yield part.permute(1, 2, 0).flatten(0, 1)
