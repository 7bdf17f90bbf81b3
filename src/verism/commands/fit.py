"""The command ``fit``: one run, from two photos to an image."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError

from jsonargparse import ArgumentError, Namespace
from lightning.fabric.plugins.io import CheckpointIO
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import ProgressBar
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI, SaveConfigCallback
from lightning.pytorch.utilities import rank_zero_info
from lightning.pytorch.utilities.exceptions import MisconfigurationException

from verism import photo_file, precision, trust
from verism.callbacks import Checkpoints, Output, continued, unfinished
from verism.callbacks.checkpoints import begun
from verism.callbacks.find import find
from verism.callbacks.freed_memory import KeepFreedMemory
from verism.callbacks.progress import Progress
from verism.callbacks.same_scene import SameScene
from verism.callbacks.signals import Signals, requeued
from verism.checkpoint import CheckpointFiles
from verism.commands import preflight, resuming, run_folder
from verism.commands.complaint import plain
from verism.commands.options import SEED, TRAINER, Parser, PhotoFiles, add_parts, as_plain, parse, resolve_paths
from verism.commands.run_folder import Numbered
from verism.commands.saying import COMPACT
from verism.data.options import style_paths
from verism.errors import InterruptedRunError, OutOfMemoryError, UnbegunRunError, VerismError, is_shortage
from verism.module import StyleTransfer
from verism.quiet import quiet_writers, quieten_lightning
from verism.run_files import run_of
from verism.tiling.memory_estimate import free
from verism.url import is_url

EMBEDDED = ", the network that comes with verism (verism doctor tells of another)"
"""Note added to the name of the embedded weights; only users who compare networks need to know the difference."""


def fit(args: Sequence[str]) -> VerismCLI:
    """Run ``fit`` and return the finished CLI, which has ``model``, ``trainer`` and ``datamodule``."""
    quieten_lightning()
    return VerismCLI(["fit", *args], command=["fit", *args, *trust.given()])


class VerismCLI(LightningCLI):
    """LightningCLI with a single subcommand: it builds a run from options and runs it.

    Attributes:
        output_class: the callback that writes the result, configured by ``--output``.
        first_step: number of steps made before this run, by the runs that it continues.
        returns_home: whether a run that continues a picture stays in the folder of the run that began it and replaces
            its checkpoints.
    """

    output_class: type[Output] = Output
    first_step: int = 0
    returns_home: bool = False

    def __init__(self, args: Sequence[str], command: Sequence[str] | None = None) -> None:
        """Parse ``args``, the first of which is ``fit``, and run it.

        Args:
            args: the command-line arguments.
            command: the words with which the user started this run, for the hint on how to continue it; None: started
                from Python.
        """
        resolve_paths()
        self._resumed: str | None = None
        self._asked, self._passed_on = "", False
        self._command = command
        self._numbered: list[Numbered] = []
        self._claimed: list[Numbered] = []
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
        """Turn Ctrl-C and errors caused by the machine (out of memory, a full disk) into one sentence."""
        try:
            yield
        except KeyboardInterrupt as error:
            raise self._stopped() from error
        except SystemExit as error:
            # After Ctrl-C, Lightning exits this way, with a status that does not say so.
            if not isinstance(error.__context__, KeyboardInterrupt):
                raise
            raise self._stopped() from error
        except VerismError:
            if not self._has_begun:
                self.refuse()
            raise
        except (MemoryError, RuntimeError) as error:
            if not is_shortage(error):
                raise
            raise OutOfMemoryError(f"There was not enough memory: try {self._remedy()}.") from error
        except (OSError, ValueError) as error:
            # TensorBoardLogger wraps a failed write of its log in a ValueError.
            cause = error if isinstance(error, OSError) else error.__cause__
            if not isinstance(cause, OSError):
                raise
            if isinstance(cause, URLError):
                raise VerismError(
                    f"A part of the run could not be downloaded ({cause.reason}): check the connection, or get the "
                    "file in another way, if the part can be given one."
                ) from error
            place = cause.filename or self._logs()
            raise VerismError(f"{place}: cannot be read or written ({cause.strerror or cause}).") from error

    def _stopped(self) -> VerismError:
        """Return the error for a run stopped at once by Ctrl-C; remove the run's folder if it made nothing."""
        if self._has_begun:
            return InterruptedRunError(signal.SIGINT, self.trainer.global_step)
        run_folder.give_up(self._claimed)
        return UnbegunRunError()

    def refuse(self) -> None:
        """Remove the folder of a run that was refused and has made nothing."""
        run_folder.give_up(self._claimed)

    @property
    def _has_begun(self) -> bool:
        """Whether the run has made a step or a picture."""
        if not hasattr(self, "trainer"):
            return False
        return bool(self.trainer.global_step) or self.config_init.fit.output.written is not None

    def _logs(self) -> str:
        """Return a name for a file that its error does not name: TensorBoard writes its log in another thread."""
        try:
            return f"{self.trainer.log_dir}: its log"
        except AttributeError:
            return "a file of the run"

    def _remedy(self) -> str:
        """Return options that would need less memory: half of what was needed, or half of what is free."""
        try:
            passage = self.model.feature_pass.passage
        except AttributeError:
            # Memory ran out before the photos went through the network.
            return "a smaller --data.size"
        takes = passage.step.takes(passage.tiling)
        return str(passage.step.remedy(passage.tiling, min(free(self.model.device), takes) // 2))

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """Return the commands, each with the arguments of the Trainer's method that are not options."""
        # CheckpointFiles never unpickles arbitrary objects, so weights_only would have no effect.
        return {"fit": {"model", "train_dataloaders", "val_dataloaders", "datamodule", "weights_only"}}

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add the optimiser and the callbacks."""
        add_parts(parser, self.output_class)

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        """Parse ``args`` and find the checkpoint to continue from.

        The parser does not see the checkpoint, because Lightning would let its options replace the user's.
        """
        self.config = self.read(parser, args)
        options = self.config.fit
        preflight.check_seed(options.seed_everything)
        if options.ckpt_path is not None:
            root = str(options.trainer.default_root_dir or Path.cwd())
            named = resuming.named(str(options.ckpt_path), root)
            self._asked = continued.asked(begun(self._command or ()), options.output.path)
            self._resumed = continued.latest(named, self._asked)
            options.ckpt_path = None
            self._passed_on = self._resumed != named
            if self._passed_on:
                rank_zero_info(f"{named}: a run has gone on from it, and this one goes on from {self._resumed}.")

    def read(self, parser: LightningArgumentParser, args: Sequence[str]) -> Namespace:
        """Return the checked options that ``args`` stand for."""
        return parse(parser, args)

    def before_instantiate_classes(self) -> None:
        """Check the photos, choose the precision unless the user did, and continue from the checkpoint found.

        Raises:
            VerismError: a photo or mask does not exist or is not an image, or a region's name is invalid. This is
                raised before the weights are loaded, and so before any message about them.
        """
        for photo in self.photo_files():
            photo_file.check_header(photo)
        preflight.check_regions(self.config.fit.data)
        if self._resumed is not None:
            self.config.fit.ckpt_path = self._resumed
        trainer = self.config.fit.trainer
        if trainer.precision is None:
            trainer.precision = precision.fastest(str(trainer.accelerator))

    def photo_files(self) -> list[Path]:
        """Return the files of the photos and masks."""
        data = self.config.fit.data
        masks = [mask for mask in (data.content_mask, data.style_mask) if mask is not None]
        return [data.content, *style_paths(vars(data)), *masks]

    def instantiate_classes(self) -> None:
        """Build the parts; turn errors that torch or Lightning raise about their options into one sentence."""
        try:
            super().instantiate_classes()
        except (AssertionError, ImportError, TypeError, ValueError) as error:
            if isinstance(error.__cause__, OSError) or isinstance(error, ArgumentError):
                raise
            raise VerismError(f"The options cannot be taken together: {plain(error).rstrip('.')}.") from error

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """Return the Trainer; turn errors that Lightning raises about its options into one sentence."""
        options = self.config_init.fit.trainer
        given, plugins = _as_list(options.callbacks), _as_list(options.plugins)
        kwargs["callbacks"] = [*given, *self.own_callbacks(given)]
        if not any(isinstance(plugin, CheckpointIO) for plugin in plugins):
            kwargs["plugins"] = [*plugins, CheckpointFiles()]
        try:
            made = super().instantiate_trainer(**kwargs)
        except (ImportError, TypeError, ValueError, MisconfigurationException) as error:
            # ImportError: the fsspec backend for a URL is not installed.
            raise VerismError(f"--trainer: {error}") from error
        self._numbered = run_folder.numbered(made)
        return made

    def own_callbacks(self, given: Sequence[Callback]) -> list[Callback]:
        """Return the callbacks that every run has in addition to those ``given`` by the user."""
        options = self.config_init.fit.trainer
        own: list[Callback] = [KeepFreedMemory(), Signals(), SameScene()]
        if options.enable_checkpointing is not False:
            checkpoints: Checkpoints = self.config_init.fit.checkpoints
            checkpoints.command = self._command
            checkpoints.origin = None if self._resumed is None else (self._resumed, self._asked)
            own.append(checkpoints)
        if options.enable_progress_bar is not False and not any(isinstance(it, ProgressBar) for it in given):
            own.append(self.progress())
        return own

    def progress(self) -> ProgressBar:
        """Return the default progress bar, for a run whose options name none."""
        return Progress()

    def after_instantiate_classes(self) -> None:
        """Record all options of model and data, with defaults such as ``auto`` resolved."""
        options = as_plain(self._parser(self.subcommand), self.config.fit, linked=True)
        model = options["model"]
        identity = self.model.backbone.identity
        # The checkpoint records their SHA-256, so a run with changed weights is refused.
        rank_zero_info(f"Weights: {identity['weights']}{EMBEDDED if identity['weights'] == COMPACT else ''}")
        backbone = model["backbone"]
        backbone["init_args"] = {**(backbone.get("init_args") or {}), **self.model.backbone.pinned}
        # The callbacks log them: TensorBoard needs hyperparameters and metrics in one call.
        self.model.has_options = True
        self.model.save_hyperparameters(model, logger=False)
        self.datamodule.save_hyperparameters(options["data"], logger=False)

    @property
    def title(self) -> str:
        """The names of the photos, after which the run's folder is named."""
        return str(self.datamodule.title)

    def before_fit(self) -> None:
        """Check for user mistakes before anything is written, then claim a folder that no other run has."""
        options, parts = self.config.fit, self.config_init.fit
        preflight.check(options, self.model, self.datamodule, self.trainer)
        # A requeued job finds its own files and replaces them.
        parts.output.overwrite |= requeued()
        if self._resumed is not None:
            self.first_step = resuming.check(
                self._resumed, self.model, self.datamodule, self.trainer, options.optimizer.class_path
            )
            replaceable = unfinished.read(self._resumed)
            parts.regions.replaceable = parts.page.replaceable = parts.output.replaceable = replaceable
            self._check_unfinished(parts.output)
        parts.page.check(self.trainer, parts.output)
        parts.regions.check()
        # Only the first of several processes makes a folder, and a requeued job keeps its earlier folder.
        if self.trainer.is_global_zero and not requeued():
            default = options.trainer.logger in (None, True)
            home = self._home(parts.output) if default and self.returns_home else None
            if home is not None:
                self._go_on_in(home)
            else:
                run_folder.claim(self._numbered, run_folder.named_by(self.title) if default else None)
                self._claimed = self._numbered

    def _home(self, output: Output) -> Path | None:
        """Return the folder of the run that this one resumes, if it continues the same picture; else None."""
        if self._resumed is None or output.path is None or is_url(self._resumed):
            return None
        home = run_of(Path(self._resumed).resolve())
        is_among_runs = {Path(logger.root_dir).resolve() for logger in self._numbered} == {home.parent}
        return home if is_among_runs and unfinished.unchanged(output.path, output.replaceable) else None

    def _go_on_in(self, home: Path) -> None:
        """Continue in the folder of the run that this one resumes, as a job requeued by SLURM does."""
        for logger in self._numbered:
            logger._version = home.name
        config, own = find(self.trainer, SaveConfig), find(self.trainer, Checkpoints)
        if config is not None:
            config.overwrite = True
        if own is not None:
            own.is_at_home = True

    def _check_unfinished(self, output: Output) -> None:
        """Raise ``VerismError`` if another run continued from the checkpoint and has already finished the picture."""
        path, steps = output.path, self.trainer.max_steps
        is_finished = self._passed_on and 0 < steps <= self.first_step
        if is_finished and path is not None and path.exists() and not output.overwrite:
            raise VerismError(
                f"{path}: exists already, and is finished: all {self.first_step} steps are made; choose another "
                "--output.path, or set --output.overwrite true."
            )


class SaveConfig(SaveConfigCallback):
    """Writes config.yaml into the run's own folder; a run without a logger has no folder, and writes none."""

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Write config.yaml unless there is no logger, in which case Lightning would use the current folder."""
        if trainer.loggers:
            super().setup(trainer, pl_module, stage)


def _as_list(given: Any) -> list[Any]:
    """Return the value of an option that takes one thing or a list, as a list."""
    if given is None:
        return []
    return given if isinstance(given, list) else [given]
