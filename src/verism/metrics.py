"""Metrics of a result: whether it still looks like a photograph, its structure, its colours and its style.

Photos are ``(1, 3, H, W)``, sRGB in [0, 1]. Every metric is a scalar, computed in at least float32. ``drift``,
``lost``, ``blown`` and ``semantic`` first scale the photos, up or down, to a short side of ``SIDE`` pixels, so that
runs of any size can be compared; the others compare photos at the size at which they are given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import NamedTuple, cast

import numpy as np
import torch
from skimage.color import deltaE_ciede2000
from torch import Tensor
from torch.nn import functional as F  # noqa: N812
from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure

from verism import images
from verism.backbone import VGG
from verism.color.cielab import cielab
from verism.color.spaces import Oklab
from verism.errors import VerismError
from verism.images import luma
from verism.losses.gram import Gram, gram, mean_distance
from verism.losses.sliced_wasserstein import random_directions
from verism.losses.term import full_precision
from verism.photo_file.transparency import VISIBLE
from verism.regions import masks as region_masks
from verism.regions.regions import Regions
from verism.stopping import may_stop

NAMES = (
    "drift",  # ↓ to 0, ΔE
    "lost",  # ↓ to 0
    "blown",  # ↓ to 0
    "newly_clipped",  # ↓ to 0
    "structure",  # ↑ to 1
    "sobel_ssim",  # ↑ to 1
    "psnr",  # ↑ dB
    "sliced_wasserstein",  # ↓ to 0
    "color_distance",  # ↓ to 0; the content photo has 1
    "ciede2000",  # ↓ to 0, ΔE
    "style_distance",  # ↓ to 0; the content photo has 1
)
"""The metrics that ``Measure`` returns, with the direction in which they improve; those that agree best with the eye
come first."""

TOLD = (
    "drift",
    "lost",
    "blown",
    "newly_clipped",
    "structure",
    "color_distance",
    "ciede2000",
)
"""The metrics that ``verism.verdict`` puts into words."""

SIDE = 320
"""Short side in pixels at which ``drift``, ``lost``, ``blown`` and ``semantic`` are measured, whatever the photo's."""

LARGEST = 2**20
"""Number of pixels above which they are measured at a shorter side: it bounds time and memory for a panorama."""

SMALLEST_REGION = 0.02
"""Share of a photo below which ``drift`` and ``semantic`` leave a region out: figures from so few pixels are noisy."""

HALF_TURN = 16
"""Number of directions of hue along which ``color_distance`` compares photos: every 11 degrees."""

ALIKE = 0.002
"""Distance between the hues and chroma of two photos, in Oklab, at which nobody sees a difference: a tenth of a just
noticeable one."""

NEAR_LIMIT = 0.1
"""Largest distance of any channel of a highlight from white, and of a shadow from black."""

TEXTURED = 0.015
"""Local standard deviation of luma above which the content photo has detail to lose: about 4 levels of 8 bits."""

CONTRAST = (0.4, 2.5)
"""Ratio of a result's local contrast to the content photo's below which detail is ``lost``, and above which it is
``blown`` up."""

HALF_LEVEL = 0.5 / 255
"""Distance from 0 and 1 within which a sample is rounded to them at 8 bits."""

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
"""Layers of ``style_distance``: those of Gatys et al. 2016, "Image Style Transfer Using Convolutional Neural
Networks"."""


