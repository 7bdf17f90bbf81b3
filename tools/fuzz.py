"""Damage photos and configs at random, draw options at random, and see that each is taken, or refused in a sentence.

python tools/fuzz.py --seconds 600 goes on for so long, prints what it finds with the number that makes it again, and
leaves the files in --kept. The tests run the first few of the same.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, NoReturn

import imagecodecs
import numpy as np
import tifffile
import torch
from jsonargparse import ArgumentError
from jsonargparse._deprecated import JsonargparseDeprecationWarning
from numpy.typing import NDArray
from PIL import ExifTags, Image, TiffImagePlugin
from PIL.PngImagePlugin import PngInfo

import verism.commands.fit  # Once, for all of the processes.
import verism.regions.search  # noqa: F401
from verism import cli, photo_file
from verism.backbone import weights
from verism.backbone.architecture import CONVOLUTIONS
from verism.backbone.weights import VGG19, Published, Source, Weights
from verism.commands import config_file
from verism.commands.options import FitOptions
from verism.errors import VerismError
from verism.photo_file import MIN_SIDE

MEGAPIXELS = 1.0
"""The largest photo that is read here: less than that takes no time."""

CONFIGS = Path(__file__).parents[1] / "configs"

TELLING = (0, 1, 2, 3, 4, 0x7F, 0x80, 0xFF)
"""Bytes at which something often ends."""

WORDS = (
    *("null", "true", "-1", "1e400", "nan", "[]", "{}", "''", "!!binary x", "*a", "&a [*a]", "0x", "~", "1_000"),
    *("é\u2028", "2020-13-45"),
)
"""Values that YAML or an option's type may trip over."""


EXTREMES: Mapping[type, tuple[str, ...]] = {
    bool: ("true", "false"),
    int: ("0", "1", "-1", "2", "3", "31", "32", "33", "48", "1000000000000", "2147483648"),
    float: ("0", "-1", "1", "0.5", "1e-30", "1e30", ".nan", ".inf", "-.inf"),
    str: ("", "x", "auto", "cpu", "16", "missing/x", "content.png", ".", "/dev/null", "../x.png", "\u2028", "é" * 300),
    list: ("[]", "[1]", "[32, 48]", "[1, .nan]", "[a, b]", "[[1]]"),
    dict: ("{}", "{conv1_1: 1}", "{conv1_1: .nan}", "{relu5_4: -1}", "{conv9_9: 1}", "{1: 2}"),
}
"""Values of a type that something may trip over."""

CLASSES = (
    *("Pixels", "Lut3d", "RegionalGrade", "BilateralGrid", "StyleLoss", "ColorLoss", "MomentsLoss", "ContentLoss"),
    *("SlicedWassersteinLoss", "PhotorealismLoss", "ConsistencyLoss", "torch.nn.Tanh", "torch.nn.PReLU"),
    *("torch.nn.Hardshrink", "torch.nn.RReLU", "torch.nn.Softmax", "Adam", "SGD", "LBFGS", "NAdam", "Rprop"),
    *("EarlyStopping", "ModelCheckpoint", "LearningRateMonitor", "DeviceStatsMonitor", "Timer", "CSVLogger"),
    *("RichProgressBar", "SimpleProfiler", "LambdaCallback", "StochasticWeightAveraging", "WandbLogger", "os.system"),
    *("ConstantLR", "ExponentialLR", "CosineAnnealingLR", "ReduceLROnPlateau", "CyclicLR"),
)
"""Classes that some option is for."""

APART = ("trainer.devices", "trainer.num_nodes", "trainer.strategy", "trainer.accelerator", "config", "data.white")
"""Options that start processes, or that a test of their own draws."""

ENOUGH = 120
"""Seconds that a run of two steps may take here."""


