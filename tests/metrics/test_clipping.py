"""What is newly clipped, and what is only vivid."""

from __future__ import annotations

import torch

from verism import metrics


def test_newly_clipped_counts_pixels_near_white_or_black_that_the_photo_did_not_have() -> None:
    """Of eight pixels, a highlight and a shadow; another of each was there before, and 254.4 is not at its limit."""
    content, image = torch.full((2, 1, 3, 2, 4), 0.5)
    image[0, :, 0] = torch.tensor([[254.6, 254.4, 300.0, 128.0], [240.0] * 4, [240.0] * 4]) / 255
    content[0, 0, 0, 2] = 1.0
    image[0, :, 1] = torch.tensor([[-0.1, 0.6, 0.4, 128.0], [20.0] * 4, [10.0] * 4]) / 255
    content[0, 0, 1, 2] = 0.0
    assert float(metrics.newly_clipped(image, content)) == 2 / 8


def test_a_vivid_color_that_comes_to_a_limit_is_neither_highlight_nor_shadow() -> None:
    content = torch.full((1, 3, 2, 2), 0.5)
    content[0, 0, 0, 0] = 1.0
    image = content.clone()
    image[0, 0, 0, 1] = 1 - 0.4 / 255
    image[0, 1, 1, 0], image[0, 2, 1, 0] = 0.4 / 255, 1.0
    image[0, 1, 1, 1] = 0.6 / 255
    places = metrics.where_newly_clipped(image, content)
    assert places.colors.tolist() == [[False, True], [True, False]]
    assert not places.highlights.any()
    assert not places.shadows.any()
    assert float(metrics.pure_colors(image, content)) == 2 / 4
    assert float(metrics.newly_clipped(image, content)) == 0
