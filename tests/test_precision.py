"""The precision that is chosen when none is asked for."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from verism.precision import fastest


@pytest.mark.parametrize(
    ("accelerator", "cuda", "mps", "cpu", "expected"),
    [
        ("cpu", None, False, {"amx_bf16": True}, "bf16-mixed"),
        ("cpu", None, False, {"avx512_bf16": True}, "bf16-mixed"),
        ("cpu", None, False, {"avx2": True}, "32-true"),
        ("cpu", True, False, {"avx2": True}, "32-true"),
        ("auto", True, False, {}, "bf16-mixed"),
        ("gpu", False, False, {"amx_bf16": True}, "32-true"),
        ("auto", None, True, {"bf16": True}, "32-true"),
        ("auto", None, False, {"bf16": True}, "bf16-mixed"),
    ],
)
def test_fastest(
    monkeypatch: pytest.MonkeyPatch, accelerator: str, cuda: bool | None, mps: bool, cpu: dict[str, Any], expected: str
) -> None:
    """``cuda``: None without a GPU, else whether it multiplies bf16."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda is not None)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: bool(cuda))
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: cpu)
    assert fastest(accelerator) == expected
