"""A look on photos that it was not made for."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import pytest
import torch
from conftest import synthetic_photo
from torch import Tensor

from verism import BilateralGrid, Lut3d, images
from verism.canvas.grade import Grade
from verism.color.spaces import Oklab
from verism.color.table import nodes, over_nodes, through
from verism.look.on_other_photos import LIGHTNESS, SHIFT, UNKNOWN, OnOtherPhotos
from verism.look.strength import Strength

ASKED = Strength(0.8, color=0.5, tone=0.25)


def warm(image: Tensor, amount: float = 0.15) -> Tensor:
    """An evening's light."""
    shift = torch.tensor([amount, 0.0, -amount]).view(1, 3, 1, 1)
    return (image + shift).clamp(0, 1)


def made(look: Callable[[Tensor], Tensor] = warm) -> BilateralGrid:
    """Return a canvas whose look is given."""
    canvas = BilateralGrid()
    canvas.table = lambda _: over_nodes(17, look)  # type: ignore[method-assign, assignment]
    return canvas


@pytest.fixture
def own() -> Tensor:
    """A photo of a lake under a blue sky."""
    rows = torch.linspace(0, 1, 64).view(1, 1, 64, 1).expand(1, 1, 64, 96)
    sky = torch.tensor([0.35, 0.55, 0.85]).view(1, 3, 1, 1)
    grain = 0.02 * torch.randn(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    return (sky * (0.5 + 0.5 * rows) + grain).clamp(0, 1)


def on(own: Tensor, canvas: Grade, *, hold_back: bool = True) -> OnOtherPhotos:
    canvas.start(own, own)
    return OnOtherPhotos(canvas, hold_back=hold_back)


def test_a_photo_of_the_same_scene_gets_it_in_full(own: Tensor) -> None:
    look = on(own, made())
    for photo in (own, own.flip(-1), own[..., :80]):
        treatment = look.treatment([photo], ASKED)
        assert treatment.strength == ASKED
        assert treatment.taken == 1
        assert torch.equal(treatment.table, look.table)


@pytest.mark.parametrize(
    ("unknown", "share"), [(0.0, 1.0), (UNKNOWN, 1.0), ((1 + UNKNOWN) / 2, 0.5), (0.9, 0.1 / 0.95), (1.0, 0.0)]
)
def test_it_falls_with_the_share_of_unknown_colours(
    own: Tensor, unknown: float, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = on(own, made())
    monkeypatch.setattr(look.seen, "unknown", lambda _: unknown)
    found = look.treatment([own], ASKED)
    assert found.unknown == unknown
    assert found.taken == pytest.approx(share, abs=0.03)
    assert found.strength.strength == pytest.approx(0.8 * share)
    assert (found.strength.color, found.strength.tone) == (0.5, 0.25)


class TestAnotherScene:
    @pytest.fixture
    def other(self) -> Tensor:
        """All tones of grey, and a red and a blue thing."""
        photo = torch.linspace(0, 1, 96).expand(1, 3, 64, 96).clone()
        photo[..., :16, :48] = torch.tensor([0.7, 0.2, 0.2]).view(1, 3, 1, 1)
        photo[..., :16, 48:] = torch.tensor([0.2, 0.3, 0.8]).view(1, 3, 1, 1)
        return photo

    @pytest.fixture
    def look(self, own: Tensor, monkeypatch: pytest.MonkeyPatch) -> OnOtherPhotos:
        """Which knows all colours, so that nothing but the scene restrains it."""
        found = on(own, made())
        monkeypatch.setattr(found.seen, "unknown", lambda _: 0.0)
        return found

    def change(self, photo: Tensor, image: Tensor) -> Tensor:
        return Oklab().encode(image) - Oklab().encode(photo)

    @pytest.mark.parametrize(("light", "limit"), [(-0.2, SHIFT), (0.1, SHIFT / 2), (0.2, SHIFT / 2)])
    def test_colours_change_less_than_a_limit_on_the_whole(
        self, look: OnOtherPhotos, other: Tensor, light: float, limit: float
    ) -> None:
        """Of which half, where the photo is as warm already as the run's own has become, which was a blue one."""
        photo = warm(other, light)
        treatment = look.treatment([photo], Strength())
        in_full = float(self.change(photo, through(treatment.table, photo))[:, 1:].norm(dim=1).mean())
        held = float(self.change(photo, treatment(photo))[:, 1:].norm(dim=1).mean())
        assert in_full > limit
        assert 0.7 * limit < held < 1.05 * limit
        assert treatment.strength.strength == pytest.approx(limit * math.tanh(in_full / limit) / in_full, rel=0.02)

    @pytest.mark.parametrize("exposure", [0.3, 2.0])
    def test_lightness_changes_less_than_a_limit_on_the_whole(
        self, own: Tensor, other: Tensor, exposure: float, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        look = on(own, made(lambda image: (image * exposure).clamp(0, 1)))
        monkeypatch.setattr(look.seen, "unknown", lambda _: 0.0)
        treatment = look.treatment([other], Strength())
        in_full, held = (
            abs(float(self.change(other, it)[:, 0].mean()))
            for it in (through(treatment.table, other), treatment(other))
        )
        assert in_full > 1.2 * LIGHTNESS
        assert 0.6 * LIGHTNESS < held < LIGHTNESS

    def test_a_timid_look_is_hardly_weaker(self, own: Tensor, other: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
        look = on(own, made(partial(warm, amount=0.02)))
        monkeypatch.setattr(look.seen, "unknown", lambda _: 0.0)
        assert look.treatment([warm(other, -0.2)], Strength()).strength.strength > 0.97

    def test_grain_is_not_brought_up(self, own: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
        look = on(own, made(lambda image: (0.5 + 3 * (image - 0.5)).clamp(0, 1)))
        grain = 0.01 * torch.randn(1, 3, 240, 320, generator=torch.Generator().manual_seed(1))
        grey = 0.5 + grain
        assert through(look.table, grey).std() > 2.5 * grey.std()
        assert look.treatment([grey], Strength()).render(grey).std() < 1.3 * grey.std()

    def test_several_frames_are_treated_alike(self, look: OnOtherPhotos, own: Tensor, other: Tensor) -> None:
        shares = [look.treatment(shown, Strength()).strength.strength for shown in ([own], [own, other], [other])]
        assert shares == sorted(shares, reverse=True)
        assert shares[0] > shares[1] > shares[2]


def test_frames_that_show_it_together_get_it_in_full(own: Tensor) -> None:
    """A clip of two shots, and the look of a picture of both."""
    other = synthetic_photo(64, 96, 3)
    look = on(torch.cat([own, other], dim=-1), made())
    assert look.treatment([own, other], ASKED).strength == ASKED


@pytest.mark.parametrize(("canvas", "hold_back"), [(made(), False), (Lut3d(), True)])
def test_a_table_is_exact(own: Tensor, canvas: Grade, hold_back: bool) -> None:
    look = on(own, canvas, hold_back=hold_back)
    other = synthetic_photo(48, 72, 3)
    treatment = look.treatment([other], ASKED)
    assert treatment.strength == ASKED
    assert treatment.unknown > UNKNOWN
    assert torch.equal(treatment(other), ASKED(other, through(look.table, other)))


def test_any_size(own: Tensor) -> None:
    """Of which some are smaller than a window, or have one colour."""
    look = on(own, made())
    for height, width in ((1, 1), (2, 500), (700, 3)):
        photo = torch.full((1, 3, height, width), 0.4)
        image = look.treatment([photo], Strength())(photo)
        assert image.shape == photo.shape
        assert image.isfinite().all()


def test_what_changes_nothing_changes_nothing(own: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    look = on(own, made(lambda image: image))
    assert torch.allclose(look.table, nodes(17))
    other = images.scale(synthetic_photo(96, 144, 3), 64)
    assert (look.treatment([other], Strength())(other) - other).abs().max() < 1e-3
