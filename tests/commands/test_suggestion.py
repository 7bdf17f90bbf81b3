"""The option that somebody may have meant."""

from __future__ import annotations

import pytest

from verism.commands.suggestion import meant


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("model.cotent.weight", "model.content.weight"),
        ("data.szie", "data.size"),
        ("trainer.max_step", "trainer.max_steps"),
        ("output.overwite", "output.overwrite"),
        ("model.canvas.sed", "model.canvas.seed"),
    ],
)
def test_the_nearest_option_is_named(wrong: str, right: str) -> None:
    assert meant(f"Subcommand 'fit' does not accept option '{wrong}'") == f"; did you mean --{right}?"
    assert meant(f"unrecognized arguments: --{wrong} 3") == f"; did you mean --{right}?"


def test_the_nearest_option_of_a_class_is_named() -> None:
    unknown = (
        "Parser key \"model.losses\": Problem with given class_path 'verism.StyleLoss': Option '{}' is not accepted"
    )
    assert meant(unknown.format("weights")) == "; did you mean weight?"
    assert meant(unknown.format("brightness")) == ""
    # A class that is not written in Python does not say what it takes.
    assert meant("Problem with given class_path 'torch.Tensor': Option 'relu5_4' is not accepted") == ""


def test_nothing_is_made_up() -> None:
    assert meant("unrecognized arguments: --colourless.green.ideas") == ""
    assert meant("some other complaint about data.szie") == ""