def drift(image: Tensor, content: Tensor, masks: Tensor | None = None) -> Tensor:
    """Return how much the colours of a result vary from place to place beyond what the content photo's colours explain.

    ``sqrt(Σ_k Σ_x m_k ‖y - T_k(c)‖² / Σ_k Σ_x m_k)``: at the position x, y is the result in CIELAB (D65), c the content
    photo in RGB and m_k the weight of region k; y and c are blurred by a Gaussian with σ = ``SIDE`` / 60 pixels, so
    that detail does not count. ``T_k`` is the best smooth function of the content photo's colour in region k: a
    polynomial of degree two in r, g and b, whose ten coefficients for each of L, a and b are found by weighted least
    squares with a ridge of 1e-4 per position, ``(Σ_x m_k t tᵀ + 1e-4 Σ_x m_k I)⁻¹ Σ_x m_k t yᵀ`` with
    ``t = (1, r, g, b, r², g², b², rg, rb, gb)``.

    Args:
        image: the result.
        content: the content photo, of the result's shape.
        masks: the regions, ``(1, K, h, w)`` bool, or weights in [0, 1] for soft ones, which may overlap; of the content
            photo's aspect ratio, at any size. The pixels that are in none of them are one more region. Regions below
            ``SMALLEST_REGION`` are left out. None: the whole photo is one region.

    Returns:
        ΔE76, at least 0: the root mean square deviation from T. If half of a grey photo is tinted, it is half of the
        difference between the halves. Because CIELAB is not quite a polynomial of RGB, it is above 0 even for edits
        that are the same everywhere: among 20 photographs, 0.3 to 2 for the unchanged photo and up to 4 for strong
        curves and tints. A gradient from the top of a sky to its bottom, as at dusk, gives up to 6; above 7, drift is
        plain to see.
    """
    return _Drift(content, masks)(image)


def lost(image: Tensor, content: Tensor) -> Tensor:
    """Return the share of the content photo's detail that has gone flat, such as snow that is now an even orange.

    The contrast at a position is the standard deviation of luma l around it, ``sqrt(G(l²) - G(l)²)``, under a Gaussian
    window G with σ = 2 pixels at a short side of ``SIDE``. Positions where the content photo's is above ``TEXTURED``
    are textured; detail is lost where the result's is below ``CONTRAST[0]`` times the content photo's.

    Args:
        image: the result.
        content: the content photo, of the result's aspect ratio.

    Returns:
        Share of the textured positions, in [0, 1]: 0 if all have kept their detail, or if there are none.
    """
    return _Contrast(content)(image)[0]


def blown(image: Tensor, content: Tensor) -> Tensor:
    """Return the share of the content photo's detail whose contrast was blown up, such as amplified noise.

    As ``lost``, but counts positions where the result's contrast is above ``CONTRAST[1]`` times the content photo's.

    Args:
        image: the result.
        content: the content photo, of the result's aspect ratio.

    Returns:
        Share of the textured positions, in [0, 1]: 0 if contrast is nowhere that much higher, or if there are none.
    """
    return _Contrast(content)(image)[1]


def semantic(image: Tensor, style: Tensor, known: Regions) -> Tensor:
    """Return how far the colours of each region are from those of its counterpart in the style photo.

    The mean over regions k, weighted by their number of positions in the result, of the sliced Wasserstein-2 distance
    (``sliced_wasserstein``) between region k of the result and region k of the style photo. It is a fair measure only
    of a method that was not given the same regions.

    Args:
        image: the result.
        style: the style photo, of any size.
        known: the regions of the content photo and of the style photo, hard, at any size. Those that cover less than
            ``SMALLEST_REGION`` of either photo are left out.

    Returns:
        In units of RGB: 0 if every region has the colours of its counterpart; nan if there is no region to compare.
    """
    sides = [(at_side(photo), masks) for photo, masks in ((image, known.content), (style, known.style))]
    pixels = [photo.squeeze(0).flatten(1) for photo, _ in sides]
    inside = [_masks_at(masks, photo.shape[-2:]).bool() for photo, masks in sides]
    axes = random_directions(64, 3, torch.Generator().manual_seed(0))
    total = count = 0.0
    for result, counterpart in zip(*inside, strict=True):
        if min(float(mask.double().mean()) for mask in (result, counterpart)) >= SMALLEST_REGION:
            size = int(result.sum())
            total += size * float(_sliced(pixels[0][:, result], pixels[1][:, counterpart], axes))
            count += size
    return torch.tensor(total / count if count else torch.nan, dtype=torch.float64)


