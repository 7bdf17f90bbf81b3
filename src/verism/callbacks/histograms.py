"""Histograms of the tones of the photos and the image, and of the network's outputs for the image."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple, cast

import torch
from lightning.pytorch import LightningModule, Trainer
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter

from verism.backbone import VGG
from verism.callbacks.background import arriving
from verism.callbacks.periodic import Periodic
from verism.errors import VerismError
from verism.images import luma
from verism.module import StyleTransfer

BINS = 256


class Histograms(Periodic):
    """Writes histograms to TensorBoard.

    Tags:

    - ``tones/{luma,red,green,blue}/image``: number of pixels at each level, 0 to 255, after 0, n, 2n, … updates,
      and of the last image.
    - ``tones/{luma,red,green,blue}/{content,style}``: the same of the photos, once.

    and, if asked for, the outputs of every convolution for the image (the paper's 4×4 sheets):

    - ``outputs/{conv1_1 … conv5_4}``: their histogram.
    - ``std/{conv1_1 … conv5_4}``: their standard deviation, a scalar.
    - ``saturated/{conv1_1 … conv5_4}``: the share of outputs at which the slope of the activation is below 1 − 0.99², a
      scalar. These are the outputs that Tanh maps beyond ±0.99, and those that ReLU maps to 0.
    """

    def __init__(self, every_n_steps: int | None = None, activations: bool = False) -> None:
        """Choose what is written, and how often.

        Args:
            every_n_steps: number of steps between histograms of the image; null: 50, or 5 in runs of at most 100.
            activations: also write histograms of the outputs of all 16 convolutions (13 with VGG16), which costs a
                forward pass through the whole network.
        """
        super().__init__(every_n_steps)
        self.activations = activations

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the first histograms; raise ``VerismError`` if ``activations`` is set and the network is not a VGG."""
        if self.activations:
            _vgg(cast("StyleTransfer", pl_module))
        super().on_train_start(trainer, pl_module)

    def observe(self, writer: SummaryWriter, model: StyleTransfer, step: int, *, first: bool) -> Callable[[], None]:
        """Take the image, and the first time the photos; return a function that counts their levels."""
        now = time.time()
        counts: dict[str, Callable[[], Counts]] = {}
        shares: dict[str, Callable[[], Tensor]] = {}
        photos = {**(model.photos._asdict() if first else {}), "image": model.image}
        if self.activations:
            backbone = _vgg(model)
            names = [layer.name for layer in backbone.convolutions]
            with torch.no_grad():
                image = model.canvas()
                with model.trainer.precision_plugin.forward_context():
                    features = backbone(image, names)
            for name in names:
                values = features[name].float()
                low, high = values.min(), values.max()
                margin = 0.5 * (low == high)
                counts[f"outputs/{name}"] = count(values, low - margin, high + margin)
                shares[f"std/{name}"] = arriving(values.std())
                shares[f"saturated/{name}"] = arriving(saturated(backbone.activation, values))

        def write() -> None:
            levels = {tag: arrived for name, photo in photos.items() for tag, arrived in _levels(name, photo).items()}
            for tag, arrived in (levels | counts).items():
                writer.add_histogram_raw(tag, **arrived()._asdict(), global_step=step, walltime=now)
            for tag, share in shares.items():
                writer.add_scalar(tag, float(share()), step, walltime=now)

        return write


def _vgg(model: StyleTransfer) -> VGG:
    """Return the model's backbone; raise ``VerismError`` if it is not a VGG."""
    if not isinstance(model.backbone, VGG):
        raise VerismError(
            f"--histograms.activations: is for the convolutions of VGG19 and VGG16, not for "
            f"{type(model.backbone).__name__}; leave it out."
        )
    return model.backbone


def saturated(activation: nn.Module, values: Tensor) -> Tensor:
    """Return the share of ``values`` at which the slope of ``activation`` is below 1 − 0.99², as a scalar tensor.

    This is the slope of Tanh where its value is ±0.99.
    """
    with torch.enable_grad():
        values = values.detach().requires_grad_()
        (slope,) = torch.autograd.grad(activation(values).sum(), values)
    return (slope < 1 - 0.99**2).float().mean()


class Counts(NamedTuple):
    """The arguments of ``SummaryWriter.add_histogram_raw`` that describe a histogram, under the same names."""

    min: float
    max: float
    num: int
    sum: float
    sum_squares: float
    bucket_limits: list[float]
    bucket_counts: list[float]


def _levels(name: str, image: Tensor) -> dict[str, Callable[[], Counts]]:
    """Return the counts of an image ``(1, 3, H, W)``, RGB in [0, 1], by tag: one bin per level, centred on it."""
    channels = dict(zip(("red", "green", "blue"), image.float().squeeze(0) * 255, strict=True))
    channels["luma"] = luma(image.float()) * 255
    low, high = torch.tensor([-0.5, 255.5])
    return {f"tones/{channel}/{name}": count(values, low, high) for channel, values in channels.items()}


def count(values: Tensor, low: Tensor, high: Tensor) -> Callable[[], Counts]:
    """Start counting ``values`` in ``BINS`` bins of equal width; return a function that waits for the counts.

    Args:
        values: float32, of any shape, on any device.
        low: lower edge of the first bin, a scalar; no value is below it.
        high: upper edge of the last bin, a scalar; no value is above it.
    """
    if values.device.type == "mps":
        values = values.cpu()  # The sums need float64, which mps does not support.
    exact = values.flatten().double()
    low, high = (edge.to(values.device, torch.float64, non_blocking=True) for edge in (low, high))
    bins = ((exact - low) * (BINS / (high - low))).long().clamp_(0, BINS - 1)
    # Sums of integers do not depend on their order. torch.histc is not deterministic on a GPU, and the Trainer has an
    # option that forbids nondeterministic operations.
    counts = torch.zeros(BINS, dtype=torch.int64, device=values.device).scatter_add_(0, bins, torch.ones_like(bins))
    sums = torch.stack([low, high, exact.min(), exact.max(), exact.sum(), exact.square().sum()])
    found = arriving(torch.cat([sums, counts.double()]))
    number = values.numel()

    def arrived() -> Counts:
        first, last, least, greatest, total, squares, *bucket_counts = found().tolist()
        edges = torch.linspace(first, last, BINS + 1, dtype=torch.float64)
        return Counts(least, greatest, number, total, squares, edges[1:].tolist(), bucket_counts)

    return arrived
