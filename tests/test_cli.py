"""The command line, driven in-process."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from conftest import CONFIGS
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor

import verism
from verism import images
from verism.backbone.weights import Weights
from verism.cli import COMMANDS, EXAMPLE, locate, main
from verism.errors import VerismError
from verism.losses import MomentsLoss, SlicedWassersteinLoss
from verism.losses.regional import RegionalLoss
from verism.module import StyleTransfer

STEPS = ("--trainer.max_steps", "2")

FIT_CONFIGS = sorted(path for path in CONFIGS.rglob("*.yaml") if path.parent != CONFIGS / "sweeps")


@pytest.fixture(autouse=True)
def tiny(tiny_weights: Weights) -> None:
    """Every run here is with the tiny backbone."""


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> list[StyleTransfer]:
    """Every model that is fitted."""
    fitted = []
    plain = StyleTransfer.on_fit_start

    def watched(self: StyleTransfer) -> None:
        fitted.append(self)
        plain(self)

    monkeypatch.setattr(StyleTransfer, "on_fit_start", watched)
    return fitted


@pytest.mark.parametrize("option", ["--version", "-v"])
def test_version(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([option])
    assert capsys.readouterr().out == f"{verism.__version__}\n"


@pytest.mark.parametrize("args", [[], ["--help"], ["help"]])
def test_help_lists_the_commands(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(args)
    text = capsys.readouterr().out
    assert re.findall(r"\n    (\w+)  +\w", text) == list(COMMANDS)
    # However it is wrapped.
    assert all(purpose in " ".join(text.split()) for _, purpose in COMMANDS.values())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("rnu", "rnu: no such command, photo or folder; did you mean run?"),
        ("predcit", "predcit: no such command, photo or folder; did you mean predict?"),
        (
            "holiday",
            f"holiday: no such command, photo or folder; {EXAMPLE}.",
        ),
        ("previw", "previw: no such command; did you mean verism mine.jpg --preview?"),
        ("preview", "preview: no such command; did you mean verism mine.jpg --preview?"),
        (
            "--tone=1",
            "--tone=1: photos come first, and options after them: verism mine.jpg theirs.jpg --preview",
        ),
    ],
)
def test_an_unknown_command(name: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([name, "mine.jpg"])
    assert capsys.readouterr().err == f"verism: {said}\n"


def test_names_with_spaces_need_quotes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Trip 2026").mkdir()
    for name in ("Trip 2026/IMG 001.jpg", "beacon.jpg", "tri.py"):
        Path(name).touch()
    with pytest.raises(SystemExit, match="2"):
        main(["Trip", "2026/IMG", "001.jpg", "beacon.jpg"])
    said = capsys.readouterr().err
    assert said == "verism: Trip: names with spaces need quotes: verism 'Trip 2026/IMG 001.jpg' beacon.jpg\n"


def test_photos_that_come_last_are_put_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "b c.jpg"):
        (tmp_path / name).touch()
    with pytest.raises(SystemExit, match="2"):
        main(["--output.strength", "0.6", "a.jpg", "b c.jpg", "--preview"])
    assert capsys.readouterr().err == (
        "verism: --output.strength: photos come first, and options after them: verism a.jpg 'b c.jpg' "
        "--output.strength 0.6 --preview\n"
    )
    with pytest.raises(SystemExit, match="2"):
        main(["-o", "x.jpg", "a.jpg", "b c.jpg"])
    assert capsys.readouterr().err == (
        "verism: -o: photos come first, and options after them: verism a.jpg 'b c.jpg' --output.path x.jpg\n"
    )


def test_flags_reach_the_parts(run: Callable[..., Path], models: list[StyleTransfer]) -> None:
    run(
        *STEPS,
        *("--model.backbone.activation", "torch.nn.LeakyReLU", "--model.backbone.activation.negative_slope", "0.3"),
        *("--model.backbone.pooling", "max"),
        *("--model.content.weight", "1e4", "--model.content.layers", "{relu4_2: 2}"),
        *("--model.style.weight", "1e5", "--model.style.layers", "{conv1_1: 1.5, conv3_1: 2}"),
        *("--model.style.normalization", "relative", "--model.color.weight", "1e3"),
        *("--optimizer", "torch.optim.LBFGS", "--optimizer.lr", "0.5"),
    )
    (model,) = models
    assert repr(model.backbone.activation) == "LeakyReLU(negative_slope=0.3)"
    assert isinstance(model.backbone.pool, torch.nn.MaxPool2d)
    assert {name: (loss.weight, loss.layers) for name, loss in model.losses.items()} == {
        "content": (1e4, {"relu4_2": 2}),
        "style": (1e5, {"conv1_1": 1.5, "conv3_1": 2}),
        "color": (1e3, {"input": 1.0}),
    }
    optimizer = model.optimizers()
    assert isinstance(optimizer.optimizer, torch.optim.LBFGS)  # type: ignore[union-attr]
    assert optimizer.optimizer.defaults["lr"] == 0.5  # type: ignore[union-attr]


def test_losses_beside_the_methods_own_are_named_logged_and_saved(
    run: Callable[..., Path], models: list[StyleTransfer]
) -> None:
    folder = run(
        *STEPS,
        *("--model.losses.sharpness", "parts.Sharpness", "--model.losses.sharpness.weight", "2"),
        *("--model.losses.tone", "MomentsLoss", "--model.losses.tone.layers", "{conv2_1: 2}"),
    )
    assert list(models[0].losses) == ["content", "style", "sharpness", "tone"]
    assert (models[0].losses["sharpness"].weight, models[0].losses["tone"].layers) == (2, {"conv2_1": 2})
    events = EventAccumulator(str(folder))
    events.Reload()
    tags = {tag for tag in events.Tags()["scalars"] if "sharpness" in tag or "tone" in tag}
    layers = ("sharpness/conv1_1", "sharpness/conv3_1", "tone/conv2_1")
    assert tags == {
        *(f"{kind}/{name}" for kind in ("loss", "weighted") for name in ("sharpness", "tone")),
        *(f"{kind}/{layer}" for kind in ("terms", "weighted_terms") for layer in layers),
    }
    again = run("--config", str(folder / "config.yaml"), "--trust", "parts")
    assert torch.equal(images.read(folder / "result.png"), images.read(again / "result.png"))


def test_other_losses_take_the_places_of_style_and_colour(
    run: Callable[..., Path], models: list[StyleTransfer]
) -> None:
    run(
        *STEPS,
        *("--model.style", "SlicedWassersteinLoss", "--model.style.layers", "{conv2_1: 2}", "--model.style.seed", "5"),
        *("--model.color", "verism.MomentsLoss", "--model.color.weight", "3"),
    )
    style, color = (models[0].losses[name] for name in ("style", "color"))
    assert isinstance(style, SlicedWassersteinLoss)
    assert (style.layers, style.seed) == ({"conv2_1": 2}, 5)
    assert isinstance(color, MomentsLoss)
    assert (color.layers, color.weight) == ({"input": 1.0}, 3)


@pytest.mark.parametrize("activation", ["Tanh", "ELU", "ReLU", "Softplus"])
def test_any_elementwise_activation(run: Callable[..., Path], models: list[StyleTransfer], activation: str) -> None:
    run(*STEPS, "--model.backbone.activation", f"torch.nn.{activation}")
    assert type(models[0].backbone.activation).__name__.endswith(activation)


@pytest.mark.slow
@pytest.mark.parametrize("config", FIT_CONFIGS, ids=lambda path: path.relative_to(CONFIGS).as_posix())
def test_every_config_runs(config: Path, run: Callable[..., Path], models: list[StyleTransfer]) -> None:
    """Found by its bare name from an empty folder; the photos are small, the weights tiny, two steps."""
    small = ("--data.size", "64", "--trainer.precision", "32-true")
    folder = run("--config", config.relative_to(CONFIGS).as_posix(), *STEPS, *small)
    assert (folder / "result.png").is_file()
    backbone = yaml.safe_load(config.read_text())["model"]["backbone"]
    # With the default class, its options stand there alone.
    declared = backbone.get("init_args", backbone)["activation"]["class_path"]
    assert type(models[0].backbone).__name__ == backbone.get("class_path", "VGG19")
    assert type(models[0].backbone.activation).__name__ == declared.rpartition(".")[2]


@pytest.mark.parametrize("config", FIT_CONFIGS, ids=lambda path: path.relative_to(CONFIGS).as_posix())
def test_every_config_is_complete(config: Path) -> None:
    """Runnable as it is: its photos exist, relative to it, and nothing that shapes the picture is left to defaults."""
    options = yaml.safe_load(config.read_text())
    for name in ("content", "style"):
        assert (config.parent / options["data"][name]).is_file()
    further = {"photorealism", "consistency"}
    assert {"canvas", "backbone", "content", "style", "color"} == set(options["model"]) - further
    assert {"size"} < set(options["data"])
    assert "max_steps" in options["trainer"]
    assert "lr" in options["optimizer"]["init_args"]
    assert config.read_text().startswith("# ")


def test_a_config_of_ones_own_comes_first_and_its_paths_are_relative_to_it(
    run: Callable[..., Path], tmp_path: Path, style: Tensor
) -> None:
    folder = tmp_path / "elsewhere"
    images.write(folder / "mine.png", style, {})
    (folder / "leaky.yaml").write_text("data: {style: mine.png}\nsnapshots: {every_n_steps: 7}\n")
    saved = yaml.safe_load((run("--config", str(folder / "leaky.yaml"), *STEPS) / "config.yaml").read_text())
    assert saved["data"]["style"] == str(folder / "mine.png")
    assert saved["snapshots"]["every_n_steps"] == 7


def mask(path: Path, size: tuple[int, int], lamp: int = 0) -> Path:
    """Black, the right half white, and in red a column of the left half, some pixels wide."""
    picture = Image.new("RGB", size)
    picture.paste("white", (size[0] // 2, 0, *size))
    picture.paste("red", (0, 0, lamp, size[1]))
    picture.save(path)
    return path


def test_masks_of_a_config_are_relative_to_it_and_the_saved_config_has_them(
    run: Callable[..., Path], models: list[StyleTransfer], tmp_path: Path
) -> None:
    mask(tmp_path / "c.png", (64, 48))
    mask(tmp_path / "s.png", (40, 56))
    (tmp_path / "own.yaml").write_text("data: {content_mask: c.png, style_mask: s.png}\n")
    first = run("--config", str(tmp_path / "own.yaml"), "--model.style.normalization", "relative", *STEPS)
    style = models[-1].compared["style"]
    assert isinstance(style, RegionalLoss)
    assert list(style.shares.values()) == [0.5, 0.5]
    saved = yaml.safe_load((first / "config.yaml").read_text())
    assert saved["data"]["content_mask"] == str(tmp_path / "c.png")
    again = run("--config", str(first / "config.yaml"))
    assert torch.equal(images.read(first / "result.png"), images.read(again / "result.png"))
    for option in ("content_mask", "style_mask", "mask_threshold"):
        del saved["data"][option]
    (tmp_path / "old.yaml").write_text(yaml.safe_dump(saved))
    old = run("--config", str(tmp_path / "old.yaml"))
    assert not isinstance(models[-1].compared["style"], RegionalLoss)
    assert not torch.equal(images.read(first / "result.png"), images.read(old / "result.png"))


def test_a_colour_of_one_mask_alone_is_left_out_if_the_threshold_says_so(
    run: Callable[..., Path], models: list[StyleTransfer], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, style = mask(tmp_path / "c.png", (64, 48)), mask(tmp_path / "s.png", (40, 56), lamp=4)
    options = (*STEPS, "--data.content_mask", str(content), "--data.style_mask", str(style))
    with pytest.raises(SystemExit, match="2"):
        run(*options)
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith(f"verism: {style}: #ff0000 covers 10.0% of it, but {content} has no such colour: paint it")
    assert error.endswith("--data.mask_threshold 0.1.")
    run(*options, "--data.mask_threshold", "0.1")
    loss = models[-1].compared["style"]
    assert isinstance(loss, RegionalLoss)
    assert float(loss.regions.style.float().mean(dim=(0, 2, 3)).sum()) == pytest.approx(0.9)


def test_the_saved_config_gives_the_same_image_again(run: Callable[..., Path]) -> None:
    first = run("--config=leaky.yaml", *STEPS, "--model.canvas.init", "noise", "--model.canvas.seed", "5")
    assert (first / "config.yaml").read_text().startswith(f"# verism=={verism.__version__}\n")
    again = run("--config", str(first / "config.yaml"))
    assert torch.equal(images.read(first / "result.png"), images.read(again / "result.png"))
    other = run("--config", str(first / "config.yaml"), "--model.canvas.seed", "6")
    assert not torch.equal(images.read(first / "result.png"), images.read(other / "result.png"))


def test_weights_and_their_hash_are_in_the_hyperparameters_and_the_checkpoint(
    run: Callable[..., Path], tiny_weights: Weights
) -> None:
    folder = run(*STEPS, "--model.backbone.activation", "torch.nn.Tanh")
    checkpoint = folder / "checkpoints" / "last.ckpt"
    # weights_only: hyperparameters of plain types, no code.
    saved = torch.load(checkpoint, weights_only=True)
    assert list(saved["state_dict"]) == ["canvas.pixels"]
    assert checkpoint.stat().st_size < 300_000
    assert saved["verism"]["backbone"] == {"weights": "tiny", "sha256": tiny_weights.sha256}
    for hparams in (saved["hyper_parameters"], yaml.safe_load((folder / "hparams.yaml").read_text())):
        assert hparams["backbone"]["class_path"] == "verism.VGG19"
        options = hparams["backbone"]["init_args"]
        assert options["weights"] == "tiny"
        assert options["sha256"] == tiny_weights.sha256
        assert options["activation"]["class_path"] == "torch.nn.Tanh"
        assert hparams["style"]["init_args"]["weight"] == 1e6


def test_weights_are_logged(run: Callable[..., Path], tiny_weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr("verism.commands.fit.rank_zero_info", said.append)
    run(*STEPS)
    assert said == ["Weights: tiny"]


def test_precision_is_the_fastest_unless_named(run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verism.precision.fastest", lambda accelerator: "bf16-mixed")
    for options, expected in (((), "bf16-mixed"), (("--trainer.precision", "32-true"), "32-true")):
        saved = yaml.safe_load((run(*STEPS, *options) / "config.yaml").read_text())
        assert saved["trainer"]["precision"] == expected


def test_a_run_without_a_logger_writes_only_its_result(run: Callable[..., Path], tmp_path: Path) -> None:
    options = ("--trainer.logger", "false", "--trainer.enable_checkpointing", "false")
    with pytest.raises(FileNotFoundError):  # No lightning_logs.
        run(*STEPS, *options)
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["result.html", "result.png"]


@pytest.mark.slow
def test_print_config(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["fit", "--config", "leaky.yaml", "--print_config"])
    printed = yaml.safe_load(capsys.readouterr().out)
    assert printed["model"]["backbone"]["class_path"] == "verism.VGG19"
    assert printed["model"]["backbone"]["init_args"]["activation"]["class_path"] == "torch.nn.LeakyReLU"
    assert Path(printed["data"]["content"]).is_file()


def descriptions(text: str) -> dict[str, str]:
    """Each option in a help, and the words behind it, up to the next option."""
    return dict(re.findall(r"\n  --([\w.]+) \S+((?:.*\n {10,})*.*)", text))


def test_help_explains_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["fit", "--help"])
    text = capsys.readouterr().out
    assert text.count("\n") < 760
    described = descriptions(text)
    for name in (
        *("data.content", "data.style", "data.size", "data.upscale", "output.path", "output.overwrite", "optimizer"),
        *("data.content_mask", "data.style_mask", "data.mask_threshold"),
        *("output.strength", "output.lut", "model.canvas", "model.backbone"),
        *("model.content.weight", "model.content.layers"),
        *("model.content.normalization", "model.style", "model.color", "model.photorealism", "snapshots.every_n_steps"),
        *("metrics.every_n_steps", "histograms.every_n_steps", "histograms.activations"),
    ):
        assert len(described[name].split()) > 3, f"--{name} is not explained"


@pytest.mark.parametrize("backbone", ["VGG19", "VGG16"])
def test_help_explains_every_backbone(backbone: str, capsys: pytest.CaptureFixture[str]) -> None:
    options = {"weights", "sha256", "activation", "activation.help", "pooling"}
    check_help("backbone", backbone, options, capsys)


@pytest.mark.parametrize(
    ("loss", "options"),
    [
        ("StyleLoss", {"weight", "layers", "normalization"}),
        ("ColorLoss", {"weight", "normalization"}),
        ("MomentsLoss", {"weight", "layers", "normalization"}),
        ("SlicedWassersteinLoss", {"weight", "layers", "normalization", "directions", "positions", "seed"}),
    ],
)
def test_help_explains_every_loss(loss: str, options: set[str], capsys: pytest.CaptureFixture[str]) -> None:
    check_help("color", loss, options, capsys)


GRADE = {"space", "space.help", "init", "smoothness", "departure", "folding", "out_of_range"}


@pytest.mark.parametrize(
    ("canvas", "options"),
    [
        ("Pixels", {"init", "seed", "finish", "finish_radius", "finish_epsilon"}),
        ("Lut3d", GRADE | {"size", "controls"}),
        (
            "BilateralGrid",
            GRADE | {"width", "height", "depth", "tone_smoothness", "contrast", "radius", "epsilon"},
        ),
    ],
)
def test_help_explains_every_canvas(canvas: str, options: set[str], capsys: pytest.CaptureFixture[str]) -> None:
    check_help("canvas", canvas, options, capsys)


def check_help(slot: str, part: str, options: set[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["fit", f"--model.{slot}.help", part])
    described = descriptions(capsys.readouterr().out)
    assert set(described) == {f"model.{slot}.{option}" for option in options}
    # Besides the type and the default.
    assert all(len(words.partition("(type:")[0].split()) >= 3 for words in described.values())


def test_args_of_the_process(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["verism", "fit", "--data.content"])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert "data.content" in capsys.readouterr().err


def test_resumes_from_a_checkpoint(run: Callable[..., Path], models: list[StyleTransfer]) -> None:
    whole = run("--trainer.max_steps", "4", "--trainer.precision", "32-true")
    half = run(*STEPS, "--trainer.precision", "32-true")
    checkpoint = half / "checkpoints" / "last.ckpt"
    rest = run("--trainer.max_steps", "4", "--trainer.precision", "32-true", "--ckpt_path", str(checkpoint))
    assert models[-1].trainer.global_step == 4
    torch.testing.assert_close(images.read(rest / "result.png"), images.read(whole / "result.png"))


def test_fewer_steps_than_a_checkpoint_has_are_refused(
    run: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = run(*STEPS) / "checkpoints" / "last.ckpt"
    with pytest.raises(SystemExit, match="2"):
        run("--trainer.max_steps", "1", "--ckpt_path", str(checkpoint))
    assert "--trainer.max_steps 1: the run to go on with has made 2 steps already." in capsys.readouterr().err


def test_a_checkpoint_of_other_weights_is_refused(
    run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tiny_weights: Weights, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = run(*STEPS) / "checkpoints" / "last.ckpt"
    other = Weights("other", "1" * 64, tiny_weights.kernels)

    def load(source: Any, network: Any) -> Weights:
        del source, network
        return other

    monkeypatch.setattr("verism.backbone.weights.load", load)
    with pytest.raises(SystemExit, match="2"):
        run("--trainer.max_steps", "4", "--ckpt_path", str(checkpoint))
    assert "was made with other weights, tiny of sha256 0000" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("macth.yaml", "match.yaml"),
        ("match.yml", "match.yaml"),
        ("Photoreel", "photoreal.yaml"),
        ("configs/macth.yaml", "match.yaml"),
        ("papr/leaky.yaml", "paper/leaky.yaml"),
        ("sweeps/slops.yaml", "sweeps/slopes.yaml"),
        ("mien.yaml", "mine.yaml"),
        ("own/mien.yaml", "own/mine.yml"),
    ],
)
def test_a_slip_in_the_name_of_a_config(
    wrong: str, right: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own").mkdir()
    for name in ("mine.yaml", "own/mine.yml", "macth.jpg"):
        Path(name).touch()
    with pytest.raises(VerismError) as caught:
        locate(wrong)
    assert str(caught.value) == f"{wrong}: no such config; did you mean {right}?"


@pytest.mark.parametrize("name", ["grey.yaml", "own/grey.yaml", "own", "", "."])
def test_no_config_is_made_up(name: str) -> None:
    with pytest.raises(
        VerismError, match=r"no such config; verism.s own are color\.yaml, .*, and those in paper/ and "
    ):
        locate(name)