@cache
def photos() -> Mapping[str, bytes]:
    """Return whole files of every format, by name."""
    levels = np.linspace(0, 255, 40 * 48 * 3).reshape(40, 48, 3).astype(np.uint8)
    deep = levels.astype(np.uint16) * 257
    picture = Image.fromarray(levels)
    profile = imagecodecs.cms_profile("adobergb")
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make] = "Camera"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2020:05:17 11:22:33"
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", xmp.decode())
    records = b"\x1c\x02\x50\x00\x05Erika"
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in ((700, xmp), (TiffImagePlugin.IPTC_NAA_CHUNK, records), *exif.items()):
        tags[tag] = value
    tags[ExifTags.IFD.Exif] = exif.get_ifd(ExifTags.IFD.Exif)
    full: dict[str, Any] = {"exif": exif, "icc_profile": profile}
    files = {
        "whole.jpg": _saved(picture, "JPEG", xmp=xmp, **full),
        "progressive.jpg": _saved(picture, "JPEG", progressive=True),
        "cmyk.jpg": _saved(picture.convert("CMYK"), "JPEG", exif=exif),
        "grey.jpg": _saved(picture.convert("L"), "JPEG"),
        "whole.png": _saved(picture, "PNG", pnginfo=info, **full),
        "palette.png": _saved(picture.convert("P"), "PNG", transparency=3),
        "bits.png": _saved(picture.convert("1"), "PNG"),
        "alpha.png": _saved(picture.convert("LA"), "PNG"),
        "deep.png": bytes(imagecodecs.png_encode(deep)),
        "whole.tiff": _saved(picture, "TIFF", tiffinfo=tags, icc_profile=profile),
        "lzw.tiff": _saved(picture, "TIFF", compression="tiff_lzw"),
        "deep.tiff": _tiff(deep, photometric="rgb", iccprofile=profile),
        "deflated.tiff": _tiff(deep, photometric="rgb", compression="zlib", predictor=True),
        "float.tiff": _tiff((levels / 255).astype(np.float32), photometric="rgb"),
        "tiles.tiff": _tiff(deep, photometric="rgb", tile=(16, 16), bigtiff=True),
        "whole.webp": _saved(picture, "WEBP", xmp=xmp, **full),
        "moving.webp": _saved(picture, "WEBP", save_all=True, append_images=[picture.rotate(90)]),
        "moving.gif": _saved(picture, "GIF", save_all=True, append_images=[picture.convert("L")]),
        "whole.bmp": _saved(picture, "BMP"),
        "whole.avif": _saved(picture, "AVIF", **full),
        "deep.avif": bytes(imagecodecs.avif_encode(deep >> 6, bitspersample=10)),
        "whole.jxl": bytes(imagecodecs.jpegxl_encode(levels, usecontainer=True)),
        "bare.jxl": bytes(imagecodecs.jpegxl_encode(deep, lossless=True)),
        "packed.jxl": bytes(imagecodecs.jpegxl_encode_jpeg(_saved(picture, "JPEG", **full), usecontainer=True)),
        "whole.jp2": bytes(imagecodecs.jpeg2k_encode(deep, level=0, codecformat="JP2")),
        "texts.png": _saved(picture, "PNG", pnginfo=_texts(), dpi=(300, 300)),
        "inks.tiff": _tiff(np.dstack([levels, levels[..., :2]]), photometric="separated", extrasamples=["assocalpha"]),
        "lab.tiff": _tiff(deep, photometric="cielab"),
        "palette.tiff": _saved(picture.convert("P"), "TIFF"),
        "photo.dng": _dng(),
    }
    if photo_file.reading.HEIF:
        files["whole.heic"] = _saved(picture, "HEIF", exif=exif.tobytes())
    return files


@cache
def configs() -> Mapping[str, bytes]:
    """Return verism's own configs of ``fit``, by name."""
    found = [path for path in CONFIGS.rglob("*.yaml") if path.parent.name != "sweeps"]
    return {path.relative_to(CONFIGS).as_posix().replace("/", "_"): path.read_bytes() for path in found}


