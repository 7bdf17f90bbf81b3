"""The one sample: sizes, repetition, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from lightning.pytorch import Trainer
from PIL import Image

from verism import images
from verism.data import PhotoPair
from verism.errors import VerismError


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    Image.linear_gradient("L").resize((1000, 563)).save(tmp_path / "wide.png")
    Image.radial_gradient("L").resize((80, 120)).save(tmp_path / "small.png")
    return tmp_path / "wide.png", tmp_path / "small.png"


def test_short_sides_become_size_and_are_never_enlarged_unless_asked(files: tuple[Path, Path]) -> None:
    photos = PhotoPair(*files, size=100).photos
    assert photos.content.shape == (1, 3, 100, 177)
    assert photos.style.shape == (1, 3, 120, 80)
    photos = PhotoPair(*files, size=100, upscale=True).photos
    assert photos.style.shape == (1, 3, 150, 100)
    assert PhotoPair(*files).photos.content.shape == (1, 3, 563, 1000)


def test_the_papers_size() -> None:
    """5000×2813 at 600 px is 1066×600 in the paper's figures: the long side is rounded down."""
    pair = PhotoPair(Path(), Path())
    assert pair._fit(torch.zeros(1, 3, 2813, 5000)).shape == (1, 3, 600, 1066)


def test_hands_out_the_sample_as_often_as_there_are_steps(files: tuple[Path, Path]) -> None:
    pair = PhotoPair(*files, size=64)
    pair.trainer = Trainer(max_steps=7, logger=False, accelerator="cpu", enable_checkpointing=False)
    loader = pair.train_dataloader()
    assert len(loader) == 7
    for _ in range(2):
        samples = list(loader)
        assert len(samples) == 7
        assert all(sample is pair.photos for sample in samples)
    pair.trainer = None
    assert len(pair.train_dataloader()) == 1000


def test_reads_each_photo_once(files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    paths = []
    plain = images.read

    def counted(path: Path) -> torch.Tensor:
        paths.append(path)
        return plain(path)

    monkeypatch.setattr(images, "read", counted)
    pair = PhotoPair(*files)
    pair.setup("fit")
    pair.setup("fit")
    assert paths == list(files)


def test_refuses_a_size_below_what_vgg_can_see(files: tuple[Path, Path]) -> None:
    with pytest.raises(VerismError, match=r"--data.size 31: must be at least 32"):
        PhotoPair(*files, size=31).setup("fit")
