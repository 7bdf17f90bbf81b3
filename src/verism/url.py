"""Tells URLs, such as ``s3://bucket/run``, from paths."""

from __future__ import annotations

import os


def is_url(place: str | os.PathLike[str]) -> bool:
    """Return whether a place is a URL, which Lightning and fsspec read and write, and not a path."""
    return "://" in str(place)
