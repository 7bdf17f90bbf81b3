"""A fitted run, and what the page shows and says of it."""

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
"""Figures that are told of the picture as it is shown (``verism.app.clipping``), and not of the whole look."""

SIDE = 1000
"""Largest long side of the pictures on the page, in pixels, as for a preview on the command line."""

TABLE_METHOD = "One lookup table"
"""The method whose look is a table, so that other programs show exactly the same."""

METHODS: Mapping[str, str] = {
    "Region by region": "photoreal",
    TABLE_METHOD: "lut",
    "Same scene, other grading": "match",
}
"""The methods that a user can choose, and the config of each."""

IN_NAMES: Mapping[str, str] = {"lut": "lookup-table", "match": "same-scene"}
"""What the names of files say of a method, by its config; nothing of the first, which most are made by."""

ABOUT_METHODS: Mapping[str, str] = {
    "Region by region": "Matches what both photos show, such as sky with sky, and gives each part its own look.",
    TABLE_METHOD: "Changes the whole photo alike: a lookup table (LUT), which other programs can load.",
    "Same scene, other grading": "For two photos of one scene: finds how the style photo was graded.",
}
"""What each method does, in a line."""

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

SLIDERS: Mapping[str, str] = {"strength": "Strength", "color": "Colour", "tone": "Tone"}
"""The sliders of the page, by the options of the command line."""

UNDER_REGIONS = (
    "under Regions, merging those that are one thing helps, or giving one of them the look of the whole photo"
)
"""What helps if regions that differ have made several colours of one."""

REMEDIES: Mapping[str, str] = {f"--output.{option}": slider for option, slider in SLIDERS.items()}
"""What the page has in place of the other options that help against faults."""


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
        weights: how much each of several style photos counts; empty: all the same.
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
        """The names of the style photos, and how much each counts if that was chosen."""
        counts = [f" (×{weight:g})" for weight in self.weights] or [""] * len(self.styles)
        return " + ".join(f"{path.name}{count}" for path, count in zip(self.styles, counts, strict=True))

    @property
    def caption(self) -> str:
        """The names of the photos, whether it is a preview, and by which method it was made."""
        return f"{self.title}: {'a preview' if self.preview else 'in final quality'}, {self._method}"

    @property
    def how(self) -> str:
        """The names of the style photos, and by which method their look was found."""
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
        """The result at full strength, of the same shape."""
        source = at_most(self.run.model.data.source, SIDE)
        return over_checkerboard(rendered(self.run.canvas, source, Strength())).clamp(0, 1)

    @cached_property
    def whole(self) -> Tensor:
        """The result at full strength and full size, of the code that makes its file, but in half precision."""
        photo = rendered(self.run.canvas, self.run.model.data.source, Strength())
        # Finer than 8 bits, and half of what the photo itself takes.
        return over_checkerboard(photo).clamp(0, 1).half()

    @property
    def has_whole(self) -> bool:
        """Whether that is there already: it may take a while."""
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
        """The style photo, or several side by side, likewise."""
        data = self.run.model.data
        if len(data.styles) == 1:
            return over_checkerboard(at_most(read(data.styles[0]), SIDE))
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
        """Return a fault with what of the page helps."""
        if LEAVE_OUT in uneven.changes:
            return fault._replace(remedy=UNDER_REGIONS) if fault.metric == "drift" else fault
        return uneven.remedied(fault)

    @property
    def stem(self) -> str:
        """The name of its files, without their endings: of its photos, the method, and whether it is a preview."""
        return f"{self.content.stem}{self.ending}"

    @property
    def ending(self) -> str:
        """What is added to a photo's name in that of a file with this look, such as "-sunset-preview"."""
        first, *others = (path.stem for path in self.styles)
        more = [f"and-{len(others)}-more"] if len(others) >= MANY else others
        weights = ["weights", *(f"{weight:g}" for weight in self.weights)] if self.weights else []
        method = [IN_NAMES[self.config]] if self.config in IN_NAMES else []
        kind = ["preview"] if self.preview else []
        return "".join(f"-{part}" for part in [first, *more, *weights, *method, *kind])
