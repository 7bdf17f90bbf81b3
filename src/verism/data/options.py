"""Reads back the options of ``data`` that a run has recorded."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from verism.data.photo_pair import PhotoPair


def style_paths(options: Mapping[str, Any]) -> list[Path]:
    """Return the style photos named by the options of ``data``, one or several."""
    named = options["style"]
    return [Path(path) for path in (named if isinstance(named, list) else [named])]


def photo_pair(options: Mapping[str, Any]) -> PhotoPair:
    """Return the photos and masks described by a run's recorded options of ``data``.

    Options that an older version did not record get their defaults, and options unknown to this version are dropped.
    """
    known = inspect.signature(PhotoPair).parameters
    return PhotoPair(**{name: value for name, value in options.items() if name in known})
