"""Every method on every case."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from meter import CommandError, Cost
from methods import Case, Method
from torch import Tensor
from tqdm import tqdm

from verism import images
from verism.errors import VerismError

Score = Callable[[Tensor], Mapping[str, float]]
"""Takes a result ``(1, 3, H, W)``, RGB in [0, 1], of any size."""


@dataclass(frozen=True)
class Row:
    """What came of a method on a case.

    Attributes:
        case: the case's name.
        method: the method's.
        picture: the result's file; None if there is none.
        cost: None for a picture that was there before, or if there is none.
        scores: name to number; empty if there is no picture.
        error: what went wrong, in a line; empty if nothing did.
    """

    case: str
    method: str
    picture: Path | None = None
    cost: Cost | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    error: str = ""


def compare(
    cases: Sequence[Case],
    methods: Mapping[str, Method],
    judge: Callable[[Case], Score],
    folder: Path,
    size: int,
    *,
    redo: bool,
) -> list[Row]:
    """Return a row for each case and each method that applies to it; what fails is reported, and the rest goes on.

    Args:
        cases: what to compare on.
        methods: name to method.
        judge: makes the score of a case's results.
        folder: gets a folder for each case, with one for each method.
        size: the short side at which results are compared, in pixels.
        redo: make again what the folder has.

    Raises:
        VerismError: ``judge`` cannot read a case's photos.
    """
    jobs = [(case, [(name, method) for name, method in methods.items() if method.applies(case)]) for case in cases]
    rows = []
    with tqdm(total=sum(len(applying) for _, applying in jobs), unit="result") as progress:
        for case, applying in jobs:
            score = judge(case)
            for name, method in applying:
                progress.set_description(f"{case.name} {name}")
                try:
                    picture, cost = method.make(case, folder / case.name / name, size, redo=redo)
                    row = Row(case.name, name, picture, cost, score(images.read(picture)))
                except (CommandError, VerismError) as error:
                    row = Row(case.name, name, error=" ".join(str(error).split()))
                    progress.write(f"{case.name} {name}: {row.error}", file=sys.stderr)
                rows.append(row)
                progress.update()
    return rows
