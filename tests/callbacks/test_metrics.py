"""The measurements in the event file, and the hyperparameters beside them."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import yaml
from conftest import synthetic_photo
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata
from torch import Tensor, nn

from verism import images, step_option
from verism.backbone import VGG19
from verism.backbone.normalization import InputNormalization
from verism.metrics import NAMES, TOLD, Measure, blown, drift, lost

TAGS = {f"metrics/{name}" for name in NAMES}

OPTIONS = ("--metrics.every_n_steps", "2", "--trainer.max_steps", "5", "--trainer.precision", "32-true")


def test_every_tag_first_every_nth_and_last(events: Callable[..., EventAccumulator]) -> None:
    accumulator = events(*OPTIONS)
    scalars = accumulator.Tags()["scalars"]
    assert {tag for tag in scalars if tag.startswith("metrics/")} == TAGS
    assert "hp_metric" not in scalars
    for tag in TAGS:
        assert [event.step for event in accumulator.Scalars(tag)] == [0, 2, 4, 5], tag


def test_values_are_the_measures_of_the_first_and_the_last_image(
    events: Callable[..., EventAccumulator], tmp_path: Path
) -> None:
    """The network that measures is behind ReLU, whatever the run's."""
    accumulator = events(*OPTIONS, "--model.backbone.activation", "torch.nn.Tanh")
    content, style = (images.read(tmp_path / f"{name}.png") for name in ("content", "style"))
    measure = Measure(content, style, VGG19(activation=nn.ReLU(), pooling="max"))
    checkpoint = Path(accumulator.path, "checkpoints", "last.ckpt")
    pixels = torch.load(checkpoint, weights_only=True)["state_dict"]["canvas.pixels"]
    for name, value in measure(InputNormalization().inverse(pixels)).items():
        assert accumulator.Scalars(f"metrics/{name}")[-1].value == pytest.approx(value, rel=1e-4, abs=1e-6), name
    start = {name: accumulator.Scalars(f"metrics/{name}")[0].value for name in NAMES}
    assert start.pop("psnr") > 100  # Infinite, but for rounding.
    wanted: dict[str, float] = {"structure": 1, "sobel_ssim": 1, "ciede2000": 0, "style_distance": 1}
    wanted |= {"lost": 0, "blown": 0, "newly_clipped": 0, "pure_colors": 0}
    own = measure(content)
    wanted |= {"color_distance": 1} | {name: own[name] for name in ("drift", "sliced_wasserstein")}
    assert start == pytest.approx(wanted, rel=1e-4, abs=1e-4)


