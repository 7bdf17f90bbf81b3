"""ImageNet normalisation against torchvision's, and its inverse."""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.transforms.v2.functional import normalize

from verism.backbone.normalization import MEAN, STD, InputNormalization


def test_is_torchvisions(content: Tensor) -> None:
    torch.testing.assert_close(InputNormalization()(content), normalize(content, list(MEAN), list(STD)))


def test_inverse(content: Tensor) -> None:
    normalization = InputNormalization().double()
    image = content.double()
    torch.testing.assert_close(normalization.inverse(normalization(image)), image, rtol=0, atol=1e-12)
