"""A network of one's own: what it gets for nothing."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import torch
from torch import Tensor, nn

from verism.backbone import VGG19, Backbone
from verism.backbone.backbone import check_layers
from verism.backbone.reference import reference
from verism.backbone.weights import Weights
from verism.errors import VerismError


class Mixer(Backbone):
    """One seeded convolution."""

    layers = ("mixed",)

    def __init__(self, seed: int = 0, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.mix = nn.Conv2d(3, 4, 3, dtype=dtype)
        self.register_buffer("count", torch.tensor(seed))

    def forward(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        return {"mixed": self.mix(image)}


def test_is_told_from_others_by_its_state(content: Tensor) -> None:
    first, same, other, half = Mixer(), Mixer(), Mixer(1), Mixer(dtype=torch.bfloat16)
    assert first.identity == same.identity
    assert first.identity["weights"] == "Mixer"
    assert len({network.identity["sha256"] for network in (first, other, half)}) == 3
    # What a Trainer does to the weights afterwards does not make others of them.
    was = dict(first.identity)
    assert first.double().identity == was


def test_cannot_be_passed_in_parts_and_pins_no_options() -> None:
    assert (Mixer().blocks, Mixer().pinned) == ((), {})


def test_walks_as_it_goes_forward(content: Tensor) -> None:
    network = Mixer()
    ((layer, features),) = network.walk(content, ["mixed"])
    assert layer == "mixed"
    assert torch.equal(features, network(content, ["mixed"])["mixed"])


def test_has_its_layers_and_the_image() -> None:
    check_layers(Mixer(), ["input", "mixed"])
    with pytest.raises(VerismError, match=r"--x: Mixer has no layer 'a', 'conv1_1'; its layers are input, mixed\."):
        check_layers(Mixer(), ["conv1_1", "mixed", "a"], "--x")


def test_photos_are_compared_in_a_vgg(tiny_weights: Weights) -> None:
    own = VGG19()
    assert reference(own) is own
    assert isinstance(reference(Mixer()), VGG19)
