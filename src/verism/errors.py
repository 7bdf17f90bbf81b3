"""Errors that reach the user as one sentence."""

from __future__ import annotations

import signal
import sys
from pathlib import Path


class VerismError(Exception):
    """A mistake in the input: one clear sentence that names the file or option, and what to do.

    The command line prints it without a traceback and exits with ``exit_status``.
    """

    exit_status = 2


class NoDifferenceError(VerismError):
    """A loss that is to be relative to a difference of the two photos, which there is not."""


class DivergedError(VerismError):
    """A run that was stopped because its loss was no longer finite."""

    exit_status = 1


class UndefinedLossError(DivergedError):
    """A run that has no finite loss to begin with, so that it would fail again wherever it goes on from."""


class OutOfMemoryError(VerismError):
    """A run that needs more memory than there is."""

    exit_status = 1


class InterruptedRunError(VerismError):
    """A run that a signal stopped between two steps; its exit status is the one that shells give to the signal."""

    def __init__(
        self,
        number: signal.Signals,
        steps: int,
        so_far: str = "",
        state: str | None = None,
        picture: Path | None = None,
    ) -> None:
        """Set the message and the exit status.

        Args:
            number: the signal.
            steps: number of steps that were made.
            so_far: what the run leaves and how it goes on, as the rest of the sentence, in place of
                the signal and the step.
            state: the checkpoint that the run leaves; None if that is not known.
            picture: the picture so far, as it is to be named; None if there is none, or it is not known.
        """
        # What is left says more to a photographer than the number of steps.
        super().__init__(f"Stopped; {so_far}" if so_far else f"Stopped by {number.name} after step {steps}.")
        self.exit_status = 128 + number
        self.number = number
        self.steps = steps
        self.state = state
        self.picture = picture


class UnbegunRunError(VerismError):
    """A run that the user stopped with Ctrl-C before its first step."""

    exit_status = 128 + signal.SIGINT

    def __init__(self) -> None:
        """Set the message."""
        super().__init__("Stopped before anything was made.")


class InterruptedClipError(VerismError):
    """A clip that was being graded when the user pressed Ctrl-C; the frames that were done are in a playable file."""

    exit_status = 128 + signal.SIGINT

    def __init__(self, clip: Path, partial: Path, frames: int) -> None:
        """Set the message.

        Args:
            clip: the clip.
            partial: the file with the frames that were done.
            frames: number of these frames.
        """
        super().__init__(f"{clip}: stopped after {frames} frames, which are in {partial}.")


class InterruptedPhotosError(VerismError):
    """Photos that were being graded when the user pressed Ctrl-C; those that were done are whole."""

    def __init__(
        self,
        done: int,
        photos: int,
        kind: str = "photos",
        number: signal.Signals = signal.SIGINT,
        picture: Path | None = None,
    ) -> None:
        """Set the message and the exit status.

        Args:
            done: number of photos that are done.
            photos: number of all.
            kind: what they are called.
            number: the signal that stopped them.
            picture: an unfinished picture that is left; None if there is none.
        """
        are = "is" if done == 1 else "are"
        # It looks like those that are done.
        left = "" if picture is None else f" {picture} is the picture so far,"
        super().__init__(f"Stopped; {done} of {photos} {kind} {are} done,{left} and the same command does the rest.")
        self.exit_status = 128 + number


class SweepError(VerismError):
    """A sweep in which some runs failed; the results of the others are complete."""

    exit_status = 1


class SeriesError(VerismError):
    """A series in which some photos failed; the results of the others are complete."""

    exit_status = 1


class BatchError(VerismError):
    """Some of several pictures could not be made; the others are complete."""

    exit_status = 1


class PredictError(VerismError):
    """Some photos could not be given the look; the results of the others are complete."""

    exit_status = 1


def is_shortage(error: BaseException) -> bool:
    """Return whether an error means that memory ran out; torch has no class of errors for that on the CPU."""
    # Not imported just for this question: if torch is not loaded, the error cannot be torch's.
    torch = sys.modules.get("torch")
    return (
        isinstance(error, MemoryError)
        or (torch is not None and isinstance(error, torch.OutOfMemoryError))
        or (isinstance(error, RuntimeError) and "can't allocate memory" in str(error))
    )


def in_words(error: Exception) -> str:
    """Return the message of an exception on one line; the name of its type if it has none."""
    return " ".join(str(error).split()) or type(error).__name__


def in_brief(error: Exception) -> str:
    """Return the first line of the message of an exception, without full stop; the name of its type if it has none."""
    first, *_ = str(error).strip().splitlines() or [type(error).__name__]
    return first.rstrip(".")
