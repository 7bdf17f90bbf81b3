"""A retoucher's grade in closed form: a tone curve, a saturation and a tint, each bounded as a photograph asks for."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism.color.monge_kantorovich import monge_kantorovich
from verism.color.spaces import chroma_of

KNOTS = 17
"""Of a tone curve, evenly from black to white."""

QUANTILES = 65
"""Of lightness that a tone curve is fitted to."""

SLOPES = (0.5, 1.8)
"""Of a tone curve: below, texture goes flat; above, noise comes up."""

CAREFUL_SLOPES = (0.7, 1.5)
"""The same for a whole photo, whose parts may have no counterpart in the style: a dark otter on a bright rock."""

LIFTED = 0.5
"""How much of it a whole photo gets, where its tones would be lifted: more light on what it is not known to be of, such
as a photo that has no more than half of its style's sky, is a veil."""

SATURATIONS = (0.5, 1.6)
"""Factors of the chroma: below, a photo goes grey; above, its noise and its compression show as colour."""

CAREFUL_SATURATIONS = (0.8, 1.4)
"""The same for a whole photo."""

MONOCHROME = 0.02
"""Root mean square chroma, in Oklab, below which a style is on its way to black and white, toned or not."""

VIVIDNESS_STEPS = 4
"""Of the fixed-point iteration that finds how vivid a map has to be."""

RIDGE = 0.02
"""Weight of a tone curve's slope of 1 against its squared error: it decides where the photo has few pixels."""

BLACK = 0.03
"""Oklab lightness up to which the photo's black may be lifted: a print's black, which is no veil yet."""

WHITE_LOWERED = 0.05
"""Oklab lightness by which the photo's white may be lowered: a sun that is grey is none."""

ANCHOR = 4.0
"""Weight of where black and white should go, against the mean squared error of the quantiles."""

REGION_ANCHOR = 0.3
"""The same of a region's white: a lamp stays white, and a white wall may take on the tone of another wall."""

CAST = 0.03
"""Chroma, in Oklab, of a cast that is taken for half of one: up to a warm lamp; more is the colour of things."""

HIGHLIGHT = 0.85
"""Oklab lightness of the result from which on a tint fades, to that of the style's white."""

NO_WHITE = 0.8
"""Oklab lightness up to which the lightest of a style is no white at all."""

NOISE = 0.02
"""Standard deviation, in Oklab, of what is noise to the linear map."""

DOUBT = 0.03
"""Difference, in Oklab, of a region's own map from the whole photo's that may be chance: about 3 ΔE."""

HELD = 0.5
"""How far a region of another photo goes from the look of a series to its own map: how wrong either is for it is not
known, and the mean of the two has no more than half of either's error."""

HUES = 12
"""Of the shifts that depend on the hue, evenly around the circle."""

COLORFUL = 0.05
"""Chroma, in Oklab, at which a colour takes on 63 percent of its hue's shift."""

GREYISH = 0.06
"""Chroma, in Oklab, of a region's mean colour at which half of its shift goes to all hues, and half to its own."""

SKIN = (48.0, 0.07)
"""Hue, in degrees, and chroma, in Oklab, of skin: lighter and darker skin differ by lightness more than by these."""

SKIN_KEPT = 0.75
"""Least share of its chroma that skin keeps: pale is a look, grey is a fault."""

SKIN_HUES = (20.0, 60.0)
"""Distance from the hue of skin, in degrees, up to which a hue counts as skin, and from which on it does not."""

BANDWIDTH = 0.1
"""Standard deviation, in lightness, of the tones whose colours are averaged at a knot."""

FEW = 0.1
"""Share of the pixels from which on a knot's own mean colour counts for more than that of all tones."""


