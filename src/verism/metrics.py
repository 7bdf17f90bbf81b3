"""How good a result is: structure, colour, style.

Photos are ``(1, 3, H, W)``, RGB in [0, 1]. Every number is a scalar, computed in at least float32.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import numpy as np
import torch
from skimage.color import deltaE_ciede2000, rgb2lab
from torch import Tensor
from torch.nn import functional as F  # noqa: N812
from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure

from verism.backbone import VGG19
from verism.errors import VerismError
from verism.images import luma
from verism.losses.gram import Gram, gram, mean_distance
from verism.losses.term import full_precision

NAMES = (
    "structure",  # ↑ to 1
    "sobel_ssim",  # ↑ to 1
    "psnr",  # ↑ dB
    "sliced_wasserstein",  # ↓ to 0
    "ciede2000",  # ↓ to 0, ΔE
    "style_distance",  # ↓ to 0; the content photo has 1
    "newly_clipped",  # ↓ to 0
)
"""What ``Measure`` returns; the arrow says where better is."""

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
"""Where ``style_distance`` looks: as Gatys et al. 2016, "Image Style Transfer Using Convolutional Neural Networks"."""


def structure(image: Tensor, content: Tensor) -> Tensor:
    """Return the structure term of SSIM on luma: are edges where they were, whatever the brightness and contrast?

    ``mean((σ_xy + C) / (σ_x σ_y + C))``, ``C = 0.03² / 2``, under an 11×11 Gaussian window with σ = 1.5, over the
    positions where the window fits into the photo. Wang et al. 2004, "Image Quality Assessment: From Error Visibility
    to Structural Similarity", Eq. 10.

    Returns:
        In [-1, 1], without unit: 1 for the same structure, negative for an inverted one.
    """
    x, y = luma(full_precision(image)), luma(full_precision(content))
    moments = torch.cat([x, y, x * x, y * y, x * y])
    offsets = torch.arange(-5, 6, dtype=moments.dtype, device=moments.device)
    # A softmax of negative squares: a Gaussian that sums to 1.
    bell = torch.softmax(-offsets.square() / (2 * 1.5**2), dim=0)
    mean_x, mean_y, mean_xx, mean_yy, mean_xy = F.conv2d(moments, torch.outer(bell, bell)[None, None])
    # Where a photo is flat, rounding may leave a variance just below zero.
    variance_x = (mean_xx - mean_x.square()).clamp_min(0)
    variance_y = (mean_yy - mean_y.square()).clamp_min(0)
    c = 0.03**2 / 2
    similarity: Tensor = (mean_xy - mean_x * mean_y + c) / ((variance_x * variance_y).sqrt() + c)
    return similarity.mean()


def sobel_ssim(image: Tensor, content: Tensor) -> Tensor:
    """Return the SSIM (Wang et al. 2004; 11×11 Gaussian window, data range 1) of the lumas' Sobel gradient magnitudes.

    Unlike ``structure`` it also sees edges that get stronger or weaker.

    Returns:
        In [-1, 1], without unit: 1 for the same edges.
    """
    # A tuple only when asked for the full map.
    return cast(Tensor, structural_similarity_index_measure(_edges(image), _edges(content), data_range=1.0))


def psnr(image: Tensor, content: Tensor) -> Tensor:
    """Return the peak signal-to-noise ratio ``-10 log10(mean((x - y)²))`` in dB: infinite for the same photo."""
    return peak_signal_noise_ratio(full_precision(image), full_precision(content), data_range=1.0)


def sliced_wasserstein(image: Tensor, style: Tensor, directions: int = 64, seed: int = 0) -> Tensor:
    """Return the sliced Wasserstein-2 distance between the two photos' colours, wherever in the photo they are.

    ``sqrt(mean_θ mean_t (Q_θx(t) - Q_θs(t))²)`` with ``Q_θ`` the quantiles of the pixels' RGB projected onto the unit
    vector θ: as many as the smaller photo has pixels, interpolated in the larger one. Bonneel et al. 2015, "Sliced and
    Radon Wasserstein Barycenters of Measures".

    Args:
        image: the result.
        style: the style photo, of any size.
        directions: how many θ, uniform on the sphere.
        seed: of the directions; the same ones for every photo, so that results can be compared.

    Returns:
        In units of RGB: 0 for the same colours, about 1 between a black photo and a white one.
    """
    generator = torch.Generator().manual_seed(seed)
    axes = F.normalize(torch.randn(directions, 3, generator=generator, dtype=torch.float64))
    x, s = (full_precision(photo).detach().flatten(2).squeeze(0) for photo in (image, style))
    # One direction at a time: the projections onto all of them would be many times the photo.
    costs = [_squared_wasserstein(axis.to(x) @ x, axis.to(s) @ s) for axis in axes]
    return torch.stack(costs).mean().sqrt()


def ciede2000(image: Tensor, content: Tensor) -> Tensor:
    """Return the mean CIEDE2000 colour difference over pixels, of sRGB in CIELAB under D65 (Sharma et al. 2005).

    Returns:
        ΔE, at least 0: 1 is about just noticeable, black to white is 100. Photos are clamped to [0, 1].
    """
    x, y = (
        rgb2lab(full_precision(photo).detach().clamp(0, 1).squeeze(0).permute(1, 2, 0).cpu().numpy())
        for photo in (image, content)
    )
    return torch.from_numpy(deltaE_ciede2000(x, y)).mean()  # type: ignore[no-untyped-call]  # As skimage has it.


def style_distance(image: Mapping[str, Gram], content: Mapping[str, Gram], style: Mapping[str, Gram]) -> Tensor:
    """Return how much of the way from the content's statistics to the style's is left, averaged over ``STYLE_LAYERS``.

    ``mean_l(‖Ĝ_x - Ĝ_s‖² / ‖Ĝ_c - Ĝ_s‖²)`` with ``Ĝ = G / (d h w)`` the Gram matrix of d channels at h × w positions
    (Gatys et al. 2016, Eq. 3, per position as in Johnson et al. 2016, Eq. 3; d cancels).

    Args:
        image: layer name to Gram matrix, at least for ``STYLE_LAYERS``.
        content: likewise, of the content photo.
        style: likewise, of the style photo.

    Returns:
        At least 0, without unit: 1 for the content photo, 0 for the style's own statistics. If content and style have
        the same statistics at a layer, nan for an image that has them too, else infinite.
    """
    ratios = [
        mean_distance(image[layer], style[layer]) / mean_distance(content[layer], style[layer])
        for layer in STYLE_LAYERS
    ]
    return torch.stack(ratios).mean()


def newly_clipped(image: Tensor, content: Tensor) -> Tensor:
    """Return the share of samples, pixels × channels, that are 0 or 255 in the image at 8 bits but not in the content.

    Returns:
        In [0, 1], of all samples: 0 if no shadow and no light was lost.
    """
    return (_clipped(image) & ~_clipped(content)).mean(dtype=torch.float64)


class Measure:
    """Compares results with the one content and the one style photo they were made from."""

    def __init__(self, content: Tensor, style: Tensor, backbone: VGG19) -> None:
        """Take the style statistics of the two photos.

        Args:
            content: the content photo, at the results' size.
            style: the style photo, of any size.
            backbone: whose filters, on whose device, ``style_distance`` uses; always behind ReLU and max pooling, so
                that results of runs with other activations and poolings can be compared.
        """
        self.content, self.style = (full_precision(photo.detach()) for photo in (content, style))
        self.backbone = backbone.as_published()
        self.content_grams, self.style_grams = self._grams(self.content), self._grams(self.style)

    @torch.no_grad()
    def __call__(self, image: Tensor) -> dict[str, float]:
        """Return the number for each of ``NAMES``.

        Args:
            image: the result, of the content photo's shape; clamped to [0, 1], as it is when written.

        Raises:
            VerismError: the image has another shape.
        """
        if image.shape != self.content.shape:
            (height, width), (content_height, content_width) = image.shape[-2:], self.content.shape[-2:]
            raise VerismError(
                f"a result of {width}×{height} pixels cannot be compared with a content photo of "
                f"{content_width}×{content_height}: resize one to the other."
            )
        image = image.to(self.content).clamp(0, 1)
        values = {
            "structure": structure(image, self.content),
            "sobel_ssim": sobel_ssim(image, self.content),
            "psnr": psnr(image, self.content),
            "sliced_wasserstein": sliced_wasserstein(image, self.style),
            "ciede2000": ciede2000(image, self.content),
            "style_distance": style_distance(self._grams(image), self.content_grams, self.style_grams),
            "newly_clipped": newly_clipped(image, self.content),
        }
        return {name: float(value) for name, value in values.items()}

    @torch.no_grad()
    def _grams(self, photo: Tensor) -> dict[str, Gram]:
        photo = photo.to(self.backbone.normalize.mean.device)
        grams = {layer: gram(features) for layer, features in self.backbone.walk(photo, STYLE_LAYERS)}
        # On the CPU, so that the backbone may move between two calls.
        return {layer: Gram(products.cpu(), positions) for layer, (products, positions) in grams.items()}


def _edges(photo: Tensor) -> Tensor:
    """Return the Sobel gradient magnitude of the luma, ``(1, 1, H - 2, W - 2)``."""
    x = luma(full_precision(photo))
    smooth, differ = x.new_tensor([1, 2, 1]), x.new_tensor([-1, 0, 1])
    # Over 4, the sum of the smoothing: a vertical or horizontal edge from black to white has magnitude 1.
    across = torch.outer(smooth, differ) / 4
    return F.conv2d(x, torch.stack([across, across.T]).unsqueeze(1)).square().sum(dim=1, keepdim=True).sqrt()


def _squared_wasserstein(p: Tensor, q: Tensor) -> Tensor:
    """Return the squared Wasserstein-2 distance between two lists of numbers: sorted, one is moved onto the other."""
    shorter, longer = sorted(map(_ascending, (p, q)), key=len)
    quantiles = F.interpolate(longer.view(1, 1, -1), len(shorter), mode="linear", align_corners=True).flatten()
    return (shorter - quantiles).square().mean()


def _ascending(values: Tensor) -> Tensor:
    # NumPy's sort is vectorised, and so several times as fast as torch's on a CPU.
    return torch.from_numpy(np.sort(values.numpy())) if values.device.type == "cpu" else values.sort().values


def _clipped(photo: Tensor) -> Tensor:
    """Return which samples are 0 or 255 once rounded to 8 bits."""
    half = 0.5 / 255
    return (full_precision(photo) < half) | (full_precision(photo) > 1 - half)