def damaged(data: bytes, random: Random) -> bytes:
    """Return a file with some of its bytes changed, lost, doubled or moved."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 4, 16))):
        # The beginning is where formats keep what they are.
        place = random.randrange(min(len(changed), random.choice((64, 512, len(data)))) or 1)
        length = random.choice((1, 2, 4, 32, 256))
        kind = random.randrange(6)
        if kind == 0 and changed:
            changed[place % len(changed)] = random.randrange(256)
        elif kind == 1:
            changed[place : place + length] = bytes(random.choices(TELLING, k=length))
        elif kind == 2:
            del changed[place : place + length]
        elif kind == 3:
            changed[place:place] = changed[place : place + length]
        elif kind == 4:
            other = random.randrange(len(data))
            changed[place : place + length] = data[other : other + length]
        elif random.random() < 0.2:
            del changed[max(1, place) :]
    # Behind a wrong checksum nothing is looked at.
    return _summed(bytes(changed)) if changed[:4] == b"\x89PNG" and random.random() < 0.8 else bytes(changed)


def miswritten(data: bytes, random: Random) -> bytes:
    """Return a config with a value, a name or an indent that is another; or damaged as any file."""
    if random.random() < 0.3:
        return damaged(data, random)
    lines = data.decode().splitlines()
    for _ in range(random.choice((1, 2, 4))):
        place = random.randrange(len(lines))
        name, colon, value = lines[place].partition(":")
        lines[place] = random.choice(
            (
                f"{name}: {random.choice(WORDS)}",
                f"{name}{random.choice('xé-.')}{colon}{value}",
                f"  {lines[place]}",
                lines[place].strip(),
                random.choice(lines),
                "",
                f"{name}: {random.choice(WORDS)}: {random.choice(WORDS)}",
            )
        )
    return "\n".join(lines).encode()


def check_photo(path: Path) -> bool:
    """Read a photo and write it; return whether it was taken.

    Raises:
        AssertionError: it is not what ``read`` promises.
    """
    try:
        photo = photo_file.read(path)
    except VerismError as error:
        assert "\n" not in str(error)
        assert path.name in str(error)
        return False
    one, three, *size = photo.pixels.shape
    assert (one, three) == (1, 3)
    assert min(size) >= MIN_SIDE
    for samples in (photo.pixels, photo.alpha):
        if samples is not None:
            assert samples.dtype == torch.float32
            assert bool(((samples >= 0) & (samples <= 1)).all())
            assert list(samples.shape[-2:]) == size
    for suffix in (".png", ".jpg", ".tiff", ".webp"):
        written = path.with_name("written").with_suffix(suffix)
        if max(size) > 16383 and suffix == ".webp":
            continue
        photo_file.write(written, photo, {}, photo_file.Encoding("keep"))
        assert photo_file.read(written).pixels.shape == photo.pixels.shape
    return True


def check_config(path: Path) -> bool:
    """Read a config as ``fit`` does, until it would begin; return whether it was taken."""
    try:
        config_file.check(path)
        FitOptions().read([f"--config={path}"])
    except (ArgumentError, VerismError):
        return False
    return True


def drawn(data: bytes, random: Random) -> bytes:
    """Return some options of ``fit`` with some values, as JSON, drawn from what its parser knows."""
    del data
    defaults = dict(_parser().parser.get_defaults().items())
    names = [name for name in defaults if not name.startswith(APART)]
    args: list[str] = []
    for name in random.sample(names, random.choice((1, 1, 2, 3))):
        kind = type(defaults[name])
        values = [*EXTREMES.get(kind, ()), "null"]
        if kind not in EXTREMES or random.random() < 0.2:
            values = [*WORDS, *CLASSES, *(value for few in EXTREMES.values() for value in few), "null"]
        args.append(f"--{name.replace('.init_args', '')}={random.choice(values)}")
    if random.random() < 0.3:
        slot = random.choice(
            ("model.canvas", "model.style", "model.color", "model.losses.more", "optimizer", "lr_scheduler")
        )
        args.insert(0, f"--{slot}={random.choice(CLASSES)}")
    if random.random() < 0.2:
        slot = random.choice(("trainer.callbacks", "trainer.logger", "trainer.profiler", "model.backbone.activation"))
        args.insert(0, f"--{slot}={random.choice(CLASSES)}")
    return json.dumps(args).encode()


@cache
def _parser() -> FitOptions:
    return FitOptions()


def check_options(path: Path) -> bool:
    """Run ``fit`` with options, in a process of its own; return whether they were taken.

    Raises:
        AssertionError: it hangs, or ends with something else than a picture or a sentence.
    """
    _parser()
    # In a process that has other threads, a fork copies what they hold.
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as said:
        if (process := os.fork()) == 0:
            _run(json.loads(path.read_text()), Path(folder), said.fileno())
        _, status = os.waitpid(process, 0)
        said.seek(0)
        text = said.read().decode(errors="replace")
    status = os.waitstatus_to_exitcode(status)
    assert status in (0, 1, 2), f"{path.read_text()} ends with {status}: {text[-2000:]}"
    assert "Traceback" not in text, f"{path.read_text()}: {text[-2000:]}"
    *_, last = ["", *text.splitlines()]
    assert not status or last.startswith("verism: "), f"{path.read_text()}: {text[-500:]}"
    return not status


def _run(args: list[str], folder: Path, said: int) -> NoReturn:
    """Be the command, on small photos with a tiny network, in ``folder``; says what it says to ``said``."""

    def command() -> None:
        for stream in (1, 2):
            os.dup2(said, stream)
        # A test's own streams are elsewhere.
        sys.stdout = sys.stderr = os.fdopen(1, "w", closefd=False)
        signal.alarm(ENOUGH)
        os.chdir(folder)
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        levels = np.random.default_rng(0).integers(0, 256, (2, 40, 48, 3), np.uint8)
        for name, samples in zip(("content.png", "style.png"), levels, strict=True):
            Image.fromarray(samples).save(name)
        weights.load = _tiny
        warnings.resetwarnings()
        few = ["--trainer.max_steps=2", "--trainer.accelerator=cpu", "--trainer.enable_progress_bar=false"]
        cli.main(["fit", "--data.content=content.png", "--data.style=style.png", *few, *args])

    leave(command)


def leave(command: Callable[[], None]) -> NoReturn:
    """Call a command in a forked process, and end the process with the command's status; an error is printed."""
    status = 99
    try:
        command()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _tiny(source: Source, network: Published = VGG19) -> Weights:
    """Return a VGG-19 of four channels everywhere, whatever is asked for."""
    del source, network
    generator = torch.Generator().manual_seed(0)
    kernels = {}
    for number, layer in enumerate(CONVOLUTIONS):
        weight = torch.randn(4, 4 if number else 3, 3, 3, generator=generator) / 5
        kernels[layer.name] = (weight, torch.zeros(4))
    return Weights("tiny", "0" * 64, kernels)


