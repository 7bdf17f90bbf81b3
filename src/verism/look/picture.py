"""The picture of a run: its canvas rendered over the content photo at full size, and the metadata of its file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import torch

from verism import images
from verism.canvas import Canvas
from verism.look.strength import Strength
from verism.photo_file import Photo

SHOWN = 1400
"""Longest side of a picture on a page, in pixels: sharp on a screen, and small enough to send."""


def at_most(photo: Photo, size: int | None) -> Photo:
    """Scale a photo down to ``size`` pixels on its long side. If ``size`` is None or larger, return it unchanged."""
    height, width = photo.pixels.shape[-2:]
    long = max(height, width)
    if size is None or size >= long:
        return photo
    shape = max(1, height * size // long), max(1, width * size // long)
    return photo.showing(images.resize(photo.pixels, shape), kept=1)


@torch.no_grad()
def rendered(canvas: Canvas, source: Photo, strength: Strength) -> Photo:
    """Render the content photo through the canvas at a strength, with the photo's alpha and metadata."""
    original = source.pixels.to(next(canvas.parameters()).device)
    image = canvas.render(original)
    return source.showing(strength(images.resize(original, image.shape[-2:]), image), 1 - strength.strength)


def made_with(
    identity: Mapping[str, str], options: Mapping[str, Any], steps: int, strength: Strength
) -> dict[str, str]:
    """Return the metadata by which a picture file records how it was made.

    Args:
        identity: ``weights`` and ``sha256`` of the network.
        options: recorded options of the model and data. Only their SHA-256 is kept.
        steps: number of steps of the run.
        strength: strength of the look in the picture.
    """
    recorded = json.dumps(options, sort_keys=True, default=str)
    digest = hashlib.sha256(recorded.encode()).hexdigest()
    return {**identity, "config": digest, "steps": str(steps), **strength.said()}
