"""The precision that is chosen when none is asked for."""

from __future__ import annotations

import pytest
import torch

from verism.precision import fastest


@pytest.mark.parametrize(
    ("accelerator", "cuda", "mps", "cpu", "expected"),
    [
        ("cpu", None, False, "amx", "bf16-mixed"),
        ("cpu", None, False, "avx512", "bf16-mixed"),
        ("cpu", None, False, "neither", "32-true"),
        ("cpu", True, False, "neither", "32-true"),
        ("auto", True, False, "neither", "bf16-mixed"),
        ("gpu", False, False, "amx", "32-true"),
        ("auto", None, True, "amx", "32-true"),
        ("auto", None, False, "amx", "bf16-mixed"),
    ],
)
def test_fastest(
    monkeypatch: pytest.MonkeyPatch, accelerator: str, cuda: bool | None, mps: bool, cpu: str, expected: str
) -> None:
    """``cuda``: None without a GPU, else whether it multiplies bf16."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda is not None)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: bool(cuda))
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: cpu == "amx")
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: cpu == "avx512")
    assert fastest(accelerator) == expected
