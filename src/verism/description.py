"""Describes the parts of a run by class and arguments, like a config, so that a checkpoint can rebuild them."""

from __future__ import annotations

import inspect
import sys
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import suppress
from enum import Enum
from numbers import Integral, Real
from pathlib import PurePath
from typing import Any, Self

from torch import nn

from verism.arguments import check_arguments

UNRECORDED = "not recorded"
"""Stands for a value that a config cannot express, such as a function or a tensor."""


class Described:
    """Base class of the parts of a run, each of which records the arguments that it was created with.

    Attributes:
        description: ``class_path`` and ``init_args``, including defaults, as plain types.
    """

    description: dict[str, Any]

    @property
    def recorded(self) -> dict[str, Any]:
        """What a run records of the part, from which a checkpoint builds it again."""
        return self.description

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Create the part and describe it immediately: its arguments may change later, and may be too large to keep."""
        made = super().__new__(cls)
        # The constructor itself reports arguments that do not fit; a copy is created without any.
        with suppress(TypeError):
            given = inspect.signature(cls.__init__).bind(made, *args, **kwargs)
            given.apply_defaults()
            check_arguments(cls.__name__, cls.__init__, given.arguments)
            # Not with setattr, which nn.Module only allows after its own __init__.
            vars(made)["description"] = _description(cls, _by_name(given))
        return made


def describe(value: Any) -> Any:
    """Return a part or an argument in the form that a config holds; ``UNRECORDED`` if a config cannot hold it."""
    described: Any = UNRECORDED
    match value:
        case object() if hasattr(type(value), "lazy_get_init_args"):
            # A default argument, which jsonargparse builds when it is first called.
            lazy: Any = value
            described = describe(type(value).__mro__[2](**lazy.lazy_get_init_args()))
        case None | bool():
            described = value
        case Enum():
            described = value.name
        # Plain numbers and strings, of which NumPy and others have types of their own, which no checkpoint may hold.
        case Integral():
            described = int(value)
        case Real():
            described = float(value)
        case str():
            described = str(value)
        case PurePath():
            described = str(value)
        case Counter():
            # As torch keeps the milestones of a scheduler.
            described = describe(list(value.elements()))
        case Mapping():
            described = {str(name): describe(item) for name, item in value.items()}
        case list() | tuple():
            described = [describe(item) for item in value]
        case Described():
            described = value.recorded
        case nn.Module():
            described = _by_attributes(type(value), vars(value))
    return described


def describe_optimization(configured: Any) -> dict[str, Any]:
    """Return descriptions of the ``optimizer`` and ``lr_scheduler`` returned by ``configure_optimizers``."""
    optimizer, scheduler = configured, None
    if isinstance(configured, dict):
        optimizer, scheduler = configured["optimizer"], configured["lr_scheduler"]["scheduler"]
    group, *more = optimizer.param_groups
    # A scheduler has already changed the learning rate.
    options = {**group, "lr": group.get("initial_lr", group["lr"])}
    return {
        # Only a function can divide the parameters into groups with options of their own.
        "optimizer": UNRECORDED if more else _by_attributes(type(optimizer), options, ("params",)),
        "lr_scheduler": scheduler and _by_attributes(type(scheduler), vars(scheduler), ("optimizer", "last_epoch")),
    }


def _by_attributes(kind: type, attributes: Mapping[str, Any], leave_out: Collection[str] = ()) -> Any:
    """Return the description of a torch object that stores its arguments under their own names, as most do.

    Args:
        kind: class of the object; an object of another package can only be described if it has no arguments.
        attributes: attributes of the object, by name.
        leave_out: arguments that are not part of the description.
    """
    # The constructor that a module without its own inherits takes any arguments, and has none.
    parameters = () if kind.__init__ is nn.Module.__init__ else inspect.signature(kind).parameters  # type: ignore[misc]
    names = {name for name in parameters if name not in leave_out}
    if not (attributes.keys() >= names and (kind.__module__.startswith("torch.") or not names)):
        return UNRECORDED
    return _description(kind, {name: attributes[name] for name in sorted(names)})


def _description(kind: type, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {"class_path": _path(kind), "init_args": describe(arguments)}


def _by_name(given: inspect.BoundArguments) -> dict[str, Any]:
    """Return the arguments without ``self``, with those of ``**kwargs`` next to the others."""
    found: dict[str, Any] = {}
    for name, value in list(given.arguments.items())[1:]:
        match given.signature.parameters[name].kind:
            case inspect.Parameter.VAR_KEYWORD:
                found |= value
            case inspect.Parameter.VAR_POSITIONAL:
                # A config has no place for them. object's constructor, which a part may inherit, has them, too.
                found |= {name: UNRECORDED} if value else {}
            case inspect.Parameter.POSITIONAL_ONLY:
                found[name] = UNRECORDED
            case _:
                found[name] = value
    return found


def _path(kind: type) -> str:
    """Return the shortest path from which a class can be imported, as used in configs: ``verism.VGG19``."""
    parents = kind.__module__.split(".")
    for count in range(1, len(parents)):
        package = ".".join(parents[:count])
        if getattr(sys.modules.get(package), kind.__qualname__, None) is kind:
            return f"{package}.{kind.__qualname__}"
    return f"{kind.__module__}.{kind.__qualname__}"
