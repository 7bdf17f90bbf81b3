"""What ``run`` is asked for: photos, styles and options, parsed from its arguments."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

from verism import clip, photo_file
from verism.batch.patterns import matching
from verism.callbacks.pace import Pace
from verism.commands import previews
from verism.commands.one_line import ALONE, STYLES
from verism.commands.words import as_folder, leading, take, value_of
from verism.data.source import digest
from verism.errors import VerismError
from verism.look.strength import Strength

SHEET, PATH, WEIGHTS = "--output.sheet", "--output.path", "--data.style_weights"

NO_PAIR = "names {} photo; give at least two, such as verism mine.jpg theirs.jpg: first yours, last the style."


@dataclass(frozen=True)
class Request:
    """What the user asked for.

    Attributes:
        contents: content photos, at least one.
        styles: style photos, at least one.
        options: further options, which are those of ``fit``.
        preview: make a quick, small picture.
        opens: open the page in a browser, or the sheet of several pictures.
        sheet: also put several pictures on a contact sheet.
        folder: where the pictures go; None: beside the content photos.
        typed: the arguments as the user typed them.
        goes_on: whether each picture continues from its preview.
        mixed: style photos that are mixed into one, represented by the first in ``styles``; empty if none are.
    """

    contents: Sequence[Path]
    styles: Sequence[Path]
    options: Sequence[str]
    preview: bool
    opens: bool
    sheet: bool = True
    folder: Path | None = None
    typed: Sequence[str] = ()
    goes_on: bool = False
    mixed: Sequence[Path] = ()

    def taken_from(self, style: Path) -> Sequence[Path]:
        """Return the photos whose look a picture in a style takes on: one, or all that are mixed."""
        return self.mixed or [style]

    def named(self, style: Path) -> Path:
        """Return the path after which a picture in a style is named; for a mixture, it contains all names."""
        return style.with_name(f"{'-'.join(photo.stem for photo in self.taken_from(style))}{style.suffix}")

    @cached_property
    def pace(self) -> Pace:
        """The pace of the runs, one for each picture."""
        return Pace(len(self.pairs))

    @cached_property
    def pairs(self) -> list[tuple[Path, Path]]:
        """All pairs of content and style photos, except a photo with itself, even under another name."""
        every = list(itertools.product(self.contents, self.styles))
        # For a folder that holds both. A single photo paired with itself is refused when it is read.
        others = [pair for pair in every if pair[0].resolve() != pair[1].resolve()]
        return [pair for pair in others if not _are_twins(*pair)] or others or every

    @property
    def strength(self) -> Strength:
        """The strength that the options ask for, used in the pictures' names; invalid numbers are reported later."""
        shares = {name: value_of(self.options, f"--output.{name}") for name in Strength._fields}
        try:
            return Strength(**{name: float(share) for name, share in shares.items() if share is not None})
        except ValueError:
            return Strength()

    @property
    def twins(self) -> list[tuple[Path, Path]]:
        """The pairs that are left out because both files hold the same photo."""
        every = itertools.product(self.contents, self.styles)
        left_out = [pair for pair in every if pair not in self.pairs]
        return [pair for pair in left_out if pair[0].resolve() != pair[1].resolve()]

    @property
    def is_batch(self) -> bool:
        """Whether there are several pictures; then little is printed for each, and everything else once."""
        return len(self.pairs) > 1

    @property
    def has_sheet(self) -> bool:
        """Whether there will be a sheet."""
        return self.sheet and self.is_batch and not any(map(clip.is_clip, self.contents))


def _are_twins(first: Path, second: Path) -> bool:
    """Return whether two files have the same content."""
    # Large files are read only if necessary.
    return first.stat().st_size == second.stat().st_size and digest(first) == digest(second)


