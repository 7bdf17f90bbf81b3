"""A tiny seeded backbone, synthetic photos, and the command line in-process."""

from __future__ import annotations

import gc
import math
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import pytest
import torch
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from torch import Tensor

from verism import photo_file
from verism.backbone.architecture import CONVOLUTIONS
from verism.backbone.weights import VGG19, Published, Source, Weights
from verism.cli import main
from verism.photo_file import Photo

if "PYTEST_XDIST_WORKER" in os.environ:
    # Tests run as many at a time as there are cores; so do the processes that they start.
    torch.set_num_threads(1)
    os.environ["OMP_NUM_THREADS"] = "1"

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell has its background commands ignore Ctrl-C, and children inherit that; several tests are about Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers() -> int:
    """One more than cores: a third of the time, two of them would be waiting for processes and files."""
    return len(os.sched_getaffinity(0)) + 1 if sys.platform == "linux" else (os.cpu_count() or 1)


def _preload(modules_names: list[str], plain: Callable[[list[str]], None] = forkserver.set_forkserver_preload) -> None:
    """Have the fork server import what all of our children need, besides the modules that are asked for."""
    plain(sorted({*modules_names, "verism.commands.fit", "verism.regions.search", "verism.sweep.work"}))


# A process has one fork server. It imports what whoever starts it asks for, once; everything else, each of its children
# imports anew, and torch and Lightning take ten seconds of a core.
pytest.MonkeyPatch().setattr(forkserver, "set_forkserver_preload", _preload)
_preload([])

TINY_WIDTH = 4

CONFIGS = Path(__file__).parents[1] / "configs"


def tiny_vgg19() -> Weights:
    """VGG-19 with ``TINY_WIDTH`` channels everywhere, seeded."""
    generator = torch.Generator().manual_seed(0)
    kernels = {}
    inputs = 3
    for layer in CONVOLUTIONS:
        weight = torch.randn(TINY_WIDTH, inputs, 3, 3, generator=generator) * math.sqrt(2 / (9 * inputs))
        kernels[layer.name] = (weight, 0.1 * torch.randn(TINY_WIDTH, generator=generator))
        inputs = TINY_WIDTH
    return Weights("tiny", "0" * 64, kernels)


@pytest.fixture(autouse=True)
def handled_signals() -> Iterator[None]:
    """Signals as in the foreground of a shell: in the background or under nohup some are ignored, also by children."""
    usual: dict[str, Any] = {"SIGINT": signal.default_int_handler, "SIGHUP": signal.SIG_DFL}
    ignored = [
        (getattr(signal, name), handler)
        for name, handler in usual.items()
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is signal.SIG_IGN
    ]
    for number, handler in ignored:
        signal.signal(number, handler)
    yield
    for number, _ in ignored:
        signal.signal(number, signal.SIG_IGN)


@pytest.fixture
def tiny_weights(monkeypatch: pytest.MonkeyPatch) -> Weights:
    """The tiny VGG-19; ``VGG19`` and ``VGG16``, which needs less, get it, whatever weights they ask for."""
    tiny = tiny_vgg19()

    def load(source: Source, network: Published = VGG19) -> Weights:
        del source, network
        return tiny

    monkeypatch.setattr("verism.backbone.weights.load", load)
    return tiny


def synthetic_photo(height: int, width: int, seed: int) -> Tensor:
    """Smooth colour waves with some grain: ``(1, 3, H, W)``, RGB in [0, 1]."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.linspace(0, 1, height).view(1, -1, 1)
    x = torch.linspace(0, 1, width).view(1, 1, -1)
    frequency, phase = (torch.rand(3, 2, 1, 1, generator=generator) * 6 for _ in range(2))
    waves = torch.sin(frequency[:, 0] * y + phase[:, 0]) + torch.sin(frequency[:, 1] * x + phase[:, 1])
    grain = 0.05 * torch.randn(3, height, width, generator=generator)
    return (0.5 + 0.2 * waves + grain).clamp(0, 1).unsqueeze(0)


def shoot(path: Path, photo: Tensor) -> None:
    """Write a photo ``(1, 3, H, W)`` as a camera does: nothing in its file says that verism made it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    photo_file.to_pillow(Photo(photo)).save(path, quality=95, subsampling=0)


@pytest.fixture
def three_photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with three photos, in which commands run."""
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate(("mine.jpg", "other.png", "theirs.jpg")):
        shoot(tmp_path / name, synthetic_photo(48, 64, seed))
    return tmp_path


@pytest.fixture
def content() -> Tensor:
    """A content photo."""
    return synthetic_photo(48, 64, seed=1)


@pytest.fixture
def style() -> Tensor:
    """A style photo, of another size and shape."""
    return synthetic_photo(56, 40, seed=2)


@pytest.fixture
def no_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is noise, so that what becomes of a pixel follows from its colour and its regions alone."""
    monkeypatch.setattr("verism.canvas.regional_grade.NOISE_FILTER", (0.02, 1e-12))


@pytest.fixture
def no_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Height explains too little of any style photo, so that what becomes of a pixel does not depend on its row."""
    monkeypatch.setattr("verism.color.vertical_gradient.EXPLAINED", (2.0, 3.0))


@pytest.fixture
def photo_files(tmp_path: Path, content: Tensor, style: Tensor) -> list[str]:
    """The two photos as files, as command line options."""
    options = []
    for name, photo in (("content", content), ("style", style)):
        path = tmp_path / f"{name}.png"
        shoot(path, photo)
        options += [f"--data.{name}", str(path)]
    return options


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, photo_files: list[str]) -> Callable[..., Path]:
    """Run ``verism fit`` in-process and in an empty folder, on the CPU; returns the run's own folder."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def fit(*options: str) -> Path:
        quiet = ["--trainer.enable_progress_bar", "false", "--trainer.accelerator", "cpu"]
        main(["fit", *photo_files, *quiet, *options])
        return max((folder / "lightning_logs").iterdir(), key=lambda path: path.stat().st_ctime)

    return fit


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow files: what is long and begun last keeps one process busy while the others have ended.

    Tests of whole runs are slow too, as hundreds of them take minutes; they have to be marked before ``-m`` chooses.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
    for item in items:
        if "run" in getattr(item, "fixturenames", ()):
            item.add_marker("slow")


def pytest_collection_finish() -> None:
    """Spare the garbage collector what is imported by now, as the app does: ``verism.fit`` calls it for each run."""
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Let Python free everything when it ends, or libraries report what they take for leaks."""
    gc.unfreeze()


@pytest.fixture
def no_collection() -> Iterator[None]:
    """As if the garbage collector never came by itself, as it hardly does among many objects that live on."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chrome]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        reason = "needs chromium and chromedriver (Debian: chromium, chromium-driver)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    options = ChromeOptions()
    options.binary_location = chromium
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    for switch in (
        "headless=new",
        "no-sandbox",
        "disable-gpu",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
        "window-size=1400,1400",
        f"user-data-dir={tmp_path / 'chromium'}",
    ):
        options.add_argument(f"--{switch}")
    options.add_experimental_option("prefs", {"download.default_directory": str(tmp_path / "downloads")})
    with Chrome(options, ChromeService(driver)) as chrome:
        yield chrome
