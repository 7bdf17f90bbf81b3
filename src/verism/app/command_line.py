"""A picture's command, by which the command line makes the same."""

from __future__ import annotations

import shlex
from typing import Any, Literal

from verism.app.corrections import MASK_NAMES
from verism.app.shown import Shown
from verism.commands.run import PREVIEW
from verism.look.strength import Strength

Space = Literal["srgb", "keep"]
"""A colour space of files, by its name on the command line."""


def command_of(shown: Shown, strength: Strength, space: Space = "srgb") -> str:
    """Return the command that makes a picture, at a strength of its look, in the folder of its photos."""
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
    """Return an option's value as it is typed, lists without the quotes that Python has."""
    return f"[{', '.join(map(_as_typed, value))}]" if isinstance(value, list) else str(value)


def _quoted(word: str) -> str:
    """Return a word as a shell takes it, in double quotes where it has single ones, which can be read then."""
    has_single = "'" in word and not set(word) & set('"$`\\!')
    return f'"{word}"' if has_single else shlex.quote(word)
