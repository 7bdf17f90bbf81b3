"""Files that are no checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from verism import checkpoint
from verism.errors import VerismError


class Foreign:
    """What only code of one's own could make of a file."""


@pytest.mark.parametrize(
    "content",
    [
        [1, 2, 3],
        torch.zeros(3),
        {"conv1_1.weight": torch.zeros(3)},
        {"state_dict": None, "hyper_parameters": None},
        {"state_dict": {}, "hyper_parameters": Foreign()},
    ],
    ids=["list", "tensor", "weights", "nothing", "code"],
)
def test_a_torch_file_of_something_else_is_one_sentence(tmp_path: Path, content: Any) -> None:
    path = tmp_path / "last.ckpt"
    torch.save(content, path)
    with pytest.raises(VerismError, match=r"last\.ckpt: damaged, or not the checkpoint of a run of fit") as caught:
        checkpoint.read(path)
    assert "\n" not in str(caught.value)


def test_a_name_that_a_killed_run_took_is_said_to_be_empty(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    path.touch()
    with pytest.raises(VerismError, match=r"last\.ckpt: empty: its run was stopped before it saved anything\.$"):
        checkpoint.read(path)


@pytest.mark.parametrize("data", [b"this is text", b"PK\x03\x04 cut off", b"\x80\x02garbage"])
def test_a_file_of_anything_is_one_sentence(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "last.ckpt"
    path.write_bytes(data)
    with pytest.raises(VerismError, match=r"last\.ckpt: damaged, or not the checkpoint of a run of fit") as caught:
        checkpoint.read(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_one_sentence(tmp_path: Path) -> None:
    for path in (tmp_path / "last.ckpt", tmp_path):
        with pytest.raises(VerismError, match=f"{path}: no such checkpoint"):
            checkpoint.read(path)
