"""What a run refuses before it writes anything, and what it then keeps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from PIL import Image

from verism import BilateralGrid, Lut3d, Pixels, RegionalGrade, images
from verism.canvas import Canvas
from verism.cli import main
from verism.errors import VerismError

pytestmark = pytest.mark.usefixtures("tiny_weights")

SHORT = ("--trainer.max_steps", "1", "--data.size", "32")


@pytest.mark.parametrize("canvas", [Pixels, Lut3d, BilateralGrid])
def test_only_a_canvas_with_regions_keeps_them(canvas: type[Canvas]) -> None:
    with pytest.raises(VerismError, match=rf"^--data.keep: {canvas.__name__} cannot keep a part of the photo as it is"):
        canvas().check_keeps(["red"])
    canvas().check_keeps([])
    RegionalGrade().check_keeps(["red"])


def test_a_run_that_cannot_keep_a_region_writes_nothing(
    run: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    for options, said in (
        (("--model.canvas", "Lut3d", "--data.regions", "auto"), "Lut3d cannot keep a part of the photo as it is; use"),
        (("--model.canvas", "RegionalGrade"), "there are no regions to keep; add --data.regions auto"),
    ):
        with pytest.raises(SystemExit):
            run(*SHORT, *options, "--data.keep", "[red]")
        assert f"verism: --data.keep: {said}" in capsys.readouterr().err
        assert not Path("lightning_logs").exists()


def test_a_run_records_and_keeps_a_region(run: Callable[..., Path], tmp_path: Path, photo_files: list[str]) -> None:
    photo = images.read(Path(photo_files[1]))
    height, width = photo.shape[-2:]
    masks = []
    for role, path in (("content", photo_files[1]), ("style", photo_files[3])):
        tall, wide = images.read(Path(path)).shape[-2:]
        mask = Image.new("RGB", (wide, tall), "#e6194b")
        mask.paste("#3cb44b", (wide // 2, 0, wide, tall))
        mask.save(tmp_path / f"{role}-mask.png")
        masks += [f"--data.{role}_mask", str(tmp_path / f"{role}-mask.png")]
    folder = run(*SHORT, *masks, "--model.canvas", "RegionalGrade", "--data.keep", "[red]")
    assert yaml.safe_load((folder / "config.yaml").read_text())["data"]["keep"] == ["red"]
    result = images.read(folder / "result.png")
    assert float((result - photo)[..., : width // 2 - 4].abs().max()) < 1.5 / 255
    assert float((result - photo)[..., width // 2 + 4 :].abs().mean()) > 2 / 255
    # The look for this photo is its picture, whoever applies it.
    main(["predict", str(folder), photo_files[1], "--output.dir", "graded"])
    (again,) = Path("graded").glob("*.png")
    assert float((images.read(again) - result).abs().max()) < 1.5 / 255
    assert result.shape == (1, 3, height, width)
