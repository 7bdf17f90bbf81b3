"""The base class of losses."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from verism.backbone import Features
from verism.description import Described
from verism.errors import VerismError
from verism.losses.positions import EVERYWHERE, Positions
from verism.losses.term import Normalization, Term
from verism.role import Role


class Loss(Described, nn.Module, ABC):
    """A weighted sum over layers of a scalar function of statistics of the features.

    Attributes:
        additive: whether the statistic of the whole image is the sum of the statistics of its parts. If so, the loss
            may be given a feature map part by part, which needs less memory. If not (the default), it is always given
            the whole feature map.
        regional: whether the loss can be computed for a single region, because its statistic does not depend on the
            positions of features. The features of a region are passed as a column, ``(1, d, n, 1)``. If so, and if the
            photos have regions, each region is compared with its counterpart. If not (the default), the loss always
            compares whole photos.
        across: whether the loss relates all places of the image to each other, and can also be computed for features in
            a column, as above. If so, regions of the photo that stay as they are take no part in it.
        weight: weight of the loss in the total.
        layers: weight of each layer within the loss, by name. Empty if the loss is turned off.
        normalization: ``paper`` or ``relative``; each loss documents what that means for it.
    """

    additive: bool = False
    regional: bool = False
    across: bool = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Reset the declarations above in a subclass with its own statistic, which must make them itself."""
        super().__init_subclass__(**kwargs)
        if {"statistic", "target_statistic"} & vars(cls).keys():
            cls.additive = vars(cls).get("additive", False)
            cls.regional = vars(cls).get("regional", False)
            cls.across = vars(cls).get("across", False)

    def __init__(self, weight: float, layers: Mapping[str, float], normalization: Normalization = "paper") -> None:
        """Store the weights, leaving out layers with zero weight.

        Args:
            weight: weight of the loss in the total; 0 turns it off.
            layers: layer name to its weight within the loss.
            normalization: ``paper`` or ``relative``.

        Raises:
            VerismError: if a layer cannot have its name, or a weight is negative or not finite. With a negative weight,
                the optimiser would maximise the loss.
        """
        super().__init__()
        for name in layers:
            # Subclasses keep targets in a ModuleDict, by layer name.
            if not re.fullmatch(r"\w+", name) or hasattr(nn.ModuleDict, name):
                raise VerismError(
                    f"{type(self).__name__}: {name!r} cannot be the name of a layer; use letters, digits and _, and no "
                    "name of a method of torch.nn.ModuleDict."
                )
        for name, value in {"weight": weight, **{f"weight of {name}": w for name, w in layers.items()}}.items():
            if not 0 <= value < math.inf:
                raise VerismError(f"{type(self).__name__}: {name} {value}: must be finite and not negative.")
        self.weight = weight
        self.layers = {name: value for name, value in layers.items() if value and weight}
        self.normalization = normalization

    def target(self, layer: str, content: Any, style: Any) -> None:
        """Store the target at one of ``layers``, before the first step. By default, nothing is stored.

        Args:
            layer: name of the layer.
            content: the target statistic of the whole content photo.
            style: the target statistic of the whole style photo.
        """

    def target_statistic(self, layer: str, role: Role, features: Tensor, here: Positions = EVERYWHERE) -> Any:
        """Reduce a photo's features at one of ``layers`` to the statistic that the target is computed from.

        Called for the content photo first. By default, this is ``statistic``.

        Args:
            layer: name of the layer.
            role: the photo that the features come from.
            features: ``(1, d, h, w)``, of the photo, or of a part of it if the loss is ``additive`` and the layer is
                not ``input``.
            here: the positions of these features in the feature map of the whole photo.

        Returns:
            Tensors and counts, in mappings and named tuples. If the loss is ``additive``, they are summed over the
            parts of a photo.
        """
        del role
        return self.statistic(layer, features, here)

    def set_targets(self, content: Features, style: Features) -> None:
        """Set the targets from the photos' features at each of ``layers``."""
        for layer in self.layers:
            of_content = self.target_statistic(layer, "content", content[layer])
            self.target(layer, of_content, self.target_statistic(layer, "style", style[layer]))

    @abstractmethod
    def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> Any:
        """Reduce the image's features at one of ``layers`` to the statistic that the loss is a function of.

        Args:
            layer: name of the layer.
            features: ``(1, d, h, w)``, of the image, or of a part of it if the loss is ``additive`` and the layer is
                not ``input``.
            here: the positions of these features in the feature map of the whole image.

        Returns:
            Tensors and counts, in mappings and named tuples. If the loss is ``additive``, they are summed over the
            parts of an image.
        """

    def statistics(self, features: Features) -> dict[str, Any]:
        """Return the statistic at each of ``layers``, from the features of the whole image."""
        return {layer: self.statistic(layer, features[layer]) for layer in self.layers}

    @abstractmethod
    def forward(self, totals: Mapping[str, Any]) -> Term:
        """Return the loss of the whole image.

        Args:
            totals: statistic of the whole image at each layer, by name.

        Returns:
            A term with a value for each layer.
        """
