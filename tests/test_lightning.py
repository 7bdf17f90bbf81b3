"""What users of Lightning expect of a module: loggers, monitors, early stopping, a second fit."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import Callback, EarlyStopping, LearningRateMonitor, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor

from verism import ColorLoss, PhotoPair, Pixels, RegionalGrade, StyleTransfer, VerismError
from verism.backbone.weights import Weights

OPTIONS: dict[str, Any] = {
    "accelerator": "cpu",
    "enable_progress_bar": False,
    "enable_model_summary": False,
    "enable_checkpointing": False,
    "logger": False,
}

TERMS = {"loss/content", "loss/style"}


@pytest.fixture
def pair(content: Tensor, style: Tensor) -> PhotoPair:
    return PhotoPair(content, style, size=40)


def loggers(folder: Path) -> list[Logger]:
    return [CSVLogger(folder, name="csv"), TensorBoardLogger(folder, name="tensorboard")]


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "csv" / "version_0" / "metrics.csv").open() as file:
        return list(csv.DictReader(file))


def test_every_logger_gets_each_scalar_once(tiny_weights: Weights, pair: PhotoPair, tmp_path: Path) -> None:
    options = OPTIONS | {"logger": loggers(tmp_path)}
    Trainer(max_steps=5, log_every_n_steps=2, **options).fit(StyleTransfer.paper(color=ColorLoss(1.0)), datamodule=pair)
    accumulator = EventAccumulator(str(tmp_path / "tensorboard" / "version_0")).Reload()
    tags = set(accumulator.Tags()["scalars"]) - {"hp_metric"}
    found = rows(tmp_path)
    assert {*TERMS, "loss/total", "loss/color", "optimizer/gradient_norm", "weighted/style/conv1_1"} <= tags
    assert "loss" not in tags
    assert set(found[0]) == tags | {"step"}
    assert [int(row["step"]) for row in found] == [0, 2, 4]
    for tag in tags:
        points = accumulator.Scalars(tag)
        assert [point.step for point in points] == [0, 2, 4]
        assert [float(row[tag]) for row in found] == pytest.approx([point.value for point in points], rel=1e-5)


def test_callbacks_can_monitor_the_losses(tiny_weights: Weights, pair: PhotoPair, tmp_path: Path) -> None:
    class Watch(Callback):
        def __init__(self) -> None:
            self.seen: list[float] = []

        def on_train_batch_end(self, trainer: Trainer, *args: Any) -> None:
            self.seen.append(float(trainer.callback_metrics["loss"]))

    best = ModelCheckpoint(tmp_path / "best", monitor="loss", every_n_train_steps=1, filename="{step}-{loss:.6f}")
    watch, rate = Watch(), LearningRateMonitor()
    options = OPTIONS | {"enable_checkpointing": True, "logger": CSVLogger(tmp_path, name="csv")}
    trainer = Trainer(max_steps=4, log_every_n_steps=1, callbacks=[best, watch, rate], **options)
    trainer.fit(StyleTransfer.paper(), datamodule=pair)
    assert set(trainer.callback_metrics) == {"loss", *TERMS, "lr-Adam"}
    logged = [float(row["loss/total"]) for row in rows(tmp_path) if row["loss/total"]]
    assert watch.seen == pytest.approx(logged)
    assert best.best_model_score is not None
    assert float(best.best_model_score) == pytest.approx(min(logged))
    assert any(row.get("lr-Adam") == "0.01" for row in rows(tmp_path))


def test_stops_early_within_the_epoch(tiny_weights: Weights, pair: PhotoPair) -> None:
    never_enough = EarlyStopping("loss", min_delta=1e30, patience=3)
    trainer = Trainer(max_steps=50, log_every_n_steps=2, callbacks=[never_enough], **OPTIONS)
    trainer.fit(StyleTransfer.paper(), datamodule=pair)
    # Looks after steps 1, 3, 5 and 7; the first is the best, and the patience is over at the third after it.
    assert trainer.global_step == 7
    assert Trainer(max_steps=3, **OPTIONS).early_stopping_callbacks == []


def test_a_second_fit_goes_on(tiny_weights: Weights, pair: PhotoPair, tmp_path: Path) -> None:
    """With the same Trainer and photos it keeps the image, and adds no callback twice."""
    options = OPTIONS | {"logger": CSVLogger(tmp_path, name="csv")}
    trainer = Trainer(max_steps=2, log_every_n_steps=1, **options)
    model = StyleTransfer.paper()
    trainer.fit(model, datamodule=pair)
    callbacks = [type(it).__name__ for it in trainer.callbacks]  # type: ignore[attr-defined]
    assert callbacks.count("Scalars") == callbacks.count("StopEarly") == 1
    first = model.image
    trainer.fit(model, datamodule=pair)
    assert trainer.global_step == 2
    assert torch.equal(model.image, first)
    trainer.fit_loop.epoch_loop.max_steps = 4
    trainer.fit(model, datamodule=pair)
    assert [type(it).__name__ for it in trainer.callbacks] == callbacks  # type: ignore[attr-defined]
    assert trainer.global_step == 4
    assert model.image.shape == first.shape
    assert not torch.equal(model.image, first)
    start = float(model.image.sub(pair.photos.content).square().mean())
    assert start > float(first.sub(pair.photos.content).square().mean())


def test_other_photos_start_anew(tiny_weights: Weights, pair: PhotoPair, style: Tensor, content: Tensor) -> None:
    model, fresh = StyleTransfer.paper(), StyleTransfer.paper()
    swapped = PhotoPair(style, content, size=40)
    Trainer(max_steps=2, **OPTIONS).fit(model, datamodule=pair)
    for it in (model, fresh):
        Trainer(max_steps=2, **OPTIONS).fit(it, datamodule=swapped)
    assert torch.equal(model.image, fresh.image)


def test_a_run_is_restored_from_its_file(
    tiny_weights: Weights, run: Callable[..., Path], photo_files: list[str]
) -> None:
    """Alone: the photos may be gone."""
    for config in ("photoreal.yaml", "leaky.yaml"):
        folder = run("--config", config, *photo_files, "--trainer.max_steps", "2", "--data.size", "40")
        file = folder / "checkpoints" / "last.ckpt"
        model = StyleTransfer.load_from_checkpoint(file)
        saved = torch.load(file, weights_only=True)["state_dict"]
        assert all(torch.equal(model.state_dict()[name], value) for name, value in saved.items())
        assert model.image.shape == (1, 3, 40, 53)
        assert list(model.losses) == (["style", "color", "consistency"] if config == "photoreal.yaml" else
                                      ["content", "style"])  # fmt: skip
        assert isinstance(model.optimizer([torch.nn.Parameter(torch.zeros(1))]), torch.optim.Adam)


def test_a_run_from_python_is_restored_with_its_parts(tiny_weights: Weights, pair: PhotoPair, tmp_path: Path) -> None:
    model = StyleTransfer.paper()
    trainer = Trainer(max_steps=2, **OPTIONS)
    trainer.fit(model, datamodule=pair)
    file = tmp_path / "run.ckpt"
    trainer.save_checkpoint(file)
    restored = StyleTransfer.load_from_checkpoint(file, canvas=Pixels())
    assert torch.equal(restored.image, model.image)
    with pytest.raises(VerismError, match="pass the parts"):
        StyleTransfer.load_from_checkpoint(file)
    with pytest.raises(VerismError, match="another canvas"):
        StyleTransfer.load_from_checkpoint(file, canvas=RegionalGrade())
