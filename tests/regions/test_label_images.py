"""Label images: which colours are labels, which pixels are theirs, and what is refused."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
import torch
from PIL import Image, ImageDraw, ImageFilter
from torch import Tensor

from verism import images
from verism.errors import VerismError
from verism.regions import label_images
from verism.regions.label_images import find_labels, palette
from verism.regions.regions import Regions

SIZE = (80, 60)

SHAPE = (60, 80)


def painted(*boxes: tuple[str, tuple[int, int, int, int]], background: str = "blue") -> Image.Image:
    """Boxes are ``(left, top, right, bottom)``, the last two included."""
    picture = Image.new("RGB", SIZE, background)
    draw = ImageDraw.Draw(picture)
    for color, box in boxes:
        draw.rectangle(box, fill=color)
    return picture


def saved(folder: Path, content: Image.Image, style: Image.Image) -> list[Path]:
    files = [folder / "c.png", folder / "s.png"]
    content.save(files[0])
    style.save(files[1])
    return files


def read(
    folder: Path, content: Image.Image, style: Image.Image, threshold: float = 0.0, shape: tuple[int, int] = SHAPE
) -> Regions:
    return label_images.read(saved(folder, content, style), [shape, shape], threshold)


def shares(masks: Tensor) -> list[float]:
    return [round(share, 6) for share in masks.double().mean(dim=(0, 2, 3)).tolist()]


LEFT, RIGHT = (0, 0, 19, 59), (20, 0, 79, 59)


def test_colours_are_matched_wherever_they_are(tmp_path: Path) -> None:
    found = read(tmp_path, painted(("red", LEFT)), painted(("red", RIGHT)))
    assert set(found.labels) == {"#0000ff", "#ff0000"}
    assert found.content.shape == found.style.shape == (1, 2, *SHAPE)
    assert found.content.dtype == torch.bool
    red = found.labels.index("#ff0000")
    assert found.content[0, red, :, :20].all()
    assert not found.content[0, red, :, 20:].any()
    assert shares(found.content)[red] == 0.25
    assert shares(found.style)[red] == 0.75
    assert (found.content.sum(dim=1) == 1).all()
    assert (found.style.sum(dim=1) == 1).all()


def test_one_colour_is_one_region(tmp_path: Path) -> None:
    found = read(tmp_path, painted(), painted())
    assert found.labels == ("#0000ff",)
    assert found.content.all()
    assert found.style.all()


def test_shades_are_one_label_named_by_the_most_common(tmp_path: Path) -> None:
    """As the masks of Luan et al. have them: #0101fe, #0000fe, … for blue."""
    content = painted(("#0101fe", (0, 0, 30, 30)), ("#0a0af0", (40, 0, 79, 20)))
    found = read(tmp_path, content, painted(background="#0200fc"))
    assert found.labels == ("#0200fc",)
    assert found.content.all()


@pytest.mark.parametrize("blur", [1, 2])
def test_edges_are_no_labels_however_long(blur: int, tmp_path: Path) -> None:
    """Blurred stripes: grey is on every edge, and covers more than some labels do."""
    stripes = painted(*(("white", (x, 0, x + 7, 59)) for x in range(0, 80, 16)), background="black")
    found = read(tmp_path, stripes.filter(ImageFilter.BoxBlur(blur)), stripes)
    assert set(found.labels) == {"#000000", "#ffffff"}
    torch.testing.assert_close(found.content.float().mean(), torch.tensor(0.5), atol=0, rtol=0)
    assert (found.content != found.style).float().mean() < 0.02


def test_compressed_masks(tmp_path: Path) -> None:
    sharp = painted(("red", LEFT), ("#808080", (50, 30, 79, 59)))
    encoded = io.BytesIO()
    sharp.save(encoded, "JPEG", quality=75)
    blocky = Image.open(encoded).convert("RGB")
    assert len(palette(images.read(saved(tmp_path, blocky, sharp)[0])).colors) > 20
    found = read(tmp_path, blocky, sharp)
    assert len(found.labels) == 3
    assert (found.content != found.style).float().mean() < 0.02


def test_labels_as_close_as_in_common_palettes_stay_apart(tmp_path: Path) -> None:
    """Pascal VOC's are multiples of 64."""
    both = painted(("#400000", LEFT), ("#800000", (60, 0, 79, 59)), background="black")
    assert set(read(tmp_path, both, both).labels) == {"#000000", "#400000", "#800000"}


def test_greyscale_masks(tmp_path: Path) -> None:
    both = painted(("white", LEFT), background="black")
    assert set(read(tmp_path, both.convert("L"), both).labels) == {"#000000", "#ffffff"}


def test_a_speck_is_of_the_nearest_colour() -> None:
    picture = torch.zeros(1, 3, 60, 80)
    picture[:, 0, 10:13, 10:13] = 1
    assert find_labels([palette(picture)])[0].tolist() == [[0, 0, 0]]
    picture[:, 0, 10:15, 10:15] = 1
    assert find_labels([palette(picture)])[0].tolist() == [[0, 0, 0], [255, 0, 0]]


