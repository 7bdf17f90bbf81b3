"""One function of the colour for the whole photo, and one for each region that the style shows."""

from __future__ import annotations

import pytest
import torch
from conftest import synthetic_photo
from torch import Tensor

from verism import checkpoint, images
from verism.backbone.correspondence import Correspondence
from verism.canvas import RegionalGrade
from verism.canvas.canvas import FindCorrespondence
from verism.color import closed_form, regional_maps, tone_and_chroma
from verism.color import table as color_table
from verism.color.one_scene import one_grade
from verism.color.spaces import Oklab, into_gamut
from verism.color.vertical_gradient import VerticalGradient
from verism.errors import VerismError
from verism.regions.regions import Regions

SPACE = Oklab()


by_colour = pytest.mark.usefixtures("no_noise", "no_gradient")


def encoded(photo: Tensor) -> Tensor:
    """Colours in Oklab, ``(3, n)``."""
    return SPACE.encode(photo).flatten(2).squeeze(0)


def decoded(colors: Tensor, photo: Tensor, style: Tensor) -> Tensor:
    """The photo of ``colors`` ``(3, n)``, as far as sRGB has them, and they are as vivid as before or in the style."""
    most = torch.quantile(encoded(style)[1:].norm(dim=0), 0.99, interpolation="higher")
    most = torch.maximum(most, encoded(photo)[1:].norm(dim=0))
    share = (most / colors[1:].norm(dim=0).clamp_min(1e-6)).clamp_max(1)
    return into_gamut(torch.cat([colors[:1], share * colors[1:]]).view_as(photo[0]).unsqueeze(0))


def soft_halves(height: int, width: int) -> Tensor:
    """Left and right, with a soft border."""
    right = ((torch.linspace(-1, 1, width) * 3).clamp(-1, 1) / 2 + 0.5).expand(1, 1, height, width)
    return torch.cat([1 - right, right], dim=1)


def regions(*sure: float, content: tuple[int, int] = (48, 64), style: tuple[int, int] = (56, 40)) -> Regions:
    confidence = torch.tensor(sure)
    return Regions(("left", "right"), soft_halves(*content), soft_halves(*style), confidence)


def started(
    content: Tensor, style: Tensor, found: Regions | None = None, find_correspondence: FindCorrespondence | None = None
) -> RegionalGrade:
    canvas = RegionalGrade()
    canvas.start(content, style, find_correspondence, found)
    return canvas


def halves_alike(content: Tensor, style: Tensor) -> Correspondence:
    """The photos show the same on their left."""
    return Correspondence(soft_halves(*content.shape[-2:])[:, :1], soft_halves(*style.shape[-2:])[:, :1])


def moved(canvas: RegionalGrade, amount: float = 0.03) -> RegionalGrade:
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        canvas.controls.add_(amount * torch.randn(canvas.controls.shape, generator=generator))
    return canvas


@by_colour
def test_starts_as_the_closed_form_for_the_whole_photo(content: Tensor, style: Tensor) -> None:
    ours = encoded(content)
    expected = decoded(closed_form.whole_photo(ours, encoded(style))(ours)[0], content, style)
    canvas = started(content, style)
    torch.testing.assert_close(canvas().detach(), expected, rtol=0, atol=1e-5)
    assert float((expected - content).abs().mean()) > 0.02


def by_region(content: Tensor, style: Tensor, found: Regions) -> tone_and_chroma.ToneAndChroma:
    masks, others = (part[0].flatten(1) for part in (found.content, found.style))
    return regional_maps.by_region(encoded(content), encoded(style), masks, others, found.sure)


def mixed(maps: tone_and_chroma.ToneAndChroma, content: Tensor, style: Tensor, found: Regions) -> Tensor:
    """The photo through maps that are mixed as the regions say."""
    whole, *owns = maps(encoded(content))
    expected = whole.clone()
    for own, mask, sure in zip(owns, found.content[0], found.sure, strict=True):
        expected += sure * mask.flatten() * (own - whole)
    return decoded(expected, content, style)


