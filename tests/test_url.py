"""URLs and paths are told apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from verism.url import is_url


@pytest.mark.parametrize("place", ["s3://bucket/run", "memory://logs", "file:///home/me/run"])
def test_a_url_has_a_scheme(place: str) -> None:
    assert is_url(place)


@pytest.mark.parametrize("place", ["", "run", "/home/me/run", "C:/run", "a:b.jpg", Path("lightning_logs/mine-theirs")])
def test_a_path_has_none(place: str | Path) -> None:
    assert not is_url(place)
