"""The base class of ways to take an image through the network, and the simplest of them: as a whole."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from torch import Tensor

from verism.backbone import Backbone
from verism.losses.positions import EVERYWHERE, Positions
from verism.tiling.memory_estimate import Step
from verism.tiling.plan import Tiling
from verism.tiling.statistics import Statistics

Observe = Callable[[str, Tensor, Positions], Mapping[str, Any]]
"""Reduces features ``(1, d, h, w)`` at a layer and at some positions of its map to statistics: one for each additive
loss, by name."""


class Observed(NamedTuple):
    """The results of passing an image through the network.

    Attributes:
        statistics: statistics of the whole image: layer to loss name to what ``Observe`` returned, summed over parts.
        maps: layer to feature map of the whole image, ``(1, d, h, w)``, for the layers whose maps are needed whole.
    """

    statistics: Statistics
    maps: Mapping[str, Tensor]


class Passage(ABC):
    """A way to take an image through the network, layer by layer.

    Attributes:
        backbone: the network.
        layers: names of the layers at which features are observed.
        map_layers: those of ``layers`` whose whole feature maps are needed.
        step: what determines the memory of a step.
        tiling: which blocks the image passes through tile by tile.
    """

    def __init__(
        self,
        backbone: Backbone,
        layers: Collection[str],
        map_layers: Collection[str],
        step: Step,
        tiling: Tiling,
    ) -> None:
        """Choose the network and where to observe it."""
        self.backbone = backbone
        self.layers = layers
        self.map_layers = map_layers
        self.step = step
        self.tiling = tiling

    @abstractmethod
    def __call__(self, image: Tensor, observe: Observe) -> Observed:
        """Take ``image`` ``(1, 3, H, W)``, RGB in [0, 1], the same in every process, through the network."""

    def alone(self, image: Tensor, observe: Observe) -> Observed:
        """Take an image of any size through the network in this process only."""
        return self(image, observe)


class AtOnce(Passage):
    """Takes the whole image through the network, in every process; any network allows this."""

    def __init__(self, backbone: Backbone, layers: Collection[str], map_layers: Collection[str], step: Step) -> None:
        """Choose the network and where to observe it."""
        super().__init__(backbone, layers, map_layers, step, Tiling())

    def __call__(self, image: Tensor, observe: Observe) -> Observed:
        """Take ``image`` ``(1, 3, H, W)``, RGB in [0, 1], through the network."""
        statistics: dict[str, Mapping[str, Any]] = {}
        maps: dict[str, Tensor] = {}
        # Observed layer by layer, between the layers' computations: autograd goes back in reverse order, so it computes
        # a loss's gradient at a layer when it reaches that layer, and need not keep the gradients of all layers.
        for layer, features in self.backbone.walk(image, self.layers):
            statistics[layer] = observe(layer, features, EVERYWHERE)
            if layer in self.map_layers:
                maps[layer] = features
        return Observed(statistics, maps)
