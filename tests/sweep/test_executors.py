"""Sweeps in processes of their own, and what is left of them when those are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from filelock import FileLock, Timeout
from perilous import FLAG

from verism.cli import main

PATIENCE = 300
"""Seconds until something that never comes is called missing; nothing takes as long."""


class Sweeper:
    """Sweeps of one file, each started as a person would; the flag of ``perilous`` is a file of its own."""

    def __init__(self, base: Path, *activations: str) -> None:
        self.folder = base.parent
        self.flag = self.folder / "flag"
        grid = {"model.content.weight": [1.0, 2.0], "model.backbone.activation": activations}
        (self.folder / "grid.yaml").write_text(yaml.safe_dump({"base": "base.yaml", "grid": grid}))
        self.environment = os.environ | {
            FLAG: str(self.flag),
            "HOME": str(self.folder),
            "PYTHONPATH": str(Path(__file__).parent),
        }

    def start(self, *options: str) -> subprocess.Popen[str]:
        """Start the sweep, in a process group of its own."""
        args = ["sweep", "--config", "grid.yaml", "--output", "sweep", *options]
        return self.popen(sys.executable, "-m", "verism", *args)

    def popen(self, *command: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, env=self.environment, cwd=self.folder, text=True, stdout=pipe, stderr=pipe, start_new_session=True
        )

    def outcomes(self) -> dict[str, str | None]:
        """Return the error of each run that has ended, by its name up to the digest."""
        paths = sorted((self.folder / "sweep" / "runs").glob("*/outcome.json"))
        return {name(path): json.loads(path.read_text())["error"] for path in paths}


def name(path: Path) -> str:
    return path.parent.name.partition(",content-style")[0]