def test_a_stray_pixel_does_not_make_a_label_shared(tmp_path: Path) -> None:
    """One pixel in the other mask's green, as compression leaves them on edges, is no region to match green with."""
    stray = painted(("red", LEFT), ("lime", (30, 30, 30, 30)))
    style = painted(("red", LEFT), ("lime", (40, 0, 79, 59)))
    with pytest.raises(VerismError, match=r"s.png: #00ff00 covers 50.0% of it, but .*c.png has no such colour"):
        read(tmp_path, stray, style)
    found = read(tmp_path, stray, style, threshold=0.5)
    assert set(found.labels) == {"#0000ff", "#ff0000"}
    assert (found.content.sum(dim=1) == 1).all()
    assert shares(found.style) == [0.25, 0.25]


def test_which_mask_has_which_label() -> None:
    red, blue = torch.zeros(2, 1, 3, 40, 40)
    red[:, 0, :30] = blue[:, 2, :20] = 1
    colors, where = find_labels([palette(red), palette(blue)])
    assert colors.tolist() == [[255, 0, 0], [0, 0, 0], [0, 0, 255]]
    assert where.tolist() == [[True, True, False], [False, True, True]]


def test_a_label_of_one_side_is_left_out_below_the_threshold_and_refused_above(tmp_path: Path) -> None:
    """8×30 of 80×60 pixels: 5 %."""
    lamp, plain = painted(("red", RIGHT), ("black", (8, 8, 15, 37))), painted(("red", RIGHT))
    for content, style in ((lamp, plain), (plain, lamp)):
        found = read(tmp_path, content, style, threshold=0.05)
        assert set(found.labels) == {"#ff0000", "#0000ff"}
        left_out = [1 - sum(shares(side)) for side in (found.content, found.style)]
        assert left_out == pytest.approx([0.05, 0.0] if content is lamp else [0.0, 0.05], abs=1e-5)
        own, other = ("c", "s") if content is lamp else ("s", "c")
        said = (
            rf"{own}.png: #000000 covers 5.0% of it, but .*{other}.png has no such colour.*--data.mask_threshold 0.05\."
        )
        with pytest.raises(VerismError, match=said):
            read(tmp_path, content, style, threshold=0.049)


def test_what_the_error_advises_is_enough(tmp_path: Path) -> None:
    content = painted(("red", (0, 0, 70, 8)))
    with pytest.raises(VerismError, match="mask_threshold") as caught:
        read(tmp_path, content, painted())
    advised = re.search(r"mask_threshold ([\d.]+)\.$", str(caught.value))
    assert advised is not None
    assert read(tmp_path, content, painted(), threshold=float(advised[1])).labels == ("#0000ff",)


def test_no_colour_in_common_is_refused_at_any_threshold(tmp_path: Path) -> None:
    with pytest.raises(VerismError, match=r"c.png and .*s.png have no colour in common: paint"):
        read(tmp_path, painted(), painted(background="red"), threshold=1.0)


def test_what_is_no_label_image_is_refused(tmp_path: Path) -> None:
    noise = Image.effect_noise(SIZE, 200).convert("RGB")
    for content, style, named in ((noise, painted(), "c"), (painted(), noise, "s")):
        with pytest.raises(
            VerismError, match=rf"{named}.png: is not a label image; paint each region in a single colour"
        ):
            read(tmp_path, content, style)


def test_masks_come_to_the_size_of_their_photos(tmp_path: Path) -> None:
    """Scaled down and up; the photo's long side may have been rounded down."""
    files = saved(tmp_path, painted(("red", LEFT)), painted(("red", LEFT)))
    found = label_images.read(files, [(30, 40), (121, 160)], 0.0)
    assert found.content.shape == (1, 2, 30, 40)
    assert found.style.shape == (1, 2, 121, 160)
    red = found.labels.index("#ff0000")
    assert shares(found.content)[red] == shares(found.style)[red] == 0.25


def test_a_mask_of_another_shape_is_refused(tmp_path: Path) -> None:
    files = saved(tmp_path, painted(), painted())
    said = r"s.png: 80×60 pixels do not fit the style photo, which is 100×60 at --data.size: give the mask"
    with pytest.raises(VerismError, match=said):
        label_images.read(files, [SHAPE, (60, 100)], 0.0)


def test_a_mask_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VerismError, match=r"nowhere.png: no such"):
        label_images.read([tmp_path / "nowhere.png", tmp_path / "nowhere.png"], [SHAPE, SHAPE], 0.0)


@pytest.mark.slow
def test_many_colours_are_read_in_reasonable_time(content: Tensor, tmp_path: Path) -> None:
    """A photo, given by mistake: every pixel has its own colour."""
    images.write(tmp_path / "photo.png", images.resize(content, (480, 640)), {})
    files = [tmp_path / "photo.png"] * 2
    found = label_images.read(files, [(48, 64)] * 2, 0.0)
    assert found.content.sum() <= 48 * 64
