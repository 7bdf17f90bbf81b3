"""Consistency: nothing for one treatment of a colour, and by the formula for two."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from verism.backbone.normalization import InputNormalization
from verism.color.bins import color_bins
from verism.errors import VerismError
from verism.losses import ConsistencyLoss
from verism.losses.consistency import inconsistency
from verism.losses.term import Term


def of(image: Tensor, photo: Tensor) -> float:
    return float(inconsistency(image, photo, color_bins(photo)))


GRADES: dict[str, Callable[[Tensor], Tensor]] = {
    "itself": lambda photo: photo,
    "one colour": torch.ones_like,
    "linear": lambda photo: 0.6 * photo.flip(1) + 0.2 * photo + 0.1,
    "gamma": lambda photo: photo.clamp_min(0.05) ** 0.8,
    "a curve": lambda photo: photo + 0.1 * torch.sin(3 * photo),
}


@pytest.mark.parametrize("grade", GRADES.values(), ids=GRADES.keys())
def test_a_grade_of_the_whole_photo_is_consistent(grade: Callable[[Tensor], Tensor], content: Tensor) -> None:
    """A colour cast on one half, of no more than what these grades do, is not."""
    left = torch.zeros_like(content)
    left[:, 0, :, :32] = 0.1
    assert of(grade(content), content) < 1e-4
    assert of(grade(content) + left, content) > 10 * max(of(grade(content), content), 1e-5)


def test_two_colours_of_one() -> None:
    """Grey, of which a quarter gets (0.2, 0, 0) more: the mean is a quarter of it, so 3/16 of its square is left."""
    grey = torch.full((1, 3, 16, 16), 0.5, dtype=torch.float64)
    image = grey.clone()
    image[:, 0, :, :4] += 0.2
    assert of(image, grey) == pytest.approx(3 / 16 * 0.2**2)


def test_two_colours_of_one_among_others() -> None:
    """A black half that stays what it is; so the mean over all pixels is half as much."""
    photo = torch.zeros(1, 3, 16, 16, dtype=torch.float64)
    photo[:, :, 8:] = 0.5
    image = photo.clone()
    image[:, 2, 8:, :8] += 0.3
    assert of(image, photo) == pytest.approx(1 / 2 * 1 / 4 * 0.3**2)


def test_the_slope_is_common_to_all_bins() -> None:
    """Two greys, each of two shades one level of 8 bits away from its mean; contrast doubles in one alone."""
    photo, image = torch.zeros(2, 1, 3, 1, 8, dtype=torch.float64)
    shade = torch.tensor([1, -1, 1, -1], dtype=torch.float64) / 255
    photo[..., :4], photo[..., 4:] = 0.3 + shade, 0.7 + shade
    image[..., :4], image[..., 4:] = 0.3 + shade, 0.7 + 2 * shade
    assert len(color_bins(photo).counts) == 2
    # The best slope is 1.5, which leaves half a shade of each of three channels; the ridge changes it by a few percent.
    assert of(image, photo) == pytest.approx(3 * (0.5 / 255) ** 2, rel=0.05)


def test_derivative() -> None:
    generator = torch.Generator().manual_seed(0)
    photo, image = (torch.rand(1, 3, 5, 6, generator=generator, dtype=torch.float64) for _ in range(2))
    bins = color_bins(photo, 0.3)
    assert torch.autograd.gradcheck(lambda x: inconsistency(x, photo, bins), image.requires_grad_())


def normalized(photo: Tensor) -> dict[str, Tensor]:
    return {"input": InputNormalization()(photo)}


def term(loss: ConsistencyLoss, image: Tensor) -> Term:
    found: Term = loss(loss.statistics(normalized(image)))
    return found


def test_the_loss_is_of_the_content_photos_colours_whatever_the_style(content: Tensor, style: Tensor) -> None:
    image = content + 0.1 * torch.linspace(0, 1, 64)
    values = []
    for other in (style, content):
        loss = ConsistencyLoss(3.0)
        loss.set_targets(normalized(content), normalized(other))
        found = term(loss, image)
        assert (found.weight, dict(found.layers)) == (3.0, {"input": 1.0})
        values.append(float(found.raw))
    assert values[0] == values[1]
    assert values[0] == pytest.approx(of(image, content), rel=0.01)
    assert values[0] > 1e-4


def test_the_gradient_makes_two_colours_one() -> None:
    grey = torch.full((1, 3, 16, 16), 0.5)
    image = grey.clone()
    image[:, 0, :, :8] += 0.2
    loss = ConsistencyLoss(1.0)
    loss.set_targets(normalized(grey), normalized(grey))
    image.requires_grad_()
    term(loss, image).weighted.backward()
    gradient = image.grad
    assert gradient is not None
    assert bool((gradient[:, 0, :, :8] > 0).all())
    assert bool((gradient[:, 0, :, 8:] < 0).all())
    torch.testing.assert_close(gradient[:, 1:], torch.zeros(1, 2, 16, 16), rtol=0, atol=1e-7)


def test_is_aimed_anew_at_another_size(content: Tensor, style: Tensor) -> None:
    loss = ConsistencyLoss()
    for photo in (content[..., ::2, ::2], content):
        loss.set_targets(normalized(photo), normalized(style))
        assert float(term(loss, 0.5 * photo).raw) < 1e-6


def test_is_computed_in_float32_where_features_are_bf16(content: Tensor, style: Tensor) -> None:
    image = content + 0.1 * torch.linspace(0, 1, 64)
    values = []
    for enabled in (True, False):
        loss = ConsistencyLoss()
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            loss.set_targets(normalized(content), normalized(style))
            values.append(term(loss, image).raw)
    assert values[0].dtype == torch.float32
    assert torch.equal(*values)


def test_leaves_nothing_in_checkpoints(content: Tensor, style: Tensor) -> None:
    loss = ConsistencyLoss()
    loss.set_targets(normalized(content), normalized(style))
    assert loss.state_dict() == {}
    assert list(loss.parameters()) == []


def test_weight_zero_leaves_it_out() -> None:
    assert ConsistencyLoss(0.0).layers == {}


@pytest.mark.parametrize("step", [0.0, -0.05, float("nan")])
def test_bins_need_a_size(step: float) -> None:
    with pytest.raises(VerismError, match=rf"--model.consistency.step {step}: must be above 0"):
        ConsistencyLoss(step=step)
