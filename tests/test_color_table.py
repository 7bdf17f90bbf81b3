"""Lookup tables of colours: what they do to a photo, and the one that comes closest to an image."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from verism.color_table import SIZE, closest, through


def nodes(size: int) -> Tensor:
    """The table that changes nothing."""
    axis = torch.linspace(0, 1, size)
    blue, green, red = torch.meshgrid(axis, axis, axis, indexing="ij")
    return torch.stack([red, green, blue])


def as_image(table: Tensor) -> Tensor:
    return table.flatten(2).unsqueeze(0)


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


def test_finds_an_affine_map_also_where_the_photo_has_no_colours(content: Tensor) -> None:
    """The photo has a small part of them; from there it goes on in a straight line."""
    table = closest(content, affine(content))
    assert table.shape == (3, SIZE, SIZE, SIZE)
    assert table.dtype == torch.float32
    torch.testing.assert_close(through(table, content), affine(content), rtol=0, atol=1e-3)
    torch.testing.assert_close(as_image(table), affine(as_image(nodes(SIZE))), rtol=0, atol=0.02)


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
    torch.testing.assert_close(through(closest(photo, image), photo), torch.full_like(photo, 0.3), rtol=0, atol=1e-4)


def test_weighs_colours_by_their_pixels() -> None:
    """Two colours that are almost one want different things; the one with nine times the pixels prevails."""
    photo, image = torch.full((1, 3, 32, 40), 0.45), torch.full((1, 3, 32, 40), 0.2)
    photo[..., :4], image[..., :4] = 0.45 + 1 / 32, 0.6
    error = (through(closest(photo, image), photo) - image).abs()
    assert float(error[..., 4:].mean()) < 0.25 * float(error[..., :4].mean())


def test_what_a_grey_photo_does_not_say_changes_as_little_as_it_can(content: Tensor) -> None:
    """Red stays red and blue blue, and a breath of colour in the photo does not turn the table over."""
    grey = content.mean(dim=1, keepdim=True).expand_as(content)
    table = closest(grey, 0.5 * grey + 0.2)
    torch.testing.assert_close(through(table, grey), 0.5 * grey + 0.2, rtol=0, atol=1e-3)
    red, blue = table[:, 0, 0, -1], table[:, -1, 0, 0]
    assert float(red[0] - red[1:].max()) > 0.9
    assert float(blue[2] - blue[:2].max()) > 0.9
    breath = 1e-6 * torch.randn(grey.shape, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(closest((grey + breath).clamp(0, 1), 0.5 * grey + 0.2), table, rtol=0, atol=0.01)


def test_a_photo_of_one_colour_moves_the_table_as_a_whole() -> None:
    photo = torch.full((1, 3, 32, 32), 0.5)
    table = closest(photo, photo - torch.tensor([0.2, 0.0, -0.1]).view(3, 1, 1))
    torch.testing.assert_close(through(table, photo)[0, :, 0, 0], torch.tensor([0.3, 0.5, 0.6]), rtol=0, atol=1e-4)
    change = table - nodes(SIZE)
    assert float(change.flatten(1).std(dim=1).max()) < 0.1


def test_the_change_may_leave_the_range(content: Tensor) -> None:
    table = closest(content, content + 2)
    torch.testing.assert_close(table, nodes(SIZE) + 2, rtol=0, atol=0.01)
