"""The command ``fit``: one run, from two photos to an image."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import yaml
from jsonargparse.typing import register_type
from lightning.fabric.plugins.io import CheckpointIO
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import ProgressBar
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI, OptimizerCallable, SaveConfigCallback
from lightning.pytorch.utilities import rank_zero_info
from lightning.pytorch.utilities.exceptions import MisconfigurationException
from torch import nn

from verism import checkpoint, precision, trust
from verism.callbacks import (
    Checkpoints,
    Histograms,
    Metrics,
    Output,
    Page,
    RegionMap,
    Scalars,
    Snapshots,
    Summary,
    partial,
)
from verism.callbacks.freed_memory import KeepFreedMemory
from verism.callbacks.progress import Progress
from verism.callbacks.signals import Signals, requeued
from verism.checkpoint import CheckpointFiles
from verism.commands import config_file, run_folder
from verism.commands.run_folder import Numbered
from verism.data import PhotoPair
from verism.data.options import style_paths
from verism.errors import OutOfMemoryError, VerismError, is_shortage
from verism.module import StyleTransfer
from verism.quiet import quieten_lightning
from verism.tiling.boxes import shares
from verism.tiling.memory_estimate import free

LONGEST_NAME = 255
"""Bytes that file systems have for a name."""

SEEDS = 2**32
"""Number of valid seeds."""


def fit(args: Sequence[str]) -> VerismCLI:
    """Run ``fit`` with its arguments, and return what it was made of: ``model``, ``trainer``, ``datamodule``."""
    quieten_lightning()
    return VerismCLI(["fit", *args], command=["fit", *args, *trust.given()])


def resolve_paths() -> None:
    """Have paths in a config mean the same wherever the command is run: relative to that config."""
    # jsonargparse parses a config from inside its folder, so that making them absolute at once is all it takes.
    register_type(Path, str, _resolve, fail_already_registered=False)


def _resolve(path: str | Path) -> Path:
    if "://" in str(path):
        raise ValueError(f"{path} is a URL, and has to be a file")
    try:
        found = Path(path).expanduser().resolve()
    except (OSError, RuntimeError) as error:
        # A link to itself, or a home that nobody has.
        raise ValueError(f"{path} cannot be followed to a file ({error})") from error
    if any(len(os.fsencode(name)) > LONGEST_NAME for name in found.parts):
        raise ValueError(f"{str(path)[:40]}… is longer than the name of a file can be")
    return found


class PhotoFiles(PhotoPair):
    """A content and a style photo from files: what the command line can name."""

    def __init__(self, content: Path, style: list[Path] | Path, **options: Any) -> None:
        """Choose the photos.

        Args:
            content: the photo that keeps its content: JPEG, PNG, WebP, TIFF, … In a config file, relative to that file.
            style: the photo whose look it takes on, or several, such as "[a.jpg, b.jpg]". What is transparent in them
                counts for nothing.
            **options: those of ``PhotoPair``.
        """
        super().__init__(content, style, **options)


class VerismCLI(LightningCLI):
    """LightningCLI for one method: an image, two photos, and what a person sees of it.

    Attributes:
        output_class: the callback that takes the result, configured by ``--output``.
    """

    output_class: type[Output] = Output

    def __init__(self, args: Sequence[str], run: bool = True, command: Sequence[str] | None = None) -> None:
        """Parse ``args``; with ``run``, the first names the subcommand, which is then run.

        Args:
            args: of the command line.
            run: whether to run it.
            command: what the user can start again to go on, with ``--ckpt_path``; None: nothing.
        """
        resolve_paths()
        self._resumed: str | None = None
        self._command = command
        self._numbered: list[Numbered] = []
        try:
            with trust.limited():
                self._run(args, run=run)
        except (MemoryError, RuntimeError) as error:
            if not is_shortage(error):
                raise
            raise OutOfMemoryError(f"There was not enough memory: try {self._remedy()}.") from error
        except (OSError, ValueError) as error:
            # Of a log, say, on a full disk, which its logger may take for a mistake of the value; by now, everything
            # else has been tried.
            cause = error if isinstance(error, OSError) else error.__cause__
            if not isinstance(cause, OSError):
                raise
            place = cause.filename or "a file of the run"
            raise VerismError(f"{place}: cannot be read or written ({cause.strerror or cause}).") from error

    def _run(self, args: Sequence[str], *, run: bool) -> None:
        super().__init__(
            StyleTransfer,
            PhotoFiles,
            save_config_callback=SaveConfig,
            save_config_kwargs={"overwrite": requeued()},
            # The summary would list one parameter.
            trainer_defaults={"max_steps": 1000, "log_every_n_steps": 10, "enable_model_summary": False},
            seed_everything_default=0,
            parser_kwargs={
                "exit_on_error": False,
                "fit": {"description": "Give one photo the look of another.", "exit_on_error": False},
            },
            parser_class=Parser,
            args=list(args),
            run=run,
            auto_configure_optimizers=False,
            load_from_checkpoint_support=False,
        )

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """Return the commands there are, with those of the Trainer's arguments that are not the user's."""
        return {"fit": {"model", "train_dataloaders", "val_dataloaders", "datamodule"}}

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add the optimiser, which any of torch's can be, and the callbacks."""
        parser.add_argument(
            "--optimizer",
            type=OptimizerCallable,
            default={"class_path": "torch.optim.Adam", "init_args": {"lr": 0.01}},
            help="Any of torch's optimisers, such as torch.optim.Adam or torch.optim.LBFGS; the learning rate is in "
            "ImageNet standard deviations a step.",
        )
        parser.link_arguments("optimizer", "model.optimizer")
        paper = {"canvas": "Pixels", "style": "StyleLoss", "color": "ColorLoss"}
        parser.set_defaults({f"model.{slot}": {"class_path": f"verism.{name}"} for slot, name in paper.items()})
        parser.add_lightning_class_args(self.output_class, "output")
        # Only given to a Trainer that has checkpoints enabled.
        parser.add_class_arguments(Checkpoints, "checkpoints")
        parser.add_lightning_class_args(Scalars, "scalars")
        parser.add_lightning_class_args(Metrics, "metrics")
        parser.add_lightning_class_args(Snapshots, "snapshots")
        parser.add_lightning_class_args(RegionMap, "regions")
        parser.add_lightning_class_args(Histograms, "histograms")
        # Comes after all that it shows.
        parser.add_lightning_class_args(Page, "page")
        # Speaks last, because it comes last.
        parser.add_lightning_class_args(Summary, "summary")

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        """Parse ``args`` and nothing else, and find the checkpoint to go on from.

        Lightning would have the checkpoint's options take the place of those that the user gives.
        """
        try:
            self.config = parser.parse_args(args)
        except UnicodeDecodeError as error:
            raise VerismError(
                "--model, --data and their like take files of options, and one given is no text."
            ) from error
        options = self.config.get("fit")
        trust.check(self.config if options is None else options)
        if options is not None and not 0 <= int(options.seed_everything) < SEEDS:
            raise VerismError(f"--seed_everything {options.seed_everything}: must be from 0 to {SEEDS - 1}.")
        if options is not None and options.get("ckpt_path") is not None:
            root = str(options.trainer.default_root_dir or Path.cwd())
            self._resumed = checkpoint.last(root) if options.ckpt_path == "last" else str(options.ckpt_path)
            options.ckpt_path = None

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """Return the Trainer; what Lightning has against its options becomes the user's sentence."""
        trainer = self.config_init.fit.trainer
        callbacks = trainer.callbacks or []
        given = callbacks if isinstance(callbacks, list) else [callbacks]
        own: list[Callback] = [KeepFreedMemory(), Signals()]
        checkpoints: Checkpoints = self.config_init.fit.checkpoints
        if trainer.enable_checkpointing is not False:
            checkpoints.command = self._command
            own.append(checkpoints)
        if trainer.enable_progress_bar is not False and not any(isinstance(it, ProgressBar) for it in given):
            own.append(self.progress())
        kwargs["callbacks"] = [*given, *own]
        plugins = trainer.plugins or []
        plugins = plugins if isinstance(plugins, list) else [plugins]
        if not any(isinstance(plugin, CheckpointIO) for plugin in plugins):
            kwargs["plugins"] = [*plugins, CheckpointFiles()]
        try:
            made = super().instantiate_trainer(**kwargs)
        except (ImportError, TypeError, ValueError, MisconfigurationException) as error:
            # Also that a package is missing for a URL.
            raise VerismError(f"--trainer: {error}") from error
        self._numbered = run_folder.numbered(made)
        return made

    def progress(self) -> ProgressBar:
        """Return the bar of a run that asks for no other."""
        return Progress()

    def before_instantiate_classes(self) -> None:
        """Choose the precision, unless the user did; and go on from the checkpoint that was found."""
        if self._resumed is not None:
            self.config.fit.ckpt_path = self._resumed
        trainer = self.config.fit.trainer
        if trainer.precision is None:
            trainer.precision = precision.fastest(str(trainer.accelerator))

    def after_instantiate_classes(self) -> None:
        """Record the whole configuration of model and data with what it was resolved to."""
        dump = self._parser(self.subcommand).dump(self.config.fit, skip_link_targets=False, skip_none=False)
        options = yaml.safe_load(dump)
        model = options["model"]
        identity = self.model.backbone.identity
        rank_zero_info(f"Weights: {identity['weights']}, sha256 {identity['sha256']}")
        model["backbone"] |= identity
        # The callback that measures logs them, because TensorBoard wants hyperparameters and metrics named together.
        self.model.save_hyperparameters(model, logger=False)
        self.datamodule.save_hyperparameters(options["data"], logger=False)

    def before_fit(self) -> None:
        """Find the user's mistakes before anything is written, and then take a folder that no other run has."""
        self._check_length()
        self._check_files()
        self.datamodule.setup("fit")
        self._check_twins()
        self.model.canvas.check()
        if self.model.scales is not None:
            self.model.scales.check(self.datamodule.size, self.trainer.max_steps)
        self._check_optimizer()
        self._check_shares()
        self._check_resumed()
        output = self.config_init.fit.output
        # What is there is this job's own.
        output.overwrite |= requeued()
        if self._resumed is not None:
            left = partial.read(self._resumed)
            self.config_init.fit.regions.left = self.config_init.fit.page.left = output.left = left
        self.config_init.fit.page.check(self.trainer, output)
        self.config_init.fit.regions.check()
        # Of several processes, the first has a folder; a job that was requeued, the one that it had.
        if self.trainer.is_global_zero and not requeued():
            run_folder.claim(self._numbered)

    def _check_length(self) -> None:
        """Refuse a run that would make no step."""
        trainer = self.config.fit.trainer
        for name in ("max_steps", "max_epochs", "limit_train_batches"):
            if trainer[name] is not None and trainer[name] == 0:
                raise VerismError(f"--trainer.{name} 0: no step would be made, and nothing written; choose at least 1.")
        if trainer.fast_dev_run:
            raise VerismError("--trainer.fast_dev_run: would write nothing; try --trainer.max_steps 1 in its place.")

    def _check_files(self) -> None:
        """Refuse one photo in both places, and a result in the place of anything that the run is made from."""
        options = self.config.fit
        inputs = {name: path for name, path in options.items() if isinstance(path, Path)}
        outputs = {name: inputs.pop(name) for name in ("output.path", "output.lut") if name in inputs}
        styles = style_paths(vars(options.data))
        if len(styles) == 1 and _are_one(inputs["data.content"], styles[0]):
            raise VerismError(
                f"{inputs['data.content']}: is both --data.content and --data.style, and would come back as it is; "
                "choose another photo for one of them."
            )
        taken_from = [*inputs.items(), *(("data.style", path) for path in styles)]
        for option, path in outputs.items():
            for name, taken in taken_from:
                if _are_one(path, taken):
                    raise VerismError(
                        f"{path}: the result would replace --{name.replace('.init_args', '')}; choose another "
                        f"--{option}."
                    )

    def _check_twins(self) -> None:
        """Refuse one photo under two names."""
        digests, (style, *_) = self.datamodule.digests, self.datamodule.styles
        if digests["content"] == digests["style"]:
            raise VerismError(
                f"{style}: is the same photo as {self.datamodule.content}, which would come back as it is; choose "
                "another photo for one of them."
            )

    def _check_optimizer(self) -> None:
        """Have torch say what it has against the optimiser's options; what is optimised is not there yet."""
        try:
            self.model.optimizer([nn.Parameter(torch.zeros(1, 1))])
        except (TypeError, ValueError) as error:
            raise VerismError(f"--optimizer: {error}.") from error

    def _check_shares(self) -> None:
        """Refuse more processes than can share the image; once they wait for one another, one of them cannot."""
        scales = self.model.scales
        content = (self.datamodule.photos if scales is None else self.datamodule.at(scales.sizes[0])).content
        shares(content.shape[-2], content.shape[-1], self.trainer.world_size)

    def _check_resumed(self) -> None:
        """Refuse a checkpoint that cannot be read, or that this run would not go on from in the same way."""
        if self._resumed is None:
            return
        found = checkpoint.read(self._resumed)
        was = found["hyper_parameters"]
        weights, sha256 = was["backbone"]["weights"], was["backbone"]["sha256"]
        if sha256 != self.model.backbone.identity["sha256"]:
            raise VerismError(
                f"{self._resumed}: was made with other weights, {weights} of sha256 {sha256}: name them with "
                "--model.backbone.weights."
            )
        optimizer = self.config.fit.optimizer.class_path
        # A run from Python has no options to record, but for the weights.
        recorded = was["optimizer"]["class_path"] if "optimizer" in was else optimizer
        if recorded != optimizer:
            raise VerismError(
                f"{self._resumed}: was made with another --optimizer, {recorded}, and cannot go on with {optimizer}."
            )
        # The Trainer would attach them, and make the run's folder first.
        self.model.trainer = self.datamodule.trainer = self.trainer
        self.trainer.datamodule = self.datamodule  # type: ignore[attr-defined]  # Set by a connector.
        self._check_photos(found["verism"].get("photos", {}))
        self._check_options(checkpoint.options(found))
        self.model.configure_model()
        self.model.on_load_checkpoint(found)

    def _check_photos(self, was: Mapping[str, Sequence[str]]) -> None:
        """Refuse the checkpoint of a run on other photos or masks than these.

        Args:
            was: SHA-256 of that run's files, by what they are to it.
        """
        now = self.datamodule.digests
        for name in sorted(was.keys() | now.keys()) if was else ():
            if list(was.get(name, [])) != now.get(name, []):
                raise VerismError(
                    f"{self._resumed}: is of a run with another --data.{name}; go on with the files of that run, or "
                    "start a new run without --ckpt_path."
                )

    def _check_options(self, was: Mapping[str, Any]) -> None:
        """Say which options are others than those of the run that is gone on with; refuse another space of colours."""
        now = checkpoint.flat(self.model.options)
        # Compared by content, or without effect on the image.
        apart = ("data.content", "data.style", "data.max_megapixels", "tile", "backbone.weights")
        changed = {
            name: (was[name], now[name])
            for name in was.keys() & now.keys()
            if was[name] != now[name] and not name.startswith(apart)
        }
        for name in ("canvas", "canvas.space"):
            before, after = (str(options.get(name)).rpartition(".")[2] for options in (was, now))
            if name in was and before != after:
                raise VerismError(
                    f"{self._resumed}: is of a run with --model.{name} {before}, and cannot go on with {after}."
                )
        if changed:
            said = ", ".join(f"{name} {after} (before: {before})" for name, (before, after) in sorted(changed.items()))
            rank_zero_info(f"Going on with other options than before: {said}.")

    def _remedy(self) -> str:
        """Return what would have taken less memory: half of what there was not, or of what there is."""
        feature_pass = getattr(getattr(self, "model", None), "feature_pass", None)
        if feature_pass is None:
            return "a smaller --data.size"
        takes = feature_pass.step.takes(feature_pass.tiling)
        return str(feature_pass.remedy(min(free(self.model.device), takes) // 2))


def _are_one(first: Path, second: Path) -> bool:
    """Return whether two paths are of one file, by whatever names."""
    return first.exists() and second.exists() and first.samefile(second)


class Parser(LightningArgumentParser):
    """Lightning's parser, with a help that can be read, and configs that say which version wrote them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make it."""
        header = [config_file.header(), *kwargs.pop("dump_header", [])]
        super().__init__(*args, dump_header=header, **kwargs)

    def format_help(self, *args: Any, **kwargs: Any) -> str:
        """Return the help without the names of every module and optimiser that torch has, 600 lines of them."""
        return re.sub(r",\s+known\s+subclasses:[^)]*\)", ")", super().format_help(*args, **kwargs))


class SaveConfig(SaveConfigCallback):
    """Writes config.yaml into the run's own folder; a run without one (no logger) writes none."""

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Write it, unless it would land among the user's files."""
        if trainer.loggers:
            super().setup(trainer, pl_module, stage)


class FitOptions(VerismCLI):
    """The options of ``fit``, read and checked; nothing is built or run."""

    def __init__(self) -> None:
        """Make the parser."""
        # The parser is only made together with something to parse; the photos have no default.
        super().__init__(["--seed_everything=false", "--data.content=none", "--data.style=none"], run=False)

    def read(self, args: Sequence[str]) -> dict[str, Any]:
        """Return the complete options that ``args`` stand for, of plain types, as ``fit`` takes them in a config."""
        with trust.limited():
            found = self.parser.parse_args(list(args))
            trust.check(found)
            options: dict[str, Any] = yaml.safe_load(self.parser.dump(found, skip_none=False))
        return options

    def build(self, options: Mapping[str, Any]) -> StyleTransfer:
        """Return the model of ``options``."""
        with trust.limited():
            found = self.parser.parse_object(dict(options))
            trust.check(found)
            model: StyleTransfer = self.parser.instantiate_classes(found).model
        return model

    def before_instantiate_classes(self) -> None:
        """Leave the precision open."""

    def instantiate_classes(self) -> None:
        """Build nothing."""

    def after_instantiate_classes(self) -> None:
        """Record nothing."""
