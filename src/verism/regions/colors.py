"""The colours that label regions, and the names by which users can refer to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

NAMES: Mapping[str, str] = {
    "red": "#e6194b",
    "green": "#3cb44b",
    "blue": "#0082c8",
    "yellow": "#ffe119",
    "purple": "#911eb4",
    "turquoise": "#46f0f0",
    "orange": "#f58230",
    "grey": "#808080",
}
"""Label colours by name. They are easy to tell apart in a label image."""

COLORS = tuple(NAMES.values())

RADIUS = 32
"""Largest Euclidean distance, in 8-bit RGB, between shades of one label. Labels should be twice as far apart."""

_WORDS = {label: name for name, label in NAMES.items()}


def label_of(name: str) -> str:
    """Return the label for a name such as ``red``. Anything else, such as a label, is returned unchanged."""
    return NAMES.get(name, name)


def name_of(label: str) -> str:
    """Return the name of a label, or the label itself if it has no name."""
    return _WORDS.get(label, label)


def said(label: str) -> str:
    """Format a label for messages: its name, followed by the colour to paint with."""
    return f"{_WORDS[label]} {label}" if label in _WORDS else label


def unused(labels: Iterable[str]) -> list[str]:
    """Return the labels that are still available for regions that the user adds, given those in use."""
    taken = set(labels)
    return [label for label in COLORS if label not in taken]
