"""Slips in the arguments of parts that are made from Python, where no parser sees them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from verism import VGG19, Lut3d, PhotoPair, StyleLoss, StyleTransfer, VerismError
from verism.arguments import check_arguments, check_part
from verism.backbone.weights import Weights


def takes(  # type: ignore[no-untyped-def]
    choice: Literal["one", "two"] | Path,
    either: Literal["auto"] | bool,
    count: int | None,
    share: float,
    name: str,
    free: Any,
    untyped,  # noqa: ANN001
) -> None:
    """Take an argument of every kind."""


@pytest.mark.parametrize(
    "arguments",
    [
        {"choice": "one"},
        {"choice": "a file"},
        {"either": "auto"},
        {"either": True},
        {"count": 3},
        {"count": np.int64(3)},
        {"count": None},
        {"share": 1},
        {"share": np.float32(0.5)},
        {"name": "anything"},
        {"free": "anything"},
        {"untyped": 0.5},
        {"unknown": 0.5},
    ],
)
def test_takes(arguments: dict[str, Any]) -> None:
    check_arguments("takes", takes, arguments)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"either": "yes"}, "takes: either 'yes': must be auto or True or False."),
        ({"count": "3"}, "takes: count '3': must be a whole number or None."),
        ({"count": 3.0}, "takes: count 3.0: must be a whole number or None."),
        ({"share": "1e3"}, "takes: share '1e3': must be a number."),
    ],
)
def test_refuses(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(VerismError) as caught:
        check_arguments("takes", takes, arguments)
    assert str(caught.value) == said


def test_hints_that_only_a_type_checker_can_resolve_check_nothing() -> None:
    def local(count: Nowhere) -> None:  # type: ignore[name-defined]  # noqa: F821
        """Its hint cannot be resolved."""

    check_arguments("local", local, {"count": "3"})


def test_a_slip_in_a_part_does_not_go_unnoticed(tiny_weights: Weights) -> None:
    """Each of them stood for the choice that it is not."""
    with pytest.raises(VerismError, match=r"^StyleLoss: normalization 'realtive': must be paper or relative.$"):
        StyleLoss(normalization="realtive")  # type: ignore[arg-type]
    with pytest.raises(VerismError, match=r"^VGG19: pooling 'average': must be avg or max.$"):
        VGG19(pooling="average")  # type: ignore[arg-type]
    with pytest.raises(VerismError, match=r"^PhotoPair: regions 'Auto': must be auto or masks or None.$"):
        PhotoPair("mine.jpg", "theirs.jpg", regions="Auto")  # type: ignore[arg-type]
    with pytest.raises(VerismError, match=r"^PhotoPair: size 48.0: must be a whole number.$"):
        PhotoPair("mine.jpg", "theirs.jpg", size=48.0)  # type: ignore[arg-type]
    with pytest.raises(VerismError, match=r"^StyleTransfer: capture 'yes': must be auto or True or False.$"):
        StyleTransfer.paper(capture="yes")


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"canvas": "Pixels"}, "--model.canvas: must be .*Canvas, not 'Pixels'"),
        ({"backbone": VGG19}, r"--model.backbone: must be .*Backbone, not the class VGG19; call it, as in VGG19\(\)"),
        ({"style": StyleLoss}, "--model.style: must be .*Loss, not the class StyleLoss"),
        ({"losses": {"more": StyleLoss}}, "--model.losses.more: must be .*Loss, not the class StyleLoss"),
    ],
)
def test_a_part_is_not_its_class_or_name(tiny_weights: Weights, parts: dict[str, Any], said: str) -> None:
    with pytest.raises(VerismError, match=f"^{said}"):
        StyleTransfer.paper(**parts)


def test_a_colour_space_is_not_its_name() -> None:
    with pytest.raises(VerismError, match=r"^--model.canvas.space: must be .*ColorSpace, not 'Oklab'"):
        Lut3d(space="Oklab")  # type: ignore[arg-type]


def test_a_part_of_the_kind_is_taken() -> None:
    check_part("a number", 1, int)
