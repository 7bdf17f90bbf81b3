"""The way through the network that is chosen: by the user, by the memory that is free, by the network."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import torch
from torch import Tensor, nn

from verism.backbone import VGG19, Backbone
from verism.backbone.architecture import BLOCKS, down_to
from verism.backbone.weights import Weights
from verism.errors import VerismError
from verism.losses import StyleLoss
from verism.tiling.choice import TileOption, choose
from verism.tiling.in_tiles import InTiles, Shared
from verism.tiling.memory_estimate import LARGE, SMALL, Step
from verism.tiling.passage import AtOnce, Passage
from verism.tiling.plan import Tiling


class Patches(Backbone):
    """A network without blocks."""

    layers = ("patches",)

    def forward(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        return {"patches": nn.functional.avg_pool2d(image, 16)}


def chosen(backbone: Backbone, layer: str, tile: TileOption, content: Tensor) -> Passage:
    return choose(backbone, [StyleLoss(1.0, {layer: 1.0})], tile, content)


@pytest.mark.parametrize(("tile", "tiling"), [(None, Tiling()), (32, Tiling(1, 32))])
def test_a_tile_by_hand_is_for_all_of_the_network(tiny_weights: Weights, tile: int | None, tiling: Tiling) -> None:
    passage = chosen(VGG19(), "conv1_1", tile, torch.rand(1, 3, 70, 90))
    assert passage.tiling == tiling
    assert type(passage) is (AtOnce if tile is None else InTiles)


@pytest.mark.parametrize("tile", [0, 8, 100, -16])
def test_refuses_tiles_that_the_poolings_do_not_divide(tiny_weights: Weights, tile: int) -> None:
    with pytest.raises(VerismError, match=f"--model.tile {tile}: must be a multiple of 16, auto or null"):
        chosen(VGG19(), "conv1_1", tile, torch.rand(1, 3, 70, 90))


@pytest.mark.parametrize("tiling", [Tiling(1, SMALL), Tiling(2, LARGE), Tiling(3, LARGE)])
def test_tiles_are_chosen_by_what_is_free_with_a_line_that_says_so(
    tiny_weights: Weights, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tiling: Tiling
) -> None:
    available = 2 * Step(down_to(BLOCKS, ["conv3_1"]), 1400, 1800, 4).takes(tiling)
    monkeypatch.setattr("verism.tiling.choice.free", lambda device: available)
    with caplog.at_level("INFO"):
        passage = chosen(VGG19(), "conv3_1", "auto", torch.rand(1, 3, 1400, 1800))
    assert passage.tiling == tiling
    further = tiling.checkpointed_blocks > 1
    assert ("At 1800×1400 pixels, a step on the whole image would take about" in caplog.text) == further
    assert (f"in {tiling.checkpointed_blocks} of the network's 3 blocks it goes tile by tile" in caplog.text) == further
    assert "if that is not enough" not in caplog.text


@pytest.mark.parametrize(
    ("available", "tile", "dtype", "remedy"),
    [
        (5 * 10**8, None, torch.float32, f"--model.tile {SMALL}, with which it takes about 0."),
        (1, "auto", torch.float32, "--trainer.precision bf16-mixed, with which it takes about 0."),
        (10**7, SMALL, torch.float32, "--trainer.precision bf16-mixed, with which it takes about 0."),
        (10**7, SMALL, torch.bfloat16, "a smaller --data.size"),
        (10**12, None, torch.float32, None),
    ],
)
def test_a_step_that_is_likely_to_fail_is_announced_with_what_would_fit(
    tiny_weights: Weights,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    available: int,
    tile: int | None,
    dtype: torch.dtype,
    remedy: str | None,
) -> None:
    monkeypatch.setattr("verism.tiling.choice.free", lambda device: available)
    photo = torch.rand(1, 3, 700, 900, dtype=dtype)
    with caplog.at_level("INFO"):
        chosen(VGG19(), "conv1_1", tile, photo)
    assert (remedy is None) == ("if that is not enough" not in caplog.text)
    assert remedy is None or f"that are free; if that is not enough: {remedy}" in caplog.text


def test_a_network_without_blocks_is_shown_the_whole_image(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        passage = chosen(Patches(), "patches", "auto", torch.rand(1, 3, 96, 160))
    assert type(passage) is AtOnce
    assert not caplog.text
    assert passage.step.remedy(passage.tiling, 1) == "a smaller --data.size"


def test_a_network_without_blocks_cannot_be_passed_in_tiles() -> None:
    with pytest.raises(
        VerismError, match=r"--model\.tile 64: Patches can only process the whole image at once; choose auto or"
    ):
        chosen(Patches(), "patches", 64, torch.rand(1, 3, 96, 160))


def test_blocks_beyond_what_tiles_are_cut_by_are_refused(tiny_weights: Weights) -> None:
    class Deeper(Patches):
        blocks = (*BLOCKS, BLOCKS[-1]._replace(stride=32))

    with pytest.raises(VerismError, match="Deeper: only strides that divide 16 pixels can be passed in parts"):
        chosen(Deeper(), "patches", "auto", torch.rand(1, 3, 96, 160))


def test_of_several_processes_each_takes_a_share_if_the_network_has_blocks(
    tiny_weights: Weights, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("verism.tiling.choice.distributed.is_initialized", lambda: True)
    monkeypatch.setattr("verism.tiling.choice.distributed.get_world_size", lambda: 2)
    image = torch.rand(1, 3, 96, 160)
    with caplog.at_level("INFO"):
        assert type(chosen(VGG19(), "conv1_1", None, image)) is Shared
        assert not caplog.text
        assert type(chosen(Patches(), "patches", "auto", image)) is AtOnce
    assert "Patches can only process the whole image at once: each of the 2 processes does all the work" in caplog.text
