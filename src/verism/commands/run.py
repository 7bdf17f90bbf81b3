"""The command ``run``, which makes pictures from photos in one line; ``verism mine.jpg theirs.jpg`` is the same."""

from __future__ import annotations

import itertools
import logging
import os
import shlex
import webbrowser
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import LambdaCallback, ProgressBar
from rich.text import Text

from verism import clip, images, photo_file, trust, verdict
from verism.atomic import free_name
from verism.batch.patterns import matching
from verism.batch.sheet import photo_sheet
from verism.callbacks import Checkpoints, Metrics, Output, Page, checkpoints, unfinished
from verism.callbacks.find import find
from verism.callbacks.pace import Pace
from verism.callbacks.progress import Progress
from verism.cli import CONFIGS
from verism.commands import previews, resuming, run_clip
from verism.commands.fit import VerismCLI
from verism.commands.one_line import ALONE
from verism.commands.saying import opening, say, weights
from verism.data.source import digest
from verism.errors import BatchError, DivergedError, OutOfMemoryError, UnbegunRunError, VerismError
from verism.look.strength import Strength
from verism.missing import LOGS
from verism.photo_file import Encoding
from verism.quiet import LOGGERS, quieten_lightning

WRITTEN = ("--output.path", "--output.lut", "--regions.path")
"""Options that name a file which a run writes."""

PREVIEW = {"--trainer.max_steps": "2", "--output.size": "1000", "--metrics.brief": "true"}
"""Two of the fifteen steps of photoreal.yaml, which come within 1.4 ΔE76 of its end, a small picture, and only the
figures that are put into words. The size of the fit stays, so that the full run can continue from them."""

SHEET, PATH = "--output.sheet", "--output.path"

MILDER = 0.6
"""Strength that a run suggests for a milder picture, of its own."""

LITTLE_TO_GIVE = "This style has little to give to this photo; try another photo as the style."

NO_PAIR = "names {} photo; give at least two, such as verism mine.jpg theirs.jpg: first yours, last the style."


