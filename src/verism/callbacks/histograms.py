"""The photos and the image as a photographer's histograms, and what the network makes of them."""

from __future__ import annotations

from typing import cast

import torch
from lightning.pytorch import LightningModule, Trainer
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter

from verism.backbone import VGG
from verism.callbacks.periodic import Periodic
from verism.errors import VerismError
from verism.images import luma
from verism.module import StyleTransfer

BINS = 256


class Histograms(Periodic):
    """Writes histograms to TensorBoard.

    Tags:

    - ``tones/{luminance,red,green,blue}/image``: pixels a level, 0 to 255, after 0, n, 2n, … updates, and of the last
      image.
    - ``tones/{luminance,red,green,blue}/{content,style}``: the same of the photos, once.

    and, if asked for, of every convolution's outputs for the image (the paper's 4×4 sheets):

    - ``outputs/{conv1_1 … conv5_4}``: their histogram.
    - ``std/{conv1_1 … conv5_4}``: their standard deviation, a scalar.
    - ``saturated/{conv1_1 … conv5_4}``: the share of them at which the activation's slope is below 1 − 0.99²; for Tanh,
      those that it takes beyond ±0.99, for ReLU, those that it takes to 0. A scalar.
    """

    def __init__(self, every_n_steps: int | None = None, activations: bool = False) -> None:
        """Choose what, and how often.

        Args:
            every_n_steps: steps from one histogram of the image to the next; null: 50, or 5 in runs of at most 100.
            activations: also the outputs of all 16 convolutions (13 with VGG16); costs a forward pass through the whole
                network.
        """
        super().__init__(every_n_steps)
        self.activations = activations

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the first; raise ``VerismError`` if activations are asked for that the network has not."""
        if self.activations:
            _vgg(cast("StyleTransfer", pl_module))
        super().on_train_start(trainer, pl_module)

    def look(self, writer: SummaryWriter, model: StyleTransfer, step: int, *, first: bool) -> None:
        """Write the histograms of one step, and at first the photos'."""
        if first:
            for name, photo in model.photos._asdict().items():
                _add_levels(writer, name, photo, step)
        _add_levels(writer, "image", model.image, step)
        if self.activations:
            backbone = _vgg(model)
            names = [layer.name for layer in backbone.convolutions]
            with torch.no_grad():
                image = model.canvas()
                with model.trainer.precision_plugin.forward_context():
                    features = backbone(image, names)
            for name in names:
                values = features[name].float()
                low, high = float(values.min()), float(values.max())
                margin = 0.5 if low == high else 0.0
                _add(writer, f"outputs/{name}", values, low - margin, high + margin, step)
                writer.add_scalar(f"std/{name}", float(values.std()), step)
                writer.add_scalar(f"saturated/{name}", saturated(backbone.activation, values), step)


def _vgg(model: StyleTransfer) -> VGG:
    """Return the model's backbone; raise ``VerismError`` if its convolutions are not known."""
    if not isinstance(model.backbone, VGG):
        raise VerismError(
            f"--histograms.activations: is for the convolutions of VGG19 and VGG16, not for "
            f"{type(model.backbone).__name__}; leave it out."
        )
    return model.backbone


def saturated(activation: nn.Module, values: Tensor) -> float:
    """Return the share of ``values`` at which the slope of ``activation`` is below 1 − 0.99², Tanh's at ±0.99."""
    with torch.enable_grad():
        values = values.detach().requires_grad_()
        (slope,) = torch.autograd.grad(activation(values).sum(), values)
    return float((slope < 1 - 0.99**2).float().mean())


def _add_levels(writer: SummaryWriter, name: str, image: Tensor, step: int) -> None:
    channels = dict(zip(("red", "green", "blue"), image.float().squeeze(0) * 255, strict=True))
    channels["luminance"] = luma(image.float()) * 255
    for channel, values in channels.items():
        # A bin a level, centred on it.
        _add(writer, f"tones/{channel}/{name}", values, -0.5, 255.5, step)


def _add(writer: SummaryWriter, tag: str, values: Tensor, low: float, high: float, step: int) -> None:
    values = values.cpu()  # Not every device has float64, and the sums need it.
    counts = torch.histc(values, BINS, low, high)
    edges = torch.linspace(low, high, BINS + 1, dtype=torch.float64)
    writer.add_histogram_raw(
        tag,
        min=float(values.min()),
        max=float(values.max()),
        num=values.numel(),
        sum=float(values.sum(dtype=torch.float64)),
        sum_squares=float(values.double().square().sum()),
        bucket_limits=edges[1:].tolist(),
        bucket_counts=counts.tolist(),
        global_step=step,
    )
