"""A picture's command, as the shell takes it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from verism.app.command_line import command_of
from verism.app.corrections import Corrections
from verism.app.session import Session
from verism.look.strength import Strength
from verism.regions.colors import name_of


@pytest.mark.slow
def test_the_command_can_be_read(fit: Callable[..., None], photos: list[Path]) -> None:
    """As the shell takes it: quotes of the one kind are in those of the other."""
    session = Session()
    fit(session, photos[0], photos[1])
    labels = session.divided.labels[:2]
    shown = replace(session.fitted, corrections=Corrections().merge(labels), content=Path("it's $1.png"))
    command = command_of(shown, Strength())
    names = ", ".join(map(name_of, labels))
    assert f"--data.merge '[[{names}]]' " in command
    words = shlex.split(command)
    assert "--output.profile" not in words
    assert words[words.index("--data.content") + 1] == "it's $1.png"
    assert words[words.index("--data.merge") + 1] == f"[[{names}]]"


@pytest.mark.slow
def test_it_has_the_weights_and_the_colour_space(fit: Callable[..., None], photos: list[Path]) -> None:
    session = Session()
    fit(session, photos[0], photos[1])
    shown = replace(session.fitted, styles=(photos[1], photos[2]), weights=(2.0, 0.5))
    words = shlex.split(command_of(shown, Strength(), "keep"))
    assert words[words.index("--data.style_weights") + 1] == "[2, 0.5]"
    assert words[words.index("--output.profile") + 1] == "keep"
    assert shown.look == "theirs.png (×2) + other.png (×0.5)"
    assert shown.stem == "mine-theirs-other-weights-2-0.5-preview"
