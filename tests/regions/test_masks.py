"""Masks: at another size, and as a picture."""

from __future__ import annotations

import torch

from verism.regions.masks import paint, resize


def test_resize_goes_by_majority_and_stays_disjoint() -> None:
    masks = torch.zeros(1, 2, 4, 8, dtype=torch.bool)
    masks[0, 0, :, :5] = True
    masks[0, 1, :, 5] = True
    # Of the third 4×2 block, half is the first label's, and half the second's; of the last, all is left out.
    small = resize(masks, (1, 4))
    assert small[0, :, 0].tolist() == [[True, True, True, False], [False, False, False, False]]
    assert torch.equal(resize(masks, (4, 8)), masks)
    masks[0, :, :, 6:] = torch.tensor([[False], [True]]).unsqueeze(2)
    assert resize(masks, (1, 4))[0, :, 0].tolist() == [[True, True, True, False], [False, False, False, True]]


def test_painted_masks_have_their_labels_colours_and_the_rest_is_black() -> None:
    masks = torch.tensor([[0.6, 0.3, 0.0, 0.2], [0.4, 0.7, 0.0, 0.1]]).view(1, 2, 1, 4)
    levels = (255 * paint(masks, ("#e6194b", "#3cb44b"))).round()[0, :, 0].T
    assert levels.tolist() == [[0xE6, 0x19, 0x4B], [0x3C, 0xB4, 0x4B], [0, 0, 0], [0, 0, 0]]
