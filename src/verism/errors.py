"""What goes wrong on the user's side, said in one sentence."""

from __future__ import annotations


class VerismError(Exception):
    """A mistake in the input: one clear sentence that names the file or option, and what to do.

    The command line prints it without a traceback and exits with ``exit_status``.
    """

    exit_status = 2


class DivergedError(VerismError):
    """A run that had to stop, though its input was sound."""

    exit_status = 1


class SweepError(VerismError):
    """A sweep that did not finish all of its runs; those that did are whole."""

    exit_status = 1


class PredictError(VerismError):
    """Some photos were not given the look; those that could be, were."""

    exit_status = 1