@dataclass(frozen=True)
class Request:
    """What the user asked for.

    Attributes:
        contents: content photos, at least one.
        styles: style photos, at least one.
        options: further options, of ``fit``.
        preview: make a quick, small picture.
        opens: open the page in a browser, or the sheet of several pictures.
        sheet: put several pictures on a sheet, too.
        folder: where the pictures go; None: beside the content photos.
        typed: the words that the user gave.
        goes_on: whether each picture goes on from its preview.
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

    @cached_property
    def pace(self) -> Pace:
        """The pace of the runs, one for each picture."""
        return Pace(len(self.pairs))

    @cached_property
    def pairs(self) -> list[tuple[Path, Path]]:
        """Every content photo with every style photo but itself, under this name or another."""
        every = list(itertools.product(self.contents, self.styles))
        # Of a folder that holds both. A single photo with itself is refused when it is read.
        others = [pair for pair in every if pair[0].resolve() != pair[1].resolve()]
        return [pair for pair in others if not _are_twins(*pair)] or others or every

    @property
    def twins(self) -> list[tuple[Path, Path]]:
        """The pairs that are left out because both files hold the same photo."""
        every = itertools.product(self.contents, self.styles)
        left_out = [pair for pair in every if pair not in self.pairs]
        return [pair for pair in left_out if pair[0].resolve() != pair[1].resolve()]

    @property
    def is_batch(self) -> bool:
        """Whether there are several pictures, of which little is said each, and all else once."""
        return len(self.pairs) > 1

    @property
    def has_sheet(self) -> bool:
        """Whether there will be a sheet."""
        return self.sheet and self.is_batch and not any(map(clip.is_clip, self.contents))


def run(args: Sequence[str]) -> None:
    """Run ``run`` with its arguments.

    Raises:
        VerismError: there are fewer than two photos, one does not exist or is none, or one name is given for several
            pictures; and as ``fit`` does.
        BatchError: some of several pictures could not be made; the others are done.
    """
    quieten_lightning()
    request = parse(args)
    _announce(request)
    results: dict[tuple[Path, Path], Path] = {}
    failures: list[VerismError] = []
    for number, pair in enumerate(request.pairs):
        request.pace.begin()
        try:
            results[pair] = (_one_clip if clip.is_clip(pair[0]) else _one)(request, number)
        except VerismError as error:
            if not (request.is_batch and _is_of_one(error, pair, request)):
                raise
            failures.append(error)
    made = [photo for photo in request.contents if any(photo == content for content, _ in results)]
    has_sheet = request.has_sheet and len(results) > 1
    if has_sheet:
        sheet = free_name(sheet_path(request))
        images.write(sheet, photo_sheet(made, request.styles, results), {})
        say(Text.assemble("All on one sheet: ", (str(sheet), "bold")))
    if request.is_batch and results:
        _close(request, results)
    if has_sheet and request.opens:
        webbrowser.open(sheet.resolve().as_uri())
    if failures:
        reasons = "; ".join(str(error).rstrip(".") for error in failures)
        raise BatchError(f"{len(failures)} of {len(request.pairs)} pictures could not be made: {reasons}.")


def _is_of_one(error: VerismError, pair: tuple[Path, Path], request: Request) -> bool:
    """Return whether an error is of one picture; of an option, or of the only style, it is of all of them."""
    if isinstance(error, DivergedError | OutOfMemoryError):
        return True
    photo, style = map(str, pair)
    return photo in str(error) or (len(request.styles) > 1 and style in str(error))


def _are_twins(first: Path, second: Path) -> bool:
    """Return whether two files have the same content."""
    # Large files are read only if there is reason to.
    return first.stat().st_size == second.stat().st_size and digest(first) == digest(second)


def _announce(request: Request) -> None:
    """Print how many pictures there will be, what is left out, and what a folder in the last place is taken for."""
    for photo, style in request.twins:
        say(Text(f"{photo.name} is the same photo as the style {style.name}, and is left out."))
    if request.is_batch:
        contents = list(dict.fromkeys(content for content, _ in request.pairs))
        several = len(request.styles) > 1
        look = _counted(request.styles, "style") if several else f"the look of {request.styles[0].name}"
        say(Text(f"{len(request.pairs)} pictures: {_counted(contents, 'photo')} in {look}"))
    photos, _ = _leading([word for word in request.typed if word not in ALONE])
    named = {"--styles", "--style"} & set(request.typed)
    if not named and Path(photos[-1]).is_dir() and not any(Path(word).is_dir() for word in photos[:-1]):
        turned = shlex.join(["verism", photos[-1], photos[0]])
        say(
            Text.assemble(
                f"{photos[-1]} comes last, and so its photos are the styles. For the look of {photos[0]} on them: ",
                (turned, "cyan"),
            )
        )


def _close(request: Request, results: Mapping[tuple[Path, Path], Path]) -> None:
    """Print where several pictures are, and for previews the one command that makes all of them whole."""
    place = f"in {request.folder}" if request.folder is not None else "beside your photos"
    say(Text(f"{len(results)} pictures are {place}; to look closer at one, open result.html in its folder in {LOGS}."))
    if request.preview:
        words = [word for word in request.typed if word not in ALONE]
        command = ["run", *words, "--ckpt_path", previews.WORD, *trust.given()]
        say(Text("These are previews: few steps, and small pictures. For the whole of all of them:", "yellow"))
        say(Text(f"{checkpoints.program()} {shlex.join(command)}", "cyan"))


def parse(args: Sequence[str]) -> Request:
    """Return what the arguments ask for; raises ``VerismError`` as ``run`` does."""
    words = [word for word in args if word not in ALONE]
    photos, words = _leading(words)
    styles: list[str] = []
    options: list[str] = []
    while words:
        word, *words = words
        if word in ("--styles", "--style"):
            styles, words = _leading(words)
        else:
            options.append(word)
    # All other options of --output are of fit, which makes one picture.
    sheet, options = _taken(options, SHEET)
    if sheet not in (None, "true", "false"):
        raise VerismError(f"{SHEET} {sheet}: must be true or false.")
    goes_on = _value(options, "--ckpt_path") == previews.WORD
    if goes_on:
        _, options = _taken(options, "--ckpt_path")
    path, others = _taken(options, PATH)
    folder = Path(path) if path is not None and (path.endswith(("/", os.sep)) or Path(path).is_dir()) else None
    if folder is not None:
        options = others
    elif path and not Path(path).suffix:
        raise VerismError(
            f"{PATH} {path}: for a folder, write {path}/; a picture's name ends in .jpg, .png or the like."
        )
    if not styles and len(photos) > 1:
        *photos, style = photos
        styles = [style]
    if not (photos and styles):
        count = len(photos) + len(styles)
        raise VerismError(f"run: {NO_PAIR.format('no' if not count else 'only one')}")
    contents, looks = _files(photos, styles)
    request = Request(
        contents,
        looks,
        options,
        preview="--preview" in args,
        opens="--open" in args,
        sheet=sheet != "false",
        folder=folder,
        typed=args,
        goes_on=goes_on,
    )
    _check_options(request, {word.partition("=")[0] for word in args})
    return request


def _files(photos: Sequence[str], styles: Sequence[str]) -> tuple[list[Path], list[Path]]:
    """Return the content and the style photos that names, patterns and folders stand for, each a photo by its header.

    Raises:
        VerismError: a photo does not exist or is none, or a pattern has none.
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
    """Raise ``VerismError`` if an option does not go with what is asked for.

    Args:
        request: what is asked for.
        given: names of all options.
    """
    for path in filter(clip.is_clip, request.contents):
        for option in (PATH, "--preview", "--ckpt_path"):
            if option in given:
                raise VerismError(f"{path}: {option} is for photos; leave it out.")
    if request.is_batch:
        for option in (PATH, "--output.lut", "--regions.path", "--ckpt_path"):
            fits_all = (option == PATH and request.folder) or (option == "--ckpt_path" and request.goes_on)
            if option in given and not fits_all:
                remedy = f"name a folder, such as {PATH} results/." if option == PATH else "leave it out."
                raise VerismError(f"{option}: is one file, and {len(request.pairs)} pictures are asked for; {remedy}")


