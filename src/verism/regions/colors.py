"""The colours that label the regions, and the words by which the user may name them."""

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
"""Labels of the regions by their names: colours that are easily told apart in a label image."""

COLORS = tuple(NAMES.values())

RADIUS = 32
"""Euclidean distance in 8-bit RGB up to which colours are shades of one label; labels should be twice as far apart."""

_WORDS = {label: name for name, label in NAMES.items()}


def label_of(name: str) -> str:
    """Return the label for a word such as ``red``; any other name, such as the label itself, is returned as it is."""
    return NAMES.get(name, name)


def name_of(label: str) -> str:
    """Return the word for a label; the label itself, if there is none."""
    return _WORDS.get(label, label)


def said(label: str) -> str:
    """Return a label as messages show it: its word, and its colour for whoever paints it."""
    return f"{_WORDS[label]} {label}" if label in _WORDS else label


def unused(labels: Iterable[str]) -> list[str]:
    """Return the labels that are still free for the user's own regions, given those that are taken."""
    taken = set(labels)
    return [label for label in COLORS if label not in taken]
