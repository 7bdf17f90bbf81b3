"""The test with a known answer: its cases, its scores, and who wins it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import torch
from grades import RECIPES, grades
from known_grade import COLUMNS, PHOTOS, against, halves, main, make_cases
from methods import ROOT
from torch import Tensor

from verism import images


@pytest.fixture
def photo(tmp_path: Path, content: Tensor) -> Path:
    path = tmp_path / "waves.png"
    images.write(path, torch.cat([content, content.flip(3)], dim=3), {})
    return path


@pytest.mark.parametrize("name", PHOTOS)
def test_photos_are_there(name: str) -> None:
    assert (ROOT / "configs" / "photos" / name).is_file()


@pytest.mark.parametrize(("height", "width"), [(64, 96), (64, 97), (64, 64)])
def test_left_and_right_half(height: int, width: int) -> None:
    photo = torch.rand(1, 3, height, width)
    first, second = halves(photo)
    assert first.shape == second.shape == (1, 3, height, width // 2)
    assert torch.equal(torch.cat([first, second], dim=3), photo[..., : width // 2 * 2])


def test_upper_and_lower_half() -> None:
    photo = torch.rand(1, 3, 97, 64)
    first, second = halves(photo)
    assert torch.equal(torch.cat([first, second], dim=2), photo[..., :96, :])


def test_cases_are_two_halves_of_one_grade(tmp_path: Path, photo: Path) -> None:
    cases = make_cases(photo, tmp_path / "cases", seed=3)
    assert [case.name for case in cases] == [f"waves_{name}" for name in RECIPES]
    first, second = halves(images.read(photo))
    for case, grade in zip(cases, grades(3).values(), strict=True):
        expected = {"style": grade(first), "content": second, "truth": grade(second)}
        assert set(case.photos) == set(expected)
        for role, path in case.photos.items():
            torch.testing.assert_close(images.read(path), expected[role], atol=0.51 / 255, rtol=0)


@pytest.mark.slow
def test_cases_do_not_change(tmp_path: Path, photo: Path) -> None:
    before, after = (
        [path.read_bytes() for case in make_cases(photo, tmp_path / "cases", seed=0) for path in case.photos.values()]
        for _ in range(2)
    )
    assert before == after


def test_scores_of_the_truth(content: Tensor) -> None:
    scores = against(content, content)
    assert tuple(scores) == tuple(COLUMNS)
    assert scores == {"psnr": float("inf"), "ssim": pytest.approx(1), "ciede2000": 0}


def test_scores_get_worse(content: Tensor) -> None:
    near, far = (against(content, content**gamma) for gamma in (1.1, 1.5))
    assert near["psnr"] > far["psnr"]
    assert near["ssim"] > far["ssim"]
    assert near["ciede2000"] < far["ciede2000"]


@pytest.mark.slow
def test_from_photo_to_tables(tmp_path: Path, photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "output"
    main(["--photos", str(photo), "--methods", "content", "--output", str(output), "--size", "40"])
    with (output / "known_grade.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["case"] for row in rows] == [f"waves_{name}" for name in RECIPES]
    assert all(5 < float(row["psnr"]) < 50 for row in rows)
    text = (output / "known_grade.md").read_text(encoding="utf-8")
    assert all(f"| waves_{name} |" in text for name in RECIPES)
    assert images.read(output / "waves.png").shape[1] == 3


def test_a_missing_photo_gets_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"none\.jpg: no such photo"):
        main(["--photos", str(tmp_path / "none.jpg"), "--output", str(tmp_path / "output")])
