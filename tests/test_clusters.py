"""The commands of docs/clusters.md: they run, and do what stands there."""

from __future__ import annotations

import os
import re
import shlex
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from documents import ROOT, blocks
from lightning.fabric.plugins.environments.lightning import find_free_network_port
from lightning.fabric.utilities.cloud_io import get_filesystem
from processes import FORKED, VERISM, started
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor

from verism import images
from verism.backbone.weights import Weights
from verism.cli import _locate_configs, main
from verism.commands.options import FitOptions

DOCUMENT = ROOT / "docs" / "clusters.md"

# What the documented commands lack: small photos, and two cores instead of a cluster.
SMALL = shlex.split(
    "--model.backbone.weights compact --data.size 48 --trainer.accelerator cpu --trainer.precision 32-true "
    "--optimizer torch.optim.SGD --optimizer.lr 5"
)


def block(section: str, language: str = "bash") -> str:
    """Return the first block of code in a section."""
    return blocks(DOCUMENT.read_text().partition(f"\n## {section}\n")[2], language)[0]


def arguments(command: str) -> list[str]:
    """Return what a documented command gives to ``verism``."""
    words = shlex.split(command)
    return words[words.index("fit") :]


def processes(args: list[str]) -> tuple[int, int]:
    """Return how many machines, and processes on each, the parser understands."""
    trainer = FitOptions().read(_locate_configs(args[1:])[0])["trainer"]
    assert trainer["strategy"] == "ddp"
    return int(trainer["num_nodes"]), int(trainer["devices"])


def pixels(checkpoint: Path) -> Tensor:
    result: Tensor = torch.load(checkpoint, weights_only=True)["state_dict"]["canvas.pixels"]
    return result


def assert_same_image(folder: Path, reference: Path) -> None:
    image, expected = (pixels(root / "checkpoints" / "last.ckpt") for root in (folder, reference))
    # One step more or less is a hundred times that.
    assert float((image - expected).norm() / expected.norm()) < 1e-4


def test_one_machine() -> None:
    """What it does is in test_distributed.py."""
    assert processes(arguments(block("One machine"))) == (1, 2)


@pytest.mark.slow
def test_torchrun_on_two_nodes(photo_files: list[str], tmp_path: Path) -> None:
    launcher, *words = shlex.split(block("torchrun"))
    assert launcher == "torchrun"
    steps = (*SMALL, "--trainer.max_steps", "4")
    there = {"--master_addr": "127.0.0.1", "--master_port": str(find_free_network_port())}
    commands = []
    for node in ("0", "1"):
        given = list(words)
        for option, value in {**there, "--node_rank": node}.items():
            given[given.index(option) + 1] = value
        own = ("--trainer.default_root_dir", str(tmp_path / f"node_{node}"))
        commands.append([VERISM[0], "-m", "torch.distributed.run", *given, *photo_files, *steps, *own])
    with started(commands, tmp_path / "said") as nodes:
        statuses = [node.ends() for node in nodes]
        assert statuses == [0, 0], nodes[0].said + nodes[1].said
        assert "Starting with 2 processes" in nodes[0].said
    assert not (tmp_path / "node_1").exists()
    alone = tmp_path / "alone"
    main(["fit", "--config", "leaky.yaml", *photo_files, *steps, "--trainer.default_root_dir", str(alone)])
    runs = [folder / "lightning_logs" / "content-style" for folder in (tmp_path / "node_0", alone)]
    assert_same_image(*runs)


@pytest.fixture
def slurm(tmp_path: Path) -> dict[str, str]:
    """The environment of SLURM's job 4242, whose ``scontrol`` writes down what it is asked to do."""
    programs = tmp_path / "programs"
    programs.mkdir()
    scontrol = programs / "scontrol"
    scontrol.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path / "asked.txt"}\n')
    scontrol.chmod(0o755)
    job = {"JOB_ID": "4242", "JOB_NAME": "verism", "NNODES": "1", "NODEID": "0", "NTASKS": "1", "NTASKS_PER_NODE": "1"}
    job |= {"PROCID": "0", "LOCALID": "0", "NODELIST": "127.0.0.1"}
    return {f"SLURM_{name}": value for name, value in job.items()} | {"PATH": f"{programs}:{os.environ['PATH']}"}


