"""Every run has a folder of its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lightning.pytorch import Trainer
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger

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
