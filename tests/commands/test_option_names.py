"""Slips in the names of options, and whether the list of these names is that of the parsers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial

import option_names as tool
import pytest
from jsonargparse import ArgumentError

from verism.cli import COMMANDS
from verism.commands import option_names
from verism.commands.complaint import plain
from verism.commands.option_names import check
from verism.commands.options import FitOptions
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
        ("predict", ["--output", "graded"], "--output graded: no such option; did you mean --output.dir?"),
        ("predict", ["--output.path", "graded"], "--output.path: no such option; did you mean --output.dir?"),
        ("predict", ["--output.folder", "graded"], "--output.folder: no such option; did you mean --output.dir?"),
        ("series", ["--output.path", "graded"], "--output.path: no such option; did you mean --output.dir?"),
        ("series", ["--output.lut", "a.cube"], "--output.lut: no such option; verism series --help lists"),
        ("render", ["a", "--output.dir", "b"], "--output.dir: no such option; did you mean --output.path?"),
        ("run", ["a.jpg", "b.jpg", "--output=x.jpg"], "--output x.jpg: no such option; did you mean --output.path?"),
        (
            "run",
            ["a.jpg", "b.jpg", "--output", "graded/"],
            "--output graded/: no such option; did you mean --output.path?",
        ),
        ("fit", ["--data", "x"], "--data x: no such option; did you mean one like --data.content?"),
        ("render", ["a", "--output", "x.jpg"], "did you mean --output.path?"),
        ("doctor", ["--x"], "verism doctor --help"),
        *(
            ("run", ["a.jpg", "b.jpg", slip], f"{slip}: no such option; did you mean {meant}?")
            for slip, meant in {
                "-o": "--output.path",
                "--out": "--output.path",
                "-s": "--output.strength",
                "-p": "--preview",
                "--strength": "--output.strength",
                "--strenght": "--output.strength",
                "--lut": "--output.lut",
                "--quality": "--output.quality",
                "--size": "--output.size",
                "--color": "--output.color",
                "-preview": "--preview",
                "-output.strength": "--output.strength",
                "\N{EN DASH}preview": "--preview",
                "\N{EM DASH}output.lut": "--output.lut",
            }.items()
        ),
        ("predict", ["--out", "x", "--executor.workers", "2"], "--out: no such option; did you mean --output.dir?"),
        ("sweep", ["-o", "x"], "did you mean --output?"),
        ("series", ["a.jpg", "--out", "x"], "did you mean --output.dir?"),
        ("run", ["a.jpg", "b.jpg", "--open", "true"], "--open true: --open stands alone"),
        ("run", ["a.jpg", "b.jpg", "--preview=yes"], "--preview yes: --preview stands alone"),
        ("run", ["a.jpg", "b.jpg", "--output.path"], "--output.path: its value is missing, such as"),
        ("fit", ["--data.size", "--output.color", "0"], "--data.size: its value is missing, such as --data.size 1000."),
        *(
            (command, [f"--output.{name}", "2"], f"--output.{name} 2.0: must be from 0, your photo, to 1, the whole")
            for command in ("run", "fit", "predict", "series", "render", "export")
            for name in ("strength", "color", "tone")
        ),
        ("run", ["--output.strength=-1"], "--output.strength -1.0: must be from 0, your photo, to 1, the whole look."),
        ("run", ["--output.strength", "60"], "must be from 0, your photo, to 1, the whole look; write 0.6."),
        ("run", ["--output.strength", "60%"], "must be a number from 0 to 1, with a point; write 0.6."),
        ("render", ["--output.tone", "0,25"], "must be a number from 0 to 1, with a point; write 0.25."),
    ],
)
def test_a_slip_is_told(command: str, args: list[str], said: str) -> None:
    with pytest.raises(VerismError) as raised:
        check(command, args)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("a.jpg b.jpg -o x.jpg", "a.jpg b.jpg --output.path x.jpg"),
        ("a.jpg b.jpg --out=x.jpg", "a.jpg b.jpg --output.path x.jpg"),
        ("a.jpg -o x.jpg b.jpg --preview", "a.jpg b.jpg --preview --output.path x.jpg"),
        ("a.jpg b.jpg --output x.jpg --preview", "a.jpg b.jpg --preview --output.path x.jpg"),
        ("a.jpg b.jpg c.jpg -o graded", "a.jpg b.jpg c.jpg --output.path graded/"),
        ("a.jpg b.jpg c.jpg -o graded/", "a.jpg b.jpg c.jpg --output.path graded/"),
        ("predict sea a.jpg -o graded", "predict sea a.jpg --output.dir graded"),
        ("predict sea a.jpg -o x.jpg", "predict sea a.jpg --output.dir x"),
        ("predict sea -o graded a.jpg", "predict sea a.jpg --output.dir graded"),
        ("series a.jpg --style b.jpg -o graded/x.jpg", "series a.jpg --style b.jpg --output.dir graded/x"),
        ("render sea -o x.jpg --output.tone 0", "render sea --output.tone 0 --output.path x.jpg"),
        ("series *.jpg --style b.jpg --output.path graded", "series '*.jpg' --style b.jpg --output.dir graded"),
        ("export sea --to x.cube", "export sea --output.path x.cube"),
        ("export sea --output.lut x.cube", "export sea --output.path x.cube"),
        ("export sea --lut x.cube", "export sea --output.path x.cube"),
        ("fit -c leaky.yaml -o x.jpg", "fit -c leaky.yaml --output.path x.jpg"),
        ("sweep --base a.yaml -o x", "sweep --base a.yaml --output x"),
    ],
)
def test_where_the_result_goes_is_told_with_the_whole_command(typed: str, meant: str) -> None:
    """Which can be copied, and has no such slip."""
    command, *args = typed.split() if typed.split(maxsplit=1)[0] in COMMANDS else ["run", *typed.split()]
    with pytest.raises(VerismError) as raised:
        check(command, args)
    assert str(raised.value).partition("? ")[2] == f"verism {meant}"
    check(command, meant.split() if command == "run" else meant.split()[1:])


def test_a_photo_after_it_with_a_space() -> None:
    with pytest.raises(VerismError, match=r"verism 'a b\.jpg' b\.jpg --output\.path 'x y\.jpg'$"):
        check("run", ["a b.jpg", "b.jpg", "-o", "x y.jpg"])


@pytest.mark.parametrize(
    ("command", "args"),
    [
        ("run", ["a.jpg", "--styles", "b.jpg", "--output.sheet=false", "--open", "--config", "x", "-c", "y"]),
        ("fit", ["--model.canvas.anything", "1", "--trainer.callbacks+", "trouble.Terminate", "--data", "data.yaml"]),
        ("fit", ["--optimizer.lr", "-3", "--model.losses.mine", "X", "--model.losses.mine.weight", "1"]),
        ("fit", ["--model.canvas.help", "Lut3d", "--print_config"]),
        ("series", ["--style", "x", "--data.size", "3", "--output.sheet", "false"]),
        ("sweep", ["--grid", "x", "--model.tile", "auto", "--trainer.max_steps", "3"]),
        ("predict", ["--ckpt", "x", "--executor.workers", "2"]),
        ("fit", ["-c", "x", "--output.strength", "1.0", "--optimizer.lr", "-inf"]),
        ("fit", ["--trainer.of_a_later_lightning", "3"]),
        ("fit", ["--nonsense", "--help"]),
        ("fit", ["--output", "mine.yaml"]),
        ("run", ["a.jpg", "b.jpg", "--output={path: x.jpg}"]),
        ("sweep", ["--output", "sweep.d"]),
    ],
)
def test_what_may_be_right_is_left_to_the_parser(command: str, args: list[str]) -> None:
    check(command, args)


LISTED = json.loads(option_names.FILE.read_text())

WORDS = ("No", "Null", "auto", "srgb", "inf")

NEEDED = {
    "fit": ("--data.content=a.jpg", "--data.style=b.jpg"),
    "predict": ("--ckpt_path=a", "--data.photos=b.jpg", "--output.dir=c"),
    "series": ("a.jpg", "--style=b.jpg"),
    "render": ("a", "--output.path=b.jpg"),
    "export": ("a", "--output.path=b.cube"),
}
"""What each command cannot do without."""


def refusal(parse: Callable[[], object]) -> str:
    """Return the sentence with which a value is refused; empty if it is taken."""
    try:
        parse()
    except (ArgumentError, VerismError) as error:
        return plain(error)
    return ""


@pytest.mark.slow
@pytest.mark.parametrize("command", NEEDED)
def test_a_word_is_refused_in_the_words_of_the_parser_and_never_without_it(command: str) -> None:
    parser = FitOptions().parser if command == "fit" else tool.parser(command)
    assert LISTED[command]["kinds"]
    for option in LISTED[command]["kinds"]:
        for word in ("wide", *WORDS):
            args = [f"{option}={word}"]
            early = refusal(partial(check, command, args))
            late = refusal(partial(parser.parse_args, [*NEEDED[command], *args]))
            assert late or not early, (option, word)
            if word == "wide":
                assert early == late == refusal(partial(check, command, [option, word]))


@pytest.mark.parametrize(
    ("command", "args", "said"),
    [
        ("run", ["a.jpg", "b.jpg", "--output.color", "abc"], "--output.color abc: must be a number."),
        ("fit", ["--trainer.max_steps=x"], "--trainer.max_steps x: must be a whole number."),
        ("fit", ["--model.compile", "atuo"], "--model.compile atuo: must be true or false or 'auto'."),
        ("predict", ["--output.profile", "adobe"], "--output.profile adobe: must be 'srgb' or 'keep'."),
        ("series", ["--data.size", "wide", "--level", "true"], "--data.size wide: must be a whole number."),
    ],
)
def test_a_word_where_none_is_taken(command: str, args: list[str], said: str) -> None:
    with pytest.raises(VerismError) as raised:
        check(command, args)
    assert str(raised.value) == said


@pytest.mark.parametrize(
    "args",
    [
        [
            "--output.color",
            "1e3",
            "--data.size",
            "-5",
            "--output.size",
            "NULL",
            "--model.tile",
            "auto",
            "--page.write=Off",
        ],
        [
            "--data.size",
            "${width}",
            "--output.strength",
            ".5",
            "--output.depth",
            "12",
            "--model.content.weight",
            "0x10",
        ],
        ["--output.path", "wide", "--config", "wide", "--data.content=wide", "--data.size", "3"],
    ],
)
def test_what_may_be_a_value_is_left_to_the_parser(args: list[str]) -> None:
    check("fit", args)


SLIP = """
import sys
from verism.cli import main
try:
    main(["mine.jpg", "theirs.jpg", "{option}", "half"])
except SystemExit as end:
    print(end.code, "torch" in sys.modules or "lightning" in sys.modules)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--output.strenght", "--output.strenght: no such option; did you mean --output.strength?"),
        ("--output.strength", "--output.strength half: must be a number."),
    ],
)
def test_neither_torch_nor_lightning_is_imported_for_it(option: str, said: str) -> None:
    slip = SLIP.format(option=option)
    done = subprocess.run([sys.executable, "-c", slip], capture_output=True, text=True, check=True)
    assert done.stdout == "2 False\n"
    assert done.stderr == f"verism: {said}\n"
