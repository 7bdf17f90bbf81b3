"""What the page shows and says of a fitted run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from verism.app.session import Session
from verism.app.shown import METHODS, OTHER_METHOD, Shown
from verism.backbone.weights import Weights
from verism.metrics import NAMES
from verism.verdict import FAULTS

SMALL: dict[str, Any] = {"data.size": 40, "trainer.accelerator": "cpu", "trainer.max_steps": 1}


@pytest.mark.slow
def test_between_several_styles_there_is_nothing(tiny_weights: Weights, photos: list[Path]) -> None:
    session = Session()
    shown = session.fit(photos[0], photos[1:], "photoreal", lambda share, said: None, preview=True, **SMALL)
    black = torch.zeros_like(shown.style)
    apart = shown.apart(black)
    gaps = apart.amin(dim=1)[0]
    assert set(apart.unique().tolist()) == {0.0, 1.0}
    # From top to bottom between them, and below the one that is less high.
    assert bool((gaps.amin(dim=0) == 1).any())
    assert bool((gaps.amax(dim=1) == 1).all())
    assert torch.equal(replace(shown, styles=shown.styles[:1]).apart(black), black)


@pytest.mark.slow
def test_figures_in_words(fit: Callable[..., None], photos: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session()
    fit(session, photos[0], photos[1])
    said = session.fitted.sentences()
    assert said[0].startswith("Shapes and edges: ")
    everything = {fault.metric: fault.limit + 1 for fault in FAULTS}
    monkeypatch.setattr("verism.app.shown.RunMeasure", lambda *_: lambda _: dict.fromkeys(NAMES, 0.0) | everything)
    said = session.fitted.sentences()
    # What is newly clipped is said of what is shown.
    assert len(said) == 3 + len(FAULTS) - 1
    # Nor options of the command line.
    assert not any("ΔE" in sentence or "--" in sentence for sentence in said)
    assert session.fitted.warnings == []


@pytest.mark.slow
def test_a_method_for_one_scene_warns_of_two(
    fit: Callable[..., None], photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("verism.callbacks.same_scene.SAME_SCENE", 1.0)
    session = Session()
    fit(session, photos[0], photos[1], "match")
    assert session.fitted.warnings == [OTHER_METHOD]
    assert "Region by region" in METHODS
    fit(session, photos[0], photos[1], "lut")
    assert session.fitted.warnings == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("config", "helps"),
    [
        ("photoreal", "merging their regions, or a lower Strength, holds them together."),
        ("match", "a lower Strength, or the method Region by region, holds them together."),
    ],
)
def test_regions_are_advised_only_where_there_are_some(
    fit: Callable[..., None], photos: list[Path], monkeypatch: pytest.MonkeyPatch, config: str, helps: str
) -> None:
    session = Session()
    fit(session, photos[0], photos[1], config)
    faulty = dict.fromkeys(NAMES, 0.0) | {"drift": 100.0}
    monkeypatch.setattr("verism.app.shown.RunMeasure", lambda *_: lambda _: faulty)
    (said,) = (sentence for sentence in session.fitted.sentences() if "holds them together" in sentence)
    assert said.endswith(f"; {helps}")
    monkeypatch.setattr(Shown, "regions", None)
    (said,) = (sentence for sentence in session.fitted.sentences() if "holds them together" in sentence)
    assert "merging" not in said
    assert ("Region by region" in said) == (config == "match")
