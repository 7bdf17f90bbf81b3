"""The command line, with its runs in this process and on the tiny backbone."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from conftest import CONFIGS
from filelock import FileLock

from verism.cli import main
from verism.sweep.run import Run

pytestmark = [pytest.mark.usefixtures("in_process"), pytest.mark.slow]


class Said(NamedTuple):
    """What came of one call: its status, what it printed, and the last line that it complained with."""

    status: int | str | None
    out: str
    error: str


def sweep(*args: str) -> Said:
    """Run ``verism sweep``."""
    out, error, status = io.StringIO(), io.StringIO(), None
    with redirect_stdout(out), redirect_stderr(error):
        try:
            main(["sweep", *args])
        except SystemExit as end:
            status = end.code
    return Said(status, out.getvalue(), (error.getvalue().splitlines() or [""])[-1])


class Call(NamedTuple):
    """One call of a sweep, and the time that each run's outcome is from after it."""

    said: Said
    ended: Mapping[str, int]
    page: bool


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mixed")


@pytest.fixture(scope="module")
def calls(folder: Path, make_base: Callable[[Path], Path], in_process: None) -> list[Call]:
    """A sweep in which runs finish, diverge and have no photo: once, once more, and with one more value."""
    make_base(folder)
    (folder / "broken.jpg").write_text("No photo.")
    kinds = {
        "fine": {},
        "wild": {"optimizer": {"class_path": "torch.optim.SGD", "init_args": {"lr": 1e30}}},
        "broken": {"data.content": str(folder / "broken.jpg")},
    }
    file, page = folder / "mixed.yaml", folder / "results" / "report.html"

    def call(*weights: float) -> Call:
        grid = {"model.content.weight": list(weights), "kind": kinds}
        # Of one scalar: each takes a second to draw, for each option.
        sweep_of_one = {"base": "base.yaml", "grid": grid, "compare": ["loss/total"]}
        file.write_text(yaml.safe_dump(sweep_of_one, sort_keys=False))
        page.unlink(missing_ok=True)
        said = sweep("--config", str(file), "--output", str(folder / "results"))
        outcomes = (folder / "results" / "runs").glob("*/outcome.json")
        return Call(said, {path.parent.name: path.stat().st_mtime_ns for path in outcomes}, page.is_file())

    return [call(1.0, 2.0), call(1.0, 2.0), call(1.0, 2.0, 4.0)]


def test_what_fails_is_recorded_and_the_rest_finishes(calls: list[Call], folder: Path) -> None:
    errors = {
        path.parent.name: json.loads(path.read_text())["error"] for path in (folder / "results").rglob("outcome.json")
    }
    assert len(errors) == 9
    for name, error in errors.items():
        if "broken" in name:
            formats = "JPEG, PNG, WebP, TIFF, AVIF, JPEG XL, …"
            assert error == f"{folder}/broken.jpg: not an image in a format that can be read ({formats})."
        elif "wild" in name:
            assert re.match(r"The content loss became \S+ at step 1: use a lower --optimizer.lr", error)
        else:
            assert error is None
            assert (folder / "results" / "runs" / name / "result.png").is_file()


def test_failed_runs_give_one_sentence_and_status_1(calls: list[Call], folder: Path) -> None:
    for (said, *_), failed, count in zip(calls, (4, 4, 6), (6, 6, 9), strict=True):
        assert said.status == 1
        assert said.error.startswith(
            f"verism: {failed} of {count} runs failed, the first with: The content loss became"
        )
        assert said.error.endswith(f"All of their errors are in {folder}/results/results.csv.")
        assert said.out == f"Report: {folder}/results/report.html\n"


