"""Several style photos as one."""

from __future__ import annotations

import pytest
import torch

from verism.data.collage import GAP, check_weights, collage
from verism.errors import VerismError
from verism.photo_file import Photo


def plain(level: float, height: int, width: int) -> Photo:
    return Photo(torch.full((1, 3, height, width), level))


def shares(photo: Photo, levels: list[float]) -> list[float]:
    """How much of what shows is of which level."""
    assert photo.alpha is not None
    shown = photo.pixels[0, 0][photo.alpha[0, 0] > 0.5]
    return [float(((shown - level).abs() < 0.02).float().mean()) for level in levels]


def test_each_has_its_weights_share_of_what_shows() -> None:
    levels = [0.2, 0.5, 0.8]
    photos = [plain(level, *shape) for level, shape in zip(levels, [(200, 300), (300, 200), (240, 240)], strict=True)]
    for weights in ([1, 1, 1], [2, 1, 1], [0.3, 0.9, 0.6]):
        found = collage(photos, weights)
        assert shares(found, levels) == pytest.approx([w / sum(weights) for w in weights], abs=0.01)
        assert found.alpha is not None
        assert found.pixels.shape[-2:] == found.alpha.shape[-2:]


def test_none_is_enlarged_and_one_keeps_its_size() -> None:
    found = collage([plain(0.2, 100, 150), plain(0.8, 200, 150)], [2, 1])
    assert found.pixels.shape == (1, 3, 100, 150 + GAP + 75)


def test_what_is_transparent_in_one_takes_no_part() -> None:
    alpha = torch.ones(1, 1, 200, 200)
    alpha[..., :100, :] = 0
    half = Photo(torch.full((1, 3, 200, 200), 0.2), alpha)
    found = collage([half, plain(0.8, 100, 200)], [1, 1])
    assert shares(found, [0.2, 0.8]) == pytest.approx([0.5, 0.5], abs=0.01)


def test_the_ground_between_them_leads_from_one_to_the_other() -> None:
    seen = collage([plain(0.2, 100, 100), plain(0.8, 100, 100)], [1, 1]).pixels
    row = seen[0, 0, 50]
    assert float(row.amax()) < 0.81
    # Against a hard seam of 0.6.
    assert float(row.diff().abs().amax()) < 0.3


def test_a_photo_that_is_alone_stays_as_it_is() -> None:
    photo = plain(0.2, 100, 100)
    assert collage([photo], [3]) is photo
    assert collage([plain(0.5, 50, 50), photo], [0, 1]) is photo


def test_weights_too_far_apart_are_refused() -> None:
    with pytest.raises(VerismError, match=r"weights are too far apart: one photo would be 10×10 pixels small"):
        collage([plain(0.2, 100, 100), plain(0.5, 100, 100)], [100, 1])


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ([1.0], "has 1 weights for 2 style photos; give one each"),
        ([1.0, 2.0, 3.0], "has 3 weights for 2 style photos"),
        ([1.0, -1.0], "-1.0 is not a weight; give finite numbers that are not negative"),
        ([1.0, float("nan")], "nan is not a weight"),
        ([float("inf"), 1.0], "inf is not a weight"),
        ([0.0, 0.0], "all weights are 0"),
    ],
)
def test_wrong_weights_are_refused(weights: list[float], said: str) -> None:
    with pytest.raises(VerismError, match=f"--data.style_weights: {said}"):
        check_weights(weights, 2)
