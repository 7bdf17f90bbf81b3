"""Config files: whether a file holds options at all, and which version of verism wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from verism import permission, version
from verism.errors import VerismError

MOST = 10_000
"""Limit on the values in a config, which guards against YAML alias bombs."""

OF_A_CLASS = ("class_path", "init_args", "dict_kwargs")
"""The keys with which a config describes an object: its class and the options of that class."""

_WRITTEN_BY = re.compile(r"^# verism==(\S+)", re.MULTILINE)


def header() -> str:
    """Return the text of the comment in which a config records the version that wrote it."""
    return f"verism=={version.__version__}"


def check(path: Path) -> None:
    """Raise ``VerismError`` unless a file is YAML and holds options; the parser checks the options themselves."""
    permission.check(path)
    try:
        options = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise VerismError(f"{path}: cannot be read ({error.strerror}).") from error
    except yaml.MarkedYAMLError as error:
        line = "" if error.problem_mark is None else f" in line {error.problem_mark.line + 1}"
        raise VerismError(f"{path}: is not YAML: {error.problem}{line}.") from error
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        # Bytes that are not text, characters that YAML does not allow, an impossible date, or too deeply nested
        # brackets.
        raise VerismError(f"{path}: is not YAML; a config is a text file of options.") from error
    if not isinstance(options, dict) or not options:
        raise VerismError(f"{path}: holds no options; a config has lines such as data: {{size: 600}}.")
    if sum(1 for _ in islice(_values(options), MOST + 1)) > MOST:
        raise VerismError(
            f"{path}: stands for more than {MOST} values; check its aliases, which must not contain themselves."
        )
    _check_classes(options, path)


def _check_classes(options: Any, path: Path, name: str = "") -> None:
    """Raise ``VerismError`` if an option of a class stands next to the class's name, where the parser ignores it."""
    if isinstance(options, list):
        for value in options:
            _check_classes(value, path, name)
    if not isinstance(options, dict):
        return
    beside = [key for key in options if key not in OF_A_CLASS]
    if "class_path" in options and beside:
        key = beside[0]
        value = options[key]
        shown = value if isinstance(value, (str, int, float, bool)) else "…"
        raise VerismError(
            f"{path}: {name}: {key} stands beside class_path; the options of a class go below init_args: "
            f"{{{key}: {shown}}}."
        )
    for key, value in options.items():
        _check_classes(value, path, f"{name}.{key}".lstrip("."))


def of_other_versions(paths: Iterable[Path]) -> str:
    """Return what to add to the parser's message if other versions wrote the configs; empty if none did."""
    found = {path: _WRITTEN_BY.search(path.read_text(encoding="utf-8")) for path in paths}
    others = {path: match[1] for path, match in found.items() if match and match[1] != version.__version__}
    return "".join(
        f"; {path} was written by verism {other}, and this is {version.__version__}" for path, other in others.items()
    )


def _values(options: Any) -> Iterator[Any]:
    """Yield a value and all values nested in it, at any depth."""
    left = [options]
    while left:
        value = left.pop()
        yield value
        if isinstance(value, dict):
            left += value.values()
        elif isinstance(value, list):
            left += value
