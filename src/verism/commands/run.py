"""The command ``run``, which makes pictures from photos in one line; ``verism mine.jpg theirs.jpg`` is short for it."""

from __future__ import annotations

import json
import shlex
import signal
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lightning.pytorch import Callback
from lightning.pytorch.callbacks import LambdaCallback, ProgressBar
from rich.text import Text

from verism import clip, images, trust
from verism.atomic import free_name
from verism.batch import depth
from verism.batch.sheet import photo_sheet
from verism.callbacks import Checkpoints, Output, checkpoints, unfinished
from verism.callbacks.find import find
from verism.callbacks.progress import Progress
from verism.callbacks.signals import Signals
from verism.cli import CONFIGS
from verism.commands import previews, resuming, run_clip, run_folder
from verism.commands.batch_so_far import BatchSoFar, Pair, wished
from verism.commands.ended_run import EndedRun, last_state
from verism.commands.finished_run import FinishedRun
from verism.commands.fit import VerismCLI
from verism.commands.held_back import HeldBack, held_back
from verism.commands.one_line import ALONE, STYLES
from verism.commands.request import PATH, Request, parse
from verism.commands.result_names import for_preview, sheet_path
from verism.commands.saying import named, near, opening, say, weights
from verism.commands.words import leading, split_configs, value_of, with_options
from verism.errors import (
    BatchError,
    DivergedError,
    InterruptedClipError,
    InterruptedPhotosError,
    InterruptedRunError,
    OutOfMemoryError,
    UnbegunRunError,
    VerismError,
)
from verism.photo_file import Encoding
from verism.quiet import quieten_lightning
from verism.run_files import LOGS, checkpoint_of, run_of

DEFAULTS = ("--config", str(CONFIGS / "photoreal.yaml"), "--metrics.brief", "true")
"""Options of a picture for which the user names no config. Only the metrics that are reported in words are measured."""

PREVIEW = {"--trainer.max_steps": "2", "--output.size": "1000", "--metrics.brief": "true"}
"""Two of the fifteen steps of photoreal.yaml, which come within 1.4 ΔE76 of its final result, a small picture, and few
metrics, whatever the config. The size of the fit is unchanged, so that the full run can continue from them."""

ALL_SOUND = "In all of them, shapes and edges are as in your photos, and the colours are even."
"""Printed once for several pictures if nothing else is to be reported."""


class Made(NamedTuple):
    """The outcome for one of the pictures.

    Attributes:
        picture: its path.
        page: its page; None if there is none, or if it is not known.
        stopped: the signal received after the last step; None if there was none.
        is_sound: whether its shapes and colours are as they should be; None if unknown.
    """

    picture: Path
    page: Path | None = None
    stopped: signal.Signals | None = None
    is_sound: bool | None = None


def run(args: Sequence[str]) -> None:
    """Run ``run`` with its arguments.

    Raises:
        VerismError: there are fewer than two photos, one does not exist or is not an image, or one name is given for
            several pictures; also as ``fit`` does.
        BatchError: some of several pictures could not be made; the others are done.
        InterruptedPhotosError: several pictures were asked for, and a signal stopped one of them.
    """
    quieten_lightning()
    request = parse(args)
    _check_depth(request)
    _announce(request)
    so_far = BatchSoFar(request)
    results, new, failures = _made(request, so_far)
    made = [photo for photo in request.contents if any(photo == content for content, _ in results)]
    has_sheet = request.has_sheet and len(results) > 1
    if has_sheet:
        name = sheet_path(request)
        sheet = free_name(name)
        images.write(sheet, photo_sheet(made, request.styles, results), {})
        say(Text.assemble("All on one sheet: ", named(sheet, name)))
    if request.is_batch and results:
        _close(request, len(results), new)
    if has_sheet and request.opens:
        webbrowser.open(sheet.resolve().as_uri())
    if failures:
        reasons = "; ".join(str(error).rstrip(".") for error in failures)
        raise BatchError(f"{len(failures)} of {len(request.pairs)} pictures could not be made: {reasons}.")
    so_far.forget()


def _check_depth(request: Request) -> None:
    """Raise ``VerismError`` if one of several pictures cannot have the bit depth, rather than after the others."""
    # The parser reports any other error in the option.
    if request.is_batch and value_of(request.options, "--output.depth") == "16":
        names = [wished(request, pair) for pair in request.pairs if not clip.is_clip(pair[0])]
        depth.check(names, Encoding(depth=16))


