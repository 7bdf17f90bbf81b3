"""The benchmark of photos a second, with two of them."""

from __future__ import annotations

import pytest
from photos import of_a_folder

from verism.backbone.weights import Weights


@pytest.mark.slow
def test_every_cell_is_a_figure(tiny_weights: Weights) -> None:
    rows = [line.strip("|").split("|") for line in of_a_folder(2, "cpu", 1, (0.01, 0.02))]
    header, _, plain, overlapped, _, phases, _, times = [[cell.strip() for cell in row] for row in rows]
    assert header == ["device", "2 photos of 0.01, 0.02 megapixels", "photos/s", "times as fast", "CPU s/photo"]
    assert [row[1] for row in (plain, overlapped)] == ["one after the other", "overlapped, as `predict` does it"]
    for cell in (*plain[2:], *overlapped[2:]):
        assert float(cell.split()[0]) > 0
    assert plain[3] == "1.00 (1.00 to 1.00)"
    assert phases[1:] == ["read", "rendered", "written"]
    assert all(float(cell) >= 0 for cell in times[1:])
