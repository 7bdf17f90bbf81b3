"""Resumes a stopped batch: the same command keeps the pictures that are complete and makes the rest."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lightning.pytorch.utilities import rank_zero_only

from verism import clip
from verism.batch import notes
from verism.batch.notes import Notes
from verism.batch.record import Record
from verism.commands import run_clip
from verism.commands.request import Request
from verism.commands.result_names import result_path
from verism.data.source import digest
from verism.errors import VerismError

STOPPED = "stopped"
"""How the record of a stopped picture is marked."""

Pair = tuple[Path, Path]
"""A content photo and a style photo."""


def wished(request: Request, pair: Pair) -> Path:
    """Return the path that a picture gets if no other file has it."""
    content, style = pair[0], request.named(pair[1])
    if clip.is_clip(content):
        path = run_clip.result_path(content, style)
    else:
        path = result_path(content, style, preview=request.preview, folder=request.folder)
    return path.with_stem(f"{path.stem}{request.strength.in_names}")


@dataclass(frozen=True)
class PictureOutcome(Record):
    """The outcome for one picture of a batch.

    Attributes:
        state: path of the checkpoint of a picture that was stopped; None if it is complete or has no checkpoint.
    """

    state: str | None = None


class BatchSoFar:
    """What a batch has made so far, recorded beside the pictures and deleted when all of them are complete."""

    def __init__(self, request: Request) -> None:
        """Keep a record of the pictures of this request."""
        self._request = request

    @cached_property
    def kept(self) -> dict[Pair, Path]:
        """The pictures that are already complete, by their photos."""
        found: dict[Pair, Path] = {}
        for pair in self._request.pairs if self._request.is_batch else ():
            for picture, outcome in self._known(pair):
                if outcome.error is None and picture.is_file() and picture not in found.values():
                    found[pair] = picture
                    break
        return found

    def state(self, pair: Pair) -> str | None:
        """Return the checkpoint of a picture that was stopped; None if it has none or must start afresh."""
        states = (outcome.state for _, outcome in self._known(pair)) if self._request.is_batch else ()
        return next((state for state in states if state is not None and Path(state).is_file()), None)

    def note(self, pair: Pair, picture: Path) -> None:
        """Record that a picture is complete."""
        self._write(pair, picture)

    def note_stopped(self, pair: Pair, picture: Path, state: str) -> None:
        """Record that a picture was stopped, and where its checkpoint is."""
        self._write(pair, picture, STOPPED, str(Path(state).resolve()))

    @rank_zero_only
    def forget(self) -> None:
        """Remove the records, since all pictures are complete: the same command makes new ones from now on."""
        for pair in self._request.pairs:
            for picture, _ in self._known(pair):
                record = self._notes(pair).record(picture)
                # The folder stays if other commands have records in it.
                with suppress(OSError):
                    record.unlink(missing_ok=True)
                    record.parent.rmdir()

    @rank_zero_only
    def _write(self, pair: Pair, picture: Path, error: str | None = None, state: str | None = None) -> None:
        if not self._request.is_batch:
            return
        own = self._notes(pair)
        # Without the record, the same command makes the picture again under another name; nothing is lost.
        with suppress(VerismError):
            PictureOutcome(own.digest(pair[0]), error, state).write(own.record(picture))

    def _known(self, pair: Pair) -> Iterator[tuple[Path, PictureOutcome]]:
        """Yield the recorded pictures of a pair of photos, whatever number their names end in."""
        name = wished(self._request, pair)
        records = sorted((name.parent / notes.NAME).glob(f"{glob.escape(name.stem)}*.json"))
        of = self._notes(pair).digest(pair[0]) if records else ""
        for record in records:
            outcome = PictureOutcome.read(record)
            if outcome is not None and outcome.digest == of:
                yield name.parent / record.name.removesuffix(".json"), outcome

    def _notes(self, pair: Pair) -> Notes:
        return Notes(wished(self._request, pair).parent, f"{self._options} {digest(pair[1])}")

    @cached_property
    def _options(self) -> str:
        """Text of all options that affect a picture; file options, such as configs, are replaced by their contents."""
        words = [word.partition("=") for word in self._request.options]
        return repr((self._request.preview, [(first, _content(value or first)) for first, _, value in words]))


def _content(value: str) -> str:
    """Return the digest of a file; return any other value unchanged."""
    with suppress(OSError, VerismError):
        return digest(Path(value)) if Path(value).is_file() else value
    return value
