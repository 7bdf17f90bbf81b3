"""What has made several colours of one, and what helps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest
import torch
from conftest import synthetic_photo

from verism.canvas import BilateralGrid, Lut3d, RegionalGrade
from verism.canvas.canvas import Canvas
from verism.losses import ConsistencyLoss
from verism.module import StyleTransfer
from verism.regions.regions import Regions
from verism.uneven import HOLDING, LEAVE_OUT, Uneven, cause
from verism.verdict import DRIFT, found

LABELS = ("#e6194b", "#3cb44b")


class Data:
    """As much of a datamodule as is asked for."""

    def __init__(self, left_out: Sequence[str] = ()) -> None:
        self.left_out = left_out


class Model:
    """As much of a run's module as is asked for."""

    def __init__(self, canvas: Canvas, regions: Regions | None = None, weight: float | None = None) -> None:
        self.canvas, self.regions, self.data = canvas, regions, Data()
        self.consistency = None if weight is None else ConsistencyLoss(weight)


def asked(model: Model, drift: float, with_: dict[str, float]) -> Uneven:
    """What is found if the picture has another drift without its gradients, or without one of its regions."""

    def measure(canvas: RegionalGrade) -> float:
        if not bool(canvas.tints.any()):
            return with_["gradients"]
        changed = (canvas.shares != cast("RegionalGrade", model.canvas).shares).flatten(2).any(dim=2)[0]
        return with_[str(int(changed.nonzero()))]

    return cause(cast("StyleTransfer", model), drift, measure)


@pytest.fixture
def model() -> Model:
    """A run with two regions, that on the left with a gradient."""
    photo, style = synthetic_photo(24, 32, 1), synthetic_photo(24, 32, 3)
    left = (torch.arange(32) < 16).float().expand(1, 1, 24, 32)
    masks = torch.cat([left, 1 - left], dim=1)
    regions = Regions(LABELS, masks, masks, torch.tensor([1.0, 1.0]))
    canvas = RegionalGrade()
    canvas.start(photo, style, None, regions)
    canvas.tints[0] = 0.1
    return Model(canvas, regions)


def test_nothing_is_looked_for_where_nothing_is_wrong(model: Model) -> None:
    assert asked(model, DRIFT, {}) == Uneven()
    assert asked(model, float("nan"), {}) == Uneven()


def test_a_gradient_that_explains_it_is_no_fault(model: Model) -> None:
    uneven = asked(model, 9.0, {"gradients": 5.0})
    assert uneven.explained({"drift": 9.0, "lost": 0.0}) == {"drift": 5.0, "lost": 0.0}
    assert "--model.canvas.gradient 0" in uneven.said()[0]
    # One that does not explain it leaves the fault, and what has none is not offered to go without.
    uneven = asked(model, 9.0, {"gradients": 8.0, "0": 8.5, "1": 8.5})
    assert uneven == Uneven()
    assert uneven.said() == []


def test_the_region_is_left_out_without_which_the_photo_is_most_even(model: Model) -> None:
    uneven = asked(model, 9.0, {"gradients": 8.0, "0": 7.5, "1": 6.0})
    assert uneven.changes == (LEAVE_OUT, "[green]")
    (fault,) = map(uneven.remedied, found(uneven.explained({"drift": 9.0})))
    assert "--data.leave_out" in fault.of({"drift": 9.0})
    # Beside those that are left out already.
    cast("RegionalGrade", model.canvas).shares[:, 0] = 0
    model.data.left_out = ["red"]
    assert asked(model, 9.0, {"gradients": 8.0, "1": 6.0}).changes == (LEAVE_OUT, "[red, green]")


def test_a_kept_region_is_not_to_blame(model: Model) -> None:
    assert model.regions is not None
    model.regions = model.regions.keep(["green"])
    assert asked(model, 9.0, {"gradients": 8.0, "0": 7.5}).changes == (LEAVE_OUT, "[red]")


def test_without_a_region_the_rest_of_the_photo_stays(model: Model) -> None:
    canvas = cast("RegionalGrade", model.canvas)
    difference = (canvas.without_region(0)() - canvas()).detach().abs().amax(dim=(0, 1, 2))
    assert float(difference[16:].max()) == 0
    assert float(difference[:16].max()) > 0
    assert bool(canvas.tints.any())
    assert bool(canvas.shares[:, 0].any())


@pytest.mark.parametrize(
    ("canvas", "weight", "helps"),
    [
        (BilateralGrid(), None, True),
        (BilateralGrid(), HOLDING / 10, True),
        (BilateralGrid(), HOLDING, False),
        (Lut3d(), None, False),
    ],
)
def test_consistency_is_advised_where_places_may_differ_and_it_is_not_there_yet(
    canvas: Canvas, weight: float | None, helps: bool
) -> None:
    changes = asked(Model(canvas, weight=weight), 9.0, {}).changes
    assert changes == (("--model.consistency.weight", "1000") if helps else ())
