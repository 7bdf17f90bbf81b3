"""Write the options' names, but Lightning's, into ``src/verism/commands/option_names.json``, from the parsers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pkgutil import resolve_name
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin
from unittest.mock import patch

from jsonargparse import ArgumentParser

from verism.cli import COMMANDS
from verism.commands import option_names
from verism.commands.complaint import NAMES
from verism.commands.option_names import OF_LIGHTNING, STEADY


class Made(BaseException):
    """Carries a parser out of the command that has made it."""

    def __init__(self, parser: ArgumentParser) -> None:
        """Take the parser."""
        super().__init__()
        self.parser = parser


def parser(command: str) -> ArgumentParser:
    """Return the parser of a command, as it is when the command parses its words."""

    def stop(self: ArgumentParser, *args: Any, **options: Any) -> None:
        del args, options
        raise Made(self)

    with patch.object(ArgumentParser, "parse_args", stop):
        try:
            resolve_name(COMMANDS[command][0])([])
        except Made as made:
            return made.parser
    raise RuntimeError(f"{command} parses nothing")


def actions(found: ArgumentParser) -> Iterator[tuple[str, Any]]:
    """Yield the options of a parser, and of those of its subcommands, each with what it does."""
    for action in found._actions:
        yield from ((name, action) for name in action.option_strings if name.startswith("--"))
        for below in getattr(action, "_name_parser_map", {}).values():
            yield from actions(below)


def kinds(action: Any) -> list[str] | None:
    """Return what an option takes, in the words of ``complaint.py``; None if it is more than numbers and set words."""
    hint = getattr(action, "_typehint", None) or action.type
    found: list[str] = []
    for part in get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,):
        if get_origin(part) is Literal:
            found += [
                repr(value) if isinstance(value, str) else NAMES[type(value).__name__] for value in get_args(part)
            ]
        elif part in (bool, int, float, NoneType):
            found.append(NAMES[part.__name__])
        else:
            return None
    return list(dict.fromkeys(found))


def names() -> dict[str, dict[str, Any]]:
    """Return for each command with a parser the names of its options, the sections among them, and kinds of values."""
    listed: dict[str, dict[str, Any]] = {}
    for command in COMMANDS:
        if command != "run":
            of_command = dict(actions(parser(command)))
            sections = {name for name, action in of_command.items() if type(action).__name__ == "_ActionConfigLoad"}
            own = (name for name in of_command if name not in sections and not name.startswith(OF_LIGHTNING))
            lasting = (name for name in of_command if name in STEADY or not name.startswith(OF_LIGHTNING))
            taken = {name: kinds(of_command[name]) for name in lasting}
            listed[command] = {
                "options": sorted(own),
                "sections": sorted(sections),
                "kinds": {name: taken[name] for name in sorted(taken) if taken[name]},
            }
    return listed


if __name__ == "__main__":
    option_names.FILE.write_text(json.dumps(names(), indent=1) + "\n", encoding="utf-8")
