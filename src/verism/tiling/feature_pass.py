"""From an image to the statistics that the losses need, however the image passes through the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from verism.backbone.architecture import INPUT
from verism.backbone.normalization import InputNormalization
from verism.errors import VerismError
from verism.losses import Loss
from verism.losses.positions import EVERYWHERE, Positions
from verism.losses.term import full_precision
from verism.role import Role
from verism.tiling.passage import Observe, Observed, Passage
from verism.tiling.statistics import Statistics

Ask = Callable[[Loss, str, Tensor, Positions], Any]
"""Asks a loss for its statistic of the features at a layer and at some positions, for the image or for a photo."""


class FeaturePass:
    """Takes an image through the network and asks the losses for statistics of its features.

    An ``additive`` loss receives one part of a layer's feature map after the other; any other loss receives the whole
    map. At the layer ``input``, every loss receives the whole image.
    """

    def __init__(self, losses: Mapping[str, Loss], passage: Passage) -> None:
        """Choose the losses and how images pass through the network.

        Args:
            losses: the losses by name.
            passage: the way through the network, which yields features at the losses' layers.
        """
        self.losses = losses
        self.passage = passage
        self.normalize = InputNormalization()

    def __call__(self, image: Tensor) -> Statistics:
        """Return the statistics of ``image`` ``(1, 3, H, W)``, RGB in [0, 1], by loss name and layer."""
        return self._statistics(image, _statistic, self.passage)

    @torch.no_grad()
    def set_targets(self, content: Tensor, style: Tensor) -> None:
        """Set the targets of the losses.

        Args:
            content: the content photo, ``(1, 3, H, W)``, RGB in [0, 1].
            style: the style photo, ``(1, 3, H', W')``, RGB in [0, 1], of any size.

        Raises:
            VerismError: a loss cannot be computed from these photos.
        """
        of_content = self._statistics(content, partial(_target_statistic, "content"), self.passage.alone)
        of_style = self._statistics(style, partial(_target_statistic, "style"), self.passage.alone)
        for name, loss in self.losses.items():
            for layer in loss.layers:
                loss.target(layer, of_content[name][layer], of_style[name][layer])

    def _statistics(self, image: Tensor, ask: Ask, passage: Callable[[Tensor, Observe], Observed]) -> Statistics:
        """Return the statistics of an image, by loss name and layer.

        Args:
            image: ``(1, 3, H, W)``, RGB in [0, 1].
            ask: asks a loss for a statistic.
            passage: takes the image through the network.
        """

        def observe(layer: str, features: Tensor, here: Positions) -> dict[str, Any]:
            asked = {name: loss for name, loss in self.losses.items() if loss.additive and layer in loss.layers}
            return {name: ask(loss, layer, features, here) for name, loss in asked.items()}

        colors = any(INPUT in loss.layers for loss in self.losses.values())
        maps = {INPUT: self.normalize.to(image)(image)} if colors else {}
        statistics = self._of_maps(maps, ask, self.losses)
        if self.passage.layers:
            seen = passage(image, observe)
            others = {name: loss for name, loss in self.losses.items() if not loss.additive}
            for layer, of_losses in (*seen.statistics.items(), *self._of_maps(seen.maps, ask, others).items()):
                statistics[layer] = {**statistics.get(layer, {}), **of_losses}
        return {name: {layer: statistics[layer][name] for layer in loss.layers} for name, loss in self.losses.items()}

    def _of_maps(
        self, maps: Mapping[str, Tensor], ask: Ask, losses: Mapping[str, Loss]
    ) -> dict[str, Mapping[str, Any]]:
        """Return the losses' statistics of whole feature maps, by layer and loss name."""
        found: dict[str, Mapping[str, Any]] = {}
        for layer, features in maps.items():
            asked = {name: loss for name, loss in losses.items() if layer in loss.layers}
            # Outside autocast and in float32, so that a user's own loss need not handle mixed precision.
            with torch.autocast(features.device.type, enabled=False):
                exact = full_precision(features)
                found[layer] = {name: ask(loss, layer, exact, EVERYWHERE) for name, loss in asked.items()}
        return found


def _statistic(loss: Loss, layer: str, features: Tensor, here: Positions) -> Any:
    return loss.statistic(layer, features, here)


def _target_statistic(role: Role, loss: Loss, layer: str, features: Tensor, here: Positions) -> Any:
    version = features._version
    found = loss.target_statistic(layer, role, features, here)
    if features._version != version:
        raise VerismError(
            f"{type(loss).__name__}: its statistic changes the features of {layer} in place, and other losses get the "
            "same features; change a copy."
        )
    return found
