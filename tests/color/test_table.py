"""Lookup tables of colours: what they do to a photo, and the one that comes closest to an image."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from verism.color.table import SIZE, closest, nodes, over_nodes, through


def affine_nodes() -> Tensor:
    return over_nodes(SIZE, affine)


def every_color(height: int = 80, width: int = 100) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0))


def affine(image: Tensor) -> Tensor:
    matrix = torch.tensor([[0.8, 0.1, 0.0], [-0.1, 0.7, 0.2], [0.1, 0.0, 0.5]])
    return torch.einsum("oi,bihw->bohw", matrix, image) + 0.1


def curved(image: Tensor) -> Tensor:
    """A tone curve, and channels that look at each other."""
    return 0.5 - 0.5 * torch.cos(2.8 * image) + 0.2 * image * image.flip(1)


@pytest.mark.parametrize("size", [2, 5, 33])
def test_through_the_identity_is_the_photo(content: Tensor, size: int) -> None:
    torch.testing.assert_close(through(nodes(size), content), content, rtol=0, atol=1e-6)


def test_through_any_linear_table_is_exact(content: Tensor) -> None:
    """Red is red: the channels are not mixed up, in or out."""
    swapped = nodes(5)[[2, 0, 1]]
    torch.testing.assert_close(through(swapped, content), content[:, [2, 0, 1]], rtol=0, atol=1e-6)
    torch.testing.assert_close(through(3 * nodes(5) - 1, content), 3 * content - 1, rtol=0, atol=1e-5)


def test_table_follows_the_photos_type(content: Tensor) -> None:
    assert through(nodes(5), content.double()).dtype == torch.float64


def test_finds_an_affine_map_where_the_photo_has_colours(content: Tensor) -> None:
    table = closest(content, affine(content))
    assert table.shape == (3, SIZE, SIZE, SIZE)
    assert table.dtype == torch.float32
    error = (through(table, content) - affine(content)).abs()
    assert float(error.mean()) < 0.5 / 255
    assert float(error.max()) < 6 / 255


@pytest.mark.slow
def test_where_the_photo_has_no_colours_it_is_the_plain_map() -> None:
    """A photo of greys turned warm: far from the greys, colours stay as they are, or become what the plain map says."""
    ramp = torch.linspace(0.2, 0.8, 64).expand(1, 3, 32, 64)
    warm = ramp + torch.tensor([0.15, 0.0, -0.15]).view(3, 1, 1)
    plain = 0.5 * nodes(5) + 0.2
    for chosen, expected in ((None, nodes(SIZE)), (plain, 0.5 * nodes(SIZE) + 0.2), (affine, affine_nodes())):
        table = closest(ramp, warm, chosen)
        torch.testing.assert_close(through(table, ramp), warm, rtol=0, atol=6e-3)
        correction = (table - expected).norm(dim=0)
        for corner in ((0, 0, -1), (0, -1, 0), (-1, 0, 0), (0, -1, -1), (-1, 0, -1)):
            assert float(correction[corner]) < 0.15 * float(correction.max())


def test_the_correction_decays_with_the_distance_and_is_never_more_than_was_seen() -> None:
    photo = torch.full((1, 3, 32, 32), 0.5)
    change = torch.tensor([-0.2, 0.0, 0.1])
    correction = (closest(photo, photo + change.view(3, 1, 1)) - nodes(SIZE)).norm(dim=0) / change.norm()
    assert float(correction.max()) <= 1.001
    for line in (correction[16, 16, 16:], correction[16, 16:, 16], correction[16:, 16, 16]):
        assert bool((line.diff() < 0).all())
        # At 0, 0.28 and 0.5 from the grey.
        assert float(line[0]) == pytest.approx(1, abs=1e-3)
        assert 0.4 < float(line[9]) < 0.55
        assert float(line[16]) < 0.15


@pytest.mark.slow
def test_what_a_line_would_continue_into_black_stays_what_it_is() -> None:
    """Greens got darker the redder they are, which a straight line would make -0.64 of an astronaut's suit."""
    photo = every_color() * torch.tensor([0.4, 0.3, 0.2]).view(3, 1, 1) + torch.tensor([0.1, 0.5, 0.1]).view(3, 1, 1)
    image = photo - 0.8 * (photo[:, :1] - 0.1)
    table = closest(photo, image.clamp(0, 1))
    orange = torch.tensor([0.9, 0.35, 0.15]).view(1, 3, 1, 1)
    torch.testing.assert_close(through(table, orange), orange, rtol=0, atol=0.2)


@pytest.mark.slow
def test_slopes_are_bounded_and_nothing_folds() -> None:
    """Mid greys went up by most of the range, which would leave lighter ones below them."""
    grey = torch.linspace(0.3, 0.5, 48).expand(1, 3, 40, 48)
    table = closest(grey, grey + 0.45)
    lightness = table.mean(dim=0)
    along_grey = lightness.diagonal(dim1=0, dim2=1).diagonal(dim1=0, dim2=1).diff() * (SIZE - 1)
    assert float(along_grey.min()) > 0.1
    for axis in range(3):
        assert float(lightness.diff(dim=axis).min()) * (SIZE - 1) > -0.05
        assert float(table.diff(dim=axis + 1).abs().max()) * (SIZE - 1) < 4


@pytest.mark.slow
def test_finds_a_curved_map_where_the_photo_has_colours() -> None:
    photo = every_color()
    error = (through(closest(photo, curved(photo)), photo) - curved(photo)).abs()
    assert float(error.mean()) < 0.5 / 255
    assert float(error.max()) < 6 / 255


def test_fits_more_where_more_pixels_are() -> None:
    """One colour, which became one in three quarters of the pixels, and another in the rest: the mean."""
    photo = torch.full((1, 3, 32, 32), 0.4)
    image = torch.full_like(photo, 0.2)
    image[..., :8] = 0.6
    torch.testing.assert_close(through(closest(photo, image), photo), torch.full_like(photo, 0.3), rtol=0, atol=1e-3)


@pytest.mark.slow
def test_weighs_colours_by_their_pixels() -> None:
    """Two colours that are almost one want different things; the one with nine times the pixels prevails."""
    photo, image = torch.full((1, 3, 32, 40), 0.45), torch.full((1, 3, 32, 40), 0.2)
    photo[..., :4], image[..., :4] = 0.45 + 1 / 32, 0.6
    error = (through(closest(photo, image), photo) - image).abs()
    assert float(error[..., 4:].mean()) < 0.25 * float(error[..., :4].mean())


@pytest.mark.slow
def test_what_a_grey_photo_does_not_say_changes_as_little_as_it_can(content: Tensor) -> None:
    """Red stays red and blue blue, and a breath of colour in the photo does not turn the table over."""
    grey = content.mean(dim=1, keepdim=True).expand_as(content)
    table = closest(grey, 0.5 * grey + 0.2)
    torch.testing.assert_close(through(table, grey), 0.5 * grey + 0.2, rtol=0, atol=0.01)
    red, blue = table[:, 0, 0, -1], table[:, -1, 0, 0]
    assert float(red[0] - red[1:].max()) > 0.9
    assert float(blue[2] - blue[:2].max()) > 0.9
    breath = 1e-6 * torch.randn(grey.shape, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(closest((grey + breath).clamp(0, 1), 0.5 * grey + 0.2), table, rtol=0, atol=0.01)


@pytest.mark.slow
def test_the_image_may_leave_the_range(content: Tensor) -> None:
    table = closest(content, content + 2, lambda colors: colors + 2)
    torch.testing.assert_close(table, nodes(SIZE) + 2, rtol=0, atol=1e-4)
