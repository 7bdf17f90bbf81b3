"""Modules that are in no package, loaded as another program does: by their path."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any


def module_at(file: Path) -> Any:
    """Load a module, anew."""
    spec = importlib.util.spec_from_file_location(file.stem.replace("-", "_"), file)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded
