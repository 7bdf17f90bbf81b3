"""The options and metrics of a sweep, and short names for both."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence

from verism.metrics import NAMES
from verism.sweep.record import Record

COMPARED = ("metrics/*", "loss/total")
"""Default patterns of the tags of the scalars by which runs are compared."""


def options(records: Iterable[Record]) -> list[str]:
    """Return the options that vary, in grid order."""
    return list(dict.fromkeys(option for record in records for option in record.settings))


def short_names(full: Sequence[str]) -> dict[str, str]:
    """Return a short name for each option: its last two components, or as many as distinguish it from the others.

    ``init_args`` and ``class_path`` do not count as components: ``optimizer.init_args.lr`` becomes ``optimizer.lr``.
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
    """Return the tags of finished runs that match one of the patterns.

    They are in the order of the patterns. Tags that match the same pattern are in the order of
    ``verism.metrics.NAMES``, followed by those that are not metrics, by name.
    """
    rank = {f"metrics/{name}": place for place, name in enumerate(NAMES)}
    tags = sorted(
        {tag for record in records if record.error is None for tag in record.scalars},
        key=lambda tag: (rank.get(tag, len(rank)), tag),
    )
    return list(dict.fromkeys(tag for pattern in patterns for tag in fnmatch.filter(tags, pattern)))


def metric_name(tag: str) -> str:
    """Return a human-readable name of a metric, with its unit if it has one."""
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
    "metrics/pure_colors": "pure colours",
    "metrics/sliced_wasserstein": "sliced Wasserstein",
    "metrics/color_distance": "colour distance",
    "metrics/sobel_ssim": "Sobel SSIM",
}
