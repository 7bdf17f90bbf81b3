"""Canvases that start from a linear map of colours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor, nn

from verism.canvas.canvas import FindCorrespondence
from verism.canvas.grade import Grade
from verism.color.monge_kantorovich import ColorMap, identity, monge_kantorovich
from verism.color.spaces import ColorSpace
from verism.errors import VerismError
from verism.regions.masks import Regions

Start = Literal["monge_kantorovich", "shared", "identity"]

NOISE = 0.02
"""Standard deviation of what is noise to the colour map that a canvas starts from: five levels of 8 bits."""


class LinearGrade(Grade):
    """A grade whose lattice holds what is added to one linear map of colours for the whole photo.

    Attributes:
        matrix: ``(3, 3)``, of that colour map, in the space that the canvas works in.
        offset: ``(3,)``, likewise.
    """

    matrix: Tensor
    offset: Tensor

    def __init__(self, controls: Tensor, space: ColorSpace, init: Start, weights: Mapping[str, float]) -> None:
        """Remember the first parameter, the space, where to start from, and the weights of the penalties."""
        super().__init__(controls, space, weights)
        self.init = init
        self.register_buffer("matrix", torch.eye(3))
        self.register_buffer("offset", torch.zeros(3))

    @property
    def first(self) -> ColorMap:
        """The linear colour map that it starts from, in ``space``."""
        return ColorMap(self.matrix, self.offset)

    def start(
        self,
        content: Tensor,
        style: Tensor,
        find_correspondence: FindCorrespondence | None = None,
        regions: Regions | None = None,
    ) -> None:
        """Put the content photo on the canvas, through the closed-form colour map or as it is."""
        shown = None if regions is None else regions.opacity
        self.matrix, self.offset = (
            part.to(content) for part in self._first(content, style, find_correspondence, shown)
        )
        self.controls = nn.Parameter(torch.zeros_like(self.controls))
        self.resize(content)

    def _first(
        self, content: Tensor, style: Tensor, find_correspondence: FindCorrespondence | None, shown: Tensor | None
    ) -> ColorMap:
        if self.init == "identity":
            return identity()
        weights: tuple[Tensor, Tensor] | None = None
        if self.init == "shared":
            if find_correspondence is None:
                raise VerismError("--model.canvas.init shared: needs a network that compares the photos.")
            weights = find_correspondence(content, style)
        if shown is not None:
            ours, theirs = weights or (torch.ones_like(content[:, :1]), 1.0)
            weights = (ours, theirs * shown.to(style))
        return monge_kantorovich(self.space.encode(content), self.space.encode(style), NOISE, weights=weights)
