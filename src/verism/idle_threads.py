"""How long the threads of this process wait busily for each other."""

from __future__ import annotations

import os

SPINS = 10_000
"""Rounds of waiting, less than a millisecond. A thread waits until all threads have done their parts of an operation,
of which a run has tens of thousands. On an idle machine, they finish within these rounds."""


def wait_briefly() -> None:
    """Make threads that wait for others leave their cores to other processes sooner, unless the user has decided.

    By default, libgomp, which runs torch's threads on Linux, waits busily for up to 300,000 rounds, about 20 ms. If
    other programs are running, the thread that is waited for may itself be waiting for the core on which another
    thread waits busily. A run then takes several times as long as its share of the cores explains.

    It has an effect only before torch is imported, and on child processes.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", str(SPINS))