def structure(image: Tensor, content: Tensor) -> Tensor:
    """Return the structure term of SSIM on luma: whether edges are where they were, whatever brightness and contrast.

    ``mean((σ_xy + C) / (σ_x σ_y + C))``, ``C = 0.03² / 2``, under an 11×11 Gaussian window with σ = 1.5, over the
    positions where the window fits into the photo. Wang et al. 2004, "Image Quality Assessment: From Error Visibility
    to Structural Similarity", Eq. 10.

    Args:
        image: the result.
        content: the content photo, of the result's shape.

    Returns:
        In [-1, 1], without unit: 1 for the same structure, negative for an inverted one.
    """
    x, y = (luma(full_precision(photo)) for photo in (image, content))
    # Brightness does not count, but a large mean would make the rounding error of E[x²] − E[x]² exceed the variance.
    x, y = x - x.mean(), y - y.mean()
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

    Unlike ``structure``, it also falls if edges get stronger or weaker.

    Args:
        image: the result.
        content: the content photo, of the result's shape.

    Returns:
        In [-1, 1], without unit: 1 for the same edges.
    """
    # torchmetrics returns a tuple only if the full map is asked for.
    return cast(Tensor, structural_similarity_index_measure(_edges(image), _edges(content), data_range=1.0))


def psnr(image: Tensor, content: Tensor) -> Tensor:
    """Return the peak signal-to-noise ratio ``-10 log10(mean((x - y)²))`` in dB: infinite for the same photo."""
    return peak_signal_noise_ratio(full_precision(image), full_precision(content), data_range=1.0)


def sliced_wasserstein(image: Tensor, style: Tensor, directions: int = 64, seed: int = 0) -> Tensor:
    """Return the sliced Wasserstein-2 distance between the distributions of the two photos' colours.

    ``sqrt(mean_θ mean_t (Q_θx(t) - Q_θs(t))²)``, where ``Q_θ`` are the quantiles of the pixels' RGB projected onto the
    unit vector θ: as many as the smaller photo has pixels, interpolated in the larger one. Bonneel et al. 2015, "Sliced
    and Radon Wasserstein Barycenters of Measures".

    Args:
        image: the result.
        style: the style photo, of any size.
        directions: number of unit vectors θ, drawn uniformly on the sphere.
        seed: seed of the directions; with the same seed, all photos are projected onto the same directions.

    Returns:
        In units of RGB: 0 for the same colours, about 1 between a black photo and a white one.
    """
    x, s = (full_precision(photo).detach().flatten(2).squeeze(0) for photo in (image, style))
    axes = random_directions(directions, 3, torch.Generator().manual_seed(seed), torch.float64)
    return _sliced(x, s, axes)


def color_distance(image: Tensor, content: Tensor, style: Tensor) -> Tensor:
    """Return the remaining distance to the style's hues and chroma, relative to the content photo's own distance.

    ``SW(x, s) / SW(c, s)``, with SW the sliced Wasserstein-2 distance between the distributions of a and b in Oklab
    (``sliced_wasserstein`` has the formula), along ``HALF_TURN`` evenly spaced directions. Lightness is left out. How
    much of a photo is dark depends on what it shows: in RGB, a dark courtyard that has turned as green as the style's
    meadow is no nearer to it. This agrees better with the eye, and better than ``style_distance``, which counts
    textures, too.

    Args:
        image: the result.
        content: the content photo, of any size.
        style: the style photo, of any size.

    Returns:
        At least 0, without unit: 1 for the content photo, 0 for the style's own hues and chroma; nan if the content
        photo's are the style's already (``ALIKE``).
    """
    return _left(_hue_distance(image, style), _hue_distance(content, style))


def ciede2000(image: Tensor, content: Tensor) -> Tensor:
    """Return the mean CIEDE2000 colour difference over pixels (``color_differences``): ΔE, at least 0."""
    return color_differences(image, content).mean()


def color_differences(image: Tensor, content: Tensor) -> Tensor:
    """Return the CIEDE2000 colour difference at each pixel, in CIELAB under D65 (Sharma et al. 2005).

    Args:
        image: the result; clamped to [0, 1].
        content: the content photo, of the result's shape; clamped to [0, 1].

    Returns:
        ``(H, W)`` float64, ΔE00, at least 0: 1 is about just noticeable, black to white is 100.
    """
    x, y = (_lab(photo).squeeze(0).permute(1, 2, 0).numpy() for photo in (image, content))
    return torch.from_numpy(deltaE_ciede2000(x, y))  # type: ignore[no-untyped-call]  # skimage has no types.


def style_distance(image: Mapping[str, Gram], content: Mapping[str, Gram], style: Mapping[str, Gram]) -> Tensor:
    """Return the remaining distance to the style's Gram matrices, relative to the content photo's own distance.

    ``mean_l(‖Ĝ_x - Ĝ_s‖² / ‖Ĝ_c - Ĝ_s‖²)`` with ``Ĝ = G / (d h w)`` the Gram matrix of d channels at h × w positions
    (Gatys et al. 2016, Eq. 3, per position as in Johnson et al. 2016, Eq. 3; d cancels), averaged over
    ``STYLE_LAYERS``.

    Args:
        image: layer name to Gram matrix of the result, at least for ``STYLE_LAYERS``.
        content: the same of the content photo.
        style: the same of the style photo.

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
    """Return the share of pixels that are burnt highlights or crushed shadows in the image, but not in the content.

    Returns:
        Share of all pixels, in [0, 1]: 0 if no detail in shadows or highlights was lost.
    """
    places = where_newly_clipped(image, content)
    return (places.highlights | places.shadows).mean(dtype=torch.float64)


