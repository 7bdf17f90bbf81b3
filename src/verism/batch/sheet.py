"""Contact sheets: photos and their results, labelled and combined into one picture."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.font_manager import findfont
from PIL import Image, ImageDraw, ImageFont, ImageOps
from torch import Tensor

from verism import images, photo_file
from verism.errors import VerismError

NAME = "sheet.jpg"
"""Name of the contact sheet's file, which is next to the results."""

MAX_COLUMNS = 6
"""Largest number of columns; a table with more columns continues below."""

CORNER = ("Left: the photos.", "Right: each in the look above.")

LOOK, BEFORE, AFTER = "the look: ", "before: ", "after: "
"""The roles of pictures, written before their names."""

ROWS = 3
"""Largest number of photos in a column on a sheet that has room for more side by side."""

SHOWN = 24
"""Largest number of photos on a sheet, so that it can be taken in at a glance."""

CELL_WIDTH = 320
"""Smallest width of a result on the sheet, in pixels; narrower ones would leave no room for text."""


class Paper(NamedTuple):
    """The colours of a sheet: the background, the boxes in place of missing pictures, and the text."""

    ground: str
    box: str
    ink: str


WHITE = Paper("#ffffff", "#dedede", "#333333")
"""For reports, which are read and printed."""

DARK = Paper("#262626", "#404040", "#d9d9d9")
"""For viewing photos: neutral, and darker than most of them, so that no empty cell glares."""


