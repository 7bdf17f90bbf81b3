"""What a photo file holds."""

from __future__ import annotations

import torch
from torch import Tensor

from verism import images
from verism.photo_file import Photo


def test_another_size_takes_its_transparency_along(content: Tensor) -> None:
    photo = Photo(content, alpha=torch.full((1, 1, 48, 64), 0.25))
    shown = photo.showing(images.resize(content, (24, 32)))
    assert shown.alpha is not None
    torch.testing.assert_close(shown.alpha, torch.full((1, 1, 24, 32), 0.25))
