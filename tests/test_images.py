"""Images as tensors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from verism import images
from verism.errors import VerismError


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


def test_matching_a_pattern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In order, wherever; folders are no photos."""
    for name in ("b.jpg", "a.jpg", "c.png", "sub/d.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.jpg").mkdir()
    assert images.matching(tmp_path / "*.jpg") == [tmp_path / "a.jpg", tmp_path / "b.jpg"]
    assert images.matching(tmp_path / "[ac].*") == [tmp_path / "a.jpg", tmp_path / "c.png"]
    assert images.matching(tmp_path / "*" / "*.jpg") == [tmp_path / "sub" / "d.jpg"]
    monkeypatch.chdir(tmp_path)
    assert images.matching(Path("?.jpg")) == [Path("a.jpg"), Path("b.jpg")]


def test_matching_a_name(tmp_path: Path) -> None:
    """Itself, if there is no such file, and also if it looks like a pattern."""
    assert images.matching(tmp_path / "missing.jpg") == [tmp_path / "missing.jpg"]
    (tmp_path / "photo[1].jpg").touch()
    assert images.matching(tmp_path / "photo[1].jpg") == [tmp_path / "photo[1].jpg"]


def test_a_pattern_that_matches_nothing_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "folder.gif").mkdir()
    for name in ("*.gif", "nowhere/*.jpg", "photo[2].jpg"):
        with pytest.raises(VerismError, match="matches no photo"):
            images.matching(tmp_path / name)
