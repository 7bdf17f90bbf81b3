"""Many runs at once, and disks that fill up at any moment: each run has its own folder, and no work is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from branching import branched
from test_killed import read

from verism import checkpoint, images

pytestmark = pytest.mark.slow

FEW = ("--trainer.accelerator=cpu", "--trainer.enable_progress_bar=false", "--checkpoints.every_n_steps=1")


def test_twenty_starts_at_the_same_instant(photo_files: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "crowd"
    folder.mkdir()
    assert branched([*photo_files, *FEW, "--trainer.max_steps=1"], folder, [None] * 20) == [0] * 20
    runs = sorted((folder / "lightning_logs").iterdir())
    assert {run.name for run in runs} == {"content-style", *(f"content-style_{number}" for number in range(1, 20))}
    for run in runs:
        images.read(run / "result.png")
        assert checkpoint.read(run / "checkpoints" / "last.ckpt")["global_step"] == 1
        assert len(list(run.glob("events.out.tfevents.*"))) == 1


def test_disks_that_fill_up(photo_files: list[str], tmp_path: Path) -> None:
    """What has been written is whole, the run ends in a sentence, and its last state is there if there was room."""
    folder = tmp_path / "full"
    folder.mkdir()
    statuses = branched([*photo_files, *FEW, "--trainer.max_steps=4"], folder, range(14))
    refused = 0
    for number, status in enumerate(statuses):
        said = (folder / f"{number}.txt").read_text()
        assert "Traceback" not in said, said
        assert status in (0, 1, 2), said
        if status:
            refused += 1
            assert said.strip().splitlines()[-1].startswith("verism: "), said
            assert "No space left on device" in said
    assert 0 < refused < len(statuses)
    for file in folder.glob("lightning_logs/**/*"):
        if (
            file.is_file()
            and not file.name.startswith(".")
            and file.stat().st_size
            and file.suffix not in (".html", ".json")
        ):
            read(file)
    # Whoever made a picture, or was only refused it, left the state that it is of.
    for run in (folder / "lightning_logs").iterdir():
        if (run / "result.png").exists():
            assert checkpoint.read(run / "checkpoints" / "last.ckpt")["global_step"] > 0
