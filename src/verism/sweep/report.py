"""The report of a sweep: contact sheets, plots, and a page with all of them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from torch import Tensor

from verism import atomic, images
from verism.errors import VerismError
from verism.page.result import jpeg
from verism.page.self_contained import data_uri, templates
from verism.sweep.labels import COMPARED, metric_name, metrics, options, short_names
from verism.sweep.plots import plot, plots, save, svg
from verism.sweep.record import Record
from verism.sweep.sheet import CAPTION, contact_sheet
from verism.sweep.table import write_csv
from verism.verdict import FAULTS

AREA, IN_ALL = 900 * 600, 40 * 900 * 600
"""Largest number of pixels of a picture on the page, and of all pictures together, so that the page stays small enough
to send."""

Pair = tuple[Path, ...]
"""The files of a content photo and its style photo or photos."""


def write_outputs(folder: Path, records: Sequence[Record], compared: Sequence[str] = COMPARED) -> list[Path]:
    """Write ``report.html``, ``results.csv``, ``sheets/<pair>.png`` and ``plots/<option>.png``.

    Args:
        folder: the folder for the files, whose name is the title of the report.
        records: all runs of a sweep.
        compared: patterns of the tags of the scalars that the plots and the report show.

    Returns:
        The paths of the files, the report first.

    Raises:
        VerismError: a file cannot be written.
    """
    tags = metrics(records, compared)
    sheets, figures = contact_sheets(records), plots(records, tags)
    report, table = folder / "report.html", folder / "results.csv"
    write_csv(table, records)
    write_report(report, folder.resolve().name, records, tags)
    stems = _stems("_".join(path.stem for path in pair) for pair in sheets)
    sheet_files = [folder / "sheets" / f"{stem}.png" for stem in stems]
    for path, sheet in zip(sheet_files, sheets.values(), strict=True):
        images.write(path, sheet, {})
    plot_files = [folder / "plots" / f"{stem}.png" for stem in _stems(figures)]
    for path, figure in zip(plot_files, figures.values(), strict=True):
        save(path, figure)
    return [report, table, *sheet_files, *plot_files]


def write_report(
    path: Path,
    title: str,
    records: Sequence[Record],
    tags: Sequence[str],
) -> None:
    """Write a self-contained page with the pictures, the plots and a table of the runs.

    Args:
        path: the file to write, which ends in ``.html``.
        title: the page's heading.
        records: all runs of a sweep.
        tags: tags of the scalars that the plots and the table show.

    Raises:
        VerismError: the file cannot be written.
    """
    names = short_names(options(records))
    pairs = _pairs(records)
    area = min(AREA, IN_ALL // max(1, len(records) + sum(map(len, pairs))))
    page = (
        templates("verism.sweep")
        .get_template("report.html.jinja")
        .render(
            title=title,
            runs=records,
            failed=sum(record.error is not None for record in records),
            weights=sorted({(record.weights, record.sha256) for record in records if record.weights}),
            pairs=[
                {
                    "title": runs[0].pair,
                    "photos": [
                        _picture(path, area, f"{role}: {path.stem}", path.name)
                        for role, path in zip(("content", *("style" for _ in styles)), (content, *styles), strict=True)
                    ],
                    "results": [_result(run, area, names) for run in runs],
                }
                for (content, *styles), runs in pairs.items()
            ],
            faults=_faults(records),
            plots={
                names[option]: {
                    metric_name(tag): data_uri("image/svg+xml", svg(plot(records, option, [tag]))) for tag in tags
                }
                for option in (names if tags else ())
            },
            options=names,
            metrics={tag: metric_name(tag) for tag in tags},
            command=f"python main.py fit --config {shlex.quote(str(records[0].folder / 'fit.yaml'))}"
            if records
            else "",
        )
    )
    # A file's name need not be valid Unicode.
    atomic.write(path, page.encode("utf-8", "backslashreplace"))


def _faults(records: Sequence[Record]) -> list[str]:
    """Return a sentence for each fault of any picture: which runs have it, what it looks like, which option helps."""
    sentences = []
    for fault in FAULTS:
        found = [
            record.name
            for record in records
            if record.error is None and fault.found({fault.metric: record.scalars.get(f"metrics/{fault.metric}", 0)})
        ]
        if found:
            title = fault.title.format(fault.limit)
            sentences.append(f"{title} or more ({', '.join(found)}): {fault.meaning}; {fault.remedy}.")
    return sentences


def contact_sheets(records: Sequence[Record]) -> dict[Pair, Tensor]:
    """Draw a contact sheet ``(1, 3, H, W)``, RGB in [0, 1], for each pair of photos."""
    return {pair: contact_sheet(runs) for pair, runs in _pairs(records).items()}


def _pairs(records: Sequence[Record]) -> dict[Pair, list[Record]]:
    """Return the runs of each pair of photos."""
    pairs: dict[Pair, list[Record]] = {}
    for record in records:
        pairs.setdefault((record.content, *record.styles), []).append(record)
    return pairs


def _result(record: Record, area: int, names: Mapping[str, str]) -> dict[str, object]:
    """Return what the page shows of a run: its picture, settings and metrics, or its error."""
    settings = ", ".join(f"{names.get(option, option)} {value}" for option, value in record.settings.items())
    title = f"{record.name}: {settings}" if settings else record.name
    if record.error is not None:
        return {"source": None, "title": title, "text": f"failed: {record.error}"}
    numbers = [f"{metric_name(tag)} {record.scalars[tag]:.3g}" for tag in CAPTION if tag in record.scalars]
    return _picture(record.image, area, title, " · ".join(numbers))


def _picture(path: Path, area: int, title: str, text: str) -> dict[str, object]:
    """Return what the page shows of a picture: itself, scaled down to ``area`` pixels, or why it cannot be read."""
    try:
        image = images.within(images.read(path), area)
    except VerismError as error:
        return {"source": None, "title": title, "text": str(error)}
    height, width = image.shape[-2:]
    source = data_uri("image/jpeg", jpeg(image))
    return {"source": source, "width": width, "height": height, "title": title, "text": text}


def _stems(names: Iterable[str]) -> list[str]:
    """Return a file name without ending for each name: portable, short, and unique even if case is ignored."""
    stems: list[str] = []
    for name in names:
        stem = re.sub(r"[^\w.-]+", "_", name)[:60].strip("._-") or "unnamed"
        taken, unique, number = {stem.casefold() for stem in stems}, stem, 1
        while unique.casefold() in taken:
            number += 1
            unique = f"{stem}-{number}"
        stems.append(unique)
    return stems
