"""What the parser has against a value, as a user would say it."""

from __future__ import annotations

import pytest
from jsonargparse import ArgumentError

from verism.commands.complaint import plain
from verism.commands.options import FitOptions

PHOTOS = ("--data.content=a.png", "--data.style=b.png")


@pytest.fixture(scope="module")
def options() -> FitOptions:
    return FitOptions()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--trainer.max_steps=few"], "--trainer.max_steps few: must be a whole number."),
        (["--model.tile=wide"], "--model.tile wide: must be a whole number or 'auto' or null."),
        (["--output.depth=12"], "--output.depth 12: must be 8, 16 or null."),
        (["--trainer.limit_train_batches=x"], "--trainer.limit_train_batches x: must be a whole number or a number or"),
        (["--data.merge=\u2028"], "--data.merge: must be a list."),
        (["--data.merge=a\u2028b"], "--data.merge a b: must be a list."),
        (["--model.scales=[a]"], "--model.scales a: must be a whole number or null."),
        (
            ["--trainer.logger.name=x"],
            "--trainer.logger: needs a class before its options: give --trainer.logger itself first, with the name",
        ),
        (
            ["--trainer.logger=CSVLogger", "--trainer.logger.name=x"],
            "--trainer.logger: lightning.pytorch.loggers.CSVLogger: the following arguments are required: save_dir",
        ),
        (["--trainer.callbacks.after=3"], "--trainer.callbacks: lightning.Callback: has no option after"),
        (["--model.losses.a.weight=3"], "--model.losses: needs a class before its options"),
        (["--model.losses=3"], "--model.losses 3: must be a dictionary such as"),
        (["--model.canvas.init=a\0"], "--model.canvas.init: embedded null byte"),
        (["--model.canvas=Lut3d", "--model.canvas.space=Oklub"], "--model.canvas.space Oklub: must be a class."),
        (["--regions.path=" + "x" * 300], "--regions.path: xxxx"),
        (["--trainer.strategy.x=3"], "--trainer.strategy auto: must be a text or a class."),
    ],
    ids=lambda value: value[0][:40] if isinstance(value, list) else "",
)
def test_of_fit(options: FitOptions, args: list[str], said: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        options.read([*PHOTOS, *args])
    assert plain(str(caught.value)).startswith(said)


def test_others_are_left_as_they_are() -> None:
    assert plain("unrecognized arguments:\n  --paint") == "unrecognized arguments: --paint"
    assert plain('Parser key "run": Not of type Path: x cannot be followed') == "run: x cannot be followed"
