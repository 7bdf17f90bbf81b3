"""How long a step takes, against the paper's own loop: ``python benchmarks/step_time.py``.

The paper's loop is written down here from what its code computes, with plain torch modules: a step passes the content
photo, the style photo and, twice, the image through all of VGG-19, in float32. Both minimise the same loss from the
same start, and the table shows that they agree; on seeded noise, since the arithmetic is the same for any picture.

Each program lives in a process of its own and is asked for a step in turn, so that a machine that is slower at one
moment is slower for both, and neither profits from the other's settings.
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from typing import Literal

import torch
from jsonargparse import auto_cli
from torch import Tensor, nn
from torch.multiprocessing import Pipe, Process, set_start_method

from verism import VGG19, ColorLoss, ContentLoss, Photos, Pixels, StyleLoss, StyleTransfer
from verism.losses.style import DEFAULT_LAYERS
from verism.memory import keep_freed_memory
from verism.normalization import Normalization
from verism.vgg19 import CONVOLUTIONS
from verism.weights import load

SLOPE = 0.15


class Program:
    """A process that makes a step when it is asked to."""

    def __init__(self, step_maker: Callable[[Photos], Callable[[], Tensor]], height: int, width: int) -> None:
        """Start the process; ``step_maker`` makes its step from the photos, of ``height`` × ``width`` pixels."""
        self.pipe, other_end = Pipe()
        Process(target=_serve, args=(other_end, step_maker, height, width), daemon=True).start()
        self.first_loss = self.step()
        self.seconds: list[float] = []

    def step(self) -> float:
        """Make a step; return its loss."""
        self.pipe.send("step")
        return float(self.pipe.recv())

    def timed_step(self) -> None:
        """Make a step; note how long it took."""
        start = time.perf_counter()
        self.step()
        self.seconds.append(time.perf_counter() - start)

    def peak_gigabytes(self) -> float:
        """End the process; return the most memory that it ever held."""
        self.pipe.send("end")
        return float(self.pipe.recv())


def main(height: int = 600, width: int = 1066, steps: int = 5, precision: Literal["bf16", "fp32"] = "bf16") -> None:
    """Print a Markdown table of seconds a step, and of memory.

    Args:
        height: of the photos, in pixels.
        width: of the photos, in pixels.
        steps: timed steps of each program, after one that is not timed.
        precision: of the features in verism's step.
    """
    set_start_method("spawn")
    programs = {
        "the paper's loop, fp32": Program(paper_step, height, width),
        f"verism, {precision}": Program(partial(verism_step, bf16=precision == "bf16"), height, width),
    }
    for _ in range(steps):
        for program in programs.values():
            program.timed_step()
    print(
        f"{width}×{height} pixels, {torch.get_num_threads()} threads, torch {torch.__version__}, {steps} steps each\n"
    )
    print("| program | s/step, median | min to max | peak memory, GB | loss at the first step |")
    print("| --- | --- | --- | --- | --- |")
    for name, program in programs.items():
        spread = f"{min(program.seconds):.2f} to {max(program.seconds):.2f}"
        median, memory = statistics.median(program.seconds), program.peak_gigabytes()
        print(f"| {name} | {median:.2f} | {spread} | {memory:.1f} | {program.first_loss:.5g} |")
    ratios = [slow / fast for slow, fast in zip(*(program.seconds for program in programs.values()), strict=True)]
    print(f"\nratio, pair by pair: median {statistics.median(ratios):.1f}, {min(ratios):.1f} to {max(ratios):.1f}")


def paper_step(photos: Photos) -> Callable[[], Tensor]:
    """Return one step of the paper's loop."""
    layers: list[nn.Module] = []
    for layer, (weight, bias) in zip(CONVOLUTIONS, load("compact").kernels.values(), strict=True):
        if layer.opens_block:
            layers.append(nn.AvgPool2d(2, 2))
        convolution = nn.Conv2d(layer.inputs, layer.outputs, 3, padding=1)
        convolution.load_state_dict({"weight": weight, "bias": bias})
        layers += [convolution, nn.LeakyReLU(SLOPE)]
    network = nn.Sequential(*layers).requires_grad_(requires_grad=False)
    taps = {layer.feature: layer.name for layer in CONVOLUTIONS if layer.name in {*DEFAULT_LAYERS, "conv5_4"}}
    content, style = (Normalization()(photo) for photo in photos)
    image = content.clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=0.01)

    def features(x: Tensor) -> dict[str, Tensor]:
        found = {}
        for index, module in enumerate(network):
            x = module(x)
            if index in taps:
                found[taps[index]] = x
        return found

    def gram(x: Tensor) -> Tensor:
        flat = x.view(x.shape[1], -1)
        return flat @ flat.T

    def step() -> Tensor:
        optimizer.zero_grad()
        total = 1e3 * (features(image)["conv5_4"] - features(content)["conv5_4"]).square().mean()
        of_image, of_style = features(image), features(style)
        for name, weight in DEFAULT_LAYERS.items():
            distance = (gram(of_image[name]) - gram(of_style[name])).square().mean()
            total = total + 1e6 * weight * distance / of_image[name].numel()
        total.backward()
        optimizer.step()
        return total.detach()

    return step


def verism_step(photos: Photos, *, bf16: bool) -> Callable[[], Tensor]:
    """Return one step of verism's; ``bf16``: with features of that type."""
    keep_freed_memory()  # As verism's command line does.
    backbone = VGG19("compact", activation=nn.LeakyReLU(SLOPE))
    model = StyleTransfer(Pixels(), backbone, ContentLoss(1e3), StyleLoss(1e6), ColorLoss(0))
    model.start(photos)
    autocast = torch.autocast("cpu", torch.bfloat16, enabled=bf16)
    with autocast:
        model.aim(photos)
    optimizer = model.configure_optimizers()

    def step() -> Tensor:
        optimizer.zero_grad()
        with autocast:
            loss: Tensor = model.training_step(photos, 0)["loss"]
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def _serve(pipe: Connection, step_maker: Callable[[Photos], Callable[[], Tensor]], height: int, width: int) -> None:
    generator = torch.Generator().manual_seed(0)
    step = step_maker(Photos(*(torch.rand(1, 3, height, width, generator=generator) for _ in range(2))))
    while pipe.recv() == "step":
        pipe.send(float(step()))
    pipe.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9)


if __name__ == "__main__":
    auto_cli(main)
