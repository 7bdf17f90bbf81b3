"""Regions: how sure they are, at another size, merged, left out and painted over."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
import torch
from torch import Tensor

from verism.errors import VerismError
from verism.regions.colors import unused
from verism.regions.masks import label_colors
from verism.regions.regions import Regions, Strokes


def shares(masks: Tensor) -> list[float]:
    return [round(share, 6) for share in masks.double().mean(dim=(0, 2, 3)).tolist()]


def halves() -> Regions:
    """A quarter of the photo on the left, and the rest; the other way round in the style."""
    red = torch.zeros(1, 1, 60, 80, dtype=torch.bool)
    red[..., :20] = True
    masks = torch.cat([red, ~red], dim=1)
    return Regions(("#ff0000", "#0000ff"), masks, masks.flip(1))


def test_at_another_size_hard_masks_stay_disjoint_and_soft_ones_soft() -> None:
    hard = halves()
    small = hard.at((30, 40), (6, 8))
    assert small.labels == hard.labels
    assert (small.content.shape, small.style.shape) == ((1, 2, 30, 40), (1, 2, 6, 8))
    assert small.content.dtype == torch.bool
    assert shares(small.content) == shares(hard.content)
    soft = Regions(hard.labels, hard.content.float(), hard.style.float(), torch.tensor([1.0, 0.3]))
    resized = soft.at((60, 80), (7, 9))
    assert torch.equal(resized.content, soft.content)
    assert resized.confidence is soft.confidence
    torch.testing.assert_close(resized.style.sum(dim=1), torch.ones(1, 7, 9))
    assert bool(((resized.style > 0.01) & (resized.style < 0.99)).any())


def test_regions_that_were_given_are_certain_and_those_that_were_found_as_sure_as_they_say() -> None:
    given = halves()
    assert given.sure.tolist() == [1, 1]
    assert given._replace(confidence=torch.tensor([0.25, 0.5])).sure.tolist() == [0.25, 0.5]


def three(confidence: list[float] | None = None) -> Regions:
    """Of 10, 30 and 60 % of the content photo."""
    masks = torch.zeros(1, 3, 1, 10)
    masks[0, 0, 0, :1] = masks[0, 1, 0, 1:4] = masks[0, 2, 0, 4:] = 1
    sure = None if confidence is None else torch.tensor(confidence)
    return Regions(("#ff0000", "#00ff00", "#0000ff"), masks, masks.flip(3), sure, 0.3)


def test_merged_regions_add_up_and_are_as_sure_as_their_shares_say() -> None:
    found = three([0.2, 1.0, 0.5])
    merged = found.merge([["#0000ff", "#ff0000"]])
    assert merged.labels == ("#00ff00", "#0000ff")
    for masks, before in ((merged.content, found.content), (merged.style, found.style)):
        assert torch.equal(masks, torch.stack([before[:, 1], before[:, 0] + before[:, 2]], dim=1))
    assert merged.sure.tolist() == pytest.approx([1.0, (0.1 * 0.2 + 0.6 * 0.5) / 0.7])
    assert merged.one_scene == 0.3


def test_merging_keeps_hard_masks_hard_and_certain_ones_certain() -> None:
    soft = three()
    hard = soft._replace(content=soft.content > 0, style=soft.style > 0)
    merged = hard.merge([["#ff0000", "#00ff00"]])
    assert merged.content.dtype == merged.style.dtype == torch.bool
    assert shares(merged.content) == [0.4, 0.6]
    assert merged.sure.tolist() == [1, 1]
    assert hard.merge([]) is hard
    assert hard.merge([[]]) is hard


@pytest.mark.parametrize(
    ("groups", "label"),
    [
        ([["#ff0000", "#123456"]], "#123456"),
        ([["#ff0000", "#ff0000"]], "#ff0000"),
        ([["#ff0000", "#00ff00"], ["#0000ff", "#00ff00"]], "#00ff00"),
    ],
)
def test_unknown_and_repeated_labels_are_not_merged(groups: list[list[str]], label: str) -> None:
    with pytest.raises(VerismError, match=rf"^--data.merge: {label} must be named once"):
        three().merge(groups)


def test_regions_that_are_left_out_have_no_confidence() -> None:
    found = three()
    left = found.leave_out(["#ff0000"])
    sure = dict(zip(found.labels, found.sure.tolist(), strict=True)) | {"#ff0000": 0.0}
    assert left.sure.tolist() == pytest.approx([sure[label] for label in found.labels])
    assert left.content is found.content
    assert found.leave_out([]) is found


def test_an_unknown_label_is_not_left_out() -> None:
    with pytest.raises(VerismError, match=r"^--data.leave_out: #123456 must be one of the regions #"):
        three().leave_out(["#123456"])


def test_regions_that_are_kept_stay_where_they_are_shown() -> None:
    kept = three([0.2, 1.0, 0.5]).keep(["#0000ff", "#0000ff"])
    assert kept.kept == ("#0000ff",)
    assert kept.staying.tolist() == [label == "#0000ff" for label in kept.labels]
    assert float(kept.stays.double().mean()) == pytest.approx(kept.seen[0][kept.labels.index("#0000ff")])
    # The match is what it was, so that the rest of the photo starts as it did.
    assert kept.sure.tolist() == pytest.approx([0.2, 1.0, 0.5])
    assert not three().stays.any()
    assert three().keep([]).kept == ()


def test_a_region_is_kept_left_out_or_merged_and_the_last_counts() -> None:
    found = three().keep(["#ff0000"])
    assert found.keep(["#00ff00"]).kept == ("#ff0000", "#00ff00")
    assert found.leave_out(["#00ff00"]).kept == ("#ff0000",)
    assert found.leave_out(["#ff0000"]).kept == ()
    assert found.merge([["#ff0000", "#00ff00"]]).kept == ()
    assert found.merge([["#0000ff", "#00ff00"]]).kept == ("#ff0000",)


def test_what_cannot_be_kept_is_refused() -> None:
    with pytest.raises(VerismError, match=r"^--data.keep: #123456 must be one of the regions #"):
        three().keep(["#123456"])
    with pytest.raises(VerismError, match=r"^--data.keep: names all of the photo"):
        three().keep(list(three().labels))


def stroke(role: Literal["content", "style"], label: str, columns: slice) -> Strokes:
    where = torch.zeros(1, 1, 1, 10, dtype=torch.bool)
    where[..., columns] = True
    return Strokes(role, Path("strokes.png"), label_colors([label]).view(1, 3, 1, 1).expand(1, 3, 1, 10), where)


def test_a_stroke_over_one_photo_moves_pixels_and_makes_no_match_surer() -> None:
    found = three([0.2, 1.0, 0.5])
    painted = found.painted(stroke("content", "#ff0000", slice(7, 10)))
    assert shares(painted.content) == [0.4, 0.3, 0.3]
    assert torch.equal(painted.style, found.style)
    assert painted.sure.tolist() == pytest.approx([0.2, 1.0, 0.5])


def test_what_is_painted_in_one_colour_over_both_photos_is_a_match() -> None:
    """Of a region that was found as of a new one; what is painted over one photo alone keeps its confidence."""
    found, new = three([0.2, 1.0, 0.5]), unused(three().labels)[0]
    for label in ("#ff0000", new):
        painted = found.painted(
            stroke("content", label, slice(7, 9)),
            stroke("style", label, slice(0, 2)),
        )
        sure = dict(zip(painted.labels, painted.sure.tolist(), strict=True))
        assert sure == pytest.approx({"#ff0000": 0.2, "#00ff00": 1.0, "#0000ff": 0.5} | {label: 1.0})
    apart = found.painted(stroke("content", new, slice(7, 9)), stroke("style", "#ff0000", slice(0, 2)))
    assert apart.sure.tolist() == pytest.approx([0.2, 1.0, 0.5, 0.0])
