"""What the machine has, as a person is told."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path

import lightning
import pytest
import torch

import verism
from verism.backbone import weights
from verism.cli import main
from verism.commands.doctor import findings, processor
from verism.tiling import memory_estimate


def test_every_line_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "verism",
        "packages",
        "CPU",
        "GPU",
        "precision",
        "weights",
        "memory",
        "advice",
    ]
    assert verism.__version__ in lines[0]
    assert f"torch {version('torch')}," in lines[1]
    assert f"lightning {lightning.__version__}," in lines[1]
    assert f", {os.cpu_count()} cores, " in lines[2]


def test_the_processor_is_the_systems_name_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "cpuinfo"
    monkeypatch.setattr("verism.commands.doctor.Path", lambda path: info)
    monkeypatch.setattr("platform.processor", lambda: "arm")
    assert processor() == "arm"
    info.write_text("processor\t: 0\nmodel name\t: Abacus 3000 @ 1 Hz\nmodel name\t: another\n")
    assert processor() == "Abacus 3000 @ 1 Hz"


def test_the_weights_are_those_that_auto_would_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert findings()["weights"].startswith("compact")
    weights.VGG19.imagenet_file.parent.mkdir(parents=True)
    weights.VGG19.imagenet_file.touch()
    assert findings()["weights"] == f"imagenet, at {weights.VGG19.imagenet_file}"


@pytest.mark.parametrize(
    ("amx", "avx512", "precision", "advice"),
    [
        (True, False, "bf16-mixed", "--config photoreal.yaml`; on the CPU"),
        (False, True, "bf16-mixed", "--config photoreal.yaml`; on the CPU"),
        (False, False, "32-true", "--data.size 192`: the CPU has no bf16 in hardware"),
    ],
)
def test_the_advice_suits_the_machine(
    monkeypatch: pytest.MonkeyPatch, amx: bool, avx512: bool, precision: str, advice: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512)
    found = findings()
    assert found["precision"].startswith(precision)
    assert advice in found["advice"]
    assert ("AMX" in found["CPU"]) is amx


def test_the_largest_image_follows_from_the_free_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def megapixels(gigabytes: int) -> float:
        monkeypatch.setattr(memory_estimate, "free", lambda device: gigabytes * 10**9)
        return float(findings()["advice"].partition("up to ")[2].partition(" megapixels")[0])

    assert megapixels(20) == pytest.approx(10 * megapixels(2), rel=0.1)


def test_options_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["doctor", "--thorough"])
    assert stop.value.code == 2
    assert "--thorough" in capsys.readouterr().err
