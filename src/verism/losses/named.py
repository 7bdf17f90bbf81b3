"""The losses of a run by name: those that every run has, and those that the user adds."""

from __future__ import annotations

import re
from collections.abc import Mapping

from verism.arguments import check_part
from verism.backbone import Backbone
from verism.backbone.backbone import check_layers
from verism.errors import VerismError
from verism.losses.loss import Loss

TERMS = ("content", "style", "color", "photorealism", "consistency", "canvas", "total")
"""Names that added losses cannot have, because terms that every run has are logged under them."""


def check_name(name: str) -> str:
    """Return the name of an added loss, or raise ``VerismError`` if it cannot be used."""
    if name in TERMS:
        raise VerismError(f"--model.losses.{name}: the name is taken by a term of the method itself; choose another.")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise VerismError(f"--model.losses.{name}: a name must be made of letters, digits, _ and - only.")
    return name


def option(name: str) -> str:
    """Return the command-line option that sets a term, given the name of the term."""
    return f"--model.{name if name in TERMS else f'losses.{name}'}"


def weighted(losses: Mapping[str, Loss | None], backbone: Backbone) -> dict[str, Loss]:
    """Return the losses with nonzero weights, by name.

    Args:
        losses: losses by name; None for a loss that is left out.
        backbone: the network whose layers the losses may use.

    Raises:
        VerismError: if one of them is no loss, all weights are 0, or a loss uses a layer that the backbone does not
            have.
    """
    for name, loss in losses.items():
        if loss is not None:
            check_part(option(name), loss, Loss)
    found = {name: loss for name, loss in losses.items() if loss is not None and loss.layers}
    if not found:
        raise VerismError("Every loss has weight 0; give --model.content, --model.style or --model.color a weight.")
    for name, loss in found.items():
        check_layers(backbone, loss.layers, f"{option(name)}.layers")
    return found
