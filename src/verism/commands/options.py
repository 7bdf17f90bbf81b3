"""The options of ``fit``: a parser for them, and how they are read and built without a run."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
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
from verism.module import StyleTransfer

LONGEST_NAME = 255
"""Bytes that file systems have for a name."""

SEED = 0
"""What is random is the same in every run, unless the user says otherwise."""

TRAINER: Mapping[str, Any] = {"max_steps": 1000, "log_every_n_steps": 5, "enable_model_summary": False}
"""Options of the Trainer with other defaults than Lightning's; its summary would list one parameter."""


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


class Parser(LightningArgumentParser):
    """Lightning's parser, with a help that can be read, and configs that say which version wrote them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make it."""
        header = [config_file.header(), *kwargs.pop("dump_header", [])]
        super().__init__(*args, dump_header=header, **kwargs)

    def format_help(self, *args: Any, **kwargs: Any) -> str:
        """Return the help without the names of every module and optimiser that torch has, 600 lines of them."""
        return re.sub(r",\s+known\s+subclasses:[^)]*\)", ")", super().format_help(*args, **kwargs))


def add_parts(parser: LightningArgumentParser, output: type[Output]) -> None:
    """Add the options of the optimiser, which any of torch's can be, and of the callbacks.

    Args:
        parser: has those of the model, the photos and the Trainer.
        output: the callback that takes the result.
    """
    parser.add_argument(
        "--optimizer",
        type=OptimizerCallable,
        default={"class_path": "torch.optim.Adam", "init_args": {"lr": 0.01}},
        help="Any of torch's optimisers, such as torch.optim.Adam or torch.optim.LBFGS; the learning rate is in "
        "ImageNet standard deviations a step.",
    )
    parser.link_arguments("optimizer", "model.optimizer")
    paper = {"canvas": "Pixels", "backbone": "VGG19", "style": "StyleLoss", "color": "ColorLoss"}
    parser.set_defaults({f"model.{slot}": {"class_path": f"verism.{name}"} for slot, name in paper.items()})
    parser.add_lightning_class_args(output, "output")
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


def parse(parser: LightningArgumentParser, args: Sequence[str]) -> Namespace:
    """Return what ``args`` stand for.

    Raises:
        ArgumentError: an option is not known, or does not take its value.
        VerismError: a file of options is no text, something is named that an option is not for, or one of the photos
            is the user's and the other an example.
    """
    try:
        found = parser.parse_args(list(args))
    except UnicodeDecodeError as error:
        raise VerismError("--model, --data and their like take files of options, and one given is no text.") from error
    options = found.get("fit", found)
    trust.check(options)
    if options.data.content is not None:
        example_pair.check(args, options.data.content, style_paths(vars(options.data)))
    return found


class FitOptions:
    """The options of ``fit``, read and checked without a run.

    Attributes:
        parser: of the options, as ``fit`` takes them in a config.
    """

    def __init__(self) -> None:
        """Make the parser, as ``LightningCLI`` makes it for a run."""
        resolve_paths()
        self.parser = Parser(exit_on_error=False)
        self.parser.add_argument("-c", "--config", action="config")
        self.parser.add_argument("--seed_everything", type=bool | int, default=SEED)
        self.parser.add_lightning_class_args(Trainer, "trainer")
        self.parser.set_defaults({f"trainer.{name}": value for name, value in TRAINER.items()})
        self.parser.add_lightning_class_args(StyleTransfer, "model")
        self.parser.add_lightning_class_args(PhotoFiles, "data")
        add_parts(self.parser, Output)

    def read(self, args: Sequence[str]) -> dict[str, Any]:
        """Return the complete options that ``args`` stand for, of plain types, as ``fit`` takes them in a config.

        Raises:
            ArgumentError, VerismError: as ``parse`` does.
        """
        with trust.limited():
            found = parse(self.parser, args)
            options: dict[str, Any] = yaml.safe_load(self.parser.dump(found, skip_none=False))
        return options

    def build(self, options: Mapping[str, Any]) -> StyleTransfer:
        """Return the model of ``options``.

        Raises:
            VerismError: they name something that an option is not for.
        """
        with trust.limited():
            found = self.parser.parse_object(dict(options))
            trust.check(found)
            model: StyleTransfer = self.parser.instantiate_classes(found).model
        return model