@by_colour
def test_starts_as_the_closed_forms_of_the_regions_mixed_by_how_sure_they_are(content: Tensor, style: Tensor) -> None:
    style = style**1.5
    found = regions(1.0, 0.4)
    maps = by_region(content, style, found)
    assert float((maps.tones[1] - maps.tones[2]).abs().max()) > 0.02
    canvas = started(content, style, found)
    torch.testing.assert_close(canvas().detach(), mixed(maps, content, style, found), rtol=0, atol=2e-5)
    assert float((canvas() - started(content, style)()).detach().abs().mean()) > 5e-3


@pytest.mark.slow
def test_a_region_that_is_not_sure_at_all_has_no_say(content: Tensor, style: Tensor) -> None:
    """But keeps its function, so that the number of parameters does not depend on it."""
    alone, none = started(content, style, regions(0.0, 1.0)), started(content, style, regions(0.0, 0.0))
    assert alone.controls.shape == none.controls.shape == (3, 5, 3)
    torch.testing.assert_close(none().detach(), started(content, style)().detach(), rtol=0, atol=1e-6)
    torch.testing.assert_close(
        none.render(style).detach(), started(content, style).render(style).detach(), rtol=0, atol=1e-6
    )
    before = alone().detach(), none().detach()
    with torch.no_grad():
        for canvas in (alone, none):
            canvas.controls[1] += 0.1
    assert torch.equal(alone().detach(), before[0])
    assert torch.equal(none().detach(), before[1])


@pytest.mark.slow
@by_colour
@pytest.mark.parametrize("one_scene", [0.25, 1.0])
def test_photos_of_one_scene_start_from_one_grade(content: Tensor, style: Tensor, one_scene: float) -> None:
    """As far as it is sure that they are; found in what both photos show."""
    found = regions(1.0, 0.4)._replace(one_scene=one_scene)
    alike = [part.flatten() for part in halves_alike(content, style)]
    one = one_grade(encoded(content), encoded(style), *alike)(encoded(content))[0]
    apart = by_region(content, style, found)(encoded(content))
    whole, *owns = (1 - one_scene) * apart + one_scene * one
    expected = whole.clone()
    for own, mask, sure in zip(owns, found.content[0], (1.0, 0.4), strict=True):
        expected += sure * mask.flatten() * (own - whole)
    image = started(content, style, found, halves_alike)().detach()
    torch.testing.assert_close(image, decoded(expected, content, style), rtol=0, atol=5e-5)
    if one_scene == 1:
        torch.testing.assert_close(image, decoded(one, content, style), rtol=0, atol=5e-5)
    assert float((image - started(content, style, regions(1.0, 0.4))().detach()).abs().mean()) > 5e-3


def test_one_scene_cannot_start_without_a_network(content: Tensor, style: Tensor) -> None:
    found = regions(1.0, 0.4)._replace(one_scene=0.1)
    with pytest.raises(VerismError, match=r"^--model.canvas RegionalGrade: needs a network that compares the photos"):
        started(content, style, found)


@by_colour
def test_what_srgb_cannot_show_loses_chroma_and_keeps_its_lightness(content: Tensor, style: Tensor) -> None:
    canvas = started(content, style, regions(1.0, 0.5))
    with torch.no_grad():
        # Far more yellow than any screen is.
        canvas.controls[..., 2] += 0.4
    added = canvas.lattice().detach() - canvas.tones
    torch.testing.assert_close(added, torch.tensor([0.0, 0.0, 0.4]).expand_as(added))
    raw = SPACE.encode(content)[0]
    mapped = canvas.first(raw).detach() + torch.tensor([0.0, 0.0, 0.4]).view(1, 3, 1, 1)
    colors = mapped[0] + torch.einsum("khw,kchw->chw", canvas.shares[0], mapped[1:] - mapped[0])
    wanted = SPACE.decode(colors.unsqueeze(0))
    image = canvas().detach()
    assert float(((wanted < 0) | (wanted > 1)).any(dim=1).float().mean()) > 0.5
    assert 0 <= float(image.min()) <= float(image.max()) <= 1
    # The same hue at the same lightness, and no more of it.
    shown = SPACE.encode(image)[0]
    light = (colors[0] > 0.2) & (colors[0] < 0.95)
    torch.testing.assert_close(shown[0, light], colors[0, light], rtol=0, atol=0.01)
    before, after = colors[1:, light].norm(dim=0), shown[1:, light].norm(dim=0)
    assert bool((after < before + 0.01).all())
    cosine = (colors[1:, light] * shown[1:, light]).sum(dim=0) / (before * after)
    assert float(cosine[after > 0.02].min()) > 0.99