class Kind(NamedTuple):
    """What is damaged: whole files, by name; how; and how the outcome is tried."""

    files: Callable[[], Mapping[str, bytes]]
    damage: Callable[[bytes, Random], bytes]
    check: Callable[[Path], bool]


KINDS: Mapping[str, Kind] = {
    "photos": Kind(photos, damaged, check_photo),
    "configs": Kind(configs, miswritten, check_config),
    "options": Kind(lambda: {"fit.json": b""}, drawn, check_options),
}


def trial(kind: str, name: str, number: int, folder: Path) -> bool:
    """Damage a file in the way that has this number, and try it; return whether it was taken.

    Raises:
        AssertionError: it was read, but wrong; or something was said that is not a sentence.
        Exception: what nobody caught.
    """
    files, damage, check = KINDS[kind]
    path = folder / name
    path.write_bytes(damage(files()[name], Random(f"{name} {number}")))
    with warnings.catch_warnings(), _silent():
        warnings.simplefilter("error")
        # Lightning's use of what jsonargparse has deprecated since.
        warnings.simplefilter("ignore", JsonargparseDeprecationWarning)
        return check(path)


@contextmanager
def _silent() -> Iterator[None]:
    """Assert that nothing is written to stdout, by Python or by a decoder."""
    sys.stdout.flush()
    before = os.dup(1)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 1)
        try:
            yield
        finally:
            sys.stdout.flush()
            os.dup2(before, 1)
            os.close(before)
        assert said.tell() == 0, "said something"


