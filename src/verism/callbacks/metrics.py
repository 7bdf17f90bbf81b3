"""Metrics of how good the image is, over the steps and next to the run's hyperparameters."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, cast

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.loggers import Logger, TensorBoardLogger
from lightning.pytorch.utilities import rank_zero_info
from torch import Tensor

from verism import images, metrics, reuse, step_option, verdict
from verism.callbacks.background import Background
from verism.callbacks.find import find
from verism.callbacks.output import Output
from verism.callbacks.periodic import Periodic
from verism.callbacks.run_options import hyperparameters, run_options
from verism.canvas import Canvas, RegionalGrade
from verism.look.strength import Strength
from verism.metrics import Measure, at_side
from verism.module import StyleTransfer
from verism.regions.search import find_regions
from verism.uneven import Uneven, cause

AREA = 2**20
"""Largest number of pixels at which images are measured; larger ones are scaled down to save time and memory."""


class Metrics(Periodic):
    """Measures the image and logs the metrics, on TensorBoard's HParams page next to the run's hyperparameters.

    Tags, logged after 0, n, 2n, … updates and for the last image; ``verism.metrics`` has the definitions:

    - ``metrics/drift`` (ΔE): how differently one colour was treated in different places; with masks, within each
      region.
    - ``metrics/lost`` and ``metrics/blown``: share of the content photo's detail that disappeared, and share whose
      contrast was exaggerated.
    - ``metrics/newly_clipped``: share of pixels that became burnt highlights or crushed shadows.
    - ``metrics/pure_colors``: share of the other pixels whose red, green or blue newly reached its limit.
    - ``metrics/structure``, ``metrics/sobel_ssim`` and ``metrics/psnr`` (dB): similarity to the content photo.
    - ``metrics/sliced_wasserstein``, ``metrics/color_distance``, ``metrics/style_distance``: distance from the style
      photo; for the last two, the content photo's own distance is 1.
    - ``metrics/ciede2000`` (ΔE): how far the colours moved.

    Images larger than ``AREA`` are measured at that size, and images of coarser scales at the size of the photos.
    Drift, lost and blown are measured on the result rendered over the content photo, at a short side of
    ``verism.metrics.SIDE``, if the canvas can be rendered at other sizes: at the small size of the fit, the image has
    lost detail that the result keeps.

    TensorBoard's HParams page compares runs by the last value of each metric. All logged values are those of the full
    look. If ``--output.strength`` asks for part of it, the written picture is measured once more at the end, and those
    metrics are printed.
    """

    def __init__(self, every_n_steps: int = 100, brief: bool = False) -> None:
        """Choose how often the image is measured, and how fully.

        Args:
            every_n_steps: number of steps between measurements; each takes about as long as one step in float32.
            brief: measure only the last image, and only what is put into words: neither sobel_ssim and psnr nor
                style_distance, for which the network has to look at both photos and the image. It is meant for
                previews, where the figures take as long as the steps.
        """
        super().__init__(every_n_steps)
        self.brief = brief
        self._measure: RunMeasure
        self._last: Mapping[str, float] = {}
        self._written: Mapping[str, float] = {}
        self._uneven = Uneven()
        self._taken: int | None = None
        self._figures: Callable[[], Mapping[str, float]]

    @property
    def last(self) -> Mapping[str, float]:
        """The metrics of the last measured image, at full strength; empty before that, or without a logger."""
        return self._last

    @property
    def written(self) -> Mapping[str, float]:
        """The metrics of the picture as written, at its strength; empty before the end, or without a logger."""
        return self._written

    @property
    def uneven(self) -> Uneven:
        """The reason why tints within one area of the written picture differ, if they clearly do."""
        return self._uneven

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Measure the first image, unless ``brief`` is set."""
        self._taken = None
        if not self.brief:
            super().on_train_start(trainer, pl_module)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Measure the image if this is an n-th step, unless ``brief`` is set."""
        if not self.brief:
            super().on_train_batch_end(trainer, pl_module, outputs, batch, batch_idx)

    def writer(self, logger: Logger) -> Logger:
        """Return the logger itself, since every logger accepts metrics."""
        return logger

    def observe(self, writer: Logger, model: StyleTransfer, step: int, *, first: bool) -> Callable[[], None]:
        """Take the image of one step, once for all loggers; return a function that measures it and logs the metrics."""
        if self._taken != step:
            if self._taken is None:
                self._measure = RunMeasure(model, metrics.TOLD if self.brief else metrics.NAMES)
            self._figures, self._taken = self._measure.of(model), step
        found = self._figures
        # TensorBoard's HParams page compares runs by the metrics logged together with the options: the first values.
        compared = first and isinstance(writer, TensorBoardLogger)
        options = hyperparameters(model.data, run_options(model)) if compared else None

        def write() -> None:
            self._last = found()
            figures = {f"metrics/{name}": value for name, value in self._last.items()}
            if options is None:
                writer.log_metrics(figures, step=step)
            else:
                writer.log_hyperparams(options, figures, step)

        return write

    def is_beside(self, writer: Logger, model: StyleTransfer) -> bool:
        """Return whether the image is measured while the run continues: on a GPU, for TensorBoard.

        A CPU is busy with the steps, and other loggers accept metrics only from one thread and in the order of the
        steps.
        """
        return model.device.type == step_option.DEVICE and isinstance(writer, TensorBoardLogger)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Measure the last image, and print its most telling metrics and what is wrong with it."""
        if self.brief:
            self._look(trainer, pl_module, first=True)
        else:
            super().on_train_end(trainer, pl_module)
        background = find(trainer, Background)
        if background is not None:
            background.finish()
        if not self._last:
            return
        output, model = find(trainer, Output), cast("StyleTransfer", pl_module)
        self._written = self._of_picture(output, model)
        strength = Strength() if output is None else output.strength
        self._uneven = self._measure.uneven(model, self._written, strength)
        rank_zero_info("Figures:")
        said = [fault.of(self._written) for fault in self._uneven.faults(self._written)]
        pure = verdict.pure(self._written, strength)
        for line in (*verdict.summary(self._written), *pure, *self._uneven.said(), *said):
            rank_zero_info(f"  {line}")

    def _of_picture(self, output: Output | None, model: StyleTransfer) -> Mapping[str, float]:
        """Return the metrics of the picture that ``output`` writes."""
        if output is None or output.strength.is_full or not bool(model.image.isfinite().all()):
            return self._last
        return self._measure.of(model, output.strength)()


