"""What the page says of the regions."""

from __future__ import annotations

import torch

from verism.app.legend import legend
from verism.regions.masks import Regions

LABELS = ("#e6194b", "#3cb44b", "#0082c8", "#ffe119")


def test_says_what_becomes_of_each_region() -> None:
    """All of a row of the mask is one region."""
    own, other = (
        torch.eye(4)[torch.tensor(rows)].T.reshape(1, 4, 4, 1).float() for rows in ([0, 0, 1, 2], [0, 1, 3, 3])
    )
    regions = Regions(LABELS, own, other, torch.tensor([1.0, 0.4, 0.9, 0.9]))
    assert list(legend(regions).items()) == [
        ("#e6194b", "50% of your photo, graded like 25% of the style photo"),
        (
            "#3cb44b",
            "25% of your photo, graded like 25% of the style photo, but only in part: perhaps it is not the same thing",
        ),
        ("#0082c8", "25% of your photo, with nothing like it in the style photo: graded with the rest"),
        ("#ffe119", "Only in the style photo (50% of it)"),
    ]
    assert legend(regions, ["#e6194b"])["#e6194b"] == "50% of your photo, left out: graded with the rest"
