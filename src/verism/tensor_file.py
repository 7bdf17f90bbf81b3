"""Loads torch's tensor files from untrusted sources: no code runs, and no file takes more memory than it has bytes."""

from __future__ import annotations

import os
import warnings
import zipfile
from typing import IO, Any

import torch
from torch import Tensor


def load(file: IO[bytes]) -> Any:
    """Return the contents of a file: tensors on the CPU and plain values.

    Raises:
        ValueError: the file is compressed, or a tensor in it is sparse or stands for more values than are stored. A
            file of a few kilobytes could otherwise expand to hundreds of gigabytes.
        Exception: it is not such a file; an unpickler may raise anything.
    """
    if zipfile.is_zipfile(file):
        size = file.seek(0, os.SEEK_END)
        with zipfile.ZipFile(file) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > size:
                raise ValueError("is packed")
    file.seek(0)
    with warnings.catch_warnings():
        # For a file of another kind, torch also warns; the error that follows is clearer.
        warnings.simplefilter("ignore")
        found = torch.load(file, map_location="cpu", weights_only=True)
    _check(found)
    return found


def _check(found: Any) -> None:
    """Raise ``ValueError`` unless every tensor is dense and has all of its values stored."""
    left, seen = [found], set()
    while left:
        value = left.pop()
        if isinstance(value, Tensor):
            if value.layout != torch.strided or value.device.type != "cpu" or value.is_quantized:
                raise ValueError("holds a tensor that is not a plain, dense one")
            if value.numel() * value.element_size() > value.untyped_storage().nbytes():
                raise ValueError("holds a tensor with more values than the file has")
        elif isinstance(value, (dict, list, tuple, set)) and id(value) not in seen:
            seen.add(id(value))
            left += value.values() if isinstance(value, dict) else value
