"""The benchmark of a GPU, at toy size on the CPU."""

from __future__ import annotations

from typing import get_args

import pytest
from gpu import Section, lines, main
from test_capture import StandIn, stand_in
from test_compiled import Compiler, compiler

from verism.backbone.weights import Weights

__all__ = ["compiler", "stand_in"]

TOY = {"sizes": [32], "steps": 1, "fit_size": 32, "fit_steps": 2, "device": "cpu", "side": 64, "photos": 2}


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


@pytest.mark.slow
def test_steps_that_are_captured_and_compiled(
    compiler: Compiler, stand_in: StandIn, tiny_weights: Weights, capfd: pytest.CaptureFixture[str]
) -> None:
    """As on a GPU, with stand-ins for what only a GPU can do."""
    kinds = ["", ", captured", ", compiled", ", compiled and captured"]
    names = [f"verism, {precision}{kind}" for precision in ("bf16", "fp32") for kind in kinds]
    assert [row[1] for row in cells("steps")][1:-1] == names
    assert (stand_in.graphs, len(compiler.graphs)) == (4, 4)
    fits = cells("fit")
    assert len(fits) == 8
    assert fits[3][0] == "`paper/leaky.yaml --model.capture true --model.compile true --trainer.precision 32-true`"
    # Once more in float32, where the stand-in calls what a graph would replay without the context of its capture.
    assert (stand_in.graphs, len(compiler.graphs)) == (8, 9)
    assert not capfd.readouterr().out


def cells(section: Section) -> list[list[str]]:
    """Return a section's table without its header."""
    assert section in get_args(Section)
    rows = [line.strip("| ").split(" | ") for line in lines(section, **TOY)]  # type: ignore[arg-type]
    return rows[2:]