def test_no_colour_becomes_more_vivid_than_it_was_and_than_the_style(content: Tensor, style: Tensor) -> None:
    pale = SPACE.decode(SPACE.encode(style) * torch.tensor([1.0, 0.3, 0.3]).view(3, 1, 1)).clamp(0, 1)
    canvas = started(content, pale)
    with torch.no_grad():
        canvas.controls[..., 1:] += 0.1
    photo = 0.5 + 0.3 * (content - 0.5)
    for before, after in ((content, canvas()), (photo, canvas.plain(photo))):
        was, now, styles = (SPACE.encode(it.detach())[0, 1:].norm(dim=0) for it in (before, after, pale))
        assert float((now - was.clamp_min(float(styles.max()))).max()) < 0.005
        assert float((now > was + 0.02).float().mean()) > 0.1


@pytest.mark.slow
@by_colour
def test_plain_is_the_function_for_the_whole_photo(content: Tensor, style: Tensor) -> None:
    """Of any photo, of any size, wherever its colours are."""
    found = regions(1.0, 0.5)
    canvas = started(content, style, found)
    whole = by_region(content, style, found)
    for photo in (content, style.flip(1)):
        plain = canvas.plain(photo)
        assert not plain.requires_grad
        torch.testing.assert_close(plain, decoded(whole(encoded(photo))[0], photo, style), rtol=0, atol=2e-5)
    assert float((canvas.plain(content) - canvas().detach()).abs().mean()) > 5e-3
    alone = moved(started(content, style))
    torch.testing.assert_close(alone.plain(content), alone().detach(), rtol=0, atol=1e-6)
    assert canvas.plain(content.double()).dtype == torch.float64


@pytest.mark.slow
def test_the_table_is_the_image_where_it_saw_colours_and_plain_elsewhere(content: Tensor, style: Tensor) -> None:
    dark = 0.35 * style + 0.05
    canvas = started(content, dark)
    table = canvas.table(content)
    error = (color_table.through(table, content) - canvas().detach()).abs()
    assert float(error.mean()) < 2 / 255
    plain = color_table.over_nodes(color_table.SIZE, canvas.plain)
    assert table.shape == plain.shape
    # Blue, green and red from 0.75 on.
    far = (slice(None), *[slice(24, None)] * 3)
    assert float((table - plain)[far].abs().max()) < 0.01
    assert float((color_table.closest(content, canvas().detach()) - plain)[far].abs().mean()) > 0.02


def with_greys(seed: int) -> Tensor:
    """A photo with colours, black, white, and all greys between."""
    return torch.cat([synthetic_photo(48, 64, seed), torch.linspace(0, 1, 64).expand(1, 3, 24, 64)], dim=2)


@pytest.mark.parametrize("seed", range(3))
def test_starts_as_the_photo_if_that_is_the_style(seed: int) -> None:
    photo = with_greys(seed)
    torch.testing.assert_close(started(photo, photo)().detach(), photo, rtol=0, atol=0.01)
    same = regions(1.0, 1.0, content=(72, 64), style=(72, 64))
    error = (started(photo, photo, same)().detach() - photo).abs()
    assert float(error.mean()) < 0.01
    assert float(error.quantile(0.99)) < 0.03


def test_the_control_values_are_the_only_parameter(content: Tensor, style: Tensor) -> None:
    canvas = started(content, style, regions(1.0, 0.5))
    assert [name for name, _ in canvas.named_parameters()] == ["controls"]
    assert canvas.controls.shape == (3, 5, 3)
    assert float(canvas.controls.detach().abs().max()) == 0


def test_what_decides_how_a_pixel_is_treated_is_its_colour_without_noise_and_how_much_each_region_counts(
    content: Tensor, style: Tensor
) -> None:
    found = regions(1.0, 0.5)
    canvas = started(content, style, found)
    expected = found.content * torch.tensor([1.0, 0.5]).view(1, 2, 1, 1)
    assert torch.equal(canvas.locate(canvas.photo), canvas.places)
    level, shares, tint = canvas.places.split([3, 2, 2], dim=1)
    torch.testing.assert_close(shares, expected)
    assert torch.equal(tint[0], VerticalGradient(canvas.ends, canvas.tints)(shares[0]))
    assert 0.005 < float((level - content).abs().mean()) < 0.05
    assert canvas.locate(synthetic_photo(96, 128, 1)).shape == (1, 7, 96, 128)
    assert started(content, style).places.shape == (1, 5, 48, 64)


