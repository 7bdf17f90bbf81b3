"""A program: ``verism app``, with the tiny network, small fits, and full runs that take until they are stopped.

The variable SIGNS has a folder. A fit does not begin as long as there is a file ``wait`` in it; its config is written
to the file ``fits`` there.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import tiny_vgg19

from verism.api import FittedRun, fit
from verism.app import session
from verism.backbone import weights
from verism.cli import main

SIGNS = Path(os.environ["SIGNS"])


def small(*args: Any, **options: Any) -> FittedRun:
    """Fit as the app does; a full run is one without a number of steps of its own."""
    with (SIGNS / "fits").open("a") as file:
        file.write(f"{args[2]}\n")
    while (SIGNS / "wait").exists():
        time.sleep(0.05)
    own: dict[str, Any] = {"trainer.max_steps": 10**6, "data.size": 40, "trainer.accelerator": "cpu"}
    return fit(*args, **(own | options))


if __name__ == "__main__":
    tiny = tiny_vgg19()
    pytest.MonkeyPatch().setattr(weights, "load", lambda source, published: tiny)
    session.__dict__["fit"] = small
    main(["app", "--open", "false", *sys.argv[1:]])
