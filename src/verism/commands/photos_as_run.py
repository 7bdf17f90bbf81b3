"""Reports photos given where a command takes a run, before the slow imports, and prints the corrected command."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from verism import endings
from verism.commands import required
from verism.commands.named_files import RUN_FIRST
from verism.commands.words import leading
from verism.errors import VerismError
from verism.missing import exists
from verism.run_files import CHECKPOINTS, CONFIG, LOGS

FOLDERS = ("test", "figures")
"""Commands that take several runs."""

PICTURES_TOO = ("test",)
"""Commands that accept a picture in place of a run."""

PHOTOS_AFTER = ("predict",)
"""Commands that take photos after the run."""

OF_A_RUN = (CHECKPOINTS, CONFIG, "look.safetensors")
"""Entries, at least one of which is in the folder of a run or series, but in no folder of photos."""

EXAMPLE = f"{LOGS}/mine-theirs"


def check(command: str, args: Sequence[str]) -> None:
    """Raise ``VerismError`` for a photo, a folder of photos or a pattern in place of a run."""
    words, options = leading(args)
    for word in words if command in FOLDERS else words[:1] if command in RUN_FIRST else ():
        what = _photos(word)
        if not what or (command in PICTURES_TOO and Path(word).is_file()):
            continue
        others = [it for it in words if it != word]
        run = next((it for it in others if _is_run(Path(it))), None)
        rest = [it for it in others if it != run]
        run = run or _of_picture(Path(word)) or _newest()
        made = "" if run else " (verism mine.jpg theirs.jpg makes one)"
        if command in PHOTOS_AFTER:
            ordered = required.completed(command, [run or EXAMPLE, word, *rest, *options])
            raise VerismError(f"{word}: {what}; a run{made} comes first: {ordered}")
        ordered = required.completed(command, [run or EXAMPLE, *rest, *options])
        raise VerismError(f"{word}: {what}; name the folder of a run{made}: {ordered}")


def ordered(command: str, args: Sequence[str]) -> str:
    """Return a command as typed but in order: run, photos, the style as an option, examples of what is missing."""
    words, options = leading(args)
    if command in RUN_FIRST:
        words = sorted(words, key=lambda word: not _is_run(Path(word)))
    elif command == "series" and len(words) > 1 and "--style" not in options:
        *words, style = words
        options = ["--style", style, *options]
    elif command == "fit":
        options = [it for pair in zip(("--data.content", "--data.style"), words, strict=False) for it in pair] + options
        words = []
    return required.completed(command, [*words, *options])


def _photos(word: str) -> str:
    """Return how a word stands for photos rather than a run, as the beginning of a sentence; empty if it does not."""
    path = Path(word)
    if exists(path) and path.is_dir():
        return "holds photos, and no run" if not _is_run(path) and _has_photos(path) else ""
    if not endings.is_photo_or_clip(path):
        return ""
    if exists(path):
        return "a picture, and not a run"
    return "stands for photos, and no run" if glob.has_magic(word) else ""


def _is_run(folder: Path) -> bool:
    return any(exists(folder / name) for name in OF_A_RUN)


def _has_photos(folder: Path) -> bool:
    with suppress(OSError):
        return any(map(endings.is_photo_or_clip, folder.iterdir()))
    return False


def _of_picture(picture: Path) -> str | None:
    """Return the run that has a picture's name, and so has probably made it."""
    run = Path(LOGS, picture.stem)
    return str(run) if _is_run(run) else None


def _newest() -> str | None:
    """Return the newest run in ``lightning_logs`` that has left a checkpoint."""
    runs = [run for run in Path(LOGS).glob("*") if any((run / CHECKPOINTS).glob("*.ckpt"))]
    return str(max(runs, key=lambda run: run.stat().st_mtime_ns)) if runs else None
