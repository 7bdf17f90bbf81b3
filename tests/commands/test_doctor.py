"""What the machine has, as a person is told."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import lightning
import pytest
import torch

import verism
from verism import machine
from verism.backbone import architecture, weights
from verism.cli import main
from verism.commands.doctor import ON_CPU, ON_GPU, findings, imagenet_file, processor
from verism.losses.style import DEFAULT_LAYERS
from verism.machine import Machine
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


@pytest.mark.parametrize("variables", [{"TORCH_HOME": "/torch"}, {"XDG_CACHE_HOME": "/cache"}, {}])
def test_the_weights_are_where_torch_keeps_them(
    variables: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TORCH_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, folder in variables.items():
        monkeypatch.setenv(name, f"{tmp_path}{folder}")
    assert imagenet_file() == weights.VGG19.imagenet_file


def test_the_weights_are_those_that_auto_would_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert findings()["weights"].startswith("compact")
    weights.VGG19.imagenet_file.parent.mkdir(parents=True)
    weights.VGG19.imagenet_file.touch()
    assert findings()["weights"] == f"imagenet, at {weights.VGG19.imagenet_file}"


@pytest.mark.parametrize(
    ("gpu", "bf16", "precision", "advice"),
    [
        ("", True, "bf16-mixed", "verism mine.jpg theirs.jpg`; on the CPU"),
        ("", False, "32-true", "--data.size 192`: the CPU has no bf16 in hardware"),
        ("H100 (80 GB)", True, "bf16-mixed", "verism mine.jpg theirs.jpg`; on this GPU"),
        ("P100 (16 GB)", False, "32-true", "verism mine.jpg theirs.jpg`; on this GPU"),
    ],
)
def test_the_advice_suits_the_machine(
    monkeypatch: pytest.MonkeyPatch, gpu: str, bf16: bool, precision: str, advice: str
) -> None:
    found = Machine(["AMX", "AVX512"], gpu, cuda=bool(gpu), bf16=bf16, free=10**10)
    monkeypatch.setattr(machine, "find", lambda: found)
    said = findings()
    assert said["precision"].startswith(precision)
    assert advice in said["advice"]
    assert said["GPU"] == (gpu or "none that torch can use")
    assert said["CPU"].endswith(" cores, AMX, AVX512")


@pytest.mark.parametrize("cuda", [False, True])
@pytest.mark.parametrize("bf16", [False, True])
def test_the_largest_image_is_as_the_estimate_has_it(cuda: bool, bf16: bool) -> None:
    device = torch.device("cuda" if cuda else "cpu")
    layers = {*DEFAULT_LAYERS, "conv5_4"}
    step = memory_estimate.Step(architecture.down_to(architecture.BLOCKS, layers), 1000, 1000, 2 if bf16 else 4)
    assert (ON_GPU if cuda else ON_CPU)[bf16] == step.takes(memory_estimate.fastest(device))


def test_needs_no_torch_where_there_is_no_gpu() -> None:
    """It takes seconds to import."""
    code = (
        "import sys; from verism import machine; machine._is_plain = lambda: True; from verism.cli import main; "
        "main(['doctor']); sys.exit('torch' in sys.modules or 'lightning' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_options_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["doctor", "--thorough"])
    assert stop.value.code == 2
    assert "--thorough" in capsys.readouterr().err
