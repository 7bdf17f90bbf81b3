"""FFmpeg filters for clips: from a clip's samples to RGB, through a lookup table, and back."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import Tensor

from verism.clip.kinds import library
from verism.clip.space import Space
from verism.look import cube

PLANES = "gbrpf32le"
"""Pixel format between the filters: floating-point RGB, so that only the result is rounded."""

SCALER = "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"
"""Flags of swscale: how chroma is interpolated and rounded."""


def to_rgb(stream: Any, space: Space, size: tuple[int, int] | None = None) -> Any:
    """Return a filter graph from a stream's frames to float32 RGB, at the given size (width, height), if any."""
    sides = {} if size is None else {"w": str(size[0]), "h": str(size[1])}
    return _graph(stream, [_decoding(space, sides), ("format", {"pix_fmts": PLANES})])


@contextmanager
def through_table(stream: Any, space: Space, table: Tensor, pixels: str) -> Iterator[Any]:
    """Yield a filter graph from the frames of a stream to those of a result, with a lookup table in between.

    The table is interpolated linearly between its eight nearest nodes, as in ``color.table.through``.

    Args:
        stream: the video stream of the clip.
        space: the colour space of the clip.
        table: maps the clip's RGB to the result's, ``(3, n, n, n)``, RGB by blue, green and red.
        pixels: FFmpeg's name of the result's pixel format.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "look.cube"
        cube.write(file, table, "look")
        after = space.result
        encoding = {"in_range": "full", "out_range": "full" if after.full else "limited", "flags": SCALER}
        if after.matrix != "gbr":
            encoding["out_color_matrix"] = after.matrix
        yield _graph(
            stream,
            [
                _decoding(space, {}),
                ("format", {"pix_fmts": PLANES}),
                ("lut3d", {"file": str(file), "interp": "trilinear"}),
                ("scale", encoding),
                ("format", {"pix_fmts": pixels}),
            ],
        )


def _decoding(space: Space, sides: dict[str, str]) -> tuple[str, dict[str, str]]:
    options = {"in_range": "full" if space.full else "limited", "out_range": "full", "flags": SCALER, **sides}
    if space.matrix != "gbr":
        options["in_color_matrix"] = space.matrix
    return "scale", options


def _graph(stream: Any, filters: Sequence[tuple[str, dict[str, str]]]) -> Any:
    graph = library().filter.Graph()
    nodes = [graph.add_buffer(template=stream)]
    nodes += [graph.add(name, **options) for name, options in filters]
    graph.link_nodes(*nodes, graph.add("buffersink"))
    graph.configure()
    return graph
