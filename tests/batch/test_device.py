"""The names of devices."""

from __future__ import annotations

import pytest
import torch

from verism.batch.device import named
from verism.errors import VerismError


@pytest.fixture
def gpus(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many GPUs as the test says."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: request.param > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: request.param)


@pytest.mark.parametrize(
    ("gpus", "name", "device"),
    [
        (0, "auto", "cpu"),
        (0, "cpu", "cpu"),
        (1, "auto", "cuda:0"),
        (2, "cpu", "cpu"),
        (2, "cuda", "cuda:0"),
        (2, "cuda:1", "cuda:1"),
    ],
    indirect=["gpus"],
)
@pytest.mark.usefixtures("gpus")
def test_names(name: str, device: str) -> None:
    assert named(name) == torch.device(device)


@pytest.mark.parametrize(
    ("gpus", "name", "said"),
    [
        (0, "cuda", "--device cuda: torch finds no GPU here; choose auto or cpu."),
        (0, "cuda:1", "--device cuda:1: torch finds no GPU here; choose auto or cpu."),
        (1, "cuda:1", "--device cuda:1: there is no such GPU here; the only one is cuda:0."),
        (2, "cuda:2", "--device cuda:2: there is no such GPU here; the last is cuda:1."),
        (2, "mps", "--device mps: must be auto, cpu, cuda, or one of several GPUs, such as cuda:1."),
        (2, "cuda:", "--device cuda:: must be auto, cpu, cuda, or one of several GPUs, such as cuda:1."),
        (2, "cuda:-1", "--device cuda:-1: must be auto, cpu, cuda, or one of several GPUs, such as cuda:1."),
    ],
    indirect=["gpus"],
)
@pytest.mark.usefixtures("gpus")
def test_what_there_is_not_is_refused(name: str, said: str) -> None:
    with pytest.raises(VerismError) as caught:
        named(name)
    assert str(caught.value) == said
