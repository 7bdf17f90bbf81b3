"""The parts of docs/extending.md: each of its files is complete, and its command runs."""

from __future__ import annotations

import importlib
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from documents import ROOT, blocks
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor, nn
from torchvision import models

from verism import images
from verism.backbone.weights import Weights
from verism.checkpoint import canvas_state, read

PAGE = (ROOT / "docs" / "extending.md").read_text()
FILES = {text.partition("\n")[0].removeprefix("# "): text for text in blocks(PAGE, "python")}
COMMANDS = blocks(PAGE, "sh")
FEW = ("--data.size", "48", "--trainer.max_steps", "2")


@pytest.fixture
def extended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Path]) -> Callable[..., Path]:
    """Run the page's command that names a part, from a folder with its files."""
    for file, text in FILES.items():
        Path(file).write_text(text)
    monkeypatch.syspath_prepend(str(Path.cwd()))
    importlib.invalidate_caches()
    for file in FILES:
        monkeypatch.delitem(sys.modules, file.removesuffix(".py"), raising=False)

    def fit(part: str, *options: str) -> Path:
        (command,) = (command for command in COMMANDS if part in command)
        assert command.startswith("PYTHONPATH=. verism fit ")
        return run(*shlex.split(command)[3:], *FEW, *options)

    return fit


def test_a_loss(tiny_weights: Weights, extended: Callable[[str], Path]) -> None:
    events = EventAccumulator(str(extended("total_variation.TotalVariation")))
    events.Reload()
    values = {kind: [it.value for it in events.Scalars(f"{kind}/grain")] for kind in ("loss", "weighted")}
    assert values["loss"][0] > 0
    assert values["weighted"] == pytest.approx([0.5 * value for value in values["loss"]])
    module = importlib.import_module("total_variation")
    assert float(module.TotalVariation().statistic("input", torch.ones(1, 3, 8, 9))) == 0.0
    stripes = (torch.arange(9.0) % 2).expand(1, 3, 8, 9)
    assert float(module.TotalVariation().statistic("input", stripes)) == 1.0


def test_a_canvas(tiny_weights: Weights, extended: Callable[[str], Path]) -> None:
    folder = extended("fourier.Fourier")
    state = canvas_state(read(folder / "checkpoints" / "last.ckpt"))
    assert set(state) == {"real", "imaginary", "photo"}
    canvas = importlib.import_module("fourier").Fourier()
    canvas.resume(state)
    image = canvas()
    assert image.shape == (1, 3, 48, 64)
    assert not torch.allclose(image, canvas.photo)
    canvas.resize(torch.nn.functional.interpolate(canvas.photo, (24, 32), mode="area"))
    assert canvas().shape == (1, 3, 24, 32)
    canvas.start(image.detach(), image.detach())
    assert torch.equal(canvas(), image)


def tiny_vit(weights: Any) -> Any:
    """torchvision's transformer with 12 blocks of 8 channels in place of 768, seeded."""
    assert weights is models.ViT_B_16_Weights.IMAGENET1K_V1
    torch.manual_seed(0)
    network = models.VisionTransformer(224, 16, num_layers=12, num_heads=2, hidden_dim=8, mlp_dim=16)
    nn.init.normal_(network.encoder.pos_embedding)
    return network


def test_a_backbone(
    tiny_weights: Weights, extended: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, content: Tensor
) -> None:
    monkeypatch.setattr(models, "vit_b_16", tiny_vit)
    folder = extended("vit.ViT")
    network = importlib.import_module("vit").ViT()
    made = read(folder / "checkpoints" / "last.ckpt")
    assert made["verism"]["backbone"] == dict(network.identity)
    assert made["hyper_parameters"]["backbone"] == {"class_path": "vit.ViT", "init_args": {}}
    assert not torch.equal(images.read(folder / "result.png"), content)
    events = EventAccumulator(str(folder))
    events.Reload()
    assert {tag for tag in events.Tags()["scalars"] if tag.startswith("terms/style/")} == {
        "terms/style/block1",
        "terms/style/block3",
    }
    # Of each patch, on the whole image.
    changed = content.clone()
    changed[..., :16, :16] = 0
    before, after = (network(image, ["block1", "block12"]) for image in (content, changed))
    assert before["block1"].shape == (1, 8, 3, 4)
    assert not torch.allclose(before["block12"][..., -1, -1], after["block12"][..., -1, -1])
    # As it was trained, at the size that it was trained at.
    image = torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    patches = network.network.conv_proj(network.normalize(image)).flatten(2).transpose(1, 2)
    tokens = network.network.encoder.layers[0](patches + network.network.encoder.pos_embedding[:, 1:])
    torch.testing.assert_close(network(image, ["block1"])["block1"].flatten(2).transpose(1, 2), tokens)


def test_a_backbone_that_is_shown_the_whole_image_says_so_of_tiles(
    tiny_weights: Weights,
    extended: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(models, "vit_b_16", tiny_vit)
    with pytest.raises(SystemExit, match="2"):
        extended("vit.ViT", "--model.tile", "64")
    assert (
        "--model.tile 64: ViT can only process the whole image at once; choose auto or null" in capsys.readouterr().err
    )


def test_a_config(tiny_weights: Weights, extended: Callable[[str], Path]) -> None:
    """The page's own, with its loss and its canvas."""
    (config,) = blocks(PAGE, "yaml")
    Path("mine.yaml").write_text(config)
    folder = extended("mine.yaml")
    made = read(folder / "checkpoints" / "last.ckpt")["hyper_parameters"]
    assert made["canvas"]["class_path"] == "fourier.Fourier"
    assert made["losses"]["grain"]["init_args"] == {"weight": 0.5}


TRUSTED = ("--trust", "total_variation", "--trust", "fourier")
"""A config may come from anybody, and names what only the user can trust."""


@pytest.mark.parametrize(
    ("lines", "term"),
    [
        ("losses: {grain: {class_path: total_variation.TotalVariation}}", "loss/grain"),
        ("canvas: fourier.Fourier", "loss/style"),
        ("backbone: VGG16", "loss/style"),
    ],
)
def test_each_is_one_line_of_yaml(
    tiny_weights: Weights, extended: Callable[..., Path], run: Callable[..., Path], lines: str, term: str
) -> None:
    del extended
    Path("own.yaml").write_text(f"model:\n  {lines}\n")
    events = EventAccumulator(str(run("--config", "leaky.yaml", "--config", "own.yaml", *TRUSTED, *FEW)))
    events.Reload()
    assert term in events.Tags()["scalars"]


def test_a_callback(tiny_weights: Weights, extended: Callable[[str], Path]) -> None:
    extended("diary.Diary")
    lines = Path("diary.txt").read_text().splitlines()
    assert [line.split("=")[0] for line in lines] == ["1 content", "2 content"]
    assert all(" style=" in line for line in lines)


def test_every_file_has_a_command_and_every_command_a_test() -> None:
    """And the config has one."""
    assert len(FILES) == len(COMMANDS) - 1 == 4
