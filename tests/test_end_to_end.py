"""The main job on real photos with the embedded weights, small enough to take seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
import torch
import yaml
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from verism import images
from verism.backbone.weights import COMPACT
from verism.cli import main

pytestmark = pytest.mark.slow

SIZE = 48

PHOTOS = Path(__file__).parents[1] / "configs" / "photos"


def losses(folder: Path, tag: str) -> list[float]:
    accumulator = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    accumulator.Reload()
    return [event.value for event in accumulator.Scalars(tag)]


@pytest.fixture(scope="module")
def fit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Path]]:
    """Fit a config of verism's own, with its own photos; a run that was asked for before is not run again."""
    root = tmp_path_factory.mktemp("runs")

    def run(config: str, *options: str) -> Path:
        place = ("--trainer.default_root_dir", str(root), "--trainer.enable_progress_bar", "false")
        main(["fit", "--config", config, *place, *options])
        return max((root / "lightning_logs").iterdir(), key=lambda path: path.stat().st_ctime)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TORCH_HOME", str(root / "no_cache"))
        yield run


@pytest.fixture(scope="module")
def fitted(fit: Callable[..., Path]) -> Callable[[str, int], Path]:
    """Fit a config for some steps in float32, once."""

    @cache
    def run(config: str, steps: int) -> Path:
        options = ("--data.size", str(SIZE), "--trainer.max_steps", str(steps), "--trainer.precision", "32-true")
        return fit(f"{config}.yaml", *options, "--trainer.log_every_n_steps", "1")

    return run


STEPS = 8


@pytest.mark.parametrize(
    ("config", "term", "steps"),
    [
        ("leaky", "style", STEPS),
        ("relu", "style", STEPS),
        ("tanh", "style", STEPS),
        ("deep_style", "style", STEPS),
        ("color", "color", 6),
    ],
)
def test_the_loss_falls_and_the_photo_changes_but_stays_the_photo(
    fitted: Callable[[str, int], Path], config: str, term: str, steps: int
) -> None:
    folder = fitted(config, steps)
    values = losses(folder, f"loss/{term}")
    assert values[-1] < 0.5 * values[0]
    data = yaml.safe_load((folder / "config.yaml").read_text())["data"]
    after = images.read(folder / "result.png")
    height, width = after.shape[-2:]
    before = images.resize(images.read(Path(data["content"])), (height, width))
    assert float((after - before).abs().mean()) > 3 / 255
    correlation = torch.corrcoef(torch.stack([images.luma(before).flatten(), images.luma(after).flatten()]))[0, 1]
    assert float(correlation) > 0.8


def test_bf16_is_close_to_float32(fit: Callable[..., Path]) -> None:
    """Of few steps: where the processor has no bf16, one takes twenty times as long."""
    adam = ("--optimizer", "torch.optim.Adam", "--optimizer.lr", "0.01", "--trainer.log_every_n_steps", "1")
    options = ("--data.size", str(SIZE), "--trainer.max_steps", "6", *adam)
    exact, rounded = (
        losses(fit("leaky.yaml", *options, "--trainer.precision", kind), "loss/style")
        for kind in ("32-true", "bf16-mixed")
    )
    assert exact[-1] < 0.9 * exact[0]
    assert rounded[-1] == pytest.approx(exact[-1], rel=0.02)


def test_the_same_command_gives_the_same_image(fit: Callable[..., Path]) -> None:
    first, second = (fit("leaky.yaml", "--data.size", str(SIZE), "--trainer.max_steps", "3") for _ in range(2))
    assert torch.equal(images.read(first / "result.png"), images.read(second / "result.png"))


def test_a_first_run_uses_the_embedded_weights_and_records_them(fit: Callable[..., Path]) -> None:
    folder = fit("leaky.yaml", "--data.size", str(SIZE), "--trainer.max_steps", "1")
    hparams = yaml.safe_load((folder / "hparams.yaml").read_text())
    assert hparams["backbone"]["init_args"]["weights"] == "compact"
    assert len(hparams["backbone"]["init_args"]["sha256"]) == 64
    assert COMPACT.stat().st_size < 16e6