def test_slurm_has_as_many_tasks_as_the_run_has_processes() -> None:
    script = block("SLURM")
    asked = dict(re.findall(r"#SBATCH --([\w-]+)=(\S+)", script))
    nodes, devices = processes(arguments(script.splitlines()[-1]))
    assert nodes == int(asked["nodes"])
    assert devices == int(asked["ntasks-per-node"]) == int(asked["gpus-per-node"])
    # Without a prefix B:, to all tasks; Lightning waits for this signal.
    assert re.fullmatch(r"SIGUSR1@\d+", asked["signal"])


@pytest.mark.slow
def test_slurm_ends_a_job_and_it_goes_on(photo_files: list[str], slurm: dict[str, str], tmp_path: Path) -> None:
    """Of two processes, the warning reaches first the one that does not write: SLURM has no order."""
    line = block("SLURM").splitlines()[-1]
    assert line.startswith("srun verism fit ")
    line = line.replace("$SLURM_JOB_ID", slurm["SLURM_JOB_ID"])
    steps = (*SMALL, "--trainer.max_steps", "20", "--trainer.log_every_n_steps", "1")
    root = tmp_path / "runs" / "4242"
    place = ("--trainer.devices", "2", "--trainer.default_root_dir", str(root))
    # Lightning takes another bar where rich is installed.
    bar = ("--trainer.callbacks+", "lightning.pytorch.callbacks.TQDMProgressBar")
    command = [*FORKED, *arguments(line), *photo_files, *steps, *place, *bar]

    def tasks(**more: str) -> list[Mapping[str, str]]:
        job = slurm | {
            "SLURM_NTASKS": "2",
            "SLURM_NTASKS_PER_NODE": "2",
            "MASTER_PORT": str(find_free_network_port()),
            **more,
        }
        return [job | {"SLURM_PROCID": str(rank), "SLURM_LOCALID": str(rank)} for rank in range(2)]

    with started([command] * 2, tmp_path / "first", tasks()) as (writer, other):
        writer.says(" 3/20 ")
        other.receive(signal.SIGUSR1)
        writer.says("Requeued SLURM job: 4242")
    assert (tmp_path / "asked.txt").read_text() == "requeue 4242\n"
    stopped = torch.load(root / "hpc_ckpt_1.ckpt", weights_only=True)["global_step"]
    assert 3 <= stopped < 20

    with started([command] * 2, tmp_path / "second", tasks(SLURM_RESTART_COUNT="1")) as (writer, other):
        assert [writer.ends(), other.ends()] == [0, 0], writer.said + other.said
        assert "hpc_ckpt_1.ckpt" in writer.said
    (folder,) = (root / "lightning_logs").iterdir()
    assert folder.name == "version_4242"
    assert (folder / "result.png").is_file()
    alone = tmp_path / "alone"
    main(["fit", "--config", "leaky.yaml", *photo_files, *steps, "--trainer.default_root_dir", str(alone)])
    assert_same_image(folder, alone / "lightning_logs" / "content-style")
    last = max(folder.glob("events.out.tfevents.*"), key=lambda path: path.stat().st_mtime)
    accumulator = EventAccumulator(str(last), size_guidance={"scalars": 0})
    accumulator.Reload()
    assert [event.step for event in accumulator.Scalars("loss/total")] == list(range(stopped, 20))


