"""Files of tensors that torch has written, from anybody: no code runs, and none takes more memory than it has bytes."""

from __future__ import annotations

import os
import warnings
import zipfile
from typing import IO, Any

import torch
from torch import Tensor


def load(file: IO[bytes]) -> Any:
    """Return what a file holds: tensors on the CPU and plain values.

    Raises:
        ValueError: it is packed, or a tensor in it is sparse, or stands for more values than are there. Of a few
            kilobytes, such a file can make hundreds of gigabytes.
        Exception: it is no such file; an unpickler may raise anything.
    """
    if zipfile.is_zipfile(file):
        size = file.seek(0, os.SEEK_END)
        with zipfile.ZipFile(file) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > size:
                raise ValueError("is packed")
    file.seek(0)
    with warnings.catch_warnings():
        # Of a file that is something else torch also warns; the error that follows says it better.
        warnings.simplefilter("ignore")
        found = torch.load(file, map_location="cpu", weights_only=True)
    _check(found)
    return found


def _check(found: Any) -> None:
    """Raise ``ValueError`` unless every tensor is plain and whole."""
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
