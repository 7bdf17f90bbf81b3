"""How long a step takes, against the paper's own loop: ``python benchmarks/step_time.py``.

The two take turns in one process, so that a machine that is slower at one moment is slower for both. The paper's loop
is written down here from what its code computes, with plain torch modules: a step passes the content photo, the style
photo and, twice, the image through all of VGG-19, in float32. Both minimise the same loss from the same start, which is
checked, on seeded noise (the arithmetic does not depend on what is in the pictures).
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
from jsonargparse import auto_cli
from torch import Tensor, nn

from verism import VGG19, ColorLoss, ContentLoss, Photos, Pixels, StyleLoss, StyleTransfer
from verism.losses.style import DEFAULT_LAYERS
from verism.memory import keep_freed_memory
from verism.normalization import Normalization
from verism.vgg19 import CONVOLUTIONS
from verism.weights import load

SLOPE = 0.15


def main(height: int = 600, width: int = 1066, steps: int = 3, precision: str = "bf16") -> None:
    """Print a Markdown table of seconds a step.

    Args:
        height: of the photos, in pixels.
        width: of the photos, in pixels.
        steps: timed steps of each program, after one that is not timed.
        precision: of verism's features: bf16 or fp32.
    """
    keep_freed_memory()
    generator = torch.Generator().manual_seed(0)
    photos = Photos(*(torch.rand(1, 3, height, width, generator=generator) for _ in range(2)))
    programs = {"the paper's loop, fp32": paper_step(photos), f"verism, {precision}": verism_step(photos, precision)}
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    first = {name: float(step()) for name, step in programs.items()}
    for _ in range(steps):
        for name, step in programs.items():
            start = time.perf_counter()
            step()
            seconds[name].append(time.perf_counter() - start)
    print(f"{width}×{height} pixels, {torch.get_num_threads()} threads, torch {torch.__version__}, medians of {steps}\n")
    print("| program | s/step | min to max | first loss |\n| --- | --- | --- | --- |")
    for name, times in seconds.items():
        spread = f"{min(times):.2f} to {max(times):.2f}"
        print(f"| {name} | {statistics.median(times):.2f} | {spread} | {first[name]:.5g} |")
    ratios = [slow / fast for slow, fast in zip(*seconds.values(), strict=True)]
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


def verism_step(photos: Photos, precision: str) -> Callable[[], Tensor]:
    """Return one step of verism's."""
    backbone = VGG19("compact", activation=nn.LeakyReLU(SLOPE))
    model = StyleTransfer(Pixels(), backbone, ContentLoss(1e3), StyleLoss(1e6), ColorLoss(0))
    model.canvas.start(*photos)
    autocast = torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16")
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


if __name__ == "__main__":
    auto_cli(main)
