"""What the page shows and says of a fitted run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from verism.app.session import Session
from verism.app.shown import METHODS, OTHER_METHOD, UNDER_REGIONS
from verism.backbone.weights import Weights
from verism.likeness import LITTLE_SHARED
from verism.metrics import NAMES
from verism.module import StyleTransfer
from verism.uneven import GRADIENT, LEAVE_OUT, Uneven
from verism.verdict import ELSEWHERE, FAULTS


class Stub:
    """Measures what it is told."""

    def __init__(self, figures: Mapping[str, float], uneven: Uneven = Uneven()) -> None:  # noqa: B008  # It is a tuple.
        self.figures = dict.fromkeys(NAMES, 0.0) | dict(figures)
        self.found = uneven

    def __call__(self, model: StyleTransfer) -> Mapping[str, float]:
        return self.figures

    def uneven(self, model: StyleTransfer, figures: Mapping[str, float]) -> Uneven:
        return self.found


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
    monkeypatch.setattr("verism.app.shown.RunMeasure", lambda *_: Stub(everything))
    monkeypatch.setattr("verism.likeness.ENOUGH", 0)
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
    monkeypatch.setattr("verism.callbacks.same_scene.PROBABLY", 1.0)
    session = Session()
    fit(session, photos[0], photos[1], "match")
    assert session.fitted.warnings == [OTHER_METHOD]
    assert "Region by region" in METHODS
    fit(session, photos[0], photos[1], "lut")
    assert session.fitted.warnings == []


@pytest.mark.slow
def test_regions_are_advised_only_if_they_help(
    fit: Callable[..., None], photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session()
    fit(session, photos[0], photos[1])
    drift = {"drift": 100.0}
    for uneven, helps in (
        (Uneven(), "a lower Strength makes that weaker."),
        (Uneven(None, (LEAVE_OUT, "[red]"), "--data.leave_out"), f"{UNDER_REGIONS}."),
    ):
        monkeypatch.setattr("verism.app.shown.RunMeasure", lambda *_, uneven=uneven: Stub(drift, uneven))
        (said,) = (sentence for sentence in session.fitted.sentences() if "become several" in sentence)
        assert said.endswith(f"; {helps}")
    # A gradient that was taken over is no fault.
    monkeypatch.setattr("verism.app.shown.RunMeasure", lambda *_: Stub(drift, Uneven(5.0)))
    sentences = session.fitted.sentences()
    assert not any("become several" in sentence for sentence in sentences)
    assert sum(GRADIENT in sentence for sentence in sentences) == 1


@pytest.mark.slow
def test_photos_that_share_little_are_told_with_a_single_piece_of_advice(
    fit: Callable[..., None], photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session()
    fit(session, photos[0], photos[1])
    astray = {"color_distance": 1.5, "ciede2000": 10.0, "structure": 1.0}
    monkeypatch.setattr("verism.app.shown.RunMeasure", lambda *_: Stub(astray))
    monkeypatch.setattr("verism.likeness.PROBABLY", 1)
    for enough, told in ((0, ELSEWHERE), (2, LITTLE_SHARED)):
        monkeypatch.setattr("verism.likeness.ENOUGH", enough)
        assert [sentence for sentence in session.fitted.sentences() if ELSEWHERE in sentence] == [told]
