"""The command ``export``: a look as a lookup table."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from look.test_lut_file import of_cube, of_hald

from verism import images
from verism.backbone.weights import Weights
from verism.cli import main
from verism.color.table import nodes as identity
from verism.color.table import through
from verism.look import look_file, lut_file
from verism.look.lut_file import CANNOT, Deviation
from verism.look.strength import Strength

FIT = ("--trainer.max_steps", "3", "--optimizer.lr", "0.02", "--trainer.precision", "32-true")

both = pytest.mark.parametrize("look", ["Lut3d", "BilateralGrid"], indirect=True)


@pytest.fixture
def look(request: pytest.FixtureRequest, tiny_weights: Weights, run: Callable[..., Path]) -> Path:
    """The folder of a run, on the canvas that the test asks for."""
    return run(*FIT, "--model.canvas", getattr(request, "param", "Lut3d"))


def export(*options: str | Path) -> None:
    main(["export", *map(str, options)])


def refused(capsys: pytest.CaptureFixture[str], *options: str | Path) -> str:
    with pytest.raises(SystemExit, match="2"):
        export(*options)
    error = capsys.readouterr().err
    assert "Traceback" not in error
    return error.strip().splitlines()[-1]


@both
@pytest.mark.parametrize(
    ("name", "options", "strength"),
    [
        ("look.cube", (), Strength()),
        ("new/look.cube", ("--output.nodes", "65", "--output.strength", "0.5"), Strength(0.5)),
        ("look.cube", ("--output.nodes", "17", "--output.color", "0"), Strength(color=0)),
        ("look.png", ("--output.nodes", "36", "--output.tone", "0.2"), Strength(tone=0.2)),
        ("look.png", (), Strength()),
    ],
)
def test_a_program_that_reads_it_makes_the_picture(
    look: Path,
    name: str,
    options: tuple[str, ...],
    strength: Strength,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As far as is said, of the picture at that strength."""
    capsys.readouterr()
    written: list[Deviation] = []
    write = lut_file.write

    def watched(*args: Any) -> Deviation:
        written.append(write(*args))
        return written[-1]

    monkeypatch.setattr(lut_file, "write", watched)
    export(look, "--output.path", name, *options)
    said = capsys.readouterr().out
    ((mean, most),) = written
    hald = " (a HaldCLUT, for ImageMagick, darktable and RawTherapee)" if name.endswith("png") else ""
    more = f"{CANNOT}\n" if written[0].is_visible else ""
    assert said == f"Lookup table: {name}{hald}, {written[0].plainly(strength)}.\n{more}"
    # At another strength than the run's, there is no such picture yet.
    assert ("the picture at this strength" in said) == (strength != Strength())
    photo, result = images.read(Path("../content.png")), images.read(look / "result.png")
    theirs = (of_cube if name.endswith("cube") else of_hald)(Path(name), photo).clamp(0, 1)
    found = lut_file.deviation(theirs, strength(photo, result))
    # The result was rounded to 8 bits.
    assert mean == pytest.approx(found.mean, abs=0.25)
    assert most == pytest.approx(found.most, abs=0.7)
    assert mean < 5


def test_a_checkpoint_is_as_good_as_its_folder(look: Path) -> None:
    export(look, "--output.path", "a.cube")
    export(look / "checkpoints" / "last.ckpt", "--output.path", "b.cube")
    first, second = (Path(name).read_text().splitlines() for name in ("a.cube", "b.cube"))
    assert first[1:] == second[1:]
    assert first[0] == 'TITLE "a"'


def test_the_name_cannot_break_the_file(look: Path) -> None:
    export(look, "--output.path", "warm\nLUT_3D_SIZE 2.cube")
    photo = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    lines = [it for it in Path("warm\nLUT_3D_SIZE 2.cube").read_text().splitlines() if not it.startswith("#")]
    assert lines[:2] == ['TITLE "warm LUT_3D_SIZE 2"', "LUT_3D_SIZE 33"]
    assert of_cube(Path("warm\nLUT_3D_SIZE 2.cube"), photo).shape == photo.shape