NOISE = 0.01
"""Standard deviation of a photo's noise, in RGB."""


def noisy_halves() -> tuple[Tensor, Tensor]:
    """A photo, dark on the left and light on the right, with noise and without."""
    generator = torch.Generator().manual_seed(0)
    plain = torch.tensor([0.3, 0.35, 0.45]).view(1, 3, 1, 1) + 0.25 * (torch.arange(64) >= 32)
    plain = plain.expand(1, 3, 48, 64)
    return plain + NOISE * torch.randn(1, 3, 48, 64, generator=generator), plain


@pytest.mark.parametrize("factor", [1, 2])
def test_noise_stays_as_it_was_and_edges_take_on_the_style(factor: int) -> None:
    """At the size of the fit, and at twice that."""
    photo, plain = noisy_halves()
    canvas = started(photo, photo)
    with torch.no_grad():
        # Three times the contrast, and three times the chroma.
        canvas.matrix[:, 1:, 1:] = 3 * torch.eye(2)
        canvas.tones[0, :, 0] = 3 * torch.linspace(0, 1, tone_and_chroma.KNOTS) - 1.2
        canvas.vivid.fill_(1)
    noise, larger = (torch.nn.functional.interpolate(it, scale_factor=factor) for it in (photo - plain, plain))
    before = SPACE.encode(larger + noise)[0, :, :, 4 * factor : 28 * factor]
    after = SPACE.encode(canvas.render(larger + noise))[0, :, :, 4 * factor : 28 * factor]
    light, colored = (after.std(dim=(1, 2)) / before.std(dim=(1, 2)))[[0, 1]].tolist()
    # A window has but 3 × 3 pixels here, whose mean is noisy too.
    assert 0.9 < light < 1.5
    assert 0.7 < colored < 1.5
    edges = [
        SPACE.encode(it).mean(dim=2)[0, 0, [20 * factor, 44 * factor]].diff() for it in (larger, canvas.render(larger))
    ]
    assert float(edges[1] / edges[0]) > 2


def test_a_style_in_black_and_white_leaves_no_chroma_in_the_noise(content: Tensor, style: Tensor) -> None:
    grey = style.mean(dim=1, keepdim=True).expand_as(style)
    assert float(SPACE.encode(started(content, grey)().detach())[0, 1:].abs().max()) < 0.01


def test_a_colour_by_itself_has_no_noise(content: Tensor, style: Tensor) -> None:
    """A lookup table's colours lie beside each other in no photo."""
    canvas = started(content, style)
    shuffled = content.flatten(2)[..., torch.randperm(48 * 64, generator=torch.Generator().manual_seed(0))]
    torch.testing.assert_close(
        canvas.plain(shuffled.view_as(content)).flatten(2).sort()[0], canvas.plain(content).flatten(2).sort()[0]
    )


def test_control_values_on_a_straight_line_are_added_to_the_tones_as_they_are(content: Tensor, style: Tensor) -> None:
    canvas = started(content, style, regions(1.0, 0.5))
    assert torch.equal(canvas.lattice().detach(), canvas.tones)
    low, high = torch.tensor([[0.05, 0.02, -0.03], [-0.1, 0.04, 0.01]]).unsqueeze(1)
    scale = torch.tensor([1.0, -1.0, 2.0]).view(3, 1, 1)
    with torch.no_grad():
        canvas.controls.copy_(scale * torch.lerp(low, high, torch.linspace(0, 1, 5).unsqueeze(1)))
    knots = torch.linspace(0, 1, tone_and_chroma.KNOTS).unsqueeze(1)
    added = canvas.lattice().detach() - canvas.tones
    torch.testing.assert_close(added, scale * torch.lerp(low, high, knots), rtol=0, atol=1e-6)


@by_colour
def test_white_paper_stays_white_whatever_the_fit_adds(content: Tensor, style: Tensor) -> None:
    photo = content.clone() * 0.8
    photo[..., :40] = 1
    canvas = started(photo, 0.8 * style, regions(1.0, 1.0))
    before = canvas().detach()
    with torch.no_grad():
        canvas.controls.add_(torch.tensor([-0.05, 0.03, 0.03]))
    image = canvas().detach()
    assert float(image[..., :40].min()) > 1 - 0.5 / 255
    assert float((image - before)[..., 40:].abs().mean()) > 0.02


