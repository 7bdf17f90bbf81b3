"""Messages name no option as if the page had it."""

from __future__ import annotations

from pathlib import Path

import pytest

from verism.app.elsewhere import NOT_HERE, on_the_page
from verism.data.collage import check_weights
from verism.errors import VerismError
from verism.photo_file.size import too_large


def test_a_photo_that_is_too_large_can_be_made_smaller() -> None:
    said = on_the_page(str(too_large(Path("large.png"))))
    assert "make it smaller in another program" in said
    assert "on the command line" in said
    assert NOT_HERE not in said


def test_weights_are_said_to_be_those_of_the_page() -> None:
    with pytest.raises(VerismError) as raised:
        check_weights([0, 0], 2)
    assert on_the_page(str(raised.value)) == "Weights: all weights are 0; give one of the style photos more."


@pytest.mark.parametrize(
    ("message", "is_elsewhere"),
    [
        ("a.png: choose larger photos (--data.size).", True),
        ("--data.size 3: is too small.", True),
        ("a--b.png: is damaged.", False),
    ],
)
def test_of_other_options_it_is_said_that_they_are_not_here(message: str, is_elsewhere: bool) -> None:
    assert on_the_page(message) == (f"{message} {NOT_HERE}" if is_elsewhere else message)
