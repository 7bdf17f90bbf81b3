"""What parts say of themselves is enough to make them again."""

from __future__ import annotations

import copy
import io
import pickle
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import verism
from verism.color.spaces import Srgb
from verism.description import UNRECORDED, Described, describe, describe_optimization


class Mine(Described):
    def __init__(self, *rest: int, size: int = 3, **more: Any) -> None:
        del rest, size, more


class Positional(Described):
    def __init__(self, size: int, /) -> None:
        del size


class Swish(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * x.sigmoid()


class Side(StrEnum):
    LEFT = "left side"


@pytest.mark.parametrize(
    ("part", "class_path", "some"),
    [
        (verism.StyleLoss(3e5, normalization="relative"), "verism.StyleLoss", {"weight": 3e5}),
        (verism.ConsistencyLoss(step=0.1), "verism.ConsistencyLoss", {"weight": 100.0, "step": 0.1}),
        (verism.RegionalGrade(7), "verism.RegionalGrade", {"controls": 7, "contrast": 1.0}),
        (nn.LeakyReLU(0.15), "torch.nn.LeakyReLU", {"negative_slope": 0.15, "inplace": False}),
        (nn.Tanh(), "torch.nn.Tanh", {}),
        (Swish(), "test_description.Swish", {}),
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


@pytest.mark.parametrize("part", [Mine(1, 2), Positional(1)])
def test_arguments_without_a_name_cannot_be_given_again(part: Described) -> None:
    assert UNRECORDED in describe(part)["init_args"].values()


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.float64(0.5), 0.5),
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (Fraction(1, 2), 0.5),
        (np.str_("a"), "a"),
        (Side.LEFT, "LEFT"),
        (True, True),
    ],
)
def test_values_are_plain_so_that_a_checkpoint_can_be_read(value: Any, plain: Any) -> None:
    described = describe({"it": (value,)})
    assert type(described["it"][0]) is type(plain)
    file = io.BytesIO()
    torch.save(described, file)
    file.seek(0)
    assert torch.load(file, weights_only=True) == {"it": [plain]}


def test_a_class_whose_package_cannot_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a file that a program has loaded by its path."""
    monkeypatch.setattr(Mine, "__module__", "no_such_package.mine")
    assert Mine().description["class_path"] == "no_such_package.mine.Mine"


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


def test_a_scheduler_by_milestones() -> None:
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.5)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [20, 10, 20])
    found = describe_optimization({"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler}})
    assert sorted(found["lr_scheduler"]["init_args"]["milestones"]) == [10, 20, 20]


def test_an_optimizer_of_groups_is_more_than_its_class_and_arguments() -> None:
    groups = [{"params": [nn.Parameter(torch.zeros(1))], "lr": rate} for rate in (0.1, 0.5)]
    assert describe_optimization(torch.optim.SGD(groups))["optimizer"] == UNRECORDED
