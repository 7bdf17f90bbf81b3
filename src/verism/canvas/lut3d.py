"""A 3D lookup table: one function of colour for the whole photo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, final

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from verism import startup
from verism.canvas.canvas import FindCorrespondence
from verism.canvas.grade import out_of_range
from verism.canvas.linear_grade import LinearGrade, Start
from verism.canvas.regional_grade import RegionalGrade
from verism.color.spaces import ColorSpace, Oklab
from verism.color.spline import cubic_spline, lookup, refine
from verism.color.table import nodes
from verism.errors import VerismError
from verism.regions.regions import Regions

RETOUCHED: Literal["retouched"] = "retouched"
"""Start from the tone curve, saturation and tint of ``RegionalGrade``, instead of a linear map."""

MIN_SLOPE = 0.1
"""Slope of the tone curve (lightness of the result over that of the photo) below which the folding penalty starts."""


@final
class Lut3d(LinearGrade):
    """A table over red, green and blue, interpolated between its nodes: a function of colour alone, not of position.

    A .cube file holds such a table, so every program that reads these files gives the same result. The parameter holds
    the few control values of a cubic spline, which is added to the map that the table starts from.

    Attributes:
        bent: ``(3, n, n, n)``, what the initial map adds to its linear part, in the canvas's colour space: 0 unless the
            start is retouched.
    """

    bent: Tensor

    by_color_alone: ClassVar[bool] = True

    def __init__(
        self,
        size: int = 33,
        controls: int = 9,
        space: ColorSpace = startup.default(Oklab),
        init: Start | Literal["retouched"] = "monge_kantorovich",
        smoothness: float = 0.001,
        departure: float = 0.0,
        folding: float = 10.0,
        out_of_range: float = 10.0,
    ) -> None:
        """Choose the table and the weights of its penalties.

        Args:
            size: number of nodes along each axis of the table.
            controls: number of control values of the spline along each axis; if it equals size, every node is free.
            space: colour space in which the table is optimised.
            init: the table to start from. monge_kantorovich: the linear map that gives the photo the style photo's mean
                and covariance of colours. shared: that map for what both photos show, for photos that show the same
                things in different amounts. retouched: the tone curve, saturation and tint that RegionalGrade gives to
                a whole photo. identity: the photo as it is.
            smoothness: weight of the penalty for bends in what the table adds to its start: the mean square of the
                second differences, in units of the space for a colour range of 1.
            departure: weight of the penalty for moving away from the start: the mean square of what the table adds.
            folding: weight of the penalty for lightness that falls, or hardly rises, where the photo's rises: the mean
                square of how far its slope is below 0.1.
            out_of_range: weight of the penalty for colours that cannot be shown: the mean squared distance of the
                image's samples from [0, 1].

        Raises:
            VerismError: the table has fewer than 2 nodes, the spline has fewer than 3 control values, or a weight is
                negative or not finite.
        """
        if size < 2 or controls < 3:  # noqa: PLR2004
            raise VerismError(f"--model.canvas Lut3d: size {size} must be at least 2, controls {controls} at least 3.")
        weights = {
            "smoothness": smoothness,
            "departure": departure,
            "folding": folding,
            "out_of_range": out_of_range,
        }
        linear: Start = "identity" if init == RETOUCHED else init
        super().__init__(torch.zeros(3, controls, controls, controls), space, linear, weights)
        self.is_retouched = init == RETOUCHED
        self.size = size
        self.register_buffer("bent", torch.zeros(3, size, size, size))
        self.register_load_state_dict_pre_hook(_straight)  # type: ignore[no-untyped-call]  # torch has no types here.
        # In the shape of an image, which colour spaces and colour maps expect.
        self.register_buffer("nodes", nodes(size).flatten(2).unsqueeze(0), persistent=False)
        self.register_buffer("spline", cubic_spline(controls, torch.linspace(0, 1, size)), persistent=False)

    def start(
        self,
        content: Tensor,
        style: Tensor,
        find_correspondence: FindCorrespondence | None = None,
        regions: Regions | None = None,
    ) -> None:
        """Load the content photo, and start from the map that ``init`` names.

        Raises:
            VerismError: if the map needs ``find_correspondence`` and it is missing.
        """
        super().start(content, style, find_correspondence, regions)
        self.bent = torch.zeros_like(self.bent)
        if self.is_retouched:
            retouched = RegionalGrade()
            retouched.start(content, style, find_correspondence, regions)
            colors = self.get_buffer("nodes").to(content)
            shift = self.space.encode(retouched.plain(colors)) - self.space.encode(colors)
            self.bent = shift.view_as(self.bent).to(self.bent)

    def locate(self, photo: Tensor) -> Tensor:
        """Return the photo's colours in [-1, 1], with red along x, green along y and blue along z of the table."""
        return 2 * photo - 1

    def lattice(self) -> Tensor:
        """Return the table, ``(3, n, n, n)``: sRGB by blue, green and red, not clipped."""
        encoded = self._encoded()
        return self.space.decode(encoded.flatten(2).unsqueeze(0)).view_as(encoded)

    def table(self, content: Tensor) -> Tensor:
        """Return the table itself, ``(3, n, n, n)``: RGB by blue, green and red, not clipped."""
        del content
        return self.lattice()

    def color(self, lattice: Tensor, photo: Tensor, places: Tensor) -> Tensor:
        """Apply the table to the colours of the photo, giving ``(1, 3, H, W)``, RGB, not clipped."""
        del photo
        return lookup(lattice, places).unsqueeze(0)

    def penalties(self, image: Tensor) -> Mapping[str, Tensor]:
        """Return the unweighted penalties of the constructor's weights, by name, each a scalar."""
        steps = self.controls.shape[-1] - 1
        bends = [self.controls.diff(n=2, dim=dim) * steps**2 for dim in (1, 2, 3)]
        lightness = torch.einsum("c,czyx->zyx", torch.tensor(self.space.lightness).to(image), self._encoded())
        # Along the grey axis and lines parallel to it.
        slope = (lightness[1:, 1:, 1:] - lightness[:-1, :-1, :-1]) * (self.size - 1)
        return {
            "smoothness": torch.stack([bend.square().mean() for bend in bends]).sum(),
            "departure": self.controls.square().mean(),
            "folding": F.relu(MIN_SLOPE - slope).square().mean(),
            "out_of_range": out_of_range(image),
        }

    def _encoded(self) -> Tensor:
        """Return the table in the canvas's colour space, ``(3, n, n, n)``."""
        added = refine(self.controls, *[self.get_buffer("spline")] * 3)
        start = self.first(self.space.encode(self.get_buffer("nodes")))
        return added + start.view_as(added) + self.bent


def _straight(canvas: nn.Module, state: dict[str, Tensor], prefix: str, *rest: object) -> None:
    """Allow loading checkpoints from before retouched starts, which have no ``bent``."""
    del rest
    state.setdefault(f"{prefix}bent", torch.zeros_like(canvas.get_buffer("bent")))