@pytest.mark.filterwarnings("ignore:Checkpoint directory .* exists and is not empty")
def test_a_requeued_job_replaces_its_own_files_and_no_other_does(
    run: Callable[..., Path],
    slurm: dict[str, str],
    tiny_weights: Weights,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in slurm.items():
        monkeypatch.setenv(name, value)
    folder = run("--trainer.max_steps", "2")
    assert folder.name == "version_4242"
    before = images.read(folder / "result.png")
    with pytest.raises(SystemExit, match="2"):
        run("--trainer.max_steps", "3")
    assert "result.png: exists already" in capsys.readouterr().err
    monkeypatch.setenv("SLURM_RESTART_COUNT", "1")
    assert run("--trainer.max_steps", "3") == folder
    assert not torch.equal(images.read(folder / "result.png"), before)
    options = yaml.safe_load((folder / "config.yaml").read_text())
    assert options["trainer"]["max_steps"] == 3
    checkpoint = folder / "checkpoints" / "last.ckpt"
    assert torch.load(checkpoint, weights_only=True)["global_step"] == 3
    # The next run from this config is not requeued.
    assert options["output"]["overwrite"] is False


def test_kubernetes() -> None:
    service, job = yaml.safe_load_all(block("Kubernetes", "yaml"))
    name, spec = job["metadata"]["name"], job["spec"]
    pod = spec["template"]["spec"]
    (container,) = pod["containers"]
    assert (service["kind"], job["kind"], spec["completionMode"]) == ("Service", "Job", "Indexed")
    assert service["spec"]["selector"] == {"job-name": name}
    assert pod["subdomain"] == service["metadata"]["name"]

    launch = dict(word.removeprefix("--").split("=") for word in container["command"][1:-2])
    assert [container["command"][0], *container["command"][-2:]] == ["torchrun", "-m", "verism"]
    assert launch["master_addr"] == f"{name}-0.{pod['subdomain']}"
    assert launch["node_rank"] == "$(NODE_RANK)" in [f"$({variable['name']})" for variable in container["env"]]

    assert container["args"][0] == "fit"
    nodes, devices = processes(container["args"])
    assert nodes == int(launch["nnodes"]) == spec["completions"] == spec["parallelism"]
    assert devices == int(launch["nproc_per_node"]) == container["resources"]["limits"]["nvidia.com/gpu"]


@pytest.fixture
def bucket() -> Iterator[Any]:
    """A file system that is in no folder."""
    memory = get_filesystem("memory://")
    yield memory
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]


@pytest.mark.slow
def test_storage_elsewhere(
    photo_files: list[str], bucket: Any, tiny_weights: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    more = (*photo_files, *SMALL, "--trainer.enable_progress_bar", "false")
    here_named = block("Storage elsewhere").replace("mine-theirs", "content-style")
    commands = here_named.replace("s3://bucket/", "memory://bucket/").splitlines()
    for command, name, steps in zip(commands, ("content-style", "content-style_1"), (2, 3), strict=True):
        main([*arguments(command), *more, "--trainer.max_steps", str(steps)])
        folder = f"/bucket/runs/lightning_logs/{name}"
        names = {name.removeprefix(f"{folder}/") for name in bucket.find(folder)}
        assert {"config.yaml", "hparams.yaml", "checkpoints/last.ckpt", "result.png"} < names
        assert any(name.startswith("events.out.tfevents.") for name in names)
        with bucket.open(f"{folder}/checkpoints/last.ckpt") as file:
            assert torch.load(file, weights_only=True)["global_step"] == steps
    with bucket.open("/bucket/runs/lightning_logs/content-style_1/hparams.yaml") as file:
        assert yaml.safe_load(file)["trainer"]["max_steps"] == 3
    fetched = tmp_path / "result.png"
    bucket.get_file("/bucket/runs/lightning_logs/content-style_1/result.png", str(fetched))
    assert images.read(fetched).shape == (1, 3, 48, 64)
    assert list(here.iterdir()) == []


@pytest.mark.slow
def test_a_result_elsewhere_is_not_overwritten(
    photo_files: list[str], bucket: Any, tiny_weights: Weights, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket.pipe_file("/bucket/result.png", b"precious")
    root = ("--trainer.logger", "false", "--trainer.default_root_dir", "memory://bucket")
    with pytest.raises(SystemExit, match="2"):
        main(["fit", *photo_files, *SMALL, *root, "--trainer.max_steps", "1"])
    assert "memory://bucket/result.png: exists already" in capsys.readouterr().err
    assert bucket.cat_file("/bucket/result.png") == b"precious"


def test_a_url_where_a_file_belongs(run: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run("--output.path", "memory://bucket/out.png")
    said = capsys.readouterr().err
    assert said.startswith("verism: --output.path: is a URL")
    assert "is a URL, and must be a file" in said
    assert list(Path.cwd().iterdir()) == []


def test_a_url_whose_package_is_missing(
    run: Callable[..., Path], tiny_weights: Weights, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(SystemExit, match="2"):
        run("--trainer.default_root_dir", "s3://bucket/runs")
    assert "verism: --trainer: Install s3fs" in capsys.readouterr().err
