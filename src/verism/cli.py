"""The command line: ``verism mine.jpg theirs.jpg``, ``python main.py fit --config leaky.yaml``."""

from __future__ import annotations

import argparse
import glob
import itertools
import shlex
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from pkgutil import resolve_name
from typing import NoReturn

from verism import builds, permission, version
from verism.errors import VerismError
from verism.idle_threads import wait_briefly
from verism.missing import CLOSE, exists, missing
from verism.process import process
from verism.waiting import STARTING, waiting

COMMANDS: Mapping[str, tuple[str, str]] = {
    "run": (
        "verism.commands.one_line:run",
        "give photos the look of another, with one line: verism mine.jpg theirs.jpg",
    ),
    "app": ("verism.app.command:app", "open a local page: drop two photos, move the sliders, save the picture"),
    "fit": ("verism.commands.fit:fit", "give one photo the look of another, with full control over the method"),
    "predict": ("verism.commands.predict:predict", "give other photos the look that a run has found"),
    "series": ("verism.series.command:series", "give many photos one look, so that photos of one scene agree"),
    "render": (
        "verism.commands.render:render",
        "write the picture of a run again from its checkpoint, in any strength or format",
    ),
    "export": (
        "verism.commands.export:export",
        "write the look that a run or a series has found as a lookup table for other programs",
    ),
    "sweep": (
        "verism.sweep.command:sweep",
        "run fit over a grid of options and photos, and compare the results in a report",
    ),
    "test": ("verism.commands.evaluate:evaluate", "measure how good a result is: structure, colour, style"),
    "doctor": ("verism.commands.doctor:doctor", "report what this machine has, and what that means for a run"),
    "figures": (
        "verism.commands.figures:figures",
        "draw the paper's figures of finished runs: histograms, convolution outputs, …",
    ),
}
"""For each command, the function that runs it, which is imported only when needed, and the command's purpose."""

OWN = ("-h", "--help", "-v", "--version")
"""Options that can be used without a command."""

OF_RUN = ("preview", "open")
"""Options of ``run`` that could be mistaken for commands, because they are verbs."""

EARLY = ("option_names", "bare_result", "named_files", "photos_as_run", "same_file", "result_endings", "required")
"""Modules of ``verism.commands`` whose ``check`` finds mistakes in a command's arguments without its slow imports."""

EXAMPLE = "verism mine.jpg theirs.jpg gives mine.jpg the look of theirs.jpg, and verism --help lists all commands"

