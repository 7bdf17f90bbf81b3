"""Input that is wrong: one sentence that names it, status 2, and nothing is written."""

from __future__ import annotations

import errno
import pickle
import re
import struct
import sys
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image
from processes import run as run_process
from safetensors.torch import save_file
from torch import Tensor

import verism
from verism import images
from verism.backbone.architecture import CONVOLUTIONS
from verism.backbone.weights import Weights
from verism.checkpoint import stamp
from verism.cli import main

pytestmark = pytest.mark.slow

PICTURE = Image.fromarray(np.linspace(0, 255, 40 * 50 * 3).reshape(40, 50, 3).astype(np.uint8))

RAN = "the code ran"


class Code:
    """A pickle that makes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path.with_name(RAN),))


def mask(path: Path) -> None:
    Image.new("RGB", (64, 48)).save(path)


def text(path: Path) -> None:
    path.write_text("this is text")


def empty(path: Path) -> None:
    path.touch()


def truncated(path: Path) -> None:
    PICTURE.save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def twin(path: Path) -> None:
    path.write_bytes(path.with_name("content.png").read_bytes())


def no_text(path: Path) -> None:
    path.write_bytes(b"\x00\xff\xfe\x01")


def one_pixel(path: Path) -> None:
    Image.new("RGB", (1, 1)).save(path)


def low(path: Path) -> None:
    Image.new("RGB", (100, 31)).save(path)


def claims(width: int, height: int) -> Callable[[Path], None]:
    """Return what writes a PNG file that says that it is of such a size, and holds nothing."""
    head = struct.pack(">II5B", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    body = b"".join(struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks)

    def write(path: Path) -> None:
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)

    return write


def sample(value: float) -> Callable[[Path], None]:
    """Return what writes a TIFF of floating-point samples, one of which has such a value."""

    def write(path: Path) -> None:
        samples = np.full((40, 50, 3), 0.5, np.float32)
        samples[3, 4, 1] = value
        tifffile.imwrite(path, samples, photometric="rgb")

    return write


def raw(path: Path) -> None:
    tifffile.imwrite(path, np.zeros((40, 50, 3), np.uint8), photometric="rgb", subfiletype=1, metadata=None)


def holds(content: object) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        torch.save(content, path)

    return write


def code(path: Path) -> None:
    path.write_bytes(pickle.dumps(Code(path)))


def code_in_a_checkpoint(path: Path) -> None:
    torch.save({"state_dict": {}, "hyper_parameters": {}, "verism": Code(path)}, path)


def misshapen(path: Path) -> None:
    first = CONVOLUTIONS[0].feature
    save_file({f"{first}.weight": torch.zeros(4, 3, 3, 3), f"{first}.bias": torch.zeros(4)}, path)


def holding(words: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_text(words)

    return write


RUN = {
    "global_step": 3,
    "hyper_parameters": {},
    "verism": stamp({"weights": "tiny", "sha256": "0" * 64}, {}),
}
"""What the checkpoint of a run holds, but for its state."""

FILES: Mapping[str, Callable[[Path], None]] = {
    "folder": Path.mkdir,
    "folder.png": Path.mkdir,
    "empty.jpg": empty,
    "text.jpg": text,
    "twin.png": twin,
    "loop.png": lambda path: path.symlink_to(path),
    "loop": lambda path: path.symlink_to(path),
    "cut.jpg": truncated,
    "cut.png": truncated,
    "none.png": claims(0, 0),
    "one.png": one_pixel,
    "low.png": low,
    "bomb.png": claims(60000, 60000),
    "nan.tiff": sample(float("nan")),
    "inf.tiff": sample(float("inf")),
    "two.tiff": sample(2.0),
    "shot.dng": raw,
    "mask.png": mask,
    "misshapen.safetensors": misshapen,
    "text.pth": text,
    "code.pth": code,
    "code.ckpt": code,
    "hidden.ckpt": code_in_a_checkpoint,
    "list.ckpt": holds([1, 2, 3]),
    "run.ckpt": holds({**RUN, "state_dict": {}}),
    "bare.ckpt": holds({"state_dict": {}, "hyper_parameters": {}, "verism": {"version": "0", "format": 1}}),
    "giant.ckpt": holds({**RUN, "state_dict": {"canvas.pixels": torch.zeros(1).expand(1, 3, 10**5, 10**5)}}),
    "giant.pth": holds({"features.0.weight": torch.zeros(1).expand(64, 3, 10**5, 10**5)}),
    "empty.ckpt": empty,
    "misspelt.yaml": holding("model: {cotent: {weight: 3}}\n"),
    "beside.yaml": holding("model: {losses: {grain: {class_path: MomentsLoss, weight: 0.5}}}\n"),
    "flat.yaml": holding("trainer: {callbacks: [{class_path: Timer, duration: {hours: 1}}]}\n"),
    "broken.yaml": holding("model: [1, 2\n"),
    "empty.yaml": holding(""),
    "words.yaml": holding("a sunset over mountains\n"),
    "bytes.yaml": no_text,
    "code.yaml": holding("model: !!python/object/apply:os.system ['touch ran']\n"),
    "endless.yaml": holding("model: &a [*a]\n"),
    "laughs.yaml": holding("a0: &a0 [x, x]\n" + "".join(f"a{i + 1}: &a{i + 1} [*a{i}, *a{i}]\n" for i in range(40))),
    "older.yaml": holding("# verism==0.0.1\nmodel: {loudness: 3}\n"),
    "mine.yaml": holding("data: {content: content.png}\n"),
    "ours.yaml": holding("data: {size: 40}\n"),
    "grid.yaml": holding("base: ours.yaml\ngird: {data.size: [32]}\n"),
}
"""What the rows name, by its name; it is made when a row does."""

PHOTOS = ("--data.content", "content.png", "--data.style", "style.png")

Row = tuple[list[str], str]

FIT: list[Row] = [
    (["--data.content", "missing.jpg"], "missing.jpg: no such photo"),
    (["--data.content", "folder"], "folder: no such photo"),
    (["--data.content", "empty.jpg"], "empty.jpg: is empty"),
    (["--data.style", "text.jpg"], "text.jpg: not an image"),
    (
        ["--data.content", "cut.jpg"],
        "; the file seems damaged or incomplete: copy it again",
    ),
    (
        ["--data.style", "cut.png"],
        "; the file seems damaged or incomplete: copy it again",
    ),
    (["--data.content", "none.png"], "none.png: not an image"),
    (["--data.content", "one.png"], "one.png: 1×1 pixels are too few; a photo needs at least 32 on each side"),
    (["--data.content", "low.png"], "low.png: 100×31 pixels are too few; a photo needs at least 32 on each side"),
    (
        ["--data.content", "bomb.png"],
        "bomb.png: has more pixels .*; if you trust the file, raise --data.max_megapixels",
    ),
    (["--data.content", "nan.tiff"], r"nan.tiff: has floating-point samples outside of \[0, 1\]; scale them"),
    (["--data.style", "inf.tiff"], r"inf.tiff: has floating-point samples outside of \[0, 1\]; scale them"),
    (["--data.style", "two.tiff"], r"two.tiff: has floating-point samples outside of \[0, 1\]; scale them"),
    (["--data.content", "two.tiff", "--data.white", "-1"], "--data.white -1.0: must be above 0"),
    (["--data.content", "shot.dng"], "shot.dng: cannot be developed as a raw file .*; export it as a TIFF"),
    (["--data.content_mask", "text.jpg", "--data.style_mask", "style.png"], "text.jpg: not an image"),
    (["--data.content_mask", "here.png", "--data.style_mask", "there.png"], "here.png: no such photo"),
    (["--data.style_mask", "style.png"], "--data.style_mask needs --data.content_mask: give both"),
    (["--data.style", "content.png"], "content.png: the photo and the look are the same file"),
    (["--data.style", "../work/content.png"], "content.png: the photo and the look are the same file"),
    (["--data.style", "twin.png"], "twin.png: is the same photo as .*content.png, which would stay as it is"),
    (["--data.content", "loop.png"], "data.content.*loop.png cannot be followed to a file"),
    (["--output.path", "loop.png"], "output.path.*cannot be followed to a file .*loop.png"),
    (["--model.content.weight", ".nan"], "ContentLoss: weight nan: must be finite and not negative"),
    (["--model.style.weight=-1"], "StyleLoss: weight -1.0: must be finite and not negative"),
    (["--model.style.layers", "{conv1_1: .inf}"], "StyleLoss: weight of conv1_1 inf: must be finite and not negative"),
    (
        ["--model.canvas", "Lut3d", "--model.canvas.smoothness", ".nan"],
        "--model.canvas.smoothness nan: must be finite",
    ),
    (["--model.scales", "[16, 48]"], r"--model.scales \[16, 48\]: must be at least 32 pixels each"),
    (
        ["--model.scales", "[32, 48]", "--model.shares", "[.nan, 1]"],
        r"--model.shares \[nan, 1.0\]: must be a number above 0",
    ),
    (["--data.size", "8"], "--data.size 8: must be at least 32"),
    (["--data.size", "-300"], "--data.size -300: must be at least 32"),
    (["--data.size", "2020-13-45"], "--data.size 2020-13-45: must be a whole number"),
    (["--trainer.val_check_interval=2020-13-45"], "--trainer: Invalid time format for `val_check_interval`"),
    (["--data.size", "wide"], "--data.size wide: must be a whole number"),
    (["--data.sise", "300"], "data.sise.* did you mean --data.size[?]"),
    (["--data.max_megapixels", "-1"], "--data.max_megapixels -1.0: must be above 0"),
    (["--model.content.weight", "0", "--model.style.weight", "0"], "Every loss has weight 0"),
    (["--model.style.layers", "{conv7_1: 1}"], "no layer 'conv7_1'; its layers are input, conv1_1, relu1_1"),
    (["--model.backbone.activation", "torch.nn.PReLU"], "PReLU has trainable parameters"),
    (["--model.backbone.activation", "torch.jit.ScriptModule"], "--model.backbone.*activation: names torch.jit.Script"),
    (
        ["--model.backbone.activation", "torch.nn.Hardtanh", "--model.backbone.activation.min_val", "3"],
        "torch.nn.Hardtanh.*max_val .* must be greater than min_val",
    ),
    (["--model.backbone.activation", "torch.nn.Nothing"], "model.backbone.*activation.*torch.nn.Nothing"),
    (["--model.backbone.activation", "Sigmoidal"], "model.backbone.*activation.*Sigmoidal"),
    (["--model.backbone.sha256", "beef"], "sha256 asks for weights beef"),
    (["--model.tile", "33"], "--model.tile 33: must be a multiple of 16, auto or null"),
    (
        ["--model.backbone", "VGG16", "--model.backbone.weights", "auto"],
        "--model.backbone.weights auto: no weights of VGG-16 are embedded; take imagenet",
    ),
    (["--model.backbone.weights", "missing.pth"], "missing.pth: no such file; --model.backbone.weights takes auto"),
    (["--model.backbone.weights", "misshapen.safetensors"], r"conv1_1\) has shape \(4, 3, 3, 3\), not \(64, 3, 3, 3\)"),
    (["--model.backbone.weights", "text.pth"], "text.pth: cannot be read as a checkpoint; expected a state dict"),
    (["--model.backbone.weights", "code.pth"], "code.pth: cannot be read as a checkpoint; expected a state dict"),
    (["--model.backbone.weights", "content.png"], "weights are read from .pth, .pt, .safetensors files"),
    (["--ckpt_path", "missing.ckpt"], "missing.ckpt: no such checkpoint"),
    (["--ckpt_path", "folder"], "folder: no such checkpoint"),
    (["--ckpt_path", "content.png"], "content.png: a picture, and not a run; name the folder of its run"),
    (["--ckpt_path", "empty.ckpt"], "empty.ckpt: empty: its run was stopped before it saved anything"),
    (["--ckpt_path", "list.ckpt"], "list.ckpt: damaged, or not the checkpoint of a run of fit"),
    (["--ckpt_path", "code.ckpt"], "code.ckpt: damaged, or not the checkpoint of a run of fit"),
    (["--ckpt_path", "hidden.ckpt"], "hidden.ckpt: damaged, or not the checkpoint of a run of fit"),
    (["--ckpt_path", "bare.ckpt"], "bare.ckpt: damaged, or not the checkpoint of a run of fit"),
    (["--ckpt_path", "giant.ckpt"], "giant.ckpt: damaged, or not the checkpoint of a run of fit"),
    (["--model.canvas.init", "black"], "black: no such file"),
    (["--model.canvas.init", "missing.ckpt"], "missing.ckpt: no such file"),
    (["--model.canvas.init", "text.jpg"], "text.jpg: not an image"),
    (["--model.canvas.init", "code.ckpt"], "code.ckpt: damaged, or not the checkpoint of a run of fit"),
    (["--model.canvas.init", "giant.ckpt"], "giant.ckpt: damaged, or not the checkpoint of a run of fit"),
    (["--model.backbone.weights", "giant.pth"], "giant.pth: cannot be read as a checkpoint; expected a state dict"),
    (["--model.canvas.init", "hidden.ckpt"], "hidden.ckpt: damaged, or not the checkpoint of a run of fit"),
    (["--trainer.default_root_dir", "loop"], "loop: cannot be followed to a folder; see --trainer.default_root_dir"),
    (
        ["--trainer.logger", "CSVLogger", "--trainer.logger.save_dir", "loop"],
        "loop: cannot be followed to a folder; see --trainer.default_root_dir",
    ),
    (["--trainer.logger.name", "mine"], "--trainer.logger: needs a class before its options"),
    (["--ckpt_path", "loop"], "loop: no such checkpoint"),
    (["--ckpt_path", "shot.dng"], "shot.dng: a picture, and not a run"),
    (["--config", "loop"], "loop: no such config"),
    (["--config", "shot.dng"], "shot.dng: is not YAML; a config is a text file"),
    (["--model.canvas.init", "loop.png"], "--model.canvas.init: .*cannot be followed to a file .*loop.png"),
    (["--model.canvas.init", "folder"], "folder: no such file; --model.canvas.init takes content, style, noise or a"),
    (["--model.backbone.weights", "loop"], "--model.backbone.weights: .*cannot be followed to a file .*loop"),
    (["--regions.path", "loop.png"], "--regions.path: .*cannot be followed to a file .*loop.png"),
    (["--output.lut", "loop.png"], "--output.lut: .*cannot be followed to a file .*loop.png"),
    (["--data.style", "[content.png, folder]"], "folder: no such photo"),
    (["--data.style", "[]"], "--data.style: names no photo; give at least one"),
    (["--config", "laeky.yaml"], r"laeky.yaml: no such config; did you mean leaky.yaml[?]"),
    (
        ["--config", "folder"],
        "folder: no such config; verism's own are color.yaml, .*, and those in paper/ and sweeps/",
    ),
    (["--config", "misspelt.yaml"], "model.cotent.weight.*did you mean --model.content.weight[?]"),
    (
        ["--config", "beside.yaml"],
        r"beside.yaml: model.losses.grain: weight stands beside class_path; .* go below init_args: \{weight: 0.5\}",
    ),
    (["--config", "flat.yaml"], "flat.yaml: trainer.callbacks: duration stands beside class_path"),
    (["--config", "broken.yaml"], "broken.yaml: is not YAML: expected .* in line 2"),
    (["--config", "empty.yaml"], "empty.yaml: holds no options"),
    (["--config", "words.yaml"], "words.yaml: holds no options"),
    (["--config", "bytes.yaml"], "bytes.yaml: is not YAML"),
    (["--config", "content.png"], "content.png: is not YAML"),
    (["--config", "code.yaml"], "code.yaml: is not YAML: could not determine a constructor"),
    (["--config", "endless.yaml"], "endless.yaml: stands for more than 10000 values; check its aliases, which must"),
    (["--config", "laughs.yaml"], "laughs.yaml: stands for more than 10000 values"),
    (
        ["--config", "older.yaml"],
        rf"loudness.*older.yaml was written by verism 0\.0\.1, and this is {verism.__version__}",
    ),
    (["--metrics.every_n_steps", "0"], "every_n_steps 0: must be at least 1"),
    (["--snapshots.every_n_steps", "0"], "every_n_steps 0: must be at least 1"),
    (["--trainer.accelerator", "abacus"], "abacus"),
    (["--trainer.devices", "-3"], "--trainer: `devices` selected with `CPUAccelerator` should be an int > 0"),
    (["--trainer.max_steps", "-5"], "--trainer: `max_steps` must be a non-negative integer or -1"),
    (["--trainer.max_steps", "0"], "--trainer.max_steps 0: no step would be made, and nothing written"),
    (["--trainer.max_epochs", "0"], "--trainer.max_epochs 0: no step would be made, and nothing written"),
    (["--trainer.fast_dev_run", "true"], "--trainer.fast_dev_run: would write nothing; use --trainer.max_steps 1"),
    (["--trainer.limit_train_batches", "0"], "--trainer.limit_train_batches 0: no step would be made"),
    (["--trainer.max_time", "soon"], "--trainer: .*'soon'"),
    (["--optimizer", "torch.optim.Muon"], "--optimizer: cannot optimise this canvas: Muon only supports 2D parameters"),
    (["--optimizer", "SparseAdam"], "--optimizer: cannot optimise this canvas: SparseAdam does not support dense"),
    (["--optimizer", "Adam", "--optimizer.capturable", "true"], "--optimizer: cannot optimise this canvas: If captur"),
    (["--optimizer", "Adam", "--optimizer.differentiable", "true"], "--optimizer: cannot optimise this canvas: a leaf"),
    (["--optimizer.lr", "-1"], "--optimizer: cannot optimise this canvas: Invalid learning rate: -1.0"),
    (["--seed_everything", "-1"], "--seed_everything -1: must be from 0 to 4294967295"),
    (["--model", "content.png"], "A file of options given to --model, --data or the like is not a text file"),
    (["--data.content", "x" * 300], "data.content.*x… is longer than the name of a file can be"),
    (["--output.path", "x" * 300 + ".png"], "output.path.*x… is longer than the name of a file can be"),
    (["--config", "x" * 300], "x: no such config"),
    (["--trainer.max_steps", "few"], "max_steps.*few"),
    (["--output.path", "result.gif"], "result.gif: results are written as .png, .jpg, .jpeg, .*; choose one of these"),
    (
        ["--output.path", "out.jpg", "--output.depth", "16"],
        "out.jpg: cannot have 16 bits per channel; choose .png or .tiff",
    ),
    (["--output.path", "out.jpg", "--output.quality", "0"], "--output.quality 0: must be from 1 to 100"),
    (["--output.path", "empty.jpg/out.png"], "out.png: cannot be written: .*empty.jpg is not a folder"),
    (["--trainer.default_root_dir", "empty.jpg/logs", "--output.path", "out.png"], "empty.jpg is not a folder"),
    (["--output.path", "folder.png"], "folder.png: cannot be written: it is a folder; choose a name in it"),
    (["--output.path", "/proc/out.png"], "/proc/out.png: cannot be written"),
    (["--output.lut", "empty.jpg/look.cube"], "look.cube: cannot be written: .*empty.jpg is not a folder"),
    (["--output.lut", "look.txt"], "look.txt: lookup tables are written as .cube"),
    (["--output.color", "1.5"], "--output.color 1.5: must be from 0"),
    (["--output.tone", "-0.5"], "--output.tone -0.5: must be from 0"),
    (["--output.strength", "1.5"], "--output.strength 1.5: must be from 0"),
    (["--output.strength", "-1"], "--output.strength -1.0: must be from 0"),
    *(
        ([*own, "--output.overwrite", overwrite], f"{name}: the result would replace {taken}; choose another --output")
        for overwrite in ("true", "false")
        for own, name, taken in (
            (["--output.path", "content.png"], "content.png", "your photo"),
            (["--output.path", "style.png"], "style.png", "the style photo"),
            (["--output.path", "../work/content.png"], "content.png", "your photo"),
            (
                ["--output.path", "mask.png", "--data.content_mask", "mask.png", "--data.style_mask", "style.png"],
                "mask.png",
                "--data.content_mask",
            ),
        )
    ),
]

PREDICT: list[Row] = [
    (["--ckpt_path", "missing.ckpt"], "missing.ckpt: no such checkpoint"),
    (["--ckpt_path", "folder"], "folder: no such checkpoint"),
    (["--ckpt_path", "content.png"], "content.png: a picture, and not a run; name the folder of its run"),
    (["--ckpt_path", "code.ckpt"], "code.ckpt: damaged, or not the checkpoint of a run of fit"),
    (["--ckpt_path", "hidden.ckpt"], "hidden.ckpt: damaged, or not the checkpoint of a run of fit"),
    (["--ckpt_path", "bare.ckpt"], "bare.ckpt: damaged, or not the checkpoint of a run of fit"),
    (["--ckpt_path", "giant.ckpt"], "giant.ckpt: damaged, or not the checkpoint of a run of fit"),
    (["--ckpt_path", "list.ckpt", "--output.strength", "2"], "--output.strength 2.0: must be from 0"),
    (["--ckpt_path", "list.ckpt", "--output.depth", "12"], "output.depth.*12"),
    (["--ckpt_path", "list.ckpt", "--output.quality", "best"], "output.quality.*best"),
    (["--ckpt_path", "list.ckpt", "--data.max_megapixels", "0"], "--data.max_megapixels 0.0: must be above 0"),
]

OTHERS: list[Row] = [
    (["export", "missing.ckpt", "--output.path", "look.cube"], "missing.ckpt: no such checkpoint"),
    (["export", "folder", "--output.path", "look.cube"], "folder: no such checkpoint, and no folder of a run"),
    (
        ["export", "code.ckpt", "--output.path", "look.cube"],
        "code.ckpt: damaged, or not the checkpoint of a run of fit",
    ),
    (
        ["export", "code.ckpt", "--output.path", "empty.jpg/look.cube"],
        "look.cube: cannot be written: .* is not a folder",
    ),
    (["export", "code.ckpt", "--output.path", "x" * 300 + ".cube"], "x… is longer than the name of a file can be"),
    (["export", "giant.ckpt", "--output.path", "x.cube"], "giant.ckpt: damaged, or not the checkpoint of a run of fit"),
    (["render", "giant.ckpt", "--output.path", "x.png"], "giant.ckpt: damaged, or not the checkpoint of a run of fit"),
    (["render", "folder", "--output.path", "x.png"], "folder: no such checkpoint, and no folder of a run"),
    (["render", "run.ckpt", "--output.path", "x.gif"], "x.gif: results are written as .png"),
    (["render", "run.ckpt", "--output.path", "text.jpg"], "text.jpg: exists already; choose another --output.path"),
    (["render", "run.ckpt", "--output.path", "x.png"], "run.ckpt: does not record which canvas it belongs to"),
    (["render", "loop", "--output.path", "x.png"], "run: loop cannot be followed to a file"),
    (["render", "shot.dng", "--output.path", "x.png"], "shot.dng: a picture, and not a run"),
    (
        ["render", "run.ckpt", "--output.path", "folder.png"],
        "run.ckpt: does not say where its picture is; name the new",
    ),
    (["export", "loop", "--output.path", "x.cube"], "run: loop cannot be followed to a file"),
    (["export", "folder", "--output.path", "loop"], "--output.path: loop cannot be followed to a file"),
    (["run", "loop.png", "style.png"], "loop.png: no such photo"),
    (["run", "content.png", "folder"], "folder: is a folder without photos"),
    (
        ["fit", "--config", "leaky.yaml", "--data.content", "content.png"],
        "--data.content: is your photo, and --data.style would be the example, sunset.jpg; give --data.style too",
    ),
    (
        ["fit", "--config", "leaky.yaml", "--data.style", "style.png"],
        "--data.style: is your photo, and --data.content would be the example, picos.jpg; give --data.content too",
    ),
    (
        ["fit", "--config", "photoreal.yaml", "--config", "mine.yaml"],
        "--data.content: is your photo, and --data.style would be the example, beacon.jpg; give --data.style too",
    ),
    (
        ["fit", "--data.content", "content.png"],
        r"fit: --data.style \(the photo whose look it takes on\) is missing",
    ),
    (["paint"], "paint"),
    (["sweep", "--config", "missing.yaml"], "missing.yaml: no such config"),
    (["sweep", "--config", "grid.yaml"], "gird"),
    (["sweep", "--config", "text.jpg"], "text.jpg: holds no options"),
    (["sweep", "--base", "missing.yaml", "--grid", "{data.size: [32]}"], "missing.yaml: cannot be read"),
    (["sweep", "--base", "broken.yaml", "--grid", "{data.size: [32]}"], "broken.yaml"),
    (["sweep", "--base", "ours.yaml", "--grid", "{data.size: [32]}", "--pairs", "missing.csv"], "missing.csv"),
    (["sweep", "--base", "ours.yaml", "--grid", "{data.size: [32]}", "--pairs", "content.png"], "content.png"),
    (["sweep", "--base", "loop", "--grid", "{data.size: [32]}"], "--base: loop cannot be followed to a file"),
    (
        ["test", "loop", "--content", "content.png", "--style", "style.png"],
        "results: loop cannot be followed to a file",
    ),
    (["test", "content.png", "--content", "folder", "--style", "style.png"], "folder: no such photo"),
    (["figures", "loop"], "folders: loop cannot be followed to a file"),
    (["test", "missing.png", "--content", "content.png", "--style", "style.png"], "missing.png: no such photo"),
    (["test", "text.jpg", "--content", "content.png", "--style", "style.png"], "text.jpg: not an image"),
    (["test", "content.png", "--content", "content.png", "--style", "folder"], "folder: no such photo"),
    (["test", "content.png"], "content.png: its photos are not known; give --content and --style"),
    (["test", "folder"], "folder: is not the folder of a run: config.yaml is missing"),
    (["figures", "missing"], "missing: no such run"),
    (["figures", "folder"], "folder: is not the folder of a run: config.yaml is missing"),
    (["figures", "content.png"], "content.png: a picture, and not a run; name the folder of a run"),
]


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: Tensor, style: Tensor) -> Path:
    """The current folder, with two photos."""
    folder = tmp_path / "work"
    folder.mkdir()
    images.write(folder / "content.png", content, {})
    images.write(folder / "style.png", style, {})
    monkeypatch.chdir(folder)
    return folder


def state(folder: Path) -> dict[Path, bytes | None]:
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def refused(work: Path, capsys: pytest.CaptureFixture[str], *command: str) -> str:
    """Run a command that must be refused; returns its sentence."""
    for word in command:
        if (name := word.partition("/")[0]) in FILES and not (work / name).exists():
            FILES[name](work / name)
    before = state(work.parent)
    capsys.readouterr()
    with pytest.raises(SystemExit) as caught:
        main(list(command))
    assert caught.value.code == 2
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    *_, last = err.strip().splitlines()
    assert sum(line.startswith("verism: ") for line in err.splitlines()) <= 1
    assert state(work.parent) == before
    return last


QUIET = ("--trainer.max_steps", "2", "--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false")


def words(value: object) -> str:
    return " ".join(value) if isinstance(value, list) else ""


@pytest.mark.parametrize(("options", "said"), FIT, ids=words)
def test_of_fit(
    work: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest, options: list[str], said: str
) -> None:
    if "--model.backbone.weights" not in options:
        request.getfixturevalue("tiny_weights")
    sentence = refused(work, capsys, "fit", *PHOTOS, *QUIET, *options)
    assert re.match(f"verism: .*{said}", sentence), sentence


@pytest.mark.parametrize(("options", "said"), PREDICT, ids=words)
def test_of_predict(work: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str) -> None:
    given = ("--data.photos", "content.png", "--output.dir", "graded")
    sentence = refused(work, capsys, "predict", *given, *options)
    assert re.match(f"verism: .*{said}", sentence), sentence


@pytest.mark.parametrize(("command", "said"), OTHERS, ids=words)
def test_of_the_other_commands(
    work: Path, capsys: pytest.CaptureFixture[str], tiny_weights: Weights, command: list[str], said: str
) -> None:
    (work / "ours.yaml").write_text("data: {content: content.png, style: style.png}\n")
    sentence = refused(work, capsys, *command)
    assert re.match(f"verism: .*{said}", sentence), sentence


def test_the_code_in_these_files_would_run(tmp_path: Path) -> None:
    code(tmp_path / "code.ckpt")
    pickle.loads((tmp_path / "code.ckpt").read_bytes())
    assert (tmp_path / RAN).exists()


def test_as_a_process(work: Path) -> None:
    """The interpreter's own traceback and warnings would be seen here."""
    text(work / "text.jpg")
    before = state(work)
    command = [sys.executable, "-m", "verism", "fit", *PHOTOS, "--data.content", "text.jpg"]
    status, said = run_process(command, work.parent / "said")
    assert status == 2
    assert "Traceback" not in said
    assert said.splitlines()[-1].startswith(f"verism: {work / 'text.jpg'}: not an image")
    assert state(work) == before


