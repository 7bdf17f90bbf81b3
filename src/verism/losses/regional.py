"""Regions: a loss on each region of the content photo and its counterpart in the style photo, not on the whole."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from verism.errors import VerismError
from verism.losses.loss import Loss, Role
from verism.losses.positions import EVERYWHERE, Positions
from verism.losses.term import Term
from verism.regions.masks import Regions, resize

BY_REGION = ("style", "color")
"""The losses, by name, that are computed region by region if there are regions."""


def by_region(losses: Mapping[str, Loss], regions: Regions | None) -> dict[str, Loss]:
    """Return the losses as they are computed in a run: those of style and colour region by region, if there are any."""
    if regions is None:
        return dict(losses)
    return {name: RegionalLoss(loss, regions) if name in BY_REGION else loss for name, loss in losses.items()}


def select(features: Tensor, positions: Tensor) -> Tensor:
    """Return the features ``(1, d, h, w)`` at ``positions`` ``(n,)`` out of ``h · w``, as ``(1, d, n, 1)``."""
    # Positions first, as the backbone makes them, so that each is read in one piece.
    rows = features.permute(0, 2, 3, 1).flatten(1, 2)
    return rows.index_select(1, positions).transpose(1, 2).unsqueeze(3)


class RegionalLoss(Loss):
    """``Σ_k c_k · share_k · loss_k``, with ``loss_k`` the same loss on the features of region k alone.

    ``c_k`` is the confidence that both photos show the same in a region: what only one of them has is not compared.

    For losses that do not mind where a feature is: style, colour, moments, sliced Wasserstein. ``share_k`` is the
    region's share of the content photo, so that a pixel counts the same in a small region as in a large one, and one
    region that covers everything gives the loss itself.

    A layer's positions are divided among the regions by what covers the most of each (``masks.resize``). A region
    takes no part in a layer at which nothing is left of it, in either photo. Where no region takes part, which is an
    error if they come from masks, the loss is 0. ``normalization: relative`` is relative to the region's own distance.
    ``ColorLoss``, which resizes, resizes a region as one column of pixels, row after row.

    Source: Luan et al., "Deep Photo Style Transfer", 2017, Eq. 3 and 4. There, regions have equal weights, which pulls
    a pixel the harder the smaller its region is; their code, like this, weights them by share. They multiply features
    by masks that are blurred as by the network; here, a position is of one region, or of none.

    Attributes:
        whole: the loss, of which each region has a copy.
        shares: of the regions, each times its confidence, by label.
        compared: layer to the labels of the regions that take part in it.
    """

    nothing: Tensor

    def __init__(self, loss: Loss, regions: Regions) -> None:
        """Choose the loss and the regions.

        Args:
            loss: what is computed of each region; it is copied, and gets no targets itself.
            regions: of the two photos.
        """
        super().__init__(loss.weight, loss.layers, loss.normalization)
        self.additive = loss.additive
        self.whole = loss
        self.regions = regions
        shares = regions.content.double().mean(dim=(0, 2, 3)).cpu()
        sure = regions.sure.double().cpu()
        self.shares: Mapping[str, float] = dict(zip(regions.labels, (shares * sure).tolist(), strict=True))
        self.parts = nn.ModuleList(copy.deepcopy(loss) for _ in regions.labels)
        self.compared: dict[str, list[str]] = {}
        self._division = _Division(regions)
        self.register_buffer("nothing", torch.zeros(()), persistent=False)

    def target_statistic(
        self, layer: str, role: Role, features: Tensor, here: Positions = EVERYWHERE
    ) -> dict[str, Any]:
        """Return the loss's target statistic of each region that has positions at this layer, by its label."""
        self.nothing = self.nothing.to(features.device)
        positions = self._division(role, features, here)
        if role == "content":
            self.compared[layer] = [label for label, share in self.shares.items() if share and len(positions[label])]
        found: dict[str, Any] = {}
        # Without the content photo's there is nothing to compare the style photo's with.
        for label in self.compared[layer]:
            if len(positions[label]):
                mine, at = here.among(positions[label])
                found[label] = self._labelled()[label].target_statistic(layer, role, select(features, at), mine)
        return found

    def target(self, layer: str, content: Mapping[str, Any], style: Mapping[str, Any]) -> None:
        """Take each region's target at one of ``layers``.

        Raises:
            VerismError: no region of those in the masks is left in both photos; or the loss refuses a region's
                features.
        """
        self.compared[layer] = [label for label in content if label in style]
        for label in self.compared[layer]:
            try:
                self._labelled()[label].target(layer, content[label], style[label])
            except VerismError as error:
                raise VerismError(f"region {label}: {error}") from error
        # Nobody can enlarge a region that was found.
        if self.regions.confidence is None and not self.compared[layer]:
            raise VerismError(
                f"at {layer}, no region is left in both photos: choose larger photos (--data.size), larger regions "
                "or another layer."
            )

    def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> dict[str, Any]:
        """Reduce each region's features to the loss's statistic, by label, without those that are not at the layer."""
        found: dict[str, Any] = {}
        for label in self.compared[layer]:
            mine, at = here.among(self._division("content", features, here)[label])
            found[label] = self._labelled()[label].statistic(layer, select(features, at), mine)
        return found

    def forward(self, totals: Mapping[str, Mapping[str, Any]]) -> Term:
        """Turn the regions' statistics into one term, of their values' sum weighted by share."""
        values: dict[str, Tensor] = dict.fromkeys(totals, self.nothing)
        for label, part in self._labelled().items():
            of_region = {layer: labelled[label] for layer, labelled in totals.items() if label in labelled}
            term: Term = part(of_region)
            for layer, value in term.values.items():
                values[layer] = values[layer] + self.shares[label] * value
        return Term(self.weight, self.layers, values)

    def _labelled(self) -> dict[str, Loss]:
        """Return the loss of each region, by its label."""
        return dict(zip(self.regions.labels, cast("Sequence[Loss]", self.parts), strict=True))


class _Division:
    """Which positions of a feature map each region has, in either photo; found once for each size of map."""

    def __init__(self, regions: Regions) -> None:
        self.regions = regions
        self._found: dict[tuple[Role, tuple[int, int], torch.device], dict[str, Tensor]] = {}

    def __call__(self, role: Role, features: Tensor, here: Positions) -> Mapping[str, Tensor]:
        """Return, by label, positions ``(n,)`` out of ``h · w`` of the whole map that ``features`` are from."""
        shape = here.frame(features)
        key = (role, shape, features.device)
        if key not in self._found:
            masks: Tensor = getattr(self.regions, role).to(features.device)
            inside = resize(masks, shape).squeeze(0)
            positions = [mask.flatten().nonzero().squeeze(1) for mask in inside]
            self._found[key] = dict(zip(self.regions.labels, positions, strict=True))
        return self._found[key]
