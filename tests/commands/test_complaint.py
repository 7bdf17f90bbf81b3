"""What the parser has against a value, as a user would say it."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonargparse import ArgumentError

from verism.commands.complaint import plain
from verism.commands.options import FitOptions
from verism.trust import limited

PHOTOS = ("--data.content=a.png", "--data.style=b.png")


@pytest.fixture(scope="module")
def options() -> FitOptions:
    return FitOptions()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--trainer.max_steps=few"], "--trainer.max_steps few: must be a whole number."),
        (["--model.tile=wide"], "--model.tile wide: must be a whole number, 'auto' or null."),
        (["--output.depth=12"], "--output.depth 12: must be 8, 16 or null."),
        (
            ["--trainer.limit_train_batches=x"],
            "--trainer.limit_train_batches x: must be a whole number, a number or null.",
        ),
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
        (["--optimizer.lr=abc"], "--optimizer.lr abc: must be a number."),
        (["--optimizer.lr={relu5_4: -1}"], "--optimizer.lr {'relu5_4': -1}: must be a number."),
        (["--optimizer.betas=[1, x]"], "--optimizer.betas x: must be a number."),
        (
            ["--lr_scheduler={class_path: torch.optim.lr_scheduler.StepLR, init_args: {step_size: abc}}"],
            "--lr_scheduler.step_size abc: must be a whole number",
        ),
        (["--lr_scheduler.T_max=x"], "--lr_scheduler: has no option T_max"),
        (["--model.losses=3"], "--model.losses 3: must be a dictionary such as {name: value}."),
        (["--model.content.normalization=x"], "--model.content.normalization x: must be 'paper' or 'relative'."),
        (
            ["--model.style={class_path: StyleLoss, init_args: {weight: x}}"],
            "--model.style.weight x: must be a number.",
        ),
        (["--model.style=Lut3d"], "--model.style Lut3d: is not a class that this option takes; name your own as"),
        (["--model.canvas.init=a\0"], "--model.canvas.init: embedded null byte"),
        (["--model.canvas=Lut3d", "--model.canvas.space=Oklub"], "--model.canvas.space Oklub: is not a class that"),
        (["--regions.path=" + "x" * 300], "--regions.path: xxxx"),
        (["--trainer.strategy.x=3"], "--trainer.strategy auto: must be a text or a class."),
    ],
    ids=lambda value: value[0][:40] if isinstance(value, list) else "",
)
def test_of_fit(options: FitOptions, args: list[str], said: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        options.read([*PHOTOS, *args])
    assert plain(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        (
            "{fine: {class_path: StyleLoss}, grain: {class_path: StyleLoss, init_args: {weight: x}}}",
            ".weight x: must be",
        ),
        ("{grain: {class_path: StyleLoss, init_args: {layers: {conv1_1: x}}}}", ".layers.conv1_1 x: must be a number."),
        ("{grain: {class_path: StyleLoss, init_args: {weights: 1}}}", ": verism.StyleLoss: has no option weights"),
        ("{grain: {class_path: NoLoss}}", " NoLoss: is not a class that this option takes"),
        ("{fine: {class_path: StyleLoss}, grain: 3}", " 3: is not a class that this option takes"),
        ("{grain: {weight: 3}}", ": needs a class before its options: give --model.losses.grain itself first"),
    ],
    ids=lambda value: value[:40],
)
@pytest.mark.parametrize("place", ["option", "config"])
def test_of_one_of_the_losses(options: FitOptions, place: str, losses: str, said: str, tmp_path: Path) -> None:
    config = tmp_path / "losses.yaml"
    config.write_text(f"model: {{losses: {losses}}}", encoding="utf-8")
    with pytest.raises(ArgumentError) as caught:
        options.read([*PHOTOS, f"--model.losses={losses}" if place == "option" else f"--config={config}"])
    assert plain(caught.value).startswith(f"--model.losses.grain{said}")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([".grain=StyleLoss", ".grain.weight=x"], ".grain.weight x: must be a number."),
        ([".fine=StyleLoss", ".grain=ColorLoss", ".grain.weight=x"], ".grain.weight x: must be a number."),
        ([".grain=StyleLoss", ".grain.layers={conv1_1: x}"], ".grain.layers.conv1_1 x: must be a number."),
        ([".grain=StyleLoss", ".grain.weights=3"], ".grain: verism.StyleLoss: has no option weights"),
        ([".grain=Lut3d"], ".grain Lut3d: is not a class that this option takes"),
        ([".grain.init_args.weight=x"], ".grain: needs a class before its options"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_of_a_loss_given_by_its_name(options: FitOptions, args: list[str], said: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        options.read([*PHOTOS, *(f"--model.losses{arg}" for arg in args)])
    assert plain(caught.value).startswith(f"--model.losses{said}")


def test_others_are_left_as_they_are() -> None:
    assert plain(TypeError("unrecognized arguments:\n  --paint")) == "unrecognized arguments: --paint"
    assert plain(TypeError('Parser key "run": Not of type Path: x cannot be followed')) == "run: x cannot be followed"


def test_of_a_class_that_is_not_complete(options: FitOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it lacks, and not that a class is needed."""
    (tmp_path / "incomplete.py").write_text("from verism.losses import Loss\n\n\nclass Grain(Loss): pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ArgumentError) as caught, limited(["incomplete"]):
        options.read([*PHOTOS, "--model.losses.grain=incomplete.Grain"])
    expected = "--model.losses.grain: incomplete.Grain has no forward and statistic of its own, which its base class"
    assert plain(caught.value).startswith(expected)
