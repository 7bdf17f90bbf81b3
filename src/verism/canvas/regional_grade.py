"""A retoucher's grade: a tone curve, a saturation and a tint for the whole photo, and for each region of its own."""

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
from verism.color import table as color_table
from verism.color import tone_and_chroma
from verism.color.guided_filter import apply_upsampled, local_affine, window_radius
from verism.color.spaces import Oklab, chroma_of, into_gamut
from verism.color.spline import cubic_spline
from verism.color.tone_and_chroma import KNOTS, ToneAndChroma
from verism.errors import VerismError
from verism.regions.masks import Regions

EDGE = (0.02, 1e-4)
"""Of the guided filter that brings regions to the edges of a larger photo: its windows' radius as a share of the short
side, and what is noise to it, in squared RGB."""

NOISE = (0.02, 1e-3)
"""Likewise, of the filter that levels a photo's noise, and its finest texture."""

CONTRAST = 1.2
"""Largest factor by which the lightness of what that filter levels changes: above, the noise of a sky comes up."""


@final
class RegionalGrade(Grade):
    """Every colour becomes another, by one function for the whole photo and one for each region that the style shows.

    A pixel gets the mean of these functions, weighted by how much of it is in each region and how sure it is that the
    style shows the same there; whatever is left gets the function for the whole photo. Each function starts as a tone
    curve, a saturation and a tint in Oklab (``tone_and_chroma``). The parameter is what is added to them: a further
    tone curve and tint, as cubic splines over lightness, so that no hue is singled out. Nothing else depends on the
    place, so a sky cannot have two colours. Noise stays as it was: what an edge-aware filter levels of the photo gets
    hardly more contrast, and no more chroma. No colour becomes more vivid than it was and than the style's most vivid
    ones. What sRGB cannot show loses chroma, and keeps lightness and hue.
    """

    matrix: Tensor
    tones: Tensor
    hues: Tensor
    shares: Tensor
    vivid: Tensor

    def __init__(
        self,
        controls: int = 5,
        departure: float = 2500.0,
        smoothness: float = 0.05,
        contrast: float = 1.0,
        min_contrast: float = 0.5,
        max_contrast: float = 2.0,
    ) -> None:
        """Choose how far the functions may leave their start.

        Args:
            controls: number of control values of each spline, from black to white; at least 3.
            departure: weight of the penalty for moving away from the grade that the run starts from: the mean squared
                difference in Oklab. More: closer to the start; less: more of the style.
            smoothness: weight of the penalty for bends in what is added to the start: the mean square of the second
                differences.
            contrast: weight of the penalty for a contrast outside of min_contrast and max_contrast: the mean square of
                the excess.
            min_contrast: smallest factor by which the contrast of details should change.
            max_contrast: largest factor by which the contrast of details should change.

        Raises:
            VerismError: there are fewer than 3 control values, or the bounds of contrast are the wrong way round.
        """
        if controls < 3:  # noqa: PLR2004
            raise VerismError(f"--model.canvas.controls {controls}: must be at least 3.")
        if not 0 <= min_contrast <= max_contrast:
            raise VerismError(
                f"--model.canvas.min_contrast {min_contrast}: must be from 0 to max_contrast, which is {max_contrast}."
            )
        weights = {
            "departure": departure,
            "smoothness": smoothness,
            "contrast": contrast,
        }
        super().__init__(torch.zeros(1, controls, 3), Oklab(), weights)
        self.bounds = (min_contrast, max_contrast)
        for name, part in tone_and_chroma.identity()._asdict().items():
            self.register_buffer(name, part)
        self.register_buffer("shares", torch.empty(1, 0, 0, 0))
        self.register_buffer("vivid", torch.tensor(math.inf))
        spline = cubic_spline(controls, torch.linspace(0, 1, KNOTS))
        self.register_buffer("spline", spline, persistent=False)

    @property
    def first(self) -> ToneAndChroma:
        """The functions that it starts from: the whole photo's, then each region's."""
        return ToneAndChroma(self.matrix, self.tones, self.hues)

    def start(
        self,
        content: Tensor,
        style: Tensor,
        find_correspondence: FindCorrespondence | None = None,
        regions: Regions | None = None,
    ) -> None:
        """Put the content photo on the canvas, graded in closed form.

        Raises:
            VerismError: the photos are of one scene, and there is no ``find_correspondence`` to tell what they share.
        """
        ours, theirs = (self.space.encode(photo.float()).flatten(2).squeeze(0) for photo in (content, style))
        shown = torch.ones_like(theirs[0])
        if regions is not None and regions.opacity is not None:
            shown = regions.opacity.flatten().to(content)
        if regions is None or regions.undivided:
            maps = tone_and_chroma.whole_photo(ours, theirs, (torch.ones_like(ours[0]), shown))
            self.shares = content.new_zeros(1, 0, *content.shape[-2:])
        else:
            sure = regions.sure.to(content)
            mine, their = (masks[0].flatten(1).to(content) for masks in (regions.content, regions.style))
            maps = tone_and_chroma.by_region(ours, theirs, mine, their, sure, shown)
            if regions.one_scene:
                if find_correspondence is None:
                    raise VerismError("--model.canvas RegionalGrade: needs a network that compares the photos.")
                alike = (part.flatten().to(content) for part in find_correspondence(content, style))
                maps = maps.towards(tone_and_chroma.one_grade(ours, theirs, *alike), regions.one_scene)
            self.shares = regions.content.to(content) * sure.view(1, -1, 1, 1)
        self.matrix, self.tones, self.hues = (part.to(content) for part in maps)
        self.vivid = tone_and_chroma.most_chroma(theirs, shown).to(content)
        self.controls = nn.Parameter(self.controls.new_zeros(len(self.matrix), *self.controls.shape[1:]))
        self.resize(content)

    def adapted(self, content: Tensor, style: Tensor, regions: Regions) -> RegionalGrade:
        """Return a canvas for another photo, with the look that this one has for a whole photo.

        Its regions' functions are that, and part of the way to the closed form of what the photo has in each of them
        (``tone_and_chroma.held``).

        Args:
            content: the other photo, ``(1, 3, H, W)``, RGB in [0, 1].
            style: ``(1, 3, H', W')``, likewise.
            regions: of these two.
        """
        ours, theirs = (self.space.encode(photo.float()).flatten(2).squeeze(0) for photo in (content, style))
        mine, their = (masks[0].flatten(1).to(content) for masks in (regions.content, regions.style))
        shown = None if regions.opacity is None else regions.opacity.flatten().to(content)
        twin = copy.deepcopy(self)
        common = ToneAndChroma(*(part[:1] for part in self.first))
        twin.matrix, twin.tones, twin.hues = tone_and_chroma.held(common, ours, theirs, mine, their, shown)
        added = self.controls.detach()[:1].repeat(len(twin.matrix), 1, 1)
        twin.controls = nn.Parameter(added, requires_grad=self.controls.requires_grad)
        twin.shares = regions.content.to(content) * regions.sure.to(content).view(1, -1, 1, 1)
        twin.resize(content)
        return twin

    def resize(self, content: Tensor) -> None:
        """Put the content photo at another size on the canvas; the look stays."""
        content = content.to(self.controls)
        if self.shares.shape[-2:] != content.shape[-2:]:
            self.shares = self._shares(content)
        super().resize(content)

    def find(self, photo: Tensor) -> Tensor:
        """Return the photo without its noise, RGB, and how much each region's function counts: ``(1, 3 + K, H, W)``."""
        shares = self.shares if photo.shape == self.photo.shape else self._shares(photo)
        return torch.cat([self._level(photo), shares], dim=1)

    def lattice(self) -> Tensor:
        """Return the tones of the functions, ``(1 + K, KNOTS, 3)``: those of the start, and what is added to them."""
        return self.tones + self.get_buffer("spline") @ self.controls

    def color(self, lattice: Tensor, photo: Tensor, places: Tensor) -> Tensor:
        """Return the photo through the functions, mixed by region, with its noise as it was."""
        own, level = (self.space.encode(image)[0] for image in (photo, places[:, :3]))
        graded, base = (self._mixed(colors, lattice, places[0, 3:]) for colors in (own, level))
        noise, change = own - level, graded - base
        most = CONTRAST * noise[:1].abs()
        chroma = change[1:] * (chroma_of(noise) / chroma_of(change)).clamp_max(1)
        return self._shown(base + torch.cat([change[:1].clamp(-most, most), chroma]), own)

    def table(self, content: Tensor) -> Tensor:
        """Return the lookup table that comes closest, and the whole photo's function of colours that the fit never saw.

        Args:
            content: the content photo that the canvas was started with.

        Returns:
            ``(3, n, n, n)``, RGB by blue, green and red; not clipped.
        """
        return color_table.closest(content, self(), self.plain)

    @torch.no_grad()
    def plain(self, photo: Tensor) -> Tensor:
        """Return a photo, of any colours, through the function for the whole photo; both ``(1, 3, H, W)``, RGB."""
        # A colour by itself has no noise.
        own = self.space.encode(photo.to(self.photo))[0]
        nowhere = own.new_zeros(len(self.matrix) - 1, *own.shape[-2:])
        return self._shown(self._mixed(own, self.lattice(), nowhere), own).to(photo)

    def penalties(self, image: Tensor) -> Mapping[str, Tensor]:
        """Return what the class says, by name."""
        del image
        bend = self.controls.diff(n=2, dim=1) * (self.controls.shape[1] - 1) ** 2
        # Of greys; the slope of a colour's lightness differs by what the matrix makes of its chroma.
        slope = self.matrix[:, :1, 0] + self.lattice()[..., 0].diff(dim=1) * (KNOTS - 1)
        low, high = self.bounds
        return {
            "departure": self.controls.square().mean(),
            "smoothness": bend.square().mean(),
            "contrast": (F.relu(low - slope).square() + F.relu(slope - high).square()).mean(),
        }

    def _shown(self, graded: Tensor, own: Tensor) -> Tensor:
        """Return what can be shown of graded Oklab colours, RGB ``(1, 3, H, W)``; they were ``own``, ``(3, H, W)``."""
        # Nothing becomes more vivid than it was, and than the style is: another photo's green does not turn neon.
        share = (chroma_of(own).maximum(self.vivid) / chroma_of(graded)).clamp_max(1)
        return into_gamut(torch.cat([graded[:1], share * graded[1:]]).unsqueeze(0))

    def _mixed(self, colors: Tensor, lattice: Tensor, shares: Tensor) -> Tensor:
        """Return Oklab colours ``(3, H, W)`` through the functions, mixed by ``shares`` ``(K, H, W)``."""
        whole = 1 - shares.sum(dim=0, keepdim=True)
        return ToneAndChroma(self.matrix, lattice, self.hues).mixed(colors, torch.cat([whole, shares]))

    def _shares(self, photo: Tensor) -> Tensor:
        """Return how much each region's function counts in the content photo at another size."""
        if not self.shares.shape[1]:
            return photo.new_zeros(1, 0, *photo.shape[-2:])
        radius = window_radius(EDGE[0], self.photo.shape[-2:])
        coefficients = local_affine(self.photo, self.shares, radius, EDGE[1])
        return apply_upsampled(coefficients, photo).clamp(0, 1)

    def _level(self, photo: Tensor) -> Tensor:
        """Return a photo without its noise, found at the size of the fit."""
        small = images.resize(photo, self.photo.shape[-2:])
        coefficients = local_affine(small, small, window_radius(NOISE[0], small.shape[-2:]), NOISE[1])
        return apply_upsampled(coefficients, photo).clamp(0, 1)
