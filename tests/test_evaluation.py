"""A finished picture, measured against its two photos."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from torch import Tensor

from verism.backbone import VGG19
from verism.data import PhotoPair
from verism.evaluation import evaluate
from verism.metrics import Measure

pytestmark = pytest.mark.usefixtures("tiny_weights")


def test_what_a_run_keeps_does_not_count_as_far_from_the_style(
    photo_files: list[str], tmp_path: Path, content: Tensor, style: Tensor
) -> None:
    masks = {}
    for role, photo in (("content", content), ("style", style)):
        height, width = photo.shape[-2:]
        mask = Image.new("RGB", (width, height), "#e6194b")
        mask.paste("#3cb44b", (width // 2, 0, width, height))
        mask.save(tmp_path / f"{role}-mask.png")
        masks[f"{role}_mask"] = tmp_path / f"{role}-mask.png"
    whole, kept = (
        PhotoPair(photo_files[1], photo_files[3], **masks, keep=keep)  # type: ignore[arg-type]
        for keep in ((), ["red"])
    )
    photo = whole.photos.content
    half = photo.shape[-1] // 2
    picture = photo.clone()
    picture[..., half:] = 0.7 * picture[..., half:] + 0.3 * picture.new_tensor([0.9, 0.5, 0.2]).view(1, 3, 1, 1)
    network = VGG19()
    alone = Measure(photo[..., half:], whole.photos.style, network)(picture[..., half:])
    measured = [evaluate(picture, pair, network) for pair in (whole, kept)]
    for name in ("color_distance", "ciede2000"):
        assert measured[1][name] == pytest.approx(alone[name], rel=1e-4)
        assert abs(measured[0][name] - alone[name]) > 0.01
