"""The closed-form grade of a photo or of a region: a bounded tone curve, saturation and tint."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import normalize

from verism.color import hue_range
from verism.color.paper import white_paper
from verism.color.skin import with_skin
from verism.color.tone_and_chroma import KNOTS, ToneAndChroma, hue_directions, hue_weight
from verism.color.tone_curve import ANCHOR, SLOPES, tone_curve
from verism.color.weighted_colors import WeightedColors

CAREFUL_SLOPES = (0.7, 1.5)
"""Bounds of the slope of a whole photo's tone curve. They are narrower than a region's, because parts of the photo may
have no counterpart in the style, such as a dark otter on a bright rock."""

LIFTED = 0.4
"""Share that is kept of the lift in a whole photo's tone curve. With the full lift, parts without a counterpart in the
style, such as a sky that fills only half as much of the photo, would look hazy."""

REGION_LIFTED = 0.7
"""The same share for a region. Shadows lifted all the way to those of a bright style look washed out."""

DARK = 0.5
"""Oklab lightness below which tones are lifted less the darker they are, so that shadows keep their depth."""

BLACK = 0.01
"""Highest Oklab lightness to which black may be lifted: that of black in a print, which does not look hazy."""

WHITE_LOWERED = 0.05
"""Largest amount of Oklab lightness by which white may be lowered: the sun must not turn grey."""

REGION_ANCHOR = 0.3
"""Weight of a region's white in the fit of its tone curve, instead of ``ANCHOR``, if the style's region has no white. A
white wall may take on the tone of another wall."""

PAPER_ANCHOR = 10_000.0
"""Weight of the photo's white in the fit of a tone curve, instead of ``ANCHOR``, if that white is paper."""

BLOWN = 0.97
"""Oklab lightness from which a colour counts as white in both regions, such as a sun, a lamp or a bright cloud."""

FEW_BLOWN = 0.02
"""Share of a region from which its whites count fully."""

SATURATIONS = (0.5, 1.6)
"""Bounds of the saturation factor. Below them, a photo goes grey; above them, noise and compression artefacts become
visible as colour."""

CAREFUL_SATURATIONS = (0.8, 1.4)
"""Bounds of the saturation factor of a whole photo."""

MONOCHROME = 0.02
"""Root mean square chroma, in Oklab, below which a style counts as partly black and white, even if it is toned."""

NEARLY_GREY = 0.02
"""Chroma, in Oklab, added to chromas before dividing by them, so that nearly grey colours are not amplified into vivid
ones."""

FAINT = 0.005
"""Chroma, in Oklab, of a style's mean colour at which its hue has half its weight. A grey has no hue."""

CHROMA_STEPS = 4
"""Number of fixed-point iterations that match the chroma of the result to the style's."""

CAST = 0.03
"""Chroma, in Oklab, of a colour cast of which half is removed. A weaker cast, up to about that of a warm lamp, is the
colour of the light; a stronger one is the colour of the objects themselves."""

LIGHT = 0.08
"""Chroma, in Oklab, of a style's neutral axis of which half counts as the colour of its light: about that of white at
4000 K in a photo balanced for daylight. Stronger colour belongs to objects: an autumn wood has no greys at all."""

HIGHLIGHT = 0.85
"""Oklab lightness of the result above which a tint fades into the tint of the style's white."""

NO_WHITE = 0.8
"""Oklab lightness up to which a style's lightest colours do not count as white at all."""

LEAST_WEIGHT = 0.3
"""Lower bound of a ``hue_weight`` used as a divisor, so that the shifts of nearly grey hues stay moderate."""

GREYISH = 0.06
"""Chroma, in Oklab, of a region's mean colour at which half of the shift goes to all hues, and half to the hues around
the mean colour's own."""


