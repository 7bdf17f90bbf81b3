"""What a network sees where a photo is transparent."""

from __future__ import annotations

import torch
from conftest import synthetic_photo

from verism.photo_file.transparency import filled


def cut_out(colors: torch.Tensor, alpha: torch.Tensor) -> torch.Tensor:
    """Colours, but for white where nothing is seen, as editors leave it there."""
    return torch.where(alpha > 0, colors, 1)


def test_a_photo_that_is_seen_everywhere_or_nowhere_stays_as_it_is() -> None:
    photo = synthetic_photo(40, 50, seed=1)
    for opacity in (0.0, 0.01, 1.0):
        assert filled(photo, torch.full((1, 1, 40, 50), opacity)) is photo


def test_what_shows_stays_and_what_does_not_has_the_colours_of_what_is_near() -> None:
    colors = torch.tensor([0.8, 0.1, 0.2]).view(1, 3, 1, 1).expand(1, 3, 37, 50).clone()
    colors[..., 25:] = torch.tensor([0.1, 0.3, 0.9]).view(3, 1, 1)
    alpha = torch.ones(1, 1, 37, 50)
    alpha[..., :20, :] = 0
    result = filled(cut_out(colors, alpha), alpha)
    torch.testing.assert_close(result[..., 20:, :], colors[..., 20:, :])
    # Well inside of either half; the farther from what shows, the more of both.
    torch.testing.assert_close(result[..., 17:20, 5:15], colors[..., 17:20, 5:15], rtol=0, atol=0.05)
    torch.testing.assert_close(result[..., 17:20, 35:45], colors[..., 17:20, 35:45], rtol=0, atol=0.05)
    # None of the white that was there.
    assert float(result[:, :2].amax()) <= 0.81


def test_faint_pixels_keep_their_colours() -> None:
    colors = synthetic_photo(33, 40, seed=2)
    alpha = torch.linspace(0, 1, 40).expand(1, 1, 33, 40)
    result = filled(cut_out(colors, alpha), alpha)
    assert torch.equal(result[..., 1:], colors[..., 1:])
    torch.testing.assert_close(result[..., 0], colors[..., 1], rtol=0, atol=0.15)


def test_a_photo_that_shows_at_one_pixel() -> None:
    alpha = torch.zeros(1, 1, 35, 41)
    alpha[..., 7, 9] = 1
    colors = torch.tensor([0.2, 0.5, 0.1]).view(1, 3, 1, 1).expand(1, 3, 35, 41)
    torch.testing.assert_close(filled(cut_out(colors, alpha), alpha), colors, rtol=0, atol=1e-5)
