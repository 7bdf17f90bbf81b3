"""Memory freed is memory kept."""

from __future__ import annotations

import platform
import subprocess
import sys
from types import SimpleNamespace
from typing import Any, cast

import pytest

from verism.callbacks.freed_memory import KeepFreedMemory
from verism.tiling.plan import Tiling

PROGRAM = """
import resource
import torch
from verism.callbacks.freed_memory import keep_freed_memory

keep_freed_memory(keep=True)
for keep in (False, True):
    keep_freed_memory(keep=keep)
    torch.zeros(10_000_000).fill_(1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(16):
        torch.zeros(10_000_000).fill_(1)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the setting is glibc's")
def test_an_allocation_does_not_fault_in_what_was_just_freed() -> None:
    """Page faults of 40 MB tensors, one after the other: each its own pages, or the same ones again and again.

    What lies between the first few differs from process to process, and costs new pages up to three times.
    """
    given_back, kept = map(int, subprocess.check_output([sys.executable, "-c", PROGRAM]).split())
    assert kept < given_back / 4


@pytest.mark.parametrize(
    ("tiling", "expected"), [(Tiling(), True), (Tiling(1, 256), True), (Tiling(2, 512), False), (Tiling(5, 16), False)]
)
def test_it_is_given_back_where_memory_is_short(
    monkeypatch: pytest.MonkeyPatch, tiling: Tiling, expected: bool
) -> None:
    chosen = []
    monkeypatch.setattr("verism.callbacks.freed_memory.keep_freed_memory", lambda *, keep: chosen.append(keep))
    model = SimpleNamespace(feature_pass=SimpleNamespace(passage=SimpleNamespace(tiling=tiling)))
    KeepFreedMemory().on_train_batch_start(cast("Any", None), cast("Any", model), None, 0)
    assert chosen == [expected]