def photo_sheet(contents: Sequence[Path], styles: Sequence[Path], results: Mapping[tuple[Path, Path], Path]) -> Tensor:
    """Draw a table of pictures: each content photo with its result in each style, side by side.

    If there are more than ``SHOWN`` content photos, that many of them are shown, evenly chosen. Up to ``ROWS`` of them
    are in a column; if there are more, several are in a row, as far as ``MAX_COLUMNS`` allows.

    Args:
        contents: content photos, at least one.
        styles: style photos, at least one.
        results: results by content and style photo; the cell of a missing pair stays blank.

    Returns:
        ``(1, 3, H, W)``, RGB in [0, 1].
    """
    press = Press(2 * CELL_WIDTH // 3, CELL_WIDTH, DARK)
    head = press.line(press.blank(0), [press.corner(), *(press.fitted(path) for path in styles)])
    groups = []
    for content in (contents[number] for number in _shown(len(contents))):
        row = [content, *(results.get((content, style)) for style in styles)]
        cells = [press.blank(CELL_WIDTH) if path is None else press.fitted(path) for path in row]
        groups.append(press.line(press.blank(0), cells))
    across = min(max(1, MAX_COLUMNS // (1 + len(styles))), math.ceil(len(groups) / ROWS))
    rows = [groups[start : start + across] for start in range(0, len(groups), across)]
    return press.page([press.apart(row) for row in ([head] * across, *rows)])


def before_and_after(
    photos: Sequence[Path], results: Sequence[Path], white: float | None = None, styles: Sequence[Path] = ()
) -> Tensor:
    """Draw photos in rows, each above its result, below the styles.

    Photos are read one after the other, and only their thumbnails are kept. If there are more than ``SHOWN``, that many
    of them are shown, evenly chosen.

    Args:
        photos: the photos, at least one.
        results: the result of each photo.
        white: the value that means white in photos with floating-point samples, as ``photo_file.read`` takes it.
        styles: photos whose look the results have, as far as they are known.

    Returns:
        ``(1, 3, H, W)``, RGB in [0, 1].
    """
    press = Press(2 * CELL_WIDTH // 3, CELL_WIDTH, DARK)
    top = [press.line(press.blank(0), [press.fitted(style, role=LOOK) for style in styles])] if styles else []
    cells = [
        press.under(press.fitted(photos[number], white, BEFORE), press.fitted(results[number], role=AFTER))
        for number in _shown(len(photos))
    ]
    columns = math.ceil(len(cells) / math.ceil(len(cells) / MAX_COLUMNS))
    rows = [press.line(press.blank(0), cells[start : start + columns]) for start in range(0, len(cells), columns)]
    return press.page([*top, *rows])


class Press:
    """Draws pictures and text in matching sizes; all sizes are in pixels."""

    def __init__(self, height: int, width: int, paper: Paper = WHITE) -> None:
        """Choose the height and width of a result, and the paper."""
        self.height, self.width, self.paper = height, width, paper
        self._gap = width // 20
        # A font that comes with matplotlib; Pillow's own has few letters beyond ASCII.
        font = findfont("DejaVu Sans")
        self._large, self._small = ImageFont.truetype(font, width // 21), ImageFont.truetype(font, width // 26)

    def label_width(self, labels: Iterable[str]) -> int:
        """Return the width needed by a column of labels, at most that of a result; 0 without labels."""
        return min(self.width, max((math.ceil(self._large.getlength(_plain(label))) for label in labels), default=0))

    def text(self, paragraphs: Iterable[str], width: int, *, small: bool = False, ground: str = "") -> Image.Image:
        """Draw paragraphs with lines of at most ``width``, on a background of the given colour, or the paper's."""
        font = self._small if small else self._large
        lines = [line for paragraph in paragraphs for line in _wrap(_plain(paragraph), font, width)]
        pitch = sum(font.getmetrics())
        block = Image.new("RGB", (width, pitch * len(lines)), ground or self.paper.ground)
        for index, line in enumerate(lines):
            ImageDraw.Draw(block).text((0, index * pitch), line, self.paper.ink, font)
        return block

    def photo(self, role: str, path: Path) -> Image.Image:
        """Draw a photo at the height of a result, below its role and name."""
        photo = read(path)
        width = self.width if isinstance(photo, str) else round(photo.shape[-1] * self.height / photo.shape[-2])
        title = self.text([f"{role}: {path.stem}"], max(width, self.width // 2))
        return self.under(title, self.picture(photo, max(width, 1)))

    def fitted(self, path: Path, white: float | None = None, role: str = "") -> Image.Image:
        """Draw a picture of any shape within a cell the size of a result, above its role, if any, and its name."""
        picture = read(path, white, least=min(self.height, self.width))
        if isinstance(picture, str):
            return self.picture(picture, self.width)
        height, width = picture.shape[-2:]
        scale = min(self.width / width, self.height / height)
        press = Press(max(1, round(height * scale)), self.width, self.paper)
        drawn = press.picture(picture, max(1, round(width * scale)))
        cell = self.blank(self.width, self.height)
        cell.paste(drawn, ((self.width - drawn.width) // 2, self.height - drawn.height))
        return self.under(cell, self.text([f"{role}{path.name}"], self.width, small=True))

    def corner(self) -> Image.Image:
        """Draw a cell that labels the row of styles and the column of photos."""
        cell = self.blank(self.width, self.height)
        words = self.text(CORNER, self.width, small=True)
        cell.paste(words, (0, self.height - words.height))
        return cell

    def blank(self, width: int, height: int = 1) -> Image.Image:
        """Return an empty picture."""
        return Image.new("RGB", (width, height), self.paper.ground)

    def under(self, upper: Image.Image, lower: Image.Image) -> Image.Image:
        """Put one picture directly below another, since they belong together."""
        return self._below([upper, lower], self._gap // 3)

    def line(self, label: Image.Image, cells: Sequence[Image.Image]) -> Image.Image:
        """Put cells side by side, after their label if it has any width."""
        return self._side_by_side([label, *cells] if label.width else cells, self._gap)

    def apart(self, groups: Sequence[Image.Image]) -> Image.Image:
        """Put groups of pictures side by side, further apart than the pictures within a group."""
        return self._side_by_side(groups, 3 * self._gap)

    def page(self, parts: Sequence[Image.Image]) -> Tensor:
        """Put parts below each other, within a margin: ``(1, 3, H, W)``, RGB in [0, 1]."""
        page = ImageOps.expand(self._below(parts, 3 * self._gap // 2), 2 * self._gap, self.paper.ground)
        return images.from_levels(np.array(page))

    def picture(self, image: Tensor | str, width: int) -> Image.Image:
        """Draw an image ``(1, 3, H, W)`` at the height of a result, or a box that says why there is none."""
        if isinstance(image, str):
            reason = self.text([image], width - 2 * self._gap, small=True, ground=self.paper.box)
            # The box grows with a long reason, so that none of the text is cut off.
            box = Image.new("RGB", (width, max(self.height, reason.height + 2 * self._gap)), self.paper.box)
            box.paste(reason, (self._gap, self._gap))
            return box
        return Image.fromarray(images.to_levels(images.resize(image, (self.height, width))))

    def _side_by_side(self, pictures: Sequence[Image.Image], gap: int) -> Image.Image:
        """Put pictures in a row, aligned at the top."""
        row = self.blank(sum(p.width for p in pictures) + gap * (len(pictures) - 1), max(p.height for p in pictures))
        left = 0
        for picture in pictures:
            row.paste(picture, (left, 0))
            left += picture.width + gap
        return row

    def _below(self, pictures: Sequence[Image.Image], gap: int) -> Image.Image:
        """Put pictures in a column, aligned at the left."""
        column = self.blank(max(p.width for p in pictures), sum(p.height for p in pictures) + gap * (len(pictures) - 1))
        top = 0
        for picture in pictures:
            column.paste(picture, (0, top))
            top += picture.height + gap
        return column


def _shown(count: int) -> list[int]:
    """Return which of ``count`` photos are shown: at most ``SHOWN``, evenly spaced, starting with the first."""
    return [number * count // min(SHOWN, count) for number in range(min(SHOWN, count))]


def read(path: Path, white: float | None = None, least: int | None = None) -> Tensor | str:
    """Return an image, or the reason why it cannot be read; ``white`` and ``least`` as for ``photo_file.read``."""
    try:
        return photo_file.read(path, white, least=least).over_white
    except VerismError as error:
        return str(error)


def _plain(text: str) -> str:
    """Return text on one line, with escapes for unprintable characters."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in " ".join(text.split()))


def _wrap(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """Break text into lines of at most ``width`` pixels: after spaces, ``/`` and ``_``, within a word if necessary."""
    lines = [""]
    for word in re.findall(r"[^ /_]*[ /_]|[^ /_]+", text):
        rest = word
        while font.getlength((lines[-1] + rest).rstrip()) > width:
            if lines[-1]:
                lines.append("")
                continue
            fitting = bisect_right(range(1, len(rest) + 1), width, key=lambda n: math.ceil(font.getlength(rest[:n])))
            lines[-1:] = [rest[: max(fitting, 1)], ""]
            rest = rest[max(fitting, 1) :]
        lines[-1] += rest
    return lines
