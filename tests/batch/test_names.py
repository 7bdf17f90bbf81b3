"""Names of results."""

from __future__ import annotations

from pathlib import Path

import pytest

from verism.batch.names import results
from verism.errors import VerismError


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "holiday"
    for name in ("a.jpg", "b.gif", "other/a.jpg"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def test_each_with_its_own_name_or_as_png(photos: Path) -> None:
    found = results([photos / "a.jpg", photos / "b.gif"], Path("out"), "go elsewhere")
    assert found == {photos / "a.jpg": Path("out/a.jpg"), photos / "b.gif": Path("out/b.png")}


def test_none_takes_anothers_place(photos: Path) -> None:
    with pytest.raises(VerismError, match=r"other/a\.jpg: another photo has the same name"):
        results([photos / "a.jpg", photos / "other" / "a.jpg"], Path("out"), "")
    with pytest.raises(VerismError, match=r"a\.jpg: its result would replace it"):
        results([photos / "a.jpg"], photos / "other" / "..", "", overwrite=True)
    with pytest.raises(VerismError, match=r"other/a\.jpg: exists already; go elsewhere\."):
        results([photos / "a.jpg"], photos / "other", "go elsewhere", ours={"b.jpg"})
    assert results([photos / "a.jpg"], photos / "other", "go elsewhere", ours={"a.jpg"})
