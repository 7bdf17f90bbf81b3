"""The options of ``fit``: a parser for them, and functions to read them and build their objects without a run."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jsonargparse import Namespace
from jsonargparse.typing import register_type
from lightning.pytorch import Trainer
from lightning.pytorch.cli import LightningArgumentParser, OptimizerCallable

from verism import trust
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
)
from verism.commands import config_file, example_pair
from verism.data import PhotoPair
from verism.data.options import style_paths
from verism.errors import VerismError
from verism.module import PAPER, StyleTransfer
from verism.trainable import SchedulerFactory
from verism.url import is_url

LONGEST_NAME = 255
"""Longest file name, in bytes, that file systems allow."""

SEED = 0
"""Default seed: random numbers are the same in every run, unless the user says otherwise."""

TRAINER: Mapping[str, Any] = {"max_steps": 1000, "log_every_n_steps": 5, "enable_model_summary": False}
"""Defaults of the Trainer that differ from Lightning's. Its model summary would list only a single parameter."""


def resolve_paths() -> None:
    """Resolve paths in a config relative to that config, wherever the command is run."""
    # jsonargparse changes into a config's folder to parse it, so a path resolved at that point is relative to the
    # config.
    register_type(Path, str, _resolve, fail_already_registered=False)


def _resolve(path: str | Path) -> Path:
    if is_url(path):
        raise ValueError(f"{path} is a URL, and must be a file")
    try:
        found = Path(path).expanduser().resolve()
    except (OSError, RuntimeError) as error:
        # A symbolic link to itself, or "~name" for a user that does not exist.
        raise ValueError(f"{path} cannot be followed to a file ({error})") from error
    if any(len(os.fsencode(name)) > LONGEST_NAME for name in found.parts):
        raise ValueError(f"{str(path)[:40]}… is longer than the name of a file can be")
    return found


class PhotoFiles(PhotoPair):
    """A content and a style photo from files, as the command line names them."""

    def __init__(self, content: Path, style: list[Path] | Path, **options: Any) -> None:
        """Choose the photos.

        Args:
            content: the photo that keeps its content: JPEG, PNG, WebP, TIFF, … In a config file, a path is relative to
                that file.
            style: the photo whose look the content photo takes on, or several, such as "[a.jpg, b.jpg]". Transparent
                areas are ignored.
            **options: those of ``PhotoPair``.
        """
        super().__init__(content, style, **options)


class Parser(LightningArgumentParser):
    """Lightning's parser with a shorter help text, and with the version of verism at the top of every config."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make the parser, with the same arguments as Lightning's."""
        header = [config_file.header(), *kwargs.pop("dump_header", [])]
        super().__init__(*args, dump_header=header, **kwargs)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write a config without validating it again, since its options have been parsed."""
        super().save(*args, **{"skip_validation": True, **kwargs})

    def format_help(self, *args: Any, **kwargs: Any) -> str:
        """Return the help text without the lists of all of torch's modules and optimisers, which take 600 lines."""
        return re.sub(r",\s+known\s+subclasses:[^)]*\)", ")", super().format_help(*args, **kwargs))


def add_parts(parser: LightningArgumentParser, output: type[Output]) -> None:
    """Add the options of the optimiser, the learning-rate scheduler and the callbacks.

    Args:
        parser: a parser that already has the options of the model, the photos and the Trainer.
        output: the callback that writes the result.
    """
    parser.add_argument(
        "--optimizer",
        type=OptimizerCallable,
        default={"class_path": "torch.optim.Adam", "init_args": {"lr": 0.01}},
        help="Any optimiser of torch, such as torch.optim.Adam or torch.optim.LBFGS. With free pixels, the learning "
        "rate is in ImageNet standard deviations per step.",
    )
    parser.add_argument(
        "--lr_scheduler",
        type=SchedulerFactory | None,
        default=None,
        help="Any learning-rate scheduler of torch, such as torch.optim.lr_scheduler.CosineAnnealingLR with "
        "--lr_scheduler.T_max 300. It changes the learning rate after every step; null: the rate is constant.",
    )
    parser.link_arguments("optimizer", "model.optimizer")
    parser.link_arguments("lr_scheduler", "model.lr_scheduler")
    slots = ("canvas", "backbone", "style", "color")
    parser.set_defaults({f"model.{slot}": {"class_path": f"verism.{PAPER[slot].__name__}"} for slot in slots})
    parser.add_lightning_class_args(output, "output")
    # Not a callback yet: VerismCLI.own_callbacks adds it unless --trainer.enable_checkpointing is false.
    parser.add_class_arguments(Checkpoints, "checkpoints")
    parser.add_lightning_class_args(Scalars, "scalars")
    parser.add_lightning_class_args(Metrics, "metrics")
    parser.add_lightning_class_args(Snapshots, "snapshots")
    parser.add_lightning_class_args(RegionMap, "regions")
    parser.add_lightning_class_args(Histograms, "histograms")
    # Registered after the callbacks whose results it shows.
    parser.add_lightning_class_args(Page, "page")
    # Registered last so that it prints last.
    parser.add_lightning_class_args(Summary, "summary")


