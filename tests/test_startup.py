"""What a command does before it begins: nothing that nobody needs."""

from __future__ import annotations

import gc
import subprocess
import sys
from importlib import import_module

import pytest
from torch import nn

from verism import VGG19, startup

SCRIPT = """
import gc
import inspect
import sys

from verism.cli import main

plain, depths = inspect.stack, []


def stack(context=1):
    found = plain(context)
    depths.append(len(found))
    return found


inspect.stack = stack
collections = []
gc.callbacks.append(lambda phase, info: "torchmetrics" in sys.modules or collections.append(phase))
try:
    main(["fit", "--print_config"])
except SystemExit as end:
    print(end.code)
print("lightning.pytorch" in sys.modules, "torchmetrics" in sys.modules, "scipy.signal" in sys.modules)
print(len(depths), max(depths))
print(gc.isenabled(), *collections)

import scipy.signal

print(scipy.signal.windows.hann(3).tolist(), sys.modules["scipy.signal"] is scipy.signal)
"""


@pytest.mark.slow
def test_a_command_imports_only_what_it_needs() -> None:
    """And what was held back is there afterwards, whole."""
    ended = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    *_, status, modules, depths, collector, scipy = ended.stdout.splitlines()
    # Nothing complains at the end of the process that its objects were never freed.
    assert "leak" not in ended.stderr
    assert status == "0"
    assert modules == "True True False"
    count, deepest = map(int, depths.split())
    assert count >= 4
    # Those of a thread; where modules are imported by modules, there are hundreds.
    assert deepest < 15
    # It is on again; before, it ran only until the command was known. Otherwise, these would be nearly 900.
    on, *phases = collector.split()
    assert on == "True"
    assert len(phases) < 300
    assert scipy == "[0.0, 1.0, 0.0] True"


def test_a_default_can_be_written_down_and_used() -> None:
    part = startup.default(nn.Tanh)
    assert isinstance(part, nn.Tanh)
    assert part.lazy_get_init_data().class_path == "torch.nn.Tanh"  # type: ignore[operator]
    assert VGG19.__init__.__defaults__ is not None
    assert any(isinstance(value, nn.ReLU) for value in VGG19.__init__.__defaults__)


def test_a_scipy_that_is_there_stays() -> None:
    before = import_module("scipy.signal")
    with startup.quick_imports():
        assert sys.modules["scipy.signal"] is before
    assert sys.modules["scipy.signal"] is before


def test_the_collector_is_as_it_was() -> None:
    with startup.quick_imports():
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.disable()
    try:
        with startup.quick_imports():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