def whole_photo(content: Tensor, style: Tensor, opacity: Tensor | None = None) -> ToneAndChroma:
    """Return the map, in one row, that gives a whole photo the tones, saturation and neutral axis of the style.

    The photo's neutral colours take on the tint of the style's most nearly neutral colours, as far as that tint may be
    the colour of light, so that neither a blue sky nor orange leaves in the style can colour a face. The tone curve
    lifts tones only in part (``LIFTED``).

    Args:
        content: ``(3, n)``, Oklab.
        style: ``(3, m)``, Oklab.
        opacity: ``(m,)`` in [0, 1], opacity of the style photo. None if it is opaque.
    """
    source = WeightedColors(content, torch.ones_like(content[0]))
    target = WeightedColors(style, torch.ones_like(style[0]) if opacity is None else opacity)
    paper = float(white_paper(content[0]).max())
    curve = _lifting_less(_tone_curve(source, target, CAREFUL_SLOPES, ANCHOR, paper), LIFTED)
    neutral, tint = _neutral_axes(source, target, curve)
    base = _base(source, target, curve, (neutral, _of_light(tint, in_color(target))), CAREFUL_SATURATIONS, paper)

    def with_gain(gain: Tensor) -> ToneAndChroma:
        saturation = base.saturation * gain
        tint = base.tint(saturation)
        return base.map(saturation, tint, _hues_left(saturation) * _guard(tint))

    return _finished(with_gain, base, source, target)


def region(content: Tensor, style: Tensor, content_weights: Tensor, style_weights: Tensor) -> ToneAndChroma:
    """Return the map, in one row, that gives a region the tones, mean colour and chroma of its counterpart.

    Neutral colours take on the tint of the style's neutral axis, as in ``whole_photo``. The remaining difference of the
    mean colours is added to the hues around the region's mean hue, and less to hues further away. The greyer the mean
    colour, the more of the difference goes to all hues alike. Each hue of the result lies between the photo's own hue
    and that of the style's mean colour at the same tone (``verism.color.hue_range``).

    Args:
        content: ``(3, n)``, Oklab, of the whole photo.
        style: ``(3, m)``, Oklab, of the whole photo.
        content_weights: ``(n,)`` in [0, 1], how much of each pixel is in the region.
        style_weights: ``(m,)`` in [0, 1], how much of each pixel is in the region.
    """
    paper = float(white_paper(content[0]).max())
    source, target = WeightedColors(content, content_weights), WeightedColors(style, style_weights)
    curve = _tone_curve(source, target, SLOPES, _anchor_of_white(source, target), paper)
    curve = _lifting_less(curve, REGION_LIFTED)
    # A soft mask contains the edges of neighbouring regions. Where the region itself has hardly any pixels of a
    # lightness, their colours would decide its mean: red rocks would turn the dark parts of a grey sky mauve.
    typical, style_typical = source.typical, target.typical
    base = _base(source, target, curve, _neutral_axes(typical, style_typical, curve), SATURATIONS, paper)
    wanted = style_typical.mean_at(curve.to(target.colors))
    to_all_hues, to_each_hue, own = _mean_shift(typical, wanted, base)
    chroma = source.chroma_at(torch.linspace(0, 1, KNOTS).to(source.colors))

    def with_gain(gain: Tensor) -> ToneAndChroma:
        saturation = base.saturation * gain
        neutral = base.tint(saturation)
        tint = neutral + gain * to_all_hues
        guard = torch.lerp(_guard(tint), _guard(neutral), own)
        hues = gain * to_each_hue + _hues_left(saturation) * guard
        return base.map(saturation, tint, hues + _into_range(saturation, tint, hues, chroma, wanted))

    return _finished(with_gain, base, source, target)


