"""Images as tensors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from verism import Pixels, images, photo_file


def test_resize_keeps_constants_and_passes_its_own_shape_through(content: Tensor) -> None:
    assert images.resize(content, (48, 64)) is content
    constant = torch.full((1, 3, 48, 64), 0.3)
    torch.testing.assert_close(images.resize(constant, (17, 90)), torch.full((1, 3, 17, 90), 0.3))


def test_luma_is_pillows(content: Tensor) -> None:
    levels = (content * 255).round()
    picture = Image.fromarray(levels.squeeze(0).permute(1, 2, 0).to(torch.uint8).numpy())
    expected = torch.tensor(np.asarray(picture.convert("L"))).float()
    assert float((images.luma(levels).squeeze() - expected).abs().max()) <= 0.51


def test_blend_goes_from_the_photo_to_the_image(content: Tensor, style: Tensor) -> None:
    image = images.resize(style, content.shape[-2:])
    assert torch.equal(images.blend(content, image, 0), content)
    assert torch.equal(images.blend(content, image, 1), image)
    torch.testing.assert_close(images.blend(content, image, 0.25), 0.75 * content + 0.25 * image)


def test_blend_clips_before(content: Tensor) -> None:
    """Half the strength is half of what is seen, also where it is all white."""
    bright = torch.full_like(content, 9.0)
    torch.testing.assert_close(images.blend(content, bright, 0.5), (content + 1) / 2)
    torch.testing.assert_close(images.blend(content, -bright, 0.5), content / 2)


@pytest.mark.parametrize("kind", [torch.float64, torch.bfloat16])
def test_blend_is_of_the_photos_type(content: Tensor, kind: torch.dtype) -> None:
    """Whatever the precision of the run was."""
    blended = images.blend(content, (1 - content).to(kind), 1)
    assert blended.dtype == torch.float32
    torch.testing.assert_close(blended, 1 - content, rtol=0, atol=1e-2)


def test_files_may_be_named_by_strings(content: Tensor, tmp_path: Path) -> None:
    name = str(tmp_path / "photo.png")
    images.write(name, content, {})
    assert torch.equal(images.read(name), images.read(Path(name)))
    assert photo_file.is_photo(name) and photo_file.can_write(name)  # noqa: PT018
    photo_file.check_header(name)
    assert not photo_file.made_by_verism(str(tmp_path / "none.png"))
    canvas = Pixels(init=Path(name))
    assert Pixels(init=name).init == canvas.init  # type: ignore[arg-type]  # Configs need to know paths from words.


def test_bands_are_views_of_a_few_rows_of_each_image(content: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    result = torch.empty_like(content)
    monkeypatch.setattr(images, "BAND", 3 * content.shape[-1])
    heights = []
    for rows, part in images.bands(result, content):
        heights.append(part.shape[-2])
        rows.copy_(part)
    assert torch.equal(result, content)
    assert max(heights) == 3
    assert sum(heights) == content.shape[-2]


def test_a_band_has_at_least_one_row(content: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "BAND", 1)
    assert len(list(images.bands(content))) == content.shape[-2]


def test_levels_are_rounded_and_clipped(content: Tensor) -> None:
    image = torch.tensor([-0.2, 0.4 / 255, 0.6 / 255, 1.0, 7.0]).expand(1, 3, 2, 5)
    levels = images.to_levels(image)
    assert levels.dtype == np.uint8
    assert levels.shape == (2, 5, 3)
    assert levels[1, :, 2].tolist() == [0, 0, 1, 255, 255]
    again = images.from_levels(images.to_levels(content))
    torch.testing.assert_close(again, content, rtol=0, atol=0.5001 / 255)
    assert np.array_equal(images.to_levels(again), images.to_levels(content))
