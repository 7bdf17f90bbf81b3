"""The benchmark of a GPU, at toy size on the CPU."""

from __future__ import annotations

from typing import get_args

import pytest
from gpu import Section, lines, main

from verism.backbone.weights import Weights

TOY = {"sizes": [32], "steps": 1, "fit_size": 32, "fit_steps": 2, "device": "cpu", "side": 64}


@pytest.mark.slow
def test_every_section(tiny_weights: Weights, capfd: pytest.CaptureFixture[str]) -> None:
    steps = cells("steps")
    assert [row[:2] for row in steps] == [
        ["32×56", "the paper's loop, fp32"],
        ["32×56", "verism, bf16"],
        ["32×56", "verism, fp32"],
        ["32×56", "verism, bf16, `--model.tile 1024`"],
    ]
    for row in steps:
        assert float(row[2]) > 0
        assert float(row[3]) > 0
    fits = cells("fit")
    assert [row[0].split()[-1] for row in fits] == ["32-true`", "bf16-mixed`"]
    for _, seconds, milliseconds in fits:
        assert float(milliseconds) == pytest.approx(500 * float(seconds), abs=3)
    main(sections=["machine"], **TOY)  # type: ignore[arg-type]
    assert capfd.readouterr().out.startswith("cpu; torch ")


def cells(section: Section) -> list[list[str]]:
    """Return a section's table without its header."""
    assert section in get_args(Section)
    rows = [line.strip("| ").split(" | ") for line in lines(section, **TOY)]  # type: ignore[arg-type]
    return rows[2:]
