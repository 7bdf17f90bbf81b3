"""The Python interface: one call turns two photos into a picture, with the settings of the command line."""

from __future__ import annotations

import json
import logging
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral, Real
from pathlib import Path
from threading import RLock
from typing import Any, cast

import torch
from jsonargparse import ArgumentError
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.utilities.exceptions import MisconfigurationException
from lightning.pytorch.utilities.seed import isolate_rng
from PIL import Image
from torch import Tensor

from verism import atomic, cli, photo_file
from verism.callbacks import Output
from verism.callbacks.freed_memory import free_earlier_runs, give_back_memory
from verism.callbacks.metrics import RunMeasure
from verism.canvas import Canvas
from verism.canvas.grade import Grade
from verism.commands import config_file
from verism.commands.complaint import plain
from verism.commands.fit import VerismCLI
from verism.commands.suggestion import meant
from verism.data.source import PhotoLike, Source, source
from verism.errors import InterruptedRunError, UnbegunRunError, VerismError
from verism.look.look import Look
from verism.look.picture import at_most, made_with, rendered
from verism.look.strength import Strength
from verism.module import StyleTransfer
from verism.photo_file import Encoding, Photo
from verism.precision import in_float32
from verism.quiet import quiet_lightning
from verism.trust import SLOTS, limited, named

IN_MEMORY: Mapping[str, str] = {
    "page.write": "false",
    "trainer.logger": "false",
    "trainer.enable_checkpointing": "false",
    "output.path": "null",
    "output.lut": "null",
    "regions.path": "null",
}
"""Options with which a run writes no files; the caller can override each of them."""


_ONE_AT_A_TIME = RLock()
"""Held during a run, which changes what threads share: the working folder, loggers, random numbers, jsonargparse."""


def stylize(
    content: PhotoLike,
    style: PhotoLike | Sequence[PhotoLike],
    config: str | Path = "photoreal",
    *,
    progress: bool = True,
    trust: Sequence[str] = (),
    **overrides: Any,
) -> Image.Image:
    """Give one photo the look of another.

    Nothing is written, and nothing is printed except a progress bar. The same photos and options give the same picture
    as ``verism fit`` on the command line.

    Args:
        content: the photo that keeps its content: a path, a Pillow image, or a tensor ``(1, 3, H, W)``, sRGB in [0, 1].
        style: the photo whose look it takes on, in any of these forms, or a list of several photos.
        config: the settings: the name of a config that comes with verism, such as "photoreal", "lut" or "leaky", or the
            path of a YAML file.
        progress: show a progress bar.
        trust: Python packages whose classes the config may name, besides verism, torch, Lightning and torchmetrics.
            Classes named in ``overrides`` are trusted.
        **overrides: options of ``verism fit`` that replace those of the config: sections as in a YAML file
            (``data={"size": 256}, output={"strength": 0.6}``) or single options as on the command line
            (``**{"data.size": 256}``).

    Returns:
        The result, an 8-bit sRGB image at the content photo's full size or ``output.size``; with ``model.canvas``
        Pixels (as in "leaky"), at the size that was optimised, ``data.size``.

    Raises:
        VerismError: a photo cannot be read, an option is wrong, or the run failed.

    Example:
        >>> import verism
        >>> picture = verism.stylize("mine.jpg", "theirs.jpg", progress=False)
        >>> picture.save("result.png")
    """
    return fit(content, style, config, progress=progress, trust=trust, **overrides).image


def fit(
    content: PhotoLike,
    style: PhotoLike | Sequence[PhotoLike],
    config: str | Path = "photoreal",
    *,
    progress: bool = True,
    callbacks: Sequence[Callback] | Callback = (),
    trust: Sequence[str] = (),
    **overrides: Any,
) -> FittedRun:
    """Give one photo the look of another and return the fitted run: its picture, its look and its metrics.

    Args and errors are those of ``stylize``. ``callbacks`` are Lightning callbacks, called before verism's own. They
    can follow the run, or end it by raising an error, which ``fit`` then raises. One thread fits at a time.

    Example:
        >>> import verism
        >>> run = verism.fit("mine.jpg", "theirs.jpg", progress=False)
        >>> run.image.size
        (96, 64)
        >>> run.look("another.jpg").save("another with the look.jpg")
        >>> run.figures["structure"] > 0.9
        True
    """
    styles: Sequence[Any] = style if isinstance(style, (list, tuple)) else [style]
    call_it = "the style photo" if len(styles) == 1 else "style photo {}"
    args = ["fit", *_config(config), *(f"--{name}={value}" for name, value in IN_MEMORY.items())]
    if not progress:
        args.append("--trainer.enable_progress_bar=false")
    args += _options(overrides)
    chosen = named([value for name, value in overrides.items() if name.partition(".")[0] in SLOTS])
    with _ONE_AT_A_TIME, _usual_torch(), _quiet() as messages, isolate_rng(), limited(trust, chosen):
        free_earlier_runs()
        photos = _Photos(
            source(content, "the content photo"),
            [source(photo, call_it.format(number)) for number, photo in enumerate(styles, start=1)],
        )
        try:
            run = _run([*args, *photos.options()], photos, callbacks)
        finally:
            give_back_memory()
    output: KeptOutput = run.config_init.fit.output
    assert output.canvas is not None and output.result is not None  # noqa: PT018, S101  # The run has ended well.
    steps = run.trainer.global_step
    return FittedRun(run.model, output.canvas, output.strength, output.result, tuple(messages), steps)


