"""The state of one open page: the photos, the run that was fitted to them, and corrections of its regions."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, Self

import torch
from torch import Tensor

from verism import atomic, photo_file
from verism.api import fit
from verism.app.checkerboard import over_checkerboard
from verism.app.command_line import Space, command_of
from verism.app.corrections import MASK_NAMES, Corrections, labels_in, layers, painted, region_at
from verism.app.legend import listed
from verism.app.part import MIDDLE
from verism.app.series import FolderOutcome, Graded, grade
from verism.app.shown import SIDE, Shown
from verism.app.turns import Turns
from verism.app.watch import StoppedError, Tell, Watch
from verism.atomic import free_name
from verism.commands.result_names import result_path
from verism.commands.run import PREVIEW
from verism.errors import VerismError
from verism.look.lut_file import Deviation
from verism.look.picture import at_most, rendered
from verism.look.strength import Strength
from verism.page.result import jpeg
from verism.photo_file import Encoding, Photo
from verism.regions.colors import COLORS, unused
from verism.regions.regions import Regions, Strokes
from verism.role import Role
from verism.stopping import stopped_by


class Easel(NamedTuple):
    """The photo that a user paints over.

    Attributes:
        role: which of the two photos it is.
        photo: its file.
        labels: labels of the regions whose colours are available.
        mask: file with earlier strokes over it. None if there are none.
    """

    role: Role
    photo: Path
    labels: tuple[str, ...]
    mask: Path | None = None


NO_PHOTO = Easel("content", Path(), ())
"""The easel of a user who is painting while the regions of another photo are being found."""

OF_THE_WHOLE = "Of the whole look, with every slider at 1:"
"""Prefix of what the metrics say."""

NEARLY = 0.95
"""Share of the look from which it is not mentioned."""

UNMEASURED = "The picture is in final quality. You stopped before it was measured, so nothing is said about its faults."
"""Shown in place of what the metrics say."""


class Earlier(NamedTuple):
    """An earlier picture to compare with. The run that made it is not kept.

    Attributes:
        image: at full strength, as ``Shown.image``.
        preview: whether it is a preview.
    """

    image: Tensor
    preview: bool


class Kept(NamedTuple):
    """Corrections that are set aside while there are other photos or another method.

    Attributes:
        corrections: the corrections.
        regions: the regions with them.
        found: the regions without them.
    """

    corrections: Corrections
    regions: Regions | None
    found: Regions | None


def _png(image: Tensor) -> bytes:
    file = io.BytesIO()
    photo_file.to_pillow(Photo(image.clamp(0, 1))).save(file, "PNG", compress_level=1)
    return file.getvalue()


class Session:
    """The state of one open page.

    Attributes:
        turns: the work that the page has requested.
        shown: the last fit. None before the first.
        regions: the regions of ``shown`` with all later corrections. None if there are none.
        corrections: corrections of the found regions.
        taken: the corrections that the running fit includes. None if no fit is running.
        chosen: labels of the selected regions.
        saved: files written since the page was opened, newest first, with a description of each.
        results: results for the last folder: a small picture of each, and its name with how much of the look it has.
        results_look: the look of these results: the names of its style photos, and the method.
        results_shown: how many of them the page shows. None if it still shows those of the previous folder.
        packed: files of the results that the page offers, the .zip file first. Empty if they are in a user's folder.
        packed_shown: those of ``packed`` that the page shows.
        put_aside: results for the previous folder, as long as there may be no new ones.
        messages: messages since the user's last action, so that none is repeated.
        said: what the page says about the picture.
        photo: the last given photo that could be read. None if there was none.
        given: the last given photo and style photos, as the page names them. None if there were none.
        config: config of the last selected method. None if the first method was never changed.
        is_refused: whether some of the last given files were not photos, and were removed.
        earlier: the picture from before the user first changed the regions, for the same photos. None if there is none.
        easel: what the user is painting over. None if they are not painting.
        place: the part of the picture shown at full size, as shares of width and height.
    """

    def __init__(self) -> None:
        """Start without photos."""
        self.turns = Turns()
        self.shown: Shown | None = None
        self.regions: Regions | None = None
        self.corrections = Corrections()
        self.taken: Corrections | None = None
        self.chosen: tuple[str, ...] = ()
        self.saved: dict[Path, str] = {}
        self._written: dict[tuple[Strength, str, Space], Path] = {}
        self.results: list[tuple[Path, str]] = []
        self._smaller: dict[tuple[Path, int], Path] = {}
        self.results_look = ""
        self.results_shown: int | None = 0
        self.packed: list[Path] = []
        self.packed_shown: list[Path] = []
        self.put_aside: list[Path] = []
        self.messages: list[str] = []
        self.said = ""
        self.photo: Path | None = None
        self.given: tuple[str | None, tuple[str, ...]] | None = None
        self.config: str | None = None
        self.is_refused = False
        self.earlier: Earlier | None = None
        self.easel: Easel | None = None
        self.place = MIDDLE
        self._found: Regions | None = None
        # The labels of the visible regions, with the regions that they belong to.
        self._numbered: tuple[Regions, tuple[str, ...]] | None = None
        # The states before each correction, most recent last.
        self._before: list[tuple[Corrections, Regions]] = []
        self._kept: dict[tuple[Path, tuple[Path, ...], str, tuple[float, ...]], Kept] = {}
        self._folder: Path | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return a new session, because Gradio copies the initial state for every page that is opened."""
        return type(self)()

    @property
    def folder(self) -> Path:
        """A folder for files that the page shows or offers. It is removed with the session."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="session-", dir=os.environ.get("GRADIO_TEMP_DIR")))
            # A session is never closed, only garbage-collected after its page was closed.
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder

    def fit(
        self,
        photo: Path | None,
        styles: Sequence[Path],
        config: str,
        tell: Tell,
        *,
        preview: bool,
        weights: tuple[float, ...] = (),
        **more: Any,
    ) -> Shown:
        """Fit the look of style photos to a photo.

        Corrections belong to the photos, config and weights that they were made with. With others, they are set aside,
        and return when these return.

        Args:
            photo: the photo that keeps its content.
            styles: the photos whose common look it takes on.
            config: name of the config, as for ``verism.fit``.
            tell: called with the progress.
            preview: make only the steps of a preview.
            weights: weight of each style photo. Empty for equal weights.
            **more: further options of ``verism fit``.

        Raises:
            VerismError: if a photo is missing or cannot be read, or the run failed.
            StoppedError: if ``stop`` was called.
        """
        if photo is None or not styles:
            raise VerismError("Two photos are needed: yours, and the one whose look it should take on.")
        before = self.shown
        asked = photo, tuple(styles), config, weights
        same = before is not None and (before.content, before.styles, before.config, before.weights) == asked
        kept = None if same else self._kept.get(asked)
        corrections = self.corrections if same else Corrections() if kept is None else kept.corrections
        tell(0.05, "Reading the photos")
        quick = {name.removeprefix("--"): value for name, value in PREVIEW.items()}
        options: dict[str, Any] = {"metrics.brief": True} | (quick if preview else {"output.size": SIDE})
        if weights:
            options["data.style_weights"] = list(weights)
        options |= corrections.options() | more
        watch = Watch(tell, self.turns.stopping, f"the picture is made{'' if preview else ' and measured'}")
        self.taken = corrections
        try:
            with stopped_by(watch.obey):
                run = fit(photo, list(styles), config, progress=False, callbacks=[watch], **options)
                # A user who stopped the run was told that the previous picture stays.
                watch.obey()
        except VerismError as error:
            # A picture that failed because it was stopped is reported in other words.
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
            key = before.content, before.styles, before.config, before.weights
            self._kept[key] = Kept(self.corrections, self.regions, self._found)
        self.shown = Shown(run, config, preview, photo, tuple(styles), corrections, forgot, kept is not None, weights)
        self._written = {}
        if corrections == Corrections():
            self._found = self.shown.regions
        if not same:
            self.corrections, self.chosen = corrections, ()
            self._before.clear()
        if kept is not None:
            del self._kept[asked]
            self.regions, self._found = kept.regions, kept.found
        # Otherwise, they are the corrected regions, which may have changed during the run.
        if self.corrections == Corrections():
            self.regions = self._found
        return self.shown

    def measured(self) -> list[str]:
        """Return what the metrics say about the picture. If the user stops the measurement, say that instead."""

        def obey() -> None:
            if self.turns.stopping.is_set():
                raise StoppedError

        try:
            with stopped_by(obey):
                return [OF_THE_WHOLE, *self.fitted.sentences()]
        except StoppedError:
            return [UNMEASURED]

    @property
    def takes_corrections(self) -> bool:
        """Whether the running fit, or one that is waiting, includes the corrections of the regions."""
        waiting = self.turns.fits if self.taken is None else self.turns.fits[1:]
        return not self.turns.is_stopping and (bool(waiting) or self.taken == self.corrections)

    def has(self, photo: str, styles: Sequence[str], config: str) -> bool:
        """Return whether the last fit has these photos and this config."""
        shown = self.shown
        return shown is not None and (shown.content, shown.styles, shown.config) == (
            Path(photo),
            tuple(map(Path, styles)),
            config,
        )

    @property
    def is_stale(self) -> bool:
        """Whether the picture was made from other photos, or with another method, than those now selected."""
        if self.shown is None:
            return False
        photo, styles = (str(self.shown.content), tuple(map(str, self.shown.styles)))
        return self.given not in (None, (photo, styles)) or self.config not in (None, self.shown.config)

    @property
    def fitted(self) -> Shown:
        """The last fit. Raises ``VerismError`` if there was none."""
        if self.shown is None:
            raise VerismError("There is no look yet: give two photos first.")
        return self.shown

    @property
    def divided(self) -> Regions:
        """The regions. Raises ``VerismError`` if there are none."""
        if self.regions is None:
            raise VerismError("The photos were compared as a whole, and there are no regions.")
        return self.regions

    @property
    def numbers(self) -> Mapping[str, int]:
        """The number of each region that is visible, or was before it was merged, by label.

        Numbers stay the same when regions are merged or painted. Found regions that are visible nowhere get no number,
        so that the numbers have no gaps.
        """
        found = self._found or self.divided
        if self._numbered is None or self._numbered[0] is not found:
            self._numbered = found, listed(found)
        further = [label for label in COLORS if label in self._all_labels and label not in found.labels]
        return {label: number for number, label in enumerate([*self._numbered[1], *further], start=1)}

    @property
    def new_label(self) -> str | None:
        """The label of the next region that the user paints in addition. None if there can be no more."""
        return next(iter(unused(self._all_labels)), None)

    @property
    def _all_labels(self) -> set[str]:
        """The labels of all regions, including those that were merged."""
        merged = {label for group in self.corrections.merged for label in group}
        return {*(self._found or self.divided).labels, *self.divided.labels, *merged}

    def seen(self, strength: Strength) -> Tensor:
        """Return the result at a strength, ``(1, 3, H, W)``, at display size."""
        return strength(self.fitted.photo, self.fitted.image)

    def before(self, strength: Strength, *, earlier: bool) -> Tensor:
        """Return the image that the result is compared with, of the same shape.

        Args:
            strength: strength of the result.
            earlier: use the result from before the user changed the regions, if any, instead of the photo.
        """
        photo = self.fitted.photo
        return strength(photo, self.earlier.image) if earlier and self.earlier is not None else photo

    def draw(self, image: Tensor, *, exact: bool = False) -> Path:
        """Write an image ``(1, 3, H, W)``, RGB in [0, 1], to a file for the page, and return its path.

        Args:
            image: the image.
            exact: write PNG instead of JPEG, whose artefacts could be mistaken for effects of the look.
        """
        data = _png(image) if exact else jpeg(image)
        path = self.folder / f"{hashlib.sha256(data).hexdigest()}{'.png' if exact else '.jpg'}"
        # The browser may be reading an existing file.
        if not path.exists():
            atomic.write(path, data)
        return path

    def choose(self, place: tuple[float, float], *, content: bool) -> None:
        """Toggle the selection of the region at a place of the content or style photo.

        Args:
            place: distance from the left and from the top, as shares of width and height, in [0, 1].
            content: whether the place is in the content photo.
        """
        masks = self.divided.content if content else self.divided.style
        label = region_at(masks, self.divided.labels, place)
        if label is not None:
            self.pick(label)

    def pick(self, label: str) -> None:
        """Toggle the selection of a region."""
        kept = tuple(other for other in self.chosen if other != label)
        if label in self.divided.labels:
            self.chosen = kept if label in self.chosen else (*kept, label)

    def merge(self) -> None:
        """Merge the selected regions. Raises ``VerismError`` if fewer than two are selected."""
        if len(self.chosen) < 2:  # noqa: PLR2004
            raise VerismError("Click the regions that belong together, at least two, and then merge them.")
        # The largest region passes on its label, and so its colour and number.
        shares = dict(zip(self.divided.labels, self.divided.seen[0], strict=True))
        group = sorted(self.chosen, key=lambda label: -shares[label])
        self._before.append((self.corrections, self.divided))
        self.corrections = self.corrections.merge(group)
        self.regions, self.chosen = self.divided.merge([group]), ()

    def leave_out(self) -> None:
        """Treat the selected regions like the rest of the photo. Raises ``VerismError`` if none is selected."""
        if not self.chosen:
            raise VerismError(
                "Click the regions whose match is wrong first, those that are to have the look of the whole photo."
            )
        self._before.append((self.corrections, self.divided))
        self.corrections = self.corrections.leave_out(self.chosen)
        self.regions, self.chosen = self.divided.leave_out(self.chosen), ()

    def keep(self) -> None:
        """Leave the selected regions as they are in the photo.

        Raises:
            VerismError: if none is selected, nothing else would be left, or the method cannot keep a part of the photo.
        """
        if not self.chosen:
            raise VerismError("Click the regions that are to stay as they are in your photo first, such as its sky.")
        if not self.fitted.run.canvas.keeps_regions:
            raise VerismError("This method treats a colour alike wherever it is; Region by region can keep a part.")
        regions = self.divided.keep(self.chosen)
        self._before.append((self.corrections, self.divided))
        self.corrections = self.corrections.keep(self.chosen)
        self.regions, self.chosen = regions, ()

    def paint(self, strokes: Tensor, role: Role = "content") -> None:
        """Change the regions of a photo where the user has painted over them.

        Args:
            strokes: the strokes, ``(1, 4, H, W)``, RGB and opacity in [0, 1], of any size.
            role: the photo.

        Raises:
            VerismError: if nothing was painted.
        """
        if not bool((strokes[:, 3:] > 0).any()):
            raise VerismError("Nothing was painted: choose a region's colour, and paint where it should be.")
        regions = self.divided
        # At the size at which it was painted: at the size of the fit, the file would have jagged edges.
        shape = (self.fitted.photo if role == "content" else self.fitted.style).shape[-2:]
        labels = (*regions.labels, *([] if self.new_label is None else [self.new_label]))
        new = painted(labels, strokes, layers(None, shape))
        after = torch.where(new[:, 3:] > 0, new, layers(self.corrections.strokes(role), shape))
        mask = free_name(self.folder / MASK_NAMES[role])
        photo_file.write(mask, Photo(after[:, :3], after[:, 3:]), {})
        # Earlier strokes are already in the regions, some in colours that have since been merged.
        drawn = Strokes(role, mask, new[:, :3] * 255, new[:, 3:] > 0)
        self._before.append((self.corrections, regions))
        self.regions = regions.painted(drawn)
        self.corrections, self.chosen = self.corrections.paint(role, mask, labels_in(labels, new)), ()

    def reset(self) -> None:
        """Remove all corrections of the found regions. ``undo`` restores them."""
        if self.regions is not None and self.corrections != Corrections():
            self._before.append((self.corrections, self.regions))
        self.corrections, self.chosen = Corrections(), ()
        self.regions = self._found

    def undo(self) -> None:
        """Undo the last correction or ``reset``. Raises ``VerismError`` if there is none."""
        if not self._before:
            raise VerismError("There is no correction of the regions to undo.")
        self.corrections, self.regions = self._before.pop()
        self.chosen = ()

    def save_picture(self, strength: Strength, ending: str = "", space: Space = "srgb") -> Path:
        """Write the picture at full size, with the photo's metadata, and return its path.

        Args:
            strength: strength of the picture.
            ending: file ending, such as ".tiff". Empty for that of the photo.
            space: colour space of the file, as in ``Encoding.profile``.
        """
        # Another picture may arrive while this one is being written.
        shown, written = self.fitted, self._written
        run, photo = shown.run, shown.content
        same = strength, ending or photo.suffix, space
        if same not in written:
            named = self.folder / f"{photo.stem}{ending or photo.suffix}"
            path = result_path(named, shown.styles[0], preview=False)
            path = free_name(path.with_stem(f"{shown.stem}{strength.in_names}"))
            picture = replace(run, strength=strength, photo=rendered(run.canvas, run.model.data.source, strength))
            picture.save(path, encoding=Encoding(space))
            written[same] = path
        return written[same]

    def save_table(self, strength: Strength, ending: str) -> tuple[Path, Deviation]:
        """Write the look as a lookup table. Returns its path, and its deviation from the picture.

        Args:
            strength: strength of the look in the table.
            ending: .cube, or .png for a HaldCLUT.
        """
        shown = self.fitted
        name = f"{shown.stem}{strength.in_names}{'-hald' if ending == '.png' else ''}{ending}"
        path = free_name(self.folder / name)
        return path, replace(shown.run, strength=strength).look.save(path)

    def grade(
        self,
        photos: Sequence[Path],
        folder: Path,
        strength: Strength,
        tell: Tell,
        *,
        adapt: bool,
        hold_back: bool = True,
    ) -> FolderOutcome:
        """Give photos the look, like ``series.grade``, until ``stop`` is called.

        Files are named like those of single photos, with a suffix for the other options. The results for the previous
        folder are kept until the first photo is started, or found to be done already.
        """
        shown, is_begun = self.fitted, False

        def begin() -> None:
            nonlocal is_begun
            if not is_begun:
                self.results, self.results_shown, self.results_look = [], None, shown.how
                self.packed = self.put_aside = []
                is_begun = True

        def begin_and_tell(share: float, said: str) -> None:
            begin()
            tell(share, said)

        def begin_and_show(path: Path, graded: Graded) -> None:
            begin()
            # First, because the page truncates long captions.
            taken = "" if graded.taken >= NEARLY else f"{graded.taken:.0%} of the look: "
            # A result from before may have been changed into something unreadable.
            with suppress(VerismError):
                self.results.append((self._small(path), f"{taken}{path.name}"))

        return grade(
            shown.run,
            photos,
            folder,
            strength,
            begin_and_tell,
            self.turns.stopping,
            adapt=adapt,
            hold_back=hold_back,
            show=begin_and_show,
            named=f"{shown.ending}{'-own-regions' if adapt else ''}{'' if hold_back else '-whole'}{strength.in_names}",
        )

    def _small(self, path: Path) -> Path:
        """Return a cached small picture of a file, since a folder may have hundreds of finished results."""
        key = path, path.stat().st_mtime_ns
        if key not in self._smaller:
            self._smaller[key] = self.draw(over_checkerboard(at_most(photo_file.read(path, least=SIDE), SIDE)))
        return self._smaller[key]

    def command(self, strength: Strength, space: Space = "srgb") -> str:
        """Return the command that makes the same picture."""
        return command_of(self.fitted, strength, space)
