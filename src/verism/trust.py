"""Which classes a config or checkpoint may name: building a class runs code, and files may come from strangers.

Only verism, torch, Lightning and torchmetrics are trusted, and of the last three, only classes of the kinds that
options take. Any other package is imported only if the user names it, with ``--trust`` or as a class on the command
line.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import yaml
from jsonargparse import ArgumentError, ArgumentParser, Namespace, set_parsing_settings
from jsonargparse import Path as ConfigPath
from jsonargparse._common import parsing_settings

from verism.errors import VerismError

PACKAGES = ("verism", "torch", "lightning", "torchmetrics")
"""Packages whose classes a file may name where an option takes such a class."""

SLOTS = ("model", "optimizer", "lr_scheduler", "trainer", "executor", "grid")
"""Sections of options that name classes."""

_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)+")

_DENIED = re.compile(r"Importing '([\w.]+)' is not allowed")

_KEY = re.compile(r'[Kk]ey "([\w.]+)"')

_given: ContextVar[tuple[str, ...]] = ContextVar("_given", default=())

_named: ContextVar[frozenset[str]] = ContextVar("_named", default=frozenset())


def given() -> list[str]:
    """Return the ``--trust`` options given by the user, to be passed on to another command."""
    return [f"--trust={package}" for package in _given.get()]


def packages() -> tuple[str, ...]:
    """Return all packages trusted here in addition to ``PACKAGES``, to be passed on to another process."""
    return tuple(sorted({*_given.get(), *_named.get()}))


@contextmanager
def limited(trusted: Iterable[str] = (), named: Iterable[str] = ()) -> Iterator[None]:
    """Let parsers import trusted packages only; anything else is refused before its import, which would run code.

    These contexts can be nested: an inner one also trusts what the outer one does.

    Args:
        trusted: packages named with ``--trust``.
        named: packages of classes that the user has named in other ways, as found by ``named_in``.

    Raises:
        VerismError: one of ``trusted`` cannot be the name of a package, or a parser was given the name of something
            untrusted, or of something in a file that is not Python.
    """
    trusted, named = tuple(trusted), frozenset(named)
    for package in trusted:
        if not all(part.isidentifier() for part in package.split(".")) or package.split(".")[0] == "jsonargparse":
            raise VerismError(f"--trust {package}: must be the name of a Python package, such as my_losses.")
    # jsonargparse has one policy for the whole process, which may be another program: it is restored.
    before = dict(parsing_settings)
    tokens = _given.set((*_given.get(), *trusted)), _named.set(_named.get() | named)
    set_parsing_settings(
        import_path_denylist=["*"],
        import_path_allowlist=[*PACKAGES, *trusted, *named],
        # No option takes an object of arbitrary class.
        instantiate_subclass_spec_in_any=False,
    )
    try:
        yield
    except (ArgumentError, ImportError, ValueError) as error:
        if (denied := _DENIED.search(str(error))) is None:
            raise
        key = _KEY.search(str(error))
        raise _refused(denied[1], key[1].removeprefix("fit.") if key else "") from error
    except SyntaxError as error:
        # In a user's own part, which is imported here.
        raise VerismError(f"{error.filename}, line {error.lineno}: {error.msg}.") from error
    finally:
        parsing_settings.update(before)
        _given.reset(tokens[0])
        _named.reset(tokens[1])


def built(parser: ArgumentParser, recorded: Mapping[str, Any], trusted: Iterable[str] = ()) -> Namespace:
    """Return the objects that the options recorded in a checkpoint describe, if all of their classes are trusted.

    Args:
        parser: a parser of these options.
        recorded: the options.
        trusted: packages whose classes the options may name, in addition to ``PACKAGES``.

    Raises:
        ArgumentError, TypeError, ValueError: the parser does not accept the options.
        VerismError: they name something untrusted.
    """
    with limited(trusted):
        options = parser.parse_object(dict(recorded))
        check(options)
        parts: Namespace = parser.instantiate(options)
        return parts


def check(options: Namespace | Mapping[str, Any]) -> None:
    """Raise ``VerismError`` if parsed options name a class or function of a kind that no option is meant for.

    The parser makes sure that a class has the type of its option. But an option of a callback, for instance, may accept
    any function, and torch has functions and classes that start programs.
    """
    for name, value in _values(options, ""):
        if isinstance(value, str):
            if not (_is_trusted(value) or _has_role(value)):
                raise _refused(value, name)
        elif callable(value) and not isinstance(value, ConfigPath):
            # A function, a class or a callable instance.
            kind = value if hasattr(value, "__qualname__") else type(value)
            path = f"{kind.__module__}.{kind.__qualname__}"
            if not _is_trusted(path):
                raise _refused(path, name)


def split(args: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the arguments without ``--trust``, which no config can set, and the packages it names.

    Raises:
        VerismError: it names no package.
    """
    rest: list[str] = []
    packages: list[str] = []
    words = iter(args)
    for word in words:
        option, equals, value = word.partition("=")
        if option != "--trust":
            rest.append(word)
            continue
        package = value if equals else next(words, "")
        if not package or package.startswith("-"):
            raise VerismError("--trust: must name a Python package, such as --trust my_losses.")
        packages.append(package)
    return rest, packages