class Clipped(NamedTuple):
    """Where channels of a result have newly reached a limit, 0 or 255 at 8 bits; each ``(H, W)`` bool, without overlap.

    Attributes:
        highlights: nearly white pixels with a channel that is 255 in the result, and was not in the content photo.
        shadows: nearly black pixels with a channel that is 0 in the result, and was not in the content photo.
        colors: other pixels with a channel that has newly reached a limit. They are vivid, and need not lack detail: a
            dark forest in evening light has hardly any blue.
    """

    highlights: Tensor
    shadows: Tensor
    colors: Tensor


def where_newly_clipped(image: Tensor, content: Tensor) -> Clipped:
    """Return the pixels of a result that are newly clipped.

    Args:
        image: the result.
        content: the content photo, of the result's shape.
    """
    white, black = newly_at_limits(image, content)
    image = full_precision(image).squeeze(0)
    highlights = white & (image.amin(dim=0) >= 1 - NEAR_LIMIT)
    shadows = black & (image.amax(dim=0) <= NEAR_LIMIT)
    return Clipped(highlights, shadows, (white | black) & ~highlights & ~shadows)


def newly_at_limits(image: Tensor, content: Tensor) -> tuple[Tensor, Tensor]:
    """Return where a channel is newly 255, and where one is newly 0, at 8 bits; each ``(H, W)`` bool.

    Args:
        image: the result.
        content: the content photo, of the result's shape.
    """
    image, content = (full_precision(photo).squeeze(0) for photo in (image, content))
    white = ((image > 1 - HALF_LEVEL) & (content <= 1 - HALF_LEVEL)).any(dim=0)
    black = ((image < HALF_LEVEL) & (content >= HALF_LEVEL)).any(dim=0)
    return white, black


def at_side(photo: Tensor) -> Tensor:
    """Return a photo at the size at which ``drift``, ``lost``, ``blown`` and ``semantic`` measure it.

    Args:
        photo: ``(1, 3, H, W)``, RGB, of any size, on any device; clamped to [0, 1].

    Returns:
        ``(1, 3, h, w)``, on the CPU, with a short side of ``SIDE`` pixels, or less to have at most ``LARGEST`` pixels.
    """
    long, short = sorted(photo.shape[-2:], reverse=True)
    side = min(SIDE, int((LARGEST * short / long) ** 0.5))
    return images.scale(full_precision(photo).detach().clamp(0, 1), max(side, 1)).cpu()


