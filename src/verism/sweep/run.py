"""One run of a sweep: its options, its folder, and its outcome."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml
from jsonargparse import Namespace

from verism import atomic
from verism.data.options import style_paths
from verism.sweep.record import Record

OPTIONS, OUTCOME, ATTEMPTS, LOG, LOCK = "fit.yaml", "outcome.json", "attempts", "log.txt", ".lock"
"""Files of a run: options for ``fit``, outcome, number of attempts, output, and the lock held by its worker."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of a run.

    Attributes:
        digest: the run's digest, so that an outcome is never mistaken for that of another run with the same folder.
        error: what went wrong, as a sentence; None if the run finished.
        seconds: how long it took; None if it failed.
        weights: name of the backbone's weights; empty if it failed.
        sha256: SHA-256 of the weights file; empty if it failed.
        scalars: TensorBoard tag to its last value.
    """

    digest: str
    error: str | None = None
    seconds: float | None = None
    weights: str = ""
    sha256: str = ""
    scalars: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """One run of a sweep.

    Attributes:
        folder: the run's own folder; nothing is written anywhere else.
        options: complete options, as ``fit`` takes them in a config.
        digest: hexadecimal SHA-256 of everything that determines the result: options, photos, version.
        settings: option that varies in the sweep to the label of its value.
        seed: the random seed.
        parsed: ``options`` as returned by ``fit``'s parser, so that a worker need not parse and check them again.
        trusted: packages whose classes ``options`` may name, in addition to ``verism.trust.PACKAGES``.
    """

    folder: Path
    options: Mapping[str, Any]
    digest: str
    settings: Mapping[str, str]
    seed: int
    parsed: Namespace
    trusted: Sequence[str] = ()

    def prepare(self) -> None:
        """Write the options for ``fit``, with the current paths of the photos, unless the run is finished."""
        path = self.folder / OPTIONS
        if not (self.finished and path.is_file()):
            atomic.write(path, yaml.safe_dump(dict(self.options), sort_keys=False).encode())

    @property
    def attempts(self) -> int:
        """Number of times that the run was started without finishing."""
        path = self.folder / ATTEMPTS
        return len(path.read_text()) if path.is_file() else 0

    def begin(self) -> None:
        """Count an attempt before anything in it can go wrong."""
        with (self.folder / ATTEMPTS).open("a") as file:
            file.write("I")

    @property
    def outcome(self) -> Outcome | None:
        """The outcome of the run; None if it has not ended, or if the outcome in its folder belongs to another run."""
        try:
            outcome = Outcome(**json.loads((self.folder / OUTCOME).read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None
        return outcome if outcome.digest == self.digest else None

    @property
    def finished(self) -> bool:
        """Whether the run has ended without an error."""
        return self.outcome is not None and self.outcome.error is None

    def end(self, outcome: Outcome) -> None:
        """Write the outcome of the run."""
        atomic.write(self.folder / OUTCOME, json.dumps(asdict(outcome), indent=1).encode())
        (self.folder / ATTEMPTS).unlink(missing_ok=True)

    def forget_failure(self) -> None:
        """Remove the outcome and the attempts of an unfinished run, so that it is tried again."""
        if not self.finished:
            for name in (OUTCOME, ATTEMPTS):
                (self.folder / name).unlink(missing_ok=True)

    def record(self) -> Record:
        """Return the data of the run that a report shows."""
        outcome = self.outcome or Outcome(self.digest, error="not run")
        style, *further = style_paths(self.options["data"])
        return Record(
            self.folder.name,
            self.folder,
            Path(self.options["data"]["content"]),
            style,
            self.seed,
            self.settings,
            outcome.error,
            outcome.seconds,
            outcome.weights,
            outcome.sha256,
            outcome.scalars,
            tuple(further),
        )


Chain = Sequence[Run]
"""Runs that must be made one after the other, each from the image of the previous one; usually there is only one."""
