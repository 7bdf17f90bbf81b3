"""What a config or a checkpoint may name: nothing is imported, and nothing built, that an option is not for."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from jsonargparse import ArgumentParser
from torch import nn

import verism
from verism import trust
from verism.backbone.weights import Weights
from verism.checkpoint import canvas_state, read
from verism.cli import main
from verism.commands.options import FitOptions
from verism.errors import VerismError
from verism.module import StyleTransfer

STRANGER = '''
"""Says that it was imported."""

from pathlib import Path

from lightning.pytorch import Callback
from torch import nn

from verism import Pixels
from verism.losses import ContentLoss

Path(__file__).with_name("imported").touch()


class Diary(Callback):
    """A callback."""


class Mine(Pixels):
    """A canvas."""


class png(nn.Identity):
    """An activation with the name of a photo's ending."""


def print_it(*args: object) -> None:
    """A function."""
'''


@pytest.fixture
def imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is there once a stranger's module, ``stranger``, was imported; the folder has a config too."""
    folder = tmp_path / "strange"
    folder.mkdir()
    (folder / "stranger.py").write_text(STRANGER)
    monkeypatch.syspath_prepend(str(folder))
    importlib.invalidate_caches()
    monkeypatch.delitem(sys.modules, "stranger", raising=False)
    return folder / "imported"


def config(folder: Path, options: Any) -> str:
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(options))
    return str(path)


def callback(**options: Any) -> dict[str, Any]:
    return {"trainer": {"callbacks": [{"class_path": "LambdaCallback", "init_args": options}]}}


LAUNCHER = {
    "class_path": "torch.distributed.launcher.api.elastic_launch",
    "init_args": {
        "config": {
            "class_path": "torch.distributed.launcher.api.LaunchConfig",
            "init_args": {"min_nodes": 1, "max_nodes": 1, "nproc_per_node": 1},
        },
        "entrypoint": "touch",
    },
}
"""What starts a program when it is called, in torch."""

STRANGE: dict[str, tuple[Any, str]] = {
    "a function of the system": (callback(on_fit_start="os.system"), "trainer.callbacks: names os.system, .* leave it"),
    "by another name": (callback(on_fit_start="torch.os.system"), "trainer.callbacks: names posix.system, .* leave it"),
    "in its full form": (
        {"trainer": {"callbacks": {"class_path": "lightning.pytorch.callbacks.LambdaCallback"}}}
        | callback(on_fit_end="subprocess.Popen"),
        "trainer.callbacks: names subprocess.Popen",
    ),
    "a function of torch's": (
        callback(on_fit_start="torch.utils.collect_env.run"),
        "trainer.callbacks.on_fit_start: names torch.utils.collect_env.run, .* --trust torch",
    ),
    "a class that starts programs": (
        callback(on_fit_start=LAUNCHER),
        "trainer.callbacks.on_fit_start: names torch.distributed.launcher.*elastic_launch",
    ),
    "a callback of somebody's": (
        {"trainer": {"callbacks": "stranger.Diary"}},
        "trainer.callbacks: names stranger.Diary, .* --trust stranger",
    ),
    "in a list": (
        {"trainer": {"callbacks": ["EarlyStopping", {"class_path": "stranger.Diary"}]}},
        "trainer.callbacks: names stranger.Diary",
    ),
    "an activation": (
        {"model": {"backbone": {"activation": "stranger.png"}}},
        "model.backbone.*: names stranger.png",
    ),
    "a function as an activation": (
        {"model": {"backbone": {"activation": "os.system"}}},
        "model.backbone.*: names os.system",
    ),
    "a module of torch's that is none": (
        {"model": {"backbone": {"activation": {"class_path": "torch.jit.ScriptModule"}}}},
        "model.backbone.activation: names torch.jit.ScriptModule",
    ),
    "an optimiser": ({"optimizer": "stranger.Diary"}, "optimizer: names stranger.Diary"),
    "an optimiser's function": ({"optimizer": {"class_path": "os.system"}}, "optimizer: names os.system"),
    "a loss": ({"model": {"losses": {"more": "stranger.Diary"}}}, "model.losses.*: names stranger.Diary"),
    "a part within a part": (
        {"model": {"canvas": {"class_path": "Lut3d", "init_args": {"space": "stranger.png"}}}},
        "model.canvas.*: names stranger.png",
    ),
    "a logger": ({"trainer": {"logger": {"class_path": "stranger.Diary"}}}, "trainer.logger: names stranger.Diary"),
    "a strategy": (
        {"trainer": {"strategy": {"class_path": "stranger.Diary"}}},
        "trainer.strategy: names stranger.Diary",
    ),
    "a plugin": ({"trainer": {"plugins": ["stranger.Diary"]}}, "trainer.plugins: names stranger.Diary"),
    "a plugin that unpickles": (
        {"trainer": {"plugins": [{"class_path": "lightning.fabric.plugins.TorchCheckpointIO"}]}},
        "trainer.plugins: names lightning.fabric.plugins.*TorchCheckpointIO",
    ),
    "a profiler": (
        {"trainer": {"profiler": {"class_path": "stranger.Diary"}}},
        "trainer.profiler: names stranger.Diary",
    ),
    "where anything goes": (
        {
            "trainer": {
                "logger": {
                    "class_path": "lightning.pytorch.loggers.CometLogger",
                    "init_args": {"experiment_kwargs": {"class_path": "os.system"}},
                }
            }
        },
        "",
    ),
}


@pytest.mark.parametrize("name", STRANGE)
def test_a_config_names_what_the_option_is_not_for(
    name: str, imported: Path, run: Callable[..., Path], tiny_weights: Weights, capsys: pytest.CaptureFixture[str]
) -> None:
    options, said = STRANGE[name]
    with pytest.raises(SystemExit) as caught:
        run("--config", config(imported.parent, options), "--trainer.max_steps", "1")
    assert caught.value.code == 2
    *_, last = capsys.readouterr().err.strip().splitlines()
    assert not imported.exists()
    assert not list(Path.cwd().iterdir())
    expected = rf"^verism: --{said}" if said else "^verism: "
    assert re.search(expected, last), last


def test_trust_lets_a_config_name_a_package(imported: Path, run: Callable[..., Path], tiny_weights: Weights) -> None:
    options = {"model": {"canvas": "stranger.Mine"}, **callback(on_fit_start="stranger.print_it")}
    folder = run("--config", config(imported.parent, options), "--trainer.max_steps", "1", "--trust=stranger")
    assert imported.exists()
    assert "stranger.Mine" in (folder / "config.yaml").read_text()


def test_a_class_on_the_command_line_is_the_users_own(
    imported: Path, run: Callable[..., Path], tiny_weights: Weights
) -> None:
    run("--model.canvas", "stranger.Mine", "--trainer.callbacks+=stranger.Diary", "--trainer.max_steps", "1")
    assert imported.exists()


def test_a_file_on_the_command_line_is_no_class(
    imported: Path, run: Callable[..., Path], tiny_weights: Weights
) -> None:
    """A photo of the user's may have the name of a module that came with the config."""
    options = {"model": {"backbone": {"activation": "stranger.png"}}}
    with pytest.raises(SystemExit, match="2"):
        run("--config", config(imported.parent, options), "--output.path", "stranger.png")
    assert not imported.exists()
    Path("stranger.png").touch()
    with pytest.raises(SystemExit, match="2"):
        run("--config", config(imported.parent, options), "--model.canvas.init", "stranger.png")
    assert not imported.exists()


def test_a_config_cannot_trust(imported: Path, run: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run("--config", config(imported.parent, {"trust": ["stranger"], "model": {"canvas": "stranger.Mine"}}))
    assert not imported.exists()


def test_files_of_options_are_configs_too(imported: Path, run: Callable[..., Path], tiny_weights: Weights) -> None:
    path = imported.with_name("canvas.yaml")
    path.write_text("class_path: stranger.Mine\n")
    with pytest.raises(SystemExit, match="2"):
        run("--model.canvas", str(path))
    assert not imported.exists()


@pytest.mark.parametrize("package", ["", "--open", "my losses", "a..b", "jsonargparse", "jsonargparse.typing"])
def test_what_cannot_be_trusted(package: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["doctor", "--trust", package])
    assert "verism: --trust" in capsys.readouterr().err


def test_a_sweep_is_a_config(
    imported: Path, run: Callable[..., Path], photo_files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    photos = dict(zip(("content", "style"), photo_files[1::2], strict=True))
    (imported.parent / "base.yaml").write_text(yaml.safe_dump({"data": photos}))
    grids = ({"model.canvas": ["Pixels", "stranger.Mine"]}, {"model.canvas": [{"class_path": "stranger.Mine"}]})
    for grid in grids:
        sweep = config(imported.parent, {"base": "base.yaml", "grid": grid})
        with pytest.raises(SystemExit, match="2"):
            main(["sweep", "--config", sweep, "--dry_run"])
        assert "--model.canvas: names stranger.Mine, " in capsys.readouterr().err
    assert not imported.exists()
    sweep = config(imported.parent, {"base": "base.yaml", "grid": {}, "executor": "stranger.Mine"})
    with pytest.raises(SystemExit, match="2"):
        main(["sweep", "--config", sweep, "--dry_run"])
    assert "--executor: names stranger.Mine, " in capsys.readouterr().err
    assert not imported.exists()


def strange_run(run: Callable[..., Path], imported: Path) -> Path:
    """A run of ``stranger.Mine``, and the module forgotten since."""
    folder = run("--model.canvas", "stranger.Mine", "--trainer.max_steps", "1")
    imported.unlink()
    del sys.modules["stranger"]
    return folder


def test_a_checkpoint_is_a_config(
    imported: Path, run: Callable[..., Path], tiny_weights: Weights, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = strange_run(run, imported)
    written = ("--output.path", "again.png")
    for command in (["render", str(folder), *written], ["figures", str(folder)]):
        with pytest.raises(SystemExit, match="2"):
            main(command)
        assert "canvas: names stranger.Mine, " in capsys.readouterr().err
        assert not imported.exists()
    file = folder / "checkpoints" / "last.ckpt"
    with pytest.raises(VerismError, match="names stranger"):
        StyleTransfer.load_from_checkpoint(file)
    assert not imported.exists()
    restored = StyleTransfer.load_from_checkpoint(file, trust=["stranger"])
    assert imported.exists()
    assert torch.equal(restored.canvas.state_dict()["pixels"], canvas_state(read(file))["pixels"])
    main(["render", str(folder), *written, "--trust", "stranger"])
    assert Path("again.png").is_file()


def test_from_python(
    imported: Path, run: Callable[..., Path], photo_files: list[str], tiny_weights: Weights, tmp_path: Path
) -> None:
    content, style = photo_files[1::2]
    strange = config(imported.parent, {"model": {"canvas": "stranger.Mine"}})
    few: dict[str, Any] = {"trainer.max_steps": 1, "progress": False}
    with pytest.raises(VerismError, match="names stranger"):
        verism.stylize(content, style, strange, **few)
    assert not imported.exists()
    verism.stylize(content, style, strange, trust=["stranger"], **few)
    verism.stylize(content, style, "leaky", **few, model={"canvas": {"class_path": "stranger.Mine"}})
    assert imported.exists()


@pytest.mark.slow
def test_the_policy_of_another_program_is_left_alone(imported: Path) -> None:
    with trust.limited(["stranger"]), trust.limited():
        FitOptions().read(["--data.content=a.png", "--data.style=b.png", "--model.canvas=stranger.Mine"])
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--part", type=nn.Module)
    assert parser.parse_args(["--part=stranger.png"]).part.class_path == "stranger.png"


def test_objects_that_no_option_is_for() -> None:
    with pytest.raises(VerismError, match=r"names (posix|nt)\.system"):
        trust.check({"callback": {"class_path": "verism.Pixels", "init_args": {"init": os.system}}})
    with pytest.raises(VerismError, match=r"--a: names torch\.nothing"):
        trust.check({"a": [{"class_path": "torch.nothing"}]})
    trust.check({"a": [{"class_path": "torch.optim.Adam"}], "b": {"class_path": "torch.nn.ReLU"}, "c": None})


def test_a_slip_in_ones_own_file_is_one_sentence(
    tiny_weights: Weights,
    run: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "slipped.py").write_text("x = 1\nclass Grain:: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SystemExit, match="2"):
        run("--config", "leaky.yaml", "--model.losses.grain", "slipped.Grain")
    assert re.search(r"verism: \S+slipped.py, line 2: invalid syntax\.\n$", capsys.readouterr().err)