class Measure:
    """Measures results against the content photo and the style photo that they were made from."""

    def __init__(
        self,
        content: Tensor,
        style: Tensor,
        backbone: VGG,
        masks: Tensor | None = None,
        original: Tensor | None = None,
        opacity: Tensor | None = None,
        names: Sequence[str] = NAMES,
    ) -> None:
        """Compute whatever all measurements share, from the two photos.

        Args:
            content: the content photo, ``(1, 3, H, W)``, sRGB in [0, 1], of the results' size.
            style: the style photo, ``(1, 3, H', W')``, sRGB in [0, 1], of any size.
            backbone: the network of ``style_distance``, which is computed on its device; with ReLU and max pooling in
                any case, so that runs with other activations and poolings can be compared.
            masks: the content photo's regions, as ``drift`` takes them.
            original: the content photo at the size at which results are rendered, if that is larger than the size of
                the fit: ``drift``, ``lost`` and ``blown`` compare it with the rendered result. None: ``content``.
            opacity: the opacity of the style photo, ``(1, 1, H', W')`` in [0, 1]; transparent pixels are left out of
                ``sliced_wasserstein`` and ``style_distance``. None: it is opaque.
            names: which of ``NAMES`` are measured. Without ``style_distance``, which takes about half of the time, the
                backbone is not used.
        """
        self.names = names
        self.content, style = (full_precision(photo.detach()) for photo in (content, style))
        self.style = _shown(style, opacity)
        original = self.content if original is None else original
        self._drift, self._contrast = _Drift(original, masks), _Contrast(original)
        self.backbone = backbone.as_published()
        if "style_distance" in names:
            self.content_grams, self.style_grams = self._grams(self.content), self._grams(style, opacity)
        self.content_distance = _hue_distance(self.content, self.style)

    @torch.no_grad()
    def __call__(self, image: Tensor, rendered: Tensor | None = None) -> dict[str, float]:
        """Return the value of each of ``names``.

        Args:
            image: the result, of the content photo's shape; clamped to [0, 1], as when it is written.
            rendered: the result at the size at which it was rendered, of the aspect ratio of ``original``; None:
                ``image``.

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
        rendered = image if rendered is None else rendered
        contrast = cache(lambda: self._contrast(rendered))
        values: dict[str, Callable[[], Tensor]] = {
            "drift": lambda: self._drift(rendered),
            "lost": lambda: contrast()[0],
            "blown": lambda: contrast()[1],
            "newly_clipped": lambda: newly_clipped(image, self.content),
            "structure": lambda: structure(image, self.content),
            "sobel_ssim": lambda: sobel_ssim(image, self.content),
            "psnr": lambda: psnr(image, self.content),
            "sliced_wasserstein": lambda: sliced_wasserstein(image, self.style),
            "color_distance": lambda: _left(_hue_distance(image, self.style), self.content_distance),
            "ciede2000": lambda: ciede2000(image, self.content),
            "style_distance": lambda: style_distance(self._grams(image), self.content_grams, self.style_grams),
        }
        figures = {}
        for name in self.names:
            may_stop()
            figures[name] = float(values[name]())
        return figures

    @torch.no_grad()
    def _grams(self, photo: Tensor, opacity: Tensor | None = None) -> dict[str, Gram]:
        photo = photo.to(self.backbone.normalize.mean.device)
        walk = self.backbone.walk(photo, STYLE_LAYERS)
        grams = {layer: gram(_shown(features, opacity)) for layer, features in walk}
        # On the CPU, because the backbone may be on another device at the next call.
        return {layer: Gram(products.cpu(), positions) for layer, (products, positions) in grams.items()}


class _Drift:
    """``drift`` for several results of one content photo: what depends on that photo alone is computed once."""

    def __init__(self, content: Tensor, masks: Tensor | None) -> None:
        """Compute the moments of the polynomial's terms in each region."""
        colors = _blurred(at_side(content), SIDE / 60)
        shape = colors.shape[-2:]
        # The terms are nearly collinear: in float32, the normal equations would be right to three digits only.
        red, green, blue = colors.flatten(2).squeeze(0).double()
        products = (red * red, green * green, blue * blue, red * green, red * blue, green * blue)
        self._terms = torch.stack([torch.ones_like(red), red, green, blue, *products])
        self._masks = _large_regions(None if masks is None else _masks_at(masks, shape), red)
        self._moments = torch.stack([(mask * self._terms) @ self._terms.T for mask in self._masks])

    def __call__(self, image: Tensor) -> Tensor:
        """Return the drift of a result."""
        lab = _blurred(_lab(at_side(image)), SIDE / 60).flatten(2).squeeze(0).double()
        sizes = self._masks.sum(dim=1)
        mixed = (self._masks.unsqueeze(1) * lab) @ self._terms.T
        ridge = 1e-4 * sizes.view(-1, 1, 1) * torch.eye(len(self._terms), dtype=torch.float64)
        weights = torch.linalg.solve(self._moments + ridge, mixed.mT).mT
        # Σ ‖y - w t‖² expanded, so that only sums over the positions are needed, and no residual of the photo's size.
        squares = (self._masks @ lab.square().sum(dim=0)).sum()
        rest: Tensor = squares - (weights * (2 * mixed - weights @ self._moments)).sum()
        return (rest.clamp_min(0) / sizes.sum()).sqrt()


