"""What users of Lightning expect of a module: loggers, monitors, early stopping, a second fit."""

from __future__ import annotations

import csv
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
import yaml
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import Callback, EarlyStopping, LearningRateMonitor, ModelCheckpoint
from lightning.pytorch.cli import ReduceLROnPlateau as MonitoringPlateau
from lightning.pytorch.loggers import CSVLogger, Logger, MLFlowLogger, TensorBoardLogger, WandbLogger
from lightning.pytorch.tuner.tuning import Tuner
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler, ReduceLROnPlateau
from torch.utils.data import DataLoader

from verism import (
    VGG19,
    BilateralGrid,
    ColorLoss,
    ContentLoss,
    Look,
    Lut3d,
    MomentsLoss,
    PhotoPair,
    Pixels,
    RegionalGrade,
    StyleLoss,
    StyleTransfer,
    VerismError,
    checkpoint,
    images,
)
from verism.backbone.weights import Weights
from verism.callbacks import Metrics, RegionMap, Snapshots
from verism.canvas import Canvas
from verism.cli import main
from verism.evaluation import evaluate

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
    assert {*TERMS, "loss/total", "loss/color", "optimizer/gradient_norm", "weighted_terms/style/conv1_1"} <= tags
    # Where a tag names a file, none can be a folder of others.
    assert not [tag for tag in tags for other in tags if other.startswith(f"{tag}/")]
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
        optimizer = torch.optim.Adam if config == "photoreal.yaml" else torch.optim.LBFGS
        assert isinstance(model.optimizer([torch.nn.Parameter(torch.zeros(1))]), optimizer)


def test_a_run_from_python_is_restored_from_its_file(tiny_weights: Weights, pair: PhotoPair, tmp_path: Path) -> None:
    """With every part as it was made, of which its hyperparameters tell."""
    parts: dict[str, Any] = {
        "canvas": Pixels(init="style"),
        "backbone": VGG19(activation=torch.nn.LeakyReLU(0.15)),
        "style": StyleLoss(3e5),
        "losses": {"moments": MomentsLoss(2.0)},
        "optimizer": lambda parameters: torch.optim.SGD(parameters, lr=0.5),
        "lr_scheduler": lambda optimizer: torch.optim.lr_scheduler.StepLR(optimizer, 3),
    }
    model = StyleTransfer.paper(**parts)
    trainer = Trainer(max_steps=2, **OPTIONS)
    trainer.fit(model, datamodule=pair)
    file = tmp_path / "run.ckpt"
    trainer.save_checkpoint(file)
    restored = StyleTransfer.load_from_checkpoint(file)
    assert torch.equal(restored.image, model.image)
    assert restored.lr == 0.5
    assert {name: loss.weight for name, loss in restored.losses.items()} == {
        "content": 1e3, "style": 3e5, "moments": 2.0
    }  # fmt: skip
    made = ("canvas", "backbone", "content", "style", "color", "losses")
    assert {name: restored.hparams[name] for name in made} == {name: model.hparams[name] for name in made}
    image = pair.photos.content
    assert torch.equal(*(it.backbone(image, ["relu1_1"])["relu1_1"] for it in (model, restored)))
    changed = StyleTransfer.load_from_checkpoint(file, style=StyleLoss(7.0))
    assert {name: loss.weight for name, loss in changed.losses.items()} == {
        "content": 1e3, "style": 7.0, "moments": 2.0
    }  # fmt: skip
    with pytest.raises(VerismError, match="another canvas"):
        StyleTransfer.load_from_checkpoint(file, canvas=RegionalGrade())


def test_a_run_from_python_goes_on_within_an_epoch(tiny_weights: Weights, pair: PhotoPair, tmp_path: Path) -> None:
    """Without Lightning's warning that the loader cannot be resumed, which would fail the test."""
    whole, first, rest = (StyleTransfer.paper() for _ in range(3))
    Trainer(max_steps=5, **OPTIONS).fit(whole, datamodule=pair)
    trainer = Trainer(max_steps=2, **OPTIONS)
    trainer.fit(first, datamodule=pair)
    trainer.save_checkpoint(tmp_path / "first.ckpt")
    trainer = Trainer(max_steps=5, **OPTIONS)
    trainer.fit(rest, datamodule=pair, ckpt_path=tmp_path / "first.ckpt")
    assert trainer.global_step == 5
    assert torch.equal(rest.image, whole.image)