def result_path(
    content: Path, style: Path, *, preview: bool, ours: Collection[Path] = (), folder: Path | None = None
) -> Path:
    """Return a path for the result at which there is no file yet, nor a page.

    Args:
        content: the content photo; the result has its format, if that can be written.
        style: the style photo.
        preview: whether the result is a preview.
        ours: files that may be replaced.
        folder: where the result goes; None: beside the content photo.
    """
    name = f"{content.stem}-{style.stem}{'-preview' if preview else ''}{content.suffix}"
    path = (content.parent if folder is None else folder) / name
    try:
        photo_file.check(path, Encoding())
    except VerismError:
        path = path.with_suffix(".jpg")
    return free_name(path, ours)


def sheet_path(request: Request) -> Path:
    """Return a path for the sheet, beside the photos or in their folder, named by what its pictures have in common.

    That is the photo, or else the folder of the first one; and the style, if there is only one.
    """
    first, *others = request.contents
    common = [first.resolve().parent.name if others else first.stem]
    if len(request.styles) == 1:
        common.append(request.styles[0].stem)
    if request.preview:
        common.append("preview")
    return (first.parent if request.folder is None else request.folder) / "-".join([*filter(None, common), "sheet.jpg"])


def _counted(files: Sequence[Path], kind: str) -> str:
    return f"{len(files)} {kind}{'' if len(files) == 1 else 's'}"


