"""The paper's figures of finished runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.patches import StepPatch
from PIL import Image
from torch import Tensor, nn

from verism import images
from verism.backbone.architecture import CONVOLUTIONS
from verism.backbone.weights import Weights
from verism.cli import main
from verism.commands.figures import activation_functions, color_histograms, convolution_outputs, luma_histograms
from verism.commands.saying import near

FILES = {"activation.png", "colors.png", "convolutions.png", "luma.png", "photos.png"}


def test_draws_all_of_them(
    run: Callable[..., Path], tiny_weights: Weights, content: Tensor, style: Tensor, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = run("--trainer.max_steps", "2")
    main(["figures", str(folder)])
    assert capsys.readouterr().out.splitlines()[-1] == f"Figures: {near(folder / 'figures')}"
    assert {path.name for path in (folder / "figures").iterdir()} == FILES
    row = images.read(folder / "figures" / "photos.png")
    width = content.shape[-1]
    torch.testing.assert_close(row[..., :width], content, atol=1 / 255, rtol=0)
    torch.testing.assert_close(row[..., width : 2 * width], images.read(folder / "result.png"))
    assert row.shape[-1] == 2 * width + style.shape[-1] * 48 // 56


def test_a_sweeps_folder_stands_for_its_runs(run: Callable[..., Path], tiny_weights: Weights, tmp_path: Path) -> None:
    for name in ("one", "two"):
        run("--trainer.max_steps", "1").rename((tmp_path / "runs").with_name(name))
    runs = tmp_path / "sweep" / "runs"
    runs.mkdir(parents=True)
    for name in ("one", "two"):
        (tmp_path / name).rename(runs / name)
    main(["figures", str(tmp_path / "sweep")])
    assert all((runs / name / "figures" / "photos.png").is_file() for name in ("one", "two"))


def test_for_print(run: Callable[..., Path], tiny_weights: Weights) -> None:
    folder = run("--trainer.max_steps", "1")
    main(["figures", str(folder), "--dpi", "300"])
    with Image.open(folder / "figures" / "luma.png") as picture:
        assert picture.size == (3600, 900)
        assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)


@pytest.mark.parametrize("dpi", ["0", "100000"])
def test_no_resolution(dpi: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["figures", str(tmp_path), "--dpi", dpi])
    assert capsys.readouterr().err == f"verism: --dpi {dpi}: must be from 50 to 1200.\n"


def test_histograms_are_on_the_same_axes_and_have_a_legend() -> None:
    """A picture four times as large, and all of it at one level, is as high as a small one."""
    pictures = {"small": torch.full((1, 3, 4, 5), 100 / 255), "large": torch.full((1, 3, 8, 10), 50 / 255)}
    figure = color_histograms(pictures)
    limits = [[*panel.get_xlim(), *panel.get_ylim()] for panel in figure.axes]
    assert limits == [pytest.approx([0, 255, 0, 110])] * 2
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["red", "green", "blue"]


def test_histograms_have_the_share_of_pixels_at_each_level(content: Tensor) -> None:
    levels = (content * 255).round() / 255
    (panel,) = color_histograms({"content": levels}).axes
    for channel, patch in zip(levels.squeeze(0), panel.patches, strict=True):
        assert isinstance(patch, StepPatch)
        counts = np.bincount((channel * 255).round().long().flatten(), minlength=256)
        np.testing.assert_allclose(patch.get_data()[0], 100 * counts / counts.sum(), rtol=1e-5)
    (panel,) = luma_histograms({"grey": torch.full((1, 3, 4, 5), 100 / 255)}).axes
    (patch,) = panel.patches
    assert isinstance(patch, StepPatch)
    heights = patch.get_data()[0]
    assert heights[100] == 100 == sum(heights)


def test_activation_functions_are_the_papers_and_the_runs() -> None:
    (panel,) = activation_functions(nn.LeakyReLU(0.5)).axes
    ends = [float(np.asarray(line.get_ydata())[0]) for line in panel.lines]
    assert ends == pytest.approx([0, -0.24, -0.45, -0.9, -0.99505, -1.5], abs=1e-4)


@pytest.mark.slow
def test_convolution_outputs_have_a_panel_each() -> None:
    features = {layer.name: torch.linspace(-1, 1, 12).view(1, 3, 2, 2) for layer in CONVOLUTIONS}
    figure = convolution_outputs(features, nn.Tanh())
    panels = figure.axes
    assert [panel.get_title().split(",")[0] for panel in panels] == [layer.name for layer in CONVOLUTIONS]
    (histogram,) = panels[0].patches
    assert isinstance(histogram, StepPatch)
    assert sum(histogram.get_data()[0]) == pytest.approx(100)
    assert panels[0].get_yscale() == "log"
    # A sheet of ReLU's outputs looks as a sheet of Tanh's does; it says which, and that it is before that.
    assert "before the activation, which is Tanh()" in figure.get_supxlabel()
    assert len({panel.get_ylim() for panel in panels}) == 1