def evening(height: int, width: int) -> Tensor:
    """A sky that is blue above and orange below, with noise."""
    down = torch.linspace(0, 1, height).view(1, 1, height, 1)
    blue, orange = (torch.tensor(rgb).view(1, 3, 1, 1) for rgb in ((0.35, 0.4, 0.6), (0.7, 0.5, 0.35)))
    generator = torch.Generator().manual_seed(0)
    return torch.lerp(blue, orange, down).expand(1, 3, height, width) + NOISE * torch.randn(
        1, 3, height, width, generator=generator
    )


def test_a_region_takes_on_the_gradient_of_an_evening_sky_as_far_as_it_is_sure() -> None:
    """From the top to the bottom, the same in every column, and at every size."""
    _, plain = noisy_halves()
    differences = []
    for sure in (1.0, 0.5):
        canvas = started(plain, evening(56, 40), regions(sure, 0.0))
        image = SPACE.encode(canvas().detach())[0]
        left = image[1:, :, :20]
        torch.testing.assert_close(left, left[..., :1].expand_as(left), rtol=0, atol=1e-3)
        differences.append(float(left[1, -1, 0] - left[1, 0, 0]))
        right = image[1:, :, -3:]
        torch.testing.assert_close(right, right[:, :1].expand_as(right), rtol=0, atol=1e-3)
        large = SPACE.encode(canvas.render(images.resize(plain, (96, 128))))[0, 1:, :, :40]
        assert abs(float(large[1, -1, 0] - large[1, 0, 0]) - differences[-1]) < 0.005
    assert differences[0] > 0.06
    assert abs(differences[1] - differences[0] / 2) < 0.008


@pytest.mark.parametrize("one_scene", [0.5, 1.0])
def test_photos_of_one_scene_have_one_gradient(one_scene: float) -> None:
    _, plain = noisy_halves()
    found = regions(1.0, 1.0)
    apart = started(plain, evening(56, 40), found)
    canvas = started(plain, evening(56, 40), found._replace(one_scene=one_scene), halves_alike)
    # The maps of one scene differ, and so may what is left of the gradient.
    assert float(canvas.tints.abs().max()) <= (1 - one_scene) * float(apart.tints.abs().max()) + 1e-3
    assert float(apart.tints.abs().max()) > 0.03


def test_a_photo_of_a_series_takes_half_of_the_gradient() -> None:
    _, plain = noisy_halves()
    style = evening(56, 40)
    alone = started(plain, style, regions(1.0, 0.0))
    common = started(plain, style)
    adapted = common.adapted(plain, style, regions(1.0, 0.0))
    torch.testing.assert_close(adapted.ends, alone.ends)
    torch.testing.assert_close(adapted.tints, regional_maps.HELD * alone.tints, rtol=0, atol=2e-3)
    assert float(alone.tints.abs().max()) > 0.03


def test_how_much_of_a_gradient_is_an_option() -> None:
    _, plain = noisy_halves()
    taken = {}
    for gradient in (0.0, 0.5, 1.0):
        canvas = RegionalGrade(gradient=gradient)
        canvas.start(plain, evening(56, 40), None, regions(1.0, 0.0))
        taken[gradient] = canvas.tints
    assert not taken[0.0].any()
    torch.testing.assert_close(taken[0.5], taken[1.0] / 2)


def test_a_colour_by_itself_has_no_gradient() -> None:
    """A lookup table's colours lie above each other in no photo."""
    _, plain = noisy_halves()
    canvas = started(plain, evening(56, 40), regions(1.0, 0.0))
    image = canvas.plain(plain)
    torch.testing.assert_close(image, image[..., :1, :].expand_as(image))


def test_what_is_added_depends_on_lightness_alone(content: Tensor, style: Tensor) -> None:
    """So that no hue is singled out."""
    canvas = moved(started(content, style))
    hues = torch.tensor([[0.5, 0.02, 0.0], [0.5, -0.02, 0.03], [0.5, 0.0, 0.0]]).T
    photo = SPACE.decode(hues.view(1, 3, 1, 3))
    changes = SPACE.encode(canvas.plain(photo)).flatten(2)[0] - canvas.first(hues)[0]
    torch.testing.assert_close(changes, changes[:, :1].expand(3, 3), rtol=0, atol=1e-4)
    assert float(changes.abs().max()) > 0.005


