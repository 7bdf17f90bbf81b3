"""The command that measures results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor

from verism import images
from verism.backbone import VGG19
from verism.backbone.weights import Weights
from verism.cli import main
from verism.commands.evaluate import evaluate
from verism.commands.saying import near
from verism.errors import VerismError
from verism.metrics import NAMES, Measure, drift


@pytest.fixture(autouse=True)
def tiny(tiny_weights: Weights) -> None:
    """Every network here is tiny."""


def printed(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, dict[str, float]]:
    capsys.readouterr()
    main(["test", *args])
    results: dict[str, Any] = yaml.safe_load(capsys.readouterr().out)
    return {path: {name: float(value) for name, value in values.items()} for path, values in results.items()}


def test_any_image(photo_files: list[str], tmp_path: Path, content: Tensor, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = tmp_path / "first.png", tmp_path / "second.png"
    images.write(first, 1 - content, {})
    images.write(second, content.sqrt(), {})
    photos = (photo_files[1], photo_files[3])
    results = printed(capsys, str(first), str(second), "--content", photos[0], "--style", photos[1])
    assert list(results) == [str(first), str(second)]
    # The style photo's short side is less than the result's.
    measure = Measure(images.read(Path(photos[0])), images.read(Path(photos[1])), VGG19())
    for path in (first, second):
        expected = measure(images.read(path))
        assert list(results[str(path)]) == list(NAMES)
        assert results[str(path)] == pytest.approx(expected, rel=1e-4)


def test_the_content_takes_the_results_shape(
    photo_files: list[str], tmp_path: Path, content: Tensor, capsys: pytest.CaptureFixture[str]
) -> None:
    half = tmp_path / "half.png"
    images.write(half, images.resize(content, (32, 42)), {})
    photos = ("--content", photo_files[1], "--style", photo_files[3])
    (measured,) = printed(capsys, str(half), *photos).values()
    assert measured["structure"] == pytest.approx(1, abs=0.01)


def test_a_run_is_measured_within_its_masks(
    run: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = []
    for name, shape in (("content", (48, 64)), ("style", (56, 40))):
        mask = torch.zeros(1, 3, *shape)
        mask[..., : shape[1] // 2] = 1
        images.write(tmp_path / f"{name}_mask.png", mask, {})
        files += [f"--data.{name}_mask", str(tmp_path / f"{name}_mask.png")]
    folder = run("--trainer.max_steps", "2", *files)
    (measured,) = printed(capsys, str(folder)).values()
    image, content = images.read(folder / "result.png"), images.read(tmp_path / "content.png")
    left = torch.arange(64).expand(1, 1, 48, 64) < 32
    within = float(drift(image, content, torch.cat([left, ~left], dim=1)))
    assert measured["drift"] == pytest.approx(within, rel=1e-4)
    assert within < 0.99 * float(drift(image, content))


def test_a_run_knows_its_photos(run: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    folder = run("--trainer.max_steps", "2", "--data.size", "40")
    (measured,) = printed(capsys, str(folder)).values()
    assert 0 < measured["structure"] < 1
    logged = EventAccumulator(str(folder)).Reload().Scalars("metrics/drift")[-1].value
    assert measured["drift"] == pytest.approx(logged, rel=0.01)  # The file has 8 bits.
    moved = folder.parents[1] / "elsewhere.png"
    chosen = run("--trainer.max_steps", "2", "--data.size", "40", "--output.path", str(moved))
    assert printed(capsys, str(chosen))[str(near(chosen))] == pytest.approx(measured)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["lightning_logs/gone"], "lightning_logs/gone: no such run."),
        (["gone.png", "--content", "mine.png", "--style", "mine.png"], "gone.png: no such photo."),
        (
            ["mine.png", "--content", "mien.png", "--style", "mine.png"],
            "mien.png: no such photo; did you mean mine.png?",
        ),
        (["mine.png", "--content", "mine.png", "--style", "gone.jpg"], "gone.jpg: no such photo."),
    ],
)
def test_names_are_looked_at_before_the_weights(
    args: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: Tensor
) -> None:
    monkeypatch.setattr("verism.commands.evaluate.VGG19", None)
    monkeypatch.chdir(tmp_path)
    images.write(Path("mine.png"), content, {})
    with pytest.raises(VerismError) as caught:
        evaluate(args)
    assert str(caught.value).replace(f"{tmp_path}/", "") == said
