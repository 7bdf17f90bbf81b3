"""The checksums of TensorBoard's files: the same as TensorBoard's own, and used by its writers."""

from __future__ import annotations

from pathlib import Path

import google_crc32c
import numpy
import pytest
from tensorboard.compat.tensorflow_stub import pywrap_tensorflow
from tensorboard.summary.writer import record_writer
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from verism.callbacks import checksums


def test_they_are_computed_in_c() -> None:
    assert google_crc32c.implementation == "c"


@pytest.mark.parametrize("size", [0, 1, 8, 1000])
def test_they_are_tensorboards_own(size: int) -> None:
    generator = numpy.random.default_rng(0)
    for _ in range(100):
        data = generator.bytes(size)
        assert checksums.masked(data) == pywrap_tensorflow.masked_crc32c(data)


def test_tensorboards_writers_use_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_writer, "masked_crc32c", None)
    checksums.hasten()
    seen: list[bytes] = []
    plain = google_crc32c.value

    def watched(data: bytes) -> int:
        seen.append(data)
        checksum: int = plain(data)
        return checksum

    monkeypatch.setattr(google_crc32c, "value", watched)
    EventFileWriter(str(tmp_path)).close()
    # A length and the record, which says the version of the format.
    assert len(seen) == 2
    assert b"brain.Event" in seen[1]
