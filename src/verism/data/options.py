"""The options of ``data`` as a run has recorded them, read back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from verism.data.photo_pair import PhotoPair


def style_paths(options: Mapping[str, Any]) -> list[Path]:
    """Return the style photos that the options of ``data`` name, one or several."""
    named = options["style"]
    return [Path(path) for path in (named if isinstance(named, list) else [named])]


def photo_pair(options: Mapping[str, Any]) -> PhotoPair:
    """Return the photos and masks that a run's recorded options of ``data`` name; the network finds no regions then."""
    content_mask, style_mask = (options[name] and Path(options[name]) for name in ("content_mask", "style_mask"))
    return PhotoPair(
        Path(options["content"]),
        style_paths(options),
        options["size"],
        options["upscale"],
        # Absent from what older versions recorded.
        "masks" if options.get("regions", "masks") else None,
        content_mask,
        style_mask,
        options["mask_threshold"],
        style_weights=options.get("style_weights"),
    )
