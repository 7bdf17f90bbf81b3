"""Which photos the fit of a series looks at, and in which picture."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from conftest import synthetic_photo

from verism import images
from verism.errors import VerismError
from verism.series.common_look import FITTED, SIDE, chosen, grid, side_by_side
from verism.series.pair import Reading

READING = Reading(None, 179.0)


def photos(folder: Path, count: int) -> list[Path]:
    """Flat photos, of which each has the grey of its number."""
    paths = [folder / f"{number:02}.png" for number in range(count)]
    for number, path in enumerate(paths):
        images.write(path, torch.full((1, 3, 32, 40), number / 255), {})
    return paths


def greys(found: list[torch.Tensor]) -> list[int]:
    return [round(float(photo.mean()) * 255) for photo in found]


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, [0]), (2, [0, 1]), (9, list(range(9))), (10, [0, 1, 2, 3, 4, 5, 6, 7, 9]), (25, list(range(0, 25, 3)))],
)
def test_they_are_evenly_chosen(tmp_path: Path, count: int, expected: list[int]) -> None:
    assert greys(chosen(photos(tmp_path, count), READING)) == expected


def test_what_is_damaged_is_left_out_unless_all_is(tmp_path: Path) -> None:
    paths = photos(tmp_path, 3)
    paths[1].write_text("this is text")
    assert greys(chosen(paths, READING)) == [0, 2]
    for path in paths:
        path.write_text("this is text")
    with pytest.raises(VerismError, match=r"00\.png: not an image"):
        chosen(paths, READING)


def test_large_ones_are_scaled_down(tmp_path: Path) -> None:
    images.write(tmp_path / "large.png", synthetic_photo(SIDE + 20, 2 * SIDE, seed=1), {})
    (found,) = chosen([tmp_path / "large.png"], READING)
    assert min(found.shape[-2:]) == SIDE


@pytest.mark.parametrize(
    ("count", "table"), [(1, (1, 1)), (2, (1, 2)), (3, (2, 2)), (5, (2, 3)), (7, (3, 3)), (FITTED, (3, 3))]
)
def test_they_stand_side_by_side_without_gaps(count: int, table: tuple[int, int]) -> None:
    assert grid(count) == table
    shapes = [(40, 60), (60, 40), (40, 60)]
    found = side_by_side([torch.full((1, 3, *shapes[number % 3]), (number + 1) / 16) for number in range(count)])
    rows, columns = table
    height, width = found.shape[-2] // rows, found.shape[-1] // columns
    cells = found.unfold(2, height, height).unfold(3, width, width)
    means, spread = cells.mean(dim=(4, 5))[0, 0].flatten(), cells.std(dim=(4, 5))[0, 0]
    assert float(spread.max()) < 1e-3
    expected = [(number % count + 1) / 16 for number in range(rows * columns)]
    torch.testing.assert_close(means, torch.tensor(expected))