class RunMeasure:
    """Measures the images of one run, as ``Metrics`` describes; the photos are analysed with the first image."""

    def __init__(self, model: StyleTransfer, names: Sequence[str] = metrics.NAMES) -> None:
        """Take the photos of the run and the names of the metrics; raise ``VerismError`` if a photo cannot be read."""
        self._photo = at_side(model.data.original)
        # Free pixels cannot be rendered at another size, and have no more detail than was optimised. A corner of the
        # photo is enough to tell whether the canvas can.
        corner = self._photo[..., :32, :32]
        self._renders = _render(model.canvas, corner).shape == corner.shape
        device, network, photos = model.image.device, model.reference, model.data.photos
        regions, shown = model.data.masked, model.data.opacity
        stays = model.data.stays(partial(find_regions, network, opacity=shown))

        def measure() -> Measure:
            content, style = (images.within(photo, AREA).to(device) for photo in photos)
            masks = None if regions is None else regions.content
            opacity = None if shown is None else images.resize(shown, style.shape[-2:])
            original = self._photo if self._renders else None
            return Measure(content, style, network, masks, original, opacity, names, stays)

        # The measure depends only on the photos, which the next run in this process may share.
        seen = (repr(dict(model.data.hparams)), repr(model.data.digests), network.identity["sha256"])
        key = (*seen, str(device), self._renders, names)
        self._measure = functools.cache(lambda: reuse.once("measure", key, measure))

    def __call__(self, model: StyleTransfer) -> dict[str, float]:
        """Return the metrics of the run's current image, by name."""
        return self.of(model)()

    def of(self, model: StyleTransfer, strength: Strength | None = None) -> Callable[[], dict[str, float]]:
        """Take the run's current image; return a function that measures it once, in any thread, during the run.

        Args:
            model: the module of the run.
            strength: strength of the picture to measure; None: the image itself, not clipped.
        """
        image = model.image
        rendered = _render(model.canvas, self._photo) if self._renders else None
        if strength is not None and rendered is not None:
            rendered = strength(self._photo, rendered)

        @functools.cache
        def figures() -> dict[str, float]:
            measure = self._measure()
            resized = images.resize(image, measure.content.shape[-2:])
            return measure(resized if strength is None else strength(measure.content, resized), rendered)

        return figures

    def uneven(self, model: StyleTransfer, figures: Mapping[str, float], strength: Strength | None = None) -> Uneven:
        """Return why tints within one area of the run's picture differ, if they clearly do.

        Args:
            model: the module of the run.
            figures: metrics of the picture.
            strength: strength of the picture; None: the full one.
        """

        def drift(canvas: RegionalGrade) -> float:
            rendered = _render(canvas, self._photo)
            seen = rendered if strength is None else strength(self._photo, rendered)
            return self._measure().drift(seen)

        return cause(model, figures.get("drift", 0.0), drift)


def _render(canvas: Canvas, photo: Tensor) -> Tensor:
    """Return the photo as rendered by the canvas, in float32 like the result, even after a bf16-true run."""
    return copy.deepcopy(canvas).float().render(photo)