@dataclass(frozen=True)
class FittedRun:
    """A finished run, in memory.

    Attributes:
        model: the module that was fitted, with its photos.
        canvas: the canvas that was optimised, in float32 on the CPU.
        strength: how much of the look the picture shows.
        photo: the picture at full bit depth, with the content photo's metadata.
        messages: the messages that the command line would have printed during the run.
        steps: the number of steps that were made.
    """

    model: StyleTransfer
    canvas: Canvas
    strength: Strength
    photo: Photo
    messages: tuple[str, ...]
    steps: int

    @property
    def image(self) -> Image.Image:
        """The picture, an 8-bit sRGB image, with the content photo's alpha channel if it has one."""
        return photo_file.to_pillow(self.photo)

    @property
    def pixels(self) -> Tensor:
        """The picture, ``(1, 3, H, W)`` float32, sRGB in [0, 1], not rounded."""
        return self.photo.pixels.clamp(0, 1)

    @cached_property
    def look(self) -> Look:
        """The look, which can be applied to other photos; a single object, which computes its table once.

        Raises:
            VerismError: the canvas holds a single image and no look.
        """
        if not isinstance(self.canvas, Grade):
            raise VerismError(
                f"A run on {type(self.canvas).__name__} has no look that other photos could take on: use the config "
                "photoreal, lut or match."
            )
        return Look(self.canvas, self.strength)

    @cached_property
    def figures(self) -> Mapping[str, float]:
        """The metrics of the result at full strength, by name (``verism.metrics``); computed on first use.

        Raises:
            VerismError: a photo can no longer be read.
        """
        return RunMeasure(self.model)(self.model)

    def save(self, path: str | Path, *, overwrite: bool = False, encoding: Encoding | None = None) -> None:
        """Write the picture with the content photo's metadata and bit depth, as ``verism fit`` does.

        Args:
            path: a .png, .tiff, .jpg or .webp file; missing folders are created.
            overwrite: whether to replace an existing file.
            encoding: colour profile, bit depth, dithering and quality; None: sRGB at the content photo's bit depth.

        Raises:
            VerismError: the file exists, or cannot be written with this encoding.
        """
        path = Path(path)
        atomic.check_absent(path, replace=overwrite, remedy="choose another path, or pass overwrite=True")
        made = made_with(self.model.backbone.identity, self.model.options, self.steps, self.strength)
        photo_file.write(path, self.photo, made, encoding or Encoding())


class KeptOutput(Output):
    """Keeps the result in memory, and also writes it if ``output.path`` is given.

    Attributes:
        canvas: the canvas that was optimised, in float32 on the CPU; None before the end of the run.
        result: the picture; None before the end of the run.
    """

    canvas: Canvas | None = None
    result: Photo | None = None

    def check(self, trainer: Trainer) -> Path | str:
        """Return where the result will be written; without ``path``, only check the other options."""
        if self.path is not None:
            return super().check(trainer)
        self.check_picture()
        self.check_table()
        return Path()

    def _write_picture(self, model: StyleTransfer, canvas: Canvas) -> None:
        self.canvas = canvas.cpu().requires_grad_(requires_grad=False)
        self.result = rendered(self.canvas, at_most(model.data.source, self.size), self.strength)
        if self.path is not None:
            super()._write_picture(model, self.canvas)


