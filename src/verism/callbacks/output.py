"""Writes the result at full size, however the run ends."""

from __future__ import annotations

import copy
import functools
import shlex
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

import torch
from lightning.fabric.utilities.cloud_io import get_filesystem
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.utilities import rank_zero_info

from verism import atomic, photo_file, trust
from verism.callbacks import checkpoints, unfinished
from verism.callbacks.checkpoints import Checkpoints
from verism.callbacks.find import find
from verism.callbacks.last_good import LastGood, State
from verism.callbacks.scalars import is_looked_at
from verism.canvas import Canvas
from verism.canvas.grade import Grade
from verism.errors import DivergedError, InterruptedRunError, VerismError
from verism.look import lut_file, outside
from verism.look.lut_file import Deviation
from verism.look.picture import SHOWN, at_most, made_with, rendered
from verism.look.strength import Strength
from verism.module import StyleTransfer
from verism.photo_file import MIN_SIDE, Encoding, Photo
from verism.run_files import RESULT
from verism.url import is_url


class Output(Callback):
    """Writes the result to a file when the run ends, even by Ctrl-C, ``max_time`` or an error.

    A canvas that grades the photo's colours is rendered over the content photo at its full size; a canvas of pixels
    keeps the size at which it was optimised. A run whose loss is no longer finite is stopped, and the last state before
    that is written.

    Attributes:
        replaceable: files left by the run that this one resumes, path to SHA-256; they may be replaced.
        written: the canvas whose result was written; None until then.
        small: the result as written, at most ``SHOWN`` pixels wide and high, so that it can be shown without rendering
            it again; None if it is not at full strength.
        deviation: how far the lookup table deviates from the picture; None before it is written.
        outside: what happened to the photo's colours outside sRGB, as a sentence; empty if there is nothing to report.
    """

    def __init__(
        self,
        path: Path | None = None,
        overwrite: bool = False,
        strength: float = 1.0,
        lut: Path | None = None,
        profile: Literal["srgb", "keep"] = "srgb",
        depth: Literal[8, 16] | None = None,
        dither: bool = False,
        color: float = 1.0,
        tone: float = 1.0,
        quality: int = 95,
        size: int | None = None,
    ) -> None:
        """Choose where and how the result is written.

        Args:
            path: file for the result: .png, .tiff, .jpg or .webp; null: result.png in the run's own folder
                (lightning_logs/content-style), also where --trainer.default_root_dir is a URL.
            overwrite: replace files that exist; otherwise the run is refused before it starts.
            strength: strength of the whole look, from 0, the content photo exactly, to 1, the full result.
            lut: file for the look as a lookup table, at the same strength: .cube (33³ colours) or .png (a HaldCLUT of
                level 8, 64³ colours). If the canvas treats places differently, it is the closest table, and the run
                says how close. verism export writes other sizes.
            profile: colour space of the result. srgb: sRGB. keep: that of the content photo's embedded profile, which
                the result then has too.
            depth: bits per colour channel of the result, 8 or 16; null: as many as the content photo has, if the format
                allows it.
            dither: when rounding to 8 bits, round up or down at random, in proportion to the remainder, so that smooth
                areas show no bands.
            color: strength of the change of hue and saturation, from 0, the content photo's colours in the result's
                light, to 1, the result's colours.
            tone: strength of the change of light and contrast, from 0, the content photo's light with the result's
                colours, to 1, the result's light.
            quality: compression quality of JPEG and WebP, from 1 to 100; other formats are lossless.
            size: largest number of pixels of the result's long side; null: the content photo's size. It does not change
                the fit.
        """
        self.path = None if path is None else Path(path)
        self.overwrite = overwrite
        self.strength = Strength(strength, color, tone)
        self.lut = None if lut is None else Path(lut)
        self.encoding = Encoding(profile, depth, dither, quality)
        self.size = size
        self.replaceable: Mapping[str, str] = {}
        self._destination: Path | str = Path()
        self._good = LastGood()
        self._ended = False
        self._failure: VerismError | None = None
        self.written: Canvas | None = None
        self.small: Photo | None = None
        self.deviation: Deviation | None = None
        self.outside = ""

    def check(self, trainer: Trainer) -> Path | str:
        """Return where the result will be written: a path, or a URL as a string.

        Raises:
            VerismError: the result or the lookup table exists and must not be overwritten, or its ending is not that of
                a format that can be written; both are the same file; the result, the table or the run's folder cannot
                be written there; or the strength, the quality or the size is out of range.
        """
        folder = trainer.log_dir or trainer.default_root_dir
        own = f"{folder}/{RESULT}" if is_url(folder) else Path(folder, RESULT)
        path = self.path or own
        self.check_picture()
        photo_file.check(Path(path), self.encoding)
        if self.lut is not None and isinstance(path, Path) and self.lut.resolve() == path.resolve():
            raise VerismError(f"{self.lut}: the result would replace the table; choose another --output.lut.")
        for file in (path, own if trainer.loggers else None):
            if isinstance(file, Path):
                atomic.check(file)
        self._check_absent("path", path)
        self.check_table()
        return path

    def check_picture(self) -> None:
        """Raise ``VerismError`` if strength, quality or size is out of range, wherever the result goes."""
        self.strength.check()
        self.encoding.check()
        if self.size is not None and self.size < MIN_SIDE:
            raise VerismError(f"--output.size {self.size}: must be at least {MIN_SIDE} pixels.")

    def check_table(self) -> None:
        """Raise ``VerismError`` if the lookup table exists and must not be overwritten, or cannot be written there."""
        if self.lut is not None:
            lut_file.check(self.lut)
            atomic.check(self.lut)
            self._check_absent("lut", self.lut)

    def _check_absent(self, option: str, file: Path | str) -> None:
        replaceable = isinstance(file, Path) and unfinished.unchanged(file, self.replaceable)
        if _exists(file) and not (self.overwrite or replaceable):
            raise VerismError(
                f"{file}: exists already; choose another --output.{option}, or set --output.overwrite true."
            )

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Refuse a run whose result could not be written."""
        self._destination = self.check(trainer)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Record the files left by the resumed run as this run's, so that they can be replaced again."""
        files = map(Path, self.replaceable)
        self._remember(trainer, [file for file in files if unfinished.unchanged(file, self.replaceable)])

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Keep the state whose loss the step computes."""
        self._good.before_step(_state(pl_module))

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Take the loss of the step, and stop the run if a loss was not finite.

        On a GPU, the losses are read only when ``is_looked_at`` returns true.

        Raises:
            DivergedError: the loss of this step, or of an earlier step that was not read yet, is not finite.
        """
        self._good.after_step(trainer.global_step - 1, outputs)
        if not is_looked_at(trainer, outputs["loss"]):
            return
        spoilt = self._good.settle()
        if spoilt is None:
            return
        kept = "" if self._good.state is None else f"; the last good image is kept in {self._destination}"
        raise DivergedError(
            f"The {spoilt.name} loss became {spoilt.value} at step {spoilt.step}: use a lower --optimizer.lr or "
            f"weight, or a wider precision{kept}."
        )

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the last image, or the last good one if the last step made it non-finite."""
        self._ended = True
        # Lightning calls checkpoint callbacks last. But the checkpoint must be written before the picture, which can
        # then be made from it if writing it fails now.
        own = find(trainer, Checkpoints)
        if own is not None:
            own.save(trainer)
        last = _state(pl_module)
        sound = all(bool(value.isfinite().all()) for value in last.values())
        self._good.settle()
        self._write(trainer, pl_module, last if sound else self._good.state)

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the image of a run with no step left to make, for which Lightning does not call ``on_train_end``.

        Raises:
            VerismError: no step was made, or the result could not be written; the latter is raised only now that
                everything else has been written.
        """
        if not self._ended:
            if trainer.global_step == 0:
                raise VerismError("No step was made, and so there is no result; see --trainer.max_steps and max_time.")
            rank_zero_info(
                f"The checkpoint is of step {trainer.global_step}, and --trainer.max_steps is {trainer.max_steps}: "
                "no step was left to do, so only the result is written."
            )
            self.on_train_end(trainer, pl_module)
        if self._failure is not None:
            raise self._failure

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Write the last image of a run that was stopped between two steps, or else the last good one, if any."""
        if not self._ended:
            if isinstance(exception, InterruptedRunError):
                self.on_train_end(trainer, pl_module)
            else:
                self._good.settle()
                self._write(trainer, pl_module, self._good.state)
        if self._failure is not None and self._failure is not exception:
            # Only printed, since the run ends with the exception.
            rank_zero_info(str(self._failure))

    def _write(self, trainer: Trainer, pl_module: LightningModule, state: State | None) -> None:
        """Write the picture and the lookup table of a state; keep an error for the end, after everything else."""
        if state is None or not trainer.is_global_zero:
            return
        model = cast("StyleTransfer", pl_module)
        # The result is rendered in float32 even after a bf16-true run.
        canvas = copy.deepcopy(model.canvas).float()
        for name, parameter in canvas.named_parameters():
            parameter.data = state[name].float()
        strength = as_options(self.strength)
        writes = [(self._write_picture, "render", self.options(self.strength))]
        if self.lut is not None:
            writes.append((self._write_table, "export" if isinstance(canvas, Grade) else "", strength))
        for write, command, options in writes:
            try:
                write(model, canvas)
            except (OSError, VerismError) as error:
                failure = VerismError(f"{str(error).removesuffix('.')}{self._way_out(trainer, command, options)}.")
                failure.__cause__ = error
                if self._failure is not None:
                    rank_zero_info(str(failure))
                self._failure = self._failure or failure
        if self._failure is None:
            self.written = canvas
        if trainer.global_step < trainer.max_steps:
            self._remember(trainer, [file for file in (self._destination, self.lut) if isinstance(file, Path)])

    def options(self, strength: Strength) -> list[str]:
        """Return the options of ``render`` for the picture at a given strength, written like this one."""
        return [*as_options(strength), *as_options(self.encoding), *trust.given()]

    @property
    def destination(self) -> Path | str:
        """Where the result is or will be; a string if it is a URL."""
        return self._destination

    @staticmethod
    def _remember(trainer: Trainer, files: Sequence[Path]) -> None:
        own = find(trainer, Checkpoints)
        if own is not None and trainer.is_global_zero:
            own.remember(files)

    @staticmethod
    def _way_out(trainer: Trainer, command: str, options: Sequence[str]) -> str:
        """Return how to write the file elsewhere from the checkpoint; empty if this step has no checkpoint."""
        own = find(trainer, Checkpoints)
        state = None if own is None else own.state_at(trainer.global_step)
        if state is None or not command:
            return ""
        words = [checkpoints.program(), command, shlex.quote(state), *options, "--output.path", "ANOTHER_FILE"]
        return f"; nothing is lost: {' '.join(words)} writes it elsewhere"

    def _write_picture(self, model: StyleTransfer, canvas: Canvas) -> None:
        source = model.data.source
        result = rendered(canvas, at_most(source, self.size), self.strength)
        made = made_with(model.backbone.identity, model.options, model.trainer.global_step, self.strength)
        write = functools.partial(photo_file.write, photo=result, made_with=made, encoding=self.encoding)
        _save(self._destination, write)
        self.small = at_most(result, SHOWN) if self.strength.is_full else None
        rank_zero_info(f"Result: {self._destination}")
        self.outside = outside.said(source, self.encoding, self.strength.strength)
        if self.outside:
            rank_zero_info(self.outside)

    @torch.no_grad()
    def _write_table(self, model: StyleTransfer, canvas: Canvas) -> None:
        assert self.lut is not None  # noqa: S101  # The caller has made sure.
        content = model.photos.content.to(next(canvas.parameters()).device)
        self.deviation = lut_file.write(self.lut, canvas.table(content), content, canvas(), self.strength)
        seen = f"{self.deviation.plainly(self.strength)} ({self.deviation.figures})"
        rank_zero_info(f"Lookup table: {self.lut}{lut_file.about(self.lut)}, {seen}.")
        if self.deviation.is_visible:
            rank_zero_info(lut_file.CANNOT)


def as_options(choice: Strength | Encoding) -> list[str]:
    """Return the options that differ from their defaults, with their values."""
    usual = type(choice)()._asdict()
    changed = {name: value for name, value in choice._asdict().items() if value != usual[name]}
    written = {
        name: f"{value:g}" if isinstance(value, float) else str(value).lower() for name, value in changed.items()
    }
    return [word for name, value in written.items() for word in (f"--output.{name}", value)]


def _exists(place: Path | str) -> bool:
    """Return whether a file exists, or something at a URL."""
    return place.exists() if isinstance(place, Path) else bool(get_filesystem(place).exists(place))


def _save(destination: Path | str, write: Callable[[Path], None]) -> None:
    """Write to a path, or to a URL through a temporary file."""
    if isinstance(destination, Path):
        write(destination)
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, Path(destination).name)
        write(file)
        get_filesystem(destination).put_file(str(file), destination)


def _state(model: LightningModule) -> State:
    """Return the canvas's parameters, detached, by name."""
    return {name: value.detach() for name, value in cast("StyleTransfer", model).canvas.named_parameters()}
