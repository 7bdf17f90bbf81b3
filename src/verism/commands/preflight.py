"""Checks before a run, so that mistakes are found before anything is written."""

from __future__ import annotations

from pathlib import Path

import torch
from jsonargparse import Namespace
from lightning.pytorch import Trainer
from torch import nn

from verism import photo_file
from verism.commands import same_file
from verism.commands.options import PhotoFiles
from verism.data.options import style_paths
from verism.errors import VerismError
from verism.module import StyleTransfer
from verism.regions.colors import NAMES
from verism.tiling import choice
from verism.tiling.boxes import shares
from verism.url import is_url

SEEDS = 2**32
"""Number of valid seeds."""


def check_seed(seed: int) -> None:
    """Refuse a seed that torch or NumPy cannot take."""
    if not 0 <= int(seed) < SEEDS:
        raise VerismError(f"--seed_everything {seed}: must be from 0 to {SEEDS - 1}.")


def check_regions(data: Namespace) -> None:
    """Refuse names that cannot be a region's colour; whether such a region exists is only known later."""
    named = {
        "merge": [name for group in data.merge for name in group],
        "leave_out": data.leave_out,
        "keep": data.keep,
    }
    for option, names in named.items():
        for name in names:
            if name not in NAMES and not name.startswith("#"):
                colors = f"{', '.join(NAMES)}; a colour of a mask's own is written as #e6194b"
                raise VerismError(
                    f"--data.{option}: {name} is not the colour of a region; they are {colors}. "
                    "--regions.path regions.png shows which is where, and so does the page of a picture."
                )


def check(options: Namespace, model: StyleTransfer, data: PhotoFiles, trainer: Trainer) -> None:
    """Raise ``VerismError`` unless the run can begin.

    Args:
        options: the options of ``fit``, as the user gave them.
        model: the model built from the options, not started yet.
        data: the data module built from the options; the photos are read here.
        trainer: the Trainer built from the options.
    """
    check_length(options.trainer)
    check_folders(trainer)
    check_files(options)
    model.canvas.check_keeps(data.kept)
    data.setup("fit")
    check_twins(data)
    with photo_file.limited(data.max_megapixels):
        model.canvas.check()
    if model.scales is not None:
        model.scales.check(data.size, trainer.max_steps)
    choice.check(model.backbone, model.tile)
    check_optimizer(model, trainer)
    check_shares(model, data, trainer.world_size)


def check_length(trainer: Namespace) -> None:
    """Refuse a run that would make no step at all."""
    for name in ("max_steps", "max_epochs", "limit_train_batches"):
        if trainer[name] is not None and trainer[name] == 0:
            raise VerismError(f"--trainer.{name} 0: no step would be made, and nothing written; choose at least 1.")
    if trainer.fast_dev_run:
        raise VerismError("--trainer.fast_dev_run: would write nothing; use --trainer.max_steps 1 instead.")


def check_folders(trainer: Trainer) -> None:
    """Refuse log folders whose path cannot be resolved, such as a symbolic link to itself."""
    for folder in (trainer.default_root_dir, *(logger.save_dir for logger in trainer.loggers)):
        if folder and not is_url(folder):
            try:
                Path(folder).expanduser().resolve()
            except (OSError, RuntimeError, ValueError) as error:
                raise VerismError(
                    f"{folder}: cannot be followed to a folder; see --trainer.default_root_dir."
                ) from error


def check_files(options: Namespace) -> None:
    """Refuse the same file as both photos, and a result that would overwrite one of the run's input files."""
    inputs = {name: path for name, path in options.items() if isinstance(path, Path)}
    outputs = {name: inputs.pop(name) for name in same_file.RESULTS if name in inputs}
    styles = style_paths(vars(options.data))
    if len(styles) == 1:
        same_file.check_photos(inputs["data.content"], styles[0])
    taken_from = [*inputs.items(), *(("data.style", path) for path in styles)]
    if same_file.REGIONS in inputs:
        outputs[same_file.REGIONS] = inputs[same_file.REGIONS]
    for option, path in outputs.items():
        same_file.check_result(option, path, [it for it in taken_from if it[0] != option])


def check_twins(data: PhotoFiles) -> None:
    """Refuse two photo files with identical content."""
    digests, (style, *_) = data.digests, data.styles
    if digests["content"] == digests["style"]:
        raise VerismError(
            f"{style}: is the same photo as {data.content}, which would stay as it is; choose another photo for one "
            "of them."
        )


def check_optimizer(model: StyleTransfer, trainer: Trainer) -> None:
    """Try optimiser and scheduler on tiny parameters with as many dimensions as the canvas's, to find mistakes."""
    # With several processes, Lightning sets up their devices later; until then they must not be used.
    device = trainer.strategy.root_device if trainer.world_size == 1 else torch.device("cpu")
    trial = [nn.Parameter(torch.zeros([2] * it.dim(), device=device)) for it in model.canvas.parameters()]
    for parameter in trial:
        parameter.grad = torch.zeros_like(parameter)
    try:
        optimizer = model.optimizer(trial or [nn.Parameter(torch.zeros(2, 2))])
        if trial and (trainer.world_size == 1 or trainer.strategy.root_device.type == "cpu"):
            optimizer.step(lambda: 0.0)
    except (AssertionError, RuntimeError, TypeError, ValueError) as error:
        raise VerismError(f"--optimizer: cannot optimise this canvas: {str(error).rstrip('.')}.") from error
    if model.lr_scheduler is not None:
        try:
            model.lr_scheduler(optimizer)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, ZeroDivisionError) as error:
            raise VerismError(f"--lr_scheduler: cannot be used with this optimiser: {error!s}.") from error


def check_shares(model: StyleTransfer, data: PhotoFiles, processes: int) -> None:
    """Refuse more processes than can share the image: one that failed later would leave the others waiting."""
    content = (data.photos if model.scales is None else data.at(model.scales.sizes[0])).content
    shares(content.shape[-2], content.shape[-1], processes)
