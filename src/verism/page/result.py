"""Builds the page of a run from its pictures and metrics."""

from __future__ import annotations

import hashlib
import io
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources

import torch
from markupsafe import Markup
from PIL import Image
from torch import Tensor

from verism import images, version
from verism.look.strength import Strength
from verism.page import charts
from verism.page.self_contained import data_uri, templates
from verism.regions.colors import name_of
from verism.regions.masks import winners
from verism.regions.regions import Regions
from verism.verdict import KEPT, match

SMALL_SIDE = 700
"""Longest side of a style photo on the page, in pixels; the photo and its result are larger."""

LEAST = 0.01
"""Share of the content photo from which on a region is listed: nobody would call a smaller one a part of the photo."""

GENERATOR = "verism result page"
"""Name of the generator in the head of a page, by which verism recognises its own pages, which it may replace."""


@dataclass(frozen=True)
class Contents:
    """The contents of a page.

    Attributes:
        title: the page's heading.
        photo: the content photo, ``(1, 3, H, W)``, RGB in [0, 1].
        result: the result at full strength, of the same size.
        styles: the style photos, of any size.
        strength: strength of the written picture, at which the sliders start.
        command: the command that writes the picture again, without the strength options; empty if there is none.
        compared: the content and the style photo as they were compared, each ``(1, 3, H, W)``, RGB in [0, 1], at any
            size.
        regions: their regions; None if the photos were compared as a whole, or the whole photo gets one grade.
        scene: how the grade changes if the photos may show one scene; empty if it does not.
        losses: name of a loss to its value at each step.
        first: number of the first step.
        sentences: the metrics of the written picture, explained in words.
        config: the options of the run, as text.
        table: name and content of the lookup table's file; None without one.
        whole: the command that makes the whole picture, if this one is a preview; empty otherwise.
    """

    title: str
    photo: Tensor
    result: Tensor
    styles: Sequence[Tensor]
    strength: Strength
    command: str
    compared: tuple[Tensor, Tensor]
    regions: Regions | None = None
    scene: str = ""
    losses: Mapping[str, Sequence[float]] = field(default_factory=dict)
    first: int = 0
    sentences: Sequence[str] = ()
    config: str = ""
    table: tuple[str, bytes] | None = None
    whole: str = ""


def html(contents: Contents) -> bytes:
    """Return a page that needs no other file and no server, in UTF-8."""
    script = resources.files("verism.page").joinpath("result.js").read_text(encoding="utf-8")
    regions = contents.regions
    lines, end = charts.losses(contents.losses, contents.first) if contents.losses else ({}, charts.Axis(0, 0.0))
    seen = contents.strength(contents.photo, contents.result)
    height, width = contents.photo.shape[-2:]
    compared = [] if regions is None else [images.within(photo, SMALL_SIDE**2) for photo in contents.compared]
    at_size = None if regions is None else regions.at(*(photo.shape[-2:] for photo in compared))
    page = (
        templates("verism.page")
        .get_template("result.html.jinja")
        .render(
            title=contents.title,
            generator=f"{GENERATOR} {version.__version__}",
            # Through this hash, the page allows the browser to run only this script, whatever a name or config may
            # contain.
            hash=b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            script=Markup(script),  # noqa: S704  # It is verism's own.
            width=width,
            height=height,
            photo=picture(contents.photo),
            result=picture(contents.result),
            styles=[picture(images.within(style, SMALL_SIDE**2)) for style in contents.styles],
            whole=contents.whole,
            scene=contents.scene,
            region_photos=[picture(photo) for photo in compared],
            region_labels=[label_image(masks) for masks in (at_size.content, at_size.style)] if at_size else [],
            regions=region_list(regions) if regions else [],
            rest=rest(regions) if regions else "",
            histograms=charts.histograms({"your photo": contents.photo, "result": seen, "style": contents.styles[0]}),
            lines=lines,
            end=end,
            first=contents.first,
            sentences=contents.sentences,
            config=contents.config,
            table=contents.table and (contents.table[0], data_uri("application/octet-stream", contents.table[1])),
            data={"strength": contents.strength._asdict(), "command": contents.command},
        )
    )
    # The name of a file need not be valid Unicode.
    return page.encode("utf-8", "backslashreplace")


def picture(image: Tensor) -> str:
    """Return an image ``(1, 3, H, W)``, RGB in [0, 1], as a JPEG in a data URI."""
    return data_uri("image/jpeg", jpeg(image))


def jpeg(image: Tensor) -> bytes:
    """Return an image ``(1, 3, H, W)``, RGB in [0, 1], as the bytes of a JPEG file without chroma subsampling."""
    file = io.BytesIO()
    Image.fromarray(images.to_levels(image)).save(file, "JPEG", quality=90, subsampling=0)
    return file.getvalue()


def label_image(masks: Tensor) -> str:
    """Return the region that covers most of each pixel, as grey levels of a PNG in a data URI.

    Args:
        masks: ``(1, K, H, W)``, the part of each pixel that belongs to each region, in [0, 1].

    Returns:
        The data URI of an image with level 0 where a pixel is in no region, 1 for the first region, and so on.
    """
    winner = winners(masks)[0]
    levels = torch.where(winner < masks.shape[1], winner + 1, 0).to(torch.uint8)
    file = io.BytesIO()
    Image.fromarray(levels.cpu().numpy()).save(file, "PNG")
    return data_uri("image/png", file.getvalue())


def region_list(regions: Regions) -> list[dict[str, object]]:
    """Return for each region its colour and its name, its share of both photos, and how certain its match is, in words.

    Regions that cover less than ``LEAST`` of the content photo are left out.
    """
    parts = zip(regions.labels, *regions.seen, regions.sure.tolist(), strict=True)
    return [
        {
            "label": label,
            "name": name_of(label),
            "share": share,
            "style_share": other,
            "match": KEPT if label in regions.kept else match(sure),
            "number": number,
        }
        for number, (label, share, other, sure) in enumerate(parts, 1)
        if share >= LEAST
    ]


def rest(regions: Regions) -> str:
    """Return a message about the part of the style outside all listed regions; empty if there is hardly any."""
    mine, theirs = regions.seen
    parts = zip(regions.labels, mine, theirs, strict=True)
    left = 1 - sum(other for label, share, other in parts if share >= LEAST and label not in regions.kept)
    if left < LEAST:
        return ""
    # "The other 100%" would contradict the shares of the parts, which are then all "less than 1%".
    if 1 - left < LEAST:
        return "Hardly anything in the style matches a part of your photo."
    return f"No part takes its look from the other {left:.0%} of the style."