@pytest.mark.parametrize(("sure", "one_scene"), [((1.0, 0.5), 0.0), ((0.0, 1.0), 0.0), ((1.0, 1.0), 1.0)])
def test_a_kept_region_is_the_photo_and_the_other_as_it_would_be(
    content: Tensor, sure: tuple[float, float], one_scene: float
) -> None:
    """Whatever the fit adds, however sure the match, of one scene or two, at every size."""
    style = evening(56, 40)
    photo = content.clone()
    photo[..., :4] = photo.new_tensor([1.0, 0.0, 0.0]).view(3, 1, 1)
    found = regions(*sure)._replace(one_scene=one_scene)
    canvas, without = (
        moved(started(photo, style, each, halves_alike if one_scene else None))
        for each in (found.keep(["left"]), found)
    )
    for size in (1, 3):
        large = images.resize(photo, (48 * size, 64 * size))
        pictures = [each.render(large).clamp(0, 1) for each in (canvas, without)]
        left, right = slice(0, 22 * size), slice(46 * size, None)
        assert float((pictures[0] - large)[..., left].abs().max()) < 1 / 255
        torch.testing.assert_close(pictures[0][..., right], pictures[1][..., right], rtol=0, atol=2e-3)
        assert float((pictures[1] - large)[..., left].abs().mean()) > 0.02


def test_the_border_of_what_is_kept_is_soft(style: Tensor) -> None:
    """Of a grey photo, whose other half has one colour, too."""
    grey = torch.full((1, 3, 48, 64), 0.5)
    image = started(grey, style, regions(1.0, 1.0).keep(["left"]))().detach()[0, :, 24]
    away = (image - 0.5).norm(dim=0)
    share = away / away[-1]
    assert float(away[-1]) > 0.02
    assert bool((share.diff() > -1e-3).all())
    assert float(share.diff().max()) < 0.35
    assert float(share[31:33].mean()) == pytest.approx(0.5, abs=0.05)


def test_several_kept_regions_are_kept_where_they_meet(content: Tensor, style: Tensor) -> None:
    left = soft_halves(48, 64)
    content_masks = torch.cat([0.5 * left[:, :1], 0.5 * left[:, :1], left[:, 1:]], dim=1)
    style_masks = soft_halves(56, 40)[:, [0, 0, 1]] * torch.tensor([0.5, 0.5, 1.0]).view(1, 3, 1, 1)
    found = Regions(("one", "two", "right"), content_masks, style_masks)
    one, both = (started(content, style, found.keep(names))().detach() for names in (["one"], ["one", "two"]))
    assert float((both - content)[..., :22].abs().max()) < 1 / 255
    assert float((one - content)[..., :22].abs().mean()) > 5e-3


def test_nothing_moves_a_kept_region(content: Tensor, style: Tensor) -> None:
    canvas = started(content, style, regions(1.0, 1.0).keep(["left"]))
    image = canvas()
    sum([image.square().mean(), *canvas.penalties(image).values()], torch.tensor(0.0)).backward()
    assert canvas.controls.grad is not None
    assert not canvas.controls.grad[1].any()
    assert bool(canvas.controls.grad[[0, 2]].flatten(1).any(dim=1).all())
    assert not canvas.tints[0].any()


def test_a_state_from_before_regions_could_be_kept_keeps_none(content: Tensor, style: Tensor) -> None:
    canvas = moved(started(content, style, regions(1.0, 0.5)))
    state = {name: tensor for name, tensor in canvas.state_dict().items() if name != "kept"}
    for again in (RegionalGrade(), started(content, style, regions(1.0, 0.5).keep(["left"]))):
        again.resume(state)
        assert torch.equal(again(), canvas())
        assert again.kept.tolist() == [0, 0]


def test_what_is_kept_is_a_part_of_the_runs_own_photo(content: Tensor, style: Tensor) -> None:
    adapted = started(content, style, regions(1.0, 0.5).keep(["left"])).adapted(
        content.flip(1), style, regions(1.0, 1.0)
    )
    other = started(content, style, regions(1.0, 0.5)).adapted(content.flip(1), style, regions(1.0, 1.0))
    assert torch.equal(adapted(), other())


