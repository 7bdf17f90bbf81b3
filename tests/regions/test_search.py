"""Regions that the network finds: textures meet, whatever their colours and places."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

import pytest
import torch
from conftest import CONFIGS, synthetic_photo
from torch import Tensor

from verism import images
from verism.backbone import VGG19
from verism.backbone.weights import Weights
from verism.regions import search as region_search
from verism.regions.colors import COLORS
from verism.regions.regions import OneMask, Regions
from verism.regions.search import (
    AGAINST,
    ONE_SCENE,
    ONE_THING,
    SHARED,
    SURE,
    counterparts,
    find_regions,
    joined,
    one_thing,
    similarity,
    united,
)

PHOTOS = CONFIGS / "photos"

Color = tuple[float, float, float]


def stripes(y: Tensor, x: Tensor) -> Tensor:
    return (torch.sin(2 * math.pi * (x + y) / 8) > 0).float()


def dots(y: Tensor, x: Tensor) -> Tensor:
    return ((y % 32 - 16) ** 2 + (x % 32 - 16) ** 2 < 110).float()


WARM: Sequence[tuple[Color, Color]] = (((0.3, 0.1, 0.05), (0.9, 0.6, 0.3)), ((0.5, 0.3, 0.2), (0.8, 0.7, 0.5)))
COLD: Sequence[tuple[Color, Color]] = (((0.05, 0.1, 0.3), (0.3, 0.6, 0.9)), ((0.1, 0.3, 0.2), (0.5, 0.8, 0.7)))


def side_by_side(*textures: Callable[[Tensor, Tensor], Tensor], colors: Sequence[tuple[Color, Color]]) -> Tensor:
    """A photo of two textures, each in two colours."""
    y, x = torch.meshgrid(torch.arange(192.0), torch.arange(128.0), indexing="ij")
    halves = []
    for texture, pair in zip(textures, colors, strict=True):
        dark, light = (torch.tensor(color).view(1, 3, 1, 1) for color in pair)
        halves.append(torch.lerp(dark, light, texture(y, x)))
    return torch.cat(halves, dim=3)


@pytest.fixture(scope="module")
def published() -> VGG19:
    return VGG19("compact")


@pytest.mark.slow
def test_textures_meet_in_other_places_and_colours(published: VGG19) -> None:
    """And one that the other photo lacks meets nothing."""
    content = side_by_side(stripes, dots, colors=WARM)
    style = side_by_side(dots, stripes, colors=COLD)
    found = find_regions(published, content, style, count=2)
    assert found.sure.tolist() == [1, 1]
    # Away from the border between them.
    left, right = (
        [masks[0, :, :, columns].mean(dim=(1, 2)) for masks in (found.content, found.style)]
        for columns in (slice(16, 112), slice(144, 240))
    )
    striped = int(left[0].argmax())
    assert float(left[0][striped]) > 0.75
    assert float(right[0][1 - striped]) > 0.75
    assert float(right[1][striped]) > 0.75
    assert float(left[1][1 - striped]) > 0.75
    assert found.labels == COLORS[:2]
    other = find_regions(published, content, synthetic_photo(192, 256, seed=3), count=2)
    assert float(other.sure.max()) < 0.1
    assert other.one_scene == 0


@pytest.mark.slow
def test_halves_of_one_photo_are_one_scene_whatever_their_grades(published: VGG19) -> None:
    """And other photos are not."""
    autumn, rocket = (images.scale(images.read(PHOTOS / f"{name}.jpg"), 256) for name in ("autumn", "rocket"))
    left, right = autumn.tensor_split(2, dim=3)
    gains = torch.tensor([0.9, 0.75, 0.5]).view(1, 3, 1, 1)
    found = find_regions(published, left, right**1.5 * gains)
    assert found.one_scene == 1
    assert float(found.sure.max()) == 1
    assert find_regions(published, left, rocket).one_scene == 0


@pytest.fixture
def tiny(tiny_weights: Weights) -> VGG19:
    del tiny_weights
    return VGG19()


@pytest.mark.parametrize(("shape", "other", "count"), [((48, 64), (56, 40), 6), ((33, 90), (300, 260), 2)])
def test_masks_have_the_photos_sizes_and_add_up_to_one(
    tiny: VGG19, shape: tuple[int, int], other: tuple[int, int], count: int
) -> None:
    photos = synthetic_photo(*shape, seed=1), synthetic_photo(*other, seed=2)
    found = find_regions(tiny, *photos, count=count)
    # Fewer, if some were made one.
    assert found.labels == tuple(label for label in COLORS[:count] if label in found.labels)
    assert 0 <= found.one_scene <= 1
    assert found.sure.shape == (len(found.labels),)
    assert bool(((found.sure >= 0) & (found.sure <= 1)).all())
    for masks, photo in zip((found.content, found.style), photos, strict=True):
        assert masks.shape == (1, len(found.labels), *photo.shape[-2:])
        assert float(masks.min()) >= 0
        torch.testing.assert_close(masks.sum(dim=1), torch.ones(1, *photo.shape[-2:]), rtol=0, atol=1e-4)


def test_the_same_photos_have_the_same_masks(tiny: VGG19, content: Tensor, style: Tensor) -> None:
    first, again = (find_regions(tiny, content, style) for _ in range(2))
    assert torch.equal(first.content, again.content)
    assert torch.equal(first.style, again.style)
    assert torch.equal(first.sure, again.sure)
    assert first.one_scene == again.one_scene


def test_asks_the_network_as_it_was_published(tiny: VGG19, content: Tensor, style: Tensor) -> None:
    """The activation and the pooling of the run are for its losses."""
    other = VGG19(activation=torch.nn.Tanh(), pooling="avg")
    expected, found = (find_regions(network, content, style) for network in (tiny, other))
    assert torch.equal(found.content, expected.content)
    assert isinstance(other.activation, torch.nn.Tanh)


def test_photos_of_one_colour_have_nothing_to_find(tiny: VGG19) -> None:
    flat = torch.full((1, 3, 48, 64), 0.5)
    found = find_regions(tiny, flat, 0.5 * flat)
    assert bool(found.content.isfinite().all())
    assert bool(found.sure.isfinite().all())
    assert math.isfinite(found.one_scene)


def directions(*degrees: float) -> Tensor:
    angles = torch.tensor(degrees).deg2rad()
    return torch.stack([angles.cos(), angles.sin()], dim=1)


def test_similarity_is_between_the_means_of_what_is_in_a_region() -> None:
    ours, theirs = directions(0, 40, 200), directions(70, 90, 10)
    ours_in, theirs_in = torch.tensor([[1.0, 0], [1, 0], [0, 1]]), torch.tensor([[0.0, 1], [0, 1], [1, 0]])
    expected = torch.tensor([math.cos(math.radians(degrees)) for degrees in (20 - 10, 200 - 80)])
    found = similarity(ours, theirs, ours_in, theirs_in)
    torch.testing.assert_close(found.diagonal(), expected)
    # The content photo's first to the style photo's second, and the other way round.
    crossed = torch.tensor([math.cos(math.radians(degrees)) for degrees in (80 - 20, 200 - 10)])
    torch.testing.assert_close(torch.stack([found[0, 1], found[1, 0]]), crossed)
    # A position that is three quarters in a region counts three times what one does that is a quarter in it.
    soft = torch.tensor([[0.75, 0.25], [0.25, 0.75], [0.0, 0.0]])
    pulled = math.degrees(math.atan2(math.sin(math.radians(40)), 3 + math.cos(math.radians(40))))
    found = similarity(ours, directions(0), soft, torch.ones(1, 2))
    expected = torch.tensor([math.cos(math.radians(degrees)) for degrees in (pulled, 40 - pulled)])
    torch.testing.assert_close(found[:, 0], expected)


def test_a_region_takes_over_what_the_style_has_of_the_like_and_the_content_has_not() -> None:
    """A sky whose cluster is hardly in the style, a cluster that is the style's sky, and a meadow in both."""
    similar = torch.tensor([[0.6, 0.5, -0.2], [0.5, 0.6, -0.3], [-0.2, -0.3, 0.6]])
    found = counterparts(similar, torch.tensor([0.5, 0.0, 0.5]), torch.tensor([0.0, 0.5, 0.5]))
    torch.testing.assert_close(found, torch.tensor([[1.0, 1, 0], [0, 0, 0], [0, 0, 1]]), rtol=0, atol=1e-5)


