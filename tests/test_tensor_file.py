"""Files of tensors that stand for more than they hold."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import torch

from verism import tensor_file


def saved(content: object) -> io.BytesIO:
    file = io.BytesIO()
    torch.save(content, file)
    return file


def packed(content: object) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(saved(content)) as archive, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as other:
        for name in archive.namelist():
            other.writestr(name, archive.read(name))
    return file


def test_reads_what_is_whole() -> None:
    whole: dict[str, Any] = {
        "a": torch.arange(6.0).view(2, 3).T,
        "b": [1, "two", {"c": torch.zeros(0)}],
        "d": (torch.ones(3)[1:],),
    }
    found = tensor_file.load(saved(whole))
    assert torch.equal(found["a"], whole["a"])
    assert found["b"][:2] == [1, "two"]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: saved({"x": [torch.zeros(1).expand(1, 3, 10**5, 10**5)]}), "more values than the file has"),
        (lambda: saved(torch.zeros(1).as_strided((10**6, 10**5), (0, 0))), "more values than the file has"),
        (lambda: saved({"x": torch.zeros(2, 2).to_sparse()}), "not a plain, dense one"),
        (lambda: saved({"x": torch.empty(10**6, 10**5, device="meta")}), "not a plain, dense one"),
        (lambda: packed({"x": torch.zeros(10**6)}), "is packed"),
    ],
    ids=["expanded", "strided", "sparse", "meta", "packed"],
)
@pytest.mark.filterwarnings("ignore:Sparse:UserWarning")
def test_refuses_what_stands_for_more(make: Callable[[], io.BytesIO], said: str) -> None:
    file = make()
    assert len(file.getvalue()) < 100_000
    with pytest.raises(ValueError, match=said):
        tensor_file.load(file)
