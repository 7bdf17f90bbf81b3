"""``fit`` with options that were parsed and checked when the sweep was planned."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from jsonargparse import Namespace, dict_to_namespace
from lightning.pytorch.cli import LightningArgumentParser

from verism.commands.fit import VerismCLI
from verism.quiet import quieten_lightning

OWN = ("parser", "_subcommand_parsers", "_subcommand_method_arguments")
"""What Lightning's ``setup_parser`` makes, which takes a quarter of the time of a tiny run."""


class PlannedFit(VerismCLI):
    """A run of ``fit`` in a worker, which makes the parser once and parses nothing."""

    _made: ClassVar[dict[str, Any]] = {}

    def __init__(self, planned: Namespace, folder: Path, command: Sequence[str]) -> None:
        """Run it.

        Args:
            planned: options of ``fit``, as its parser returns them.
            folder: for all that is written.
            command: the words with which the user can continue this run.
        """
        self._planned = planned.clone()
        self._planned.ckpt_path = None
        self._planned.output.path = None
        self._planned.trainer.enable_progress_bar = False
        logger = {
            "class_path": "lightning.pytorch.loggers.TensorBoardLogger",
            "init_args": {"save_dir": str(folder.parent), "name": "", "version": folder.name},
        }
        self._planned.trainer.logger = dict_to_namespace(logger)
        quieten_lightning()
        super().__init__(["fit"], command=command)

    def setup_parser(self, *args: Any, **kwargs: Any) -> None:
        """Take the parser of the first run in this process."""
        if not self._made:
            super().setup_parser(*args, **kwargs)
            self._made.update({name: vars(self)[name] for name in OWN})
        vars(self).update(self._made)

    def read(self, parser: LightningArgumentParser, args: Sequence[str]) -> Namespace:
        """Return the options that were planned."""
        del parser, args
        options: Namespace = dict_to_namespace({"subcommand": "fit", "fit": self._planned})
        return options
