"""The required arguments of each command, and the error that asks for them with a completed command."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from verism.commands.words import leading
from verism.enumeration import enumerated
from verism.errors import VerismError

ELSEWHERE = ("-h", "--help", "--config", "-c", "--print_config", "--data")
"""Options with which a command may need less, such as a config that names the photos; the parser decides."""

ALONE = ("--carry_over", "--dry_run")
"""Options that take no value."""

_LATE = re.compile(r"^the following arguments are required: (.+)$")


class Need(NamedTuple):
    """A required argument.

    Attributes:
        what: a description of it.
        example: example words for it.
    """

    what: str
    example: tuple[str, ...]


_RUN = "the folder of a run"
_ONE_RUN = ("lightning_logs/mine-theirs",)
_PHOTOS = Need("photos, folders or patterns", ("holiday/*.jpg",))

NEEDED: Mapping[str, Mapping[str, Need]] = {
    "fit": {
        "--data.content": Need("your photo", ("mine.jpg",)),
        "--data.style": Need("the photo whose look it takes on", ("theirs.jpg",)),
    },
    "predict": {
        "--ckpt_path": Need("the folder of a run or of a series", _ONE_RUN),
        "--data.photos": _PHOTOS,
        "--output.dir": Need("the folder for the pictures", ("graded",)),
    },
    "series": {
        "PHOTOS": _PHOTOS,
        "--style": Need("the photo whose look they take on", ("theirs.jpg",)),
    },
    "render": {"RUN": Need(_RUN, _ONE_RUN)},
    "export": {
        "RUN": Need("the folder of a run or of a series", _ONE_RUN),
        "--output.path": Need("the lookup table to write as .cube, .png or .safetensors", ("look.cube",)),
    },
    "sweep": {
        "--base": Need("the config that all runs begin with", ("photoreal.yaml",)),
        "--grid": Need("the options that change from run to run", ("{data.size: [300, 600]}",)),
    },
    "test": {"RESULTS": Need("pictures, or folders of runs", _ONE_RUN)},
    "figures": {"FOLDERS": Need("folders of runs", _ONE_RUN)},
}
"""By command and option as typed; names in capitals are positional. A test compares this with the parsers."""


def check(command: str, args: Sequence[str]) -> None:
    """Raise ``VerismError`` if required arguments are clearly missing; unclear cases are left to the parser."""
    lacking = _lacking(command, args)
    if lacking:
        raise VerismError(sentence(command, args, lacking))


def completed(command: str, args: Sequence[str]) -> str:
    """Return a command as typed, with examples for what is clearly missing."""
    return _with_examples(command, args, _lacking(command, args))


def _lacking(command: str, args: Sequence[str]) -> list[str]:
    """Return the keys of ``NEEDED[command]`` that are clearly missing from the arguments."""
    given = [arg.partition("=")[0] for arg in args if arg.startswith("-")]
    if any(option in ELSEWHERE or option.endswith(".help") for option in given):
        return []
    words = _words(args)
    # The first word of ``predict`` stands for its first option, and all others for the second.
    first = len(leading(args)[0]) if command == "predict" else 0
    named = [*given, *list(NEEDED.get(command, ()))[: min(first, 2)]]
    return [
        name
        for name in NEEDED.get(command, ())
        if (not any(name.startswith(option) for option in named) if name.startswith("-") else not words)
    ]


def plain(command: str, args: Sequence[str], message: str) -> str:
    """Return the parser's message about missing arguments in the form of ``sentence``; any other message unchanged."""
    late = _LATE.match(message)
    needed = NEEDED.get(command, {})
    found = [name.removeprefix("fit.") for name in late[1].split(", ")] if late else []
    lacking = [name.upper() if name.upper() in needed else f"--{name}" for name in found]
    return sentence(command, args, lacking) if lacking and set(lacking) <= set(needed) else message


def sentence(command: str, args: Sequence[str], lacking: Collection[str]) -> str:
    """Return an error for what is missing, with a command that includes it.

    Args:
        command: the command.
        args: its arguments, as the user typed them.
        lacking: keys of ``NEEDED[command]``.
    """
    needed = NEEDED[command]
    first, options = leading(args)
    if command == "series" and "--style" in lacking and len(first) > 1 and Path(first[-1]).is_file():
        # As in ``verism holiday theirs.jpg``, where the style comes last.
        turned = shlex.join(["verism", command, *first[:-1], "--style", first[-1], *options])
        return f"{command}: --style ({needed['--style'].what}) is missing; if it is {first[-1]}: {turned}"
    listed = enumerated(f"{name} ({needed[name].what})" for name in lacking)
    example = _with_examples(command, args, lacking)
    return f"{command}: {listed} {'is' if len(lacking) == 1 else 'are'} missing; for example: {example}"


def _with_examples(command: str, args: Sequence[str], lacking: Collection[str]) -> str:
    needed = NEEDED[command]
    before = [word for name in lacking if not name.startswith("-") for word in needed[name].example]
    after = [word for name in lacking if name.startswith("-") for word in (name, *needed[name].example)]
    return shlex.join(["verism", command, *before, *args, *after])


def _words(args: Sequence[str]) -> list[str]:
    """Return the arguments that are neither options nor their values."""
    found = []
    before = ""
    for arg in args:
        takes_it = before.startswith("--") and "=" not in before and before not in ALONE
        if not arg.startswith("-") and not takes_it:
            found.append(arg)
        before = arg
    return found
