"""How long threads wait busily for each other."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from verism.idle_threads import SPINS, wait_briefly


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, str(SPINS)),
        ({"GOMP_SPINCOUNT": "7"}, "7"),
        ({"OMP_WAIT_POLICY": "active"}, None),
    ],
    ids=["by default", "as given", "by the policy"],
)
def test_threads_wait_briefly_unless_told_otherwise(
    given: dict[str, str], expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        # Set first, so that what the call sets is taken back, too.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    wait_briefly()
    assert os.environ.get("GOMP_SPINCOUNT") == expected


def test_a_command_does_so_before_it_imports_torch() -> None:
    code = (
        "import os, sys\n"
        "from verism import cli\n"
        "def seen(main): print('torch' in sys.modules, os.environ['GOMP_SPINCOUNT'])\n"
        "cli.process = seen\n"
        "cli.command()"
    )
    environment = {
        name: value for name, value in os.environ.items() if name not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
    }
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split() == ["False", str(SPINS)]
