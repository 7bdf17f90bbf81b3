"""FFmpeg and darktable read our tables: trilinear they show our picture; what tetrahedral interpolation changes."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.filter
import numpy as np
import pytest
import tifffile
import torch
from torch import Tensor

from verism.color.table import over_nodes, through
from verism.look import cube


def look(size: int) -> Tensor:
    """A grade with a curve, more of the colours that are dark, a tint and a clipped end, as looks have."""
    tint = torch.tensor([0.04, 0.0, -0.06]).view(1, 3, 1, 1)

    def grade(image: Tensor) -> Tensor:
        grey = image.mean(dim=1, keepdim=True)
        vivid = image + 0.4 * (1 - grey) * (image - grey)
        return (vivid.clamp_min(0) ** 1.3 * 1.1 - 0.02 + tint * (1 - grey)).clamp(0, 1)

    return over_nodes(size, grade)


def photo() -> Tensor:
    return torch.rand(1, 3, 40, 64, generator=torch.Generator().manual_seed(0))


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


@pytest.mark.slow
@pytest.mark.parametrize("size", [17, 33, 65])
def test_ffmpeg_shows_our_picture(tmp_path: Path, size: int) -> None:
    cube.write(tmp_path / "look.cube", look(size), "look")
    ours = through(look(size), photo())
    torch.testing.assert_close(by_ffmpeg(photo(), tmp_path / "look.cube", "trilinear"), ours, rtol=0, atol=1e-5)
    other = (by_ffmpeg(photo(), tmp_path / "look.cube", "tetrahedral") - ours).abs() * 255
    assert float(other.mean()) < 0.05
    assert 0.2 < float(other.max()) < 2


def by_darktable(photo: Tensor, file: Path, interpolation: str) -> Tensor:
    """Export the photo, of 16 bits and in sRGB, with the module LUT 3D alone; the table is applied in sRGB."""
    program = shutil.which("darktable-cli")
    if program is None:
        reason = "needs darktable-cli (Debian: darktable)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    # The parameters of version 3: the file, the application colour space, the interpolation, no compressed table.
    numbers = struct.pack("<3i", 0, ["tetrahedral", "trilinear"].index(interpolation), 0)
    parameters = file.name.encode().ljust(512, b"\0") + numbers + bytes(2 * 3 * 2048 + 128)
    edit = (Path(__file__).parent / "darktable.xmp").read_text().format(params=parameters.hex())
    (file.parent / "edit.xmp").write_text(edit)
    rows = (photo[0] * 65535).round().to(torch.int32).permute(1, 2, 0).numpy().astype(np.uint16)
    tifffile.imwrite(file.parent / "photo.tiff", rows, photometric="rgb")
    settings = {
        "plugins/darkroom/lut3d/def_path": str(file.parent),
        "plugins/darkroom/workflow": "none",
        "plugins/imageio/format/tiff/bpp": "16",
    }
    folders = ("--configdir", str(file.parent / "config"), "--cachedir", str(file.parent / "cache"))
    core = ("--core", *folders, "--library", ":memory:", "--disable-opencl")
    options = [option for name, value in settings.items() for option in ("--conf", f"{name}={value}")]
    exported = f"{interpolation}.tif"
    command = (program, "photo.tiff", "edit.xmp", exported, "--icc-type", "SRGB", *core, *options)
    subprocess.run(command, cwd=file.parent, check=True, capture_output=True, timeout=240)
    return torch.from_numpy(tifffile.imread(file.parent / exported).astype(np.float32) / 65535).permute(2, 0, 1)[None]


@pytest.mark.slow
def test_darktable_shows_our_picture(tmp_path: Path) -> None:
    """Within a third of a level of 8 bits: it works in linear Rec. 2020, and goes to sRGB and back for the table."""
    cube.write(tmp_path / "look.cube", look(33), "look")
    ours = through(look(33), photo())
    trilinear = (by_darktable(photo(), tmp_path / "look.cube", "trilinear") - ours).abs() * 255
    assert float(trilinear.max()) < 0.33
    assert float(trilinear.mean()) < 0.02
    tetrahedral = (by_darktable(photo(), tmp_path / "look.cube", "tetrahedral") - ours).abs() * 255
    assert 0.5 < float(tetrahedral.max()) < 2