@pytest.mark.slow
def test_all_that_is_saved_brings_the_image_back(content: Tensor, style: Tensor) -> None:
    canvas = moved(started(content, style, regions(1.0, 0.5).keep(["left"])))
    assert set(canvas.state_dict()) == {
        "controls",
        "photo",
        "vivid",
        "paper",
        "kept",
        "shares",
        *canvas.first._fields,
        *VerticalGradient._fields,
    }
    again = started(content, style.flip(1), regions(0.7, 0.2))
    assert not torch.equal(again(), canvas())
    again.load_state_dict(canvas.state_dict())
    assert torch.equal(again(), canvas())


@pytest.mark.slow
@pytest.mark.parametrize("sure", [(1.0, 0.5), (0.0, 0.5), (0.0, 0.0)])
def test_resumes_with_another_number_of_regions(content: Tensor, style: Tensor, sure: tuple[float, float]) -> None:
    canvas = moved(started(content, style, regions(*sure).keep(["right"])))
    larger = synthetic_photo(96, 128, 1)
    for again in (RegionalGrade(), started(style, content), moved(started(content, style, regions(0.3, 0.3)))):
        again.resume(canvas.state_dict())
        assert torch.equal(again(), canvas())
        assert torch.equal(again.render(larger), canvas.render(larger))


def test_a_run_with_other_regions_cannot_go_on_from_it(content: Tensor, style: Tensor) -> None:
    state = started(content, style, regions(1.0, 0.5)).state_dict()
    saved = {"state_dict": {f"canvas.{name}": tensor for name, tensor in state.items()}}
    checkpoint.check_canvas(saved, started(content, style, regions(0.5, 0.2)))
    with pytest.raises(VerismError, match=r"^--ckpt_path: the checkpoint holds controls of 3×5×3"):
        checkpoint.check_canvas(saved, started(content, style))


@pytest.mark.parametrize("factor", [0.75, 2])
def test_other_sizes_look_alike(style: Tensor, factor: float) -> None:
    small = (60, 80)
    photo = images.resize(synthetic_photo(480, 640, seed=1), [round(side * factor) for side in small])
    content = images.resize(photo, small)
    canvas = moved(started(content, style, regions(1.0, 0.6, content=small)))
    rendered = canvas.render(photo)
    assert rendered.shape == photo.shape
    error = (images.resize(rendered.clamp(0, 1), small) - canvas().detach().clamp(0, 1)).abs()
    assert float(error.mean()) < 1 / 255
    assert float(error.quantile(0.99)) < 6 / 255


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_resizing_takes_the_regions_along(content: Tensor, style: Tensor, dtype: torch.dtype) -> None:
    """In the canvas's type, whatever the photo's."""
    canvas = moved(started(content, style, regions(1.0, 0.6))).to(dtype)
    before = canvas().detach()
    canvas.resize(images.resize(content, (24, 32)))
    assert canvas.shares.shape == (1, 2, 24, 32)
    assert canvas.shares.dtype == canvas().dtype == dtype
    assert float((canvas().detach() - images.resize(before, (24, 32))).abs().mean()) < 0.01


@by_colour
def test_equal_pixels_of_one_region_become_equal_wherever_they_are(content: Tensor, style: Tensor) -> None:
    photo = content.clone()
    color = torch.tensor([0.3, 0.6, 0.4])
    places = ((3, 2), (40, 5), (20, 10))
    for y, x in places:
        photo[0, :, y, x] = color
    hard = torch.zeros(1, 2, 48, 64)
    hard[:, 0, :, :32] = hard[:, 1, :, 32:] = 1
    found = Regions(("left", "right"), hard, soft_halves(56, 40), torch.tensor([1.0, 0.5]))
    image = moved(started(photo, style, found), 0.1)().detach()
    first, *others = (image[0, :, y, x] for y, x in places)
    for other in others:
        torch.testing.assert_close(other, first, rtol=0, atol=1e-6)


def test_a_regions_controls_move_that_region_alone(content: Tensor, style: Tensor) -> None:
    canvas = started(content, style, regions(0.0, 1.0))
    before = canvas().detach()
    with torch.no_grad():
        canvas.controls[2] += 0.1
    change = (canvas().detach() - before).abs().amax(dim=1)[0]
    share = regions(1.0, 1.0).content[0, 1]
    assert bool((change[share == 0] == 0).all())
    assert bool((change[share > 0.05] > 0).all())