def test_a_full_disk(
    work: Path, tiny_weights: Weights, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The result cannot be written, and what stood in its place still does."""
    text(work / "result.png")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    bare = ("--trainer.logger", "false", "--trainer.enable_checkpointing", "false")
    written = ("--output.path", "result.png", "--output.overwrite", "true")
    sentence = refused(work, capsys, "fit", *PHOTOS, *QUIET, *bare, *written)
    assert sentence == f"verism: {work / 'result.png'}: cannot be written (No space left on device)."


def test_a_part_that_cannot_be_downloaded(
    work: Path, tiny_weights: Weights, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As torchvision does it for a user's own backbone."""

    def offline(self: object, **options: object) -> None:
        raise URLError("Name or service not known")

    monkeypatch.setattr("verism.backbone.vgg.VGG19.__init__", offline)
    sentence = refused(work, capsys, "fit", *PHOTOS, *QUIET)
    assert sentence.startswith("verism: A part of the run could not be downloaded (Name or service not known): check")


def several(path: Path) -> None:
    frames = [PICTURE, Image.new("RGB", PICTURE.size, "blue")]
    frames[0].save(path, save_all=True, append_images=frames[1:])


@pytest.mark.parametrize(
    ("name", "make", "said"),
    [
        ("moving.gif", several, "moving.gif: only the first of its 2 pictures is used."),
        ("moving.webp", several, "moving.webp: only the first of its 2 pictures is used."),
        ("bits.png", lambda path: PICTURE.convert("1").save(path), ""),
        ("grey.png", lambda path: PICTURE.convert("LA").save(path), ""),
    ],
    ids=["GIF", "WebP", "1 bit", "2 channels"],
)
def test_unusual_photos_are_taken(
    work: Path,
    tiny_weights: Weights,
    caplog: pytest.LogCaptureFixture,
    name: str,
    make: Callable[[Path], None],
    said: str,
) -> None:
    make(work / name)
    with caplog.at_level("INFO"):
        main(["fit", *PHOTOS, *QUIET, "--data.content", name, "--output.path", "result.png"])
    assert images.read(work / "result.png").shape == (1, 3, 40, 50)
    assert said in caplog.text
