"""What parts say of themselves is enough to make them again."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import verism
from verism.color.spaces import Srgb
from verism.description import UNRECORDED, Described, describe, describe_optimization


class Mine(Described):
    def __init__(self, *rest: int, size: int = 3, **more: Any) -> None:
        del rest, size, more


@pytest.mark.parametrize(
    ("part", "class_path", "some"),
    [
        (verism.StyleLoss(3e5, normalization="relative"), "verism.StyleLoss", {"weight": 3e5}),
        (verism.ConsistencyLoss(step=0.1), "verism.ConsistencyLoss", {"weight": 100.0, "step": 0.1}),
        (verism.RegionalGrade(7), "verism.RegionalGrade", {"controls": 7, "contrast": 1.0}),
        (nn.LeakyReLU(0.15), "torch.nn.LeakyReLU", {"negative_slope": 0.15, "inplace": False}),
        (Mine(size=4, other=Path("a.png")), "test_description.Mine", {"size": 4, "other": "a.png"}),
    ],
)  # fmt: skip
def test_class_and_arguments(part: Any, class_path: str, some: dict[str, Any]) -> None:
    described = describe(part)
    assert described["class_path"].removeprefix("tests.") == class_path
    assert described["init_args"].items() >= some.items()


def test_parts_within_parts() -> None:
    """Also default arguments, which jsonargparse builds when they are first used."""
    spaces = [
        describe(verism.Lut3d())["init_args"]["space"],
        describe(verism.Lut3d(space=Srgb()))["init_args"]["space"],
    ]
    assert spaces == [{"class_path": f"verism.color.spaces.{name}", "init_args": {}} for name in ("Oklab", "Srgb")]


@pytest.mark.parametrize("value", [torch.zeros(2), print, nn.Sequential(nn.ReLU()), lambda: 1])
def test_what_a_config_cannot_hold(value: Any) -> None:
    assert describe({"it": [value]}) == {"it": [UNRECORDED]}


def test_copies_keep_it_and_mistakes_are_pythons_own() -> None:
    loss = verism.ColorLoss(2.0)
    for copied in (copy.copy(loss), copy.deepcopy(loss), pickle.loads(pickle.dumps(loss))):  # Our own.
        assert copied.description == loss.description
    with pytest.raises(TypeError, match=r"ColorLoss.__init__\(\) got an unexpected keyword argument 'wieght'"):
        verism.ColorLoss(wieght=2.0)  # type: ignore[call-arg]


def test_arguments_are_described_when_they_are_given() -> None:
    layers = {"conv1_1": 1.0}
    loss = verism.StyleLoss(layers=layers)
    layers["conv2_1"] = 1.0
    assert loss.description["init_args"]["layers"] == {"conv1_1": 1.0}


def test_an_optimizer_with_a_scheduler_has_its_first_rate() -> None:
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.5, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.1, total_iters=7)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.05)
    found = describe_optimization({"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler}})
    assert found["optimizer"]["class_path"] == "torch.optim.SGD"
    assert found["optimizer"]["init_args"].items() >= {"lr": 0.5, "momentum": 0.9}.items()
    assert found["lr_scheduler"]["init_args"] == {"start_factor": 0.1, "end_factor": 1.0, "total_iters": 7}
    free = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 / (1 + step))
    found = describe_optimization({"optimizer": optimizer, "lr_scheduler": {"scheduler": free}})
    assert found["lr_scheduler"] == UNRECORDED
