"""A retoucher's grade: a tone curve, a saturation and a tint for the whole photo, and for each region of its own."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from verism import color_table, tone_and_chroma
from verism.canvas.canvas import Compare
from verism.canvas.grade import Grade
from verism.color_space import Oklab, into_gamut
from verism.errors import VerismError
from verism.guided_filter import apply_upsampled, local_affine, window_radius
from verism.lattice import cubic_spline, lookup, refine
from verism.regions import Regions
from verism.tone_and_chroma import ToneAndChroma

NODES = 17
"""Along each axis of the table in which what is added to the start is looked up."""

EDGE = (0.02, 1e-4)
"""Of the guided filter that brings regions to the edges of a larger photo: its windows' radius as a share of the short
side, and what is noise to it, in squared RGB."""


@final
class RegionalGrade(Grade):
    """Every colour becomes another, by one function for the whole photo and one for each region that the style shows.

    A pixel gets the mean of these functions, weighted by how much of it is in each region and how sure it is that the
    style shows the same there; whatever is left gets the function for the whole photo. Each function starts as a tone
    curve, a saturation and a tint in Oklab (``tone_and_chroma``). The parameter is what is added to them, as cubic
    splines over the colour. Nothing else depends on the place, so a sky cannot have two colours. What sRGB cannot
    show loses chroma, and keeps its lightness.
    """

    matrix: Tensor
    tones: Tensor
    shares: Tensor

    def __init__(
        self,
        controls: int = 5,
        departure: float = 200.0,
        smoothness: float = 0.05,
        contrast: float = 1.0,
        min_contrast: float = 0.5,
        max_contrast: float = 2.0,
    ) -> None:
        """Choose how far the functions may leave their start.

        Args:
            controls: control values of the splines along each axis of RGB, at least 3.
            departure: weight of the mean squared difference, in Oklab, of the functions from their start.
            smoothness: weight of the mean square of the second differences of what is added to the start.
            contrast: weight of the mean squared excess of a function's slope of lightness over its bounds.
            min_contrast: how much of the contrast of details has to stay, as a factor.
            max_contrast: how much it may be amplified, as a factor.

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
        super().__init__(torch.zeros(3, controls, controls, controls), Oklab(), weights)
        self.bounds = (min_contrast, max_contrast)
        for name, part in tone_and_chroma.identity()._asdict().items():
            self.register_buffer(name, part)
        self.register_buffer("shares", torch.empty(1, 0, 0, 0))
        axis = torch.linspace(0, 1, NODES)
        blue, green, red = torch.meshgrid(axis, axis, axis, indexing="ij")
        nodes = self.space.encode(torch.stack([red, green, blue]).flatten(2).unsqueeze(0))
        self.register_buffer("nodes", nodes.view(3, NODES, NODES, NODES), persistent=False)
        self.register_buffer("spline", cubic_spline(controls, axis), persistent=False)

    @property
    def first(self) -> ToneAndChroma:
        """The functions that it starts from: the whole photo's, then each region's."""
        return ToneAndChroma(self.matrix, self.tones)

    def start(
        self, content: Tensor, style: Tensor, compare: Compare | None = None, regions: Regions | None = None
    ) -> None:
        """Put the content photo on the canvas, graded in closed form."""
        del compare
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
            maps = tone_and_chroma.by_region(ours, theirs, mine, their, sure, regions.one_scene, shown)
            self.shares = regions.content.to(content) * sure.view(1, -1, 1, 1)
        self.matrix, self.tones = (part.to(content) for part in maps)
        shape = (3 * len(self.matrix), *self.controls.shape[1:])
        self.controls = nn.Parameter(self.controls.new_zeros(shape))
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
        common = ToneAndChroma(self.matrix[:1], self.tones[:1])
        twin.matrix, twin.tones = tone_and_chroma.held(common, ours, theirs, mine, their, shown)
        added = self.controls.detach()[:3].repeat(len(twin.matrix), 1, 1, 1)
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
        """Return the colours, in [-1, 1], and how much each region's function counts: ``(1, 3 + R, H, W)``."""
        same = photo.shape == self.photo.shape
        return torch.cat([2 * photo - 1, self.shares if same else self._shares(photo)], dim=1)

    def lattice(self) -> Tensor:
        """Return what is added to the start, in Oklab, ``(3 (1 + R), NODES, NODES, NODES)``."""
        return refine(self.controls, *[self.get_buffer("spline")] * 3)

    def color(self, lattice: Tensor, photo: Tensor, places: Tensor) -> Tensor:
        """Return the photo through the functions, mixed by region."""
        colors, shares = places[:, :3], places[0, 3:]
        added = lookup(lattice, colors).view(-1, 3, *photo.shape[-2:])
        graded = self.first(self.space.encode(photo)[0]) + added
        mixed = graded[0] + torch.einsum("khw,kchw->chw", shares, graded[1:] - graded[0])
        return into_gamut(self.space.decode(mixed.unsqueeze(0)))

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
        own = photo.to(self.photo)
        nowhere = own.new_zeros(1, len(self.matrix) - 1, *own.shape[-2:])
        return self.color(self.lattice(), own, torch.cat([2 * own - 1, nowhere], dim=1)).to(photo)

    def penalties(self, image: Tensor) -> Mapping[str, Tensor]:
        """Return what the class says, by name."""
        del image
        steps = self.controls.shape[-1] - 1
        bends = [self.controls.diff(n=2, dim=dim) * steps**2 for dim in (1, 2, 3)]
        nodes = self.get_buffer("nodes")
        lightness = (self.first(nodes) + self.lattice().view(-1, *nodes.shape))[:, 0]
        rise = nodes[0, 1:, 1:, 1:] - nodes[0, :-1, :-1, :-1]
        slope = (lightness[:, 1:, 1:, 1:] - lightness[:, :-1, :-1, :-1]) / rise
        low, high = self.bounds
        return {
            "departure": self.controls.square().mean(),
            "smoothness": torch.stack([bend.square().mean() for bend in bends]).sum(),
            "contrast": (F.relu(low - slope).square() + F.relu(slope - high).square()).mean(),
        }

    def _shares(self, photo: Tensor) -> Tensor:
        """Return how much each region's function counts in the content photo at another size."""
        if not self.shares.shape[1]:
            return photo.new_zeros(1, 0, *photo.shape[-2:])
        radius = window_radius(EDGE[0], self.photo.shape[-2:])
        coefficients = local_affine(self.photo, self.shares, radius, EDGE[1])
        return apply_upsampled(coefficients, photo).clamp(0, 1)
