"""The command ``fit``: one run, from two photos to an image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from jsonargparse import ArgumentError
from lightning.fabric.plugins.io import CheckpointIO
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import ProgressBar
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI, SaveConfigCallback
from lightning.pytorch.utilities import rank_zero_info
from lightning.pytorch.utilities.exceptions import MisconfigurationException

from verism import checkpoint, precision, trust
from verism.callbacks import Checkpoints, Output, partial
from verism.callbacks.freed_memory import KeepFreedMemory
from verism.callbacks.progress import Progress
from verism.callbacks.signals import Signals, requeued
from verism.checkpoint import CheckpointFiles
from verism.commands import preflight, resuming, run_folder
from verism.commands.complaint import plain
from verism.commands.options import SEED, TRAINER, Parser, PhotoFiles, add_parts, parse, resolve_paths
from verism.commands.run_folder import Numbered
from verism.errors import OutOfMemoryError, VerismError, is_shortage
from verism.module import StyleTransfer
from verism.quiet import quiet_writers, quieten_lightning
from verism.tiling.memory_estimate import free


def fit(args: Sequence[str]) -> VerismCLI:
    """Run ``fit`` with its arguments, and return what it was made of: ``model``, ``trainer``, ``datamodule``."""
    quieten_lightning()
    return VerismCLI(["fit", *args], command=["fit", *args, *trust.given()])


class VerismCLI(LightningCLI):
    """LightningCLI for one method: an image, two photos, and what a person sees of it.

    Attributes:
        output_class: the callback that takes the result, configured by ``--output``.
    """

    output_class: type[Output] = Output

    def __init__(self, args: Sequence[str], command: Sequence[str] | None = None) -> None:
        """Parse ``args``, of which the first is ``fit``, and run it.

        Args:
            args: of the command line.
            command: what the user can start again to go on, with ``--ckpt_path``; None: nothing.
        """
        resolve_paths()
        self._resumed: str | None = None
        self._command = command
        self._numbered: list[Numbered] = []
        with trust.limited(), self._sentences(), quiet_writers():
            super().__init__(
                StyleTransfer,
                PhotoFiles,
                save_config_callback=SaveConfig,
                save_config_kwargs={"overwrite": requeued()},
                trainer_defaults=dict(TRAINER),
                seed_everything_default=SEED,
                parser_kwargs={
                    "exit_on_error": False,
                    "fit": {"description": "Give one photo the look of another.", "exit_on_error": False},
                },
                parser_class=Parser,
                args=list(args),
                auto_configure_optimizers=False,
                load_from_checkpoint_support=False,
            )

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        """Say in a sentence what the machine has too little of, or does not allow."""
        try:
            yield
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
            place = cause.filename or self._logs()
            raise VerismError(f"{place}: cannot be read or written ({cause.strerror or cause}).") from error

    def _logs(self) -> str:
        """Return what is read or written without a name: TensorBoard's log, by another thread."""
        try:
            return f"{self.trainer.log_dir}: its log"
        except AttributeError:
            return "a file of the run"

    def _remedy(self) -> str:
        """Return what would have taken less memory: half of what there was not, or of what there is."""
        try:
            passage = self.model.feature_pass.passage
        except AttributeError:
            # It ran out before the photos had passed the network.
            return "a smaller --data.size"
        takes = passage.step.takes(passage.tiling)
        return str(passage.step.remedy(passage.tiling, min(free(self.model.device), takes) // 2))

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """Return the commands there are, with those of the Trainer's arguments that are not the user's."""
        # Checkpoints are never unpickled, whatever weights_only says.
        return {"fit": {"model", "train_dataloaders", "val_dataloaders", "datamodule", "weights_only"}}

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add the optimiser and the callbacks."""
        add_parts(parser, self.output_class)

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        """Parse ``args`` and nothing else, and find the checkpoint to go on from.

        Lightning would have the checkpoint's options take the place of those that the user gives.
        """
        self.config = parse(parser, args)
        options = self.config.fit
        preflight.check_seed(options.seed_everything)
        if options.ckpt_path is not None:
            root = str(options.trainer.default_root_dir or Path.cwd())
            self._resumed = checkpoint.last(root) if options.ckpt_path == "last" else str(options.ckpt_path)
            options.ckpt_path = None

    def before_instantiate_classes(self) -> None:
        """Choose the precision, unless the user did; and go on from the checkpoint that was found."""
        if self._resumed is not None:
            self.config.fit.ckpt_path = self._resumed
        trainer = self.config.fit.trainer
        if trainer.precision is None:
            trainer.precision = precision.fastest(str(trainer.accelerator))

    def instantiate_classes(self) -> None:
        """Build the parts; what a part of torch's or Lightning's has against its options becomes a sentence."""
        try:
            super().instantiate_classes()
        except (AssertionError, ImportError, TypeError, ValueError) as error:
            if isinstance(error.__cause__, OSError) or isinstance(error, ArgumentError):
                raise
            raise VerismError(f"The options cannot be taken together: {plain(str(error)).rstrip('.')}.") from error

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """Return the Trainer; what Lightning has against its options becomes the user's sentence."""
        options = self.config_init.fit.trainer
        given, plugins = _as_list(options.callbacks), _as_list(options.plugins)
        kwargs["callbacks"] = [*given, *self.own_callbacks(given)]
        if not any(isinstance(plugin, CheckpointIO) for plugin in plugins):
            kwargs["plugins"] = [*plugins, CheckpointFiles()]
        try:
            made = super().instantiate_trainer(**kwargs)
        except (ImportError, TypeError, ValueError, MisconfigurationException) as error:
            # Also that a package is missing for a URL.
            raise VerismError(f"--trainer: {error}") from error
        self._numbered = run_folder.numbered(made)
        return made

    def own_callbacks(self, given: Sequence[Callback]) -> list[Callback]:
        """Return the callbacks that every run has, beside those that are ``given``."""
        options = self.config_init.fit.trainer
        own: list[Callback] = [KeepFreedMemory(), Signals()]
        if options.enable_checkpointing is not False:
            checkpoints: Checkpoints = self.config_init.fit.checkpoints
            checkpoints.command = self._command
            own.append(checkpoints)
        if options.enable_progress_bar is not False and not any(isinstance(it, ProgressBar) for it in given):
            own.append(self.progress())
        return own

    def progress(self) -> ProgressBar:
        """Return the bar of a run that asks for no other."""
        return Progress()

    def after_instantiate_classes(self) -> None:
        """Record the whole configuration of model and data with what it was resolved to."""
        dump = self._parser(self.subcommand).dump(self.config.fit, skip_link_targets=False, skip_none=False)
        options = yaml.safe_load(dump)
        model = options["model"]
        identity = self.model.backbone.identity
        rank_zero_info(f"Weights: {identity['weights']}, sha256 {identity['sha256']}")
        backbone = model["backbone"]
        backbone["init_args"] = {**(backbone.get("init_args") or {}), **self.model.backbone.pinned}
        # The callback that measures logs them, because TensorBoard wants hyperparameters and metrics named together.
        self.model.save_hyperparameters(model, logger=False)
        self.datamodule.save_hyperparameters(options["data"], logger=False)

    def before_fit(self) -> None:
        """Find the user's mistakes before anything is written, and then take a folder that no other run has."""
        options, parts = self.config.fit, self.config_init.fit
        preflight.check(options, self.model, self.datamodule, self.trainer)
        # What is there is this job's own.
        parts.output.overwrite |= requeued()
        if self._resumed is not None:
            resuming.check(self._resumed, self.model, self.datamodule, self.trainer, options.optimizer.class_path)
            parts.regions.left = parts.page.left = parts.output.left = partial.read(self._resumed)
        parts.page.check(self.trainer, parts.output)
        parts.regions.check()
        # Of several processes, the first has a folder; a job that was requeued, the one that it had.
        if self.trainer.is_global_zero and not requeued():
            run_folder.claim(self._numbered)


class SaveConfig(SaveConfigCallback):
    """Writes config.yaml into the run's own folder; a run without one (no logger) writes none."""

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Write it, unless it would land among the user's files."""
        if trainer.loggers:
            super().setup(trainer, pl_module, stage)


def _as_list(given: Any) -> list[Any]:
    """Return what an option takes one or several of, as a list."""
    if given is None:
        return []
    return given if isinstance(given, list) else [given]
