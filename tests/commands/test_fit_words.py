"""Options of fit among those of another command."""

from __future__ import annotations

import shlex

import pytest

from verism.commands.fit_words import as_overrides, split
from verism.errors import VerismError


def test_options_of_fit_are_told_from_the_commands_own() -> None:
    words = shlex.split("a.jpg --style b.jpg c.jpg --data.size 48 --data.white 2 --trainer.max_steps=3 --level false")
    own, fits = split(words, kept=("--data.white",))
    assert own == shlex.split("a.jpg --style b.jpg c.jpg --data.white 2 --level false")
    assert fits == shlex.split("--data.size 48 --trainer.max_steps=3")


def test_negative_numbers_are_values() -> None:
    own, fits = split(["--model.color.weight", "-1", "--x", "-2"])
    assert (own, fits) == (["--x", "-2"], ["--model.color.weight", "-1"])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", {}),
        ("--data.size 48 --trainer.max_steps=3", {"data.size": "48", "trainer.max_steps": "3"}),
        ("--model.color.weight -1 --data.upscale", {"model.color.weight": "-1", "data.upscale": "true"}),
        ("--data.merge '[[a, b]]' --data.style a=b", {"data.merge": "[[a, b]]", "data.style": "a=b"}),
    ],
)
def test_as_python_has_them(words: str, expected: dict[str, str]) -> None:
    assert as_overrides(shlex.split(words)) == expected


@pytest.mark.parametrize(
    "words", ["--trainer.max_steps 30 40", "--trainer.max_steps=30 40", "--x 1 --trainer.max_steps 30 40"]
)
def test_a_second_value_is_refused(words: str) -> None:
    with pytest.raises(
        VerismError, match=r"^--trainer.max_steps 30: takes one value; leave out 40, or name its option.$"
    ):
        as_overrides(shlex.split(words))
