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
"""Attributes set by Lightning's ``setup_parser``, which takes a quarter of the time of a tiny run."""


def of_a_worker(folder: Path) -> dict[str, Any]:
    """Return the options in which a worker's run differs from its plan, by name; all files go into ``folder``."""
    logger = {
        "class_path": "lightning.pytorch.loggers.TensorBoardLogger",
        "init_args": {"save_dir": str(folder.parent), "name": "", "version": folder.name},
    }
    return {"trainer.logger": logger, "output.path": None, "trainer.enable_progress_bar": False}


class PlannedFit(VerismCLI):
    """A run of ``fit`` in a worker, which creates the parser once and parses nothing."""

    _made: ClassVar[dict[str, Any]] = {}

    def __init__(self, planned: Namespace, folder: Path, command: Sequence[str]) -> None:
        """Run it.

        Args:
            planned: options of ``fit``, as its parser returns them.
            folder: the folder for everything that is written.
            command: the command with which the user can continue this run.
        """
        self._planned = planned.clone()
        self._planned.ckpt_path = None
        for name, value in of_a_worker(folder).items():
            self._planned[name] = dict_to_namespace(value) if isinstance(value, dict) else value
        quieten_lightning()
        super().__init__(["fit"], command=command)

    def setup_parser(self, *args: Any, **kwargs: Any) -> None:
        """Reuse the parser of the first run in this process."""
        if not self._made:
            super().setup_parser(*args, **kwargs)
            self._made.update({name: vars(self)[name] for name in OWN})
        vars(self).update(self._made)

    def read(self, parser: LightningArgumentParser, args: Sequence[str]) -> Namespace:
        """Return the planned options."""
        del parser, args
        options: Namespace = dict_to_namespace({"subcommand": "fit", "fit": self._planned})
        return options
