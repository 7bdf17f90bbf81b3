"""Looks as files: the table at a strength, and how far it is from the picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import PyOpenColorIO as ocio  # noqa: N813
import pytest
import torch
from conftest import synthetic_photo
from torch import Tensor

from verism import metrics, photo_file
from verism.color.table import closest, over_nodes, through
from verism.errors import VerismError
from verism.look import lut_file
from verism.look.strength import Strength

STRENGTHS = [Strength(), Strength(0.4), Strength(color=0), Strength(tone=0), Strength(0.8, 0.3, 0.6), Strength(0)]


def curved(image: Tensor) -> Tensor:
    """A look that depends on the colour alone."""
    return 0.1 + 0.8 * image.clamp(0, 1) ** 1.3 + 0.1 * image.flip(1)


@pytest.fixture
def photo() -> Tensor:
    return 0.1 + 0.8 * synthetic_photo(48, 64, seed=1)


def of_cube(path: Path, photo: Tensor) -> Tensor:
    """What a film program makes of a photo."""
    # It keeps what it has read, by name.
    ocio.ClearAllCaches()
    transform = ocio.FileTransform(src=str(path), interpolation=ocio.INTERP_LINEAR)
    pixels = np.ascontiguousarray(photo[0].permute(1, 2, 0).numpy())
    ocio.Config.CreateRaw().getProcessor(transform).getDefaultCPUProcessor().applyRGB(pixels)
    return torch.from_numpy(pixels).permute(2, 0, 1).unsqueeze(0)


def of_hald(path: Path, photo: Tensor) -> Tensor:
    """What a photo program makes of it, by the format's definition."""
    picture = photo_file.read(path).pixels
    nodes = round(picture.shape[-1] ** (2 / 3))
    return through(picture.reshape(3, nodes, nodes, nodes), photo)


@pytest.mark.slow
@pytest.mark.parametrize("strength", STRENGTHS, ids=str)
@pytest.mark.parametrize(
    ("name", "nodes", "program"),
    [("look.cube", 17, of_cube), ("look.cube", 33, of_cube), ("look.cube", 65, of_cube), ("look.png", 64, of_hald)],
)
def test_other_programs_make_the_picture_at_that_strength(
    tmp_path: Path,
    photo: Tensor,
    strength: Strength,
    name: str,
    nodes: int,
    program: Callable[[Path, Tensor], Tensor],
) -> None:
    """And what is said of how far they are from it is true."""
    table, image = over_nodes(33, curved), curved(photo)
    said = lut_file.write(tmp_path / name, table, photo, image, strength, nodes)
    picture = strength(photo, image)
    theirs = program(tmp_path / name, photo).clamp(0, 1)
    assert said.mean < (1 if nodes < 33 else 0.4)
    found = lut_file.deviation(theirs, picture)
    assert said.mean == pytest.approx(found.mean, abs=0.02)
    assert said.most == pytest.approx(found.most, abs=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("strength", STRENGTHS, ids=str)
def test_of_a_look_that_knows_places_the_truth_is_said(tmp_path: Path, photo: Tensor, strength: Strength) -> None:
    """Left and right differ, which no table can: the deviation is large, and less at less strength."""
    image = curved(photo)
    image[..., 32:] *= 0.7
    table = closest(photo, image)
    said = lut_file.write(tmp_path / "look.cube", table, photo, image, strength)
    found = lut_file.deviation(of_cube(tmp_path / "look.cube", photo), strength(photo, image))
    assert said.mean == pytest.approx(found.mean, abs=0.02)
    assert said.most == pytest.approx(found.most, abs=0.05)
    assert said.most > said.mean
    if strength.is_full:
        assert said.mean > 1.5
    if strength.strength == 0:
        assert said.most < 0.01


def test_deviation_is_that_of_the_metrics(photo: Tensor) -> None:
    found = lut_file.deviation(photo, curved(photo))
    assert found.mean == pytest.approx(float(metrics.ciede2000(photo, curved(photo))), rel=1e-5)
    halves = photo.clone()
    halves[..., :10] = curved(photo)[..., :10]
    # A sixth of the pixels differ, and so a part of the last twentieth.
    assert lut_file.deviation(halves, photo).most > found.mean / 4
    halves[..., 3:10] = photo[..., 3:10]
    assert lut_file.deviation(halves, photo).most == 0


def test_deviation_as_a_sentence() -> None:
    for most, seen in (
        (0.9, "to the eye the same as"),
        (2, "hardly distinguishable from"),
        (5.678, "visibly different from"),
    ):
        assert lut_file.Deviation(0.5, most).plainly(Strength()).startswith(f"{seen} the picture")
        assert lut_file.Deviation(0.5, most).is_visible == (most >= 3)
        assert f"{seen} the picture at this strength" in lut_file.Deviation(0.5, most).plainly(Strength(color=0))
    figures = "CIEDE2000 1.23 on average, below 5.68 for 95 % of the pixels"
    assert lut_file.Deviation(1.234, 5.678).figures == figures


@pytest.mark.parametrize(("nodes", "own"), [(33, True), (17, False), (65, False)])
def test_at_full_strength_it_is_the_table(nodes: int, own: bool) -> None:
    """Not clipped, as other programs clip by themselves; with more nodes the same function."""
    table = over_nodes(33, lambda colors: 1.5 * curved(colors) - 0.2)
    found = lut_file.at_strength(table, Strength(), nodes)
    assert found.shape == (3, nodes, nodes, nodes)
    assert torch.equal(found, table) == own
    photo = synthetic_photo(20, 30, seed=3)
    torch.testing.assert_close(through(found, photo), through(table, photo), rtol=0, atol=4e-3)


def test_sizes_and_endings_are_checked() -> None:
    for name, nodes in (("a.cube", None), ("a.CUBE", 17), ("a.cube", 65), ("a.png", None), ("a.png", 144)):
        lut_file.check(Path(name), nodes)
    with pytest.raises(
        VerismError, match=r"a\.3dl: lookup tables are written as \.cube or, as a HaldCLUT picture, \.p"
    ):
        lut_file.check(Path("a.3dl"))
    with pytest.raises(VerismError, match=r"--output.nodes 64: \.cube files are written with 17, 33, 65 along each ax"):
        lut_file.check(Path("a.cube"), 64)
    with pytest.raises(VerismError, match=r"--output.nodes 33: \.png files are written with 16, 36, 64, 144 along"):
        lut_file.check(Path("a.png"), 33)


def test_the_default_sizes(tmp_path: Path, photo: Tensor) -> None:
    for name in ("look.cube", "look.png"):
        lut_file.write(tmp_path / name, over_nodes(33, curved), photo, curved(photo), Strength(0.5))
    assert "LUT_3D_SIZE 33\n" in (tmp_path / "look.cube").read_text()
    assert photo_file.read(tmp_path / "look.png").pixels.shape == (1, 3, 512, 512)
