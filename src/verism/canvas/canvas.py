"""The base class of canvases: what a run optimises, and how it becomes an image."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from torch import Tensor, nn

from verism.backbone.correspondence import Correspondence
from verism.color import table as color_table
from verism.description import Described
from verism.errors import VerismError
from verism.regions.regions import Regions

FindCorrespondence = Callable[[Tensor, Tensor], Correspondence]
"""Takes the content photo and the style photo. Returns, for each pixel of both, how far the other shows the same."""


class Canvas(Described, nn.Module, ABC):
    """Holds the parameters to optimise, and renders the image from them.

    Attributes:
        penalty_weights: weight of each penalty in the total loss, by name. Empty if the canvas has no penalties.
    """

    keeps_regions: ClassVar[bool] = False
    """Whether the canvas can leave regions of the content photo as they are (``Regions.kept``)."""

    def __init__(self, weights: Mapping[str, float] | None = None) -> None:
        """Keep the penalties with nonzero weights.

        Args:
            weights: weight of each penalty in the total loss, by name. None if the canvas has no penalties.

        Raises:
            VerismError: if a weight is negative or not finite.
        """
        super().__init__()
        for name, weight in (weights or {}).items():
            if not 0 <= weight < math.inf:
                raise VerismError(f"--model.canvas.{name} {weight}: must be finite and not negative.")
        self.penalty_weights = {name: weight for name, weight in (weights or {}).items() if weight}

    def check(self) -> None:
        """Check that the canvas can start, before a run writes anything.

        Raises:
            VerismError: if the canvas starts from a file that cannot be read.
        """

    def check_keeps(self, kept: Sequence[str]) -> None:
        """Raise ``VerismError`` if regions are to be kept as they are, and the canvas cannot do that."""
        if kept and not self.keeps_regions:
            raise VerismError(
                f"--data.keep: {type(self).__name__} cannot keep a part of the photo as it is; use --model.canvas "
                "RegionalGrade, as photoreal.yaml does, or leave the option out."
            )

    @abstractmethod
    def start(
        self,
        content: Tensor,
        style: Tensor,
        find_correspondence: FindCorrespondence | None = None,
        regions: Regions | None = None,
    ) -> None:
        """Initialise the canvas with the first image.

        Args:
            content: ``(1, 3, H, W)``, RGB in [0, 1]. The image takes its shape.
            style: ``(1, 3, H', W')``, RGB in [0, 1].
            find_correspondence: compares the photos. Only called by canvases that start from what the photos share.
            regions: regions of the two photos, for canvases that treat regions differently. None if there are none.

        Raises:
            VerismError: if the canvas starts from a file that cannot be read, or ``find_correspondence`` is needed but
                missing.
        """

    @abstractmethod
    def resize(self, content: Tensor) -> None:
        """Resize the image to the size of ``content`` without changing what it shows. May replace the parameters.

        Args:
            content: the content photo at the new size, ``(1, 3, H, W)``, RGB in [0, 1].
        """

    @abstractmethod
    def resume(self, state: Mapping[str, Tensor]) -> None:
        """Load the state of another canvas of the same class, whose image may have a different size.

        Args:
            state: tensors by name, from ``state_dict``.

        Raises:
            KeyError: if the state lacks a parameter.
            RuntimeError: if the state is that of another class.
        """

    @abstractmethod
    def forward(self) -> Tensor:
        """Return the image at the size of the fit: ``(1, 3, H, W)``, RGB, not clipped."""

    @abstractmethod
    def render(self, photo: Tensor) -> Tensor:
        """Return the result at full size.

        Args:
            photo: the content photo at its own size, ``(1, 3, H, W)``, RGB in [0, 1].

        Returns:
            ``(1, 3, H, W)``, RGB, not clipped, in the shape of the photo unless the class says otherwise.
        """

    def table(self, content: Tensor) -> Tensor:
        """Return the colour lookup table that best approximates what the canvas does to the photo.

        Args:
            content: the content photo that the canvas was started with, ``(1, 3, H, W)``, RGB in [0, 1].

        Returns:
            ``(3, n, n, n)``, RGB by blue, green and red, not clipped.
        """
        return color_table.closest(content, self())

    def penalties(self, image: Tensor) -> Mapping[str, Tensor]:
        """Return the unweighted penalties for the current state of the canvas, by name, each a scalar.

        Args:
            image: the image that ``forward`` returned.
        """
        del image
        return {}