def parse(parser: LightningArgumentParser, args: Sequence[str]) -> Namespace:
    """Return the options that ``args`` stand for.

    Raises:
        ArgumentError: an option is unknown, or its value is not allowed.
        VerismError: a file of options is not a text file, an option names a class that it does not accept, or the user
            gave only one of the two photos, and the other is still the config's example.
    """
    try:
        found = parser.parse_args(list(args))
    except UnicodeDecodeError as error:
        raise VerismError("A file of options given to --model, --data or the like is not a text file.") from error
    options = found.get("fit", found)
    trust.check(options)
    if options.data.content is not None:
        example_pair.check(args, options.data.content, style_paths(vars(options.data)))
    return found


def as_plain(parser: LightningArgumentParser, found: Namespace, *, linked: bool = False) -> dict[str, Any]:
    """Return options as plain types, as a config holds them.

    Args:
        parser: the parser that parsed them.
        found: the options; they are not validated again, which would take longer than everything else here.
        linked: keep options that are linked to others, such as the model's optimiser.
    """
    # JSON, because YAML is slow to write and to read.
    text = parser.dump(found, format="json", skip_none=False, skip_link_targets=not linked, skip_validation=True)
    options: dict[str, Any] = json.loads(text)
    return options


class FitOptions:
    """Reads and checks the options of ``fit`` without starting a run.

    Attributes:
        parser: the parser of the options, as ``fit`` takes them in a config.
    """

    def __init__(self) -> None:
        """Make the same parser that ``LightningCLI`` makes for a run."""
        resolve_paths()
        self.parser = Parser(exit_on_error=False)
        self.parser.add_argument("-c", "--config", action="config")
        self.parser.add_argument("--seed_everything", type=bool | int, default=SEED)
        self.parser.add_lightning_class_args(Trainer, "trainer")
        self.parser.set_defaults({f"trainer.{name}": value for name, value in TRAINER.items()})
        self.parser.add_lightning_class_args(StyleTransfer, "model")
        self.parser.add_lightning_class_args(PhotoFiles, "data")
        add_parts(self.parser, Output)

    def parse(self, args: Sequence[str]) -> Namespace:
        """Return the complete, checked options that ``args`` stand for.

        Raises:
            ArgumentError, VerismError: as ``parse`` does.
        """
        with trust.limited():
            return parse(self.parser, args)

    def plain(self, found: Namespace) -> dict[str, Any]:
        """Return options returned by ``parse`` as plain types, as ``fit`` takes them in a config."""
        return as_plain(self.parser, found)

    def read(self, args: Sequence[str]) -> dict[str, Any]:
        """Return the complete options that ``args`` stand for as plain types, as ``fit`` takes them in a config.

        Raises:
            ArgumentError, VerismError: as ``parse`` does.
        """
        return self.plain(self.parse(args))

    def build(self, options: Mapping[str, Any]) -> StyleTransfer:
        """Return the model that ``options`` describe.

        Raises:
            VerismError: an option names a class that it does not accept.
        """
        with trust.limited():
            found = self.parser.parse_object(dict(options))
            trust.check(found)
            model: StyleTransfer = self.parser.instantiate(found).model
        return model
