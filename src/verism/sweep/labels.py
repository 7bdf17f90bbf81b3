"""The options and metrics of a sweep, and what they are called where space is scarce."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence

from verism.metrics import NAMES
from verism.sweep.record import Record

COMPARED = ("metrics/*", "loss/total")
"""Patterns of the scalars by which runs are compared, unless a sweep names others."""


def options(records: Iterable[Record]) -> list[str]:
    """Return the options that vary, in the grid's order."""
    return list(dict.fromkeys(option for record in records for option in record.settings))


def short_names(full: Sequence[str]) -> dict[str, str]:
    """Return a short name for each option: its last two components, or as many more as tell it from the others.

    ``optimizer.init_args.lr`` is ``optimizer.lr``: how an object is made says nothing of what is varied.
    """
    parts = {option: [part for part in option.split(".") if part not in _PLUMBING] for option in full}
    return {
        option: next(
            (
                ".".join(own[-depth:])
                for depth in range(2, len(own) + 1)
                if all(other[-depth:] != own[-depth:] for name, other in parts.items() if name != option)
            ),
            option,
        )
        for option, own in parts.items()
    }


def metrics(records: Iterable[Record], patterns: Iterable[str] = COMPARED) -> list[str]:
    """Return the tags in finished runs that match one of the patterns.

    They are in the patterns' order; then metrics in the order of ``verism.metrics.NAMES``, and others by name.
    """
    rank = {f"metrics/{name}": place for place, name in enumerate(NAMES)}
    tags = sorted(
        {tag for record in records if record.error is None for tag in record.scalars},
        key=lambda tag: (rank.get(tag, len(rank)), tag),
    )
    return list(dict.fromkeys(tag for pattern in patterns for tag in fnmatch.filter(tags, pattern)))


def metric_name(tag: str) -> str:
    """Return what a metric is called, with its unit if it has one."""
    kind, _, name = tag.partition("/")
    return _METRIC_NAMES.get(tag, name.replace("_", " ") if kind == "metrics" else tag)


_PLUMBING = {"init_args", "class_path"}

_METRIC_NAMES = {
    "loss/total": "total loss",
    "metrics/blown": "detail blown up",
    "metrics/ciede2000": "CIEDE2000, ΔE",
    "metrics/drift": "drift, ΔE",
    "metrics/lost": "detail lost",
    "metrics/psnr": "PSNR, dB",
    "metrics/sliced_wasserstein": "sliced Wasserstein",
    "metrics/sobel_ssim": "Sobel SSIM",
}