class _Base(NamedTuple):
    """What the maps of a whole photo and of a region have in common.

    Attributes:
        curve: ``(KNOTS,)``, the tone curve.
        saturation: a scalar, the ratio of the spreads of a and b.
        most_gain: largest further factor on the saturation.
        cast: ``(KNOTS, 2)``, a and b of the colour cast to remove from the nearly neutral colours of each tone.
        neutral: ``(KNOTS, 2)``, a and b of the tint that replaces the cast.
        white: ``(2,)``, a and b of the photo's white.
        style_white: ``(2,)``, a and b of the style's white.
    """

    curve: Tensor
    saturation: Tensor
    most_gain: float
    cast: Tensor
    neutral: Tensor
    white: Tensor
    style_white: Tensor

    def tint(self, saturation: Tensor) -> Tensor:
        """Return the shift of a and b at each tone, ``(KNOTS, 2)``, that gives neutral colours the style's tint."""
        return self.neutral - saturation * self.cast

    def map(self, saturation: Tensor, tint: Tensor, hues: Tensor) -> ToneAndChroma:
        """Return the map with the tone curve, a saturation, and shifts of a and b that fade towards white.

        Args:
            saturation: a scalar.
            tint: ``(KNOTS, 2)``, at each tone.
            hues: ``(HUES, KNOTS, 2)``, at each hue and tone.
        """
        # Towards white, the tint fades into that of the style's white, so that blown highlights stay colourless.
        of_white = self.style_white - saturation * self.white
        kept = ((1 - self.curve.to(tint)) / (1 - HIGHLIGHT)).clamp(0, 1).unsqueeze(1)
        tint, hues = torch.lerp(of_white.expand_as(tint), tint, kept), hues * kept
        matrix = torch.diag(torch.stack([torch.zeros_like(saturation), saturation, saturation]))
        tones = torch.cat([self.curve.to(tint).unsqueeze(1), tint], dim=1)
        return ToneAndChroma(matrix.unsqueeze(0), tones.unsqueeze(0), hues.unsqueeze(0))


def _base(
    source: WeightedColors,
    target: WeightedColors,
    curve: Tensor,
    axes: tuple[Tensor, Tensor],
    bounds: tuple[float, float],
    paper: float,
) -> _Base:
    """Return what both maps have in common.

    Args:
        source: the content photo.
        target: the style photo.
        curve: ``(KNOTS,)``, the tone curve.
        axes: the nearly neutral colours of both photos at each tone, ``(KNOTS, 2)`` each, from ``_neutral_axes``.
        bounds: bounds of the saturation.
        paper: in [0, 1], how certain it is that the photo's white is paper, which takes on no tint.
    """
    saturation, most_gain = _saturation(source, target, bounds)
    whites = [(1 - paper) * white for white in _whites(source.highlights, target.highlights)]
    return _Base(curve, saturation, most_gain, _cast(*axes), axes[1], *whites)


def _tone_curve(
    source: WeightedColors,
    target: WeightedColors,
    slopes: tuple[float, float],
    anchor: float,
    paper: float,
) -> Tensor:
    """Return the tone curve, ``(KNOTS,)``, which moves black and white only slightly towards those of the style.

    Args:
        source: the content photo.
        target: the style photo.
        slopes: lower and upper bound of the slope.
        anchor: weight of the photo's white.
        paper: in [0, 1], how certain it is that the photo's white is paper, which stays white.
    """
    (black, white), (style_black, style_white) = source.lightness_range, target.lightness_range
    lowered = (1 - paper) * min(max(white - style_white, 0), WHITE_LOWERED)
    ends = min(max(style_black - black, 0), BLACK), 1 - lowered
    anchors = ANCHOR, anchor + paper * (PAPER_ANCHOR - anchor)
    return tone_curve(source.colors[0], source.weights, target.colors[0], target.weights, ends, slopes, anchors)


def _anchor_of_white(source: WeightedColors, target: WeightedColors) -> float:
    """Return the weight of a region's white in the fit of its tone curve. It grows with the white in the style."""
    white, style_white = source.share_from(BLOWN), target.share_from(BLOWN)
    return REGION_ANCHOR + (ANCHOR - REGION_ANCHOR) * min(white, style_white) / max(white, FEW_BLOWN)


def _lifting_less(curve: Tensor, share: float) -> Tensor:
    """Return a tone curve ``(KNOTS,)`` that lifts tones only by a share, and shadows by less."""
    knots = torch.linspace(0, 1, KNOTS).to(curve)
    shares = share * (knots / DARK).clamp_max(1)
    return knots + torch.where(curve > knots, shares, 1) * (curve - knots)


def _saturation(source: WeightedColors, target: WeightedColors, bounds: tuple[float, float]) -> tuple[Tensor, float]:
    """Return the ratio of the spreads of a and b, within bounds, and the factor between it and the upper bound."""
    # A black-and-white style removes all colour, even if that is below the lower bound.
    kept = in_color(target)
    grey = NEARLY_GREY * kept
    saturation = ((target.spread + grey) / (source.spread + grey)).clamp(bounds[0] * float(kept), bounds[1])
    return saturation, bounds[1] / float(saturation)


