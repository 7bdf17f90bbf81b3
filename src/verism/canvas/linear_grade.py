"""The base class of canvases that start from a linear map of colours."""

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
from verism.regions.regions import Regions

Start = Literal["monge_kantorovich", "shared", "identity"]
"""The initial linear map: the closed form for both photos as a whole, for what they share, or the identity."""

NOISE = 0.02
"""Standard deviation up to which variation of a photo's colours may be noise: five levels of 8 bits."""


class LinearGrade(Grade):
    """A grade that starts from a single linear map of colours, to which the values on its lattice are added.

    Attributes:
        matrix: ``(3, 3)``, the matrix of the linear map, in the canvas's colour space.
        offset: ``(3,)``, the offset of the linear map.
    """

    matrix: Tensor
    offset: Tensor

    def __init__(self, controls: Tensor, space: ColorSpace, init: Start, weights: Mapping[str, float]) -> None:
        """Set up the canvas, without a photo yet.

        Args:
            controls: initial value of the parameter.
            space: the colour space in which the canvas works.
            init: the linear map to start from.
            weights: weight of each penalty, by name.
        """
        super().__init__(controls, space, weights)
        self.init = init
        self.register_buffer("matrix", torch.eye(3))
        self.register_buffer("offset", torch.zeros(3))

    @property
    def first(self) -> ColorMap:
        """The linear map that the canvas starts from, in its colour space."""
        return ColorMap(self.matrix, self.offset)

    def start(
        self,
        content: Tensor,
        style: Tensor,
        find_correspondence: FindCorrespondence | None = None,
        regions: Regions | None = None,
    ) -> None:
        """Load the content photo, and start from the linear map that ``init`` names.

        Raises:
            VerismError: if ``init`` is shared and ``find_correspondence`` is missing.
        """
        opacity = None if regions is None else regions.opacity
        self.matrix, self.offset = (
            part.to(content) for part in self._linear_map(content, style, find_correspondence, opacity)
        )
        self.controls = nn.Parameter(torch.zeros_like(self.controls))
        self.resize(content)

    def _linear_map(
        self, content: Tensor, style: Tensor, find_correspondence: FindCorrespondence | None, opacity: Tensor | None
    ) -> ColorMap:
        if self.init == "identity":
            return identity()
        weights: tuple[Tensor, Tensor] | None = None
        if self.init == "shared":
            if find_correspondence is None:
                raise VerismError("--model.canvas.init shared: needs a network that compares the photos.")
            weights = find_correspondence(content, style)
        if opacity is not None:
            of_content, of_style = weights or (torch.ones_like(content[:, :1]), 1.0)
            weights = (of_content, of_style * opacity.to(style))
        return monge_kantorovich(self.space.encode(content), self.space.encode(style), NOISE, weights=weights)
