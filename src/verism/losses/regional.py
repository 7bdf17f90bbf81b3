"""A loss by region: each region of the image is compared with its counterpart in the style photo."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

from verism.errors import NoDifferenceError, VerismError
from verism.losses.loss import Loss
from verism.losses.positions import EVERYWHERE, Positions
from verism.losses.term import Term
from verism.regions.masks import resize
from verism.regions.regions import Regions
from verism.role import Role

EXPECTED = ("style", "color")
"""Names of the losses that users expect to compare region by region, because they bring in the style photo."""


def by_region(losses: Mapping[str, Loss], regions: Regions | None) -> dict[str, Loss]:
    """Return the losses as a run computes them: if there are regions, ``regional`` losses are computed by region.

    Regions that stay as they are take no part in losses that compare parts of photos: a sky that stays blue must not
    hold back the lake that has its colour.
    """
    if regions is None:
        return dict(losses)
    found = {name: RegionalLoss(loss, regions) if loss.regional else loss for name, loss in losses.items()}
    if not regions.kept:
        return found
    everything = torch.ones_like(regions.style[:, :1], dtype=torch.bool)
    rest = Regions(("#ffffff",), ~regions.stays, everything, found=True)
    return {name: RegionalLoss(loss, rest) if loss.across else loss for name, loss in found.items()}


def whole(losses: Mapping[str, Loss], regions: Regions | None) -> list[str]:
    """Return the names of the expected losses that compare whole photos even though there are regions."""
    return [name for name in EXPECTED if regions is not None and name in losses and not losses[name].regional]


def select(features: Tensor, positions: Tensor) -> Tensor:
    """Return the features ``(1, d, h, w)`` at ``positions`` ``(n,)`` out of ``h · w``, as ``(1, d, n, 1)``."""
    # Positions first, as in the channels-last memory of the backbone, so that each is read in one piece.
    rows = features.permute(0, 2, 3, 1).flatten(1, 2)
    return rows.index_select(1, positions).transpose(1, 2).unsqueeze(3)


class RegionalLoss(Loss):
    """``Σ_k c_k · share_k · loss_k``, where ``loss_k`` is the same loss on the features of region k alone.

    ``c_k`` is the confidence that both photos show the same thing in region k, so things that only one of them shows
    are not compared; it is 0 for regions that stay as they are. ``share_k`` is the region's share of the content photo,
    so that a pixel counts the same in small and large regions, and a single region that covers everything gives the
    loss itself.

    It works for ``regional`` losses: style, colour, moments and sliced Wasserstein. Each position of a layer belongs to
    the region that covers most of it, or to none (``masks.resize``). A layer ignores regions that have no position in
    one of the photos. If it ignores all regions, its loss is 0; for regions from masks, which the user can change, that
    is an error instead, unless their confidence is 0.
    ``normalization: relative`` is relative to the distance of the region's own statistics. It also ignores regions that
    look the same in both photos, such as a black border, unless all of them do, which is an error. ``ColorLoss``
    resizes a region as a single column of pixels, row after row.

    Source: Luan et al., "Deep Photo Style Transfer", 2017, Eq. 3 and 4. There, regions have equal weights, so a pixel
    counts more in a smaller region; their code weights regions by share, as here. They multiply features by soft masks,
    blurred to follow the network's receptive fields; here, a position belongs to one region or to none.

    Attributes:
        whole: the loss that is copied for each region.
        shares: each region's share of the content photo times its confidence, by label; 0 for one that stays as it is.
        compared: labels of the regions that are compared at each layer, by layer.
    """

    nothing: Tensor

    def __init__(self, loss: Loss, regions: Regions) -> None:
        """Make a copy of the loss for each region.

        Args:
            loss: the loss, which gets no targets itself.
            regions: regions of the two photos.
        """
        super().__init__(loss.weight, loss.layers, loss.normalization)
        self.additive = loss.additive
        self.whole = loss
        self.regions = regions
        shares = regions.content.double().mean(dim=(0, 2, 3)).cpu()
        sure = regions.sure.double().cpu() * ~regions.staying
        self.shares: Mapping[str, float] = dict(zip(regions.labels, (shares * sure).tolist(), strict=True))
        self.parts = nn.ModuleDict({label: copy.deepcopy(loss) for label in regions.labels})
        self.compared: dict[str, list[str]] = {}
        self._division = _Division(regions)
        self.register_buffer("nothing", torch.zeros(()), persistent=False)

    def target_statistic(
        self, layer: str, role: Role, features: Tensor, here: Positions = EVERYWHERE
    ) -> dict[str, Any]:
        """Return the target statistic for each region that has positions at this layer, by label."""
        self.nothing = self.nothing.to(features.device)
        positions = self._division(role, features, here)
        if role == "content":
            self.compared[layer] = [label for label, share in self.shares.items() if share and len(positions[label])]
        found: dict[str, Any] = {}
        # Regions without positions in the content photo are not compared, so their style features are not needed.
        for label in self.compared[layer]:
            if len(positions[label]):
                mine, at = here.among(positions[label])
                found[label] = self._part(label).target_statistic(layer, role, select(features, at), mine)
        return found

    def target(self, layer: str, content: Mapping[str, Any], style: Mapping[str, Any]) -> None:
        """Set the target of each region at one of ``layers``.

        Raises:
            VerismError: if no region of the user's masks has positions in both photos, the loss cannot be computed from
                a region's features, or the loss is relative to a difference that no region has.
        """
        alike: list[VerismError] = []
        self.compared[layer] = []
        for label in (label for label in content if label in style):
            try:
                self._part(label).target(layer, content[label], style[label])
            except NoDifferenceError as error:
                alike.append(VerismError(f"region {label}: {error}"))
            except VerismError as error:
                raise VerismError(f"region {label}: {error}") from error
            else:
                self.compared[layer].append(label)
        if alike and not self.compared[layer]:
            raise alike[0]
        if not self.regions.found and not self.compared[layer] and any(self.shares.values()):
            raise VerismError(
                f"at {layer}, no region is left in both photos: choose larger photos (--data.size), larger regions "
                "or another layer."
            )

    def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> dict[str, Any]:
        """Return the statistic of each region that is compared at this layer, by label."""
        found: dict[str, Any] = {}
        for label in self.compared[layer]:
            mine, at = here.among(self._division("content", features, here)[label])
            found[label] = self._part(label).statistic(layer, select(features, at), mine)
        return found

    def forward(self, totals: Mapping[str, Mapping[str, Any]]) -> Term:
        """Return a single term from the statistics of all regions: the sum of their values, weighted by share."""
        values: dict[str, Tensor] = dict.fromkeys(totals, self.nothing)
        for label, part in self.parts.items():
            of_region = {layer: labelled[label] for layer, labelled in totals.items() if label in labelled}
            term: Term = part(of_region)
            for layer, value in term.values.items():
                values[layer] = values[layer] + self.shares[label] * value
        return Term(self.weight, self.layers, values)

    def _part(self, label: str) -> Loss:
        """Return the loss of a region."""
        return cast("Loss", self.parts[label])


class _Division:
    """The positions of each region on the feature maps of both photos, computed once for each map size."""

    def __init__(self, regions: Regions) -> None:
        self.regions = regions
        self._found: dict[tuple[Role, tuple[int, int], torch.device], dict[str, Tensor]] = {}

    def __call__(self, role: Role, features: Tensor, here: Positions) -> Mapping[str, Tensor]:
        """Return the indices ``(n,)`` of each region's positions in the whole map behind ``features``, by label.

        Args:
            role: the photo that the features come from.
            features: ``(1, d, h, w)``, of the photo or a part of it.
            here: the positions of the features in the whole map.
        """
        shape = here.frame(features)
        key = (role, shape, features.device)
        if key not in self._found:
            masks: Tensor = getattr(self.regions, role).to(features.device)
            inside = resize(masks, shape).squeeze(0)
            positions = [mask.flatten().nonzero().squeeze(1) for mask in inside]
            self._found[key] = dict(zip(self.regions.labels, positions, strict=True))
        return self._found[key]