class _Contrast:
    """``lost`` and ``blown`` for several results of one content photo, whose own contrast is computed once."""

    def __init__(self, content: Tensor) -> None:
        """Compute the photo's contrast."""
        contrast = _local_contrast(content)
        self._textured = contrast > TEXTURED
        self._before = contrast[self._textured]

    def __call__(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return the shares of the textured positions whose contrast was lost and whose contrast was blown up."""
        if not len(self._before):
            return torch.tensor(0.0), torch.tensor(0.0)
        ratio = _local_contrast(image)[self._textured].to(self._before) / self._before
        low, high = CONTRAST
        return (ratio < low).mean(dtype=torch.float64), (ratio > high).mean(dtype=torch.float64)


def _shown(values: Tensor, opacity: Tensor | None) -> Tensor:
    """Return values ``(1, d, h, w)`` where a photo is opaque, ``(1, d, 1, n)``; all, unchanged, without an opacity."""
    if opacity is None:
        return values
    share = F.interpolate(opacity.to(values), values.shape[-2:], mode="area").flatten()
    # A thin shape may cover no position of a deep layer by half; then the positions that it covers most are taken.
    shown = share > min(VISIBLE, 0.99 * float(share.max()))
    return values.flatten(2)[..., shown].unsqueeze(2)


def _local_contrast(photo: Tensor) -> Tensor:
    """Return the standard deviation of luma around each position, ``(1, 1, h, w)``, at a short side of ``SIDE``."""
    light = luma(at_side(photo))
    mean, mean_square = _blurred(torch.cat([light, light * light], dim=1), sigma=2).split(1, dim=1)
    variance: Tensor = mean_square - mean.square()
    return variance.clamp_min(0).sqrt()


def _masks_at(masks: Tensor, shape: Sequence[int]) -> Tensor:
    """Return masks ``(1, K, h, w)`` at another size, on the CPU: ``(K, N)``; bool if they are bool."""
    masks = masks.detach().cpu()
    if masks.dtype == torch.bool:
        masks = region_masks.resize(masks, shape)
    else:
        masks = F.interpolate(full_precision(masks), list(shape), mode="area")
    return masks.flatten(2).squeeze(0)


def _large_regions(masks: Tensor | None, like: Tensor) -> Tensor:
    """Return the weights ``(K, N)`` of the regions that are large enough; what is in none of them is one more region.

    Args:
        masks: ``(K, N)``, or None for the whole photo.
        like: ``(N,)``, whose data type the weights take.
    """
    whole = torch.ones_like(like).unsqueeze(0)
    if masks is None:
        return whole
    weights = masks.to(like)
    weights = torch.cat([weights, (1 - weights.sum(dim=0, keepdim=True)).clamp_min(0)])
    large = weights[weights.double().mean(dim=1) >= SMALLEST_REGION]
    return large if len(large) else whole


def _lab(photo: Tensor) -> Tensor:
    """Return sRGB, clamped to [0, 1], in CIELAB under D65, on the CPU; both ``(1, 3, H, W)``."""
    pixels = full_precision(photo).clamp(0, 1).squeeze(0).permute(1, 2, 0)
    return cielab(pixels).permute(2, 0, 1).unsqueeze(0)


def _blurred(photo: Tensor, sigma: float) -> Tensor:
    """Blur every channel by a Gaussian, cut off at 3σ; the photo's edges are repeated beyond it."""
    radius, channels = int(3 * sigma), photo.shape[1]
    offsets = torch.arange(-radius, radius + 1, dtype=photo.dtype)
    # A softmax of negative squares: a Gaussian that sums to 1.
    bell = torch.softmax(-offsets.square() / (2 * sigma**2), dim=0).expand(channels, 1, 1, -1)
    for kernel, padding in ((bell, (radius, radius, 0, 0)), (bell.mT, (0, 0, radius, radius))):
        photo = F.conv2d(F.pad(photo, padding, mode="replicate"), kernel, groups=channels)
    return photo


def _edges(photo: Tensor) -> Tensor:
    """Return the Sobel gradient magnitude of the luma, ``(1, 1, H - 2, W - 2)``."""
    x = luma(full_precision(photo))
    smooth, differ = x.new_tensor([1, 2, 1]), x.new_tensor([-1, 0, 1])
    # Divided by 4, the sum of the smoothing: a vertical or horizontal edge from black to white has magnitude 1.
    across = torch.outer(smooth, differ) / 4
    return F.conv2d(x, torch.stack([across, across.T]).unsqueeze(1)).square().sum(dim=1, keepdim=True).sqrt()


def _hue_distance(photo: Tensor, style: Tensor) -> Tensor:
    """Return the distance between the hues and chroma of two photos, in Oklab, as ``color_distance`` compares them."""
    x, s = (Oklab().encode(full_precision(image).detach())[0, 1:].flatten(1) for image in (photo, style))
    angles = torch.arange(HALF_TURN, dtype=torch.float64) * (torch.pi / HALF_TURN)
    return _sliced(x, s, torch.stack([angles.cos(), angles.sin()], dim=1))


def _left(distance: Tensor, before: Tensor) -> Tensor:
    """Return the part of a distance that is left of what it was before; nan if there was none that could be seen."""
    return distance / torch.where(before > ALIKE, before, torch.nan)


def _sliced(x: Tensor, s: Tensor, axes: Tensor) -> Tensor:
    """Return the sliced Wasserstein-2 distance between colours ``(C, N)`` and ``(C, M)`` along ``axes`` ``(n, C)``."""
    # Two directions at a time: the projections onto all of them would be many times the photo. NumPy sorts on one core.
    with ThreadPoolExecutor(2) as pool:
        costs = pool.map(lambda axis: _squared_wasserstein(axis.to(x) @ x, axis.to(s) @ s), axes)
        return torch.stack(list(costs)).mean().sqrt()


def _squared_wasserstein(p: Tensor, q: Tensor) -> Tensor:
    """Return the squared Wasserstein-2 distance between two lists of numbers, from their quantiles."""
    shorter, longer = sorted(map(_ascending, (p, q)), key=len)
    quantiles = F.interpolate(longer.view(1, 1, -1), len(shorter), mode="linear", align_corners=True).flatten()
    return (shorter - quantiles).square().mean()


def _ascending(values: Tensor) -> Tensor:
    # NumPy's sort is vectorised, which makes it several times as fast as torch's on a CPU.
    return torch.from_numpy(np.sort(values.numpy())) if values.device.type == "cpu" else values.sort().values
