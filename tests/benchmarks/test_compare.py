"""Every method on every case: what fails is said, and the rest goes on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from compare import Row, Score, compare
from meter import CommandError, Cost
from methods import Case, Given, Method, Result
from torch import Tensor

from verism import images


@dataclass(frozen=True)
class Fails(Given):
    """Applies to everything, and fails on the case b."""

    def applies(self, case: Case) -> bool:
        return True

    def make(self, case: Case, folder: Path, size: int, *, redo: bool) -> Result:
        if case.name == "b":
            raise CommandError("out of\nluck")
        assert folder.parts[-2:] == (case.name, "fails")
        return Result(case.photos["content"], Cost(float(size), float(redo)))


@pytest.fixture
def cases(tmp_path: Path, content: Tensor) -> list[Case]:
    made = []
    for name in ("a", "b", "c"):
        file = tmp_path / name / "content.png"
        images.write(file, content, {})
        made.append(Case(name, {"content": file}))
    made[0] = Case("a", {"content": tmp_path / "a" / "content.png", "other": tmp_path / "none.png"})
    return made


def judge(case: Case) -> Score:
    return lambda image: {"mean": float(image.mean()), "case": float(ord(case.name))}


def test_rows(tmp_path: Path, cases: list[Case], content: Tensor, capsys: pytest.CaptureFixture[str]) -> None:
    methods: dict[str, Method] = {"content": Given("content"), "fails": Fails("content"), "other": Given("other")}
    rows = compare(cases, methods, judge, tmp_path / "results", 320, redo=True)
    assert [(row.case, row.method) for row in rows] == [
        *(("a", "content"), ("a", "fails"), ("a", "other")),
        *(("b", "content"), ("b", "fails")),
        *(("c", "content"), ("c", "fails")),
    ]
    assert rows[4] == Row("b", "fails", error="out of luck")
    assert rows[2].error == f"{tmp_path / 'none.png'}: no such photo."
    assert rows[6].cost == Cost(320, 1)
    assert rows[5].cost is None
    for row in rows:
        if not row.error:
            assert row.scores == pytest.approx({"mean": float(content.mean()), "case": ord(row.case)}, abs=1e-2)
    assert "b fails: out of luck" in capsys.readouterr().err
