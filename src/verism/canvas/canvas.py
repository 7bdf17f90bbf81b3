"""What every canvas can do."""

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
"""What tells, of two photos, how much of each pixel the other shows too: ``(1, 1, H, W)`` and ``(1, 1, H', W')``."""


class Canvas(nn.Module, ABC):
    """Holds the one parameter of the optimisation, and makes the image of it.

    Attributes:
        penalty_weights: of its penalties in the total, by name; empty if it has none.
    """

    def __init__(self, weights: Mapping[str, float] | None = None) -> None:
        """Remember which penalties count, and how much; raise ``VerismError`` if a weight is no number from 0."""
        super().__init__()
        for name, weight in (weights or {}).items():
            if not 0 <= weight < math.inf:
                raise VerismError(f"--model.canvas.{name} {weight}: must be a finite number from 0.")
        self.penalty_weights = {name: weight for name, weight in (weights or {}).items() if weight}

    def check(self) -> None:
        """Find out whether it can start, before anything is written.

        Raises:
            VerismError: it starts from a file, and that cannot be read.
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
            find_correspondence: called only by a canvas that starts from what the photos share, and needed by it.
            regions: of the two photos, for a canvas that treats them differently; None if there are none.

        Raises:
            VerismError: it starts from a file that cannot be read, or needs ``find_correspondence``.
        """

    @abstractmethod
    def resize(self, content: Tensor) -> None:
        """Bring the image to the size of ``content`` ``(1, 3, H, W)``, the content photo; what it shows stays.

        The parameter may be another one after it.
        """

    @abstractmethod
    def resume(self, state: Mapping[str, Tensor]) -> None:
        """Take the state of an earlier canvas of this kind, of any size.

        Raises:
            KeyError: it lacks the parameter.
            RuntimeError: it is another kind's.
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
            ``(1, 3, H, W)``, RGB, not clipped; of the photo's shape, unless the canvas says otherwise.
        """

    def table(self, content: Tensor) -> Tensor:
        """Return the lookup table of colours that does to the photo what the canvas does, or what comes closest.

        Args:
            content: the content photo that the canvas was started with.

        Returns:
            ``(3, n, n, n)``, RGB by blue, green and red; not clipped.
        """
        return color_table.closest(content, self())

    def penalties(self, image: Tensor) -> Mapping[str, Tensor]:
        """Return what the canvas has against its present state, a scalar for each of ``penalty_weights``.

        Args:
            image: what ``forward`` returned.
        """
        del image
        return {}
