"""One image, shared by several processes, as one process makes it."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from conftest import synthetic_photo
from lightning.fabric.plugins.environments.lightning import find_free_network_port
from processes import FORKED, VERISM, Process, run, started
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from verism import Pixels, StyleTransfer, images
from verism.backbone import VGG19
from verism.backbone.weights import Weights
from verism.cli import main
from verism.losses import ColorLoss, ContentLoss, StyleLoss

pytestmark = pytest.mark.slow

# Terms of like size: content, Gram matrices of five layers, and a deep layer's quantiles, which need positions sorted.
MIX = """--config leaky.yaml --model.backbone.weights compact --data.size 65
    --model.color SlicedWassersteinLoss --model.color.weight 1 --model.color.layers {conv4_1:\\ 1.0}"""
# Rounding stays rounding: no activation with a kink, and not Adam, whose first steps are as long where the derivative
# is nothing but rounding as elsewhere.
SMOOTH = "--model.backbone.activation torch.nn.ELU --optimizer torch.optim.SGD --optimizer.lr 5 --optimizer.momentum .5"
CPU = "--trainer.accelerator cpu --trainer.precision 32-true --trainer.enable_progress_bar false"
STEPS, LATER = ("--trainer.max_steps", "6"), ("--trainer.max_steps", "8")


class Runs:
    """Runs of ``fit``, each with a root of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, shape in (("landscape", (65, 89)), ("portrait", (89, 65)), ("tiny", (32, 32))):
            images.write(self.photo(name), synthetic_photo(*shape, seed=len(name)), {})

    def photo(self, name: str) -> Path:
        return self.root / f"{name}.png"

    def options(self, folder: str, *options: str, content: str = "landscape", style: str = "portrait") -> list[str]:
        photos = ("--data.content", str(self.photo(content)), "--data.style", str(self.photo(style)))
        return [
            "fit",
            *shlex.split(f"{MIX} {SMOOTH} {CPU}"),
            *photos,
            "--trainer.default_root_dir",
            str(self.root / folder),
            *options,
        ]

    def alone(self, folder: str, *options: str, **photos: str) -> Path:
        main(self.options(folder, *options, **photos))
        return self.root / folder

    def shared(self, folder: str, processes: int, *options: str, **photos: str) -> Path:
        with self.sharing(folder, processes, *options, **photos) as group:
            ended = [process.ends() for process in group]
            assert ended == [0] * processes, "\n".join(process.said for process in group)
        return self.root / folder

    @contextmanager
    def sharing(self, folder: str, processes: int, *options: str, **photos: str) -> Iterator[list[Process]]:
        """Fit in processes that are told their ranks by the environment, as a launcher does."""
        ddp = ("--trainer.strategy", "ddp", "--trainer.devices", str(processes))
        command = [*FORKED, *self.options(folder, *ddp, *options, **photos)]
        world = {
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(find_free_network_port()),
            "WORLD_SIZE": str(processes),
            "NODE_RANK": "0",
        }
        ranks = [{**world, "LOCAL_RANK": str(rank)} for rank in range(processes)]
        with started([command] * processes, self.root / folder, ranks) as group:
            yield group

    def launched(self, folder: str, *options: str) -> Path:
        """Fit in two processes, of which the first starts the second."""
        ddp = ("--trainer.strategy", "ddp", "--trainer.devices", "2")
        status, said = run([*VERISM, *self.options(folder, *ddp, *options)], self.root / folder)
        assert status == 0, said
        return self.root / folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    return Runs(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def one(runs: Runs) -> Path:
    return runs.alone("one", *STEPS)


@pytest.fixture(scope="module")
def two(runs: Runs) -> Path:
    return runs.launched("two", *STEPS)


@pytest.fixture(scope="module")
def later(runs: Runs) -> Path:
    return runs.alone("later", *LATER)


def checkpoint(folder: Path) -> Path:
    (run,) = (folder / "lightning_logs").iterdir()
    return run / "checkpoints" / "last.ckpt"


def pixels(folder: Path) -> Tensor:
    result: Tensor = torch.load(checkpoint(folder), weights_only=True)["state_dict"]["canvas.pixels"]
    return result


def difference(folder: Path, reference: Path) -> float:
    image, expected = pixels(folder), pixels(reference)
    return float((image - expected).norm() / expected.norm())


def test_two_processes_make_the_image_of_one(one: Path, two: Path, later: Path) -> None:
    assert difference(two, one) < 1e-5
    # Which says something, since a few steps are a difference.
    assert difference(two, later) > 1e-3


def test_three_processes_make_the_image_of_one(runs: Runs, one: Path) -> None:
    assert difference(runs.shared("three", 3, *STEPS), one) < 1e-5


def test_from_scale_to_scale(runs: Runs) -> None:
    """Of a portrait, whose bands lie across; at each scale everything is made anew."""
    scales = (*STEPS, "--model.scales", "[32, 65]")
    photos = {"content": "portrait", "style": "landscape"}
    alone = runs.alone("scales_alone", *scales, **photos)
    assert difference(runs.shared("scales", 2, *scales, **photos), alone) < 1e-5


def test_in_tiles(runs: Runs) -> None:
    """In fewer steps, since of a small image every tile is looked at with nearly all of it."""
    few = ("--trainer.max_steps", "3")
    assert difference(runs.shared("tiles", 2, *few, "--model.tile", "32"), runs.alone("whole", *few)) < 1e-5


def test_a_loss_that_does_not_add_up_is_the_same_at_once_in_tiles_and_in_two_processes(runs: Runs) -> None:
    few = ("--trainer.max_steps", "3")
    sharp = (*few, "--model.losses.sharpness", "parts.Sharpness", "--model.losses.sharpness.weight", "0.5")
    whole = runs.alone("sharp", *sharp, "--model.tile", "null")
    assert difference(runs.alone("sharp_tiles", *sharp, "--model.tile", "48"), whole) < 1e-5
    assert difference(runs.shared("sharp_shared", 2, *sharp, "--model.tile", "48"), whole) < 1e-5
    # It counts.
    assert difference(runs.alone("without", *few), whole) > 1e-4


def test_only_the_first_process_writes(two: Path) -> None:
    assert {path.name for path in two.iterdir()} == {"lightning_logs", "said_0.txt"}
    (version,) = (two / "lightning_logs").iterdir()
    names = sorted(path.relative_to(version).as_posix() for path in version.rglob("*") if path.is_file())
    assert [name for name in names if not name.startswith("events.out.tfevents.")] == [
        "checkpoints/last.ckpt",
        "checkpoints/last.previous.ckpt",
        "config.yaml",
        "hparams.yaml",
        "result.html",
        "result.png",
    ]
    assert len(names) == 7
    said = (two / "said_0.txt").read_text()
    assert "Starting with 2 processes" in said
    assert said.count("Result: ") == said.count("Weights: ") == 1


def test_one_process_goes_on_where_two_stopped(runs: Runs, two: Path, later: Path) -> None:
    assert difference(runs.alone("two_one", *LATER, "--ckpt_path", str(checkpoint(two))), later) < 1e-5


def test_two_processes_go_on_where_one_stopped(runs: Runs, one: Path, later: Path) -> None:
    assert difference(runs.shared("one_two", 2, *LATER, "--ckpt_path", str(checkpoint(one))), later) < 1e-5


def test_a_signal_to_one_process_stops_both_after_the_same_step(runs: Runs) -> None:
    bar = (
        "--trainer.enable_progress_bar",
        "true",
        "--trainer.callbacks+",
        "lightning.pytorch.callbacks.TQDMProgressBar",
    )
    folder = runs.root / "stopped"
    with runs.sharing("stopped", 2, "--trainer.max_steps", "100000", *bar) as group:
        group[0].says(" 3/100000 ")
        group[0].receive(signal.SIGTERM)
        assert [process.ends() for process in group] == [128 + signal.SIGTERM] * 2
        assert not any("Traceback" in process.said for process in group)
    steps = torch.load(checkpoint(folder), weights_only=True)["global_step"]
    assert 3 <= steps < 1000
    assert difference(folder, runs.alone("as_far", "--trainer.max_steps", str(steps))) < 1e-4
    assert (checkpoint(folder).parents[1] / "result.png").is_file()


@pytest.mark.parametrize(
    ("options", "photo", "said"),
    [
        ((), "tiny", "32×32 pixels cannot be shared by 3 processes, each of which needs 16 pixels; take fewer, or a"),
        (("--model.scales", "[32, 65]"), "landscape", "32 pixels cannot be shared by 3 processes"),
    ],
)
def test_too_many_processes_for_an_image(runs: Runs, options: tuple[str, ...], photo: str, said: str) -> None:
    ddp = ("--trainer.strategy", "ddp", "--trainer.devices", "3")
    folder = runs.root / "refused"
    status, everything = run([*FORKED, *runs.options("refused", *ddp, *options, content=photo)], folder)
    *_, sentence = everything.splitlines()
    assert status == 2
    assert sentence.startswith("verism: --trainer.devices: an image of ")
    assert said in sentence
    assert "Traceback" not in everything
    assert not (folder / "lightning_logs").exists()


@pytest.fixture
def group(tmp_path: Path) -> Iterator[None]:
    distributed.init_process_group("gloo", f"file://{tmp_path / 'group'}", rank=0, world_size=1)
    yield
    distributed.destroy_process_group()


def test_what_is_frozen_is_not_sent_around(group: None, tiny_weights: Weights, content: Tensor, style: Tensor) -> None:
    backbone = VGG19(activation=nn.LeakyReLU(0.15))
    model = StyleTransfer(Pixels(), backbone, ContentLoss(), StyleLoss(), ColorLoss())
    model.canvas.start(content, style)
    assert len(list(model.buffers())) > 0
    assert not DistributedDataParallel(model).will_sync_module_buffers()