def test_regions_share_a_cluster_by_their_sizes_and_needs() -> None:
    """The first lacks half of what would be enough, and half is certain of the second's likeness."""
    ours, theirs = torch.tensor([0.4, 0.1, 0.5]), torch.tensor([0.2 * SHARED, 0.5, 0.5 - 0.2 * SHARED])
    similar = torch.eye(3)
    similar[0, 1] = (SURE[0] + SURE[1]) / 2
    found = counterparts(similar, ours, theirs)
    claim = 0.4 * 0.5 * 0.5
    expected = torch.eye(3)
    expected[:2, 1] = torch.tensor([claim, 0.1]) / (claim + 0.1)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize(("alike", "taken"), [(ONE_THING[1], 1.0), (ONE_THING[0], 0.0)], ids=["sky", "no sky"])
def test_what_the_content_has_not_joins_the_like_even_if_that_has_enough(alike: float, taken: float) -> None:
    """An evening's clouds, in a cluster of their own, belong to the sky, of which both photos have enough."""
    ours, theirs = torch.tensor([0.5, 0.0, 0.5]), torch.tensor([0.3, 0.4, 0.3])
    similar = torch.eye(3)
    similar[0, 1] = alike
    expected = torch.eye(3)
    expected[:2, 1] = torch.tensor([taken, 1 - taken])
    torch.testing.assert_close(counterparts(similar, ours, theirs), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("ours", "theirs", "certain"),
    [
        ((0, 60), (0, 60), 1.0),
        ((0, 72), (0, 50), 1.0),
        ((0, 72), (10, 72), 0.0),
        ((0, 76), (0, 30), 0.0),
    ],
    ids=["alike", "alike over both", "different over both", "too different here"],
)
def test_regions_are_one_thing_if_both_photos_show_them_to_be(
    ours: tuple[float, float], theirs: tuple[float, float], certain: float
) -> None:
    found = one_thing(directions(*ours), directions(*theirs), torch.eye(2), torch.eye(2))
    assert float(found[0, 1]) == pytest.approx(certain, abs=0.01)
    torch.testing.assert_close(found, found.T)


