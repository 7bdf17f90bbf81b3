"""A fixed lookup table: the look of a series, or a look read from a file."""

from __future__ import annotations

from typing import ClassVar, final

from torch import Tensor

from verism.canvas.canvas import FindCorrespondence
from verism.canvas.grade import Grade
from verism.color.spaces import Srgb
from verism.color.spline import lookup
from verism.regions.regions import Regions


@final
class GivenTable(Grade):
    """Applies a fixed lookup table, whose nodes are the control values, to a photo."""

    by_color_alone: ClassVar[bool] = True

    def __init__(self, table: Tensor, photo: Tensor) -> None:
        """Create the canvas from a table.

        Args:
            table: ``(3, n, n, n)``, from sRGB to sRGB, RGB by blue, green and red, not clipped.
            photo: ``(1, 3, H, W)``, RGB in [0, 1], with the colours that the table was made for.
        """
        super().__init__(table, Srgb(), {})
        self.requires_grad_(requires_grad=False)
        self.resize(photo)

    def start(
        self,
        content: Tensor,
        style: Tensor,
        find_correspondence: FindCorrespondence | None = None,
        regions: Regions | None = None,
    ) -> None:
        """Load another content photo. The style photo is ignored, since the look is fixed."""
        self.resize(content)

    def locate(self, photo: Tensor) -> Tensor:
        """Return the photo's colours in [-1, 1], with red along x, green along y and blue along z of the table."""
        return 2 * photo - 1

    def lattice(self) -> Tensor:
        """Return the table, ``(3, n, n, n)``."""
        return self.controls

    def table(self, content: Tensor) -> Tensor:
        """Return the table, ``(3, n, n, n)``: RGB by blue, green and red; not clipped."""
        del content
        return self.controls.detach()

    def color(self, lattice: Tensor, photo: Tensor, places: Tensor) -> Tensor:
        """Apply the table to the colours of the photo, giving ``(1, 3, H, W)``, RGB, not clipped."""
        del photo
        return lookup(lattice, places).unsqueeze(0)
