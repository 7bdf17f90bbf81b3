"""The base class of canvases that change the colours of a photo."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar, cast

import torch
from torch import Tensor, nn

from verism import images
from verism.arguments import check_part
from verism.canvas.canvas import Canvas
from verism.color.spaces import ColorSpace
from verism.stopping import may_stop


class Grade(Canvas):
    """Applies a function of colour, whose values are given on a small lattice, to the content photo.

    The geometry of the photo is unchanged. Because the lattice is small compared with the photo, it can be fitted at a
    small size and rendered at any size.

    Attributes:
        controls: the only parameter: control values of a cubic spline, initially 0, which is added to the function that
            the canvas starts from.
        photo: ``(1, 3, H, W)``, the content photo at the size of the fit, RGB in [0, 1].
        places: ``(1, n, H, W)``, what decides how each pixel is treated, from ``locate``.
    """

    photo: Tensor
    places: Tensor

    by_color_alone: ClassVar[bool] = False
    """Whether the result depends on colour alone, in every photo and place, so that a table captures the whole look."""

    def __init__(self, controls: Tensor, space: ColorSpace, weights: Mapping[str, float]) -> None:
        """Set up the canvas, without a photo yet.

        Args:
            controls: initial value of the parameter.
            space: the colour space in which the canvas works.
            weights: weight of each penalty, by name.

        Raises:
            VerismError: ``space`` is no colour space, or a weight is negative or not finite.
        """
        super().__init__(weights)
        check_part("--model.canvas.space", space, ColorSpace)
        self.space = space
        self.controls = nn.Parameter(controls)
        self.register_buffer("photo", torch.empty(1, 3, 0, 0))
        self.register_buffer("places", torch.empty(1, 3, 0, 0), persistent=False)
        self.register_load_state_dict_post_hook(_find_places)  # type: ignore[no-untyped-call]  # torch has no types here.

    def resize(self, content: Tensor) -> None:
        """Replace the content photo with the same photo at another size. The look is unchanged."""
        self.photo = content.to(self.controls, copy=True)
        self.places = self.locate(self.photo)

    def resume(self, state: Mapping[str, Tensor]) -> None:
        """Load the state of another canvas of the same class, whose photo may have a different size."""
        # By default, named_buffers lists a tensor once, even if two buffers share it.
        for name, buffer in self.named_buffers(remove_duplicate=False):
            if name in state:
                setattr(self, name, torch.empty_like(state[name]).to(buffer))
        self.controls = nn.Parameter(torch.empty_like(state["controls"]).to(self.controls))
        self.load_state_dict(state)

    @abstractmethod
    def locate(self, photo: Tensor) -> Tensor:
        """Return what decides how the pixels of ``photo`` ``(1, 3, H, W)`` are treated, such as colour or position.

        Returns:
            ``(1, n, H, W)``.
        """

    @abstractmethod
    def lattice(self) -> Tensor:
        """Return the current values on the lattice, in the shape that ``color`` expects."""

    @abstractmethod
    def color(self, lattice: Tensor, photo: Tensor, places: Tensor) -> Tensor:
        """Return the photo with its colours changed.

        Args:
            lattice: from ``lattice``.
            photo: ``(1, 3, H, W)``, RGB in [0, 1].
            places: ``(1, n, H, W)``, from ``locate``.

        Returns:
            ``(1, 3, H, W)``, RGB, not clipped.
        """

    def forward(self) -> Tensor:
        """Return the image at the size of the fit: ``(1, 3, H, W)``, RGB, not clipped."""
        return self.color(self.lattice(), self.photo, self.places)

    @torch.no_grad()
    def render(self, photo: Tensor) -> Tensor:
        """Apply the look to a photo: the content photo at full size, or any other photo.

        Args:
            photo: ``(1, 3, H, W)``, RGB in [0, 1].

        Returns:
            ``(1, 3, H, W)``, RGB, not clipped.
        """
        photo = photo.to(self.photo)
        places, lattice = self.locate(photo), self.lattice()
        result = torch.empty_like(photo)
        for rows, colors, at in images.bands(result, photo, places):
            may_stop()
            rows.copy_(self.color(lattice, colors, at))
        return result


def _find_places(canvas: nn.Module, keys: object) -> None:
    """Recompute ``places`` after loading a state, which only saves the photo that they follow from."""
    del keys
    grade = cast("Grade", canvas)
    grade.places = grade.locate(grade.photo)


def out_of_range(image: Tensor) -> Tensor:
    """Return the mean squared distance of samples from [0, 1]. Unlike clipping, it preserves their gradient."""
    return (image - image.clamp(0, 1)).square().mean()
