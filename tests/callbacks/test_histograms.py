"""The histograms in the event file."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor

from verism.images import luma
from verism.vgg19 import CONVOLUTIONS

LEVELS = {
    f"{channel}/{of}" for channel in ("luminance", "red", "green", "blue") for of in ("image", "content", "style")
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
    for channel, values in (("green", levels[0, 1]), ("luminance", luma(levels)[0, 0])):
        (event,) = accumulator.Histograms(f"{channel}/content")
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
    names = {f"activations/{layer.name}" for layer in CONVOLUTIONS}
    assert set(accumulator.Tags()["histograms"]) == LEVELS | names
    for name in names:
        assert [event.step for event in accumulator.Histograms(name)] == [0, 2]
        assert accumulator.Histograms(name)[0].histogram_value.num % 4 == 0
