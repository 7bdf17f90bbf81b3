"""Contact sheets: every result in its place, every word whole."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
import torch
from conftest import synthetic_photo
from torch import Tensor

from verism import images
from verism.sweep.record import Record
from verism.sweep.sheet import contact_sheet

# Results of 48×64 pixels are enlarged to the least width.
HEIGHT, WIDTH = 240, 320
GAP, MARGIN = WIDTH // 20, 2 * (WIDTH // 20)

GREY = (222, 222, 222)
WHITE = (255, 255, 255)


@pytest.fixture
def run(tmp_path: Path, content: Tensor, style: Tensor) -> Record:
    """A run without a result, of synthetic photos."""
    photos = tmp_path / "content.png", tmp_path / "style.png"
    for path, photo in zip(photos, (content, style), strict=True):
        images.write(path, photo, {})
    return Record("run", tmp_path / "run", *photos, seed=0, settings={})


def color(index: int) -> tuple[int, int, int]:
    """A colour of its own for each run; neither white nor grey, nor likely in the photos."""
    return 255, index, 0


def finished(run: Record, index: int, settings: dict[str, str], seed: int = 0) -> Record:
    """A run whose result is one flat colour."""
    record = replace(run, folder=run.folder / str(index), settings=settings, seed=seed)
    images.write(record.image, torch.tensor(color(index)).view(1, 3, 1, 1).expand(1, 3, 48, 64) / 255, {})
    return record


def where(sheet: Tensor, rgb: tuple[int, int, int]) -> Tensor:
    """Pixels of exactly one colour: ``(H, W)`` bool."""
    return ((sheet[0] - torch.tensor(rgb).view(3, 1, 1) / 255).abs() < 0.5 / 255).all(dim=0)


def place(sheet: Tensor, rgb: tuple[int, int, int]) -> tuple[int, int]:
    """Left and top of the one flat picture of this colour, which must be whole."""
    rows, columns = where(sheet, rgb).nonzero().unbind(1)
    left, top = int(columns.min()), int(rows.min())
    assert len(rows) == HEIGHT * WIDTH
    assert (int(columns.max()) - left + 1, int(rows.max()) - top + 1) == (WIDTH, HEIGHT)
    return left, top


@pytest.mark.parametrize(("values", "columns"), [(1, 1), (4, 4), (6, 6), (7, 4), (13, 5)])
def test_one_option_goes_on_below(run: Record, values: int, columns: int) -> None:
    sheet = contact_sheet([finished(run, index, {"data.size": str(index)}) for index in range(values)])
    places = [place(sheet, color(index)) for index in range(values)]
    assert [left for left, _ in places] == [MARGIN + index % columns * (WIDTH + GAP) for index in range(values)]
    for (_, top), (index, (_, below)) in zip(places, enumerate(places[1:], start=1), strict=False):
        assert below > top + HEIGHT if index % columns == 0 else below == top
    if columns > 2:
        # One or two are narrower than the photos above them.
        assert sheet.shape[-1] == 2 * MARGIN + columns * (WIDTH + GAP) - GAP


def test_first_option_across_all_else_down(run: Record) -> None:
    grid = list(product(["0", "0.15", "0.3"], ["1", "3"], [0, 1]))
    records = [
        finished(run, index, {"activation.negative_slope": slope, "style.weight": weight}, seed)
        for index, (slope, weight, seed) in enumerate(grid)
    ]
    sheet = contact_sheet(records)
    places = {cell: place(sheet, color(index)) for index, cell in enumerate(grid)}
    lefts = [{places[cell][0] for cell in grid if cell[0] == slope} for slope in ("0", "0.15", "0.3")]
    tops = [{places[cell][1] for cell in grid if cell[1:] == row} for row in product(["1", "3"], [0, 1])]
    assert [len(left) for left in lefts] == [1, 1, 1]
    assert [len(top) for top in tops] == [1, 1, 1, 1]
    assert [min(left) for left in lefts] == sorted(min(left) for left in lefts)
    assert [min(top) for top in tops] == sorted(min(top) for top in tops)
    # The labels stand to the left of the first column, next to each row.
    indent = where(sheet, WHITE)[:, : min(lefts[0])]
    assert all(not bool(indent[min(top) : min(top) + HEIGHT].all()) for top in tops)


def test_seeds_across_if_nothing_else_varies(run: Record) -> None:
    sheet = contact_sheet([finished(run, seed, {}, seed) for seed in range(3)])
    assert [place(sheet, color(seed))[0] for seed in range(3)] == [MARGIN + seed * (WIDTH + GAP) for seed in range(3)]


def test_photos_are_as_high_as_results(run: Record, content: Tensor, style: Tensor) -> None:
    sheet = contact_sheet([finished(run, 0, {})])
    strip = torch.cat(
        [
            images.resize(content, (HEIGHT, WIDTH)),
            torch.ones(1, 3, HEIGHT, GAP),
            # 56×40 pixels.
            images.resize(style, (HEIGHT, round(HEIGHT * 40 / 56))),
        ],
        dim=-1,
    )
    tops = [
        top
        for top in range(MARGIN, place(sheet, color(0))[1] - HEIGHT)
        if torch.allclose(sheet[..., top : top + HEIGHT, MARGIN : MARGIN + strip.shape[-1]], strip, atol=2 / 255)
    ]
    assert len(tops) == 1


def test_every_style_photo_is_shown(run: Record, tmp_path: Path) -> None:
    further = tmp_path / "further.png"
    images.write(further, torch.tensor(color(77)).view(1, 3, 1, 1).expand(1, 3, 48, 48) / 255, {})
    assert not where(contact_sheet([finished(run, 0, {})]), color(77)).any()
    sheet = contact_sheet([replace(finished(run, 0, {}), further=(further,))])
    assert int(where(sheet, color(77)).sum()) == HEIGHT * HEIGHT


def test_metrics_stand_beneath(run: Record) -> None:
    record = finished(run, 0, {})
    without = contact_sheet([record])
    measured = contact_sheet([replace(record, scalars={"metrics/structure": 0.8, "metrics/style_distance": 0.03})])
    _, top = place(measured, color(0))
    rows = (~where(measured, WHITE)).any(dim=1).nonzero().flatten()
    assert int(rows.max()) > top + HEIGHT
    assert int((~where(without, WHITE)).any(dim=1).nonzero().max()) < top + HEIGHT


def test_failed_run_is_a_grey_box_with_its_error(run: Record) -> None:
    records = [finished(run, 0, {"a.b": "0"}), replace(run, settings={"a.b": "1"}, error="The loss is not finite.")]
    sheet = contact_sheet(records)
    left, top = place(sheet, color(0))
    box = where(sheet, GREY)[top : top + HEIGHT, left + WIDTH + GAP : left + 2 * WIDTH + GAP]
    inner = box[GAP:-GAP, GAP:-GAP]
    assert not bool(inner.all())
    assert int(box.sum()) - int(inner.sum()) == box.numel() - inner.numel()


def test_long_error_makes_its_box_higher(run: Record) -> None:
    heights = []
    for words in (1, 200):
        sheet = contact_sheet([replace(run, error="not/found " * words)])
        # Not the few such pixels at the edges of letters.
        heights.append(int((where(sheet, GREY).sum(dim=1) > GAP).sum()))
        # No word leaves the box.
        assert bool(where(sheet, WHITE)[-MARGIN:].all())
        assert bool(where(sheet, GREY)[-MARGIN - GAP : -MARGIN, MARGIN : MARGIN + WIDTH].all())
    assert heights[0] == HEIGHT < heights[1]


@pytest.mark.parametrize("lost", ["content", "style", "result"])
def test_unreadable_picture_is_a_grey_box(run: Record, lost: str) -> None:
    record = finished(run, 0, {})
    {"content": record.content, "style": record.style, "result": record.image}[lost].unlink()
    grey = where(contact_sheet([record]), GREY)
    assert 0.9 * HEIGHT * WIDTH < int(grey.sum()) <= HEIGHT * WIDTH


def test_all_failed_and_no_photo(run: Record) -> None:
    run.content.unlink()
    run.style.unlink()
    sheet = contact_sheet([replace(run, error="no such photo.")])
    # 3:4, as there is no picture to go by.
    assert 0.9 * 3 * HEIGHT * WIDTH < int(where(sheet, GREY).sum()) <= 3 * HEIGHT * WIDTH


def test_large_results_are_scaled_down(run: Record) -> None:
    images.write(run.image, synthetic_photo(600, 1200, seed=0), {})
    sheet = contact_sheet([replace(run, settings={"a.b": str(index)}) for index in range(4)])
    gap = 512 // 20
    assert sheet.shape[-1] == 4 * gap + 4 * 512 + 3 * gap


def test_sheet_is_an_image_on_white(run: Record) -> None:
    sheet = contact_sheet([finished(run, 0, {})])
    assert sheet.dtype == torch.float32
    assert sheet.shape[:2] == (1, 3)
    assert float(sheet.min()) >= 0
    white = where(sheet, WHITE)
    assert all(bool(edge.all()) for edge in (white[:MARGIN], white[-MARGIN:], white[:, :MARGIN], white[:, -MARGIN:]))


def test_names_beyond_ascii_are_legible(run: Record, content: Tensor) -> None:
    sheets = []
    for name in ("é", "ü", "Ж"):
        path = run.content.with_name(f"{name}.png")
        images.write(path, content, {})
        sheets.append(contact_sheet([replace(run, content=path, error="")]))
    # A font without these letters draws the same box for each.
    assert not torch.equal(sheets[0], sheets[1])
    assert not torch.equal(sheets[1], sheets[2])


def test_names_that_are_not_unicode_are_spelled_out(run: Record) -> None:
    record = replace(run, content=run.content.with_name("photo\udcff\n.png"), error="failed")
    assert int(where(contact_sheet([record]), GREY).sum()) > HEIGHT * WIDTH
