"""The options of ``data`` as a run has recorded them, read back."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from verism.data.photo_pair import PhotoPair


def style_paths(options: Mapping[str, Any]) -> list[Path]:
    """Return the style photos that the options of ``data`` name, one or several."""
    named = options["style"]
    return [Path(path) for path in (named if isinstance(named, list) else [named])]


def photo_pair(options: Mapping[str, Any]) -> PhotoPair:
    """Return the photos and masks that a run's recorded options of ``data`` describe.

    Options that an older version did not record get their defaults, and those that this version lacks are left out.
    """
    known = inspect.signature(PhotoPair).parameters
    return PhotoPair(**{name: value for name, value in options.items() if name in known})
