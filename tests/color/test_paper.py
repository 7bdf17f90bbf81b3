"""White paper is a large part of a photo, and as white as can be."""

from __future__ import annotations

import pytest
import torch

from verism.color.paper import BACKDROP, WHITE, white_paper


@pytest.mark.parametrize(
    ("share", "certain"), [(BACKDROP[0], 0.0), (sum(BACKDROP) / 2, 0.5), (BACKDROP[1], 1.0), (1.0, 1.0)]
)
def test_what_is_white_is_paper_if_there_is_enough_of_it(share: float, certain: float) -> None:
    lightness = torch.full((1, 1, 8, 100), 0.4)
    lightness[..., : round(100 * share)] = 1.0
    torch.testing.assert_close(white_paper(lightness), certain * (lightness == 1).float(), rtol=0, atol=0.02)


def test_a_bright_grey_is_no_paper() -> None:
    assert float(white_paper(torch.full((10,), WHITE - 0.01)).max()) == 0
