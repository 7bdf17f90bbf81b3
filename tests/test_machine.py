"""What a machine computes with: Linux says the same as torch, which is asked wherever Linux cannot know."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest
import torch

from verism import machine, precision

FLAGS = "fpu sse2 fma avx avx2 avx512f avx512bw avx512dq avx512vl"


@pytest.fixture
def linux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PC with Linux, without a GPU; its folder has ``cpuinfo`` and ``dev``."""
    monkeypatch.setattr(machine, "CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(machine, "DEVICES", tmp_path / "dev")
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.delenv("ATEN_CPU_CAPABILITY", raising=False)
    (tmp_path / "dev").mkdir()
    return tmp_path


@pytest.mark.skipif(not machine._is_plain(), reason="there is a GPU here, or no Linux, and torch is asked")
def test_linux_says_what_torch_says() -> None:
    said, known = machine.from_proc(), machine.from_torch()
    assert said._replace(free=0) == known._replace(free=0)


@pytest.mark.parametrize(
    ("flags", "features", "bf16"),
    [
        ("fpu sse2", ["DEFAULT"], False),
        ("fpu fma avx2", ["AVX2"], False),
        (FLAGS, ["AVX512"], False),
        (f"{FLAGS} avx512_bf16", ["bf16 in AVX-512", "AVX512"], True),
        (f"{FLAGS} avx512_bf16 amx_tile", ["AMX", "bf16 in AVX-512", "AVX512"], True),
    ],
)
def test_flags_in_torchs_words(linux: Path, flags: str, features: list[str], bf16: bool) -> None:
    (linux / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {flags}\n\nprocessor\t: 1\nflags\t\t: none\n")
    found = machine.find()
    assert (found.features, found.gpu, found.bf16) == (features, "", bf16)


@pytest.mark.parametrize("device", ["nvidia0", "nvidiactl", "kfd", "dxg"])
def test_torch_is_asked_where_there_may_be_a_gpu(linux: Path, device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (linux / "cpuinfo").write_text(f"flags\t: {FLAGS}\n")
    (linux / "dev" / device).touch()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    found = machine.find()
    assert (found.gpu, found.cuda) == ("Apple's (mps)", False)
    assert found.bf16 == (precision.fastest("auto") == "bf16-mixed")
