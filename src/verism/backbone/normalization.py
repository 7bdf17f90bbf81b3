"""Normalisation by the mean and standard deviation of ImageNet, as in VGG's training and the paper's optimisation."""

from __future__ import annotations

import torch
from torch import Tensor, nn

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


class InputNormalization(nn.Module):
    """Maps RGB in [0, 1] to zero mean and unit standard deviation over ImageNet, and back.

    This is the backbone's input format. The canvas of free pixels also uses it, because a learning rate only has the
    same effect as in the paper if the same numbers are optimised.
    """

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1), persistent=False)

    def forward(self, rgb: Tensor) -> Tensor:
        """Return ``(rgb - mean) / std``; shape ``(1, 3, H, W)`` in and out."""
        return (rgb - self.mean) / self.std

    def inverse(self, normalized: Tensor) -> Tensor:
        """Return ``normalized * std + mean``; shape ``(1, 3, H, W)`` in and out."""
        return normalized * self.std + self.mean
