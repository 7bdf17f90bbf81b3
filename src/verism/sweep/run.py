"""One run of a sweep: its options, its place on disk, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml

from verism import atomic
from verism.data.options import style_paths
from verism.sweep.record import Record

OPTIONS, OUTCOME, ATTEMPTS, LOG, LOCK = "fit.yaml", "outcome.json", "attempts", "log.txt", ".lock"
"""Files of a run: its options for ``fit``; what came of it; how often it was begun; what it printed; its worker's."""


@dataclass(frozen=True)
class Outcome:
    """What came of a run.

    Attributes:
        digest: the run's, so that a folder's name alone never stands for a finished run.
        error: what went wrong, in a sentence; None if the run finished.
        seconds: how long it took.
        weights: name of the backbone's weights.
        sha256: of the weights' file.
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
        folder: its own; nothing else is written to.
        options: complete, as ``fit`` takes them in a config.
        digest: hexadecimal SHA-256 of all that decides the result: options, photos, version.
        settings: option that varies in the sweep to its label.
        seed: of everything random.
        trusted: packages that ``options`` may name classes of, beside ``verism.trust.PACKAGES``.
    """

    folder: Path
    options: Mapping[str, Any]
    digest: str
    settings: Mapping[str, str]
    seed: int
    trusted: Sequence[str] = ()

    def prepare(self) -> None:
        """Write the options down, unless the run is finished: its photos may have moved since."""
        path = self.folder / OPTIONS
        if not (self.finished and path.is_file()):
            atomic.write(path, yaml.safe_dump(dict(self.options), sort_keys=False).encode())

    @property
    def attempts(self) -> int:
        """How often the run was begun since it last ended."""
        path = self.folder / ATTEMPTS
        return len(path.read_text()) if path.is_file() else 0

    def begin(self) -> None:
        """Count an attempt, before anything can go wrong in it."""
        with (self.folder / ATTEMPTS).open("a") as file:
            file.write("I")

    @property
    def outcome(self) -> Outcome | None:
        """What came of the run; None while nothing did, or if it is another run's that had this folder before."""
        try:
            outcome = Outcome(**json.loads((self.folder / OUTCOME).read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None
        return outcome if outcome.digest == self.digest else None

    @property
    def finished(self) -> bool:
        """Whether there is a result."""
        return self.outcome is not None and self.outcome.error is None

    def end(self, outcome: Outcome) -> None:
        """Record what came of the run."""
        atomic.write(self.folder / OUTCOME, json.dumps(asdict(outcome), indent=1).encode())
        (self.folder / ATTEMPTS).unlink(missing_ok=True)

    def forget_failure(self) -> None:
        """Let a run that failed, or died, be tried anew; a finished one stays."""
        if not self.finished:
            for name in (OUTCOME, ATTEMPTS):
                (self.folder / name).unlink(missing_ok=True)

    def record(self) -> Record:
        """Return what is known of the run."""
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
"""Runs that must follow each other, each from the last one's image; usually one alone."""
