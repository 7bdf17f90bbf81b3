"""Splits command-line words without the parser: the words before the options, and the options' values."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from pathlib import Path

from verism.missing import exists

CONFIGS = ("--config", "-c")
"""Options that name a config file."""

REPLACING = (*CONFIGS, "--data", "--output")
"""Options that may name a file of options, which replace those before it."""


def leading(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split words before the first that begins with a dash."""
    first = list(itertools.takewhile(lambda word: not word.startswith("-"), words))
    return first, list(words[len(first) :])


def value_of(options: Sequence[str], name: str) -> str | None:
    """Return the value of an option given as ``--name value`` or ``--name=value``; None if it is not given."""
    value, _ = take(options, name)
    return value


def as_folder(value: str | None) -> Path | None:
    """Return the folder that a result's name stands for, by a trailing slash or because it exists; None for a file."""
    if value is None:
        return None
    path = Path(value)
    return path if value.endswith(("/", os.sep)) or (exists(path) and path.is_dir()) else None


def take(options: Sequence[str], name: str) -> tuple[str | None, list[str]]:
    """Return an option's value (the last one if it is repeated; None if it is not given) and the other options."""
    value: str | None = None
    others: list[str] = []
    words = iter(options)
    for word in words:
        option, equals, joined = word.partition("=")
        if option != name:
            others.append(word)
        else:
            value = joined if equals else next(words, None)
    return value, others


def take_all(options: Sequence[str], name: str) -> tuple[list[str], list[str]]:
    """Return the values of an option that takes several (the last ones given), and the other options."""
    values: list[str] = []
    others = list(options)
    while (place := next((it for it, word in enumerate(others) if word.partition("=")[0] == name), None)) is not None:
        _, equals, joined = others[place].partition("=")
        values = [joined] if equals else leading(others[place + 1 :])[0]
        del others[place : place + 1 + (0 if equals else len(values))]
    return values, others


def with_options(words: Sequence[str], options: Sequence[str]) -> list[str]:
    """Return a command with options added, each with its value; they replace any of the same name."""
    kept = list(words)
    for name in options[::2]:
        _, kept = take(kept, name)
    return [*kept, *options]


def split_configs(options: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split options into those that name configs, with their values, and the others."""
    configs: list[str] = []
    others: list[str] = []
    words = iter(options)
    for word in words:
        if word.partition("=")[0] in CONFIGS:
            configs += [word] if "=" in word else [word, *itertools.islice(words, 1)]
        else:
            others.append(word)
    return configs, others


def settled(command: str, args: Sequence[str]) -> list[str]:
    """Return the words that no file of options can replace: those after the last such file.

    Args:
        command: the command; ``run`` reads configs first, wherever they are.
        args: its arguments.
    """
    words = split_configs(args)[1] if command == "run" else list(args)
    named = [place for place, word in enumerate(words) if word.partition("=")[0] in REPLACING]
    return words[named[-1] + 1 :] if named else words
