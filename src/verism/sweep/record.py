"""The data of one run of a sweep that a report shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from verism.run_files import RESULT


@dataclass(frozen=True)
class Record:
    """One run, finished or failed.

    Attributes:
        name: name of the run and of its folder.
        folder: the folder with the run's config (``fit.yaml``), its TensorBoard log, and ``result.png`` if it finished.
        content: the content photo's file.
        style: the style photo's file; the first one if there are several.
        seed: the random seed.
        settings: option that varies to its value in this run, as a label; every run of a sweep has the same options, in
            the same order. Labels of a numeric option can be parsed as numbers.
        error: what went wrong, as a sentence; None if the run finished.
        seconds: how long it took; None if it did not finish.
        weights: name of the backbone's weights, ``imagenet``, ``compact`` or a path; empty if it did not finish.
        sha256: SHA-256 of the weights file; empty if it did not finish.
        scalars: TensorBoard tag, such as ``metrics/structure`` or ``loss/total``, to its last value.
        further: the files of additional style photos.
    """

    name: str
    folder: Path
    content: Path
    style: Path
    seed: int
    settings: Mapping[str, str]
    error: str | None = None
    seconds: float | None = None
    weights: str = ""
    sha256: str = ""
    scalars: Mapping[str, float] = field(default_factory=dict)
    further: tuple[Path, ...] = ()

    @property
    def pair(self) -> str:
        """The names of the photos' files, without endings: ``content → style + style``."""
        return f"{self.content.stem} → {' + '.join(path.stem for path in self.styles)}"

    @property
    def styles(self) -> tuple[Path, ...]:
        """The files of all style photos."""
        return self.style, *self.further

    @property
    def image(self) -> Path:
        """The path of the result."""
        return self.folder / RESULT