def in_color(target: WeightedColors) -> Tensor:
    """Return how far the opaque part of the style is from black and white, a scalar from 0.001 to 1."""
    visible = target._replace(weights=(target.weights > 0).to(target.colors))
    return (visible.rms_chroma / MONOCHROME).clamp(1e-3, 1)


def _neutral_axes(source: WeightedColors, target: WeightedColors, curve: Tensor) -> tuple[Tensor, Tensor]:
    """Return the nearly neutral colours of the photo and of the style at each tone: a and b, ``(KNOTS, 2)`` each.

    Args:
        source: the content photo.
        target: the style photo.
        curve: ``(KNOTS,)``, the tone curve; tints are compared at the same lightness of the result.
    """
    knots = torch.linspace(0, 1, KNOTS).to(source.colors)
    return source.neutral_at(knots), target.neutral_at(curve.to(target.colors))


def _of_light(tint: Tensor, color: Tensor) -> Tensor:
    """Return the part of a style's neutral axis that is the colour of its light: a and b, ``(n, 2)``, as given.

    ``t / (1 + (|t| / LIGHT)⁴)``: almost all of t if it is weak, and almost nothing if it is strong. If the style has no
    other colours, all of t is the tone of a print.

    Args:
        tint: ``(n, 2)``, at each tone.
        color: a scalar in [0, 1], how far from black and white the style is.
    """
    share = 1 / (1 + (tint.norm(dim=1, keepdim=True) / LIGHT) ** 4)
    return torch.lerp(torch.ones_like(share), share, color) * tint


def _cast(neutral: Tensor, tint: Tensor) -> Tensor:
    """Return the part of nearly neutral colours that is a colour cast: a and b, ``(n, 2)``, like the arguments.

    A photo that is colourful even where it is most nearly neutral has no cast: it shows green grass or evening light,
    which should stay. The part of it that the tint shares counts as a cast anyway, so that it is not applied twice.
    """
    squared = neutral.square().sum(dim=1, keepdim=True).clamp_min(1e-9)
    same = ((tint * neutral).sum(dim=1, keepdim=True) / squared).clamp(0, 1)
    return neutral * torch.lerp(1 / (1 + squared / CAST**2), torch.ones_like(squared), same)


def _whites(source: tuple[float, Tensor], target: tuple[float, Tensor]) -> tuple[Tensor, Tensor]:
    """Return a and b of the cast of the photo's white and of the style's white, ``(2,)`` each, from ``highlights``.

    Both fade to 0 as the style's lightest colours become too dark to be white.
    """
    is_white = min(max((target[0] - NO_WHITE) / (1 - NO_WHITE), 0), 1)
    cast = _cast(source[1].unsqueeze(0), target[1].unsqueeze(0)).squeeze(0)
    return cast * is_white, target[1] * is_white


def _mean_shift(source: WeightedColors, wanted: Tensor, base: _Base) -> tuple[Tensor, Tensor, Tensor]:
    """Return the shifts of a and b that make the mean colour of each tone the style's.

    Args:
        source: the content photo.
        wanted: ``(KNOTS, 2)``, the style's mean colour at each tone of the result.
        base: the parts that the shifts are added to.

    Returns:
        The shift of all hues, ``(KNOTS, 2)``; the shift of each hue, ``(HUES, KNOTS, 2)``; and how strongly each hue
        belongs to the region, ``(HUES, KNOTS, 1)`` in [0, 1]: 0 where the mean colour is grey.
    """
    knots = torch.linspace(0, 1, KNOTS).to(source.colors)
    mean = source.mean_at(knots)
    chroma = mean.norm(dim=1, keepdim=True)
    hue = mean / chroma.clamp_min(1e-6)
    nearness = (hue_directions(source.colors) @ hue.T).clamp_min(0).unsqueeze(2)
    neutral = base.tint(base.saturation)
    lacking = wanted - base.saturation * mean - neutral
    lacking = lacking + _hues_left(base.saturation) * hue_weight(chroma) * _turning_part(neutral, hue)
    # Hues are only shifted towards the style's colour, not away from the region's own: among green leaves that turn
    # orange, grey trunks become brown rather than mauve.
    amount = wanted.norm(dim=1, keepdim=True)
    direction, is_hue = wanted / amount.clamp_min(1e-6), amount / (amount + FAINT)
    own = chroma.square() / (chroma.square() + GREYISH**2)
    to_all_hues = (1 - own) * (lacking * direction).sum(dim=1, keepdim=True).clamp_min(0) * is_hue * direction
    to_each_hue = nearness * (lacking - to_all_hues) / hue_weight(chroma).clamp_min(LEAST_WEIGHT)
    return to_all_hues, to_each_hue, own * nearness


