"""The first few of the files that ``tools/fuzz.py`` makes, and those that it found something with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fuzz import KINDS, MEGAPIXELS, configs, photos, trial

from verism import photo_file

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def limit() -> Iterator[None]:
    """Less memory than a run may take."""
    with photo_file.limited(MEGAPIXELS):
        yield


@pytest.mark.parametrize("name", sorted(photos()))
def test_a_photo_is_taken_whole_and_read_or_refused_when_damaged(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(photos()[name])
    assert KINDS["photos"].check(tmp_path / name)
    taken = [trial("photos", name, number, tmp_path) for number in range(12)]
    assert not all(taken)


def test_a_config_is_taken_whole_and_read_or_refused_when_miswritten(tmp_path: Path) -> None:
    taken = [trial("configs", name, number, tmp_path) for name in sorted(configs()) for number in range(2)]
    assert any(taken)
    assert not all(taken)


FOUND = {
    "float.tiff": (172, 70),
    "deflated.tiff": (49, 51, 2393),
    "deep.tiff": (29,),
    "tiles.tiff": (43, 225),
    "whole.tiff": (0,),
    "cmyk.jpg": (4,),
    "whole.heic": (119, 1889),
    "whole.png": (1324,),
    "moving.gif": (1034,),
}


@pytest.mark.parametrize(("name", "number"), [(name, number) for name, numbers in FOUND.items() for number in numbers])
def test_what_was_found(tmp_path: Path, name: str, number: int) -> None:
    trial("photos", name, number, tmp_path)
