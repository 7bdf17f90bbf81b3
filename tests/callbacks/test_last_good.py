"""The last good state, however rarely one asks for it."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from verism.callbacks.last_good import LastGood, Spoilt
from verism.losses import Term

INF, NAN = math.inf, math.nan


def outputs(style: float) -> dict[str, Tensor | dict[str, Term]]:
    """Return what a step returns: a content loss of 1, and a style loss."""
    terms = {
        name: Term(1.0, {"conv1_1": 1.0}, {"conv1_1": torch.tensor(value)})
        for name, value in (("content", 1.0), ("style", style))
    }
    return {"loss": torch.tensor(1.0 + style), "terms": terms}


@pytest.mark.parametrize("every", [1, 2, 3, 10])
@pytest.mark.parametrize(
    ("losses", "kept", "spoilt"),
    [
        ([3.0, 2.0, 1.0], 2, None),
        ([3.0, 2.0, INF, 1.0], 1, Spoilt("style", INF, 2)),
        ([3.0, INF, NAN, 1.0], 0, Spoilt("style", INF, 1)),
        ([INF, 2.0, 1.0], None, Spoilt("style", INF, 0)),
    ],
)
def test_is_the_same_however_often_it_is_asked(
    every: int, losses: list[float], kept: int | None, spoilt: Spoilt | None
) -> None:
    good, pixels, found = LastGood(), torch.zeros(2), None
    for step, loss in enumerate(losses):
        pixels.fill_(step)
        good.before_step({"pixels": pixels})
        good.after_step(step, outputs(loss))
        pixels.fill_(-1)
        if (step + 1) % every == 0:
            found = good.settle()
            if found is not None:
                break
    assert good.settle() == (spoilt if found is None else found) == spoilt
    assert (None if good.state is None else good.state["pixels"].tolist()) == (None if kept is None else [kept, kept])


def test_a_loss_that_is_not_finite_though_its_terms_are() -> None:
    good = LastGood()
    good.before_step({"pixels": torch.zeros(1)})
    good.after_step(4, {**outputs(1.0), "loss": torch.tensor(INF)})
    assert good.settle() == Spoilt("total", INF, 4)


@pytest.mark.parametrize(("loss", "kept"), [(1.0, 8), (INF, 4)])
def test_from_scale_to_scale(loss: float, kept: int) -> None:
    good = LastGood()
    for step, (side, value) in enumerate([(2, 1.0), (4, 1.0), (4, loss), (8, loss)]):
        good.before_step({"pixels": torch.zeros(side)})
        good.after_step(step, outputs(value))
    assert good.settle() == (None if loss == 1.0 else Spoilt("style", INF, 2))
    assert good.state is not None
    assert good.state["pixels"].numel() == kept
