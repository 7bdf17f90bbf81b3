"""Errors that reach the user as one sentence."""

from __future__ import annotations

import signal
import sys
from pathlib import Path


class VerismError(Exception):
    """An error that the user can fix: one clear sentence that names the file or option and says what to do.

    The command line prints it without a traceback and exits with ``exit_status``.
    """

    exit_status = 2


class NoDifferenceError(VerismError):
    """A loss is to be measured relative to the difference of the two photos, but they do not differ."""


class DivergedError(VerismError):
    """A run was stopped because its loss was no longer finite."""

    exit_status = 1


class UndefinedLossError(DivergedError):
    """A run has no finite loss to begin with, so it would fail again from any checkpoint."""


class OutOfMemoryError(VerismError):
    """A run needs more memory than is available."""

    exit_status = 1


class InterruptedRunError(VerismError):
    """A run was stopped by a signal between two steps; the exit status is the one that shells use for the signal."""

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
            steps: number of steps made.
            so_far: what the run leaves and how to continue it, as the rest of the sentence, in place of the signal and
                the step.
            state: the checkpoint that the run leaves; None if unknown.
            picture: the picture so far, under the name to be printed; None if there is none or it is unknown.
        """
        # What is left means more to a photographer than the number of steps.
        super().__init__(f"Stopped; {so_far}" if so_far else f"Stopped by {number.name} after step {steps}.")
        self.exit_status = 128 + number
        self.number = number
        self.steps = steps
        self.state = state
        self.picture = picture


class UnbegunRunError(VerismError):
    """The user stopped a run with Ctrl-C before its first step."""

    exit_status = 128 + signal.SIGINT

    def __init__(self) -> None:
        """Set the message."""
        super().__init__("Stopped before anything was made.")


class InterruptedClipError(VerismError):
    """The user pressed Ctrl-C while a clip was being graded; the finished frames are in a playable file."""

    exit_status = 128 + signal.SIGINT

    def __init__(self, clip: Path, partial: Path, frames: int) -> None:
        """Set the message.

        Args:
            clip: the clip.
            partial: the file with the finished frames.
            frames: number of these frames.
        """
        super().__init__(f"{clip}: stopped after {frames} frames, which are in {partial}.")


class InterruptedPhotosError(VerismError):
    """The user pressed Ctrl-C while photos were being graded; the finished results are complete."""

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
            done: number of finished photos.
            photos: number of all photos.
            kind: what they are called in the message.
            number: the signal that stopped them.
            picture: an unfinished picture that is left; None if there is none.
        """
        are = "is" if done == 1 else "are"
        # It looks like those that are done.
        left = "" if picture is None else f" {picture} is the picture so far,"
        super().__init__(f"Stopped; {done} of {photos} {kind} {are} done,{left} and the same command does the rest.")
        self.exit_status = 128 + number


class SweepError(VerismError):
    """Some runs of a sweep failed; the results of the others are complete."""

    exit_status = 1


class SeriesError(VerismError):
    """Some photos of a series failed; the results of the others are complete."""

    exit_status = 1


class BatchError(VerismError):
    """Some of several pictures could not be made; the others are complete."""

    exit_status = 1


class PredictError(VerismError):
    """The look could not be applied to some photos; the results of the others are complete."""

    exit_status = 1


def is_shortage(error: BaseException) -> bool:
    """Return whether an error means that memory ran out; torch has no error class for this on the CPU."""
    # Not imported for this: if torch is not loaded, the error cannot come from torch.
    torch = sys.modules.get("torch")
    return (
        isinstance(error, MemoryError)
        or (torch is not None and isinstance(error, torch.OutOfMemoryError))
        or (isinstance(error, RuntimeError) and "can't allocate memory" in str(error))
    )


def in_words(error: Exception) -> str:
    """Return the message of an exception on one line, or the name of its type if it has none."""
    return " ".join(str(error).split()) or type(error).__name__


def in_brief(error: Exception) -> str:
    """Return the first line of an exception's message without full stop, or the name of its type if it has none."""
    first, *_ = str(error).strip().splitlines() or [type(error).__name__]
    return first.rstrip(".")
