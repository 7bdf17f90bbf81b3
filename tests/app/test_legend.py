"""What the page says of the regions."""

from __future__ import annotations

import re

import torch

from verism.app.corrections import Corrections
from verism.app.legend import legend, listed
from verism.regions.regions import Regions

LABELS = ("#e6194b", "#3cb44b", "#0082c8", "#ffe119")


def test_a_match_that_is_nowhere_the_most_of_the_style_is_a_match() -> None:
    own = torch.eye(2).reshape(1, 2, 2, 1)
    other = torch.tensor([0.4, 0.6]).view(1, 2, 1, 1).expand(1, 2, 2, 1)
    said = legend(Regions(LABELS[:2], own, other, torch.tensor([0.9, 0.9])), Corrections())
    assert list(said.values()) == [
        "50% of your photo, with the look of less than 1% of the style photo",
        "50% of your photo, with the look of 100% of the style photo",
    ]


def test_says_what_becomes_of_each_region() -> None:
    """All of a row of the mask is one region."""
    own, other = (
        torch.eye(4)[torch.tensor(rows)].T.reshape(1, 4, 4, 1).float() for rows in ([0, 0, 1, 2], [0, 1, 3, 3])
    )
    regions = Regions(LABELS, own, other, torch.tensor([1.0, 0.4, 0.9, 0.9]))
    assert list(legend(regions, Corrections()).items()) == [
        ("#e6194b", "50% of your photo, with the look of 25% of the style photo"),
        (
            "#3cb44b",
            "25% of your photo, partly with the look of 25% of the style photo: perhaps it is not the same thing",
        ),
        (
            "#0082c8",
            "25% of your photo, with nothing like it in the style photo: it follows the look of the whole photo",
        ),
        ("#ffe119", "Only in the style photo (50% of it)"),
    ]
    assert (
        legend(regions, Corrections(left_out=LABELS[:1]))["#e6194b"]
        == "50% of your photo, with the look of the whole photo, as you chose"
    )
    kept = legend(regions._replace(added=LABELS[1:2]), Corrections(kept=LABELS[1:2]))
    assert kept["#3cb44b"] == "25% of your photo, kept as in the photo, as you chose"


def test_several_style_photos_are_said_to_be_several() -> None:
    own = torch.eye(4).reshape(1, 4, 4, 1)
    regions = Regions(LABELS, own, own[:, [0, 1, 3, 2]], torch.tensor([1.0, 0.4, 0.0, 1.0]))
    for is_one, words in ((True, "the style photo"), (False, "the style photos")):
        for said in legend(regions, Corrections(), is_one_style=is_one).values():
            assert re.findall(r"the style photos?", said) == [words]


def test_what_is_hardly_anywhere_is_not_listed() -> None:
    masks = torch.zeros(1, 3, 1000, 1)
    masks[:, 0, :998], masks[:, 1, 998:999] = 1, 1
    regions = Regions(LABELS[:3], masks, masks.flip(1))
    assert listed(regions) == (LABELS[0], LABELS[2])
    assert list(legend(regions, Corrections())) == [LABELS[0], LABELS[2]]


def test_what_the_user_has_made_is_theirs_and_not_doubted() -> None:
    own = torch.eye(4).reshape(1, 4, 4, 1)
    regions = Regions(LABELS, own, own, torch.tensor([1.0, 0.4, 0.0, 0.4]))
    said = legend(regions, Corrections((LABELS[:1],), painted=LABELS[:3]))
    another = "and this number in the style photo seems to be another thing"
    assert list(said.values()) == [
        "25% of your photo, as you painted and merged it, with the look of 25% of the style photo",
        "25% of your photo, as you painted it, partly with the look of 25% of the style photo",
        f"25% of your photo, as you painted it, {another}: it follows the look of the whole photo",
        "25% of your photo, partly with the look of 25% of the style photo: perhaps it is not the same thing",
    ]


def test_shares_are_those_that_are_seen() -> None:
    """In flat colours: a tenth of everything is not seen anywhere."""
    own = torch.tensor([[0.9, 0.6, 0.9, 0.2], [0.1, 0.4, 0.1, 0.3]]).view(1, 2, 4, 1)
    soft = Regions(LABELS[:2], own, own)
    assert [words.split(",")[0] for words in legend(soft, Corrections()).values()] == ["75% of your photo"]
    # The last place is in no region for the most part.
    hard = Regions(LABELS[:2], own > 0.5, own > 0.5)
    assert legend(hard, Corrections()) == legend(soft, Corrections())
    # What is between several style photos is no part of them.
    parted = hard._replace(opacity=torch.tensor([1.0, 1.0, 1.0, 0.0]).view(1, 1, 4, 1))
    assert legend(parted, Corrections())[LABELS[0]] == "75% of your photo, with the look of 100% of the style photo"


def test_a_region_of_ones_own_says_what_becomes_of_it() -> None:
    """However small it is."""
    content, style = torch.zeros(2, 1, 2, 400, 1)
    content[:, 0, :399], style[:, 0, :399] = 1, 1
    content[:, 1, 399:] = 1
    regions = Regions(LABELS[:2], content, style, torch.tensor([1.0, 0.0]), added=LABELS[1:2])
    mine, new = "Less than 1% of your photo, a region of your own", LABELS[1]
    alone = f"{mine}, only here: it follows the look of the whole photo"
    assert legend(regions, Corrections())[new] == f"{alone}, unless you paint it on the style photo, too"
    assert legend(regions, Corrections(), is_one_style=False)[new] == alone
    both = regions._replace(style=content)
    assert legend(both, Corrections())[new] == f"{mine}, with the look of less than 1% of the style photo"
    there = regions._replace(content=style, style=content)
    assert legend(there, Corrections())[new].endswith(
        "of the style photo, a region of your own, only there: it does nothing, unless you paint it on your photo, too"
    )
