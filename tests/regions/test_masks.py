"""Masks: at another size, and as a picture."""

from __future__ import annotations

import torch

from verism.regions.masks import enlarged, paint, resize, seen, winners


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


def test_enlarged_masks_give_the_same_back_and_have_smooth_borders() -> None:
    """A disc of 20 pixels, and a line one pixel wide, which interpolation alone would lose."""
    down, across = torch.meshgrid(torch.arange(48.0), torch.arange(64.0), indexing="ij")
    disc = (10 - ((down - 24) ** 2 + (across - 20) ** 2).sqrt()).sigmoid()
    line = (across == 50).float()
    masks = torch.stack([disc * (1 - line), line, 0.98 * (1 - disc) * (1 - line)]).unsqueeze(0)
    large = enlarged(masks, (480, 640))
    assert torch.equal(resize(large, (48, 64)), resize(masks, (48, 64)))
    # The border of the disc is that of a disc, and no stairs.
    down, across = torch.meshgrid(*((torch.arange(side) + 0.5) / 10 - 0.5 for side in (480, 640)), indexing="ij")
    radius = ((down - 24) ** 2 + (across - 20) ** 2).sqrt()
    assert bool(large[0, 0][radius < 9.6].all())
    assert not bool(large[0, 0][radius > 10.4].any())


def test_what_is_seen_is_where_a_region_covers_the_most() -> None:
    masks = torch.tensor([[0.6, 0.3, 0.0, 0.6], [0.4, 0.7, 0.0, 0.4]]).view(1, 2, 1, 4)
    assert seen(masks).tolist() == [0.5, 0.25]
    assert winners(masks).flatten().tolist() == [0, 1, 2, 0]
