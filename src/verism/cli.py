"""The command line: ``python main.py fit --config leaky.yaml``."""

from __future__ import annotations

import logging
import re
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from jsonargparse import ArgumentError
from jsonargparse.typing import register_type
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI, OptimizerCallable, SaveConfigCallback
from lightning.pytorch.utilities import rank_zero_info
from lightning.pytorch.utilities.exceptions import MisconfigurationException

from verism import precision
from verism.callbacks import Histograms, Output, Scalars, Snapshots
from verism.data import PhotoPair
from verism.errors import VerismError
from verism.memory import keep_freed_memory
from verism.module import StyleTransfer

CONFIGS = next(
    folder for folder in (Path(__file__).parent / "configs", Path(__file__).parents[2] / "configs") if folder.is_dir()
)
"""verism's own configs: inside an installed package, or at the top of a checkout."""


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line.

    Args:
        args: the arguments, without the program's name; None takes those of the process.

    Raises:
        SystemExit: with status 2 and one sentence on stderr for a mistake of the user's, 1 for a run that failed.
    """
    keep_freed_memory()
    _quieten_lightning()
    try:
        VerismCLI(_locate_configs(sys.argv[1:] if args is None else args))
    except (ArgumentError, MisconfigurationException, VerismError) as error:
        sys.stderr.write(f"verism: {' '.join(str(error).split())}\n")
        raise SystemExit(getattr(error, "exit_status", VerismError.exit_status)) from None


class VerismCLI(LightningCLI):
    """LightningCLI for one method: an image, two photos, and what a person sees of it."""

    def __init__(self, args: Sequence[str]) -> None:
        """Parse ``args`` and run the subcommand that they name."""
        # Paths in a config mean the same wherever the command is run: relative to that config. jsonargparse parses a
        # config from inside its folder, so that making them absolute at once is all it takes.
        register_type(Path, str, lambda path: Path(path).expanduser().resolve(), fail_already_registered=False)
        super().__init__(
            StyleTransfer,
            PhotoPair,
            save_config_callback=SaveConfig,
            # The summary would list one parameter.
            trainer_defaults={"max_steps": 1000, "log_every_n_steps": 10, "enable_model_summary": False},
            seed_everything_default=0,
            parser_kwargs={
                "description": __doc__,
                "exit_on_error": False,
                "fit": {"description": "Give one photo the look of another.", "exit_on_error": False},
            },
            parser_class=Parser,
            args=list(args),
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
        parser.add_lightning_class_args(Output, "output")
        parser.add_lightning_class_args(Scalars, "scalars")
        parser.add_lightning_class_args(Snapshots, "snapshots")
        parser.add_lightning_class_args(Histograms, "histograms")

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        """Parse ``args`` and nothing else."""
        self.config = parser.parse_args(args)

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """Return the Trainer; what Lightning has against its options becomes the user's sentence."""
        try:
            return super().instantiate_trainer(**kwargs)
        except (ValueError, MisconfigurationException) as error:
            raise VerismError(f"--trainer: {error}") from error

    def before_instantiate_classes(self) -> None:
        """Choose the precision, unless the user did."""
        trainer = self.config.fit.trainer
        if trainer.precision is None:
            trainer.precision = precision.fastest(str(trainer.accelerator))

    def after_instantiate_classes(self) -> None:
        """Record the whole configuration of the model with what it was resolved to."""
        dump = self._parser(self.subcommand).dump(self.config.fit, skip_link_targets=False, skip_none=False)
        options = yaml.safe_load(dump)["model"]
        identity = self.model.backbone.identity
        rank_zero_info(f"Weights: {identity['weights']}, sha256 {identity['sha256']}")
        options["backbone"] |= identity
        self.model.save_hyperparameters(options)

    def before_fit(self) -> None:
        """Find the user's mistakes before anything is written."""
        self.datamodule.setup("fit")
        self.config_init.fit.output.check(self.trainer)


class Parser(LightningArgumentParser):
    """Lightning's parser, with a help that can be read."""

    def format_help(self, *args: Any, **kwargs: Any) -> str:
        """Return the help without the names of every module and optimiser that torch has, 600 lines of them."""
        return re.sub(r",\s+known\s+subclasses:[^)]*\)", ")", super().format_help(*args, **kwargs))


class SaveConfig(SaveConfigCallback):
    """Writes config.yaml into the run's own folder; a run without one (no logger) writes none."""

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Write it, unless it would land among the user's files."""
        if trainer.loggers:
            super().setup(trainer, pl_module, stage)


def _quieten_lightning() -> None:
    """Leave out what says nothing about the run."""
    # Advertising.
    logger = logging.getLogger("lightning.pytorch.utilities.rank_zero")
    logger.addFilter(_is_no_advertisement)
    # Lightning's own use of what torch has deprecated since.
    warnings.filterwarnings("ignore", message="`isinstance.treespec, LeafSpec.` is deprecated", category=FutureWarning)
    # The first and the last step are logged, however short the run.
    warnings.filterwarnings("ignore", message="The number of training batches .* is smaller than the logging interval")
    # A resumed run has a folder of its own, and the one sample is the same wherever in an epoch it resumes.
    warnings.filterwarnings("ignore", message="The dirpath has changed from")
    warnings.filterwarnings("ignore", message="You're resuming from a checkpoint that ended before the epoch ended")


def _is_no_advertisement(record: logging.LogRecord) -> bool:
    return "💡 Tip" not in record.getMessage()


def _locate_configs(args: Sequence[str]) -> list[str]:
    """Replace each ``--config NAME`` that is no file here by verism's own config of that name."""
    located: list[str] = []
    for arg in args:
        option, equals, value = arg.partition("=")
        if option in ("--config", "-c") and equals:
            located.append(f"{option}={_locate(value)}")
        elif located and located[-1] in ("--config", "-c"):
            located.append(_locate(arg))
        else:
            located.append(arg)
    return located


def _locate(config: str) -> str:
    if Path(config).is_file():
        return config
    if (CONFIGS / config).is_file():
        return str(CONFIGS / config)
    names = sorted(path.relative_to(CONFIGS).as_posix() for path in CONFIGS.rglob("*.yaml"))
    raise VerismError(f"{config}: no such config; verism's own are {', '.join(names)}.")
