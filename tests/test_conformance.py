"""The comparison with an independent decoder, with decoders that are known to be right or wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conformance import AGREE, BOTH, DIFFER, OURS, SMALL, THEIRS, Pixels, compare, decoder, files
from photographs import RAMP, png


def right(_: Path) -> Pixels:
    return RAMP.astype(np.float32)


def turned(_: Path) -> Pixels:
    return RAMP.swapaxes(0, 1).astype(np.float32)


def brighter(_: Path) -> Pixels:
    return RAMP.astype(np.float32) + 5


def refuses(_: Path) -> Pixels:
    raise OSError("no such format")


def test_outcomes(tmp_path: Path) -> None:
    photo = png(tmp_path / "photo.png")
    text = tmp_path / "text.png"
    text.write_text("this is text")
    small = png(tmp_path / "small.png", samples=RAMP[:20])
    assert compare(photo, right, 2).kind == AGREE
    assert compare(photo, turned, 2).kind == DIFFER
    assert compare(photo, brighter, 2).kind == DIFFER
    assert compare(photo, brighter, 6).kind == AGREE
    assert compare(photo, refuses, 2).kind == THEIRS
    assert compare(text, right, 2).kind == OURS
    assert compare(text, refuses, 2).kind == BOTH
    assert compare(small, right, 2).kind == SMALL


def test_which_files(tmp_path: Path) -> None:
    for name in ("b.JPG", "a/c.png", "a/words.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert list(files([tmp_path])) == [tmp_path / "a" / "c.png", tmp_path / "b.JPG"]


def test_it_says_when_no_decoder_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(SystemExit, match="No independent decoder is installed"):
        decoder()