def _made(request: Request, so_far: BatchSoFar) -> tuple[dict[Pair, Path], list[Made], list[VerismError]]:
    """Make the missing pictures; return all pictures by their photos, the new ones, and the errors."""
    results = dict(so_far.kept)
    if results:
        are = "is there already, and is kept" if len(results) == 1 else "are there already, and are kept"
        say(Text(f"{len(results)} of {len(request.pairs)} pictures {are}."))
    new: list[Made] = []
    failures: list[VerismError] = []
    left = [pair for pair in request.pairs if pair not in results]
    request.pace.runs = len(left)
    for pair in left:
        request.pace.begin()
        try:
            made = (_one_clip if clip.is_clip(pair[0]) else _one)(request, pair, so_far)
        except (InterruptedRunError, UnbegunRunError) as error:
            if not request.is_batch:
                raise
            number, picture = signal.SIGINT, None
            if isinstance(error, InterruptedRunError):
                number, picture = error.number, error.picture
            raise InterruptedPhotosError(len(results), len(request.pairs), "pictures", number, picture) from error
        except VerismError as error:
            if not (request.is_batch and _is_of_one(error, pair, request)):
                raise
            failures.append(error)
        else:
            results[pair] = made.picture
            new.append(made)
            so_far.note(pair, made.picture)
            if made.stopped is not None and pair != left[-1]:
                raise InterruptedPhotosError(len(results), len(request.pairs), "pictures", made.stopped)
    return results, new, failures


def _is_of_one(error: VerismError, pair: Pair, request: Request) -> bool:
    """Return whether an error concerns only one picture; an option or the only style concerns all of them."""
    # A user who presses Ctrl-C means all of them.
    if isinstance(error, InterruptedClipError):
        return False
    if isinstance(error, DivergedError | OutOfMemoryError):
        return True
    photo, style = map(str, pair)
    return photo in str(error) or (len(request.styles) > 1 and style in str(error))


def _announce(request: Request) -> None:
    """Print how many pictures there will be, what is left out, and how a folder in the last place is interpreted."""
    for photo, style in request.twins:
        say(Text(f"{photo.name} is the same photo as the style {style.name}, and is left out."))
    if request.is_batch:
        contents = list(dict.fromkeys(content for content, _ in request.pairs))
        several = len(request.styles) > 1
        names = " + ".join(photo.name for photo in request.taken_from(request.styles[0]))
        look = _counted(request.styles, "style") if several else f"the look of {names}"
        say(Text(f"{len(request.pairs)} pictures: {_counted(contents, 'photo')} in {look}"))
    photos, _ = leading([word for word in request.typed if word not in ALONE])
    styles_named = set(STYLES) & set(request.typed)
    if not styles_named and Path(photos[-1]).is_dir() and not any(Path(word).is_dir() for word in photos[:-1]):
        turned = shlex.join(["verism", photos[-1], photos[0]])
        say(
            Text.assemble(
                f"{photos[-1]} comes last, and so its photos are the styles. For the look of {photos[0]} on them: ",
                (turned, "cyan"),
            )
        )


def _close(request: Request, pictures: int, new: Sequence[Made]) -> None:
    """Print how the pictures turned out and where they are; for previews, also the command that makes them all whole.

    Args:
        request: what is asked for.
        pictures: number of pictures.
        new: the newly made ones.
    """
    sound = [made.is_sound for made in new if made.is_sound is not None]
    if len(sound) > 1 and all(sound):
        say(Text(ALL_SOUND))
    pages = [made.page for made in new if made.page is not None]
    place = f"in {request.folder}" if request.folder is not None else "beside your photos"
    say(Text(f"{pictures} pictures are {place}."))
    if pages:
        rest = "; each picture has one, in the folder of its name" if len(pages) > 1 else ""
        say(Text.assemble("Look closer, in a browser: ", (str(near(pages[0])), "bold"), rest))
    if request.preview:
        words = [word for word in request.typed if word not in ALONE]
        command = [*with_options(["run", *words], ["--ckpt_path", previews.WORD]), *trust.given()]
        say(Text("These are previews: quick, and small. This makes the whole pictures:", "yellow"))
        say(Text(f"{checkpoints.program()} {shlex.join(command)}", "cyan"))


def _counted(files: Sequence[Path], kind: str) -> str:
    return f"{len(files)} {kind}{'' if len(files) == 1 else 's'}"


