"""The page of a run: one HTML file that shows the result, its regions, histograms and metrics."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import torch
import yaml
from lightning.fabric.utilities.cloud_io import get_filesystem
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.utilities import rank_zero_info, rank_zero_warn
from torch import Tensor

from verism import atomic, images, likeness, verdict
from verism.callbacks import checkpoints, unfinished
from verism.callbacks.checkpoints import Checkpoints
from verism.callbacks.find import find
from verism.callbacks.metrics import Metrics
from verism.callbacks.output import Output
from verism.data.source import Source, read
from verism.errors import InterruptedRunError, VerismError
from verism.look.picture import SHOWN, at_most, rendered
from verism.look.strength import Strength
from verism.losses.term import Term
from verism.module import StyleTransfer
from verism.page import result as result_page
from verism.photo_file import Photo
from verism.run_files import CONFIG, run_of
from verism.uneven import Uneven
from verism.url import is_url

NAME = "result.html"
"""Name of a page in the folder of its run."""

SHARPER = 3
"""Factor by which several style photos are shown larger than in the fit, side by side."""

UNMEASURED = "The run was stopped before its picture was measured."
"""Shown in place of the verdict."""

HEAD = 1000
"""Number of bytes at the start of a page within which the name of its generator is found."""


class Page(Callback):
    """Writes a page about the result next to it, ``mine.html`` for ``mine.png``, or into the run's folder.

    The page needs no other file and no server. It shows the photo and the result under a divider, sliders for strength,
    colour and tone with the command that writes what they show, the style, the regions, histograms, losses, metrics in
    words and all options. It is written whenever a picture is, even if the run was stopped.

    Attributes:
        replaceable: files left by the run that this one resumes, path to SHA-256; they may be replaced.
        whole: the command that makes the whole picture, if this one is a preview; empty otherwise.
        written: the page or its URL; None before the end of the run, and if there is none.
    """

    def __init__(self, write: bool = True, beside: bool = True) -> None:
        """Choose whether and where the page is written.

        Args:
            write: write an HTML page that shows the result, its regions, histograms and figures next to the picture.
            beside: next to the picture; false: into the run's folder, as result.html, if the run has a folder.
        """
        self.write, self.beside = write, beside
        self.written: Path | str | None = None
        self.replaceable: Mapping[str, str] = {}
        self.whole = ""
        self._steps: list[tuple[Tensor, Mapping[str, Term]]] = []
        self._first = 0
        self._folder: str | None = None

    def check(self, trainer: Trainer, output: Output) -> None:
        """Raise ``VerismError`` if the page cannot be written next to the picture or would replace another file."""
        picture = output.check(trainer)
        if not self.write or not isinstance(picture, Path):
            return
        if trainer.loggers and not self.beside:
            # The page goes into the run's own new folder, where nothing can be in its way.
            return
        page = picture.with_suffix(".html")
        atomic.check(page)
        replaceable = unfinished.unchanged(page, self.replaceable) or (output.overwrite and _is_own(page))
        if page.exists() and not replaceable:
            raise VerismError(
                f"{page}: exists already, where the page of the result would be; choose another --output.path, or set "
                "--page.write false."
            )

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Record the first step and the run's folder, which all processes must ask for together."""
        self._steps, self._first, self.written = [], trainer.global_step, None
        self._folder = trainer.log_dir if trainer.loggers else None

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Keep the losses of a step on their device, since reading them would wait for it."""
        self._steps.append((outputs["loss"].detach(), outputs["terms"]))

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the page after the picture; if that fails, the run only warns."""
        output = find(trainer, Output)
        if not self.write or output is None or output.written is None or not trainer.is_global_zero:
            return
        page = self._place(output.destination)
        try:
            data = result_page.html(self._contents(trainer, cast("StyleTransfer", pl_module), output))
            if isinstance(page, Path):
                atomic.write(page, data)
            else:
                get_filesystem(page).pipe_file(page, data)
        except (OSError, VerismError) as error:
            rank_zero_warn(f"The page of the result could not be written; the result itself is complete: {error}")
            return
        self.written = page
        rank_zero_info(f"Page: {page}")
        own = find(trainer, Checkpoints)
        if own is not None and isinstance(page, Path) and trainer.global_step < trainer.max_steps:
            own.remember([page])

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Write the page of a run that was stopped between two steps."""
        if isinstance(exception, InterruptedRunError):
            self.on_train_end(trainer, pl_module)

    def _place(self, picture: Path | str) -> Path | str:
        """Return where the page of a picture goes: a path, or a URL as a string."""
        if not self.beside and self._folder is not None:
            return f"{self._folder}/{NAME}" if is_url(self._folder) else Path(self._folder, NAME)
        return picture.with_suffix(".html") if isinstance(picture, Path) else f"{picture.rpartition('.')[0]}.html"

    def _contents(self, trainer: Trainer, model: StyleTransfer, output: Output) -> result_page.Contents:
        assert output.written is not None  # noqa: S101  # The caller has made sure.
        source = at_most(model.data.source, min(SHOWN, output.size or SHOWN))
        result = output.small or rendered(output.written, source, Strength())
        photo = source.showing(images.resize(source.pixels, result.pixels.shape[-2:]))
        metrics = find(trainer, Metrics)
        figures, full = ({}, {}) if metrics is None else (metrics.written, metrics.last)
        uneven = Uneven() if metrics is None else metrics.uneven
        explained = uneven.explained(figures)
        is_stopped = trainer.global_step < trainer.max_steps
        styles = [read(style, model.data.white) for style in model.data.styles]
        divided = None if model.regions is None or model.regions.undivided else model.regions
        lut = output.lut
        names = " + ".join(_name(style) for style in model.data.styles)
        return result_page.Contents(
            title=f"{_name(model.data.content)} in the look of {names}",
            photo=photo.over_white,
            result=result.over_white.to(photo.pixels),
            styles=[at_most(style, result_page.SMALL_SIDE).over_white for style in styles],
            strength=output.strength,
            command=_command(trainer, output),
            compared=(photo.over_white, _compared_style(model, styles)),
            regions=None if divided is None or likeness.has_one_grade(divided, model.canvas) else divided,
            scene="" if divided is None else likeness.of_scene(divided, model.canvas),
            losses=_losses(self._steps),
            first=self._first,
            sentences=[
                *([] if figures or metrics is None or not is_stopped else [UNMEASURED]),
                *verdict.in_words(explained, full, output.strength),
                *filter(None, [likeness.little_shared(model), output.outside]),
                *uneven.said(),
                *(fault.of(figures) for fault in uneven.faults(figures)),
            ],
            config=_config(self._folder, model),
            table=None if lut is None or not lut.is_file() else (lut.name, lut.read_bytes()),
            whole=self.whole,
        )


def _compared_style(model: StyleTransfer, styles: Sequence[Photo]) -> Tensor:
    """Return the style photo as it was compared, but sharp; several photos are placed side by side."""
    return (styles[0] if len(styles) == 1 else model.data.look(SHARPER)).over_white


def _losses(steps: Sequence[tuple[Tensor, Mapping[str, Term]]]) -> dict[str, list[float]]:
    """Return the total loss and the weighted terms of all steps, read from their device in one go."""
    values = [[total, *(value for term in terms.values() for value in term.values.values())] for total, terms in steps]
    read = iter(torch.cat([value.view(1) for step in values for value in step]).tolist() if steps else ())
    found: dict[str, list[float]] = {}
    for _, terms in steps:
        found.setdefault("total", []).append(next(read))
        for name, term in terms.items():
            weighted = term.weight * sum(term.layers[layer] * next(read) for layer in term.values)
            found.setdefault(name, []).append(weighted)
    return found


def _name(photo: Source) -> str:
    return photo.stem if isinstance(photo, Path) else photo.name


def _command(trainer: Trainer, output: Output) -> str:
    """Return the command that writes the whole look under another name; empty if it has no checkpoint."""
    own = find(trainer, Checkpoints)
    state = None if own is None else own.state_at(trainer.global_step)
    if state is None:
        return ""
    run = str(run_of(Path(state))) if not is_url(state) else state
    # The page adds the strength shown.
    return f"{checkpoints.program()} {shlex.join(['render', run, *output.options(Strength())])}"


def _config(folder: str | None, model: StyleTransfer) -> str:
    """Return the text of the run's config.yaml or, if there is none, the options of model and data as YAML."""
    file = Path(folder or "") / CONFIG
    if folder and file.is_file():
        return file.read_text(encoding="utf-8", errors="backslashreplace")
    return yaml.safe_dump(_plain(model.options), sort_keys=False, allow_unicode=True)


def _plain(options: Any) -> Any:
    """Return options with text in place of values that safe YAML cannot represent."""
    if isinstance(options, Mapping):
        return {str(name): _plain(value) for name, value in options.items()}
    if isinstance(options, list | tuple):
        return [_plain(value) for value in options]
    return options if isinstance(options, bool | int | float | str) or options is None else str(options)


def _is_own(page: Path) -> bool:
    """Return whether a file names verism as its generator."""
    try:
        with page.open("rb") as file:
            return result_page.GENERATOR.encode() in file.read(HEAD)
    except OSError:
        return False
