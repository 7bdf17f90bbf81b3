"""A fitted run, and what the page shows and says about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from verism import images, verdict
from verism.api import FittedRun
from verism.app.checkerboard import over_checkerboard
from verism.app.corrections import Corrections
from verism.app.part import Part
from verism.callbacks.find import find
from verism.callbacks.metrics import RunMeasure
from verism.callbacks.same_scene import SameScene
from verism.data.source import read
from verism.likeness import without_repeats
from verism.look.picture import at_most, rendered
from verism.look.strength import Strength
from verism.metrics import TOLD
from verism.regions.masks import resize
from verism.regions.regions import Regions
from verism.uneven import LEAVE_OUT, Uneven

TOLD_OF_SHOWN = ("newly_clipped", "pure_colors")
"""Metrics reported for the picture as shown (``verism.app.clipping``) instead of for the full look."""

SIDE = 1000
"""Maximum long side of the pictures on the page, in pixels, as for a preview on the command line."""

TABLE_METHOD = "One lookup table"
"""The method whose look is a table, so that other programs show exactly the same."""

METHODS: Mapping[str, str] = {
    "Region by region": "photoreal",
    TABLE_METHOD: "lut",
    "Same scene, other grading": "match",
}
"""The methods that a user can select, with the config of each."""

IN_NAMES: Mapping[str, str] = {"lut": "lookup-table", "match": "same-scene"}
"""File name components for methods, by config. The first method, which is the most common, has none."""

ABOUT_METHODS: Mapping[str, str] = {
    "Region by region": "Matches what both photos show, such as sky with sky, and gives each part its own look.",
    TABLE_METHOD: "Changes the whole photo alike: a lookup table (LUT), which other programs can load.",
    "Same scene, other grading": "For two photos of one scene: finds how the style photo was graded.",
}
"""A one-line description of each method."""

OTHER_METHOD = "These photos seem to show different scenes: for those, choose another method, Region by region."
"""Advice if a method for photos of one scene is used on photos of two."""

GAP_BELOW = 0.99
"""Opacity up to which a place counts as between two style photos rather than in one."""

MANY = 3
"""Number of further style photos from which their names are left out of file names."""

FORGOT = (
    "Your corrections of the regions are set aside: they come back with the photos and the method that they are for."
)
"""Note on the first picture without the previous corrections."""

CAME_BACK = "Your corrections of the regions for these photos and this method are back."
"""Note on the first picture that has its corrections back."""

SLIDERS: Mapping[str, str] = {"strength": "Strength", "color": "Colour", "tone": "Tone"}
"""The sliders of the page, by command-line option."""

UNDER_REGIONS = (
    "under Regions, merging those that are one thing helps, or giving one of them the look of the whole photo"
)
"""Remedy if differing regions have turned one colour into several."""

REMEDIES: Mapping[str, str] = {f"--output.{option}": slider for option, slider in SLIDERS.items()}
"""The page's counterparts of other options that help against faults."""


