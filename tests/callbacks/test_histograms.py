"""The histograms in the event file."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor, nn

from verism import images
from verism.backbone import VGG19
from verism.backbone.architecture import CONVOLUTIONS
from verism.callbacks.histograms import saturated
from verism.images import luma

LEVELS = {
    f"tones/{channel}/{of}" for channel in ("luma", "red", "green", "blue") for of in ("image", "content", "style")
}


def test_every_tag_first_every_nth_and_last(events: Callable[..., EventAccumulator]) -> None:
    accumulator = events("--trainer.max_steps", "5", "--histograms.every_n_steps", "2")
    assert set(accumulator.Tags()["histograms"]) == LEVELS
    for tag in LEVELS:
        steps = [event.step for event in accumulator.Histograms(tag)]
        assert steps == ([0, 2, 4, 5] if tag.endswith("image") else [0]), tag


def test_counts_pixels_a_level(events: Callable[..., EventAccumulator], content: Tensor) -> None:
    accumulator = events("--trainer.max_steps", "1")
    levels = (content * 255).round()
    for channel, values in (("green", levels[0, 1]), ("luma", luma(levels)[0, 0])):
        (event,) = accumulator.Histograms(f"tones/{channel}/content")
        histogram = event.histogram_value
        assert histogram.num == 48 * 64 == sum(histogram.bucket)
        assert histogram.sum == pytest.approx(float(values.sum()), rel=1e-5)
        assert histogram.sum_squares == pytest.approx(float(values.square().sum()), rel=1e-4)
        assert (histogram.min, histogram.max) == pytest.approx((float(values.min()), float(values.max())), abs=1e-3)
        assert len(histogram.bucket) == 256
        assert histogram.bucket_limit[-1] == 255.5
        counts = np.bincount(values.flatten().round().long(), minlength=256)
        if channel == "green":
            np.testing.assert_array_equal(histogram.bucket, counts)


def test_activations_on_request(events: Callable[..., EventAccumulator]) -> None:
    accumulator = events("--trainer.max_steps", "2", "--histograms.activations", "true")
    names = {f"outputs/{layer.name}" for layer in CONVOLUTIONS}
    assert set(accumulator.Tags()["histograms"]) == LEVELS | names
    for name in names:
        assert [event.step for event in accumulator.Histograms(name)] == [0, 2]
        assert accumulator.Histograms(name)[0].histogram_value.num % 4 == 0


def test_spread_and_saturation_of_the_activations(
    events: Callable[..., EventAccumulator], content: Tensor, tmp_path: Path
) -> None:
    options = ("--model.backbone.activation", "torch.nn.Tanh", "--trainer.precision", "32-true")
    accumulator = events("--trainer.max_steps", "2", "--histograms.activations", "true", *options)
    names = [layer.name for layer in CONVOLUTIONS]
    features = VGG19(activation=nn.Tanh())(images.read(tmp_path / "content.png"), names)
    shares = []
    for name in names:
        for tag in (f"std/{name}", f"saturated/{name}"):
            assert [event.step for event in accumulator.Scalars(tag)] == [0, 2]
        std, share = (accumulator.Scalars(f"{of}/{name}")[0].value for of in ("std", "saturated"))
        assert std == pytest.approx(float(features[name].std()), rel=1e-4)
        beyond = (features[name].tanh().abs() > 0.99).double().mean()
        # A value may lie so close to the edge that rounding decides.
        assert share == pytest.approx(float(beyond), abs=2 / features[name].numel())
        shares.append(share)
    assert max(shares) > 0


def test_no_spread_nor_saturation_unless_asked(events: Callable[..., EventAccumulator]) -> None:
    tags = events("--trainer.max_steps", "1").Tags()["scalars"]
    assert not [tag for tag in tags if tag.startswith(("std/", "saturated/"))]


def test_saturated() -> None:
    """Of the numbers from -4 to 4, Tanh takes those beyond atanh 0.99 = 2.65 to its ends, and ReLU half to 0."""
    values = torch.linspace(-4, 4, 10_001, dtype=torch.float64)
    assert saturated(nn.Tanh(), values) == pytest.approx(1 - math.atanh(0.99) / 4, abs=2e-4)
    assert saturated(nn.ReLU(), values) == pytest.approx(0.5, abs=1e-4)
    assert saturated(nn.LeakyReLU(0.15), values) == 0.0
    with torch.no_grad():
        assert saturated(nn.Tanh(), torch.tensor([-3.0, 0.0, 2.6, 2.7])) == 0.5