class ToneAndChroma(NamedTuple):
    """Maps of Oklab colours, one in each row: ``c' = matrix · c + tones(L) + g(C) · hues(h, L)``.

    A tone curve is the lightness of the tones, a tint that depends on the tone (split toning) their a and b, a
    saturation the matrix's diagonal. What is added to a and b at a hue h counts for ``g(C) = 1 − exp(−C / COLORFUL)``,
    so that green leaves can turn orange on a grey trunk. Tones and hues are linear between their knots. Maps are linear
    in their parts: the mean of two maps is the map of the means.

    Attributes:
        matrix: ``(R, 3, 3)``.
        tones: ``(R, KNOTS, 3)``, at lightnesses evenly from 0 to 1.
        hues: ``(R, HUES, KNOTS, 2)``, at hue angles evenly from 0 to 2π, and at the same lightnesses.
    """

    matrix: Tensor
    tones: Tensor
    hues: Tensor

    def __call__(self, colors: Tensor) -> Tensor:
        """Map Oklab ``(3, …)``; returns ``(R, 3, …)``, one image a map."""
        points = colors.flatten(1)
        tones, hues = self._looked_up(points)
        result = torch.einsum("roi,in->ron", self.matrix, points)
        result += tones.permute(1, 2, 0)
        result[:, 1:] += hues.permute(1, 2, 0)
        return result.view(-1, *colors.shape)

    def mixed(self, colors: Tensor, shares: Tensor) -> Tensor:
        """Map Oklab ``(3, …)``; returns the mean of the maps, of the same shape, weighted by ``shares`` ``(R, …)``."""
        points, weights = colors.flatten(1), shares.flatten(1)
        tones, hues = (torch.einsum("nrc,rn->cn", values, weights) for values in self._looked_up(points))
        matrices = torch.einsum("roi,rn->oin", self.matrix, weights)
        result = tones + torch.einsum("oin,in->on", matrices, points)
        result[1:] += hues
        return result.view_as(colors)

    def _looked_up(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the tables say of colours ``(3, n)``: tones ``(n, R, 3)``, and shifts by hue ``(n, R, 2)``."""
        tone, to_the_next = _between_knots(points[0].clamp(0, 1) * (KNOTS - 1), KNOTS - 2)
        hue, of_the_next = _between_knots(torch.atan2(points[2], points[1]) / (2 * math.pi) % 1 * HUES, HUES - 1)
        around = [(hue + more) % HUES * KNOTS + tone for more in (0, 1)]
        count = _colorful(chroma_of(points))
        counts = [count * (1 - of_the_next), count * of_the_next]
        tones, hues = self.tones.transpose(0, 1), self.hues.permute(1, 2, 0, 3).flatten(0, 1)
        return (
            _interpolated(tones, [tone], [torch.ones_like(count)], to_the_next),
            _interpolated(hues, around, counts, to_the_next),
        )

    def towards(self, other: ToneAndChroma, share: float) -> ToneAndChroma:
        """Return the map that is such a share, from 0 to 1, of the way to another."""
        return ToneAndChroma(*(torch.lerp(a, b, share) for a, b in zip(self, other, strict=True)))


def identity() -> ToneAndChroma:
    """Return the map that changes nothing, in one row."""
    return ToneAndChroma(torch.eye(3).unsqueeze(0), torch.zeros(1, KNOTS, 3), torch.zeros(1, HUES, KNOTS, 2))


def whole_photo(content: Tensor, style: Tensor, weights: tuple[Tensor, Tensor] | None = None) -> ToneAndChroma:
    """Return the map for a whole photo: the style's tones, its saturation, and its neutral axis.

    What is neutral in the photo takes the tint of what is most nearly neutral in the style, so that a blue sky in the
    style is no reason for a blue face. Black is lifted half as far as the style's is, but not much, and white lowered.

    Args:
        content: ``(3, n)``, Oklab.
        style: ``(3, m)``, Oklab.
        weights: how much each colour counts, ``(n,)`` and ``(m,)``; the same for all if None.
    """
    ours, theirs = weights or (torch.ones_like(colors[0]) for colors in (content, style))
    ends = _wanted_ends(content, style, ours, theirs)
    knots = torch.linspace(0, 1, KNOTS)
    change = tone_curve(content[0], ours, style[0], theirs, ends, CAREFUL_SLOPES) - knots
    curve = knots + torch.where(change > 0, LIFTED * change, change)
    saturation, most = _saturation(content, style, ours, theirs, CAREFUL_SATURATIONS)
    grey, tint = _neutral_axes(content, style, ours, theirs, curve)
    white, lightest = _whites(content, style, ours, theirs)

    def at(vividness: Tensor) -> ToneAndChroma:
        vivid = saturation * vividness
        shift = tint - vivid * grey
        return _retouch(curve, vivid, shift, _turning(vivid) * _spared(shift), lightest - vivid * white)

    return _with_skin(_vivid(at, (content, style), (ours, theirs), most), _colored(style, theirs))


def region(content: Tensor, style: Tensor, ours: Tensor, theirs: Tensor) -> ToneAndChroma:
    """Return the map for a region that both photos show: its tones, its mean colour, and how vivid it is.

    What is neutral in it takes the tint of the style's neutral axis, as in ``whole_photo``. What the mean colour still
    lacks of the style's is added to hues around its own, the less the further they are; to all of them, if it is grey.

    Args:
        content: ``(3, n)``, Oklab, of the whole photo.
        style: ``(3, m)``, likewise.
        ours: ``(n,)``, how much of each pixel is in the region.
        theirs: ``(m,)``, likewise.
    """
    ends = _wanted_ends(content, style, ours, theirs)
    curve = tone_curve(content[0], ours, style[0], theirs, ends, anchors=(ANCHOR, REGION_ANCHOR))
    knots = torch.linspace(0, 1, KNOTS).to(content)
    mean, wanted = _mean_colors(content, ours, knots), _mean_colors(style, theirs, curve.to(style))
    chroma = mean.norm(dim=1, keepdim=True)
    own = chroma.square() / (chroma.square() + GREYISH**2)
    direction = mean / chroma.clamp_min(1e-6)
    near = (_circle(content) @ direction.T).clamp_min(0).unsqueeze(2)
    saturation, most = _saturation(content, style, ours, theirs, SATURATIONS)
    grey, tint = _neutral_axes(content, style, ours, theirs, curve)
    white, lightest = _whites(content, style, ours, theirs)
    neutral = tint - saturation * grey
    lacking = wanted - saturation * mean - neutral
    lacking = lacking + _turning(saturation) * _colorful(chroma) * _perpendicular(neutral, direction)
    # What is grey in the region goes the style's way, and not away from the region's colour: grey trunks of green trees
    # become brown among orange leaves, and not mauve.
    amount = wanted.norm(dim=1, keepdim=True)
    way = wanted / (amount + 0.02)
    everywhere = (1 - own) * (lacking * way).sum(dim=1, keepdim=True).clamp_min(0) * way
    hues = near * (lacking - everywhere) / _colorful(chroma).clamp_min(0.3)

    def at(vividness: Tensor) -> ToneAndChroma:
        vivid = saturation * vividness
        neutral = tint - vivid * grey
        shift = neutral + vividness * everywhere
        spared = torch.lerp(_spared(shift), _spared(neutral), near)
        turned = vividness * hues + _turning(vivid) * spared
        return _retouch(curve, vivid, shift, turned, lightest - vivid * white)

    return _with_skin(_vivid(at, (content, style), (ours, theirs), most), _colored(style, theirs))


def by_region(
    content: Tensor,
    style: Tensor,
    ours: Tensor,
    theirs: Tensor,
    sure: Tensor,
    shown: Tensor | None = None,
) -> ToneAndChroma:
    """Return the map for the whole photo, and that for each of K regions, a row each.

    As far as the photos show the same, the whole photo's map is that of all that they share, each region counted in the
    same amount in both; for the rest, it is ``whole_photo``. A region's own map is kept as far as it differs from that
    by more than chance: ``T + (1 − (DOUBT / d)²)₊ (T_k − T)`` with d the root mean square difference of the two on the
    region's pixels (James and Stein 1961, "Estimation with Quadratic Loss").

    Args:
        content: ``(3, n)``, Oklab, of the whole photo.
        style: ``(3, m)``, likewise.
        ours: ``(K, n)`` in [0, 1], how much of each pixel is in each region.
        theirs: ``(K, m)``, likewise.
        sure: ``(K,)`` in [0, 1], how sure it is that both photos show the same there.
        shown: ``(m,)`` in [0, 1], how much of each colour of the style shows; None: all.
    """
    shown = torch.ones_like(style[0]) if shown is None else shown
    whole = whole_photo(content, style, (torch.ones_like(content[0]), shown))
    shares, their_shares = ours.mean(dim=1), theirs.mean(dim=1) / shown.mean()
    common = torch.minimum(shares, their_shares) * sure
    if not float(common.sum()):
        return _stacked([whole] * (1 + len(sure)))
    shared = tuple((common / share.clamp_min(1e-6)) @ part for share, part in ((shares, ours), (their_shares, theirs)))
    own = [region(content, style, mine + 1e-6, their + 1e-6 * shown) for mine, their in zip(ours, theirs, strict=True)]
    whole = whole.towards(region(content, style, *shared), float((shares * sure).sum().clamp(0, 1)))
    kept = [1 - _chance(part, whole, content, mine) for part, mine in zip(own, ours, strict=True)]
    maps = [whole, *(whole.towards(part, share) for part, share in zip(own, kept, strict=True))]
    return _stacked(maps)


def one_grade(content: Tensor, style: Tensor, ours: Tensor, theirs: Tensor) -> ToneAndChroma:
    """Return the map for two photos of one scene: a linear map of the colours, from what both show.

    The mean of two maps that move mean and covariance with the least displacement (``monge_kantorovich``):
    one of all three coordinates together, which follows a split toning but can turn a red black where it is wrong, and
    one of lightness and of chroma apart, which cannot.

    Args:
        content: ``(3, n)``, Oklab.
        style: ``(3, m)``, likewise.
        ours: ``(n,)``, how much of what is at each pixel the other photo shows too.
        theirs: ``(m,)``, likewise.
    """
    together = _least_displacement(content, style, (ours, theirs), axes=(0, 1, 2))
    lightness, chroma = (_least_displacement(content, style, (ours, theirs), axes) for axes in ((0,), (1, 2)))
    apart = ToneAndChroma(*(a + b for a, b in zip(lightness, chroma, strict=True)))
    return together.towards(apart, 0.5)


def held(
    common: ToneAndChroma, content: Tensor, style: Tensor, ours: Tensor, theirs: Tensor, shown: Tensor | None = None
) -> ToneAndChroma:
    """Return a common map, and that for each of K regions of another photo than it was found for, a row each.

    ``T + HELD (1 − (DOUBT / d)²)₊ (T_k − T)``: as ``by_region``, but only part of the way.

    Args:
        common: in one row.
        content: ``(3, n)``, Oklab, of the whole photo.
        style: ``(3, m)``, likewise.
        ours: ``(K, n)`` in [0, 1], how much of each pixel is in each region.
        theirs: ``(K, m)``, likewise.
        shown: ``(m,)`` in [0, 1], how much of each colour of the style shows; None: all.
    """
    shown = torch.ones_like(style[0]) if shown is None else shown
    maps = [common]
    for mine, their in zip(ours, theirs, strict=True):
        own = region(content, style, mine + 1e-6, their + 1e-6 * shown)
        maps.append(common.towards(own, HELD * (1 - _chance(own, common, content, mine))))
    return _stacked(maps)


def tone_curve(
    content: Tensor,
    ours: Tensor,
    style: Tensor,
    theirs: Tensor,
    ends: tuple[float | None, float | None] = (None, None),
    slopes: tuple[float, float] = SLOPES,
    anchors: tuple[float, float] = (ANCHOR, ANCHOR),
) -> Tensor:
    """Return the curve ``(KNOTS,)`` that takes the lightnesses ``content`` to the distribution of ``style``.

    Least squares between quantiles, with a ridge towards a slope of 1, and slopes kept within bounds.

    Args:
        content: ``(n,)``, in [0, 1].
        ours: ``(n,)``, weights.
        style: ``(m,)``, in [0, 1].
        theirs: ``(m,)``, weights.
        ends: where black and white should go, as far as the slopes allow; None leaves them open.
        slopes: their bounds.
        anchors: weights of where black and white should go, against the mean squared error of the quantiles.
    """
    at = (torch.arange(QUANTILES, dtype=torch.float64) + 0.5) / QUANTILES
    x, y = quantiles(content, ours, at), quantiles(style, theirs, at)
    knots = torch.linspace(0, 1, KNOTS, dtype=torch.float64)
    hats = (1 - (x.unsqueeze(1) - knots).abs() * (KNOTS - 1)).clamp_min(0)
    slope = torch.eye(KNOTS, dtype=torch.float64).diff(dim=0) * (KNOTS - 1)
    matrix = hats.T @ hats / QUANTILES + RIDGE / (KNOTS - 1) * slope.T @ slope
    wanted = hats.T @ y / QUANTILES + RIDGE / (KNOTS - 1) * slope.sum(dim=0)
    for knot, end, anchor in zip((0, -1), ends, anchors, strict=True):
        if end is not None:
            matrix[knot, knot] += anchor
            wanted[knot] += anchor * end
    # Slopes that leave their bounds are pulled back, the harder the longer they do.
    pull, bound = torch.zeros(KNOTS - 1, dtype=torch.float64), torch.ones(KNOTS - 1, dtype=torch.float64)
    for _ in range(40):
        stiff = matrix + slope.T @ (pull.unsqueeze(1) * slope)
        curve: Tensor = torch.linalg.solve(stiff, wanted + slope.T @ (pull * bound))
        steep = slope @ curve
        nearest = steep.clamp(*slopes)
        outside = steep != nearest
        bound = torch.where(outside, nearest, bound)
        pull = torch.where(outside, pull + 0.05 * ANCHOR, pull)
    return curve.float()


def quantiles(values: Tensor, weights: Tensor, at: Tensor) -> Tensor:
    """Return the weighted quantiles of ``values`` ``(n,)`` at shares ``at`` ``(q,)``, float64."""
    ordered, order = values.sort()
    shares = weights.double()[order].cumsum(0)
    found = torch.searchsorted(shares / shares[-1], at.double()).clamp_max(len(ordered) - 1)
    return ordered[found].double()


def most_chroma(colors: Tensor, weights: Tensor) -> Tensor:
    """Return the chroma that one percent of the Oklab colours ``(3, n)`` exceed."""
    return quantiles(chroma_of(colors), weights, torch.tensor([0.99]))[0]


def _between_knots(positions: Tensor, last: int) -> tuple[Tensor, Tensor]:
    """Return the knot before each position ``(n,)``, at most ``last``, and how far it is to the next, from 0 to 1."""
    before = positions.floor().long().clamp(0, last)
    return before, positions - before


def _interpolated(table: Tensor, knots: list[Tensor], counts: list[Tensor], to_the_next: Tensor) -> Tensor:
    """Return ``Σ count · value``, linear between rows of a table.

    Args:
        table: ``(rows, R, c)``.
        knots: rows at which to look, ``(n,)`` each.
        counts: what each is multiplied by, ``(n,)`` each.
        to_the_next: ``(n,)`` in [0, 1], how much of it is of the following row.

    Returns:
        ``(n, R, c)``.
    """
    rows = torch.stack([row for knot in knots for row in (knot, knot + 1)], dim=1)
    weights = torch.stack(
        [part for count in counts for part in (count * (1 - to_the_next), count * to_the_next)], dim=1
    )
    # Sums rows that it reads as they lie in memory: several times as fast as looking up each number.
    found = F.embedding_bag(rows, table.flatten(1), per_sample_weights=weights.to(table), mode="sum")
    return found.view(-1, *table.shape[1:])


def _colorful(chroma: Tensor) -> Tensor:
    """Return how much the hue of a colour counts, from 0 for a grey to 1."""
    return 1 - torch.exp(-chroma / COLORFUL)


def _circle(like: Tensor) -> Tensor:
    """Return the directions of the hues in the plane of a and b, ``(HUES, 2)``."""
    angles = torch.arange(HUES).to(like) * (2 * math.pi / HUES)
    return torch.stack([angles.cos(), angles.sin()], dim=1)


def _spared(shift: Tensor) -> Tensor:
    """Return what to add at each hue, ``(HUES, KNOTS, 2)``, so that a tint ``(KNOTS, 2)`` turns no opposite hue.

    Under a warm tint a blue sky should go grey, and not mauve.
    """
    return torch.stack([-_perpendicular(shift, direction.expand_as(shift)) for direction in _circle(shift)])


def _turning(saturation: Tensor) -> Tensor:
    """Return how far a tint can turn the hues that are left at a saturation: in black and white, there are none."""
    return (saturation / SATURATIONS[0]).clamp_max(1)


def _perpendicular(shift: Tensor, directions: Tensor) -> Tensor:
    """Return what part of shifts ``(n, 2)`` turns hues ``(n, 2)``, unit vectors, the more the further from theirs."""
    along = (shift * directions).sum(dim=1, keepdim=True)
    opposite = (-along / shift.norm(dim=1, keepdim=True).clamp_min(1e-6)).clamp_min(0)
    turning: Tensor = opposite * (shift - along * directions)
    return turning


def _least_displacement(
    content: Tensor, style: Tensor, weights: tuple[Tensor, Tensor], axes: tuple[int, ...]
) -> ToneAndChroma:
    """Return the linear map of least displacement of some of the three coordinates; the others become 0."""
    alone = torch.zeros(3, 1)
    alone[list(axes)] = 1
    mine, their = ((colors.cpu() * alone).view(1, 3, 1, -1) for colors in (content, style))
    ours, theirs = (weight.view(1, 1, 1, -1) for weight in weights)
    matrix, offset = monge_kantorovich(mine, their, NOISE, weights=(ours, theirs))
    tones = (offset * alone.flatten()).to(content).expand(1, KNOTS, 3)
    return ToneAndChroma(
        (matrix * alone * alone.T).to(content).unsqueeze(0), tones, content.new_zeros(1, HUES, KNOTS, 2)
    )


def _neutral_axes(content: Tensor, style: Tensor, ours: Tensor, theirs: Tensor, curve: Tensor) -> tuple[Tensor, Tensor]:
    """Return a and b ``(KNOTS, 2)`` of what is neutral in the photo, and of what it should become.

    Of a cast, the first has as much as should go.
    """
    knots = torch.linspace(0, 1, KNOTS).to(content)
    neutral = _mean_colors(content, _neutrality(content, ours), knots)
    tint = _mean_colors(style, _neutrality(style, theirs), curve.to(style))
    # What is colourful even where it is least so is no cast, but green grass or evening light, and should stay. As far
    # as the style has the same, there is nothing to add to it.
    cast = neutral.square().sum(dim=1, keepdim=True).clamp_min(1e-9)
    same = ((tint * neutral).sum(dim=1, keepdim=True) / cast).clamp(0, 1)
    return neutral * torch.lerp(1 / (1 + cast / CAST**2), torch.ones_like(cast), same), tint


def _whites(content: Tensor, style: Tensor, ours: Tensor, theirs: Tensor) -> tuple[Tensor, Tensor]:
    """Return a and b ``(2,)`` of a photo's white, its lightest percent, and of the style's.

    Both are 0 as far as the lightest of the style is too dark to be white.
    """
    whites, lightest = [], 0.0
    for colors, weights in ((content, ours), (style, theirs)):
        lightest = float(quantiles(colors[0], weights, torch.tensor([0.99])))
        whites.append(_mean(colors, weights * (colors[0] >= lightest)))
    is_white = min(max((lightest - NO_WHITE) / (1 - NO_WHITE), 0), 1)
    return whites[0] * is_white, whites[1] * is_white


def _retouch(curve: Tensor, saturation: Tensor, shift: Tensor, hues: Tensor, white: Tensor) -> ToneAndChroma:
    """Return the map of a tone curve ``(KNOTS,)``, a saturation, and shifts of a and b, by tone and by hue and tone.

    Args:
        curve: ``(KNOTS,)``.
        saturation: a factor.
        shift: ``(KNOTS, 2)``.
        hues: ``(HUES, KNOTS, 2)``.
        white: ``(2,)``, the shift of what becomes white.
    """
    # Towards white, colours go to the style's white, whatever tint there is below: what is blown out stays so.
    shown = ((1 - curve.to(shift)) / (1 - HIGHLIGHT)).clamp(0, 1).unsqueeze(1)
    shift, hues = torch.lerp(white.expand_as(shift), shift, shown), hues * shown
    matrix = torch.diag(torch.stack([torch.zeros_like(saturation), saturation, saturation]))
    table = torch.cat([curve.to(shift).unsqueeze(1), shift], dim=1)
    return ToneAndChroma(matrix.unsqueeze(0), table.unsqueeze(0), hues.unsqueeze(0))


def _stacked(maps: list[ToneAndChroma]) -> ToneAndChroma:
    """Return several maps as one, with all their rows."""
    return ToneAndChroma(*(torch.cat(parts) for parts in zip(*maps, strict=True)))


def _chance(own: ToneAndChroma, other: ToneAndChroma, content: Tensor, mine: Tensor) -> float:
    """Return how likely, from 0 to 1, it is by chance that a region's own map differs from another."""
    squares = (own(content) - other(content))[0].square().sum(dim=0) @ mine / mine.sum().clamp_min(1e-6)
    return min(1.0, DOUBT**2 / max(float(squares), 1e-9))


def _mean_colors(colors: Tensor, weights: Tensor, tones: Tensor) -> Tensor:
    """Return the mean a and b around each of some lightnesses ``(k,)``: ``(k, 2)``; where few are, that of all."""
    weights = weights / weights.sum()
    near = torch.exp(-((colors[0] - tones.unsqueeze(1)) / BANDWIDTH).square() / 2) * weights
    sums = near @ colors[1:].T + FEW * (colors[1:] @ weights)
    return sums / (near.sum(dim=1, keepdim=True) + FEW)


def _wanted_ends(content: Tensor, style: Tensor, ours: Tensor, theirs: Tensor) -> tuple[float, float]:
    """Return where black and white should go: towards the style's, but not far."""
    (black, white), (their_black, their_white) = _ends(content, ours), _ends(style, theirs)
    return min(max(their_black - black, 0), BLACK), 1 - min(max(white - their_white, 0), WHITE_LOWERED)


def _ends(colors: Tensor, weights: Tensor) -> tuple[float, float]:
    """Return the lightnesses of the darkest and of the lightest half percent."""
    black, white = quantiles(colors[0], weights, torch.tensor([0.005, 0.995])).tolist()
    return black, white


def _mean(colors: Tensor, weights: Tensor) -> Tensor:
    return colors[1:] @ weights / weights.sum()


def _neutrality(colors: Tensor, weights: Tensor) -> Tensor:
    """Return how much each colour counts for the neutral axis: the quarter of a photo with the least chroma, about."""
    chroma = chroma_of(colors)
    least = float(quantiles(chroma, weights, torch.tensor([0.25])))
    return weights * torch.exp(-((chroma / min(max(least, 0.015), 0.2)) ** 2))


def _chroma(colors: Tensor, weights: Tensor) -> Tensor:
    """Return the root mean square of the chroma of Oklab colours ``(3, n)``, seen from what is most nearly neutral."""
    neutral = _mean(colors, _neutrality(colors, weights)).unsqueeze(1)
    return ((colors[1:] - neutral).square().sum(dim=0) @ weights / weights.sum()).sqrt()


def _colored(style: Tensor, theirs: Tensor) -> Tensor:
    """Return how much the style is in colour, all of it that shows: 1, and towards black and white almost 0."""
    return (_chroma(style, (theirs > 0).to(style)) / MONOCHROME).clamp(1e-3, 1)


def _with_skin(retouch: ToneAndChroma, colored: Tensor) -> ToneAndChroma:
    """Return the map with as much added at the hues of skin as skin lacks of ``SKIN_KEPT``; none in black and white."""
    degrees, chroma = SKIN
    hue = retouch.tones.new_tensor([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))])
    tones = torch.linspace(0, 1, KNOTS).to(hue)
    skin = torch.cat([tones.unsqueeze(0), (chroma * hue).unsqueeze(1).expand(2, KNOTS)])
    left = torch.einsum("rck,c->rk", retouch(skin)[:, 1:], hue)
    lacking = (colored * SKIN_KEPT * chroma - left).clamp_min(0) / _colorful(hue.new_tensor(chroma))
    near, far = (math.cos(math.radians(distance)) for distance in SKIN_HUES)
    counts = ((_circle(hue) @ hue - far) / (near - far)).clamp(0, 1)
    added = torch.einsum("h,rk,c->rhkc", counts, lacking, hue)
    return retouch._replace(hues=retouch.hues + added)


