"""Keeps a user's photo from being paired by mistake with an example photo from one of verism's configs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from verism.cli import CONFIGS
from verism.errors import VerismError


def check(args: Sequence[str], content: Path, styles: Sequence[Path]) -> None:
    """Refuse to pair one of the user's photos with an example photo that the user did not ask for.

    Args:
        args: the arguments of ``fit``, including the paths of configs.
        content: the content photo that they select.
        styles: the style photos that they select.

    Raises:
        VerismError: one of the two photos comes from one of verism's configs, and the other does not.
    """
    if not styles:
        return
    # None: not named at all, or set by a file for the whole section, which may name both.
    asked: dict[str, bool | None] = {"content": None, "style": None}
    for option, value in _named(args):
        if option in asked:
            asked[option] = not _is_own(value, content if option == "content" else styles[0])
        elif option == "":
            return
    if {*asked.values()} == {True, False}:
        yours, other = ("content", "style") if asked["content"] else ("style", "content")
        example = content if other == "content" else styles[0]
        raise VerismError(
            f"--data.{yours}: is your photo, and --data.{other} would be the example, {example.name}; give "
            f"--data.{other} too."
        )


def _named(args: Sequence[str]) -> list[tuple[str, Path | None]]:
    """Return the data options that are given, in order, each with the config that sets it; None: the command line."""
    found: list[tuple[str, Path | None]] = []
    for arg, following in pairwise([*args, ""]):
        option, equals, value = arg.partition("=")
        value = value if equals else following
        if option in ("--config", "-c"):
            found += [(name, Path(value)) for name in _data(Path(value))]
        elif option == "--data" or option.startswith("--data."):
            found.append((option.removeprefix("--data").removeprefix("."), None))
    return found


def _data(config: Path) -> list[str]:
    try:
        options: Any = yaml.safe_load(config.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        # Not a file but inline options, which the parser has already read.
        return []
    data = options.get("data") if isinstance(options, dict) else None
    return list(data) if isinstance(data, dict) else []


def _is_own(config: Path | None, photo: Path) -> bool:
    """Return whether a photo is an example, named by one of verism's own configs."""
    here = CONFIGS.resolve()
    return config is not None and config.resolve().is_relative_to(here) and photo.is_relative_to(here / "photos")
