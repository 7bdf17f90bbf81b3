"""A retoucher's grade: a tone curve, a saturation and a tint for the whole photo, and for each region."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from verism import images
from verism.canvas.canvas import FindCorrespondence
from verism.canvas.grade import Grade
from verism.color import closed_form, regional_maps, tone_and_chroma, vertical_gradient
from verism.color import table as color_table
from verism.color.closed_form import HIGHLIGHT
from verism.color.guided_filter import apply_upsampled, local_affine, window_radius
from verism.color.one_scene import one_grade
from verism.color.paper import white_paper
from verism.color.spaces import Oklab, chroma_of, into_gamut
from verism.color.spline import cubic_spline
from verism.color.tone_and_chroma import KNOTS, ToneAndChroma
from verism.color.vertical_gradient import VerticalGradient
from verism.color.weighted_colors import WeightedColors
from verism.errors import VerismError
from verism.regions.regions import Regions

EDGE_FILTER = (0.02, 1e-4)
"""Parameters of the guided filter that aligns the masks of the regions with the edges of a larger photo: the window
radius as a share of the short side, and ε, in squared RGB."""

NOISE_FILTER = (0.02, 1e-3)
"""The same parameters for the guided filter that separates a photo from its noise and finest texture."""

LEAD = 0.2
"""Lead of the share of what is kept over the largest other share of a pixel, from which on all of the pixel is kept. If
it trails by as much, nothing of the pixel is kept. Found regions are soft all over, not only at their borders."""

LAB_SCALE = (1.0, 2.5, 2.5)
"""Factors of L, a and b in the departure penalty. They make differences in Oklab roughly proportional to those in
CIELAB, where a and b are 2.5 times as large relative to L. With equal factors, the fit turned grey skies mauve."""


@final
class RegionalGrade(Grade):
    """One function of colour for the whole photo, and one for each region that both photos show.

    Each pixel gets the mean of these functions, weighted by its share of each region, times the confidence that the
    style photo shows the same thing there. The rest of the weight goes to the function of the whole photo. Apart from
    these weights, only a tint from the top of a region to its bottom depends on position: a sky does not break up into
    patches of two colours, but can take on the gradient of an evening sky (``verism.color.vertical_gradient``). Each
    function starts as a tone curve, a saturation and a tint in Oklab, found in closed form
    (``verism.color.closed_form``). The parameter is added to it: a further tone curve and tint, as cubic splines over
    lightness alone, so that no hue is singled out. If the photo's white is paper behind a product, they fade towards
    white, which stays as it is. Regions that the user keeps have the identity in place of such a function, to which
    nothing is added.

    Noise is not graded: what an edge-preserving filter removes from the photo is added back to the result, with hardly
    more contrast and no more chroma. Chroma is limited to that of the original colour or of the style's most vivid
    colours, whichever is higher. Colours outside sRGB lose chroma and keep their lightness and hue.

    Attributes:
        matrix: ``(1 + K, 3, 3)``, with ``tones`` and ``hues``, the initial functions, as in ``ToneAndChroma``. The
            first is that of the whole photo.
        shares: ``(1, K, H, W)``, the weight of each region's function at each pixel.
        ends: ``(K, 2)``, with ``tints``, the gradient of each region, as in ``VerticalGradient``.
        vivid: 99th percentile of the style photo's chroma, in Oklab.
        paper: a scalar in [0, 1], how certain it is that the content photo's white is paper.
        kept: ``(K,)``, 1 for each region that stays as it is in the photo, 0 for all others.
    """

    keeps_regions = True

    matrix: Tensor
    tones: Tensor
    hues: Tensor
    shares: Tensor
    ends: Tensor
    tints: Tensor
    vivid: Tensor
    paper: Tensor
    kept: Tensor

    def __init__(
        self,
        controls: int = 5,
        departure: float = 2500.0,
        smoothness: float = 0.05,
        contrast: float = 1.0,
        min_contrast: float = 0.5,
        max_contrast: float = 2.0,
        gradient: float = 1.0,
    ) -> None:
        """Choose how far the functions may depart from their start.

        Args:
            controls: number of control values of each spline, from black to white; at least 3.
            departure: weight of the penalty for moving away from the grade that the run starts from: the mean squared
                difference in Oklab, with a and b times 2.5. More: closer to the start; less: more of the style.
            smoothness: weight of the penalty for bends in what is added to the start: the mean square of the second
                differences.
            contrast: weight of the penalty for a contrast outside of min_contrast and max_contrast: the mean square of
                the excess.
            min_contrast: smallest factor by which the contrast of details should change.
            max_contrast: largest factor by which the contrast of details should change.
            gradient: how much of a change of colour from top to bottom, such as that of a sky at dusk, a region takes
                over from the style photo; 0: nothing, 1: as much as the style photo has.

        Raises:
            VerismError: there are fewer than 3 control values, a weight is negative or not finite, min_contrast is
                negative or greater than max_contrast, or gradient is not from 0 to 1.
        """
        if controls < 3:  # noqa: PLR2004
            raise VerismError(f"--model.canvas.controls {controls}: must be at least 3.")
        if not 0 <= min_contrast <= max_contrast:
            raise VerismError(
                f"--model.canvas.min_contrast {min_contrast}: must be from 0 to max_contrast, which is {max_contrast}."
            )
        if not 0 <= gradient <= 1:
            raise VerismError(f"--model.canvas.gradient {gradient}: must be from 0 to 1.")
        weights = {
            "departure": departure,
            "smoothness": smoothness,
            "contrast": contrast,
        }
        super().__init__(torch.zeros(1, controls, 3), Oklab(), weights)
        self.bounds = (min_contrast, max_contrast)
        self.gradient = gradient
        for name, part in tone_and_chroma.identity()._asdict().items():
            self.register_buffer(name, part)
        self.register_buffer("shares", torch.empty(1, 0, 0, 0))
        for name, part in vertical_gradient.none(self.tones)._asdict().items():
            self.register_buffer(name, part)
        self.register_buffer("vivid", torch.tensor(math.inf))
        self.register_buffer("paper", torch.tensor(0.0))
        self.register_buffer("kept", torch.empty(0))
        self.register_load_state_dict_pre_hook(_no_paper)  # type: ignore[no-untyped-call]  # torch has no types here.
        self.register_load_state_dict_pre_hook(_nothing_kept)  # type: ignore[no-untyped-call]  # torch has no types here.
        knots = torch.linspace(0, 1, KNOTS)
        self.register_buffer("spline", cubic_spline(controls, knots), persistent=False)
        whiteness = ((knots - HIGHLIGHT) / (1 - HIGHLIGHT)).clamp_min(0).unsqueeze(1)
        self.register_buffer("whiteness", whiteness, persistent=False)

    @property
    def first(self) -> ToneAndChroma:
        """The initial functions: that of the whole photo, followed by those of the regions."""
        return ToneAndChroma(self.matrix, self.tones, self.hues)

    def start(
        self,
        content: Tensor,
        style: Tensor,
        find_correspondence: FindCorrespondence | None = None,
        regions: Regions | None = None,
    ) -> None:
        """Load the content photo, and grade it in closed form.

        All other regions start as they would if none were kept.

        Raises:
            VerismError: if the photos may show the same scene and ``find_correspondence`` is missing.
        """
        colors, style_colors = (self.space.encode(photo.float()).flatten(2).squeeze(0) for photo in (content, style))
        opacity = torch.ones_like(style_colors[0])
        if regions is not None and regions.opacity is not None:
            opacity = regions.opacity.flatten().to(content)
        divided = None if regions is None or regions.undivided else regions
        if divided is None:
            maps = closed_form.whole_photo(colors, style_colors, opacity)
            self.shares = content.new_zeros(1, 0, *content.shape[-2:])
        else:
            sure = divided.sure.to(content)
            masks, style_masks = (soft[0].flatten(1).to(content) for soft in (divided.content, divided.style))
            maps = regional_maps.by_region(colors, style_colors, masks, style_masks, sure, opacity)
            if divided.one_scene:
                if find_correspondence is None:
                    raise VerismError("--model.canvas RegionalGrade: needs a network that compares the photos.")
                weights = (part.flatten().to(content) for part in find_correspondence(content, style))
                maps = maps.towards(one_grade(colors, style_colors, *weights), divided.one_scene)
            self.shares = divided.content.to(content) * sure.view(1, -1, 1, 1)
        self.matrix, self.tones, self.hues = (part.to(content) for part in maps)
        self.vivid = WeightedColors(style_colors, opacity).most_chroma.to(content)
        self.paper = white_paper(colors[0]).max().to(content)
        self.controls = nn.Parameter(self.controls.new_zeros(len(self.matrix), *self.controls.shape[1:]))
        self.ends, self.tints = vertical_gradient.none(self.tones)
        if divided is not None:
            # Photos of the same scene differ in their grade, not in the gradient of their light.
            self.ends, self.tints = self._lacking(content, style, divided).times(1 - divided.one_scene)
        self.kept = content.new_zeros(self.shares.shape[1])
        if divided is not None and divided.kept:
            self._keep(divided.staying.to(content.device), divided.content.to(content))
        self.resize(content)

    def adapted(self, content: Tensor, style: Tensor, regions: Regions) -> RegionalGrade:
        """Return a canvas for another photo that starts from this canvas's function of the whole photo.

        The functions of the other photo's regions lie between this function and the closed form for each region
        (``regional_maps.held``), and so do their gradients.

        Args:
            content: the other photo, ``(1, 3, H, W)``, RGB in [0, 1].
            style: the style photo, ``(1, 3, H', W')``, RGB in [0, 1].
            regions: regions of ``content`` and ``style``.
        """
        colors, style_colors = (self.space.encode(photo.float()).flatten(2).squeeze(0) for photo in (content, style))
        masks, style_masks = (soft[0].flatten(1).to(content) for soft in (regions.content, regions.style))
        opacity = None if regions.opacity is None else regions.opacity.flatten().to(content)
        twin = copy.deepcopy(self)
        common = ToneAndChroma(*(part[:1] for part in self.first))
        twin.matrix, twin.tones, twin.hues = regional_maps.held(
            common, colors, style_colors, masks, style_masks, opacity
        )
        added = self.controls.detach()[:1].repeat(len(twin.matrix), 1, 1)
        twin.controls = nn.Parameter(added, requires_grad=self.controls.requires_grad)
        twin.shares = regions.content.to(content) * regions.sure.to(content).view(1, -1, 1, 1)
        # What the user keeps is a part of the run's own photo.
        twin.kept = content.new_zeros(len(regions.labels))
        twin.paper = white_paper(colors[0]).max().to(content)
        twin.ends, twin.tints = twin._lacking(content, style, regions).times(regional_maps.HELD)
        twin.resize(content)
        return twin

    def resize(self, content: Tensor) -> None:
        """Replace the content photo with the same photo at another size. The look is unchanged."""
        content = content.to(self.controls)
        if self.shares.shape[-2:] != content.shape[-2:]:
            self.shares = self._shares(content)
        super().resize(content)

    def without_gradients(self) -> RegionalGrade:
        """Return a canvas without the gradients that its regions took over from the style photo."""
        twin = copy.deepcopy(self)
        twin.tints = torch.zeros_like(self.tints)
        twin.resize(twin.photo)
        return twin

    def without_region(self, number: int) -> RegionalGrade:
        """Return a canvas that treats a region, given by its index, like the rest of the photo."""
        twin = copy.deepcopy(self)
        twin.shares[:, number] = 0
        twin.resize(twin.photo)
        return twin

    def locate(self, photo: Tensor) -> Tensor:
        """Return what decides how each pixel is treated.

        Returns:
            ``(1, 3 + K + 2, H, W)``: the photo without its noise, RGB; the weights of the regions' functions; and the
            shift of a and b by their gradients.
        """
        shares = self._with_kept(self.shares if photo.shape == self.photo.shape else self._shares(photo))
        tint = VerticalGradient(self.ends, self.tints)(shares[0])
        return torch.cat([self._without_noise(photo), shares, tint.unsqueeze(0)], dim=1)

    def lattice(self) -> Tensor:
        """Return the tones of the functions, ``(1 + K, KNOTS, 3)``: the initial ones plus the splines."""
        changes = F.pad(1 - self.kept, (1, 0), value=1.0).view(-1, 1, 1)
        faded = 1 - self.paper * self.get_buffer("whiteness")
        return self.tones + changes * faded * (self.get_buffer("spline") @ self.controls)

    def color(self, lattice: Tensor, photo: Tensor, places: Tensor) -> Tensor:
        """Return the graded photo: functions and gradients applied to the photo without its noise, plus the noise.

        The graded noise is the difference between the graded photo with noise and without it. It must not exceed the
        noise of the original photo, either in lightness or in chroma.
        """
        noisy, smooth = (self.space.encode(image)[0] for image in (photo, places[:, :3]))
        shares, tint = places[0, 3:-2], places[0, -2:]
        graded_noisy, graded = (self._mixed(colors, lattice, shares) for colors in (noisy, smooth))
        noise, graded_noise = noisy - smooth, graded_noisy - graded
        limit = noise[:1].abs()
        chroma = graded_noise[1:] * (chroma_of(noise) / chroma_of(graded_noise)).clamp_max(1)
        lightness = graded_noise[:1].clamp(-limit, limit)
        return self._displayable(graded + torch.cat([lightness, chroma + tint]), noisy)

    def table(self, content: Tensor) -> Tensor:
        """Return the lookup table that best approximates the canvas.

        Colours that the content photo does not have are mapped by the function of the whole photo.

        Args:
            content: the content photo that the canvas was started with, ``(1, 3, H, W)``, RGB in [0, 1].

        Returns:
            ``(3, n, n, n)``, RGB by blue, green and red, not clipped.
        """
        return color_table.closest(content, self(), self.plain)

    @torch.no_grad()
    def plain(self, photo: Tensor) -> Tensor:
        """Apply the function of the whole photo to each colour of ``photo``; both ``(1, 3, H, W)``, RGB.

        Unlike ``render``, it works pixel by pixel, without separating noise and without gradients.
        """
        colors = self.space.encode(photo.to(self.photo))[0]
        no_region = colors.new_zeros(len(self.matrix) - 1, *colors.shape[-2:])
        return self._displayable(self._mixed(colors, self.lattice(), no_region), colors).to(photo)

    def penalties(self, image: Tensor) -> Mapping[str, Tensor]:
        """Return the unweighted penalties of the constructor's weights, by name, each a scalar."""
        del image
        bend = self.controls.diff(n=2, dim=1) * (self.controls.shape[1] - 1) ** 2
        # Exact for greys. The lightness of other colours also depends on their chroma, through the matrix.
        slope = self.matrix[:, :1, 0] + self.lattice()[..., 0].diff(dim=1) * (KNOTS - 1)
        low, high = self.bounds
        return {
            "departure": (self.controls * self.controls.new_tensor(LAB_SCALE)).square().mean(),
            "smoothness": bend.square().mean(),
            "contrast": (F.relu(low - slope).square() + F.relu(slope - high).square()).mean(),
        }

    @torch.no_grad()
    def _lacking(self, content: Tensor, style: Tensor, regions: Regions) -> VerticalGradient:
        """Return the gradients that the regions of the graded photo take over from the style photo."""
        colors, style_colors = (self.space.encode(photo.float())[0].to(self.tones) for photo in (content, style))
        masks, style_masks = (soft[0].to(self.tones) for soft in (regions.content, regions.style))
        graded = self._mixed(colors, self.lattice(), self.shares[0])
        return vertical_gradient.between(graded, style_colors, masks, style_masks).times(self.gradient)

    def _keep(self, staying: Tensor, masks: Tensor) -> None:
        """Leave regions as they are in the photo.

        Args:
            staying: ``(K,)`` bool, which regions.
            masks: ``(1, K, H, W)`` in [0, 1], how much of each pixel is in each region.
        """
        rows = F.pad(staying, (1, 0))
        for part, unchanged in zip(self.first, tone_and_chroma.identity(), strict=True):
            part[rows] = unchanged.to(part)
        self.tints = self.tints.masked_fill(staying.view(-1, 1, 1), 0)
        self.shares = torch.where(staying.view(1, -1, 1, 1), masks, self.shares)
        self.kept = staying.to(self.tints)

    def _with_kept(self, shares: Tensor) -> Tensor:
        """Return ``shares`` ``(1, K, H, W)`` such that what is kept has all of a pixel, or none, except at borders."""
        if not bool(self.kept.any()):
            return shares
        staying = self.kept.view(1, -1, 1, 1)
        kept = (shares * staying).sum(dim=1, keepdim=True)
        rest = 1 - shares.sum(dim=1, keepdim=True)
        largest = torch.cat([shares * (1 - staying), rest], dim=1).amax(dim=1, keepdim=True)
        way = ((kept - largest) / (2 * LEAD) + 0.5).clamp(0, 1)
        wanted = way.square() * (3 - 2 * way)
        mine, theirs = wanted / kept.clamp_min(1e-6), (1 - wanted) / (1 - kept).clamp_min(1e-6)
        return shares * torch.lerp(theirs.expand_as(shares), mine.expand_as(shares), staying.expand_as(shares))

    def _displayable(self, graded: Tensor, before: Tensor) -> Tensor:
        """Return graded colours as RGB ``(1, 3, H, W)`` in [0, 1], with their chroma limited.

        Args:
            graded: ``(3, H, W)``, Oklab.
            before: ``(3, H, W)``, Oklab, the same pixels before grading.
        """
        # Without the limit, a saturation that suits this photo would turn greens in another one neon.
        share = (chroma_of(before).maximum(self.vivid) / chroma_of(graded)).clamp_max(1)
        return into_gamut(torch.cat([graded[:1], share * graded[1:]]).unsqueeze(0))

    def _mixed(self, colors: Tensor, lattice: Tensor, shares: Tensor) -> Tensor:
        """Apply the functions, mixed by ``shares`` ``(K, H, W)``, to Oklab colours ``(3, H, W)``."""
        whole = 1 - shares.sum(dim=0, keepdim=True)
        return ToneAndChroma(self.matrix, lattice, self.hues).mixed(colors, torch.cat([whole, shares]))

    def _shares(self, photo: Tensor) -> Tensor:
        """Return ``shares`` for the content photo ``(1, 3, H, W)`` at another size, aligned with its edges."""
        if not self.shares.shape[1]:
            return photo.new_zeros(1, 0, *photo.shape[-2:])
        share, epsilon = EDGE_FILTER
        radius = window_radius(share, self.photo.shape[-2:])
        coefficients = local_affine(self.photo, self.shares, radius, epsilon)
        return apply_upsampled(coefficients, photo).clamp(0, 1)

    def _without_noise(self, photo: Tensor) -> Tensor:
        """Remove the noise of a photo ``(1, 3, H, W)`` by a guided filter at the size of the fit."""
        small = images.resize(photo, self.photo.shape[-2:])
        share, epsilon = NOISE_FILTER
        coefficients = local_affine(small, small, window_radius(share, small.shape[-2:]), epsilon)
        return apply_upsampled(coefficients, photo).clamp(0, 1)


def _no_paper(canvas: nn.Module, state: dict[str, Tensor], prefix: str, *rest: object) -> None:
    """Allow loading checkpoints from before white paper stayed white, which have no ``paper``."""
    del rest
    state.setdefault(f"{prefix}paper", torch.zeros_like(canvas.get_buffer("paper")))


def _nothing_kept(canvas: nn.Module, state: dict[str, Tensor], prefix: str, *rest: object) -> None:
    """Allow loading checkpoints from before regions could be kept, which have no ``kept``."""
    del rest
    if f"{prefix}kept" not in state and f"{prefix}shares" in state:
        shares = state[f"{prefix}shares"]
        state[f"{prefix}kept"] = shares.new_zeros(shares.shape[1])
        canvas.kept = torch.zeros_like(state[f"{prefix}kept"]).to(canvas.get_buffer("tones"))
