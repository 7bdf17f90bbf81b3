"""Every run has a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lightning.pytorch import Trainer
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger

from verism.backbone.weights import Weights
from verism.commands import run_folder
from verism.errors import VerismError


def test_twenty_that_start_at_the_same_instant(tmp_path: Path) -> None:
    loggers = [TensorBoardLogger(tmp_path) for _ in range(20)]
    # All of them have looked before any has taken its own.
    assert {logger.version for logger in loggers} == {0}
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda logger: run_folder.claim([logger]), loggers))
    assert sorted(int(logger.version) for logger in loggers) == list(range(20))
    assert {Path(logger.log_dir) for logger in loggers} == set((tmp_path / "lightning_logs").iterdir())


def test_twenty_of_the_same_photos_at_the_same_instant(tmp_path: Path) -> None:
    loggers = [TensorBoardLogger(tmp_path) for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda logger: run_folder.claim([logger], "picos-sunset"), loggers))
    expected = {"picos-sunset", *(f"picos-sunset_{number}" for number in range(1, 20))}
    assert {path.name for path in (tmp_path / "lightning_logs").iterdir()} == expected
    assert {Path(logger.log_dir).name for logger in loggers} == expected


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("picos-sunset", "picos-sunset"),
        ("Straße bei Nacht-雪", "Straße_bei_Nacht-雪"),
        ("a[1]-$HOME;rm *", "a_1_-_HOME_rm_"),
        ("..hidden\n-b", "hidden_-b"),
        ("", "run"),
        ("雪" * 200, "雪" * 66),
        ("\udcff-b", "_-b"),
    ],
)
def test_a_name_that_any_shell_and_file_system_takes(title: str, name: str) -> None:
    assert run_folder.named_by(title) == name


def test_the_loggers_of_a_run_share_a_number(tmp_path: Path) -> None:
    (tmp_path / "one" / "version_0").mkdir(parents=True)
    loggers: list[run_folder.Numbered] = [
        TensorBoardLogger(tmp_path, "one", version=0),
        CSVLogger(tmp_path, "two", version=0),
    ]
    run_folder.claim(loggers)
    assert [Path(str(logger.log_dir)).relative_to(tmp_path).as_posix() for logger in loggers] == [
        "one/version_1",
        "two/version_1",
    ]


def test_a_number_that_was_chosen_stays(tmp_path: Path) -> None:
    chosen, open_ = TensorBoardLogger(tmp_path, version=7), TensorBoardLogger(tmp_path)
    trainer = Trainer(logger=[chosen, open_], accelerator="cpu", enable_progress_bar=False)
    assert run_folder.numbered(trainer) == [open_]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "lightning_logs").touch()
    with pytest.raises(VerismError, match=r"version_0: cannot be made \(.*\); see --trainer.default_root_dir"):
        run_folder.claim([TensorBoardLogger(tmp_path)])


def test_of_fit(run: Callable[..., Path], tiny_weights: Weights, photo_files: list[str], tmp_path: Path) -> None:
    """By the photos, unless a logger is given: then, as that logger has it."""
    few = ("--trainer.max_steps", "1")
    several = f"[{photo_files[3]},{photo_files[1]}]"
    names = [run(*few).name, run(*few).name, run(*few, "--data.style", several).name]
    assert names == ["content-style", "content-style_1", "content-style-content"]
    logger = "--trainer.logger=TensorBoardLogger"
    for options, name in (((), "version_0"), (("--trainer.logger.version", "mine"), "mine")):
        run(*few, logger, "--trainer.logger.save_dir", str(tmp_path / "own"), *options)
        assert (tmp_path / "own" / "lightning_logs" / name / "result.png").is_file()


def test_a_run_that_gives_up_leaves_the_folders_of_others(tmp_path: Path) -> None:
    kept, given_up = TensorBoardLogger(tmp_path), TensorBoardLogger(tmp_path)
    for logger in (kept, given_up):
        run_folder.claim([logger], "picos-sunset")
        (Path(logger.log_dir) / "config.yaml").touch()
    run_folder.give_up([given_up])
    assert [path.name for path in (tmp_path / "lightning_logs").iterdir()] == ["picos-sunset"]
    assert (Path(kept.log_dir) / "config.yaml").is_file()