def test_never_overwrites_unless_asked(look: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("look.cube", "look.png"):
        Path(name).write_bytes(b"precious")
        said = refused(capsys, look, "--output.path", name)
        assert f"{name}: exists already; choose another --output.path, or set --output.overwrite true" in said
        assert Path(name).read_bytes() == b"precious"
        export(look, "--output.path", name, "--output.overwrite", "true")
        assert Path(name).stat().st_size > 1000


@both
@pytest.mark.parametrize("command", ["export", "render"])
def test_no_photo_is_replaced_and_no_option_named_that_would(
    look: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for overwrite in ("false", "true"):
        for name, taken in (("content", "your photo"), ("style", "the style photo")):
            before = Path(f"../{name}.png").read_bytes()
            with pytest.raises(SystemExit):
                main([command, str(look), "--output.path", f"../{name}.png", "--output.overwrite", overwrite])
            said = capsys.readouterr().err
            assert f"{name}.png: the result would replace {taken}; choose another --output.path." in said
            assert Path(f"../{name}.png").read_bytes() == before


@pytest.mark.parametrize("name", ["look.cube", "look.png"])
def test_writes_the_whole_file_or_nothing(
    look: Path, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert f"{name}: cannot be written (No space left on device)" in refused(capsys, look, "--output.path", name)
    assert [path.name for path in Path.cwd().iterdir()] == ["lightning_logs"]


def test_mistakes_get_one_sentence_and_write_nothing(look: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for run, options, said in (
        (look, ("--output.path", "look.3dl"), "look.3dl: lookup tables are written as .cube or, as a HaldCLUT"),
        (look, ("--output.path", "look.cube", "--output.nodes", "20"), "--output.nodes 20: .cube files are written"),
        (look, ("--output.path", "look.cube", "--output.nodes", "many"), "output.nodes"),
        (look, ("--output.path", "look.cube", "--output.tone", "2"), "--output.tone 2.0: must be from 0"),
        (look, (), "output.path"),
        (Path("nowhere.safetensors"), ("--output.path", "look.cube"), "nowhere.safetensors: no such look."),
        (Path("nowhere"), ("--output.path", "look.cube"), "nowhere: no such checkpoint"),
        (Path("lightning_logs"), ("--output.path", "look.cube"), "lightning_logs: no such checkpoint, and no folder"),
    ):
        error = refused(capsys, run, *options)
        assert error.startswith("verism: ")
        assert said in error
    assert [path.name for path in Path.cwd().iterdir()] == ["lightning_logs"]


@pytest.mark.parametrize("inside", [False, True], ids=["file", "folder of a series"])
def test_a_look_of_its_own_is_written_in_every_format(
    inside: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    colors = identity(33)
    table, photo = colors**2 * 0.9, torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    source = Path("series-theirs", look_file.NAME)
    look_file.write(source, table, "theirs")
    for name, read in (("look.cube", of_cube), ("look.png", of_hald)):
        export(source.parent if inside else source, "--output.path", name, "--output.strength", "0.5")
        said = capsys.readouterr().out
        assert said.startswith(f"Lookup table: {name}")
        # It is the look, and no picture's, from which it could differ.
        assert (
            said.endswith(", the look that all photos have in common, without what brings their exposures together.\n")
            == inside
        )
        assert "the eye" not in said
        expected = Strength(0.5)(photo, through(table, photo))
        torch.testing.assert_close(read(Path(name), photo), expected, rtol=0, atol=2e-3)
    export(source.parent if inside else source, "--output.path", "copy.safetensors")
    assert torch.equal(look_file.read(Path("copy.safetensors"))[0], table)


@pytest.mark.parametrize("look", ["Pixels"], indirect=True)
def test_a_run_that_has_no_look_is_refused(look: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "last.ckpt: its canvas holds one image, and not a look" in refused(capsys, look, "--output.path", "a.cube")


def test_help_explains_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["export", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    for words in (
        "The folder of a finished run, or one of its checkpoints",
        "A .cube, .png or .safetensors file",
        "Replace a file that exists",
        "Nodes along each axis",
        "overall strength",
        "change of hue and saturation",
        "change of light and contrast",
    ):
        assert words in text