def test_beside_a_gpu_they_are_measured_while_the_run_goes_on(
    events: Callable[..., EventAccumulator], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The figures are the same, and those of the last image are there when they are needed."""
    at_once = events(*OPTIONS)
    plain, threads = Measure.__call__, []

    def watched(self: Measure, image: Tensor, rendered: Tensor | None = None) -> dict[str, float]:
        threads.append(threading.current_thread())
        return plain(self, image, rendered)

    monkeypatch.setattr(Measure, "__call__", watched)
    monkeypatch.setattr(step_option, "DEVICE", "cpu")
    meanwhile = events(*OPTIONS, "--model.capture", "false", "--model.tile", "null")
    assert len(threads) == 4
    assert threading.main_thread() not in threads
    for tag in TAGS:
        one, other = ([(it.step, it.value) for it in log.Scalars(tag)] for log in (at_once, meanwhile))
        assert one == other, tag
    said = [it for it in caplog.messages if it.startswith("  drift ")]
    assert len(said) == 2
    assert said[0] == said[1]


def test_a_brief_measurement_is_of_the_last_image_and_of_what_is_told(
    events: Callable[..., EventAccumulator], caplog: pytest.LogCaptureFixture
) -> None:
    whole = events(*OPTIONS)
    accumulator = events(*OPTIONS, "--metrics.brief", "true")
    names = ("drift", "style distance")
    assert [caplog.text.count(f"  {name} ") for name in names] == [2, 1]
    tags = {f"metrics/{name}" for name in TOLD}
    assert {tag for tag in accumulator.Tags()["scalars"] if tag.startswith("metrics/")} == tags
    for tag in tags:
        (last,) = accumulator.Scalars(tag)
        assert last.step == 5
        assert last.value == whole.Scalars(tag)[-1].value
    plugin = accumulator.PluginTagToContent("hparams")
    experiment = metadata.parse_experiment_plugin_data(plugin[metadata.EXPERIMENT_TAG])
    assert {info.name.tag for info in experiment.metric_infos} == tags


def test_drift_is_measured_within_the_masks(events: Callable[..., EventAccumulator], tmp_path: Path) -> None:
    """The same run with masks measures less drift at the start: they explain some of the photo's own."""
    left = torch.zeros(1, 3, 48, 64)
    left[..., :32] = 1
    files = [tmp_path / f"{name}_mask.png" for name in ("content", "style")]
    images.write(files[0], left, {})
    images.write(files[1], images.resize(left, (56, 40)).round(), {})
    masks = ("--data.content_mask", str(files[0]), "--data.style_mask", str(files[1]))
    whole, within = (events(*OPTIONS, *options).Scalars("metrics/drift")[0].value for options in ((), masks))
    content = images.read(tmp_path / "content.png")
    regions = torch.cat([left[:, :1] > 0, left[:, :1] == 0], dim=1)
    assert whole == pytest.approx(float(drift(content, content)), rel=1e-4)
    assert within == pytest.approx(float(drift(content, content, regions)), rel=1e-4)
    assert within < whole


def test_detail_is_measured_in_what_is_rendered(events: Callable[..., EventAccumulator], tmp_path: Path) -> None:
    """A grid that is fitted at 32 pixels is rendered over the photo, which has the detail; the figures are those of it.

    Of the result, but for its 8 bits and for rendering at a short side of 320 pixels.
    """
    content = synthetic_photo(240, 300, seed=1)
    images.write(tmp_path / "content.png", content, {})
    grid = ("--model.canvas", "BilateralGrid", "--model.canvas.init", "monge_kantorovich", "--data.size", "32")
    accumulator = events(*OPTIONS, *grid)
    result = images.read(Path(accumulator.path) / "result.png")
    logged = {name: accumulator.Scalars(f"metrics/{name}")[-1].value for name in ("drift", "lost", "blown")}
    assert logged["drift"] == pytest.approx(float(drift(result, content)), rel=0.005)
    assert logged["lost"] == pytest.approx(float(lost(result, content)), abs=0.02)
    assert logged["blown"] == pytest.approx(float(blown(result, content)), abs=0.02)
    small, coarse = (images.resize(photo, (32, 40)) for photo in (result, content))
    assert logged["drift"] != pytest.approx(float(drift(small, coarse)), rel=0.015)


def test_hyperparameters_stand_beside_the_metrics(events: Callable[..., EventAccumulator], tmp_path: Path) -> None:
    accumulator = events(*OPTIONS, "--model.content.weight", "20", "--model.backbone.activation", "torch.nn.Tanh")
    plugin = accumulator.PluginTagToContent("hparams")
    experiment = metadata.parse_experiment_plugin_data(plugin[metadata.EXPERIMENT_TAG])
    assert {info.name.tag for info in experiment.metric_infos} == TAGS
    hparams = metadata.parse_session_start_info_plugin_data(plugin[metadata.SESSION_START_INFO_TAG]).hparams
    assert {info.name for info in experiment.hparam_infos} == set(hparams)
    numbers = {"content.weight": 20, "data.size": 600, "trainer.max_steps": 5}
    assert {name: hparams[name].number_value for name in numbers} == numbers
    strings = {
        "Photos": "content-style",
        "backbone.weights": "tiny",
        "backbone.activation": "Tanh",
        "canvas.init": "content",
        "trainer.precision": "32-true",
    }
    assert {name: hparams[name].string_value for name in strings} == strings
    # Neither hashes nor what was left open, and the photos first.
    assert not [name for name in hparams if re.search("sha256|inplace|class_path|_mask|losses", name)]
    assert sorted(hparams)[0] == "Photos"


def test_hyperparameters_are_in_the_runs_folder(events: Callable[..., EventAccumulator], tmp_path: Path) -> None:
    folder = events(*OPTIONS, "--model.content.weight", "20").path
    saved = yaml.safe_load(Path(folder, "hparams.yaml").read_text())
    assert saved["content"]["weight"] == 20
    assert saved["backbone"]["init_args"]["weights"] == "tiny"
    assert saved["data"]["content"] == str(tmp_path / "content.png")
    assert saved["trainer"] == {"max_steps": 5, "precision": "32-true"}
