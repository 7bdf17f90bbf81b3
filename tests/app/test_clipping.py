"""What is newly clipped, in words and as marks."""

from __future__ import annotations

import torch
from torch import Tensor

from verism.app.clipping import BLUE, NOTHING, RED, WHITE, helps, marked, said
from verism.look.strength import Strength
from verism.verdict import CLIPPED


def grey() -> Tensor:
    """A photo of a hundred pixels in the middle of everything."""
    return torch.full((1, 3, 10, 10), 0.5)


def test_what_is_too_little_to_be_noticed_is_told_only_where_it_is_marked() -> None:
    image = grey()
    assert said(image, grey(), marks=False) == ""
    assert said(image, grey(), marks=True) == NOTHING
    image[0, :, 0, 0] = 1
    assert CLIPPED > 0.01
    assert said(image, grey(), marks=False) == ""
    assert said(image, grey(), marks=True).startswith("Newly clipped: highlights in 1.0% (red) of the picture, where")


def test_what_is_worth_saying_is_said_of_highlights_and_shadows() -> None:
    image = grey()
    image[0, :, 0, :3], image[0, :, 1, :5] = 1, 0
    assert said(image, grey(), marks=False) == ("Newly clipped: highlights in 3.0% and shadows in 5.0% of the picture.")
    # As where the photo was clipped already.
    assert said(image, image, marks=False) == ""


def test_a_bright_orange_is_no_shadow() -> None:
    """Nor is a saturated red a highlight; nearly white with a channel at the limit is one."""
    image = grey()
    image[0, :, 0, :] = torch.tensor([1.0, 0.6, 0.0]).view(3, 1)
    image[0, :, 1, :] = torch.tensor([0.9, 0.5, 0.0]).view(3, 1)
    image[0, :, 2, :5] = torch.tensor([1.0, 1.0, 0.95]).view(3, 1)
    assert said(image, grey(), marks=True).startswith(
        "Newly clipped: highlights in 5.0% (red) and pure colours in 20.0% "
        "(stripes: red at 255, blue at 0) of the picture, "
    )
    image[0, :, 3, :3] = 0
    assert said(image, grey(), marks=False).startswith(
        "Newly clipped: highlights in 5.0%, shadows in 3.0% and pure colours in 20.0% of the picture"
    )


def test_pure_colours_alone_are_told_only_where_they_are_marked() -> None:
    """An evening's dark forest has no blue, and nothing is to be mended about it."""
    image = torch.tensor([0.3, 0.2, 0.0]).view(1, 3, 1, 1).expand(1, 3, 10, 10)
    assert said(image, grey(), marks=False) == ""
    assert said(image, grey(), marks=True).startswith(
        "Newly clipped: pure colours in 100.0% (stripes: red at 255, blue at 0) of the picture"
    )


def test_the_slider_is_advised_that_gives_detail_back() -> None:
    """Burnt lights are a matter of tone; an orange without any blue is one of colour, whose light is as it was."""
    photo = grey()
    assert helps(torch.ones_like(photo), photo, Strength()) == "A lower Tone gives most of their detail back."
    orange = torch.tensor([0.8, 0.4, 0.0]).view(1, 3, 1, 1).expand_as(photo)
    assert helps(orange, photo, Strength()) == "A lower Colour gives most of their detail back."


def test_marks_are_where_it_is_and_nowhere_else() -> None:
    image = grey()
    image[0, :, 0, 0], image[0, :, 9, 9] = 1, 0
    seen = marked(image, grey())
    torch.testing.assert_close(seen[0, :, 0, 0], torch.tensor(RED))
    torch.testing.assert_close(seen[0, :, 9, 9], torch.tensor(BLUE))
    assert int((seen != image).any(dim=1).sum()) == 2
    assert torch.equal(marked(image, image), image)
    assert said(image, grey(), marks=True).count("1.0%") == 2


def test_marks_of_colours_are_seen_on_any_and_tell_which_end_it_is() -> None:
    """A blue sky without red was marked in blue, and an orange as if it were black; and one sees the picture, too."""
    for color, marks in (
        ((0.0, 0.4, 0.9), {BLUE, WHITE}),
        ((1.0, 0.4, 0.2), {RED, WHITE}),
        ((1.0, 0.4, 0.0), {RED, BLUE, WHITE}),
    ):
        image = torch.tensor(color).view(1, 3, 1, 1).repeat(1, 1, 40, 40)
        seen = marked(image, torch.full_like(image, 0.5))
        levels = {tuple(level) for level in seen[0].flatten(1).T.tolist()}
        assert levels == {*marks, tuple(image[0, :, 0, 0].tolist())}
        assert float((seen == image).all(dim=1).float().mean()) > 0.6


def test_hardly_anything_is_not_nothing() -> None:
    photo = torch.full((1, 3, 50, 50), 0.5)
    image = photo.clone()
    image[0, :, 0, 0] = 0
    assert "shadows in less than 0.1% (blue)" in said(image, photo, marks=True)