def test_a_part_that_cannot_be_recorded_is_asked_for(tiny_weights: Weights, pair: PhotoPair, tmp_path: Path) -> None:
    model = StyleTransfer.paper(lr_scheduler=lambda it: torch.optim.lr_scheduler.LambdaLR(it, lambda step: 0.9**step))
    trainer = Trainer(max_steps=2, **OPTIONS)
    trainer.fit(model, datamodule=pair)
    file = tmp_path / "run.ckpt"
    trainer.save_checkpoint(file)
    with pytest.raises(VerismError, match=r"does not record lr_scheduler, .* pass lr_scheduler=…"):
        StyleTransfer.load_from_checkpoint(file)
    assert torch.equal(StyleTransfer.load_from_checkpoint(file, lr_scheduler=None).image, model.image)


class Saves(StyleTransfer):
    """As modules of Lightning usually save their arguments, here without type hints."""

    def __init__(self, canvas, backbone, content, style, color, gain):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204
        super().__init__(canvas, backbone, content, style, color)
        self.save_hyperparameters()
        self.gain = gain


class Chooses(StyleTransfer):
    """Makes a part itself, and saves an argument by name."""

    def __init__(self, gain: float, **parts: Any) -> None:
        super().__init__(canvas=Pixels(init="style"), **parts)
        self.save_hyperparameters("gain")
        self.gain = gain


class Forgets(StyleTransfer):
    def __init__(self, gain: float, **parts: Any) -> None:
        super().__init__(**parts)
        self.gain = gain


def test_saving_arguments_again_keeps_the_learning_rate_and_copies_no_part(tiny_weights: Weights) -> None:
    model = StyleTransfer.paper()
    model.lr = 0.5
    model.save_hyperparameters({"style": StyleLoss(3e5)})
    assert model.lr == 0.5
    assert model.hparams["style"]["init_args"]["weight"] == 3e5
    assert not any(isinstance(value, nn.Module) for value in (*model.hparams.values(), *model.hparams_initial.values()))


@pytest.mark.parametrize("kind", [Saves, Chooses])
def test_a_subclass_with_arguments_of_its_own_is_restored_from_its_file(
    tiny_weights: Weights, pair: PhotoPair, tmp_path: Path, kind: Any
) -> None:
    parts = {"backbone": VGG19(), "content": ContentLoss(), "style": StyleLoss(3e5), "color": ColorLoss()}
    canvas = {"canvas": Pixels(init="style")} if kind is Saves else {}
    model = kind(gain=3.0, **parts, **canvas)
    trainer = Trainer(max_steps=2, log_every_n_steps=1, **{**OPTIONS, "logger": CSVLogger(tmp_path, "", "")})
    trainer.fit(model, datamodule=pair)
    trainer.save_checkpoint(tmp_path / "run.ckpt")
    restored = kind.load_from_checkpoint(tmp_path / "run.ckpt")
    assert torch.equal(restored.image, model.image)
    assert (restored.gain, restored.style.weight) == (3.0, 3e5)
    assert kind.load_from_checkpoint(tmp_path / "run.ckpt", gain=4.0).gain == 4.0
    logged = yaml.safe_load((tmp_path / "hparams.yaml").read_text())
    assert (logged["gain"], logged["style"]) == (3.0, model.style.recorded)


def test_an_argument_that_a_subclass_has_not_saved_is_asked_for(
    tiny_weights: Weights, pair: PhotoPair, tmp_path: Path
) -> None:
    model = Forgets.paper(gain=3.0)
    trainer = Trainer(max_steps=2, **OPTIONS)
    trainer.fit(model, datamodule=pair)
    trainer.save_checkpoint(tmp_path / "run.ckpt")
    with pytest.raises(VerismError, match=r"does not record gain, .* pass gain=…"):
        Forgets.load_from_checkpoint(tmp_path / "run.ckpt")
    assert Forgets.load_from_checkpoint(tmp_path / "run.ckpt", gain=3.0).gain == 3.0


class Bent(StyleTransfer):
    """Takes an array, which no mapping can be compared with, and sets the learning rate before it saves."""

    def __init__(self, curve: np.ndarray[Any, Any], **parts: Any) -> None:
        super().__init__(**parts)
        self.curve, self.lr = curve, 0.5
        self.save_hyperparameters("curve")


