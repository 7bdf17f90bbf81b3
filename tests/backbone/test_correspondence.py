"""What two photos share: against cases whose answer is known."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from verism.backbone import VGG19
from verism.backbone.correspondence import TEMPERATURE, find_correspondence, mutual_weights
from verism.backbone.weights import Weights


def things(rows: list[str]) -> Tensor:
    """Features ``(1, 8, h, w)``: at each position one of eight orthogonal ones, by its letter from a on."""
    indices = torch.tensor([["abcdefgh".index(letter) for letter in row] for row in rows])
    return torch.eye(8)[indices].permute(2, 0, 1).unsqueeze(0)


def test_photos_of_the_same_things_share_everything() -> None:
    photo = things(["abcd", "efgh"])
    for weights in mutual_weights(photo, photo.flip(3)):
        torch.testing.assert_close(weights, torch.ones(1, 1, 2, 4))


def test_twice_the_photo_shares_the_same() -> None:
    """It is the shares that count."""
    photo, other = things(["aab", "abc"]), things(["abc", "cca"])
    expected = mutual_weights(photo, other)
    for weights, wanted in zip(mutual_weights(torch.cat([photo, photo], dim=2), other), expected, strict=True):
        torch.testing.assert_close(weights[..., : wanted.shape[-2], :], wanted)


def test_what_only_one_photo_shows_counts_half() -> None:
    """Without its like, it looks for everything alike, and what has its like still counts in full."""
    for weights in mutual_weights(things(["abcd", "eeff"]), things(["abcd", "gghh"])):
        torch.testing.assert_close(weights[..., 0, :], torch.ones(1, 1, 4), rtol=0, atol=0.01)
        assert float(weights[..., 1, :].max()) < 0.6


def test_weights_even_amounts_out() -> None:
    """One of eight positions in the content, and seven of eight in the style: 1 : 7 becomes 1 : 1, in both."""
    seldom, often = torch.tensor([1.0]), torch.full((7,), 1 / 7)
    weights = mutual_weights(things(["abbbbbbb"]), things(["aaaaaaab"]))
    torch.testing.assert_close(weights.content.flatten(), torch.cat([seldom, often]), rtol=0, atol=1e-4)
    torch.testing.assert_close(weights.style.flatten(), torch.cat([often, seldom]), rtol=0, atol=1e-4)


def test_of_two_things_it_is_the_closed_form() -> None:
    """The mean of a, b, a and a is taken off (a, b) and (a, a): unit vectors that point away from each other."""
    weights = mutual_weights(things(["ab"]), things(["aa"]))
    torch.testing.assert_close(weights.style, torch.ones(1, 1, 1, 2))
    # Both positions of the style look for theirs in the content, at similarities 1 and -1.
    rare = 1 / (1 + math.exp(2 / TEMPERATURE))
    torch.testing.assert_close(weights.content.flatten(), torch.tensor([1, 2 * rare]))


def test_the_photos_have_the_same_role() -> None:
    one, other = (torch.randn(1, 5, h, w, generator=torch.Generator().manual_seed(h)) for h, w in ((4, 6), (7, 3)))
    forth, back = mutual_weights(one, other), mutual_weights(other, one)
    assert forth.content.shape == (1, 1, 4, 6)
    assert forth.style.shape == (1, 1, 7, 3)
    torch.testing.assert_close(forth.content, back.style)
    torch.testing.assert_close(forth.style, back.content)
    assert all(0 < float(weight.min()) < float(weight.max()) == 1 for weight in forth)


def test_strength_does_not_count() -> None:
    one, other = (torch.randn(1, 5, 4, 6, generator=torch.Generator().manual_seed(seed)) for seed in (0, 1))
    for weights, wanted in zip(mutual_weights(3 * one, other / 2), mutual_weights(one, other), strict=True):
        torch.testing.assert_close(weights, wanted)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_photos_of_one_thing_share_it(value: float) -> None:
    for weights in mutual_weights(torch.full((1, 5, 2, 3), value), torch.full((1, 5, 4, 4), value)):
        torch.testing.assert_close(weights, torch.ones_like(weights))


def test_is_float32_whatever_the_features() -> None:
    photo = things(["abca"])
    for kind in (torch.bfloat16, torch.float64):
        assert {weights.dtype for weights in mutual_weights(photo.to(kind), photo.to(kind))} == {torch.float32}


def test_large_photos_are_compared_at_moderate_size(tiny_weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    plain = VGG19.forward

    def watched(self: VGG19, image: Tensor, layers: Any) -> dict[str, Tensor]:
        seen.append(image.shape[-2:])
        return plain(self, image, layers)

    monkeypatch.setattr(VGG19, "forward", watched)
    sizes = [(1200, 900), (64, 10000)]
    content, style = (torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0)) for size in sizes)
    weights = find_correspondence(VGG19(), content, style)
    assert [tuple(weight.shape) for weight in weights] == [(1, 1, *size) for size in sizes]
    assert seen == [(417, 313), (32, 5000)]
