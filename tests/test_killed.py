"""Runs that are killed: what is on disk can be read, and gone on from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import yaml
from killing import killed
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from verism import checkpoint, images
from verism.backbone.weights import Weights

pytestmark = pytest.mark.slow

RUNS = 30

STEPS = ("--trainer.max_steps", "100", "--trainer.precision", "32-true")


def read(file: Path) -> None:
    """Read a file of a run; raises what its reader does."""
    if file.suffix == ".ckpt":
        checkpoint.read(file)
    elif file.suffix == ".png":
        images.read(file)
    elif file.suffix == ".yaml":
        yaml.safe_load(file.read_text())
    elif "tfevents" in file.name:
        EventAccumulator(str(file)).Reload()
    else:
        assert file.name == "said.txt", file


def test_at_thirty_moments(
    photo_files: list[str], tmp_path: Path, run: Callable[..., Path], tiny_weights: Weights
) -> None:
    root = tmp_path / "killed"
    root.mkdir()
    killed([*photo_files, *STEPS, "--trainer.enable_progress_bar", "false"], root, RUNS)
    reached = []
    for number in range(RUNS):
        folder = root / str(number)
        said = (folder / "said.txt").read_text()
        assert "Traceback" not in said, said
        for file in folder.rglob("*"):
            # A draft is what was being written, and under no name that is looked for; an empty checkpoint is a name
            # that was taken, by a run that was killed before it had anything to write.
            taken = file.suffix == ".ckpt" and not file.stat().st_size
            if file.is_file() and not file.name.startswith(".") and not taken:
                read(file)
        if any(file.stat().st_size for file in folder.glob("lightning_logs/*/checkpoints/*.ckpt")):
            reached.append((int(checkpoint.read(checkpoint.last(str(folder)))["global_step"]), folder))
    middle = [folder for steps, folder in reached if 0 < steps < 100]
    assert middle
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    whole, rest = (
        run(*STEPS, "--output.path", f"{name}.png", *more)
        for name, more in (("whole", ()), ("rest", ("--ckpt_path", checkpoint.last(str(middle[0])))))
    )
    torch.set_num_threads(threads)
    pixels = [checkpoint.read(folder / "checkpoints" / "last.ckpt")["state_dict"] for folder in (whole, rest)]
    assert torch.equal(pixels[0]["canvas.pixels"], pixels[1]["canvas.pixels"])
