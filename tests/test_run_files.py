"""The files of a run are where the command line looks for them."""

from __future__ import annotations

from pathlib import Path

from verism.run_files import checkpoint_of, run_of


def test_a_run_has_its_last_checkpoint_in_a_folder_of_its_own() -> None:
    assert checkpoint_of(Path("lightning_logs/mine-theirs")) == Path("lightning_logs/mine-theirs/checkpoints/last.ckpt")


def test_the_run_of_a_checkpoint_is_the_run_that_the_checkpoint_is_of() -> None:
    run = Path("lightning_logs/mine-theirs")
    assert run_of(checkpoint_of(run)) == run
    assert run_of(run / "checkpoints" / "last.previous.ckpt") == run
