"""The table of runs: a line each, nothing lost."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from verism.errors import VerismError
from verism.sweep.record import Record
from verism.sweep.table import write_csv

FINISHED = Record(
    "000",
    Path("runs/000"),
    Path("a b.jpg"),
    Path("c.jpg"),
    seed=3,
    settings={"model.style.weight": "1e3", "data.size": "256"},
    seconds=1.5,
    weights="imagenet",
    sha256="ab",
    scalars={"metrics/structure": 0.1, "loss/total": 1e-17},
)
FAILED = Record(
    "001",
    Path("runs/001"),
    Path("a b.jpg"),
    Path("c.jpg"),
    seed=3,
    settings={"model.style.weight": "2, 3", "data.size": "256"},
    error='It said "no",\nand stopped.',
    scalars={"speed/steps_per_second": 2.0},
)


def test_columns_and_values(tmp_path: Path) -> None:
    path = tmp_path / "sweep" / "results.csv"
    write_csv(path, [FINISHED, FAILED])
    assert path.read_text() == (
        "run,content,style,seed,model.style.weight,data.size,status,error,seconds,weights,sha256,"
        "loss/total,metrics/structure,speed/steps_per_second\n"
        "000,a b.jpg,c.jpg,3,1e3,256,finished,,1.5,imagenet,ab,1e-17,0.1,\n"
        '001,a b.jpg,c.jpg,3,"2, 3",256,failed,"It said ""no"",\nand stopped.",,,,,,2.0\n'
    )


def test_several_style_photos(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    write_csv(path, [replace(FINISHED, further=(Path("d.jpg"), Path("e.jpg")))])
    assert path.read_text().splitlines()[1].startswith("000,a b.jpg,c.jpg; d.jpg; e.jpg,3,")


def test_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    write_csv(path, [FINISHED, FAILED])
    with path.open(newline="") as file:
        finished, failed = csv.DictReader(file)
    assert float(finished["loss/total"]) == FINISHED.scalars["loss/total"]
    assert failed["error"] == FAILED.error
    assert failed["model.style.weight"] == "2, 3"


def test_any_file_name(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    write_csv(path, [Record("000", tmp_path, Path("é\udcff.jpg"), Path("→.jpg"), 0, {})])
    assert path.read_text(encoding="utf-8").splitlines()[1] == "000,é\\udcff.jpg,→.jpg,0,finished,,,,"


def test_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    path.mkdir()
    with pytest.raises(VerismError, match=r"results\.csv: cannot be written"):
        write_csv(path, [FINISHED])
    assert [file.name for file in tmp_path.iterdir()] == ["results.csv"]