def _saved(picture: Image.Image, form: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def _tiff(samples: NDArray[Any], **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, samples, **options)
    return file.getvalue()


def _texts() -> PngInfo:
    info = PngInfo()
    info.add_text("Author", "Erika")
    info.add_text("Comment", "A sunset", zip=True)
    info.add_text("Raw profile type exif", "\nexif\n 8\n49492a0008000000")
    return info


def _dng() -> bytes:
    """Return a raw file: its preview, and below it the samples of a sensor."""
    file = io.BytesIO()
    sensor = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    mosaic = [(33421, "H", 2, (2, 2), True), (33422, "B", 4, (0, 1, 1, 2), True)]
    with tifffile.TiffWriter(file) as tiff:
        version = [(50706, "B", 4, (1, 4, 0, 0), True)]
        preview = np.zeros((40, 48, 3), np.uint8)
        tiff.write(preview, photometric="rgb", subfiletype=1, subifds=1, metadata=None, extratags=version)
        tiff.write(sensor, photometric=32803, subfiletype=0, metadata=None, extratags=mosaic)
    return file.getvalue()


def _summed(data: bytes) -> bytes:
    """Return a PNG file with checksums that are right, as far as its chunks can be told apart."""
    summed, place = data[:8], 8
    while len(data) >= place + 12 + (length := int.from_bytes(data[place : place + 4])):
        body = data[place + 4 : place + 8 + length]
        summed += data[place : place + 4] + body + zlib.crc32(body).to_bytes(4)
        place += 12 + length
    return summed + data[place:]


def main() -> None:
    """Go on until the time is up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=KINDS, default="photos")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--first", type=int, default=0, help="The number to begin with.")
    parser.add_argument(
        "--kept", type=Path, default=Path("fuzz"), help="Where the files go that something was found with."
    )
    options = parser.parse_args()
    # What takes more is an error.
    resource.setrlimit(resource.RLIMIT_AS, (12 * 2**30,) * 2)
    names = sorted(KINDS[options.kind].files())
    end, number, taken, slowest = time.monotonic() + options.seconds, options.first, 0, (0.0, "")
    found: set[str] = set()
    with tempfile.TemporaryDirectory() as folder, photo_file.limited(MEGAPIXELS):
        while time.monotonic() < end:
            for name in names:
                start = time.monotonic()
                try:
                    taken += trial(options.kind, name, number, Path(folder))
                except Exception as error:
                    frame = traceback.extract_tb(error.__traceback__)[-1]
                    place = f"{type(error).__name__} at {frame.filename}:{frame.lineno}"
                    if place not in found:
                        found.add(place)
                        options.kept.mkdir(exist_ok=True)
                        (options.kept / f"{number}_{name}").write_bytes((Path(folder) / name).read_bytes())
                        print(f"{name}, {number}: {place}: {str(error)[:300]}", flush=True)
                slowest = max(slowest, (time.monotonic() - start, f"{name}, {number}"))
            number += 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    tried = (number - options.first) * len(names)
    print(
        f"{tried} tried, {taken} taken, {len(found)} found; at most {slowest[0]:.1f} s ({slowest[1]}), {peak:.1f} GiB"
    )


if __name__ == "__main__":
    main()