def test_penalties_are_zero_at_a_plain_start(content: Tensor) -> None:
    """Of a photo that is its own style, and of one without a start."""
    photo = with_greys(1)
    for canvas in (started(photo, photo), RegionalGrade()):
        penalties = canvas.penalties(photo)
        assert set(penalties) == set(canvas.penalty_weights) == {"departure", "smoothness", "contrast"}
        assert all(float(value.detach()) < 1e-9 for value in penalties.values())


def test_departure_and_smoothness_by_hand() -> None:
    canvas = RegionalGrade(controls=3)
    with torch.no_grad():
        canvas.controls.fill_(0.2)
    flat = canvas.penalties(torch.zeros(1, 3, 1, 1))
    # L counts once, a and b as much more as they do in CIELAB.
    assert float(flat["departure"].detach()) == pytest.approx(0.04 * (1 + 2 * 2.5**2) / 3)
    assert float(flat["smoothness"].detach()) == pytest.approx(0, abs=1e-9)
    with torch.no_grad():
        # A parabola from black to white, of second difference 0.1 · 2² for a range of 1.
        canvas.controls.zero_()[:, 1] = -0.05
    bent = canvas.penalties(torch.zeros(1, 3, 1, 1))
    assert float(bent["smoothness"].detach()) == pytest.approx((0.1 * 4) ** 2, rel=1e-4)
    assert float(bent["departure"].detach()) == pytest.approx(0.05**2 / 3 * (1 + 2 * 2.5**2) / 3, rel=1e-4)
    with torch.no_grad():
        canvas.controls.copy_(torch.tensor([0.0, 0.1, 0.2]).view(1, 3, 1))
    straight = canvas.penalties(torch.zeros(1, 3, 1, 1))
    assert float(straight["smoothness"].detach()) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("slope", "penalty"), [(0.3, 0.04), (0.5, 0.0), (1.0, 0.0), (2.0, 0.0), (2.3, 0.09)])
def test_contrast_is_held_between_its_bounds(slope: float, penalty: float) -> None:
    canvas = RegionalGrade()
    # The matrix, the tones and what is added to them each have a part in it.
    canvas.matrix[0, 0, 0] = 0.3
    canvas.tones[0, :, 0] = (slope - 0.5) * torch.linspace(0, 1, tone_and_chroma.KNOTS)
    with torch.no_grad():
        canvas.controls[0, :, 0] = 0.2 * torch.linspace(0, 1, 5)
    found = canvas.penalties(torch.zeros(1, 3, 1, 1))["contrast"]
    assert float(found.detach()) == pytest.approx(penalty, abs=1e-4)


def test_contrast_is_of_every_region(content: Tensor, style: Tensor) -> None:
    canvas = started(content, style, regions(1.0, 1.0))
    before = float(canvas.penalties(content)["contrast"].detach())
    canvas.tones[2, :, 0] = 0
    assert float(canvas.penalties(content)["contrast"].detach()) == pytest.approx(before + 0.25 / 3, abs=0.01)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"controls": 2}, r"--model.canvas.controls 2: must be at least 3"),
        ({"min_contrast": 3.0}, r"--model.canvas.min_contrast 3.0: must be from 0 to max_contrast, which is 2.0"),
        ({"min_contrast": -0.1}, r"--model.canvas.min_contrast -0.1: must be from 0 to max_contrast"),
    ],
)
def test_what_is_refused(options: dict[str, float], said: str) -> None:
    with pytest.raises(VerismError, match=said):
        RegionalGrade(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize("sure", [(1.0, 0.5), (0.0, 0.0)])
def test_every_function_that_has_a_say_learns(content: Tensor, style: Tensor, sure: tuple[float, float]) -> None:
    canvas = started(content, style, regions(*sure))
    (canvas() - 0.5).square().mean().backward()
    gradient = canvas.controls.grad
    assert gradient is not None
    assert bool(gradient.isfinite().all())
    learns = gradient.flatten(1).abs().amax(dim=1) > 0
    assert learns.tolist() == [True, *(confidence > 0 for confidence in sure)]
