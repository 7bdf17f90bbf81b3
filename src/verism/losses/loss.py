"""What every loss can do."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Literal

from torch import Tensor, nn

from verism.backbone import Features
from verism.errors import VerismError
from verism.losses.positions import EVERYWHERE, Positions
from verism.losses.term import Normalization, Term

Role = Literal["content", "style"]
"""What a photo is there for."""


class Loss(nn.Module, ABC):
    """A weighted sum over layers of a scalar function of statistics of the features.

    Attributes:
        additive: whether the statistic of the whole image is the sum of those of its parts. If not, which is the
            default, the loss is always shown the whole feature map; if so, it may be shown one part after the other,
            which takes less memory.
        weight: of the loss in the total.
        layers: layer name to its weight within the loss; empty if the loss is left out.
        normalization: ``paper`` or ``relative``; each loss says what it means for it.
    """

    additive: bool = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Do not inherit ``additive`` together with another class's statistic: a new one has to say so itself."""
        super().__init_subclass__(**kwargs)
        if {"statistic", "target_statistic"} & vars(cls).keys() and "additive" not in vars(cls):
            cls.additive = False

    def __init__(self, weight: float, layers: Mapping[str, float], normalization: Normalization = "paper") -> None:
        """Remember how much counts.

        Raises:
            VerismError: a layer has a name that none can have, or a weight is no finite number from 0: with a negative
                one, the loss would be made as large as possible.
        """
        super().__init__()
        for name in layers:
            # A layer's target is a module of that name.
            if not re.fullmatch(r"\w+", name) or hasattr(nn.ModuleDict, name):
                raise VerismError(
                    f"{type(self).__name__}: {name!r} cannot be the name of a layer; names are made of letters, digits "
                    "and _, and no method of torch's modules has them."
                )
        for name, value in {"its weight": weight, **layers}.items():
            if not 0 <= value < math.inf:
                raise VerismError(f"{type(self).__name__}: {name} {value}: must be a finite number from 0.")
        self.weight = weight
        self.layers = {name: value for name, value in layers.items() if value and weight}
        self.normalization = normalization

    def target(self, layer: str, content: Any, style: Any) -> None:
        """Take the target at one of ``layers``, before the first step; a loss without a target takes none.

        Args:
            layer: its name.
            content: the target statistic of all of the content photo.
            style: the target statistic of all of the style photo.
        """

    def target_statistic(self, layer: str, role: Role, features: Tensor, here: Positions = EVERYWHERE) -> Any:
        """Reduce a photo's features to what the target is made of; the content photo's first. As ``statistic`` does.

        Args:
            layer: one of ``layers``.
            role: which photo it is.
            features: ``(1, d, h, w)``, of the photo; or of a part of it, if the loss is ``additive`` and ``layers`` is
                not ``input`` alone.
            here: which positions of the whole photo's feature map they are.

        Returns:
            Tensors and counts, in mappings and named tuples; if the loss is ``additive``, they are summed over the
            parts of a photo.
        """
        del role
        return self.statistic(layer, features, here)

    def set_targets(self, content: Features, style: Features) -> None:
        """Take the targets from the photos' features at each of ``layers``."""
        for layer in self.layers:
            of_content = self.target_statistic(layer, "content", content[layer])
            self.target(layer, of_content, self.target_statistic(layer, "style", style[layer]))

    @abstractmethod
    def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> Any:
        """Reduce the image's features at one of ``layers`` to what the loss is a function of.

        Args:
            layer: its name.
            features: ``(1, d, h, w)``, of the image; or of a part of it, if the loss is ``additive`` and ``layers`` is
                not ``input`` alone.
            here: which positions of the whole image's feature map they are.

        Returns:
            Tensors and counts, in mappings and named tuples; if the loss is ``additive``, they are summed over the
            parts of an image.
        """

    def statistics(self, features: Features) -> dict[str, Any]:
        """Return the statistic at each of ``layers``, of features of the whole image."""
        return {layer: self.statistic(layer, features[layer]) for layer in self.layers}

    @abstractmethod
    def forward(self, totals: Mapping[str, Any]) -> Term:
        """Turn the statistics of the whole image, by layer, into the loss."""
