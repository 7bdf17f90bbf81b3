"""What the canvases that colour a photo have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from verism.canvas.canvas import Canvas
from verism.color.spaces import ColorSpace

BAND = 2**20
"""Pixels that are rendered at a time: it bounds the memory, whatever the photo's size."""


class Grade(Canvas):
    """A photo through a function of its colours and places, which lie on a lattice: the geometry stays the photo's.

    The lattice is small next to the photo, so it is fitted at moderate size and rendered at any.

    Attributes:
        controls: the one parameter, the control values of a cubic spline; 0 where the function is the one that it
            starts from.
        photo: ``(1, 3, H, W)``, the content photo at the size of the fit.
        places: ``(1, n, H, W)``, what decides how each of its pixels is treated.
    """

    photo: Tensor
    places: Tensor

    def __init__(self, controls: Tensor, space: ColorSpace, weights: Mapping[str, float]) -> None:
        """Remember the first parameter, the space to work in, and the weights of the penalties."""
        super().__init__(weights)
        self.space = space
        self.controls = nn.Parameter(controls)
        self.register_buffer("photo", torch.empty(1, 3, 0, 0))
        self.register_buffer("places", torch.empty(1, 3, 0, 0), persistent=False)
        self.register_load_state_dict_post_hook(_find_places)  # type: ignore[no-untyped-call]  # As torch has it.

    def resize(self, content: Tensor) -> None:
        """Put the content photo at another size on the canvas; the look stays."""
        self.photo = content.to(self.controls, copy=True)
        self.places = self.find(self.photo)

    def resume(self, state: Mapping[str, Tensor]) -> None:
        """Take the state of an earlier canvas of this kind, whatever the size of its photo."""
        # The places may be another buffer's tensor, which would then be listed but once.
        for name, buffer in self.named_buffers(remove_duplicate=False):
            if name in state:
                setattr(self, name, torch.empty_like(state[name]).to(buffer))
        self.controls = nn.Parameter(torch.empty_like(state["controls"]).to(self.controls))
        self.load_state_dict(state)

    @abstractmethod
    def find(self, photo: Tensor) -> Tensor:
        """Return what decides how the pixels of ``photo`` ``(1, 3, H, W)`` are treated: ``(1, n, H, W)``."""

    @abstractmethod
    def lattice(self) -> Tensor:
        """Return the values on the lattice."""

    @abstractmethod
    def color(self, lattice: Tensor, photo: Tensor, places: Tensor) -> Tensor:
        """Return what becomes of ``photo`` ``(1, 3, H, W)`` at its ``places``: of its shape, RGB, not clipped."""

    def forward(self) -> Tensor:
        """Return the image at the size of the fit: ``(1, 3, H, W)``, RGB, not clipped."""
        return self.color(self.lattice(), self.photo, self.places)

    @torch.no_grad()
    def render(self, photo: Tensor) -> Tensor:
        """Return ``photo`` ``(1, 3, H, W)``, RGB in [0, 1], of any size, with the same look; not clipped."""
        photo = photo.to(self.photo)
        places, lattice = self.find(photo), self.lattice()
        result = torch.empty_like(photo)
        rows = max(1, BAND // photo.shape[-1])
        for band in zip(*(tensor.split(rows, dim=-2) for tensor in (result, photo, places)), strict=True):
            part, *seen = band
            part.copy_(self.color(lattice, *seen))
        return result


def _find_places(canvas: nn.Module, keys: object) -> None:
    """Have a canvas that was loaded from a checkpoint look its own photo up, which is loaded too."""
    del keys
    grade = cast("Grade", canvas)
    grade.places = grade.find(grade.photo)


def out_of_range(image: Tensor) -> Tensor:
    """Return the mean squared distance of samples from [0, 1]: a soft penalty, where clipping would stop learning."""
    return (image - image.clamp(0, 1)).square().mean()
