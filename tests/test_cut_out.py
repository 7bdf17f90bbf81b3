"""A style photo that is transparent in part: it is as good as a crop of what shows."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from conftest import synthetic_photo
from torch import Tensor

from verism import images, photo_file
from verism.backbone import VGG19
from verism.backbone.weights import Weights
from verism.canvas import BilateralGrid, Canvas, Lut3d
from verism.canvas.regional_grade import RegionalGrade
from verism.data import PhotoPair
from verism.errors import VerismError
from verism.losses import ColorLoss, ContentLoss, SlicedWassersteinLoss, StyleLoss
from verism.losses.regional import RegionalLoss
from verism.metrics import Measure
from verism.module import StyleTransfer
from verism.photo_file import Photo

SHOWN = (slice(0, 48), slice(16, 64))
"""Rows and columns of the style photo that are not transparent."""


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """A content photo, a style photo of which a part is cut out, the same crop alone, and both over red."""
    whole = 0.5 * synthetic_photo(80, 96, seed=3)
    alpha = torch.zeros(1, 1, 80, 96)
    alpha[..., *SHOWN] = 1
    files = {name: tmp_path / f"{name}.png" for name in ("content", "cut_out", "crop")}
    images.write(files["content"], synthetic_photo(64, 80, seed=4), {})
    photo_file.write(files["cut_out"], Photo(alpha * whole + (1 - alpha), alpha), {})
    images.write(files["crop"], whole[..., *SHOWN], {})
    return files


def pair(files: dict[str, Path], style: str, **options: object) -> PhotoPair:
    return PhotoPair(files["content"], files[style], size=96, **options)  # type: ignore[arg-type]


def started(canvas: Canvas, data: PhotoPair) -> Tensor:
    model = StyleTransfer(canvas, VGG19(), ContentLoss(), StyleLoss(), ColorLoss())
    regions = data.regions(data.photos, lambda *photos, known=None: pytest.fail("nobody asked for regions"))
    model.start(data.photos, regions)
    image: Tensor = canvas().detach()
    return image


def test_an_opaque_style_photo_has_no_regions(files: dict[str, Path]) -> None:
    data = pair(files, "crop")
    assert data.opacity is None
    assert data.regions(data.photos, lambda *photos, known=None: pytest.fail("nobody asked for regions")) is None


@pytest.mark.parametrize(
    "make",
    [
        RegionalGrade,
        lambda: Lut3d(init="shared"),
        lambda: Lut3d(init="monge_kantorovich"),
        lambda: BilateralGrid(init="monge_kantorovich"),
    ],
    ids=["RegionalGrade", "Lut3d shared", "Lut3d", "BilateralGrid"],
)
def test_canvases_start_as_from_the_crop(make: type[Canvas], files: dict[str, Path], tiny_weights: Weights) -> None:
    """But for what the network, which compares the photos for one of them, sees beyond the crop's edges."""
    cut_out, crop = (started(make(), pair(files, style)) for style in ("cut_out", "crop"))
    assert float((cut_out - crop).abs().mean()) < 3 / 255
    over_white = files["content"].with_name("white.png")
    images.write(over_white, photo_file.read(files["cut_out"]).over_white, {})
    white = started(make(), pair({**files, "white": over_white}, "white"))
    assert float((white - crop).abs().mean()) > 10 / 255


def test_losses_ask_for_what_shows(files: dict[str, Path]) -> None:
    """Colours exactly, as they look at pixels alone."""
    image = {"input": synthetic_photo(64, 80, seed=5)}
    values = []
    for style in ("cut_out", "crop"):
        data = pair(files, style)
        regions = data.regions(data.photos, lambda *photos, known=None: pytest.fail("nobody asked for regions"))
        loss = SlicedWassersteinLoss(1.0)
        aimed = loss if regions is None else RegionalLoss(loss, regions)
        aimed.set_targets({"input": data.photos.content}, {"input": data.photos.style})
        values.append(aimed(aimed.statistics(image)).weighted)
    torch.testing.assert_close(values[0], values[1])


@pytest.mark.slow
def test_figures_are_of_what_shows(files: dict[str, Path], tiny_weights: Weights) -> None:
    both = [pair(files, style) for style in ("cut_out", "crop")]
    cut_out, crop = (Measure(*data.photos, VGG19(), opacity=data.opacity) for data in both)
    image = synthetic_photo(64, 80, seed=5)
    assert cut_out(image)["sliced_wasserstein"] == pytest.approx(crop(image)["sliced_wasserstein"], abs=1e-6)
    for layer in ("relu1_1", "relu2_1"):
        there, here = (measure.style_grams[layer] for measure in (cut_out, crop))
        assert there.positions == here.positions
        # A crop is padded with black at its edges.
        assert float((there.products - here.products).norm() / here.products.norm()) < 0.15


def test_regions_end_where_the_photo_does(files: dict[str, Path], tmp_path: Path) -> None:
    """Of masks, hard ones; a label of which nothing shows has no match."""
    masks = []
    for name, shape in (("content", (64, 80)), ("style", (80, 96))):
        mask = torch.zeros(1, 3, *shape)
        mask[..., shape[0] // 4 :, :] = 0.5
        mask[..., shape[0] * 3 // 4 :, :] = 1
        masks.append(tmp_path / f"{name}_mask.png")
        images.write(masks[-1], mask, {})
    data = pair(files, "cut_out", content_mask=masks[0], style_mask=masks[1])
    regions = data.regions(data.photos, lambda *photos, known=None: pytest.fail("nobody asked for regions"))
    assert regions is not None
    assert not regions.undivided
    assert regions.style.dtype == torch.bool
    sure = dict(zip(regions.labels, regions.sure.tolist(), strict=True))
    assert sorted(sure.values()) == [0, 1, 1]
    assert sure["#ffffff"] == 0
    shown = regions.style.any(dim=1)[0]
    assert shown[SHOWN].all()
    assert int(shown.sum()) == 48 * 48


def test_regions_keep_their_opacity_at_other_sizes(files: dict[str, Path]) -> None:
    data = pair(files, "cut_out")
    small = data.at(40)
    regions = data.regions(small, lambda *photos, known=None: pytest.fail("nobody asked for regions"))
    assert regions is not None
    assert regions.undivided
    assert regions.opacity is not None
    assert regions.style.shape == regions.opacity.shape == (1, 1, *small.style.shape[-2:])
    assert regions.content.shape == (1, 1, *small.content.shape[-2:])
    assert float(regions.style.float().mean()) == pytest.approx(48 * 48 / (80 * 96), abs=0.02)


def test_a_photo_that_shows_nothing_is_refused(files: dict[str, Path]) -> None:
    photo_file.write(files["crop"], Photo(torch.ones(1, 3, 40, 40), torch.zeros(1, 1, 40, 40)), {})
    with pytest.raises(VerismError, match=r"crop\.png: is transparent all over, and has no look to take on\."):
        pair(files, "crop").setup("fit")
