"""The linear grade between two photos of one scene."""

from __future__ import annotations

import itertools

import pytest
import torch
from conftest import synthetic_photo
from oklab import encoded
from torch import Tensor

from verism.color.monge_kantorovich import monge_kantorovich
from verism.color.one_scene import NOISE, one_grade
from verism.color.spaces import chroma_of
from verism.color.tone_and_chroma import KNOTS


def everywhere(*photos: Tensor) -> list[Tensor]:
    return [torch.ones(photo.shape[1]) for photo in photos]


def test_one_grade_finds_a_shift_exactly(content: Tensor) -> None:
    ours = encoded(content)
    shift = torch.tensor([0.05, -0.02, 0.04])
    theirs = ours.flip(1) + shift.unsqueeze(1)
    found = one_grade(ours, theirs, *everywhere(ours, theirs))
    torch.testing.assert_close(found(ours)[0], ours + shift.unsqueeze(1), rtol=0, atol=1e-5)
    torch.testing.assert_close(found.tones, shift.expand(1, KNOTS, 3), rtol=0, atol=1e-4)


@pytest.mark.parametrize("spread", [0.5, 0.1, 0.02])
def test_one_grade_finds_a_linear_one_but_for_what_may_be_noise(spread: float) -> None:
    """Along lightness and each of two axes of chroma that vary independently: √((g²σ² + noise²) / (σ² + noise²))."""
    corners = torch.tensor(list(itertools.product((-1.0, 1.0), repeat=3))).T
    chroma = torch.linalg.qr(torch.randn(2, 2, generator=torch.Generator().manual_seed(0))).Q
    axes = torch.block_diag(torch.eye(1), chroma)
    assert float(chroma.abs().min()) > 0.1
    gains = torch.tensor([0.6, 1.2, 1.5])
    mean = torch.tensor([[0.5], [0.03], [-0.02]])
    ours = mean + axes @ (spread * corners)
    theirs = mean + 0.1 + axes @ (gains.unsqueeze(1) * spread * corners)
    found = one_grade(ours, theirs, *everywhere(ours, theirs))
    expected = ((gains.square() * spread**2 + NOISE**2) / (spread**2 + NOISE**2)).sqrt()
    torch.testing.assert_close(found.matrix[0], axes @ torch.diag(expected) @ axes.T, rtol=0, atol=1e-5)
    torch.testing.assert_close(found(mean)[0], mean + 0.1, rtol=0, atol=1e-5)
    if spread == 0.5:
        torch.testing.assert_close(found(ours)[0], theirs, rtol=0, atol=1e-3)


def test_a_black_and_white_style_takes_all_colour_away(content: Tensor) -> None:
    """Of the photo itself in grey, some of the colour stayed, as if it were noise; a toned one gives its tone."""
    ours = encoded(content)
    assert float(chroma_of(ours).max()) > 0.1
    for tone in (torch.zeros(2), torch.tensor([0.01, 0.03])):
        theirs = torch.cat([ours[:1], tone.unsqueeze(1).expand(2, ours.shape[1])])
        found = one_grade(ours, theirs, *everywhere(ours, theirs))(ours)[0]
        torch.testing.assert_close(found[1:], theirs[1:], rtol=0, atol=1e-3)
        torch.testing.assert_close(found[0], theirs[0], rtol=0, atol=0.05)


def test_one_grade_follows_half_of_what_ties_lightness_to_chroma(content: Tensor) -> None:
    """Which is a split toning if it is right, and turns a red black if it is wrong."""
    ours = encoded(content)
    mixing = torch.tensor([[0.8, -1.5, 0.5], [0.3, 1.0, 0.2], [-0.2, 0.1, 1.2]])
    theirs = mixing @ ours
    found = one_grade(ours, theirs, *everywhere(ours, theirs))
    together, _ = monge_kantorovich(ours.view(1, 3, 1, -1), theirs.view(1, 3, 1, -1), NOISE)
    torch.testing.assert_close(found.matrix[0, 0, 1:], together[0, 1:] / 2, rtol=0, atol=1e-5)
    torch.testing.assert_close(found.matrix[0, 1:, 0], together[1:, 0] / 2, rtol=0, atol=1e-5)
    assert float(together[0, 1:].abs().max()) > 0.01
    gain = ((theirs[0].var(correction=0) + NOISE**2) / (ours[0].var(correction=0) + NOISE**2)).sqrt()
    torch.testing.assert_close(found.matrix[0, 0, 0], (together[0, 0] + gain) / 2, rtol=0, atol=1e-5)
    wrong = (found(ours)[0].mean(dim=1) - theirs.mean(dim=1)).abs()
    assert float(wrong[1:].max()) < 1e-5
    assert float(wrong[0]) < 2e-3, "the toe lifts a little"


@pytest.mark.parametrize("turned", [False, True], ids=["shoulder", "toe"])
@pytest.mark.parametrize(("gain", "reaches"), [(1.1, True), (1.6, False)])
def test_one_grade_keeps_detail_outside_of_what_both_photos_show(gain: float, reaches: bool, turned: bool) -> None:
    """A cloud that the style photo does not have is as bright as before, or keeps half of the contrast at least."""
    ours = torch.zeros(3, 701)
    ours[0] = torch.linspace(0.2, 0.9, 701)
    theirs = ours.clone()
    theirs[0] = 0.4 + gain * (ours[0] - 0.4)
    shared = (ours[0] < 0.6).float()
    theirs = theirs[:, shared > 0]
    if turned:
        ours[0], theirs[0] = 1 - ours[0], 1 - theirs[0]
    graded = one_grade(ours, theirs, shared, torch.ones(theirs.shape[1]))(ours)[0, 0]
    graded = 1 - graded if turned else graded
    slopes = graded.diff() * 1000
    assert float(slopes[-20:].min()) > gain / 2 - 0.05
    assert (float(graded[-1]) < 0.91) == reaches
    assert float(graded[-1]) < 0.4 + gain * 0.5 - 0.03, "less than a straight line gives"
    torch.testing.assert_close(slopes[:300], torch.full((300,), gain), rtol=0.02, atol=0)


def test_one_grade_sees_what_both_photos_show_alone(content: Tensor) -> None:
    ours = encoded(content)
    theirs = 0.8 * ours + 0.1
    expected = one_grade(ours, theirs, *everywhere(ours, theirs))
    more = encoded(synthetic_photo(24, 64, seed=5))
    shared = torch.cat([torch.ones(ours.shape[1]), torch.zeros(more.shape[1])])
    found = one_grade(torch.cat([ours, more], 1), torch.cat([theirs, 1 - more], 1), shared, shared)
    for part, right in zip(found, expected, strict=True):
        torch.testing.assert_close(part, right, rtol=0, atol=1e-5)
