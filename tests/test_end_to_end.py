"""The main job on real photos with the embedded weights, small enough to take seconds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import yaml
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from verism import images
from verism.backbone.weights import COMPACT
from verism.cli import main

PHOTOS = Path(__file__).parents[1] / "configs" / "photos"


def losses(folder: Path, tag: str) -> list[float]:
    accumulator = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    accumulator.Reload()
    return [event.value for event in accumulator.Scalars(tag)]


@pytest.fixture
def fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Fit a config of verism's own, with its own photos, from an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "no_cache"))

    def run(config: str, *options: str) -> Path:
        main(["fit", "--config", config, "--trainer.enable_progress_bar", "false", *options])
        return max(Path("lightning_logs").iterdir(), key=lambda path: path.stat().st_ctime)

    return run


def test_bf16_ends_with_float32s_style_loss(fit: Callable[..., Path]) -> None:
    options = ("--data.size", "96", "--trainer.max_steps", "100", "--trainer.precision")
    exact, rounded = (losses(fit("leaky.yaml", *options, kind), "loss/style")[-1] for kind in ("32-true", "bf16-mixed"))
    assert rounded == pytest.approx(exact, rel=0.02)


@pytest.mark.parametrize(
    ("config", "term", "steps"),
    [
        ("leaky", "style", 40),
        ("relu", "style", 40),
        ("tanh", "style", 40),
        ("deep_style", "style", 40),
        ("color", "color", 6),
    ],
)
@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_the_loss_falls_and_the_photo_changes_but_stays_the_photo(
    fit: Callable[..., Path], config: str, term: str, steps: int, precision: str
) -> None:
    options = ("--data.size", "96", "--trainer.max_steps", str(steps), "--trainer.precision", precision)
    folder = fit(f"{config}.yaml", *options, "--trainer.log_every_n_steps", "1")
    values = losses(folder, f"loss/{term}")
    assert values[-1] < 0.5 * values[0]
    data = yaml.safe_load((folder / "config.yaml").read_text())["data"]
    before, after = images.resize(images.read(Path(data["content"])), (96, 128)), images.read(folder / "result.png")
    assert float((after - before).abs().mean()) > 3 / 255
    correlation = torch.corrcoef(torch.stack([images.luma(before).flatten(), images.luma(after).flatten()]))[0, 1]
    assert float(correlation) > 0.8


def test_bf16_is_close_to_float32(fit: Callable[..., Path]) -> None:
    options = ("--data.size", "96", "--trainer.max_steps", "60")
    last = [
        losses(fit("leaky.yaml", *options, "--trainer.precision", precision), "loss/style")[-1]
        for precision in ("32-true", "bf16-mixed")
    ]
    assert last[1] == pytest.approx(last[0], rel=0.05)


def test_the_same_command_gives_the_same_image(fit: Callable[..., Path]) -> None:
    first, second = (fit("leaky.yaml", "--data.size", "96", "--trainer.max_steps", "5") for _ in range(2))
    assert torch.equal(images.read(first / "result.png"), images.read(second / "result.png"))


def test_a_first_run_uses_the_embedded_weights_and_records_them(fit: Callable[..., Path]) -> None:
    folder = fit("leaky.yaml", "--data.size", "64", "--trainer.max_steps", "1")
    hparams = yaml.safe_load((folder / "hparams.yaml").read_text())
    assert hparams["backbone"]["weights"] == "compact"
    assert len(hparams["backbone"]["sha256"]) == 64
    assert COMPACT.stat().st_size < 16e6
