"""One look on many photos, on each by its own regions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from conftest import synthetic_photo
from PIL import ExifTags, Image
from torch import Tensor

from verism import images
from verism.backbone.weights import Weights
from verism.canvas.regional_grade import RegionalGrade
from verism.cli import main
from verism.color import closed_form, regional_maps, tone_and_chroma
from verism.color.spaces import Oklab
from verism.look import saved
from verism.look.by_regions import ByRegions
from verism.regions.regions import Regions

FIT = ("--trainer.max_steps", "2", "--data.size", "32", "--trainer.precision", "32-true", "--data.regions", "auto")

CANVAS = ("--model.canvas", "RegionalGrade")


def halves(photo: Tensor) -> Tensor:
    left = (torch.arange(photo.shape[-1]) < photo.shape[-1] // 2).expand(1, 1, *photo.shape[-2:])
    return torch.cat([left, ~left], dim=1).float()


def of_halves(content: Tensor, style: Tensor, sure: tuple[float, float]) -> Regions:
    return Regions(("#ff0000", "#0000ff"), halves(content), halves(style), torch.tensor(sure))


@pytest.fixture
def canvas(content: Tensor, style: Tensor) -> RegionalGrade:
    """A look whose functions are not where they started."""
    canvas = RegionalGrade()
    canvas.start(content, style, regions=of_halves(content, style, (1.0, 0.5)))
    generator = torch.Generator().manual_seed(3)
    canvas.controls.data += 0.03 * torch.randn(canvas.controls.shape, generator=generator)
    return canvas


@pytest.mark.usefixtures("no_noise")
def test_what_has_no_match_gets_the_common_look(canvas: RegionalGrade, style: Tensor) -> None:
    other = synthetic_photo(40, 52, seed=9)
    adapted = canvas.adapted(other, style, of_halves(other, style, (0.0, 1.0)))
    image, plain = adapted.render(other), canvas.plain(other)
    torch.testing.assert_close(image[..., :26], plain[..., :26])
    assert float((image[..., 26:] - plain[..., 26:]).abs().mean()) > 1 / 255


def test_a_region_goes_half_of_the_way_to_its_own_closed_form(style: Tensor) -> None:
    """Which differs by more than chance from a look that darkens."""
    other = synthetic_photo(40, 52, seed=9)
    ours, theirs = (Oklab().encode(photo).flatten(2).squeeze(0) for photo in (other, style))
    mine, their = (halves(photo)[0].flatten(1) for photo in (other, style))
    dark = tone_and_chroma.identity()
    dark = dark._replace(matrix=dark.matrix * 0.3)
    found = regional_maps.held(dark, ours, theirs, mine, their)
    assert len(found.matrix) == 3
    torch.testing.assert_close(found.matrix[:1], dark.matrix)
    for row, (here, there) in enumerate(zip(mine, their, strict=True), start=1):
        own = closed_form.region(ours, theirs, here + 1e-6, there + 1e-6)
        half = dark.towards(own, 0.5)
        inside = here > 0
        difference = (found(ours)[row] - half(ours)[0])[:, inside].norm(dim=0).mean()
        whole = (own(ours)[0] - dark(ours)[0])[:, inside].norm(dim=0).mean()
        # A little less, for what may be chance.
        assert float(difference) < 0.05 * float(whole)


def test_the_canvas_of_the_run_stays_what_it_was(canvas: RegionalGrade, content: Tensor, style: Tensor) -> None:
    before = canvas().detach().clone()
    other = synthetic_photo(40, 52, seed=9)
    canvas.adapted(other, style, of_halves(other, style, (1.0, 1.0)))
    assert torch.equal(canvas().detach(), before)


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "holiday" / f"{name}.png" for name in "ab"]
    for seed, path in enumerate(paths, start=5):
        images.write(path, synthetic_photo(40 + seed, 60, seed=seed), {})
    return paths


def predict(folder: Path, photos: list[Path], *options: str) -> None:
    named = ["--data.photos", *map(str, photos), "--output.dir", "graded", "--device", "cpu"]
    main(["predict", "--ckpt_path", str(folder), "--adapt", "true", *named, *options])


def test_photos_are_adapted_at_their_own_sizes(
    tiny_weights: Weights, run: Callable[..., Path], photos: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be read is named at the end; the run's own photo is as the run has it."""
    folder = run(*FIT, *CANVAS)
    photos[0].with_name("c.png").write_text("this is text")
    own = Path("../content.png").resolve()
    with pytest.raises(SystemExit, match="1"):
        predict(folder, [*photos, photos[0].with_name("c.png"), own], "--hold_back", "false")
    out, err = capsys.readouterr()
    assert "3 of 4 photos are in graded\n" in out
    assert "c.png: not an image" in err
    by_regions = ByRegions.read(folder, saved.read(folder))
    for path in photos:
        image = images.read(Path("graded") / path.name)
        expected = by_regions(images.read(path)).clamp(0, 1)
        torch.testing.assert_close(image, expected, rtol=0, atol=0.51 / 255)
        with Image.open(Path("graded") / path.name) as file:
            assert json.loads(file.getexif()[ExifTags.Base.ImageHistory])["adapt"] == "true"
    assert torch.equal(images.read(Path("graded/content.png")), images.read(folder / "result.png"))


def test_a_cut_out_stays_one(tiny_weights: Weights, run: Callable[..., Path], tmp_path: Path) -> None:
    """The run's style photo is read as the run has read it."""
    alpha = torch.zeros(1, 1, 56, 40)
    alpha[..., :40, :] = 1
    rgba = torch.cat([images.read(tmp_path / "style.png"), alpha], dim=1)[0].permute(1, 2, 0)
    Image.fromarray((rgba * 255).round().byte().numpy(), "RGBA").save(tmp_path / "style.png")
    folder = run(*FIT, *CANVAS)
    by_regions = ByRegions.read(folder, saved.read(folder))
    assert by_regions.opacity is not None
    assert float(by_regions.opacity.mean()) == pytest.approx(40 / 56, abs=0.02)
    assert bool(by_regions(synthetic_photo(48, 64, seed=6)).isfinite().all())


def test_what_cannot_be_adapted_gets_one_sentence(
    tiny_weights: Weights,
    run: Callable[..., Path],
    photos: list[Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = run(*FIT, "--model.canvas", "Lut3d")
    regional = run(*FIT, *CANVAS)
    for folder, options, said in (
        (table, (), "last.ckpt: --adapt true needs a look with regions, and its canvas, Lut3d, has none: fit with"),
        (
            regional,
            ("--output.local", "true"),
            "--adapt true already treats each photo by its own regions; leave out --outp",
        ),
    ):
        with pytest.raises(SystemExit, match="2"):
            predict(folder, photos, *options)
        assert said in capsys.readouterr().err
    (tmp_path / "style.png").unlink()
    with pytest.raises(SystemExit, match="2"):
        predict(regional, photos)
    assert "style.png: --adapt true needs the run's style photo, which is gone" in capsys.readouterr().err
    assert not Path("graded").exists()