def _for_preview(options: Sequence[str]) -> list[str]:
    """Return options that name the files of a preview after those that the whole run will write."""
    named, name = [], ""
    for word in options:
        option, equals, value = word.partition("=")
        if name in WRITTEN:
            named.append(_preview_name(word))
        elif option in WRITTEN and equals:
            named.append(f"{option}={_preview_name(value)}")
        else:
            named.append(word)
        name = "" if name in WRITTEN else word
    return named


def _preview_name(file: str) -> str:
    """Return the name of a preview's file, which may be a URL."""
    stem, dot, ending = file.rpartition(".")
    return f"{stem}-preview.{ending}" if dot else f"{file}-preview"


def _leading(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split words before the first that begins with a dash."""
    leading = list(itertools.takewhile(lambda word: not word.startswith("-"), words))
    return leading, list(words[len(leading) :])


def _one(request: Request, number: int) -> Path:
    """Make one of the pictures and print where it is; returns its path."""
    content, style = request.pairs[number]
    options = _for_preview(request.options) if request.preview else request.options
    if request.goes_on:
        before = previews.newest(content, style, _root(options))
        if before is not None and before.finished is not None:
            say(Text.assemble((str(_near(before.finished)), "bold"), " is there already"))
            return before.finished
        if before is None:
            say(Text(f"{content.name} has no preview in {style.name}, and begins anew"))
        options = options if before is None else [*options, "--ckpt_path", str(before.state)]
    given = _value(options, PATH)
    if given is None:
        ours = _unfinished(options)
        path = result_path(content, style, preview=request.preview, ours=ours, folder=request.folder)
    else:
        path = Path(given)
    command = ["run", str(content), str(style), *request.options, *trust.given()]
    if request.preview and request.folder is not None:
        command += [PATH, f"{request.folder}/"]
    photos = ["--data.content", str(content), "--data.style", str(style), PATH, str(path)]
    if request.is_batch:
        # A page for each of them would be litter among the photos.
        photos += ["--page.beside", "false"]
    quick = [word for option in PREVIEW.items() for word in option] if request.preview else []
    # A continued run writes the same picture. A full run that continues a preview takes a name of its own.
    again = command if request.preview or given else [*command, PATH, str(path)]
    trainer = _fitted(request, [*photos, *quick], options, again).trainer
    if trainer.is_global_zero:
        page = _tell(request, trainer, path)
        _propose(request, trainer, path, command)
        if request.opens and not request.has_sheet:
            webbrowser.open((path if page is None else page).resolve().as_uri())
    return path


def _unfinished(options: Sequence[str]) -> set[Path]:
    """Return the files that the run has left unfinished whose checkpoint the options name."""
    named = _value(options, "--ckpt_path")
    if named is None:
        return set()
    return unfinished.left(resuming.named(named, _root(options)))


def _root(options: Sequence[str]) -> str:
    """Return the folder below which the runs are."""
    return _value(options, "--trainer.default_root_dir") or str(Path.cwd())


def _tell(request: Request, trainer: Trainer, path: Path) -> Path | None:
    """Print where a run's picture is, and what is to be said of it; return its page, if that is a file."""
    figures = _figures(trainer)
    say(Text(str(path), "bold"))
    if not _strength(trainer).is_full:
        say(Text("  At full strength, of which the picture has a part:"))
    # Of several pictures, only what is not true of nearly all: the look, and faults.
    for sentence in verdict.plainly(figures)[2 if request.is_batch else 0 :]:
        say(Text(f"  {sentence}"))
    output = find(trainer, Output)
    if output is not None and output.lut is not None and output.deviation is not None:
        say(Text.assemble("Lookup table: ", (str(_near(output.lut)), "bold"), f", {output.deviation.plainly}"))
    about = find(trainer, Page)
    if about is None or not isinstance(about.written, Path):
        return None
    if not request.is_batch:
        say(Text.assemble("Look closer, in a browser: ", (str(_near(about.written)), "bold")))
    return about.written


def _propose(request: Request, trainer: Trainer, path: Path, command: Sequence[str]) -> None:
    """Print what the user may do next: the whole of a preview, another style, or a milder picture.

    Args:
        request: what is asked for.
        trainer: of the run that has ended.
        path: its picture.
        command: the words that have asked for it.
    """
    own = find(trainer, Checkpoints)
    state = None if own is None else own.state_at(trainer.global_step)
    # A path relative to the current folder is easier to read.
    near = None if state is None else _near(Path(state))
    program = checkpoints.program()
    figures = _figures(trainer)
    little = verdict.hardly_there(figures)
    if little:
        say(Text(LITTLE_TO_GIVE, "yellow"))
    if request.is_batch:
        return
    if request.preview:
        say(Text("This is a preview: few steps, and a small picture. For the whole:", "yellow"))
        if near is not None:
            say(Text(f"{program} {shlex.join([*command, '--ckpt_path', str(near)])}", "cyan"))
    elif near is not None and not little and not verdict.is_astray(figures):
        milder = path.with_stem(f"{path.stem}-milder")
        own_strength = _strength(trainer).strength
        strength = f"{MILDER * own_strength:.2g}"
        words = ["render", str(near.parent.parent), "--output.strength", strength, "--output.path", str(milder)]
        # Whoever has asked for a part of the look would take a smaller number for a slip.
        still = "" if own_strength == 1 else f" still, with {strength} of the look in place of {own_strength:g}"
        say(Text.assemble(f"Milder{still}: ", (f"{program} {shlex.join(words)}", "cyan")))


def _figures(trainer: Trainer) -> Mapping[str, float]:
    metrics = find(trainer, Metrics)
    return {} if metrics is None else metrics.last


def _strength(trainer: Trainer) -> Strength:
    output = find(trainer, Output)
    return Strength() if output is None else output.strength


def _one_clip(request: Request, number: int) -> Path:
    """Fit a look to frames of one of the clips, and give it to the clip; returns the result's path."""
    content, style = request.pairs[number]
    path = run_clip.result_path(content, style)
    frames = run_clip.frames(content, path)
    photos = ["--data.content", str(frames), "--data.style", str(style), "--data.size", str(run_clip.SIZE)]
    made = _fitted(request, photos, request.options)
    if made.trainer.is_global_zero:
        run_clip.finish(made, content, path)
        say(Text(str(path), "bold"))
        say(Text(f"  One look for the whole clip, fitted to the frames in {frames}"))
    return path


def _fitted(request: Request, own: Sequence[str], options: Sequence[str], again: Sequence[str] = ()) -> Run:
    """Return a run that has ended, of photoreal.yaml unless the user names a config.

    Args:
        request: what is asked for.
        own: options of this run. Options that come later win: these replace those of the config, and the user's
            replace these.
        options: the user's.
        again: the words with which the user can continue the run; none: those of ``fit``.
    """
    if not any(word.partition("=")[0] in ("--config", "-c") for word in options):
        options = ["--config", str(CONFIGS / "photoreal.yaml"), *options]
    first, rest = _configs(options)
    words = ["fit", *first, *own, *rest]
    with held_back() as held:
        made = Run(words, again or [*words, *trust.given()], request, held)
        if made.trainer.global_step < made.trainer.max_steps:
            held.release()
    return made


class Run(VerismCLI):
    """``fit``, which also prints the photos in one line, and shares its bar with the other runs of a series."""

    def __init__(self, args: Sequence[str], command: Sequence[str], request: Request, held: HeldBack) -> None:
        """Run it.

        Args:
            args: of ``fit``, with its name.
            command: the words with which the user can continue this run.
            request: what all runs of the series are for.
            held: the messages that are held back.
        """
        self._held = held
        self._pace, self._preview = request.pace, request.preview
        super().__init__(args, command=command)

    @property
    def title(self) -> str:
        """The names of the photos, and whether it is a preview, whose folder is not to be taken for the whole run's."""
        return f"{super().title}{previews.ENDING}" if self._preview else super().title

    def progress(self) -> ProgressBar:
        """Return the progress bar that the runs of the series share."""
        label = f"{self._pace.number + 1} of {self._pace.runs}" if self._pace.runs > 1 else ""
        return Progress(self._pace, label, tells_loss=False)

    def own_callbacks(self, given: Sequence[Callback]) -> list[Callback]:
        """Return those of ``fit``, and one that forgets what is said of the preparations once these have succeeded."""
        return [*super().own_callbacks(given), LambdaCallback(on_train_batch_start=lambda *_: self._held.drop())]

    def before_fit(self) -> None:
        """Print which photos the run uses, unless there are many; if it cannot begin, only the reason is said."""
        try:
            super().before_fit()
        except VerismError:
            self._held.drop()
            raise
        if self._pace.runs > 1:
            return
        data, named = self.datamodule, self.model.backbone.identity["weights"]
        steps = self.trainer.max_steps
        made = f"{self.first_step} of {steps}" if steps > 0 else f"{self.first_step}"
        since = [f"with {made} steps made already"] if self.first_step else []
        say(opening(data.content.name, data.styles, weights(named), *since))


class HeldBack:
    """Log messages below warnings, which are printed only if there is reason to."""

    def __init__(self) -> None:
        """Hold nothing back yet."""
        self._records: list[tuple[logging.Logger, logging.LogRecord]] = []
        self._loggers = [logging.getLogger(name) for name in LOGGERS]

    def hold(self) -> None:
        """Hold messages back from now on."""
        for logger in self._loggers:
            logger.addFilter(self._passes)

    def release(self) -> None:
        """Print what was held back, and what comes from now on."""
        self.let_go()
        while self._records:
            logger, record = self._records.pop(0)
            logger.handle(record)

    def drop(self) -> None:
        """Forget what was held back."""
        self._records.clear()

    def let_go(self) -> None:
        """Print what comes from now on."""
        for logger in self._loggers:
            logger.removeFilter(self._passes)

    def _passes(self, record: logging.LogRecord) -> bool:
        if record.levelno <= logging.INFO:
            self._records.append((logging.getLogger(record.name), record))
        return record.levelno > logging.INFO


@contextmanager
def held_back() -> Iterator[HeldBack]:
    """Hold back log messages below warnings within this context; if a run that has begun fails, they are printed."""
    held = HeldBack()
    held.hold()
    try:
        yield held
    except UnbegunRunError:
        held.drop()
        raise
    except BaseException:
        held.release()
        raise
    finally:
        held.let_go()


def _value(options: Sequence[str], name: str) -> str | None:
    """Return the value of an option given as ``--name value`` or ``--name=value``; None if it is not given."""
    for word, following in itertools.zip_longest(options, options[1:]):
        option, equals, value = word.partition("=")
        if option == name:
            return value if equals else following
    return None


def _taken(options: Sequence[str], name: str) -> tuple[str | None, list[str]]:
    """Return the value of an option, None if it is not given, and the other options."""
    place = next((place for place, word in enumerate(options) if word.partition("=")[0] == name), len(options))
    after = place + (1 if "=" in "".join(options[place : place + 1]) else 2)
    return _value(options, name), [*options[:place], *options[after:]]


def _configs(options: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split options into those that name configs, with their values, and the others."""
    configs: list[str] = []
    others: list[str] = []
    words = iter(options)
    for word in words:
        if word.partition("=")[0] in ("--config", "-c"):
            configs += [word] if "=" in word else [word, *itertools.islice(words, 1)]
        else:
            others.append(word)
    return configs, others


def _near(path: Path) -> Path:
    """Return a path relative to the current folder, if it is below that."""
    here = Path.cwd()
    return path.resolve().relative_to(here) if path.resolve().is_relative_to(here) else path
