"""The bar of a run that goes on counts its steps."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from verism.backbone.weights import Weights


@pytest.mark.parametrize(("steps", "first", "total"), [("6", 4, 6), ("9", 4, 9)], ids=["as planned", "longer"])
def test_a_run_that_goes_on(
    run: Callable[..., Path],
    tiny_weights: Weights,
    capfd: pytest.CaptureFixture[str],
    steps: str,
    first: int,
    total: int,
) -> None:
    with pytest.raises(SystemExit):
        run("--trainer.max_steps", "6", "--trainer.callbacks+", "trouble.Terminate", "--trainer.callbacks.after", "3")
    capfd.readouterr()
    shown = ("--trainer.enable_progress_bar", "true")
    run("--trainer.max_steps", steps, "--ckpt_path", "last", *shown)
    said = "".join(capfd.readouterr())
    counts = [(int(done), int(of)) for done, of in re.findall(r" (\d+)/(\d+) \[", said)]
    assert counts, said
    assert next(done for done, _ in counts if done) >= first
    assert counts[-1] == (total, total)
    assert {of for _, of in counts} == {total}
