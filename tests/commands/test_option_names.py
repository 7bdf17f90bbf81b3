"""Slips in the names of options, and whether the list of these names is that of the parsers."""

from __future__ import annotations

import json
import subprocess
import sys

import option_names as tool
import pytest

from verism.commands import option_names
from verism.commands.option_names import check
from verism.errors import VerismError


def test_the_list_is_that_of_the_parsers() -> None:
    listed = json.loads(option_names.FILE.read_text())
    assert listed == tool.names(), "run python tools/option_names.py"


@pytest.mark.parametrize(
    ("command", "args", "said"),
    [
        ("run", ["a.jpg", "b.jpg", "--output.strenght", "0.5"], "did you mean --output.strength?"),
        ("run", ["a.jpg", "b.jpg", "--previw"], "did you mean --preview?"),
        ("fit", ["--data.sise=3"], "--data.sise: no such option; did you mean --data.size?"),
        ("predict", ["--ckpt_pth", "x"], "did you mean --ckpt_path?"),
        ("predict", ["--model.canvas", "Lut3d"], "verism predict --help lists"),
        ("series", ["--stlye", "x"], "did you mean --style?"),
        ("doctor", ["--x"], "verism doctor --help"),
    ],
)
def test_a_slip_is_told(command: str, args: list[str], said: str) -> None:
    with pytest.raises(VerismError) as raised:
        check(command, args)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("command", "args"),
    [
        ("run", ["a.jpg", "--styles", "b.jpg", "--output.sheet=false", "--open", "--config", "x", "-c", "y"]),
        ("fit", ["--model.canvas.anything", "1", "--trainer.callbacks+", "trouble.Terminate", "--data", "data.yaml"]),
        ("fit", ["--optimizer.lr", "-3", "--model.losses.mine", "X", "--model.losses.mine.weight", "1"]),
        ("fit", ["--model.canvas.help", "Lut3d", "--print_config"]),
        ("series", ["--style", "x", "--data.size", "3", "--output.sheet", "false"]),
        ("sweep", ["--grid", "x", "--model.tile", "auto", "--trainer.max_steps", "3"]),
        ("predict", ["--out", "x", "--executor.workers", "2"]),
        ("fit", ["--trainer.of_a_later_lightning", "3"]),
        ("fit", ["--nonsense", "--help"]),
    ],
)
def test_what_may_be_right_is_left_to_the_parser(command: str, args: list[str]) -> None:
    check(command, args)


SLIP = """
import sys
from verism.cli import main
try:
    main(["mine.jpg", "theirs.jpg", "--output.strenght", "0.5"])
except SystemExit as end:
    print(end.code, "torch" in sys.modules or "lightning" in sys.modules)
"""


@pytest.mark.slow
def test_neither_torch_nor_lightning_is_imported_for_it() -> None:
    done = subprocess.run([sys.executable, "-c", SLIP], capture_output=True, text=True, check=True)
    assert done.stdout == "2 False\n"
    assert done.stderr == "verism: --output.strenght: no such option; did you mean --output.strength?\n"
