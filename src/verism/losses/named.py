"""The losses of a run, by name: the method's own, and those that are added to them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from verism.backbone import Backbone
from verism.backbone.backbone import check_layers
from verism.errors import VerismError
from verism.losses.loss import Loss

TERMS = ("content", "style", "color", "photorealism", "consistency", "canvas", "total")
"""Names that added losses cannot have, because terms of the method's own have them."""


def check_name(name: str) -> str:
    """Return the name of an added loss; raise ``VerismError`` if it cannot be used."""
    if name in TERMS:
        raise VerismError(f"--model.losses.{name}: the name is taken by a term of the method itself; choose another.")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise VerismError(f"--model.losses.{name}: a name must be made of letters, digits, _ and - only.")
    return name


def weighted(losses: Mapping[str, Loss | None], backbone: Backbone) -> dict[str, Loss]:
    """Return the losses that have a weight, by name.

    Raises:
        VerismError: none has, or one asks for a layer that the backbone has not.
    """
    found = {name: loss for name, loss in losses.items() if loss is not None and loss.layers}
    if not found:
        raise VerismError("Every loss has weight 0; give --model.content, --model.style or --model.color a weight.")
    for name, loss in found.items():
        check_layers(backbone, loss.layers, f"--model.{name if name in TERMS else f'losses.{name}'}.layers")
    return found