def _into_range(saturation: Tensor, tint: Tensor, hues: Tensor, chroma: Tensor, wanted: Tensor) -> Tensor:
    """Return what to add to the shifts of each hue, ``(HUES, KNOTS, 2)``, to keep graded hues within their range.

    Args:
        saturation: a scalar.
        tint: ``(KNOTS, 2)``, at each tone.
        hues: ``(HUES, KNOTS, 2)``, the shifts so far.
        chroma: ``(HUES, KNOTS)``, chroma of the photo's colours of each hue and tone.
        wanted: ``(KNOTS, 2)``, the style's mean colour at each tone of the result.
    """
    own = hue_directions(tint).unsqueeze(1).expand_as(hues)
    chroma = chroma.unsqueeze(2)
    weight = hue_weight(chroma)
    graded = saturation * chroma * own + tint + weight * hues
    kept = hue_range.between(graded, own, normalize(wanted, dim=1).expand_as(hues))
    return (kept - graded) / weight.clamp_min(LEAST_WEIGHT)


def _guard(tint: Tensor) -> Tensor:
    """Return shifts of each hue, ``(HUES, KNOTS, 2)``, that keep a tint ``(KNOTS, 2)`` from turning opposite hues.

    Under a warm tint, a blue sky should turn grey rather than mauve.
    """
    return torch.stack([-_turning_part(tint, hue.expand_as(tint)) for hue in hue_directions(tint)])


def _turning_part(tint: Tensor, hues: Tensor) -> Tensor:
    """Return the part of a tint ``(n, 2)`` that is perpendicular to hues, times how opposite the two are, ``(n, 2)``.

    Args:
        tint: ``(n, 2)``, a and b.
        hues: ``(n, 2)``, unit vectors.
    """
    along = (tint * hues).sum(dim=1, keepdim=True)
    opposite = (-along / tint.norm(dim=1, keepdim=True).clamp_min(1e-6)).clamp_min(0)
    turning: Tensor = opposite * (tint - along * hues)
    return turning


def _hues_left(saturation: Tensor) -> Tensor:
    """Return how much hue a saturation leaves for a tint to turn, in [0, 1]: none in black and white."""
    return (saturation / SATURATIONS[0]).clamp_max(1)


def _finished(
    with_gain: Callable[[Tensor], ToneAndChroma], base: _Base, source: WeightedColors, target: WeightedColors
) -> ToneAndChroma:
    """Return the map that gives the result as much chroma as the style has, and keeps the colour of skin.

    Matching the spread around the mean colour alone gives too little chroma, because the mean of several colours is
    greyer than each of them. So the saturation is multiplied by a gain from 1 to ``base.most_gain``.

    Args:
        with_gain: returns the map for a given gain.
        base: supplies the largest gain.
        source: the content photo.
        target: the style photo.
    """
    # A quarter of the pixels is enough for these means.
    some, wanted = source.every(4), target.every(4).rms_chroma
    gain = torch.ones_like(wanted)
    for _ in range(CHROMA_STEPS):
        got = some._replace(colors=with_gain(gain)(some.colors)[0]).rms_chroma
        gain = (gain * (wanted + NEARLY_GREY) / (got + NEARLY_GREY)).clamp(1, base.most_gain)
    return with_skin(with_gain(gain), in_color(target))
