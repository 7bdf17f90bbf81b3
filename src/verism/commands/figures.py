"""The command ``figures``: draws the paper's figures for finished runs."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from jsonargparse import ArgumentParser
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor, nn

from verism import atomic, images
from verism.backbone import VGG
from verism.commands.finished_run import FinishedRun
from verism.commands.options import resolve_paths
from verism.commands.saying import near
from verism.errors import VerismError
from verism.quiet import quieten_lightning
from verism.run_files import RESULT

DESCRIPTION = """Draw the paper's figures of finished runs.

They are written into the folder figures/ of each run: photos.png (Figures 1 and 5 to 11: content, result, style),
luma.png and colors.png (Figures 2 and 3: histograms of the three), activation.png (Figure 4: the run's activation
function beside the others), convolutions.png (the 4×4 sheet of histograms of all convolution outputs for the result).
The last two need VGG19 or VGG16.

Panels that are compared have the same axes. Use --dpi 300 for print.
"""

SCREEN = 110
"""Default number of dots per inch."""

DPI = (50, 1200)
"""Smallest and largest number of dots per inch: below it, labels are illegible; above it, a figure has hundreds of
megapixels."""

CHANNELS = {"red": "tab:red", "green": "tab:green", "blue": "tab:blue"}


def figures(args: Sequence[str]) -> None:
    """Run ``figures`` with its arguments: draw the figures of each run and print where they are.

    Raises:
        VerismError: a folder holds no finished run, a file cannot be read or written, or ``--dpi`` is not in ``DPI``.
    """
    quieten_lightning()
    resolve_paths()
    parser = ArgumentParser(prog="verism figures", description=DESCRIPTION, exit_on_error=False)
    parser.add_argument("folders", nargs="+", type=Path, help="Folders of finished runs, or of sweeps.")
    parser.add_argument("--dpi", type=int, default=SCREEN, help="Dots per inch of the plots: 300 for print.")
    options = parser.parse_args(list(args))
    low, high = DPI
    if not low <= options.dpi <= high:
        raise VerismError(f"--dpi {options.dpi}: must be from {low} to {high}.")
    for folder in options.folders:
        runs = sorted(path.parent for path in folder.glob(f"runs/*/{RESULT}")) or [folder]
        for run in map(FinishedRun.read, runs):
            draw(run, run.folder / "figures", options.dpi)
            sys.stdout.write(f"Figures: {near(run.folder / 'figures')}\n")


def draw(run: FinishedRun, folder: Path, dpi: int = SCREEN) -> None:
    """Draw the figures of one run into ``folder``, plots with ``dpi`` dots per inch."""
    content, style = run.photos
    pictures = {"content": content, "result": run.image, "style": style}
    model = run.build()
    row = [images.to_height(picture, content.shape[-2]) for picture in pictures.values()]
    images.write(folder / "photos.png", torch.cat(row, dim=-1), {})
    drawings = {
        "luma": luma_histograms(pictures),
        "colors": color_histograms(pictures),
    }
    if isinstance(model.backbone, VGG):
        drawings["activation"] = activation_functions(model.backbone.activation)
        drawings["convolutions"] = convolution_outputs(_features(model.backbone, run.image), model.backbone.activation)
    for name, figure in drawings.items():
        _save(folder / f"{name}.png", figure, dpi)


def luma_histograms(pictures: Mapping[str, Tensor]) -> Figure:
    """Return histograms of luma, the share of pixels at each level, with one panel per picture (Figure 2).

    Args:
        pictures: title to ``(1, 3, H, W)``, RGB in [0, 1].
    """
    return _histograms({title: {"luma": images.luma(picture)} for title, picture in pictures.items()})


def color_histograms(pictures: Mapping[str, Tensor]) -> Figure:
    """Return histograms of red, green and blue, the share of pixels at each level, one panel per picture (Figure 3).

    Args:
        pictures: title to ``(1, 3, H, W)``, RGB in [0, 1].
    """
    return _histograms(
        {title: dict(zip(CHANNELS, picture.squeeze(0), strict=True)) for title, picture in pictures.items()}
    )


def activation_functions(chosen: nn.Module) -> Figure:
    """Return the graphs of the paper's activations, with ``chosen`` drawn as a thick line (Figure 4)."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    panel = figure.add_subplot()
    x = torch.linspace(-3, 3, 301)
    papers: tuple[Callable[[Tensor], Tensor], ...] = (
        nn.ReLU(),
        *(nn.LeakyReLU(slope) for slope in (0.08, 0.15, 0.3)),
        nn.Tanh(),
    )
    for activation in papers:
        panel.plot(x, activation(x), linewidth=1, label=str(activation))
    panel.plot(x, chosen(x), linewidth=3, color="0.2", label=f"this run's: {chosen}", zorder=0)
    panel.set(xlabel="convolution output", ylabel="activation")
    panel.grid(alpha=0.25)
    figure.legend(loc="outside right upper", fontsize="small", frameon=False)
    return figure


