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
    """

    nothing: Tensor

    def __init__(self, loss: Loss, regions: Regions) -> None:
        """Choose the loss and the regions.

        Args:
            loss: what is computed of each region; it is copied, and not aimed itself.
            regions: of the two photos.
        """
        super().__init__(loss.weight, loss.layers, loss.normalization)
        self.additive = loss.additive
        self.whole = loss
        self.regions = regions
        shares = regions.content.double().mean(dim=(0, 2, 3)).cpu()
        sure = regions.sure.double().cpu()
        self.shares: list[float] = (shares * sure).tolist()
        self.parts = nn.ModuleList(_Part(loss) for _ in regions.labels)
        self._places: dict[tuple[Role, str], list[Tensor]] = {}
        self.register_buffer("nothing", torch.zeros(()), persistent=False)

    def target_statistic(
        self, layer: str, role: Role, features: Tensor, here: Positions = EVERYWHERE
    ) -> dict[str, Any]:
        """Return the loss's target statistic of each region that has positions at this layer, by its label."""
        self.nothing = self.nothing.to(features.device)
        if (role, layer) not in self._places:
            masks = getattr(self.regions, role).to(features.device)
            inside = resize(masks, here.frame(features)).squeeze(0)
            self._places[role, layer] = [label.flatten().nonzero().squeeze(1) for label in inside]
        parts = cast("Sequence[_Part]", self.parts)
        regions = zip(self.regions.labels, self.shares, parts, self._places[role, layer], strict=True)
        return {
            label: part.target_statistic(layer, role, features, places, here)
            for (label, share, part, places), own in zip(regions, self._places["content", layer], strict=True)
            # Without the content photo's there is nothing to compare the style photo's with.
            if share and len(places) and len(own)
        }

    def target(self, layer: str, content: Mapping[str, Any], style: Mapping[str, Any]) -> None:
        """Take each region's target at one of ``layers``.

        Raises:
            VerismError: no region of those in the masks is left in both photos; or the loss refuses a region's
                features.
        """
        parts = cast("Sequence[_Part]", self.parts)
        # The parts keep those of the content photo; nobody needs the style photo's any more.
        own, _ = self._places.pop(("content", layer)), self._places.pop(("style", layer))
        for label, part, places in zip(self.regions.labels, parts, own, strict=True):
            if label in content and label in style:
                try:
                    part.target(layer, content[label], style[label], places)
                except VerismError as error:
                    raise VerismError(f"region {label}: {error}") from error
        # Nobody can enlarge a region that was found.
        if self.regions.confidence is None and not any(layer in part.places for part in parts):
            raise VerismError(
                f"at {layer}, no region is left in both photos: choose larger photos (--data.size), larger regions "
                "or another layer."
            )

    def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> dict[str, Any]:
        """Reduce each region's features to the loss's statistic, by label, without those that are not at the layer."""
        parts = cast("Sequence[_Part]", self.parts)
        labelled = zip(self.regions.labels, parts, strict=True)
        return {label: part.statistic(layer, features, here) for label, part in labelled if layer in part.places}

    def forward(self, totals: Mapping[str, Mapping[str, Any]]) -> Term:
        """Turn the regions' statistics into one term, of their values' sum weighted by share."""
        values: dict[str, Tensor] = dict.fromkeys(totals, self.nothing)
        for share, label, part in zip(self.shares, self.regions.labels, self.parts, strict=True):
            of_region = {layer: labelled[label] for layer, labelled in totals.items() if label in labelled}
            for layer, value in part(of_region).values.items():
                values[layer] = values[layer] + share * value
        return Term(self.weight, self.layers, values)


class _Part(nn.Module):
    """The loss on one region, with the positions of that region in the content photo's feature maps."""

    def __init__(self, whole: Loss) -> None:
        super().__init__()
        self.loss = copy.deepcopy(whole)

    @property
    def places(self) -> Mapping[str, Tensor]:
        """Layer name to positions ``(n,)`` out of its ``h · w``; without layers at which nothing is left of it."""
        return dict(self.named_buffers(recurse=False))

    def target_statistic(self, layer: str, role: Role, features: Tensor, places: Tensor, here: Positions) -> Any:
        mine, at = here.among(places)
        return self.loss.target_statistic(layer, role, select(features, at), mine)

    def target(self, layer: str, content: Any, style: Any, places: Tensor) -> None:
        self.register_buffer(layer, places, persistent=False)
        self.loss.target(layer, content, style)

    def statistic(self, layer: str, features: Tensor, here: Positions) -> Any:
        mine, at = here.among(self.places[layer])
        return self.loss.statistic(layer, select(features, at), mine)

    def forward(self, totals: Mapping[str, Any]) -> Term:
        term: Term = self.loss(totals)
        return term
