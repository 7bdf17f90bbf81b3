"""FFmpeg reads our tables: trilinear it shows our picture, and what tetrahedral interpolation changes is bounded."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.filter
import numpy as np
import pytest
import torch
from torch import Tensor

from verism.color.table import over_nodes, through
from verism.look import cube


def look(size: int) -> Tensor:
    """A grade with a curve, a tint and a clipped end, as looks have."""
    tint = torch.tensor([0.04, 0.0, -0.06]).view(1, 3, 1, 1)
    return over_nodes(size, lambda image: image**1.3 * 1.1 - 0.02 + tint * (1 - image.mean(dim=1, keepdim=True)))


def by_ffmpeg(photo: Tensor, file: Path, interpolation: str) -> Tensor:
    rows = np.ascontiguousarray(photo[0].permute(1, 2, 0).numpy())
    frame: Any = av.VideoFrame.from_ndarray(rows, format="gbrpf32le")
    frame.pts = 0
    graph: Any = av.filter.Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 25))
    table = graph.add("lut3d", file=str(file), interp=interpolation)
    graph.link_nodes(source, table, graph.add("buffersink"))
    graph.configure()
    graph.push(frame)
    return torch.from_numpy(graph.pull().to_ndarray()).permute(2, 0, 1).unsqueeze(0)


@pytest.mark.parametrize("size", [17, 33, 65])
def test_ffmpeg_shows_our_picture(tmp_path: Path, size: int) -> None:
    cube.write(tmp_path / "look.cube", look(size), "look")
    photo = torch.rand(1, 3, 40, 64, generator=torch.Generator().manual_seed(0))
    ours = through(look(size), photo)
    torch.testing.assert_close(by_ffmpeg(photo, tmp_path / "look.cube", "trilinear"), ours, rtol=0, atol=1e-5)
    other = (by_ffmpeg(photo, tmp_path / "look.cube", "tetrahedral") - ours).abs() * 255
    assert 0 < float(other.mean()) < 0.2
    assert float(other.max()) < (5 if size == 17 else 2)
