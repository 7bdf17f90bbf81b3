"""The base class of canvases: what a run optimises, and how it becomes an image."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

from torch import Tensor, nn

from verism.backbone.correspondence import Correspondence
from verism.color import table as color_table
from verism.description import Described
from verism.errors import VerismError
from verism.regions.regions import Regions

FindCorrespondence = Callable[[Tensor, Tensor], Correspondence]
"""Takes the content photo and the style photo; returns for each pixel of both how far the other one shows the same."""


class Canvas(Described, nn.Module, ABC):
    """Holds the parameters that are optimised, and makes the image from them.

    Attributes:
        penalty_weights: name of a penalty to its weight in the total loss; empty if the canvas has no penalties.
    """

    def __init__(self, weights: Mapping[str, float] | None = None) -> None:
        """Keep the penalties whose weight is not 0.

        Args:
            weights: name of a penalty to its weight in the total loss; None: the canvas has no penalties.

        Raises:
            VerismError: a weight is negative or not finite.
        """
        super().__init__()
        for name, weight in (weights or {}).items():
            if not 0 <= weight < math.inf:
                raise VerismError(f"--model.canvas.{name} {weight}: must be finite and not negative.")
        self.penalty_weights = {name: weight for name, weight in (weights or {}).items() if weight}

    def check(self) -> None:
        """Check, before a run writes anything, that the canvas can start.

        Raises:
            VerismError: it starts from a file that cannot be read.
        """

    @abstractmethod
    def start(
        self,
        content: Tensor,
        style: Tensor,
        find_correspondence: FindCorrespondence | None = None,
        regions: Regions | None = None,
    ) -> None:
        """Put the first image on the canvas.

        Args:
            content: ``(1, 3, H, W)``, RGB in [0, 1]; the image takes its shape.
            style: ``(1, 3, H', W')``, RGB in [0, 1].
            find_correspondence: compares the photos; called only by a canvas that starts from what they have in common.
            regions: of the two photos, for a canvas that treats regions differently; None: there are none.

        Raises:
            VerismError: it starts from a file that cannot be read, or needs ``find_correspondence`` and there is none.
        """

    @abstractmethod
    def resize(self, content: Tensor) -> None:
        """Resize the image to the size of ``content``, and keep what it shows; this may replace the parameters.

        Args:
            content: the content photo at the new size, ``(1, 3, H, W)``, RGB in [0, 1].
        """

    @abstractmethod
    def resume(self, state: Mapping[str, Tensor]) -> None:
        """Load the state of another canvas of the same class, whose image may have another size.

        Args:
            state: name to tensor, from ``state_dict``.

        Raises:
            KeyError: the state lacks a parameter.
            RuntimeError: the state is that of another class.
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
            ``(1, 3, H, W)``, RGB, not clipped; of the photo's shape, unless the class says otherwise.
        """

    def table(self, content: Tensor) -> Tensor:
        """Return the colour lookup table that comes closest to what the canvas does to the photo.

        Args:
            content: the content photo that the canvas was started with, ``(1, 3, H, W)``, RGB in [0, 1].

        Returns:
            ``(3, n, n, n)``, RGB by blue, green and red; not clipped.
        """
        return color_table.closest(content, self())

    def penalties(self, image: Tensor) -> Mapping[str, Tensor]:
        """Return the penalties for the canvas's current state: name to a scalar, before its weight.

        Args:
            image: the image, as ``forward`` returned it.
        """
        del image
        return {}