def _one(request: Request, pair: Pair, so_far: BatchSoFar) -> Made:
    """Make one of the pictures and print where it is."""
    content, style = pair
    options = for_preview(request.options) if request.preview else request.options
    stopped = so_far.state(pair)
    if stopped is not None:
        options = [*options, "--ckpt_path", stopped]
    elif request.goes_on:
        before = previews.newest(content, request.taken_from(style), _root(options))
        if before is not None and before.finished is not None:
            say(Text.assemble((str(near(before.finished)), "bold"), " is there already"))
            return Made(before.finished)
        if before is None:
            say(Text(f"{content.name} has no preview in {style.name}, and begins anew"))
        options = options if before is None else [*options, "--ckpt_path", str(before.state)]
    given = value_of(options, PATH)
    if given is None:
        name = wished(request, pair)
        path = _free_name(name, options)
    else:
        name = path = Path(given)
    command = ["run", str(content), *map(str, request.taken_from(style)), *request.options, *trust.given()]
    if request.preview and request.folder is not None:
        command += [PATH, f"{request.folder}/"]
    photos = ["--data.content", str(content), "--data.style", _styles(request, style), PATH, str(path)]
    if request.is_batch:
        # A page for each of them would clutter the folder of photos.
        photos += ["--page.beside", "false"]
    quick = [word for option in PREVIEW.items() for word in option] if request.preview else []
    # A continued run writes the same picture. A full run that continues a preview takes its own name.
    again = command if request.preview or given else [*command, PATH, str(path)]
    _tell_of_stopped(name, command if given else [*command, PATH, str(name)], options)
    # Whole runs find the previews that they continue by the names of the photos.
    title = "" if given and request.preview else _title(path, options)
    try:
        made = _fitted(request, [*photos, *quick], options, again, title)
    except InterruptedRunError as error:
        if error.state is not None:
            so_far.note_stopped(pair, path, error.state)
        raise
    page = is_sound = None
    if made.trainer.is_global_zero:
        say(named(path, name, _run_of(name, options)))
        ended = EndedRun(request, made.trainer, command)
        page, is_sound = ended.tell(), ended.is_sound
        ended.propose()
        if request.opens and not request.has_sheet:
            webbrowser.open((path if page is None else page).resolve().as_uri())
    return Made(path, page, made.stopped, is_sound)


def _styles(request: Request, style: Path) -> str:
    """Return the value of the option that names the photos of a style."""
    return json.dumps(list(map(str, request.mixed))) if request.mixed else str(style)


def _free_name(wished: Path, options: Sequence[str]) -> Path:
    """Return the first name that is taken neither by a picture nor by the run of an earlier picture in its folder.

    This way, a picture and its run have the same name even where earlier pictures were removed.
    """
    resumed = value_of(options, "--ckpt_path")
    home = None if resumed is None else run_of(Path(resuming.named(resumed, _root(options))).resolve())

    def has_run(picture: Path) -> bool:
        run = _run_of(picture, options)
        # A run that left no picture continues under its own name.
        if not run.exists() or run.resolve() == home:
            return False
        try:
            return FinishedRun.read(run).result.resolve().parent == picture.resolve().parent
        except VerismError:
            return True

    return free_name(wished, _unfinished(options), has_run)


def _title(picture: Path, options: Sequence[str]) -> str:
    """Return the name of a picture's run: the picture's own, prefixed by its folder's if another run has it."""
    return f"{picture.resolve().parent.name}-{picture.stem}" if _run_of(picture, options).exists() else picture.stem


def _run_of(picture: Path, options: Sequence[str]) -> Path:
    """Return the folder of the run that has a picture's name."""
    return Path(_root(options), LOGS, run_folder.named_by(picture.stem))


def _tell_of_stopped(picture: Path, command: Sequence[str], options: Sequence[str]) -> None:
    """Print how to finish a picture, if an earlier run was stopped while making it, and this one does not resume it."""
    state = near(checkpoint_of(_run_of(picture, options))).as_posix()
    if value_of(options, "--ckpt_path") is None and picture.resolve() in unfinished.left(state):
        resumed = checkpoints.resuming(command, state)
        say(Text.assemble(f"{near(picture)} is of a run that was stopped. To finish it: ", (resumed, "cyan")))


def _unfinished(options: Sequence[str]) -> set[Path]:
    """Return the files left unfinished by the run whose checkpoint the options name."""
    named = value_of(options, "--ckpt_path")
    if named is None:
        return set()
    return unfinished.left(resuming.named(named, _root(options)))


def _root(options: Sequence[str]) -> str:
    """Return the folder that contains the runs."""
    return value_of(options, "--trainer.default_root_dir") or str(Path.cwd())


def _one_clip(request: Request, pair: Pair, so_far: BatchSoFar) -> Made:
    """Fit a look to frames of one of the clips and apply it to the clip."""
    del so_far
    content, style = pair
    name = wished(request, pair)
    path = free_name(name)
    frames = run_clip.frames(content, path)
    photos = ["--data.content", str(frames), "--data.style", _styles(request, style), "--data.size", str(run_clip.SIZE)]
    title = _title(path, request.options)
    made = _fitted(request, photos, request.options, title=title, clip_name=content.name)
    if made.trainer.is_global_zero:
        run_clip.finish(made, content, path)
        say(named(path, name))
        say(Text(f"  One look for the whole clip, fitted to the frames in {frames}"))
    return Made(path, stopped=made.stopped)


