"""What the canvases that colour a photo have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Literal, cast

import torch
from torch import Tensor, nn

from verism.canvas.canvas import Canvas, Compare
from verism.color_map import ColorMap, identity, monge_kantorovich
from verism.color_space import ColorSpace
from verism.errors import VerismError
from verism.lattice import lookup

Start = Literal["monge_kantorovich", "shared", "identity"]

NOISE = 0.02
"""Standard deviation of what is noise to the colour map that a canvas starts from: five levels of 8 bits."""

BAND = 2**20
"""Pixels that are rendered at a time: it bounds the memory, whatever the photo's size."""


class Grade(Canvas):
    """A photo through a function of its colours and places, which lie on a lattice: the geometry stays the photo's.

    The lattice is small next to the photo, so it is fitted at moderate size and rendered at any.

    Attributes:
        controls: the one parameter, ``(c, z, y, x)``, the control values of a cubic spline; 0 where the function is the
            linear colour map that it starts from.
        photo: ``(1, 3, H, W)``, the content photo at the size of the fit.
        matrix: ``(3, 3)``, of that colour map, in the space that the canvas works in.
        offset: ``(3,)``, likewise.
    """

    photo: Tensor
    matrix: Tensor
    offset: Tensor
    places: Tensor

    def __init__(self, controls: Tensor, space: ColorSpace, init: Start, weights: Mapping[str, float]) -> None:
        """Remember the first parameter, the space, where to start from, and the weights of the penalties."""
        super().__init__(weights)
        self.space = space
        self.init = init
        self.controls = nn.Parameter(controls)
        self.register_buffer("photo", torch.empty(1, 3, 0, 0))
        self.register_buffer("matrix", torch.eye(3))
        self.register_buffer("offset", torch.zeros(3))
        self.register_buffer("places", torch.empty(1, 3, 0, 0), persistent=False)
        self.register_load_state_dict_post_hook(_find_places)  # type: ignore[no-untyped-call]  # As torch has it.

    @property
    def first(self) -> ColorMap:
        """The linear colour map that it starts from, in ``space``."""
        return ColorMap(self.matrix, self.offset)

    def start(self, content: Tensor, style: Tensor, compare: Compare | None = None) -> None:
        """Put the content photo on the canvas, through the closed-form colour map or as it is."""
        self.matrix, self.offset = (part.to(content) for part in self._first(content, style, compare))
        self.controls = nn.Parameter(torch.zeros_like(self.controls))
        self.resize(content)

    def resize(self, content: Tensor) -> None:
        """Put the content photo at another size on the canvas; the look stays."""
        self.photo = content.to(self.controls, copy=True)
        self.places = self.find(self.photo)

    def resume(self, state: Mapping[str, Tensor]) -> None:
        """Take the state of an earlier canvas of this kind, whatever the size of its photo."""
        self.photo = torch.empty_like(state["photo"]).to(self.photo)
        self.load_state_dict(state)

    @abstractmethod
    def find(self, photo: Tensor) -> Tensor:
        """Return where on the lattice the pixels of ``photo`` are: x, y and z in [-1, 1]; both ``(1, 3, H, W)``."""

    @abstractmethod
    def lattice(self) -> Tensor:
        """Return the values on the lattice, ``(c, Z, Y, X)``."""

    @abstractmethod
    def color(self, values: Tensor, photo: Tensor) -> Tensor:
        """Return what the values ``(c, H, W)`` make of ``photo`` ``(1, 3, H, W)``: of its shape, RGB, not clipped."""

    def forward(self) -> Tensor:
        """Return the image at the size of the fit: ``(1, 3, H, W)``, RGB, not clipped."""
        return self._color(self.lattice(), self.photo, self.places)

    @torch.no_grad()
    def render(self, photo: Tensor) -> Tensor:
        """Return ``photo`` ``(1, 3, H, W)``, RGB in [0, 1], of any size, with the same look; not clipped."""
        photo = photo.to(self.photo)
        places, lattice = self.find(photo), self.lattice()
        result = torch.empty_like(photo)
        rows = max(1, BAND // photo.shape[-1])
        for band in zip(*(tensor.split(rows, dim=-2) for tensor in (result, photo, places)), strict=True):
            part, *seen = band
            part.copy_(self._color(lattice, *seen))
        return result

    def _first(self, content: Tensor, style: Tensor, compare: Compare | None) -> ColorMap:
        if self.init == "identity":
            return identity()
        weights = None
        if self.init == "shared":
            if compare is None:
                raise VerismError("--model.canvas.init shared: needs a network that compares the photos.")
            weights = compare(content, style)
        return monge_kantorovich(self.space.encode(content), self.space.encode(style), NOISE, weights=weights)

    def _color(self, lattice: Tensor, photo: Tensor, places: Tensor) -> Tensor:
        return self.color(lookup(lattice, places), photo)


def _find_places(canvas: nn.Module, keys: object) -> None:
    """Have a canvas that was loaded from a checkpoint look its own photo up, which is loaded too."""
    del keys
    grade = cast("Grade", canvas)
    grade.places = grade.find(grade.photo)


def out_of_range(image: Tensor) -> Tensor:
    """Return the mean squared distance of samples from [0, 1]: a soft penalty, where clipping would stop learning."""
    return (image - image.clamp(0, 1)).square().mean()