def named_in(args: Sequence[str]) -> set[str]:
    """Return the packages of the classes named in command-line arguments, which the user thereby chose to trust.

    Args:
        args: the arguments, with configs only as paths: their contents may be written by someone else.
    """
    found: set[str] = set()
    section = ""
    for arg in args:
        value = arg
        if re.match("--?[a-z]", arg):
            option, _, value = arg.partition("=")
            section = option.removeprefix("--").partition(".")[0].rstrip("+")
        if section in SLOTS:
            try:
                found |= named(yaml.safe_load(value))
            except (ValueError, RecursionError, yaml.YAMLError):
                # The parser reports the mistake.
                continue
    return found


def named(value: Any) -> set[str]:
    """Return the packages of possible classes in a value: of dotted names that are not paths of existing files."""
    if isinstance(value, Mapping):
        return set().union(*map(named, value.values()))
    if isinstance(value, (list, tuple)):
        return set().union(*map(named, value))
    if not isinstance(value, str) or not _DOTTED.fullmatch(value) or Path(value).exists():
        return set()
    package = value.partition(".")[0]
    return set() if package in {*sys.stdlib_module_names, *PACKAGES, "jsonargparse"} else {package}


def _values(options: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield each class path, and each value that is not a string, with the name of its option."""
    if isinstance(options, Namespace):
        options = vars(options)
    if isinstance(options, Mapping):
        for key, value in options.items():
            if key == "class_path":
                yield name, value
            else:
                yield from _values(value, name if key == "init_args" else f"{name}.{key}".lstrip("."))
    elif isinstance(options, (list, tuple, set)):
        for value in options:
            yield from _values(value, name)
    elif not isinstance(options, str):
        yield name, options


def _is_trusted(path: str) -> bool:
    """Return whether a dotted path is in verism or in a package that the user has named."""
    return any(f"{path}.".startswith(f"{package}.") for package in ("verism", *_given.get(), *_named.get()))


def _has_role(path: str) -> bool:
    """Return whether a dotted path names a torch, Lightning or torchmetrics class of a kind that options take.

    Lightning's plugins that read and write checkpoints are excluded, since they may unpickle what they read.
    """
    if path.partition(".")[0] not in PACKAGES:
        return False
    # Imported here, because a command that reads no options should start at once.
    from lightning.fabric.plugins import ClusterEnvironment, Precision  # noqa: PLC0415
    from lightning.pytorch import Callback  # noqa: PLC0415
    from lightning.pytorch.accelerators import Accelerator  # noqa: PLC0415
    from lightning.pytorch.loggers import Logger  # noqa: PLC0415
    from lightning.pytorch.plugins import LayerSync  # noqa: PLC0415
    from lightning.pytorch.profilers import Profiler  # noqa: PLC0415
    from lightning.pytorch.strategies import Strategy  # noqa: PLC0415
    from torch import nn, optim  # noqa: PLC0415
    from torchmetrics import Metric  # noqa: PLC0415

    roles = (
        *(Accelerator, Callback, ClusterEnvironment, LayerSync, Logger, Metric, Precision, Profiler, Strategy),
        *(optim.Optimizer, optim.lr_scheduler.LRScheduler),
    )
    try:
        kind = resolve_name(path)
    except (AttributeError, ImportError, ValueError):
        return False
    if not isinstance(kind, type):
        return False
    return issubclass(kind, roles) or (issubclass(kind, nn.Module) and kind.__module__.startswith("torch.nn."))


def _refused(path: str, option: str) -> VerismError:
    package = path.partition(".")[0]
    place = f"--{option}" if option else "A config"
    known = package in sys.stdlib_module_names or package == "jsonargparse"
    remedy = "leave it out" if known else f"if it is yours, or you trust it, add --trust {package}"
    return VerismError(
        f"{place}: names {path}, which is none of the parts of verism, torch, Lightning and torchmetrics that the "
        f"option is for, and could run any code; {remedy}."
    )
