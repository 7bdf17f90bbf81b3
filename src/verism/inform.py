"""Prints a message once, whatever the number of processes."""

from __future__ import annotations


def rank_zero_info(message: str) -> None:
    """Log a message as Lightning does, from the first process only; Lightning is not imported until it is needed."""
    from lightning.pytorch.utilities import rank_zero_info as inform  # noqa: PLC0415

    inform(message)