def convolution_outputs(features: Mapping[str, Tensor], activation: nn.Module) -> Figure:
    """Return histograms of convolution outputs on a logarithmic scale, four panels per row: the paper's 4×4 sheets.

    All panels share the vertical axis, the share of the outputs. The horizontal axes differ, because outputs grow a
    hundredfold from layer to layer.

    Args:
        features: layer name to ``(1, d, h, w)``, before the activation.
        activation: the function that follows each of them; it is named below the panels.
    """
    figure, panels = _panels(-(-len(features) // 4), 4, sharey=True)
    for panel, (name, values) in zip(panels, features.items(), strict=False):
        counts, edges = np.histogram(values.numpy(), bins=100)
        panel.stairs(100 * counts / values.numel(), edges, fill=True, color="tab:blue")
        panel.set_yscale("log", nonpositive="clip")
        panel.set_title(f"{name}, σ = {float(values.std()):.3g}", fontsize="medium")
    figure.supxlabel(f"output for the result, before the activation, which is {activation}", fontsize="medium")
    figure.supylabel("outputs, %", fontsize="medium")
    return figure


@torch.no_grad()
def _features(backbone: VGG, image: Tensor) -> dict[str, Tensor]:
    features: dict[str, Tensor] = backbone(image, [layer.name for layer in backbone.convolutions])
    return features


def _histograms(pictures: Mapping[str, Mapping[str, Tensor]]) -> Figure:
    """Return histograms of levels, 0 to 255, on the same axes.

    Args:
        pictures: panel title to its channels: name to values in [0, 1].
    """
    figure, panels = _panels(1, len(pictures), sharey=True)
    top = 0.0
    for panel, (title, channels) in zip(panels, pictures.items(), strict=True):
        for name, values in channels.items():
            shares = 100 * torch.histc(values * 255, 256, -0.5, 255.5) / values.numel()
            color = CHANNELS.get(name, "0.3")
            panel.stairs(shares.numpy(), torch.arange(257).numpy() - 0.5, color=color, fill=True, alpha=0.5, label=name)
            # Black and white are excluded: clipped pixels would dwarf the rest.
            top = max(top, float(shares[1:-1].max()))
        panel.set_title(title)
        panel.grid(alpha=0.25)
    panels[0].set(xlim=(0, 255), ylim=(0, 1.1 * top or 1))
    for panel in panels[1:]:
        panel.set_xlim(0, 255)
    panels[0].set_ylabel("pixels, %")
    figure.supxlabel("level, 0 to 255", fontsize="medium")
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside right upper", fontsize="small", frameon=False)
    return figure


def _panels(rows: int, columns: int, *, sharey: bool) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(4 * columns, 3 * rows), layout="constrained")
    return figure, list(figure.subplots(rows, columns, squeeze=False, sharey=sharey).flat)


def _save(path: Path, figure: Figure, dpi: int) -> None:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi)
    atomic.write(path, buffer.getvalue())
