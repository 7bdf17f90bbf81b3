"""What is known of one run of a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Record:
    """One run, finished or failed.

    Attributes:
        name: of the run, and of its folder.
        folder: holds the run's config (``fit.yaml``), its TensorBoard log, and ``result.png`` if it finished.
        content: the content photo's file.
        style: the style photo's file, or the first one's of several.
        seed: of everything random.
        settings: option that varies to its value in this run, as a label; every run of a sweep has the same options,
            in the same order. A numeric option's labels read as numbers.
        error: what went wrong, in a sentence; None if the run finished.
        seconds: how long it took; None if it did not finish.
        weights: name of the backbone's weights, ``imagenet``, ``compact`` or a path; empty if it never loaded them.
        sha256: of the weights' file; empty likewise.
        scalars: TensorBoard tag to its last value, such as ``metrics/structure`` or ``loss/total``.
        further: the files of further style photos.
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
        """The photos, by their files' names without endings."""
        return f"{self.content.stem} → {' + '.join(path.stem for path in self.styles)}"

    @property
    def styles(self) -> tuple[Path, ...]:
        """The files of all style photos."""
        return self.style, *self.further

    @property
    def image(self) -> Path:
        """The result's file."""
        return self.folder / "result.png"