def test_the_outputs_are_there_and_complete(calls: list[Call], folder: Path) -> None:
    with (folder / "results" / "results.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 9
    assert sum(not row["error"] for row in rows) == 3
    assert {path.name for path in (folder / "results" / "sheets").iterdir()} >= {"content_style.png"}
    assert list((folder / "results" / "plots").iterdir())


def test_the_same_command_again_runs_what_is_not_finished_and_writes_the_report_anew(calls: list[Call]) -> None:
    first, again, _ = calls
    assert first.ended.keys() == again.ended.keys()
    assert {name for name, time in again.ended.items() if first.ended[name] == time} == {
        name for name in first.ended if "fine" in name
    }
    assert first.page
    assert again.page


def test_with_one_more_value_only_its_runs_are_new(calls: list[Call]) -> None:
    _, again, more = calls
    new = more.ended.keys() - again.ended.keys()
    assert len(new) == 3
    assert all(name.startswith("weight=4,") for name in new)
    finished = {name for name in again.ended if "fine" in name}
    assert len(finished) == 2
    assert all(again.ended[name] == more.ended[name] for name in finished)


def test_one_sweep_at_a_time_in_a_folder(base: Path) -> None:
    output = base.parent / "sweep"
    output.mkdir()
    with FileLock(output / ".lock"):
        said = sweep("--base", str(base), "--grid", "{data.size: [32]}", "--output", str(output))
    assert said == Said(2, "", f"verism: {output}: another sweep is at work there; wait, or choose another --output.")
    assert [path.name for path in output.iterdir() if path.name != ".lock"] == []


def test_a_folder_is_called_by_the_files_name(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (base.parent / "mine.yaml").write_text("{base: base.yaml, grid: {trainer.max_steps: [1]}}")
    (base.parent / "elsewhere").mkdir()
    monkeypatch.chdir(base.parent / "elsewhere")
    said = sweep("--config", "../mine.yaml", "--data.size", "33", "--model.content.weight", "2")
    assert said.status is None
    (run,) = Path("lightning_logs/mine/runs").iterdir()
    options = yaml.safe_load((run / "fit.yaml").read_text())
    assert (options["data"]["size"], options["model"]["content"]["weight"]) == (33, 2.0)


def test_a_dry_run_lists_the_runs_and_writes_nothing(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(base.parent)
    before = set(base.parent.rglob("*"))
    said = sweep("--base", "base.yaml", "--grid", "{model.content.weight: [1.0, 2.5]}", "--dry_run")
    assert said.status is None
    first, second, total = said.out.splitlines()
    assert first.startswith("weight=1,content-style,seed=0,")
    assert second.startswith("weight=2.5,content-style,seed=0,")
    assert total.startswith("2 runs, ")
    assert set(base.parent.rglob("*")) == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--data.sise", "40"], r"--data\.sise"),
        (["--sise", "40"], r"--sise"),
        (["--data.size", "wide"], r"data\.size.*wide"),
        (["--trainer.max_steps", "-7.5"], r"max_steps.*-7\.5"),
        (["--grid", "{data.sise: [40]}"], r"--data\.sise=40"),
        (["--grid", "{data.size: 40}"], r"grid.*40"),
        (["--pairs", "[{content: a.png, styel: b.png}]"], "styel"),
        (["--executor", "slurm"], "executor.*slurm"),
        (["--executor.workers", "0"], r"--executor\.workers 0: must be at least 1"),
        (["--output", "base.yaml"], r"--output \S+/base\.yaml: the folder cannot be made"),
        (["--config", "sweeps/slope.yaml"], r"slope\.yaml: no such config; .*sweeps/slopes\.yaml"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes_get_one_sentence_status_2_and_write_nothing(
    base: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], said: str
) -> None:
    monkeypatch.chdir(base.parent)
    before = set(base.parent.rglob("*"))
    status, out, error = sweep("--base", "base.yaml", "--grid", "{data.size: [32]}", *options)
    assert (status, out) == (2, "")
    assert error.startswith("verism: ")
    assert re.search(said, error), error
    assert set(base.parent.rglob("*")) == before


def test_help_explains_every_option() -> None:
    status, text, _ = sweep("--help")
    assert status == 0
    described = dict(re.findall(r"\n  --([\w.]+)((?:.*\n {10,})*.*)", text))
    for name in ("base", "grid", "output", "pairs", "seeds", "carry_over", "executor", "dry_run"):
        assert len(described[name].split()) > 4, f"--{name} is not explained"


@pytest.mark.parametrize("config", sorted((CONFIGS / "sweeps").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_sweep_of_our_own_has_its_runs_and_photos(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planned: list[Run] = []

    def estimate(runs: Sequence[Run], workers: int, threads: int) -> str:
        planned.extend(runs)
        return ""

    monkeypatch.setattr("verism.sweep.command.estimate", estimate)
    assert sweep("--config", f"sweeps/{config.name}", "--dry_run").status is None
    file: dict[str, Any] = yaml.safe_load(config.read_text())
    expected = math.prod(map(len, [*file["grid"].values(), file["pairs"], file.get("seeds", [0])]))
    assert len(planned) == len({run.digest for run in planned}) == expected > 1
    for run in planned:
        assert all(Path(run.options["data"][name]).is_file() for name in ("content", "style"))
    assert config.read_text().startswith("# ")
    assert f"sweep --config sweeps/{config.name}" in config.read_text()
