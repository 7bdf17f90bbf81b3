"""What the tests of the app's parts share: photos, and small fits to them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import shoot, synthetic_photo

from verism.app.session import Session
from verism.backbone.weights import Weights

Fit = Callable[..., None]
"""Fits as a preview does: takes a session, the photo, the style and, if it is another than "photoreal", the config."""


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Three photos of different sizes."""
    paths = [tmp_path / f"{name}.png" for name in ("mine", "theirs", "other")]
    for seed, path in enumerate(paths, start=1):
        shoot(path, synthetic_photo(40 + 8 * seed, 72, seed))
    return paths


@pytest.fixture
def fit(tiny_weights: Weights) -> Fit:
    """A fit of one step, on the tiny network."""
    small: dict[str, Any] = {"data.size": 40, "trainer.accelerator": "cpu", "trainer.max_steps": 1}

    def fitted(session: Session, photo: Path, style: Path, config: str = "photoreal", *, preview: bool = True) -> None:
        session.fit(photo, [style], config, lambda share, said: None, preview=preview, **small)

    return fitted
