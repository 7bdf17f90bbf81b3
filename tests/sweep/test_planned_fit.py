"""A planned run is the run that ``fit`` makes of the same options, without parsing them again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from verism.cli import CONFIGS
from verism.commands.fit import VerismCLI
from verism.commands.options import as_plain
from verism.sweep.plan import plan
from verism.sweep.planned_fit import PlannedFit

pytestmark = [pytest.mark.usefixtures("in_process"), pytest.mark.slow]

OTHERS = {"leaky.yaml": {"model.losses": [{"moments": {"class_path": "MomentsLoss", "init_args": {"weight": 2.0}}}]}}
"""Options in addition to those of a config."""


class _ReadError(Exception):
    """Options have been read."""


@pytest.mark.parametrize("name", ["paper/leaky.yaml", "leaky.yaml", "photoreal.yaml", "lut.yaml"])
def test_its_options_are_those_that_fit_reads(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = ["--lr_scheduler=torch.optim.lr_scheduler.StepLR", "--lr_scheduler.step_size=2"]
    ((run,),) = plan(CONFIGS / name, OTHERS.get(name, {}), None, [3], tmp_path, options=options)
    run.prepare()
    read: list[dict[str, Any]] = []

    def stop(self: VerismCLI) -> None:
        read.append(as_plain(self._parser("fit"), self.config.fit, linked=True))
        raise _ReadError

    monkeypatch.setattr(VerismCLI, "before_instantiate_classes", stop)
    with pytest.raises(_ReadError):
        PlannedFit(run.parsed, run.folder, [])
    with pytest.raises(_ReadError):
        VerismCLI(["fit", "--config", str(run.folder / "fit.yaml"), "--output.path=other.png"])
    planned, parsed = read
    assert planned["trainer"].pop("logger")["init_args"]["version"] == run.folder.name
    assert planned["trainer"].pop("enable_progress_bar") is False
    assert planned["output"].pop("path") is None
    del parsed["trainer"]["logger"], parsed["trainer"]["enable_progress_bar"], parsed["output"]["path"]
    assert planned == parsed
    assert parsed["seed_everything"] == 3


def test_the_parser_is_made_once(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PlannedFit, "_made", {})
    chains = plan(base, {"model.content.weight": [1.0, 2.0]}, None, [0], base.parent / "sweep")
    made = [PlannedFit(run.parsed, run.folder, []) for chain in chains for run in chain]
    assert made[0].parser is made[1].parser
    configs = [yaml.safe_load((run.folder / "config.yaml").read_text()) for chain in chains for run in chain]
    assert [config["model"]["content"]["weight"] for config in configs] == [1.0, 2.0]
    for config in configs:
        config["model"]["content"]["weight"] = None
        config["trainer"]["logger"]["init_args"]["version"] = None
    assert configs[0] == configs[1]
