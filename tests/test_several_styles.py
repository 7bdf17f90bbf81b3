"""Runs with several style photos, from the command line to the finished run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from conftest import synthetic_photo

from verism import images
from verism.backbone.weights import Weights
from verism.cli import main
from verism.commands.finished_run import FinishedRun
from verism.data import PhotoPair
from verism.errors import VerismError

FIT = ("--trainer.max_steps", "2", "--data.size", "64", "--trainer.precision", "32-true")


@pytest.fixture
def styles(tmp_path: Path) -> list[Path]:
    """A dark photo and a light one."""
    paths = [tmp_path / "dark.png", tmp_path / "light.png"]
    for seed, (path, lift) in enumerate(zip(paths, (0.0, 0.5), strict=True), start=7):
        images.write(path, 0.5 * synthetic_photo(96, 80, seed) + lift, {})
    return paths


@pytest.mark.parametrize("canvas", ["RegionalGrade", "Lut3d", "Pixels"])
def test_a_run_of_several(
    canvas: str, tmp_path: Path, styles: list[Path], tiny_weights: Weights, run: Callable[..., Path]
) -> None:
    named = json.dumps([str(path) for path in styles])
    moments = ("--model.color", "MomentsLoss", "--model.color.weight", "1")
    folder = run(*FIT, *moments, "--model.canvas", canvas, "--data.style", named, "--data.style_weights", "[2, 1]")
    finished = FinishedRun.read(folder)
    assert finished.pair.styles == styles
    assert finished.pair.style_weights == [2, 1]
    assert finished.pair.opacity is not None
    assert finished.photos.style.shape[-2:] == finished.pair.opacity.shape[-2:]
    main(["test", str(folder)])
    main(["figures", str(folder)])
    main(["fit", "--config", str(folder / "config.yaml"), "--trainer.max_steps", "1"])


def test_colours_are_weighted(styles: list[Path], tmp_path: Path) -> None:
    """The more the light photo counts, the lighter it is."""
    images.write(tmp_path / "content.png", synthetic_photo(64, 80, seed=4), {})
    means = []
    for weights in ([3.0, 1.0], [1.0, 1.0], [1.0, 3.0]):
        data = PhotoPair(tmp_path / "content.png", styles, size=128, style_weights=weights)
        assert data.opacity is not None
        shown = data.photos.style[0, :, data.opacity[0, 0] > 0.5]
        means.append(float(shown.mean()))
    dark, light = (float(images.read(path).mean()) for path in styles)
    expected = [(dark * w + light * (4 - w)) / 4 for w in (3, 2, 1)]
    assert means == pytest.approx(expected, abs=0.02)


def test_one_path_is_what_it_was(styles: list[Path], tmp_path: Path) -> None:
    images.write(tmp_path / "content.png", synthetic_photo(64, 80, seed=4), {})
    alone, listed = (PhotoPair(tmp_path / "content.png", style, size=64) for style in (styles[0], styles[:1]))
    assert torch.equal(alone.photos.style, listed.photos.style)
    assert alone.opacity is listed.opacity is None


def test_masks_are_of_one_photo(styles: list[Path], tmp_path: Path) -> None:
    data = PhotoPair(styles[0], styles, size=64, content_mask=styles[0], style_mask=styles[1])
    with pytest.raises(VerismError, match=r"--data\.style_mask: is of one photo, but --data\.style names several"):
        data.setup("fit")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--data.style", "[]"], "--data.style: names no photo"),
        (["--data.style", "[dark.png, light.png]", "--data.style_weights", "[1]"], "has 1 weights for 2 style photos"),
        (["--data.style", "[dark.png, light.png]", "--data.style_weights", "[1, -1]"], "-1.0 is not a weight"),
        (["--data.style", "[dark.png, light.png]", "--data.style_weights", "[.nan, 1]"], "nan is not a weight"),
        (["--data.style", "[dark.png, missing.png]"], "missing.png: no such photo"),
        (["--data.style", "[dark.png, light.png]", "--output.path", "light.png"], "would replace the style photo"),
    ],
)
def test_mistakes_get_one_sentence(
    options: list[str],
    said: str,
    styles: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tiny_weights: Weights,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    images.write(tmp_path / "content.png", synthetic_photo(64, 80, seed=4), {})
    with pytest.raises(SystemExit, match="2"):
        main(["fit", "--data.content", "content.png", *options, "--trainer.max_steps", "1"])
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("verism: ")
    assert said in error