def _vivid(
    at: Callable[[Tensor], ToneAndChroma], photos: tuple[Tensor, Tensor], weights: tuple[Tensor, Tensor], most: float
) -> ToneAndChroma:
    """Return the map of the vividness, from 1 to ``most``, at which the result has as much chroma as the style.

    With the spread around the mean colour alone it has less: the mean of several colours is greyer than each of them.
    """
    # A mean over so many pixels needs no more than some of them.
    (content, style), (ours, theirs) = (colors[:, ::4] for colors in photos), (some[::4] for some in weights)
    wanted = _chroma(style, theirs)
    vividness = torch.ones_like(wanted)
    for _ in range(VIVIDNESS_STEPS):
        got = _chroma(at(vividness)(content)[0], ours)
        # What is nearly grey should not be multiplied until it is colourful.
        vividness = (vividness * (wanted + 0.02) / (got + 0.02)).clamp(1, most)
    return at(vividness)


def _saturation(
    content: Tensor, style: Tensor, ours: Tensor, theirs: Tensor, bounds: tuple[float, float]
) -> tuple[Tensor, float]:
    """Return the factor that brings over the spread of a and b around their mean, and what it may be multiplied by."""
    spreads = []
    for colors, weights in ((content, ours), (style, theirs)):
        mean = _mean(colors, weights).unsqueeze(1)
        spreads.append(((colors[1:] - mean).square().sum(dim=0) @ weights / weights.sum()).sqrt())
    mine, wanted = spreads
    # A style in black and white takes all colour away, and not only as much as is prudent.
    colored = _colored(style, theirs)
    # What is nearly grey should not be multiplied until it is colourful.
    noise = 0.02 * colored
    saturation = ((wanted + noise) / (mine + noise)).clamp(bounds[0] * float(colored), bounds[1])
    return saturation, bounds[1] / float(saturation)