def parse(args: Sequence[str]) -> Request:
    """Return what the arguments ask for; raise ``VerismError`` as ``run`` does."""
    words = [word for word in args if word not in ALONE]
    photos, words = leading(words)
    styles: list[str] = []
    options: list[str] = []
    while words:
        word, *words = words
        if word in STYLES:
            styles, words = leading(words)
        else:
            options.append(word)
    # All other options of --output belong to fit, which makes one picture.
    sheet, options = take(options, SHEET)
    if sheet not in (None, "true", "false"):
        raise VerismError(f"{SHEET} {sheet}: must be true or false.")
    goes_on = value_of(options, "--ckpt_path") == previews.WORD
    if goes_on:
        _, options = take(options, "--ckpt_path")
    path, others = take(options, PATH)
    results = as_folder(path)
    if results is not None:
        options = others
    elif path and not Path(path).suffix:
        raise VerismError(
            f"{PATH} {path}: for a folder, write {path}/; a picture's name ends in .jpg, .png or the like."
        )
    # Weights only make sense for styles that are mixed, not for styles that each give a picture.
    weights = _weights(options)
    if not styles and len(photos) > 1:
        place = len(photos) - max(weights, 1)
        if place < 1:
            raise VerismError(
                f"{WEIGHTS}: one for each style, and so for {weights} styles after the photo: "
                f"verism mine.jpg {' '.join(f'style{n}.jpg' for n in range(1, weights + 1))} {WEIGHTS} "
                f"'[{', '.join('1' * weights)}]'"
            )
        photos, styles = photos[:place], photos[place:]
    if not (photos and styles):
        count = len(photos) + len(styles)
        raise VerismError(f"run: {NO_PAIR.format('no' if not count else 'only one')}")
    contents, looks = _files(photos, styles)
    request = Request(
        contents,
        looks[:1] if weights else looks,
        options,
        preview="--preview" in args,
        opens="--open" in args,
        sheet=sheet != "false",
        folder=results,
        typed=args,
        goes_on=goes_on,
        mixed=looks if weights else (),
    )
    _check_options(request, {word.partition("=")[0] for word in args})
    return request


def _weights(options: Sequence[str]) -> int:
    """Return the number of style weights given, which mix the styles; 0 if there are none or they cannot be parsed."""
    try:
        given = yaml.safe_load(value_of(options, WEIGHTS) or "")
    except yaml.YAMLError:
        return 0
    return len(given) if isinstance(given, list) else 0


def _files(photos: Sequence[str], styles: Sequence[str]) -> tuple[list[Path], list[Path]]:
    """Return the content and style photos that names, patterns and folders stand for, with their headers checked.

    Raises:
        VerismError: a photo does not exist or is not an image, or a pattern matches none.
    """
    looks = matching(map(Path, styles))
    contents = matching(map(Path, photos), but=looks)
    # A style that is the only photo has no picture.
    own = {photo.resolve() for photo in contents}
    looks = [look for look in looks if {look.resolve()} != own] or looks
    for photo in (*contents, *looks):
        if clip.is_clip(photo) and photo not in looks:
            clip.check_exists(photo)
        else:
            photo_file.check_header(photo)
    return contents, looks


def _check_options(request: Request, given: Collection[str]) -> None:
    """Raise ``VerismError`` if an option is incompatible with the request.

    Args:
        request: the request.
        given: names of all options given.
    """
    for path in filter(clip.is_clip, request.contents):
        for option in (PATH, "--preview", "--ckpt_path"):
            if option in given:
                raise VerismError(f"{path}: {option} is for photos; leave it out.")
        if {"--data.keep", "--data.keep+"} & set(given):
            raise VerismError(f"{path}: --data.keep is for photos, and a clip has one look all over; leave it out.")
    if request.is_batch:
        for option in (PATH, "--output.lut", "--regions.path", "--ckpt_path"):
            fits_all = (option == PATH and request.folder) or (option == "--ckpt_path" and request.goes_on)
            if option in given and not fits_all:
                remedy = f"name a folder, such as {PATH} results/." if option == PATH else "leave it out."
                raise VerismError(f"{option}: is one file, and {len(request.pairs)} pictures are asked for; {remedy}")
