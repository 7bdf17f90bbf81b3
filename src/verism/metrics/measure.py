"""Computes all metrics of a result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism.backbone import VGG
from verism.errors import VerismError
from verism.losses.gram import Gram, gram
from verism.losses.term import full_precision
from verism.metrics.clipping import newly_clipped, pure_colors
from verism.metrics.color_difference import ciede2000
from verism.metrics.color_drift import Drift
from verism.metrics.detail import Contrast
from verism.metrics.distribution import hue_distance, share_left, sliced_wasserstein
from verism.metrics.fidelity import psnr, sobel_ssim, structure
from verism.metrics.style import STYLE_LAYERS, style_distance
from verism.photo_file.transparency import VISIBLE
from verism.regions.masks import resize
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
    "pure_colors",  # 0: none; not a fault by itself
)
"""The metrics that ``Measure`` returns, with the direction in which they improve. Those that agree best with human
judgement come first."""

TOLD = (
    "drift",
    "lost",
    "blown",
    "newly_clipped",
    "structure",
    "color_distance",
    "ciede2000",
    "pure_colors",
)
"""The metrics that ``verism.verdict`` puts into words."""


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
        stays: Tensor | None = None,
    ) -> None:
        """Compute whatever all measurements share from the two photos.

        Args:
            content: the content photo, ``(1, 3, H, W)``, sRGB in [0, 1], of the results' size.
            style: the style photo, ``(1, 3, H', W')``, sRGB in [0, 1], of any size.
            backbone: the network for ``style_distance``, which is computed on the network's device. ReLU and max
                pooling are used whatever its options, so that runs with other activations and poolings are comparable.
            masks: the content photo's regions, as in ``drift``.
            original: the content photo at the size at which results are rendered, if that is larger than the size of
                the fit. ``drift``, ``lost`` and ``blown`` compare it with the rendered result. None for ``content``.
            opacity: opacity of the style photo, ``(1, 1, H', W')`` in [0, 1]. Transparent pixels are left out of
                ``sliced_wasserstein`` and ``style_distance``. None if it is opaque.
            names: which of ``NAMES`` to measure. Without ``style_distance``, which takes about half of the time, the
                backbone is not used.
            stays: where the content photo is to stay as it is, ``(1, 1, h, w)`` bool, with its aspect ratio. It is left
                out of ``ciede2000`` and ``color_distance``, and without masks, it is a region of its own for ``drift``.
                None if nothing is to stay.
        """
        self.names = names
        self.content, style = (full_precision(photo.detach()) for photo in (content, style))
        self.style = where_opaque(style, opacity)
        original = self.content if original is None else original
        self._stays = None if stays is None else resize(stays, self.content.shape[-2:]).to(self.content.device)
        self._drift, self._contrast = Drift(original, stays if masks is None else masks), Contrast(original)
        self.backbone = backbone.as_published()
        if "style_distance" in names:
            self.content_grams, self.style_grams = self._grams(self.content), self._grams(style, opacity)
        self.content_distance = hue_distance(self._graded(self.content), self.style)

    @torch.no_grad()
    def __call__(self, image: Tensor, rendered: Tensor | None = None) -> dict[str, float]:
        """Return the value of each of ``names``.

        Args:
            image: the result, of the content photo's shape, clamped to [0, 1] as when it is written.
            rendered: the result at the size at which it was rendered, with the aspect ratio of ``original``. None for
                ``image``.

        Raises:
            VerismError: if the image has a different shape.
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
            "color_distance": lambda: share_left(hue_distance(self._graded(image), self.style), self.content_distance),
            "ciede2000": lambda: ciede2000(self._graded(image), self._graded(self.content)),
            "style_distance": lambda: style_distance(self._grams(image), self.content_grams, self.style_grams),
            "pure_colors": lambda: pure_colors(image, self.content),
        }
        figures = {}
        for name in self.names:
            may_stop()
            figures[name] = float(values[name]())
        return figures

    @torch.no_grad()
    def drift(self, rendered: Tensor) -> float:
        """Return the drift of a result at the size at which it was rendered, with the aspect ratio of ``original``."""
        return float(self._drift(rendered))

    def _graded(self, photo: Tensor) -> Tensor:
        """Return the pixels of a photo that are not to stay as they are, ``(1, 3, H, W)`` or ``(1, 3, 1, n)``."""
        return photo if self._stays is None else photo.flatten(2)[..., ~self._stays.flatten()].unsqueeze(2)

    @torch.no_grad()
    def _grams(self, photo: Tensor, opacity: Tensor | None = None) -> dict[str, Gram]:
        photo = photo.to(self.backbone.normalize.mean.device)
        walk = self.backbone.walk(photo, STYLE_LAYERS)
        grams = {layer: gram(where_opaque(features, opacity)) for layer, features in walk}
        # On the CPU, because the backbone may be on another device at the next call.
        return {layer: Gram(products.cpu(), positions) for layer, (products, positions) in grams.items()}


def where_opaque(values: Tensor, opacity: Tensor | None) -> Tensor:
    """Select the opaque positions of values ``(1, d, h, w)`` as ``(1, d, 1, n)``. Unchanged without an opacity."""
    if opacity is None:
        return values
    share = F.interpolate(opacity.to(values), values.shape[-2:], mode="area").flatten()
    # A thin shape may cover no position of a deep layer by half. Then the positions that it covers most are used.
    shown = share > min(VISIBLE, 0.99 * float(share.max()))
    return values.flatten(2)[..., shown].unsqueeze(2)
