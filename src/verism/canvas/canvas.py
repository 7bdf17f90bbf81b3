"""The base class of canvases: what a run optimises, and how it becomes an image."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

from torch import Tensor, nn

from verism.backbone.correspondence import Correspondence
from verism.color import table as color_table
from verism.errors import VerismError
from verism.regions.masks import Regions

FindCorrespondence = Callable[[Tensor, Tensor], Correspondence]
"""Takes two photos and returns, for each of their pixels, how well the other photo shows the same thing."""


class Canvas(nn.Module, ABC):
    """Holds the parameter that is optimised, and makes the image from it.

    Attributes:
        penalty_weights: name of a penalty to its weight in the total loss; empty if the canvas has no penalties.
    """

    def __init__(self, weights: Mapping[str, float] | None = None) -> None:
        """Keep the penalties whose weight is not 0; raise ``VerismError`` if a weight is negative or not finite."""
        super().__init__()
        for name, weight in (weights or {}).items():
            if not 0 <= weight < math.inf:
                raise VerismError(f"--model.canvas.{name} {weight}: must be finite and not negative.")
        self.penalty_weights = {name: weight for name, weight in (weights or {}).items() if weight}

    def check(self) -> None:
        """Check whether the canvas can start, before anything is written.

        Raises:
            VerismError: it starts from a file, and the file cannot be read.
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
            find_correspondence: compares the photos; needed by a canvas that starts from what they have in common, and
                not called by others.
            regions: of the two photos, for a canvas that treats regions differently; None if there are none.

        Raises:
            VerismError: it starts from a file that cannot be read, or needs ``find_correspondence``.
        """

    @abstractmethod
    def resize(self, content: Tensor) -> None:
        """Resize the image to the size of ``content`` ``(1, 3, H, W)``, the content photo, and keep what it shows.

        This may replace the parameter.
        """

    @abstractmethod
    def resume(self, state: Mapping[str, Tensor]) -> None:
        """Take the state of an earlier canvas of the same class, of any size.

        Raises:
            KeyError: the state lacks the parameter.
            RuntimeError: the state is that of another class.
        """

    @abstractmethod
    def forward(self) -> Tensor:
        """Return the image at the size of the content photo it was started with: ``(1, 3, H, W)``, RGB, not clipped."""

    @abstractmethod
    def render(self, photo: Tensor) -> Tensor:
        """Return the result at full size.

        Args:
            photo: the content photo at its own size, ``(1, 3, H, W)``, RGB in [0, 1].

        Returns:
            ``(1, 3, H, W)``, RGB, not clipped; of the photo's shape, unless the canvas's own documentation says
            otherwise.
        """

    def table(self, content: Tensor) -> Tensor:
        """Return the colour lookup table that changes the photo as the canvas does, or as closely as a table can.

        Args:
            content: the content photo that the canvas was started with.

        Returns:
            ``(3, n, n, n)``, RGB by blue, green and red; not clipped.
        """
        return color_table.closest(content, self())

    def penalties(self, image: Tensor) -> Mapping[str, Tensor]:
        """Return the penalties of the canvas's present state, a scalar for each of ``penalty_weights``.

        Args:
            image: what ``forward`` returned.
        """
        del image
        return {}
