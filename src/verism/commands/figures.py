"""The command ``figures``: the figures of the paper, of finished runs."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from jsonargparse import ArgumentParser
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor, nn

from verism import atomic, images
from verism.backbone import VGG19
from verism.backbone.architecture import CONVOLUTIONS
from verism.commands.finished_run import FinishedRun
from verism.commands.options import resolve_paths
from verism.quiet import quieten_lightning

DESCRIPTION = """Draw the paper's figures of finished runs.

For each run, into its folder's figures/: photos.png (Figures 1 and 5 to 11: content, result, style), luminance.png and
colors.png (Figures 2 and 3: histograms of the three), activation.png (Figure 4: the run's activation function beside
the others), convolutions.png (the 4×4 sheet of histograms of all convolution outputs for the result).
"""


def figures(args: Sequence[str]) -> None:
    """Run ``figures`` with its arguments: draw each run's, and say where they are.

    Raises:
        VerismError: a folder holds no finished run, or a file cannot be read or written.
    """
    quieten_lightning()
    resolve_paths()
    parser = ArgumentParser(prog="verism figures", description=DESCRIPTION, exit_on_error=False)
    parser.add_argument("folders", nargs="+", type=Path, help="Folders of finished runs, or of sweeps.")
    for folder in parser.parse_args(list(args)).folders:
        runs = sorted(path.parent for path in folder.glob("runs/*/result.png")) or [folder]
        for run in map(FinishedRun.read, runs):
            draw(run, run.folder / "figures")
            sys.stdout.write(f"Figures: {run.folder / 'figures'}\n")


def draw(run: FinishedRun, folder: Path) -> None:
    """Draw the figures of one run into ``folder``."""
    content, style = run.photos
    pictures = {"content": content, "result": run.image, "style": style}
    model = run.build()
    row = [images.to_height(picture, content.shape[-2]) for picture in pictures.values()]
    images.write(folder / "photos.png", torch.cat(row, dim=-1), {})
    drawings = {
        "luminance": luminance_histograms(pictures),
        "colors": color_histograms(pictures),
        "activation": activation_functions(model.backbone.activation),
        "convolutions": convolution_outputs(_features(model.backbone, run.image)),
    }
    for name, figure in drawings.items():
        _save(folder / f"{name}.png", figure)


def luminance_histograms(pictures: Mapping[str, Tensor]) -> Figure:
    """Return histograms of luminance, pixels a level of 0 to 255, a panel a picture (Figure 2).

    Args:
        pictures: title to ``(1, 3, H, W)``, RGB in [0, 1].
    """
    figure, panels = _panels(1, len(pictures))
    for panel, (title, picture) in zip(panels, pictures.items(), strict=True):
        _levels(panel, {"0.3": images.luma(picture)})
        panel.set_title(title)
        panel.set_xlabel("luminance")
    return figure


def color_histograms(pictures: Mapping[str, Tensor]) -> Figure:
    """Return histograms of red, green and blue, pixels a level of 0 to 255, a panel a picture (Figure 3).

    Args:
        pictures: title to ``(1, 3, H, W)``, RGB in [0, 1].
    """
    figure, panels = _panels(1, len(pictures))
    for panel, (title, picture) in zip(panels, pictures.items(), strict=True):
        _levels(panel, dict(zip(("tab:red", "tab:green", "tab:blue"), picture.squeeze(0), strict=True)))
        panel.set_title(title)
        panel.set_xlabel("level")
    return figure


def activation_functions(chosen: nn.Module) -> Figure:
    """Return the graph of ``chosen``, thick, beside those of the paper's activations (Figure 4)."""
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
    figure.legend(loc="outside right upper", fontsize="small", frameon=False)
    return figure


def convolution_outputs(features: Mapping[str, Tensor]) -> Figure:
    """Return histograms of convolution outputs on a logarithmic scale, four panels a row: the paper's 4×4 sheets.

    Args:
        features: layer name to ``(1, d, h, w)``.
    """
    figure, panels = _panels(-(-len(features) // 4), 4)
    for panel, (name, values) in zip(panels, features.items(), strict=False):
        panel.hist(values.flatten().numpy(), bins=100, color="tab:blue", log=True)
        panel.set_title(f"{name}, σ = {float(values.std()):.3g}")
    return figure


@torch.no_grad()
def _features(backbone: VGG19, image: Tensor) -> dict[str, Tensor]:
    features: dict[str, Tensor] = backbone(image, [layer.name for layer in CONVOLUTIONS])
    return features


def _levels(panel: Axes, channels: Mapping[str, Tensor]) -> None:
    """Draw a histogram of levels, 0 to 255, for each colour's values in [0, 1]."""
    histograms = {color: torch.histc(values * 255, 256, -0.5, 255.5) for color, values in channels.items()}
    for color, counts in histograms.items():
        panel.stairs(counts.numpy(), torch.arange(257).numpy() - 0.5, color=color, fill=True, alpha=0.5)
    panel.set_xlim(0, 255)
    # What is clipped would dwarf the rest.
    panel.set_ylim(0, 1.1 * max(float(counts[1:-1].max()) for counts in histograms.values()) + 1)


def _panels(rows: int, columns: int) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(4 * columns, 3 * rows), layout="constrained")
    return figure, list(figure.subplots(rows, columns, squeeze=False).flat)


def _save(path: Path, figure: Figure) -> None:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    atomic.write(path, buffer.getvalue())
