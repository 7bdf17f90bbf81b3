"""Metrics of a result: photographic quality, structure, colour and style.

Photos are ``(1, 3, H, W)``, sRGB in [0, 1]. Every metric is a scalar, computed in at least float32. ``drift``,
``lost``, ``blown`` and ``semantic`` first scale the photos, up or down, to a short side of ``SIDE`` pixels, so that
runs of any size can be compared. The others compare photos at their given size.
"""

from verism.metrics.by_region import semantic
from verism.metrics.clipping import Clipped, newly_at_limits, newly_clipped, pure_colors, where_newly_clipped
from verism.metrics.color_difference import ciede2000, color_differences
from verism.metrics.color_drift import drift
from verism.metrics.common_size import SIDE, at_side
from verism.metrics.detail import CONTRAST, TEXTURED, blown, lost
from verism.metrics.distribution import color_distance, sliced_wasserstein
from verism.metrics.fidelity import psnr, sobel_ssim, structure
from verism.metrics.in_regions import SMALLEST_REGION
from verism.metrics.measure import NAMES, TOLD, Measure
from verism.metrics.style import STYLE_LAYERS, style_distance

__all__ = [
    "CONTRAST",
    "NAMES",
    "SIDE",
    "SMALLEST_REGION",
    "STYLE_LAYERS",
    "TEXTURED",
    "TOLD",
    "Clipped",
    "Measure",
    "at_side",
    "blown",
    "ciede2000",
    "color_differences",
    "color_distance",
    "drift",
    "lost",
    "newly_at_limits",
    "newly_clipped",
    "psnr",
    "pure_colors",
    "semantic",
    "sliced_wasserstein",
    "sobel_ssim",
    "structure",
    "style_distance",
    "where_newly_clipped",
]
