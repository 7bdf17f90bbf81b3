"""The command that makes the same picture on the command line."""

from __future__ import annotations

import shlex
from typing import Any, Literal

from verism.app.corrections import MASK_NAMES
from verism.app.shown import Shown
from verism.commands.run import PREVIEW
from verism.look.strength import Strength

Space = Literal["srgb", "keep"]
"""Colour space of output files, by its name on the command line."""


def command_of(shown: Shown, strength: Strength, space: Space = "srgb") -> str:
    """Return the command that makes a picture at a given strength, to be run in the folder of its photos."""
    names = [path.name for path in shown.styles]
    options: dict[str, Any] = {
        "config": f"{shown.config}.yaml",
        "data.content": shown.content.name,
        "data.style": names[0] if len(names) == 1 else names,
        **({"data.style_weights": [f"{weight:g}" for weight in shown.weights]} if shown.weights else {}),
        **shown.corrections.options(),
        **{f"output.{name}": f"{value:g}" for name, value in strength._asdict().items() if value != 1},
    }
    if space != "srgb":
        options["output.profile"] = space
    for role in MASK_NAMES:
        if (mask := shown.corrections.strokes(role)) is not None:
            options[f"data.{role}_mask"] = mask.name
    if shown.preview:
        options["trainer.max_steps"] = PREVIEW["--trainer.max_steps"]
    words = [word for name, value in options.items() for word in (f"--{name}", _as_typed(value))]
    return " ".join(["verism", "fit", *map(_quoted, words)])


def _as_typed(value: Any) -> str:
    """Format an option's value as it is typed, without Python's quotes in lists."""
    return f"[{', '.join(map(_as_typed, value))}]" if isinstance(value, list) else str(value)


def _quoted(word: str) -> str:
    """Quote a word for the shell, in double quotes if it contains single quotes, for legibility."""
    has_single = "'" in word and not set(word) & set('"$`\\!')
    return f'"{word}"' if has_single else shlex.quote(word)
