"""Known grades: plausible, and always the same."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from grades import RECIPES, grades, lut, split_toning, tone_curve, white_balance
from torch import Generator, Tensor

from verism import images
from verism.color.spaces import to_light
from verism.metrics import ciede2000, newly_clipped, structure

PHOTOS = Path(__file__).parents[2] / "configs" / "photos"
SEEDS = range(20)


def drawn(seed: int) -> Generator:
    return Generator().manual_seed(seed)


def greys() -> Tensor:
    return torch.linspace(0, 1, 256).expand(1, 3, 1, 256)


@pytest.fixture(scope="module")
def photo() -> Tensor:
    return images.scale(images.read(PHOTOS / "picos.jpg"), 96)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", RECIPES)
def test_plausible(photo: Tensor, name: str, seed: int) -> None:
    graded = grades(seed)[name](photo)
    assert graded.shape == photo.shape
    assert graded.dtype == photo.dtype
    assert 0 <= float(graded.min()) <= float(graded.max()) <= 1
    assert float(newly_clipped(graded, photo)) < 0.01
    # To be seen, and the same photo.
    assert 2 < float(ciede2000(graded, photo)) < 30
    assert float(structure(graded, photo)) > 0.9


@pytest.mark.parametrize("name", RECIPES)
def test_a_colours_grade_is_its_own(photo: Tensor, name: str) -> None:
    grade = grades(0)[name]
    torch.testing.assert_close(grade(photo.flip(3)[..., 5:]), grade(photo).flip(3)[..., 5:])


@pytest.mark.slow
def test_ten_that_differ_from_each_other_and_by_seed(photo: Tensor) -> None:
    made = [grade(photo) for seed in (0, 1) for grade in grades(seed).values()]
    assert len(made) == 20
    for index, first in enumerate(made):
        assert all(float(ciede2000(first, second)) > 0.5 for second in made[:index])


def test_the_same_for_the_same_seed() -> None:
    """Also tomorrow: the numbers are those of when they were written."""
    colour = torch.tensor([0.6, 0.45, 0.3]).view(1, 3, 1, 1)
    assert grades(0)["everything"](colour).flatten().tolist() == pytest.approx([0.50966, 0.49136, 0.43589], abs=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_tone_curves_rise(seed: int) -> None:
    red, green, blue = tone_curve(drawn(seed))(greys())[0, :, 0]
    assert torch.equal(red, green)
    assert torch.equal(red, blue)
    assert (red.diff() > 0).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_white_balance_multiplies_light(seed: int) -> None:
    gains = to_light(white_balance(drawn(seed))(greys()))[..., 1:] / to_light(greys())[..., 1:]
    torch.testing.assert_close(gains, gains[..., -1:].expand_as(gains), rtol=1e-3, atol=0)
    assert float(gains.max()) == pytest.approx(1, rel=1e-3)
    assert float(gains.min()) > 2**-0.91


def test_white_balance_is_warmer_or_colder() -> None:
    whites = [white_balance(drawn(seed))(greys())[0, :, 0, -1] for seed in SEEDS]
    assert {bool(red > blue) for red, _, blue in whites} == {True, False}


@pytest.mark.parametrize("seed", SEEDS)
def test_split_toning_tints_both_ends(seed: int) -> None:
    graded = split_toning(drawn(seed))(greys())[0, :, 0]
    black, white = graded[:, 0], graded[:, -1]
    assert 0.04 < float(black.max() - black.min()) < 0.2
    assert 0.04 < float(white.max() - white.min()) < 0.2
    # Hues across the wheel: what the shadows have most of, the lights lack.
    assert int(black.argmax()) != int(white.argmax())


@pytest.mark.parametrize("seed", SEEDS)
def test_lut_keeps_ends_and_order(seed: int) -> None:
    """Along each channel, whatever the others are."""
    levels = torch.linspace(0, 1, 33)
    cube = torch.stack(torch.meshgrid(levels, levels, levels, indexing="ij")).view(1, 3, 33, 33 * 33)
    graded = lut(drawn(seed))(cube).view(3, 33, 33, 33)
    for channel, values in enumerate(graded):
        along = values.movedim(channel, 0)
        torch.testing.assert_close(along[0], torch.zeros(33, 33))
        torch.testing.assert_close(along[-1], torch.ones(33, 33))
        assert all((after > before).all() for before, after in pairwise(along))
        assert float((along - levels.view(-1, 1, 1)).abs().max()) <= 0.101
