"""Neighbours that are compared."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from verism import images
from verism.color.level import Shift, levelled
from verism.data.source import digest
from verism.series.neighbours import CELL, small
from verism.series.pair import Pair, PairJob, Reading

READING = Reading(None, 179.0)


def compared(folder: Path, one: Tensor, other: Tensor) -> Pair:
    for name, photo in (("1.png", one), ("2.png", other)):
        images.write(folder / name, photo, {})
    job = PairJob(folder / "1.png", folder / "2.png", folder / "pair.json", READING)
    job()
    found = Pair.read(job.record)
    assert found is not None
    assert found.error is None
    assert found.digest == job.digest(digest)
    return found


@pytest.mark.slow
def test_what_two_shots_share(tmp_path: Path, shots: dict[str, Tensor]) -> None:
    """There and back through the file, and in the light in which they were taken: as far as it did not clip."""
    shared = compared(tmp_path, shots["lake"], shots["lake, darker"]).shared()
    assert shared is not None
    torch.testing.assert_close(shared.shift.stops, torch.tensor([-0.6, -0.5, -0.5]), rtol=0, atol=0.2)
    assert float(shared.shift.stops.max()) < -0.3


def test_what_has_changed_does_not_count(tmp_path: Path, shots: dict[str, Tensor]) -> None:
    """A shadow over a third of the photo, below which things look alike."""
    photo, third = shots["lake"], shots["lake"].shape[-1] // 3
    shaded = photo.clone()
    shaded[..., :third] = levelled(photo[..., :third], Shift.even(torch.tensor([-1.5, -1.5, -1.5])))
    found = compared(tmp_path, photo, shaded)
    width = small(photo).shape[-1] // CELL
    across = torch.tensor(found.cells[0]) % width
    assert len(across) > 100
    assert float((across < width // 3 - 1).double().mean()) < 0.05
    torch.testing.assert_close(torch.tensor(found.stops), torch.zeros(3), rtol=0, atol=0.05)
    torch.testing.assert_close(torch.tensor(found.slopes), torch.zeros(2, 3), rtol=0, atol=0.1)


def test_two_scenes_share_nothing(tmp_path: Path, shots: dict[str, Tensor]) -> None:
    assert compared(tmp_path, shots["lake"], shots["beacon"]).shared() is None


def test_what_cannot_be_read_is_said(tmp_path: Path, shots: dict[str, Tensor]) -> None:
    images.write(tmp_path / "1.png", shots["lake"], {})
    (tmp_path / "2.png").write_text("this is text")
    job = PairJob(tmp_path / "1.png", tmp_path / "2.png", tmp_path / "pair.json", READING)
    job()
    found = Pair.read(job.record)
    assert found is not None
    assert "2.png: not an image" in str(found.error)
    assert found.shared() is None