class MemoryRun(VerismCLI):
    """A run of the command ``fit`` whose photos may be in memory, and whose result stays in memory."""

    output_class = KeptOutput

    def __init__(self, args: Sequence[str], photos: _Photos, callbacks: Sequence[Callback] | Callback = ()) -> None:
        """Run the command.

        Args:
            args: the command-line words.
            photos: the photos, which replace those named in ``args``.
            callbacks: callbacks that are called before verism's own; as for a Trainer, one alone needs no list.
        """
        self._photos, self._callbacks = photos, [callbacks] if isinstance(callbacks, Callback) else callbacks
        super().__init__(args)

    def own_callbacks(self, given: Sequence[Callback]) -> list[Callback]:
        """Return the caller's callbacks, followed by those that every run has."""
        return [*self._callbacks, *super().own_callbacks([*given, *self._callbacks])]

    def photo_files(self) -> list[Path]:
        """Return the files of the photos that are not in memory, and of the masks."""
        masks = super().photo_files()[1 + len(self._photos.styles) :]
        return [photo for photo in (self._photos.content, *self._photos.styles) if isinstance(photo, Path)] + masks

    def after_instantiate_classes(self) -> None:
        """Pass the photos to the datamodule, because options cannot name photos in memory."""
        self.datamodule.content, self.datamodule.styles = self._photos.content, self._photos.styles
        super().after_instantiate_classes()


@dataclass(frozen=True)
class _Photos:
    content: Source
    styles: list[Source]

    def options(self) -> list[str]:
        """Return the photos as options; a photo in memory gets a name for use in messages."""
        styles = [_path(style) for style in self.styles]
        return [f"--data.content={_path(self.content)}", f"--data.style={json.dumps(styles)}"]


def _path(photo: Source) -> str:
    # Absolute, because an option such as "1" would be parsed as a number.
    return str((photo if isinstance(photo, Path) else Path(str(photo))).expanduser().absolute())


def _config(config: str | Path) -> list[str]:
    """Return the option for a config given by name or path."""
    name = str(config)
    path = cli.locate(name if Path(name).suffix else f"{name}.yaml")
    config_file.check(path)
    return ["--config", str(path)]


def _options(overrides: Mapping[str, Any]) -> list[str]:
    """Return overrides as options: all sections as one additional config, and each dotted name as an option.

    Raises:
        VerismError: a value has a type that a config file cannot hold.
    """
    sections = {name: value for name, value in overrides.items() if "." not in name}
    options = ["--config", _plain("overrides", sections)] if sections else []
    dotted = {name: value for name, value in overrides.items() if "." in name}
    return options + [
        f"--{name}={value if isinstance(value, (str, Path)) else _plain(name, value)}" for name, value in dotted.items()
    ]


def _plain(name: str, value: Any) -> str:
    try:
        return json.dumps(value, default=_built_in, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise VerismError(
            f"{name}: {error}; options are numbers, texts, lists and dictionaries, as in a config file."
        ) from error


def _built_in(value: Any) -> str | int | float:
    if isinstance(value, os.PathLike):
        return os.fspath(cast("os.PathLike[str]", value))
    # As NumPy's numbers.
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    raise TypeError(f"a {type(value).__name__} cannot be an option")


def _run(args: Sequence[str], photos: _Photos, callbacks: Sequence[Callback] | Callback) -> MemoryRun:
    """Run ``fit``; turn errors from parsing and from Lightning's checks into a ``VerismError``."""
    try:
        return MemoryRun(args, photos, callbacks)
    except (InterruptedRunError, UnbegunRunError) as error:
        raise KeyboardInterrupt from error
    except ArgumentError as error:
        raise VerismError(plain(error) + meant(" ".join(str(error).split()))) from error
    except MisconfigurationException as error:
        raise VerismError(str(error)) from error


@contextmanager
def _usual_torch() -> Iterator[None]:
    """Undo what the caller has chosen for code of their own: no gradients, or another type of new tensors."""
    with torch.inference_mode(mode=False), torch.enable_grad(), in_float32():
        yield


@contextmanager
def _quiet() -> Iterator[list[str]]:
    """Collect the messages of Lightning and verism instead of printing them; then restore logging and warnings."""
    messages: list[str] = []
    handler = _Collector(messages)
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    before = [(logger.handlers, logger.propagate) for logger in loggers]
    seed = os.environ.get("PL_GLOBAL_SEED")
    with quiet_lightning():
        # Raised by one library's use of another, such as jsonargparse in Lightning.
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        for logger in loggers:
            logger.handlers, logger.propagate = [handler], False
        try:
            yield messages
        finally:
            for logger, (handlers, propagate) in zip(loggers, before, strict=True):
                logger.handlers, logger.propagate = handlers, propagate
            os.environ.pop("PL_GLOBAL_SEED", None)
            if seed is not None:
                os.environ["PL_GLOBAL_SEED"] = seed


class _Collector(logging.Handler):
    def __init__(self, messages: list[str]) -> None:
        super().__init__(logging.INFO)
        self._messages = messages

    def emit(self, record: logging.LogRecord) -> None:
        self._messages.append(record.getMessage())