def test_arguments_may_be_arrays(tiny_weights: Weights) -> None:
    """Of a subclass, which records none, and of the class itself, which records the numbers."""
    bent = Bent.paper(curve=np.array([1.0, 2.0]))
    assert bent.hparams["curve"] == "not recorded"
    assert bent.lr == 0.5
    model = StyleTransfer.paper(scales=np.array([32, 48]), shares=np.array([1, 2]))
    assert model.hparams["scales"] == [32, 48]
    assert model.hparams["shares"] == [1.0, 2.0]
    assert [type(size) for size in model.hparams["scales"]] == [int, int]
    weights: Any = np.array([2, 1])
    two = PhotoPair("mine.jpg", ["theirs.jpg", "another.jpg"], style_weights=weights)
    assert two.hparams["style_weights"] == [2.0, 1.0]


def test_restoring_warns_of_nothing(
    tiny_weights: Weights, pair: PhotoPair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of what jsonargparse has deprecated, which pyproject.toml excepts for Lightning's sake."""
    trainer = Trainer(max_steps=1, **OPTIONS)
    trainer.fit(StyleTransfer.paper(), datamodule=pair)
    trainer.save_checkpoint(tmp_path / "run.ckpt")
    monkeypatch.setenv("JSONARGPARSE_DEPRECATION_WARNINGS", "all")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        StyleTransfer.load_from_checkpoint(tmp_path / "run.ckpt")


def test_an_optimiser_is_made_when_there_are_parameters(tiny_weights: Weights) -> None:
    made = torch.optim.Adam(StyleTransfer.paper().canvas.parameters())
    with pytest.raises(VerismError, match=r"^optimizer: the canvas gets its parameters only when a fit starts; give a"):
        StyleTransfer.paper(optimizer=made)


@pytest.mark.parametrize("canvas", [Pixels, RegionalGrade, Lut3d, BilateralGrid])
def test_a_run_in_float64_is_restored_and_goes_on_without_rounding(
    tiny_weights: Weights, pair: PhotoPair, tmp_path: Path, canvas: Callable[[], Canvas]
) -> None:
    """To the last bit, in a module made anew and in one from the checkpoint; the latter also in another precision."""
    path = tmp_path / "run.ckpt"
    double, single = OPTIONS | {"precision": "64-true"}, OPTIONS | {"precision": "32-true"}
    model = StyleTransfer.paper(canvas=canvas())
    trainer = Trainer(max_steps=2, **double)
    trainer.fit(model, datamodule=pair)
    trainer.save_checkpoint(path)
    restored = StyleTransfer.load_from_checkpoint(path)
    assert restored.image.dtype == torch.float64
    assert torch.equal(restored.image, model.image)
    (figures,) = Trainer(**double).test(restored, datamodule=pair, verbose=False)
    assert figures == trainer.test(model, datamodule=pair, verbose=False)[0]
    straight = StyleTransfer.paper(canvas=canvas())
    Trainer(max_steps=4, **double).fit(straight, datamodule=pair)
    for resumed in (StyleTransfer.paper(canvas=canvas()), restored):
        Trainer(max_steps=4, **double).fit(resumed, datamodule=pair, ckpt_path=path)
        assert torch.equal(resumed.image, straight.image)
    for anew in (straight, StyleTransfer.load_from_checkpoint(path)):
        other = PhotoPair(pair.original, pair.look().pixels, size=40)
        Trainer(max_steps=2, **single).fit(anew, datamodule=other)
        torch.testing.assert_close(anew.image, model.image, rtol=0, atol=1e-4, check_dtype=False)


def test_a_network_that_was_rounded_is_used_for_nothing_finer(tiny_weights: Weights, pair: PhotoPair) -> None:
    model = StyleTransfer.paper()
    for _ in range(2):
        Trainer(max_steps=1, precision="bf16-true", **OPTIONS).fit(model, datamodule=PhotoPair(*pair.photos, size=40))
    with pytest.raises(VerismError, match="An earlier Trainer has rounded the network of this module to bfloat16: "):
        Trainer(max_steps=1, **OPTIONS).fit(model, datamodule=PhotoPair(*pair.photos, size=40))


@pytest.mark.parametrize("canvas", [Pixels, RegionalGrade])
def test_a_trainer_of_half_precision_predicts_the_photo_itself(
    tiny_weights: Weights, pair: PhotoPair, tmp_path: Path, canvas: Callable[[], Canvas]
) -> None:
    """Lightning rounds what it passes to ``predict_step``."""
    model = StyleTransfer.paper(canvas=canvas())
    trainer = Trainer(max_steps=2, **OPTIONS)
    trainer.fit(model, datamodule=pair)
    (expected,) = cast("list[Tensor]", trainer.predict(model, datamodule=pair))
    trainer.save_checkpoint(tmp_path / "run.ckpt")
    restored = StyleTransfer.load_from_checkpoint(tmp_path / "run.ckpt")
    half = Trainer(precision="bf16-true", **OPTIONS)
    (found,) = cast("list[Tensor]", half.predict(restored, datamodule=pair))
    # The canvas is rounded, too, to 8 bits, but not the photo.
    assert float((found - expected).abs().max()) < 0.02
    assert found.dtype == torch.float32


def test_starts_in_float32_whatever_type_the_caller_has_chosen(tiny_weights: Weights, pair: PhotoPair) -> None:
    images = []
    for dtype in (torch.float32, torch.float64):
        model = StyleTransfer.paper(canvas=Lut3d())
        torch.set_default_dtype(dtype)
        try:
            Trainer(max_steps=2, **OPTIONS).fit(model, datamodule=PhotoPair(*pair.photos, size=40))
        finally:
            torch.set_default_dtype(torch.float32)
        images.append(model.image)
    assert torch.equal(*images)


def test_a_fit_without_gradients_is_refused_and_all_else_is_not(tiny_weights: Weights, pair: PhotoPair) -> None:
    model = StyleTransfer.paper()
    with torch.inference_mode(), pytest.raises(VerismError, match=r"^fit: needs gradients, .* call it outside\.$"):
        Trainer(max_steps=2, **OPTIONS).fit(model, datamodule=pair)
    trainer = Trainer(max_steps=2, **OPTIONS)
    trainer.fit(model, datamodule=pair)
    with torch.inference_mode():
        trainer.test(model, datamodule=pair, verbose=False)


def test_a_pickled_module_keeps_its_image_and_its_photos(tiny_weights: Weights, pair: PhotoPair) -> None:
    model = StyleTransfer.paper()
    Trainer(max_steps=2, **OPTIONS).fit(model, datamodule=pair)
    copied = pickle.loads(pickle.dumps(model))  # It is our own.
    assert torch.equal(copied.image, model.image)
    assert torch.equal(copied.photos.content, pair.photos.content)
    assert copied.options == model.options


class Untyped(ColorLoss):
    def __init__(self, weight, step, *, rest=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204
        super().__init__(weight)
        self.step, self.rest = step, rest


def test_parts_without_type_hints_are_restored_and_those_that_cannot_be_are_asked_for(
    tiny_weights: Weights, pair: PhotoPair, tmp_path: Path
) -> None:
    class Local(ColorLoss):
        pass

    for loss in (Untyped(2.0, 3, rest=[1]), Local(2.0)):  # type: ignore[no-untyped-call]
        model = StyleTransfer.paper(losses={"more": loss})
        trainer = Trainer(max_steps=1, **OPTIONS)
        trainer.fit(model, datamodule=pair)
        trainer.save_checkpoint(tmp_path / f"{type(loss).__name__}.ckpt")
    trust = [__name__.partition(".")[0]]
    restored = StyleTransfer.load_from_checkpoint(tmp_path / "Untyped.ckpt", trust=trust).losses["more"]
    assert isinstance(restored, Untyped)
    assert (restored.weight, restored.step, restored.rest) == (2.0, 3, [1])
    with pytest.raises(VerismError, match=r"(?s)cannot be built here .* such as losses=…"):
        StyleTransfer.load_from_checkpoint(tmp_path / "Local.ckpt", trust=trust)
    assert set(StyleTransfer.load_from_checkpoint(tmp_path / "Local.ckpt", losses={}).losses) == {"content", "style"}


def test_an_older_run_from_python_is_restored_with_its_parts(
    tiny_weights: Weights, pair: PhotoPair, tmp_path: Path
) -> None:
    """Its checkpoint records the weights alone."""
    model = StyleTransfer.paper()
    trainer = Trainer(max_steps=2, **OPTIONS)
    trainer.fit(model, datamodule=pair)
    trainer.save_checkpoint(tmp_path / "run.ckpt")
    found = dict(checkpoint.read(tmp_path / "run.ckpt"))
    found["hyper_parameters"] = {"backbone": dict(model.backbone.identity)}
    torch.save(found, tmp_path / "old.ckpt")
    assert torch.equal(StyleTransfer.load_from_checkpoint(tmp_path / "old.ckpt", canvas=Pixels()).image, model.image)
    with pytest.raises(VerismError, match="pass the parts"):
        StyleTransfer.load_from_checkpoint(tmp_path / "old.ckpt")


def test_loggers_get_the_options_of_a_run_from_python(tiny_weights: Weights, pair: PhotoPair, tmp_path: Path) -> None:
    """In sections as ``hparams.yaml``, and as a flat list on TensorBoard's HParams page, without hashes."""
    model = StyleTransfer.paper(style=StyleLoss(3e5))
    made = loggers(tmp_path)
    Trainer(max_steps=2, log_every_n_steps=1, **{**OPTIONS, "logger": made}).fit(model, datamodule=pair)
    for logger in made:
        options = yaml.safe_load(Path(str(logger.log_dir), "hparams.yaml").read_text())
        assert options["style"]["init_args"]["weight"] == 3e5
        assert options["optimizer"] == {
            "class_path": "torch.optim.Adam",
            "init_args": {**options["optimizer"]["init_args"], "lr": 0.01},
        }
        assert options["data"]["size"] == pair.size
        assert options["trainer"]["max_steps"] == 2
    accumulator = EventAccumulator(str(made[1].log_dir)).Reload()
    plugin = accumulator.PluginTagToContent("hparams")
    listed = metadata.parse_session_start_info_plugin_data(plugin[metadata.SESSION_START_INFO_TAG]).hparams
    assert listed["style.weight"].number_value == 3e5
    assert listed["backbone.activation"].string_value == "ReLU"
    assert not [name for name in listed if "sha256" in name or "class_path" in name]


@pytest.mark.parametrize("config", ["photoreal.yaml", "leaky.yaml"])
def test_tests_and_predicts_as_the_commands_do(
    config: str,
    tiny_weights: Weights,
    run: Callable[..., Path],
    photo_files: list[str],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """A run restored from its checkpoint; figures of the picture before it was rounded to 8 bits."""
    few = ("--trainer.max_steps", "2", "--data.size", "40", "--data.regions", "null")
    folder = run("--config", config, *photo_files, *few)
    capsys.readouterr()
    main(["test", str(folder)])
    said = [line.split(": ") for line in capsys.readouterr().out.splitlines()[1:]]
    model = StyleTransfer.load_from_checkpoint(folder / "checkpoints" / "last.ckpt")
    pair = PhotoPair(tmp_path / "content.png", tmp_path / "style.png", size=40)
    trainer = Trainer(**OPTIONS)
    picture = (trainer.predict(model, datamodule=pair) or [])[0]
    assert isinstance(picture, Tensor)
    written = images.read(folder / "result.png")
    assert float((picture - written).abs().max()) <= 0.5 / 255 + 1e-5
    (figures,) = trainer.test(model, datamodule=pair, verbose=False)
    assert figures == pytest.approx(
        {f"metrics/{name}": value for name, value in evaluate(picture, pair, model.reference).items()}, rel=1e-5
    )
    of_the_file = evaluate(written, pair, model.reference)
    assert {name.strip(): float(value) for name, value in said} == pytest.approx(of_the_file, rel=1e-5)
    # A checkpoint that the Trainer reads gives the same.
    fresh = StyleTransfer.paper(canvas=type(model.canvas)())
    (again,) = trainer.test(fresh, datamodule=pair, ckpt_path=folder / "checkpoints" / "last.ckpt", verbose=False)
    assert again == pytest.approx(figures, rel=1e-4)


@pytest.mark.slow
def test_other_photos_take_on_a_look_and_no_single_image(tiny_weights: Weights, pair: PhotoPair, style: Tensor) -> None:
    trainer = Trainer(max_steps=2, **OPTIONS)
    model = StyleTransfer.paper(canvas=RegionalGrade())
    trainer.fit(model, datamodule=pair)
    image = model.image
    assert isinstance(model.canvas, RegionalGrade)
    others: Any = [style]
    picture = (trainer.predict(model, dataloaders=DataLoader(others, batch_size=None)) or [])[0]
    assert torch.equal(torch.as_tensor(picture), Look(model.canvas).apply(style))
    trainer.test(model, datamodule=PhotoPair(style, pair.original, size=40), verbose=False)
    assert torch.equal(model.image, image)
    pixels = StyleTransfer.paper()
    trainer = Trainer(max_steps=1, **OPTIONS)
    trainer.fit(pixels, datamodule=pair)
    with pytest.raises(VerismError, match="holds one image"):
        trainer.predict(pixels, datamodule=PhotoPair(style, pair.original, size=40))


@pytest.mark.slow
def test_the_table_of_a_look_is_computed_once_for_all_photos(
    tiny_weights: Weights, pair: PhotoPair, style: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer(max_steps=2, **OPTIONS)
    model = StyleTransfer.paper(canvas=RegionalGrade())
    trainer.fit(model, datamodule=pair)
    photos = [style, style.flip(3)]
    computed = []
    plain = RegionalGrade.table

    def counted(canvas: RegionalGrade, content: Tensor) -> Tensor:
        computed.append(canvas)
        return plain(canvas, content)

    monkeypatch.setattr(RegionalGrade, "table", counted)
    loader: DataLoader[Tensor] = DataLoader(photos, batch_size=None)  # type: ignore[arg-type]
    found = trainer.predict(model, dataloaders=loader) or []
    assert len(computed) == 1
    assert isinstance(model.canvas, RegionalGrade)
    for photo, picture in zip(photos, found, strict=True):
        assert torch.equal(torch.as_tensor(picture), Look(model.canvas).apply(photo))
    # Not that of an earlier state of the canvas.
    with torch.no_grad():
        next(model.canvas.parameters()).add_(0.05)
    (later, _) = trainer.predict(model, dataloaders=loader) or []
    assert not torch.equal(torch.as_tensor(later), torch.as_tensor(found[0]))


@pytest.mark.slow
def test_finds_a_learning_rate(tiny_weights: Weights, pair: PhotoPair, tmp_path: Path) -> None:
    trainer = Trainer(max_steps=2, default_root_dir=tmp_path, **OPTIONS)
    model = StyleTransfer.paper()
    assert model.lr == 0.01
    finder = Tuner(trainer).lr_find(model, datamodule=pair, num_training=20, early_stop_threshold=None)
    assert finder is not None
    assert len(finder.results["loss"]) == 20
    assert len(set(finder.results["loss"])) > 10
    assert model.lr == finder.suggestion() != 0.01
    # The search has left nothing behind: the run starts from the photos, at the rate that was found.
    assert (
        torch.equal(model.image, StyleTransfer.paper().image)
        or float((model.image - pair.photos.content).abs().max()) < 1e-6
    )
    trainer.fit(model, datamodule=pair)
    assert trainer.global_step == 2
    assert [group["lr"] for group in trainer.optimizers[0].param_groups] == [model.lr]


def cosine(optimizer: Optimizer) -> LRScheduler:
    return CosineAnnealingLR(optimizer, T_max=4)


def plateau(optimizer: Optimizer) -> LRScheduler:
    # Nothing is ever better than the first.
    return ReduceLROnPlateau(optimizer, factor=0.5, patience=0, threshold=1e9, threshold_mode="abs")


def monitoring(optimizer: Optimizer) -> LRScheduler:
    return MonitoringPlateau(optimizer, "loss/content", factor=0.5, patience=0, threshold=1e9, threshold_mode="abs")


COSINE = [0.01, 0.01 * (1 + 2**-0.5) / 2, 0.005, 0.01 * (1 - 2**-0.5) / 2]


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [(cosine, COSINE), (plateau, [0.01, 0.01, 0.005, 0.0025]), (monitoring, [0.01, 0.01, 0.005, 0.0025])],
)
def test_a_scheduler_changes_the_rate_after_every_step(
    schedule: Callable[[Optimizer], LRScheduler], rates: list[float], tiny_weights: Weights, pair: PhotoPair
) -> None:
    class Rates(Callback):
        def __init__(self) -> None:
            self.seen: list[float] = []

        def on_before_optimizer_step(self, trainer: Trainer, module: Any, optimizer: Optimizer) -> None:
            self.seen.append(optimizer.param_groups[0]["lr"])

    seen = Rates()
    trainer = Trainer(max_steps=4, log_every_n_steps=1, callbacks=[seen], **OPTIONS)
    trainer.fit(StyleTransfer.paper(lr_scheduler=schedule), datamodule=pair)
    assert seen.seen == pytest.approx(rates)


def test_a_scheduler_on_the_command_line(
    tiny_weights: Weights, run: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    adam = ("--optimizer", "torch.optim.Adam", "--optimizer.lr", "0.01")
    options = ("--config", "leaky.yaml", "--data.size", "40", "--trainer.log_every_n_steps", "1", *adam)
    schedule = ("--lr_scheduler", "torch.optim.lr_scheduler.CosineAnnealingLR", "--lr_scheduler.T_max", "4")
    watch = ("--trainer.callbacks+", "lightning.pytorch.callbacks.LearningRateMonitor")
    run(*options, *schedule, *watch, "--trainer.max_steps", "2")
    folder = run(*options, *schedule, *watch, "--trainer.max_steps", "4", "--ckpt_path", "last")
    rates = EventAccumulator(str(folder)).Reload().Scalars("lr-Adam")
    # The second half of the run goes on where the first has ended.
    assert [rate.value for rate in rates] == pytest.approx(COSINE[2:], rel=1e-5)
    model = StyleTransfer.load_from_checkpoint(folder / "checkpoints" / "last.ckpt")
    assert model.lr_scheduler is not None
    assert isinstance(model.lr_scheduler(model.optimizer(model.canvas.parameters())), CosineAnnealingLR)
    for wrong, sentence in (
        (("--lr_scheduler", "CosineAnnealingLR"), "T_max"),
        (("--lr_scheduler", "MultiplicativeLR", "--lr_scheduler.lr_lambda", "os.system"), "os.system"),
        (("--lr_scheduler", "CyclicLR", "--lr_scheduler.base_lr", "1", "--lr_scheduler.max_lr", "2"), "--lr_scheduler"),
    ):
        with pytest.raises(SystemExit, match="2"):
            run(*options, *wrong, "--optimizer", "torch.optim.Adadelta")
        said = capsys.readouterr().err
        assert said.startswith("verism: ")
        assert sentence in said


def see(logger: Logger, pair: PhotoPair) -> None:
    """Fit with what a run of the command line shows of itself."""
    callbacks = [Metrics(every_n_steps=2), Snapshots(every_n_steps=2), RegionMap()]
    trainer = Trainer(max_steps=4, log_every_n_steps=2, callbacks=callbacks, **OPTIONS | {"logger": logger})
    trainer.fit(StyleTransfer.paper(color=ColorLoss(1.0)), datamodule=pair)


@pytest.mark.slow
def test_a_table_has_the_figures_too(tiny_weights: Weights, pair: PhotoPair, tmp_path: Path) -> None:
    see(CSVLogger(tmp_path, name="csv"), pair)
    measured = [row for row in rows(tmp_path) if row["metrics/structure"]]
    assert [int(row["step"]) for row in measured] == [0, 2, 4]
    assert float(measured[0]["metrics/structure"]) == pytest.approx(1, abs=1e-3)
    assert [row["step"] for row in rows(tmp_path) if row["loss/total"]] == ["0", "2", "3"]


@pytest.mark.slow
def test_weights_and_biases(
    tiny_weights: Weights, pair: PhotoPair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wandb = pytest.importorskip("wandb", reason="needs wandb, which is in no extra")
    monkeypatch.setenv("WANDB_SILENT", "true")
    logger = WandbLogger(save_dir=tmp_path, project="verism", offline=True)
    try:
        see(logger, pair)
        summary = dict(logger.experiment.summary)
    finally:
        wandb.finish()
    assert {"loss/total", "loss/style", "metrics/structure", "photo/image"} <= set(summary)
    pictures = {path.parent.name + "/" + path.name.split("_")[0] for path in tmp_path.rglob("media/images/**/*.png")}
    assert {"compare/side", "photo/content", "photo/style", "photo/image"} <= pictures


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::UserWarning")
def test_mlflow(tiny_weights: Weights, pair: PhotoPair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mlflow", reason="needs mlflow, which is in no extra")
    # Its local file store is going to be replaced by a database.
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    logger = MLFlowLogger(tracking_uri=f"file:{tmp_path / 'store'}", experiment_name="verism")
    see(logger, pair)
    history = logger.experiment.get_metric_history(logger.run_id, "metrics/structure")
    assert [point.step for point in history] == [0, 2, 4]
    assert len(logger.experiment.get_metric_history(logger.run_id, "loss/total")) == 3
    pictures = [path for path in tmp_path.rglob("*side_by_side*") if path.suffix == ".png"]
    assert len(pictures) == 3
    assert Image.open(pictures[0]).height == pair.photos.content.shape[-2]