CONFIGS = next(
    folder for folder in (Path(__file__).parent / "configs", Path(__file__).parents[2] / "configs") if folder.is_dir()
)
"""The configs that come with verism: inside an installed package, or at the top of a checkout."""


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line.

    Args:
        args: the arguments, without the program's name; None: those of the process.

    Raises:
        SystemExit: with one sentence on stderr and status 2 for a user error, 1 for a run that failed, or 128 plus the
            signal's number for a run that was stopped.
    """
    typed = list(sys.argv[1:] if args is None else args)
    name, *options = _with_command(typed) or ["--help"]
    configs: list[Path] = []
    try:
        _check_command(name, options)
        _parser().parse_args([name])
        # Imported only here, like the commands, so that --help responds at once.
        config_file = import_module("verism.commands.config_file")
        trust = import_module("verism.trust")
        options, trusted = trust.split(options)
        for checks in EARLY:
            import_module(f"verism.commands.{checks}").check(name, options)
        located, configs = _locate_configs(options)
        for config in configs:
            config_file.check(config)
        if name != "doctor":  # which reports this along with everything else
            builds.check()
        with waiting(STARTING), import_module("verism.startup").quick_imports():
            run = resolve_name(COMMANDS[name][0])
        with trust.limited(trusted, trust.named_in(options)):
            run(located)
    except KeyboardInterrupt:
        sys.stderr.write("verism: Stopped.\n")
        raise SystemExit(128 + signal.SIGINT) from None
    except PermissionError as error:
        closed = None if error.filename is None else permission.denied(Path(error.filename))
        if closed is None:
            raise
        sys.stderr.write(f"verism: {closed}\n")
        raise SystemExit(VerismError.exit_status) from None
    except Exception as error:
        if not isinstance(error, _mistakes()):
            raise
        message = " ".join(str(error).split())
        if isinstance(error, import_module("jsonargparse").ArgumentError):
            said = resolve_name("verism.commands.complaint:plain")(error)
            said = resolve_name("verism.commands.required:plain")(name, options, said)
            if name in ("fit", "run", "sweep"):
                said += resolve_name("verism.commands.suggestion:meant")(message)
                said += config_file.of_other_versions(configs)
            message = said
        sys.stderr.write(f"verism: {message}\n")
        raise SystemExit(getattr(error, "exit_status", VerismError.exit_status)) from None


def _mistakes() -> tuple[type[Exception], ...]:
    """Return the exceptions that stand for user errors; a library that was not imported cannot have raised any."""
    of_libraries = {
        "jsonargparse": "ArgumentError",
        "lightning.pytorch.utilities.exceptions": "MisconfigurationException",
    }
    return VerismError, *(
        getattr(sys.modules[module], name) for module, name in of_libraries.items() if module in sys.modules
    )


def command() -> NoReturn:
    """Run the command line of this process and end the process."""
    wait_briefly()
    process(main)


def _with_command(args: Sequence[str]) -> list[str]:
    """Return the arguments, preceded by ``run`` if they begin with a photo or with an option of ``run``."""
    first = args[0] if args else ""
    if first == "help":
        return ["--help"]
    is_photo = (
        first not in ("", *COMMANDS)
        and not first.startswith("-")
        and (bool(Path(first).suffix) or exists(Path(first)) or glob.has_magic(first))
    )
    return ["run", *args] if is_photo or first in ("--preview", "--open") else list(args)


def _check_command(name: str, words: Sequence[str]) -> None:
    """Raise ``VerismError`` unless there is a command of this name, or it is an option of verism itself.

    Args:
        name: the first word.
        words: the words after it, used to build the command that was probably meant.
    """
    if name == "run":
        _check_no_other(words)
    if name in COMMANDS or name in OWN:
        return
    if name.startswith("-"):
        raise VerismError(f"{name}: photos come first, and options after them: {_reordered(name, words)}")
    quoted = _joined([name, *words])
    if quoted is not None:
        raise VerismError(f"{name}: names with spaces need quotes: {shlex.join(['verism', *quoted])}")
    near = get_close_matches(name, (*COMMANDS, *OF_RUN), n=1)
    if near and near[0] in OF_RUN and words:
        meant = shlex.join(["verism", *words, f"--{near[0]}"])
        raise VerismError(f"{name}: no such command; did you mean {meant}?")
    if near:
        raise VerismError(f"{name}: no such command, photo or folder; did you mean {near[0]}?")
    error = missing(Path(name), "command, photo or folder")
    raise error if str(error).endswith("?") else VerismError(f"{str(error).rstrip('.')}; {EXAMPLE}.")


def _check_no_other(words: Sequence[str]) -> None:
    """Raise ``VerismError`` if a command comes after photos or a run: ``verism lightning_logs/mine-theirs render``."""
    for word in itertools.takewhile(lambda word: not word.startswith("-"), words):
        if word in COMMANDS and not exists(Path(word)):
            others = [it for it in words if it != word]
            ordered = resolve_name("verism.commands.photos_as_run:ordered")(word, others)
            raise VerismError(f"{word}: a command comes first: {ordered}")


def _joined(words: Sequence[str]) -> list[str] | None:
    """Return the words with the leading ones joined by spaces into an existing photo or folder; None if impossible."""
    for count in range(2, len(words) + 1):
        name = " ".join(words[:count])
        if exists(Path(name)):
            return [name, *words[count:]]
    return None


def _reordered(option: str, words: Sequence[str]) -> str:
    """Return the command with the photos first, or an example if there are no photos."""
    value, rest = ([], words) if "=" in option else (words[:1], words[1:])
    photos = [word for word in rest if exists(Path(word))]
    if not photos or option in ("--style", "--styles"):
        return "verism mine.jpg theirs.jpg --preview"
    ordered = [*photos, option, *value, *(word for word in rest if word not in photos)]
    option_names = import_module("verism.commands.option_names")
    is_place = option.partition("=")[0].lstrip("-") in option_names.OF_PLACES
    in_full: str = option_names.in_full("run", ordered, len(photos)) if is_place else ""
    return in_full or shlex.join(["verism", *ordered])


def _parser() -> argparse.ArgumentParser:
    """Return a parser of only the command's name; each command parses its own options and has its own help."""
    parser = argparse.ArgumentParser(
        "verism",
        description="Gives a photo the look of another: the evening of one, on the mountains of the other.",
        epilog="verism COMMAND --help tells more. Each command takes --trust PACKAGE, as often as needed: a config "
        "or a checkpoint may then name classes of that Python package, besides those of verism, torch, Lightning and "
        "torchmetrics.",
    )
    parser.add_argument("--version", "-v", action="version", version=version.__version__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, (_, purpose) in COMMANDS.items():
        commands.add_parser(name, help=purpose, add_help=False)
    return parser


def _locate_configs(args: Sequence[str]) -> tuple[list[str], list[Path]]:
    """Return the arguments with the names of verism's own configs replaced by paths, and the paths of all configs."""
    located: list[str] = []
    configs: list[Path] = []
    for arg in args:
        option, equals, value = arg.partition("=")
        if option in ("--config", "-c") and equals:
            configs.append(locate(value))
            located += [option, str(configs[-1])]
        elif located and located[-1] in ("--config", "-c"):
            configs.append(locate(arg))
            located.append(str(configs[-1]))
        else:
            located.append(arg)
    return located, configs


def locate(config: str) -> Path:
    """Return the path of a config, a file or one of verism's own; raise ``VerismError`` if there is none."""
    permission.check(Path(config))
    for path in (Path(config), CONFIGS / config):
        # The file system raises an error for a name that is too long.
        with suppress(OSError):
            if path.is_file():
                return path
    names = sorted(path.relative_to(CONFIGS).as_posix() for path in CONFIGS.rglob("*.yaml"))
    near = _nearest_config(Path(config), names)
    if near is not None:
        raise VerismError(f"{config}: no such config; did you mean {near}?")
    folders = sorted({f"{folder}/" for folder, slash, _ in (name.partition("/") for name in names) if slash})
    listed = ", ".join(name for name in names if "/" not in name)
    raise VerismError(f"{config}: no such config; verism's own are {listed}, and those in {' and '.join(folders)}.")


def _nearest_config(config: Path, own: Sequence[str]) -> str | None:
    """Return the closest name of a config, next to a missing one or one of verism's own; None if none is close."""
    names = list(own)
    with suppress(OSError):
        names += sorted(str(path) for path in config.parent.iterdir() if path.suffix.lower() in (".yaml", ".yml"))
    for name_of in (lambda path: str(path.parent / path.stem), lambda path: path.stem):
        known = {name_of(Path(name)).casefold(): name for name in names}
        near = get_close_matches(name_of(config).casefold(), known, n=1, cutoff=CLOSE)
        if near:
            return known[near[0]]
    return None
