"""Write the names of all options but Lightning's into ``src/verism/commands/option_names.json``, from the parsers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pkgutil import resolve_name
from typing import Any
from unittest.mock import patch

from jsonargparse import ArgumentParser

from verism.cli import COMMANDS
from verism.commands import option_names
from verism.commands.option_names import OF_LIGHTNING


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


def names() -> dict[str, dict[str, list[str]]]:
    """Return the names of the options of each command that has a parser, and of the sections among them."""
    listed: dict[str, dict[str, list[str]]] = {}
    for command in COMMANDS:
        if command != "run":
            of_command = dict(actions(parser(command)))
            sections = {name for name, action in of_command.items() if type(action).__name__ == "_ActionConfigLoad"}
            own = (name for name in of_command if name not in sections and not name.startswith(OF_LIGHTNING))
            listed[command] = {"options": sorted(own), "sections": sorted(sections)}
    return listed


if __name__ == "__main__":
    option_names.FILE.write_text(json.dumps(names(), indent=1) + "\n", encoding="utf-8")
