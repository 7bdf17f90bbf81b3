"""The command that gives photos a fit of their own, suggested where another photo's look does not suit them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from verism import atomic, clip, trust
from verism.callbacks import checkpoints
from verism.commands.saying import near
from verism.commands.words import take

KEPT = tuple(f"--output.{name}" for name in ("strength", "color", "tone", "profile", "depth", "dither", "quality"))
"""Options of the commands that apply a look to photos which the suggested command accepts too."""

ALONE = 10
"""Largest number of photos for which separate fits are suggested; more would take long, and get one new look."""


def own_fit(
    photos: Sequence[Path], styles: Sequence[Path], folder: Path, args: Sequence[str], named: Sequence[str] = ()
) -> str:
    """Return the command; empty if there is no single style, or no photo apart from it.

    Args:
        photos: the photos to be fitted anew.
        styles: style photos of the look that does not suit them.
        folder: the folder of that look's results.
        args: the arguments of the command that applied the look.
        named: the words that stand for the photos if there are more than ``ALONE``; empty: no command for so many.
    """
    if len(styles) != 1:
        return ""
    (style,) = styles
    photos = [photo for photo in photos if not photo.samefile(style)]
    has_clips = any(map(clip.is_clip, photos))
    files = [str(near(photo)) for photo in photos]
    if not photos or (len(photos) > ALONE and (has_clips or not named)):
        return ""
    new = free_folder(folder, "own")
    if len(photos) > ALONE:
        words = ["series", *named, "--style", str(near(style)), "--output.dir", new]
    else:
        # The result of a clip is written next to it.
        words = ["run", *files, str(near(style)), *([] if has_clips else ["--output.path", f"{new}/"])]
    return f"{checkpoints.program()} {shlex.join([*words, *_kept(args), *trust.given()])}"


def free_folder(folder: Path, suffix: str) -> str:
    """Return the name of a folder that does not exist yet, next to another and named after it."""
    named = folder if folder.name not in ("", "..") else folder.resolve()
    return str(near(atomic.free_name(named.with_name(f"{named.name}-{suffix}"))))


def _kept(args: Sequence[str]) -> list[str]:
    values = ((option, take(args, option)[0]) for option in KEPT)
    return [word for option, value in values if value is not None for word in (option, value)]
