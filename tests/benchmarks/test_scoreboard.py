"""The scoreboard, from folder to tables, with a real run of fit."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
import torch
from conftest import synthetic_photo
from scoreboard import COLUMNS, main, read_pairs

from verism import images
from verism.backbone.weights import Weights
from verism.errors import VerismError
from verism.metrics import NAMES, drift, semantic
from verism.regions import label_images


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Two pairs, one of them with another program's result, and a folder that is none."""
    for index, name in enumerate(("10", "9")):
        for seed, role in enumerate(("content", "style")):
            images.write(tmp_path / "pairs" / name / f"{role}.png", synthetic_photo(48, 64, 10 * index + seed), {})
    images.write(tmp_path / "pairs" / "9" / "old_result.png", synthetic_photo(96, 128, 5), {})
    images.write(tmp_path / "pairs" / "notes" / "content.png", synthetic_photo(48, 64, 6), {})
    return tmp_path / "pairs"


def table(output: Path) -> dict[tuple[str, str], dict[str, str]]:
    with (output / "scoreboard.csv").open(encoding="utf-8", newline="") as file:
        return {(row["case"], row["method"]): row for row in csv.DictReader(file)}


def test_every_metric_has_a_column() -> None:
    assert tuple(name for name in COLUMNS if name != "semantic") == NAMES
    assert "semantic" in COLUMNS


def test_pairs_in_the_order_of_numbers(pairs: Path) -> None:
    nine, ten = read_pairs(pairs)
    assert (nine.name, ten.name) == ("9", "10")
    assert set(nine.photos) == {"content", "style", "old_result"}
    assert all(path.is_absolute() for path in nine.photos.values())


@pytest.mark.parametrize("folder", ["none", "pairs/9"])
def test_a_folder_without_pairs(pairs: Path, folder: str) -> None:
    with pytest.raises(VerismError, match="has no folder with content"):
        read_pairs(pairs.parent / folder)


@pytest.mark.slow
def test_from_folder_to_tables(pairs: Path, tiny_weights: Weights, capsys: pytest.CaptureFixture[str]) -> None:
    """One fit is run, and found again by the command that is given again."""
    output = pairs.parent / "output"
    fit = "--trainer.max_steps 1 --trainer.accelerator cpu --model.backbone.weights compact"
    command = [str(pairs), "--output", str(output), "--size", "40", f"--fit={fit}", "--methods", "content", "pixels"]
    shutil.rmtree(pairs / "10")
    main(command)
    rows = table(output)
    assert list(rows) == [("9", "content"), ("9", "pixels"), ("9", "old_result")]
    assert float(rows["9", "content"]["style_distance"]) == pytest.approx(1)
    assert 0.5 < float(rows["9", "pixels"]["structure"]) < 1
    assert float(rows["9", "pixels"]["seconds"]) > 0
    assert rows["9", "old_result"]["seconds"] == ""
    assert "weights tiny" in (output / "scoreboard.md").read_text(encoding="utf-8")
    assert images.read(output / "sheet.png").shape[-1] > images.read(output / "sheet.png").shape[-2]

    (pairs / "9" / "bad_result.png").write_bytes(b"no photo")
    with pytest.raises(SystemExit, match="1 of 4 results failed"):
        main(command)
    again = table(output)
    assert again["9", "bad_result"]["error"].startswith(str(pairs / "9" / "bad_result.png"))
    assert {key: row for key, row in again.items() if key in rows} == rows


@pytest.mark.slow
def test_masks_measure_methods_that_never_saw_them(pairs: Path, tiny_weights: Weights) -> None:
    """The left half is one region, the right the other; a pair without masks has no number for semantic."""
    left = torch.zeros(1, 3, 48, 64)
    left[..., :32] = 1
    masks = {role: pairs / "9" / f"{role}_mask.png" for role in ("content", "style")}
    for file in masks.values():
        images.write(file, left, {})
    output = pairs.parent / "output"
    main([str(pairs), "--output", str(output), "--size", "40", "--methods", "content"])
    rows = table(output)
    assert rows["10", "content"]["semantic"] == ""
    content, style, result = (
        images.resize(images.read(pairs / "9" / f"{name}.png"), (40, 53)) for name in ("content", "style", "old_result")
    )
    known = label_images.read(list(masks.values()), [(40, 53), (40, 53)], threshold=1)
    for method, picture in (("content", content), ("old_result", result)):
        row = rows["9", method]
        assert float(row["semantic"]) == pytest.approx(float(semantic(picture, style, known)), rel=1e-6)
        assert float(row["drift"]) == pytest.approx(float(drift(picture, content, known.content)), rel=1e-6)
    assert float(rows["9", "old_result"]["drift"]) > 1.5 * float(rows["9", "content"]["drift"])


def test_mistakes_get_one_sentence(pairs: Path, tiny_weights: Weights, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="has no folder with"):
        main([str(pairs / "9")])
    with pytest.raises(SystemExit):
        main([str(pairs), "--methods", "magic"])
    assert "magic" in capsys.readouterr().err