@dataclass(frozen=True)
class Shown:
    """A fitted run, and what the page shows of it.

    Attributes:
        run: the run.
        config: name of the config with its settings.
        preview: whether it made only the steps of a preview.
        content: the file of the content photo.
        styles: the files of the style photos, at least one.
        corrections: the corrections of the regions that it includes.
        forgot: whether corrections for other photos or another method were set aside.
        came_back: whether its corrections were restored after other photos or another method.
        weights: weight of each of several style photos. Empty for equal weights.
    """

    run: FittedRun
    config: str
    preview: bool
    content: Path
    styles: tuple[Path, ...]
    corrections: Corrections
    forgot: bool = False
    came_back: bool = False
    weights: tuple[float, ...] = ()

    @property
    def title(self) -> str:
        """The names of the photos, as part of a sentence."""
        return f"{self.content.name} in the look of {self.look}"

    @property
    def look(self) -> str:
        """The names of the style photos, and their weights if any were set."""
        counts = [f" (×{weight:g})" for weight in self.weights] or [""] * len(self.styles)
        return " + ".join(f"{path.name}{count}" for path, count in zip(self.styles, counts, strict=True))

    @property
    def caption(self) -> str:
        """The names of the photos, whether it is a preview, and the method."""
        return f"{self.title}: {'a preview' if self.preview else 'in final quality'}, {self._method}"

    @property
    def how(self) -> str:
        """The names of the style photos, and the method that found their look."""
        return f"{self.look}, {self._method}"

    @property
    def _method(self) -> str:
        return f"method {next((name for name, config in METHODS.items() if config == self.config), self.config)}"

    @cached_property
    def photo(self) -> Tensor:
        """The content photo, ``(1, 3, H, W)``, RGB in [0, 1], with at most ``SIDE`` pixels on its long side."""
        return over_checkerboard(at_most(self.run.model.data.source, SIDE))

    @cached_property
    def image(self) -> Tensor:
        """The result at full strength, in the shape of ``photo``."""
        source = at_most(self.run.model.data.source, SIDE)
        return over_checkerboard(rendered(self.run.canvas, source, Strength())).clamp(0, 1)

    @cached_property
    def whole(self) -> Tensor:
        """The result at full strength and full size, from the code that makes its file, but in half precision."""
        photo = rendered(self.run.canvas, self.run.model.data.source, Strength())
        # Finer than 8 bits, and half the size of the photo itself.
        return over_checkerboard(photo).clamp(0, 1).half()

    @property
    def has_whole(self) -> bool:
        """Whether ``whole``, which may take a while, has been computed."""
        return "whole" in self.__dict__

    def parts(self, part: Part) -> tuple[Tensor, Tensor]:
        """Return a part of the photo, and of the result at full strength, both at full size."""
        source = self.run.model.data.source
        alpha = None if source.alpha is None else part.of(source.alpha)
        own = source._replace(pixels=part.of(source.pixels), alpha=alpha)
        return over_checkerboard(own), part.of(self.whole).float()

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the picture at full size."""
        height, width = self.run.model.data.source.pixels.shape[-2:]
        return height, width

    @cached_property
    def style(self) -> Tensor:
        """The style photo, or several side by side, with at most ``SIDE`` pixels on the long side."""
        data = self.run.model.data
        if len(data.styles) == 1:
            return over_checkerboard(at_most(read(data.styles[0]), SIDE))
        together = data.photos.style
        return images.resize(together, [side * SIDE // max(together.shape[-2:]) for side in together.shape[-2:]])

    def apart(self, style: Tensor) -> Tensor:
        """Blank the gaps between several style photos in ``style``, or in a picture of the same shape."""
        opacity = self.run.model.data.opacity
        if len(self.styles) == 1 or opacity is None:
            return style
        # In the gaps, colours blend from one photo to the next, which should not be visible.
        return torch.where(images.resize(opacity.cpu().float(), style.shape[-2:]) > GAP_BELOW, style, 1.0)

    @property
    def regions(self) -> Regions | None:
        """The regions that were compared, on the CPU and hard. None if the photos were compared as a whole.

        Each place belongs to the region that covers most of it. If shares were summed when regions are merged, places
        in other regions would seem to change sides.
        """
        found = self.run.model.regions
        if found is None or found.undivided:
            return None
        confidence = None if found.confidence is None else found.confidence.cpu()
        content, style = (resize(masks.float().cpu(), masks.shape[-2:]) for masks in (found.content, found.style))
        return found._replace(content=content, style=style, confidence=confidence)

    @property
    def warnings(self) -> list[str]:
        """Objections to the method, and what the user has lost by choosing it, in words."""
        scene = find(self.run.model.trainer, SameScene)
        other = [OTHER_METHOD] if scene is not None and scene.said else []
        return [*other, *([FORGOT] if self.forgot else []), *([CAME_BACK] if self.came_back else [])]

    def sentences(self) -> list[str]:
        """What the metrics say about the result and its faults, in plain words."""
        model = self.run.model
        measure = RunMeasure(model, TOLD)
        figures = measure(model)
        uneven = measure.uneven(model, figures)
        told = {name: value for name, value in uneven.explained(figures).items() if name not in TOLD_OF_SHOWN}
        said = [*without_repeats(verdict.look_plainly(told), model), *uneven.said()]
        said += [self._remedied(uneven, fault).plainly(figures) for fault in verdict.found(told)]
        for option, words in REMEDIES.items():
            said = [sentence.replace(option, words) for sentence in said]
        return said

    def _remedied(self, uneven: Uneven, fault: verdict.Fault) -> verdict.Fault:
        """Return a fault with the remedies that the page offers."""
        if LEAVE_OUT in uneven.changes:
            return fault._replace(remedy=UNDER_REGIONS) if fault.metric == "drift" else fault
        return uneven.remedied(fault)

    @property
    def stem(self) -> str:
        """Stem of its file names: the photos, the method, and whether it is a preview."""
        return f"{self.content.stem}{self.ending}"

    @property
    def ending(self) -> str:
        """Suffix for the names of photos that get this look, such as "-sunset-preview"."""
        first, *others = (path.stem for path in self.styles)
        more = [f"and-{len(others)}-more"] if len(others) >= MANY else others
        weights = ["weights", *(f"{weight:g}" for weight in self.weights)] if self.weights else []
        method = [IN_NAMES[self.config]] if self.config in IN_NAMES else []
        kind = ["preview"] if self.preview else []
        return "".join(f"-{part}" for part in [first, *more, *weights, *method, *kind])