def test_regions_that_both_photos_have_keep_their_counterparts() -> None:
    shares = torch.tensor([0.2, 0.3, 0.5])
    found = counterparts(torch.ones(3, 3), shares, SHARED * shares)
    torch.testing.assert_close(found, torch.eye(3))


SKY, MEADOW = (0.4, 0.6, 0.9), (0.3, 0.5, 0.2)


@pytest.mark.parametrize(
    ("unsure", "alike", "moved"),
    [
        (0.0, AGAINST[1], 1.0),
        (0.25, AGAINST[1], 0.75),
        (1.0, AGAINST[1], 0.0),
        (0.0, 0.0, 0.5),
        (0.0, AGAINST[0], 0.0),
    ],
)
def test_what_is_not_sure_joins_what_is_and_has_its_colours(unsure: float, alike: float, moved: float) -> None:
    """A third of sky, that of another cloud, and a meadow; the network may have something against it."""
    photo = torch.cat([torch.tensor(color).view(1, 3, 1, 1).expand(1, 3, 8, 10) for color in (SKY, SKY, MEADOW)], dim=3)
    masks = torch.eye(3).view(1, 3, 1, 3).repeat_interleave(10, dim=3).expand(1, 3, 8, 30).contiguous()
    similar = torch.full((3, 3), alike)
    found = joined(masks, photo, torch.tensor([unsure, 1.0, 1.0]), similar)
    expected = masks.clone()
    expected[0, 0, :, :10] = 1 - moved
    expected[0, 1, :, :10] = moved
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("same", "sure", "moved"),
    [(1.0, 1.0, 1.0), (0.5, 1.0, 0.5), (0.0, 1.0, 0.0), (1.0, 0.5, 0.0)],
    ids=["one thing", "in between", "two things", "no match"],
)
def test_parts_of_one_sky_are_one_region_with_both_counterparts(same: float, sure: float, moved: float) -> None:
    """A wide sky, a narrow one, and a meadow, whose colours nothing else has, however alike it is to the network."""
    photo = torch.cat([torch.tensor(color).view(1, 3, 1, 1).expand(1, 3, 8, 10) for color in (SKY, SKY, MEADOW)], dim=3)
    content = torch.zeros(1, 3, 8, 30)
    content[:, 0, :, :14] = content[:, 1, :, 14:20] = content[:, 2, :, 20:] = 1
    style = torch.eye(3).view(1, 3, 1, 3).repeat_interleave(2, dim=3)
    certain = torch.tensor([[1, same, 1], [same, 1, 1], [1, 1, 1]])
    found = united([content, style], photo, torch.tensor([1.0, sure, 1.0]), certain)
    for masks, before in zip(found, (content, style), strict=True):
        expected = before.clone()
        expected[:, 0] += moved * before[:, 1]
        expected[:, 1] *= 1 - moved
        torch.testing.assert_close(masks, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("margin", "even"), [(14, True), (2, False)])
def test_a_backdrop_is_one_thing(tiny: VGG19, margin: int, even: bool) -> None:
    """Grey paper around a product is treated alike on all its sides; a grey frame is not known to be a backdrop."""
    photo = torch.full((1, 3, 64, 64), 0.9)
    inner = 64 - 2 * margin
    photo[..., margin:-margin, margin:-margin] = 0.8 * synthetic_photo(inner, inner, seed=4)
    found = find_regions(tiny, photo, synthetic_photo(48, 64, seed=2)).content
    paper = found[..., (photo[0] == 0.9).all(dim=0)]
    spread = float((paper.amax(dim=-1) - paper.amin(dim=-1)).max())
    assert (spread < 1e-5) == even