def _fitted(
    request: Request,
    own: Sequence[str],
    options: Sequence[str],
    again: Sequence[str] = (),
    title: str = "",
    clip_name: str = "",
) -> Run:
    """Return a finished run of photoreal.yaml, or of the config that the user names.

    Args:
        request: what is asked for.
        own: options of this run. Later options win: these replace the config's, and the user's replace these.
        options: the user's.
        again: the words with which the user can continue the run; empty: those of ``fit``.
        title: title of the run, as ``Run`` takes it.
        clip_name: name of the clip that the look is for, as ``Run`` takes it.
    """
    if not split_configs(options)[0]:
        options = [*DEFAULTS, *options]
    first, rest = split_configs(options)
    words = ["fit", *first, *own, *rest]
    with held_back() as held:
        made = Run(words, again or [*words, *trust.given()], request, held, title, clip_name)
        if made.trainer.global_step < made.trainer.max_steps:
            held.release()
    return made


class Run(VerismCLI):
    """``fit`` that also prints the photos on one line and shares its progress bar with the other runs of a series."""

    # The folder is named after the picture, and there is one for each.
    returns_home = True

    stopped: signal.Signals | None = None
    """The signal received after the last step; None if there was none."""

    def __init__(
        self,
        args: Sequence[str],
        command: Sequence[str],
        request: Request,
        held: HeldBack,
        title: str = "",
        clip_name: str = "",
    ) -> None:
        """Run it.

        Args:
            args: the arguments of ``fit``, beginning with its name.
            command: the words with which the user can continue this run.
            request: the request that all runs of the series serve.
            held: the messages that are held back.
            title: the name of the picture without its ending, which the run's folder gets too; empty: named after the
                photos.
            clip_name: name of the clip that the look is for; empty: it is for the content photo.
        """
        self._held, self._title, self._clip_name = held, title, clip_name
        self._pace, self._preview = request.pace, request.preview
        try:
            super().__init__(args, command=command)
        except InterruptedRunError as error:
            so_far = self._so_far()
            if not so_far:
                raise
            held.drop()
            output = find(self.trainer, Output)
            picture = None if output is None or output.path is None else near(output.path)
            raise InterruptedRunError(error.number, error.steps, so_far, last_state(self.trainer), picture) from error
        signals = find(self.trainer, Signals)
        self.stopped = None if signals is None else signals.after_last_step(self.trainer)

    def _so_far(self) -> str:
        """Return what a stopped run leaves and the command that continues it; empty if it leaves no picture."""
        output, own, state = find(self.trainer, Output), find(self.trainer, Checkpoints), last_state(self.trainer)
        if own is None or state is None or output is None or output.written is None:
            return ""
        # A clip has no picture but a look, which is applied to its frames afterwards.
        left = "the look so far is kept" if output.path is None else f"{near(output.path)} is the picture so far"
        return f"{left}, and this goes on with it: {checkpoints.resuming(own.command, state)}"

    @property
    def title(self) -> str:
        """The picture's name, or the photos'; a preview's folder must not be mistaken for that of the whole run."""
        return self._title or f"{super().title}{previews.ENDING if self._preview else ''}"

    def progress(self) -> ProgressBar:
        """Return the progress bar that the runs of the series share."""
        label = f"picture {self._pace.number + 1} of {self._pace.runs}" if self._pace.runs > 1 else ""
        return Progress(self._pace, label, tells_loss=False)

    def own_callbacks(self, given: Sequence[Callback]) -> list[Callback]:
        """Return the callbacks of ``fit``, and one that discards the setup messages once setup has succeeded."""
        if self._preview:
            whole = with_options(self._command or (), ["--ckpt_path", previews.WORD])
            self.config_init.fit.page.whole = f"{checkpoints.program()} {shlex.join(whole)}"
        return [*super().own_callbacks(given), LambdaCallback(on_train_batch_start=lambda *_: self._held.drop())]

    def refuse(self) -> None:
        """Do what ``fit`` does, and print only the reason."""
        super().refuse()
        self._held.drop()

    def before_fit(self) -> None:
        """Print which photos the run uses, unless there are many."""
        super().before_fit()
        if self._pace.runs > 1:
            return
        data, named = self.datamodule, self.model.backbone.identity["weights"]
        steps = self.trainer.max_steps
        made = f"{self.first_step / steps:.0%}" if steps > 0 else f"{self.first_step} steps"
        since = [f"with {made} made already"] if self.first_step else []
        say(opening(self._clip_name or data.content.name, data.styles, weights(named), *since))
