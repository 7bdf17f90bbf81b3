"""Checks what a loss returns, at the first step of a run: a user's own loss may be wrong, or do nothing."""

from __future__ import annotations

from lightning.pytorch.utilities import rank_zero_info
from torch import Tensor

from verism.errors import VerismError
from verism.losses.named import option
from verism.losses.term import Term


def check_term(name: str, term: object) -> None:
    """Check the term that a loss has returned for an image with gradients.

    A term without gradient is reported in a message: it changes nothing, but may be meant as a measure.

    Args:
        name: the name of the loss.
        term: what its ``forward`` has returned.

    Raises:
        VerismError: it is not a ``Term``, or one of its values is not a single number in a tensor.
    """
    if not isinstance(term, Term):
        raise VerismError(
            f"{option(name)}: its forward returns a {type(term).__name__}, and must return a "
            "Term(self.weight, self.layers, values)."
        )
    for layer, value in term.values.items():
        if not isinstance(value, Tensor) or value.numel() != 1:
            found = f"a tensor of shape {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
            raise VerismError(f"{option(name)}: its value for {layer} is {found}, and must be a tensor of one number.")
    if not any(value.requires_grad for value in term.values.values()):
        rank_zero_info(
            f"{option(name)}: has no gradient, so that it changes nothing; its statistic or forward may detach the "
            "features, or leave torch for a while."
        )
