"""The trade-off's plot, and its command with a real run of fit."""

from __future__ import annotations

from pathlib import Path

import pytest
from compare import Row
from conftest import synthetic_photo
from trade_off import main, plot

from verism import images
from verism.backbone.weights import Weights


def test_the_line_goes_through_the_means_of_the_curve() -> None:
    scores = {
        ("1", "consistency 1"): (0.2, 8.0, 0.8),
        ("2", "consistency 1"): (0.4, 6.0, 0.6),
        ("1", "consistency 10"): (0.5, 2.0, 0.9),
        ("1", "dpst_result"): (0.3, 12.0, 0.5),
    }
    rows = [
        Row(case, method, scores={"style_distance": style, "drift": drift, "structure": structure})
        for (case, method), (style, drift, structure) in scores.items()
    ]
    rows.append(Row("2", "consistency 10", error="failed"))
    panels = plot(rows, ["consistency 1", "consistency 10"]).axes
    expected = ((0.3, 7.0, 0.5, 2.0), [0.3, 12.0]), ((0.3, 0.7, 0.5, 0.9), [0.3, 0.5])
    for axes, (curve, published) in zip(panels, expected, strict=True):
        line, point = axes.lines
        assert [pair for xy in line.get_xydata().tolist() for pair in xy] == pytest.approx(curve)  # type: ignore[union-attr]
        assert point.get_xydata().tolist() == [published]  # type: ignore[union-attr]
        assert [text.get_text() for text in axes.texts] == ["1", "10"]
    assert [axes.get_ylabel().partition(" ")[0].strip(",") for axes in panels] == ["drift", "structure"]


@pytest.mark.slow
def test_from_folder_to_figure(tmp_path: Path, tiny_weights: Weights) -> None:
    for seed, role in enumerate(("content", "style")):
        images.write(tmp_path / "pairs" / "1" / f"{role}.png", synthetic_photo(48, 64, seed), {})
    fit = "--trainer.max_steps 1 --data.size 32 --trainer.accelerator cpu --model.backbone.weights compact"
    output = tmp_path / "output"
    main([str(tmp_path / "pairs"), "--output", str(output), "--size", "40", f"--fit={fit}", "--consistency", "2"])
    assert {path.name for path in output.iterdir()} == {"results", "trade_off.csv", "trade_off.md", "trade_off.png"}
    lines = (output / "trade_off.csv").read_text().splitlines()
    assert [line.split(",")[:2] for line in lines[1:]] == [
        ["1", "consistency 2"],
        ["1", "photoreal"],
        ["1", "closed_form"],
    ]