@pytest.mark.parametrize("by_person", [None, "style"])
def test_white_paper_is_in_no_region(tiny: VGG19, by_person: Literal["style"] | None) -> None:
    """Unless a person put it in one: a mask of the content photo stays as it is."""
    photo, style = torch.ones(1, 3, 64, 64), synthetic_photo(48, 64, seed=2)
    photo[..., 14:-14, 14:-14] = 0.8 * synthetic_photo(36, 36, seed=4)
    mask = torch.ones(1, 1, 48, 64, dtype=torch.bool)
    known = None if by_person is None else OneMask(by_person, COLORS[:1], mask)
    total = find_regions(tiny, photo, style, known=known).content.sum(dim=1)
    assert float(total[0, (photo[0] == 1).all(dim=0)].max()) == 0
    assert float(total[0, (photo[0] < 1).any(dim=0)].min()) > 0
    whole = OneMask("content", COLORS[:1], torch.ones(1, 1, 64, 64, dtype=torch.bool))
    assert float(find_regions(tiny, photo, style, known=whole).content.min()) == 1


@pytest.fixture
def searched(
    tiny: VGG19, content: Tensor, style: Tensor, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[Regions, Tensor, Tensor]]:
    """Search where the photos' parts are so alike; returns their shares too."""

    def search(alike: Sequence[float]) -> tuple[Regions, Tensor, Tensor]:
        shares: list[Tensor] = []

        def known(ours: Tensor, theirs: Tensor, *both: Tensor) -> Tensor:
            del ours, theirs
            shares.extend(part.sum(dim=0) for part in both)
            return torch.tensor(alike).diag()

        monkeypatch.setattr(region_search, "similarity", known)
        return find_regions(tiny, content, style, count=len(alike)), shares[0], shares[1]

    return search


def test_confidence_is_how_alike_the_parts_are_and_how_much_both_photos_have(
    searched: Callable[..., tuple[Regions, Tensor, Tensor]],
) -> None:
    low, high = SURE
    found, ours, theirs = searched((-0.5, low - 0.01, (low + high) / 2, high + 0.01))
    both = torch.minimum(ours / theirs, theirs / ours)
    expected = torch.tensor([0, 0, 0.5, 1]) * (both / SHARED).clamp_max(1)
    torch.testing.assert_close(found.sure, expected)
    assert float(found.sure[3]) > 0.1


@pytest.mark.parametrize(
    ("similar", "certain"), [(ONE_SCENE[0] - 0.01, 0.0), (sum(ONE_SCENE) / 2, 0.5), (ONE_SCENE[1] + 0.01, 1.0)]
)
def test_one_scene_is_what_is_alike_over_all_of_the_content_photo(
    similar: float, certain: float, searched: Callable[..., tuple[Regions, Tensor, Tensor]]
) -> None:
    assert searched((similar, similar))[0].one_scene == pytest.approx(certain, abs=1e-4)
    _, ours, _ = searched((1.0, 0.0))
    low, high = ONE_SCENE
    expected = min(max((float(ours[0]) - low) / (high - low), 0), 1)
    assert searched((1.0, 0.0))[0].one_scene == pytest.approx(expected, abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("role", ["content", "style"])
def test_the_counterparts_of_one_mask_are_found(published: VGG19, role: Literal["content", "style"]) -> None:
    """Where the other photo shows the same texture, whatever its colours; what the mask leaves out meets nothing."""
    content = side_by_side(stripes, dots, colors=WARM)
    style = side_by_side(dots, stripes, colors=COLD)
    left = torch.zeros(1, 1, 192, 256, dtype=torch.bool)
    left[..., :128] = True
    found = find_regions(published, content, style, known=OneMask(role, ("#102030",), left))
    own, other = (found.content, found.style) if role == "content" else (found.style, found.content)
    assert found.labels == ("#102030",)
    assert torch.equal(own, left.float())
    assert found.sure.tolist() == [1]
    # Away from the border between them.
    assert float(other[..., 160:].mean()) > 0.85
    assert float(other[..., :96].mean()) < 0.15


def test_masks_are_sharper_than_what_the_filters_leave(tiny: VGG19, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mask's values are raised to a power, and made to add up to 1 with what is in no region."""
    content, style = (synthetic_photo(64, 96, seed) for seed in (0, 1))
    left = torch.zeros(1, 1, 64, 96, dtype=torch.bool)
    left[..., :48] = True

    def found() -> Tensor:
        mask = find_regions(tiny, content, style, known=OneMask("content", ("#102030",), left)).style
        return torch.cat([mask, 1 - mask], dim=1)

    sharp = found()
    monkeypatch.setattr(region_search, "SHARPNESS", 1.0)
    powers = found().clamp(0, 1) ** 1.5
    torch.testing.assert_close(sharp, powers / powers.sum(dim=1, keepdim=True), rtol=0, atol=1e-5)
    assert float((sharp - 0.5).abs().mean()) > 1.3 * float((found() - 0.5).abs().mean())
