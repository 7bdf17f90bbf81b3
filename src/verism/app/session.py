"""The state of one open page: two photos, the run that was fitted to them, and corrections of its regions."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import tempfile
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Self

import torch
from torch import Tensor

from verism import atomic, images, photo_file, verdict
from verism.api import FittedRun, fit
from verism.app.corrections import Corrections, Role, labels_in, layers, painted, region_at
from verism.app.legend import seen
from verism.app.series import FolderOutcome, grade
from verism.app.watch import StoppedError, Tell, Watch
from verism.atomic import free_name
from verism.callbacks.find import find
from verism.callbacks.metrics import RunMeasure
from verism.callbacks.same_scene import SameScene
from verism.commands.result_names import result_path
from verism.commands.run import PREVIEW
from verism.data.source import read
from verism.errors import VerismError
from verism.look.lut_file import Deviation
from verism.look.picture import at_most, rendered
from verism.look.strength import Strength
from verism.metrics import TOLD
from verism.page.result import jpeg
from verism.photo_file import Photo
from verism.regions.colors import COLORS, unused
from verism.regions.masks import Regions, Strokes, resize
from verism.stopping import stopped_by

SIDE = 1000
"""Largest long side of the pictures on the page, in pixels, as for a preview on the command line."""


class Easel(NamedTuple):
    """What a user paints over.

    Attributes:
        role: which of both photos it is.
        photo: its file.
        labels: of the regions in whose colours one paints.
        mask: what was painted over it before; None: nothing.
    """

    role: Role
    photo: Path
    labels: tuple[str, ...]
    mask: Path | None = None


DROP = "drop"
"""The kind of work that is done for photos as they are dropped, each time anew."""

FITS = (DROP, "preview", "regions", "painted", "full")
"""The kinds of work that make another picture."""

NO_PHOTO = Easel("content", Path(), ())
"""The easel of a user who paints, while the regions of another photo are being found."""

TABLE_METHOD = "One lookup table"
"""The method whose look is a table, so that other programs show exactly the same."""

METHODS: Mapping[str, str] = {
    "Region by region": "photoreal",
    TABLE_METHOD: "lut",
    "Same scene, other grading": "match",
}
"""The methods that a user can choose, and the config of each."""

OTHER_METHOD = "These photos seem to show different scenes: for those, choose another method, Region by region."
"""Said of a method that is for two photos of one scene, if they are of two."""

GAP_BELOW = 0.99
"""Opacity up to which a place is between two style photos, and not in one."""

MANY = 3
"""Number of further style photos from which on their names are not in those of files."""

FORGOT = (
    "Your corrections of the regions are set aside: they come back with the photos and the method that they are for."
)
"""Said of the first picture without the corrections that were there before."""

CAME_BACK = "Your corrections of the regions for these photos and this method are back."
"""Said of the first picture that has them again."""

MASK_NAMES: Mapping[Role, str] = {"content": "regions.png", "style": "regions-style.png"}
"""Names of the files with what was painted over either photo."""

SLIDERS: Mapping[str, str] = {"strength": "Strength", "color": "Colour", "tone": "Tone"}
"""The sliders of the page, by the options of the command line."""

OF_THE_WHOLE = "Of the whole look, with every slider at 1:"
"""Said before what the figures say."""

UNMEASURED = "The picture is in final quality. You stopped before it was measured, so nothing is said about its faults."
"""Said in place of what the figures say."""

REMEDIES: Mapping[str, str] = {
    **{f"--output.{option}": slider for option, slider in SLIDERS.items()},
    "a higher --model.consistency.weight": "merging their regions, or a lower Strength,",
}
"""What the page has in place of the options that help against faults."""


Wait = Callable[[Callable[[], None]], AbstractContextManager[None]]
"""A function that returns a context which is entered when it is the turn of some work; see ``Session.turn``."""


def directly(check: Callable[[], None]) -> AbstractContextManager[None]:
    """Return a context that is entered at once."""
    del check
    return nullcontext()


@dataclass(frozen=True)
class Shown:
    """A fitted run, and what the page shows of it.

    Attributes:
        run: the run.
        config: name of the config with its settings.
        preview: whether it made only the steps of a preview.
        content: the file of the content photo.
        styles: the files of the style photos, at least one.
        corrections: the corrections of the regions that it was made with.
        forgot: whether there were corrections of the regions of other photos, or by another method, before.
        came_back: whether its corrections were made before other photos, or another method, took their place.
    """

    run: FittedRun
    config: str
    preview: bool
    content: Path
    styles: tuple[Path, ...]
    corrections: Corrections
    forgot: bool = False
    came_back: bool = False

    @property
    def title(self) -> str:
        """The names of the photos, as part of a sentence."""
        return f"{self.content.name} in the look of {self.look}"

    @property
    def look(self) -> str:
        """The names of the style photos."""
        return " + ".join(path.name for path in self.styles)

    @property
    def caption(self) -> str:
        """The names of the photos, and whether it is a preview."""
        return f"{self.title}: {'a preview' if self.preview else 'in final quality'}"

    @cached_property
    def photo(self) -> Tensor:
        """The content photo, ``(1, 3, H, W)``, RGB in [0, 1], with at most ``SIDE`` pixels on its long side."""
        return at_most(self.run.model.data.source, SIDE).pixels

    @cached_property
    def image(self) -> Tensor:
        """The result at full strength, of the same shape."""
        source = at_most(self.run.model.data.source, SIDE)
        return rendered(self.run.canvas, source, Strength()).pixels.clamp(0, 1)

    @cached_property
    def style(self) -> Tensor:
        """The style photo, or several side by side, likewise."""
        data = self.run.model.data
        if len(data.styles) == 1:
            return at_most(read(data.styles[0]), SIDE).pixels
        together = data.photos.style
        return images.resize(together, [side * SIDE // max(together.shape[-2:]) for side in together.shape[-2:]])

    def apart(self, style: Tensor) -> Tensor:
        """Return ``style``, or a picture of its shape, with nothing between the photos, if there are several."""
        opacity = self.run.model.data.opacity
        if len(self.styles) == 1 or opacity is None:
            return style
        # There, the colours lead from one photo to the other, of which nobody is to see anything.
        return torch.where(images.resize(opacity.cpu().float(), style.shape[-2:]) > GAP_BELOW, style, 1.0)

    @property
    def regions(self) -> Regions | None:
        """The regions that were compared, on the CPU and hard; None if the photos were compared as a whole.

        Each place is in the region that has the most of it. If what several have of it were added up where they are
        merged, places of others would seem to change sides.
        """
        found = self.run.model.regions
        if found is None or found.undivided:
            return None
        confidence = None if found.confidence is None else found.confidence.cpu()
        content, style = (resize(masks.float().cpu(), masks.shape[-2:]) for masks in (found.content, found.style))
        return found._replace(content=content, style=style, confidence=confidence)

    @property
    def warnings(self) -> list[str]:
        """What speaks against the method, and what the user has lost by it, in words."""
        scene = find(self.run.model.trainer, SameScene)
        other = [OTHER_METHOD] if scene is not None and scene.said else []
        return [*other, *([FORGOT] if self.forgot else []), *([CAME_BACK] if self.came_back else [])]

    def sentences(self) -> list[str]:
        """Return what the figures say about the result, and its faults, in plain words."""
        model = self.run.model
        figures = RunMeasure(model, TOLD)(model)
        # What is newly clipped is told of what is seen, at the sliders' strength.
        said = verdict.plainly({name: value for name, value in figures.items() if name != "newly_clipped"})
        for option, words in REMEDIES.items():
            said = [sentence.replace(option, words) for sentence in said]
        return said


class Earlier(NamedTuple):
    """A picture that another is compared with; the run that made it is not kept.

    Attributes:
        image: at full strength, as ``Shown.image``.
        preview: whether it is of a preview.
    """

    image: Tensor
    preview: bool


class Kept(NamedTuple):
    """Corrections that are set aside while there are other photos, or another method.

    Attributes:
        corrections: the corrections.
        regions: the regions with them.
        found: the regions without them.
    """

    corrections: Corrections
    regions: Regions | None
    found: Regions | None


class Session:
    """The state of one open page.

    Attributes:
        shown: the last fit; None before the first.
        regions: the regions of ``shown``, with the corrections since; None if there are none.
        corrections: corrections of the regions that were found.
        taken: those that the fit under way takes in; None: there is none.
        chosen: labels of the regions that are chosen.
        saved: files that were written since the page was opened, the newest first.
        stopping: set to end work in progress.
        results: of the folder that was graded last, a small picture and the name of each.
        results_look: the names of the style photos whose look they have.
        results_shown: how many of them the page shows; None: it shows those of the folder before.
        messages: what the user was told since their last action, so that it is not told twice.
        is_replaced: whether the work that was stopped last was stopped for other work.
        said: what the page says of the picture.
        photo: the photo that was given last and could be read; None: there was none.
        is_halted: whether the picture that was to be made last was stopped by the user.
        is_refused: whether the file that was given last is none, and that photo stays in its place.
        earlier: the picture from before the user changed the regions first, for the same photos; None: there is none.
        easel: what the user paints over; None if they do not paint.
    """

    def __init__(self) -> None:
        """Start without photos."""
        self.shown: Shown | None = None
        self.regions: Regions | None = None
        self.corrections = Corrections()
        self.taken: Corrections | None = None
        self.chosen: tuple[str, ...] = ()
        self.stopping = threading.Event()
        self.saved: list[Path] = []
        self._written: dict[tuple[Strength, str], Path] = {}
        self.results: list[tuple[Path, str]] = []
        self.results_look = ""
        self.results_shown: int | None = 0
        self.messages: list[str] = []
        self.is_replaced = False
        self.said = ""
        self.photo: Path | None = None
        self.is_halted = self.is_refused = False
        self.earlier: Earlier | None = None
        self.easel: Easel | None = None
        self._under_way: list[str] = []
        # Of each drop that has not ended, in their order, whether there was anything to do: one without a photo, as
        # when the photo is taken away first, does not end the work of the next.
        self._drops: deque[bool] = deque()
        self._stopped = self._asked = self._begun = 0
        # How often the user has stopped what there was; how much work is in its turn or waits for it; and how much of
        # what was stopped has yet to come there.
        self._stops = self._here = self._late = 0
        self._found: Regions | None = None
        # What was before each correction, the last at the end.
        self._before: list[tuple[Corrections, Regions]] = []
        self._kept: dict[tuple[Path, tuple[Path, ...], str], Kept] = {}
        self._folder: Path | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return a new session: Gradio copies the initial state for every page that is opened."""
        return type(self)()

    @property
    def folder(self) -> Path:
        """A folder for files that the page shows or offers; it is removed with the session."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="session-", dir=os.environ.get("GRADIO_TEMP_DIR")))
            # A session is not closed, but garbage-collected after its page was closed.
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder

    def fit(
        self, photo: Path | None, styles: Sequence[Path], config: str, tell: Tell, *, preview: bool, **more: Any
    ) -> Shown:
        """Fit the look of style photos to a photo.

        Corrections are for the photos and the config that they were made with: with others, they are set aside, and
        come back with these.

        Args:
            photo: the photo that keeps its content.
            styles: the photos whose common look it takes on.
            config: name of the config, as ``verism.fit`` takes it.
            tell: called with the progress.
            preview: make only the steps of a preview.
            **more: further options of ``verism fit``.

        Raises:
            VerismError: a photo is missing or cannot be read, or the run failed.
            StoppedError: ``stop`` was called.
        """
        if photo is None or not styles:
            raise VerismError("Two photos are needed: yours, and the one whose look it should take on.")
        before = self.shown
        asked = photo, tuple(styles), config
        same = before is not None and (before.content, before.styles, before.config) == asked
        kept = None if same else self._kept.get(asked)
        corrections = self.corrections if same else Corrections() if kept is None else kept.corrections
        tell(0.05, "Reading the photos")
        quick = {name.removeprefix("--"): value for name, value in PREVIEW.items()}
        options: dict[str, Any] = quick if preview else {"output.size": SIDE}
        options |= corrections.options() | more
        watch = Watch(tell, self.stopping, f"the picture is made{'' if preview else ' and measured'}")
        self.taken = corrections
        try:
            with stopped_by(watch.obey):
                run = fit(photo, list(styles), config, progress=False, callbacks=[watch], **options)
                # Whoever has stopped it has been told that the picture before stays.
                watch.obey()
        except VerismError as error:
            # A picture that could not be made, because it was stopped, is told in other words.
            if watch.has_stopped and not isinstance(error, StoppedError):
                raise StoppedError from error
            raise
        finally:
            self.taken = None
        if before is None or not same or corrections == Corrections():
            self.earlier = None
        elif before.corrections == Corrections():
            self.earlier = Earlier(before.image, before.preview)
        forgot = not same and self.corrections != Corrections()
        if forgot and before is not None:
            self._kept[before.content, before.styles, before.config] = Kept(self.corrections, self.regions, self._found)
        self.shown = Shown(run, config, preview, photo, tuple(styles), corrections, forgot, kept is not None)
        self._written = {}
        if corrections == Corrections():
            self._found = self.shown.regions
        if not same:
            self.corrections, self.chosen = corrections, ()
            self._before.clear()
        if kept is not None:
            del self._kept[asked]
            self.regions, self._found = kept.regions, kept.found
        # Else they are those that were corrected, perhaps while it ran.
        if self.corrections == Corrections():
            self.regions = self._found
        return self.shown

    def measured(self) -> list[str]:
        """Return what the figures say about the picture; if the user stops that, the picture stays, and it is said."""

        def obey() -> None:
            if self.stopping.is_set():
                raise StoppedError

        try:
            with stopped_by(obey):
                return [OF_THE_WHOLE, *self.fitted.sentences()]
        except StoppedError:
            return [UNMEASURED]

    def begin(self, kind: str, *, is_due: bool = True) -> None:
        """Note that work of some kind was asked for, until ``end`` is called with the same kind.

        Args:
            kind: the kind of the work.
            is_due: whether there is all that it needs; else, there is nothing to do.
        """
        if kind == DROP:
            self._drops.append(is_due)
        if not is_due:
            return
        self.is_halted = False
        if not self._under_way:
            self._stopped = self._late = 0
        if kind == DROP or kind not in self._under_way:
            self._under_way.append(kind)

    def end(self, kind: str) -> None:
        """Note that such work has ended, of several of one kind the first."""
        was_due = self._drops.popleft() if kind == DROP and self._drops else True
        if was_due and kind in self._under_way:
            self._under_way.remove(kind)

    @contextmanager
    def turn(self, kind: str, wait: Wait = directly) -> Iterator[bool]:
        """Do work within this context, and yield whether it is still to be done, when what was asked before has ended.

        Work on photos that were dropped is not, if others were dropped, or another method was chosen, while it waited.

        Args:
            kind: the kind of the work.
            wait: returns a context that is entered when it is the turn of this work; it calls its argument meanwhile,
                and ends with what that raises.

        Raises:
            StoppedError: the user has stopped this work while it waited.
        """
        came, self._here = self._stops, self._here + 1
        if self._late:
            # It was stopped on its way here.
            self._late -= 1
            came -= 1

        def check() -> None:
            if self._stops != came:
                raise StoppedError

        try:
            with wait(check):
                # Before the conditions are looked at, so that no stop is missed.
                self.stopping.clear()
                if kind == DROP:
                    self._begun += 1
                check()
                yield kind != DROP or self._begun >= self._asked
        finally:
            self._here -= 1
            if self._stops != came:
                self._stopped = max(0, self._stopped - 1)

    @property
    def runs(self) -> str | None:
        """The kind of the work that runs, or is the first to run; None: there is none."""
        return next(iter(self._under_way), None)

    @property
    def is_fitting(self) -> bool:
        """Whether another picture is being made, or is to be."""
        return any(kind in FITS for kind in self._under_way)

    @property
    def takes_corrections(self) -> bool:
        """Whether the corrections of the regions are in the fit that is under way, or will be in one that waits."""
        waiting = [kind for kind in self._under_way if kind in FITS]
        if self.taken is not None:
            del waiting[:1]
        return not self.is_stopping and (bool(waiting) or self.taken == self.corrections)

    @property
    def has_new_photos(self) -> bool:
        """Whether others are to take the place of the photos, or of the method, that corrections were made for."""
        return DROP in self._under_way

    @property
    def is_busy(self) -> bool:
        """Whether there is work that ``stop`` would end."""
        return bool(self._under_way)

    @property
    def is_stopping(self) -> bool:
        """Whether the user has stopped work that has not ended yet."""
        return self.is_busy and self._stopped > 0

    def stop(self, *, for_other: bool = False) -> None:
        """End the work in progress, as soon as a step or photo is finished, and what waits for its turn.

        Args:
            for_other: work of the kind ``DROP`` takes its place, so that the user need not be told; other kinds that
                wait are still done.
        """
        self.is_replaced = for_other
        if for_other:
            self.ask()
        else:
            self._stopped = len(self._under_way)
            self._late = max(0, self._stopped - self._here)
            self._stops += 1
        self.stopping.set()

    def ask(self) -> None:
        """Note that work of the kind ``DROP`` comes, which takes the place of such that waits."""
        self._asked += 1

    def has(self, photo: str, styles: Sequence[str], config: str) -> bool:
        """Return whether the last fit is of these photos and this config."""
        shown = self.shown
        return shown is not None and (shown.content, shown.styles, shown.config) == (
            Path(photo),
            tuple(map(Path, styles)),
            config,
        )

    @property
    def fitted(self) -> Shown:
        """The last fit; raises ``VerismError`` if there was none."""
        if self.shown is None:
            raise VerismError("There is no look yet: give two photos first.")
        return self.shown

    @property
    def divided(self) -> Regions:
        """The regions; raises ``VerismError`` if there are none."""
        if self.regions is None:
            raise VerismError("The photos were compared as a whole, and there are no regions.")
        return self.regions

    @property
    def numbers(self) -> Mapping[str, int]:
        """The number of each region, by its label; they stay when regions are merged, or further ones are painted."""
        found = (self._found or self.divided).labels
        further = [label for label in COLORS if label in self._all_labels and label not in found]
        return {label: number for number, label in enumerate([*found, *further], start=1)}

    @property
    def new_label(self) -> str | None:
        """The label of the next region that the user paints beside those that there are; None: there can be no more."""
        return next(iter(unused(self._all_labels)), None)

    @property
    def _all_labels(self) -> set[str]:
        """The labels of all regions, those that were merged with others, too."""
        merged = {label for group in self.corrections.merged for label in group}
        return {*(self._found or self.divided).labels, *self.divided.labels, *merged}

    def seen(self, strength: Strength) -> Tensor:
        """Return the result at a strength, ``(1, 3, H, W)``, at the size at which it is shown."""
        return strength(self.fitted.photo, self.fitted.image)

    def before(self, strength: Strength, *, earlier: bool) -> Tensor:
        """Return what the result is compared with, of the same shape.

        Args:
            strength: strength of the result.
            earlier: take the result from before the user changed the regions, if there is one; else, it is the photo.
        """
        photo = self.fitted.photo
        return strength(photo, self.earlier.image) if earlier and self.earlier is not None else photo

    def draw(self, image: Tensor) -> Path:
        """Write an image ``(1, 3, H, W)``, RGB in [0, 1], as a JPEG file for the page; return its path."""
        data = jpeg(image)
        path = self.folder / f"{hashlib.sha256(data).hexdigest()}.jpg"
        # The browser may be reading it.
        if not path.exists():
            atomic.write(path, data)
        return path

    def choose(self, place: tuple[float, float], *, content: bool) -> None:
        """Choose the region at a place of the content or the style photo; if it is chosen already, unchoose it.

        Args:
            place: distance from the left and from the top, as shares of width and height, in [0, 1].
            content: whether the place is in the content photo.
        """
        masks = self.divided.content if content else self.divided.style
        label = region_at(masks, self.divided.labels, place)
        if label is not None:
            kept = tuple(other for other in self.chosen if other != label)
            self.chosen = kept if label in self.chosen else (*kept, label)

    def merge(self) -> None:
        """Merge the chosen regions; raise ``VerismError`` if fewer than two are chosen."""
        if len(self.chosen) < 2:  # noqa: PLR2004
            raise VerismError("Click the regions that belong together, at least two, and then merge them.")
        # The largest gives its label, and so its colour and number.
        shares = dict(zip(self.divided.labels, seen(self.divided.content).tolist(), strict=True))
        group = sorted(self.chosen, key=lambda label: -shares[label])
        self._before.append((self.corrections, self.divided))
        self.corrections = self.corrections.merge(group)
        self.regions, self.chosen = self.divided.merge([group]), ()

    def leave_out(self) -> None:
        """Have the chosen regions treated like the rest of the photo; raise ``VerismError`` if none is chosen."""
        if not self.chosen:
            raise VerismError(
                "Click the regions whose match is wrong first, those that are to be graded with the rest of your photo."
            )
        self._before.append((self.corrections, self.divided))
        self.corrections = self.corrections.leave_out(self.chosen)
        self.regions, self.chosen = self.divided.leave_out(self.chosen), ()

    def paint(self, strokes: Tensor, role: Role = "content") -> None:
        """Change the regions of a photo where the user has painted over them.

        Args:
            strokes: what was painted, ``(1, 4, H, W)``, RGB and opacity in [0, 1], of any size.
            role: the photo.

        Raises:
            VerismError: nothing was painted.
        """
        if not bool((strokes[:, 3:] > 0).any()):
            raise VerismError("Nothing was painted: choose a region's colour, and paint where it should be.")
        regions = self.divided
        shape = getattr(regions, role).shape[-2:]
        labels = (*regions.labels, *([] if self.new_label is None else [self.new_label]))
        new = painted(labels, strokes, layers(None, shape))
        after = torch.where(new[:, 3:] > 0, new, layers(self.corrections.strokes(role), shape))
        mask = free_name(self.folder / MASK_NAMES[role])
        photo_file.write(mask, Photo(after[:, :3], after[:, 3:]), {})
        # The strokes before are in the regions already, some in colours that are merged with others by now.
        drawn = Strokes(role, mask, new[:, :3] * 255, new[:, 3:] > 0)
        self._before.append((self.corrections, regions))
        self.regions = regions.painted(drawn)
        self.corrections, self.chosen = self.corrections.paint(role, mask, labels_in(labels, new)), ()

    def reset(self) -> None:
        """Remove all corrections of the regions that were found, which ``undo`` brings back."""
        if self.regions is not None and self.corrections != Corrections():
            self._before.append((self.corrections, self.regions))
        self.corrections, self.chosen = Corrections(), ()
        self.regions = self._found

    def undo(self) -> None:
        """Take back the last correction, or the last ``reset``; raise ``VerismError`` if there is none."""
        if not self._before:
            raise VerismError("There is no correction of the regions to undo.")
        self.corrections, self.regions = self._before.pop()
        self.chosen = ()

    def save_picture(self, strength: Strength, ending: str = "") -> Path:
        """Write the picture at full size, with the photo's metadata, and return its path.

        Args:
            strength: strength of the picture.
            ending: ending of the file's name, such as ".tiff"; empty: the photo's own.
        """
        # Another picture may come while this one is written.
        shown, written = self.fitted, self._written
        run, photo = shown.run, shown.content
        same = strength, ending or photo.suffix
        if same not in written:
            named = self.folder / f"{photo.stem}{ending or photo.suffix}"
            path = result_path(named, shown.styles[0], preview=False)
            path = free_name(path.with_stem(f"{_named(shown)}{_said(strength)}"))
            replace(run, strength=strength, photo=rendered(run.canvas, run.model.data.source, strength)).save(path)
            written[same] = path
        return written[same]

    def save_table(self, strength: Strength, ending: str) -> tuple[Path, Deviation]:
        """Write the look as a lookup table; return its path, and how far it is from the picture.

        Args:
            strength: strength of the look in the table.
            ending: .cube, or .png for a HaldCLUT.
        """
        shown = self.fitted
        name = f"{_named(shown)}{_said(strength)}{'-hald' if ending == '.png' else ''}{ending}"
        path = free_name(self.folder / name)
        return path, replace(shown.run, strength=strength).look.save(path)

    def grade(
        self, photos: Sequence[Path], folder: Path, strength: Strength, tell: Tell, *, adapt: bool
    ) -> FolderOutcome:
        """Give photos the look, as ``series.grade`` does, until ``stop`` is called.

        The results of the folder before are kept until the first photo is begun.
        """
        shown, is_begun = self.fitted, False

        def begin(share: float, said: str) -> None:
            nonlocal is_begun
            if not is_begun:
                self.results, self.results_shown, self.results_look = [], None, shown.look
                is_begun = True
            tell(share, said)

        return grade(shown.run, photos, folder, strength, begin, self.stopping, adapt=adapt, show=self._show_result)

    def _show_result(self, path: Path) -> None:
        small = self.draw(at_most(photo_file.read(path, least=SIDE), SIDE).pixels)
        self.results.append((small, path.name))

    def command(self, strength: Strength) -> str:
        """Return the command that makes the same picture."""
        fitted = self.fitted
        names = [path.name for path in fitted.styles]
        options: dict[str, Any] = {
            "config": f"{fitted.config}.yaml",
            "data.content": fitted.content.name,
            "data.style": names[0] if len(names) == 1 else names,
            **fitted.corrections.options(),
            **{f"output.{name}": f"{value:g}" for name, value in strength._asdict().items() if value != 1},
        }
        for role in MASK_NAMES:
            if (mask := fitted.corrections.strokes(role)) is not None:
                options[f"data.{role}_mask"] = mask.name
        if fitted.preview:
            options["trainer.max_steps"] = PREVIEW["--trainer.max_steps"]
        words = [word for name, value in options.items() for word in (f"--{name}", _as_typed(value))]
        return " ".join(["verism", "fit", *map(_quoted, words)])


def _as_typed(value: Any) -> str:
    """Return an option's value as it is typed, lists without the quotes that Python has."""
    return f"[{', '.join(map(_as_typed, value))}]" if isinstance(value, list) else str(value)


def _quoted(word: str) -> str:
    """Return a word as a shell takes it, in double quotes where it has single ones, which can be read then."""
    has_single = "'" in word and not set(word) & set('"$`\\!')
    return f'"{word}"' if has_single else shlex.quote(word)


def _named(shown: Shown) -> str:
    """Return the name of a file of a picture: of its photos, and whether it is a preview."""
    first, *others = (path.stem for path in shown.styles)
    more = [f"and-{len(others)}-more"] if len(others) >= MANY else others
    return "-".join([shown.content.stem, first, *more, *(["preview"] if shown.preview else [])])


def _said(strength: Strength) -> str:
    """Return a strength as a part of a file's name; empty for the whole look."""
    return "".join(f"-{SLIDERS[name].lower()}-{share:g}" for name, share in strength._asdict().items() if share != 1)
