"""What goes wrong on the user's side, said in one sentence."""

from __future__ import annotations

import signal
import sys
from pathlib import Path


class VerismError(Exception):
    """A mistake in the input: one clear sentence that names the file or option, and what to do.

    The command line prints it without a traceback and exits with ``exit_status``.
    """

    exit_status = 2


class DivergedError(VerismError):
    """A run that had to stop, though its input was sound."""

    exit_status = 1


class OutOfMemoryError(VerismError):
    """A run that needs more memory than there is."""

    exit_status = 1


class InterruptedRunError(VerismError):
    """A run that was told to stop, between two steps; the status is the one that shells give to the signal."""

    def __init__(self, number: signal.Signals, steps: int) -> None:
        """Name the signal, and how many steps were made."""
        super().__init__(f"Stopped by {number.name} after step {steps}.")
        self.exit_status = 128 + number


class InterruptedClipError(VerismError):
    """A clip that was being graded when the user pressed Ctrl-C; what was done until then can be played."""

    exit_status = 128 + signal.SIGINT

    def __init__(self, clip: Path, partial: Path, frames: int) -> None:
        """Name the clip, and where its first ``frames`` are."""
        super().__init__(f"{clip}: stopped after {frames} frames, which are in {partial}.")


class SweepError(VerismError):
    """A sweep that did not finish all of its runs; those that did are whole."""

    exit_status = 1


class SeriesError(VerismError):
    """A series of which some photos are not done; those that are, are whole."""

    exit_status = 1


class PredictError(VerismError):
    """Some photos were not given the look; those that could be, were."""

    exit_status = 1


def is_shortage(error: BaseException) -> bool:
    """Return whether an error says that there was not enough memory; torch has no class for that on the CPU."""
    # An error of torch's needs torch, which is not imported for the sake of asking.
    torch = sys.modules.get("torch")
    return (
        isinstance(error, MemoryError)
        or (torch is not None and isinstance(error, torch.OutOfMemoryError))
        or (isinstance(error, RuntimeError) and "can't allocate memory" in str(error))
    )


def in_words(error: Exception) -> str:
    """Return what an exception says, on one line; its type's name if it says nothing."""
    return " ".join(str(error).split()) or type(error).__name__
