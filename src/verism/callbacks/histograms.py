"""The photos and the image as a photographer's histograms, and what the network makes of them."""

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
            every_n_steps: number of steps between histograms of the image; null: 50, or 5 in runs of at most 100.
            activations: also write histograms of the outputs of all 16 convolutions (13 with VGG16), which costs a
                forward pass through the whole network.
        """
        super().__init__(every_n_steps)
        self.activations = activations

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the first; raise ``VerismError`` if activations are asked for that the network has not."""
        if self.activations:
            _vgg(cast("StyleTransfer", pl_module))
        super().on_train_start(trainer, pl_module)

    def look(self, writer: SummaryWriter, model: StyleTransfer, step: int, *, first: bool) -> Callable[[], None]:
        """Count the levels of one image where it is, and at first of the photos; they are written later."""
        now = time.time()
        counts: dict[str, Callable[[], Counts]] = {}
        shares: dict[str, Callable[[], Tensor]] = {}
        photos = model.photos._asdict() if first else {}
        for name, photo in (*photos.items(), ("image", model.image)):
            counts |= _levels(name, photo)
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
            for tag, arrived in counts.items():
                writer.add_histogram_raw(tag, **arrived()._asdict(), global_step=step, walltime=now)
            for tag, share in shares.items():
                writer.add_scalar(tag, float(share()), step, walltime=now)

        return write


def _vgg(model: StyleTransfer) -> VGG:
    """Return the model's backbone; raise ``VerismError`` if its convolutions are not known."""
    if not isinstance(model.backbone, VGG):
        raise VerismError(
            f"--histograms.activations: is for the convolutions of VGG19 and VGG16, not for "
            f"{type(model.backbone).__name__}; leave it out."
        )
    return model.backbone


def saturated(activation: nn.Module, values: Tensor) -> Tensor:
    """Return the share of ``values`` at which the slope of ``activation`` is below 1 − 0.99², Tanh's at ±0.99.

    A scalar, where ``values`` are.
    """
    with torch.enable_grad():
        values = values.detach().requires_grad_()
        (slope,) = torch.autograd.grad(activation(values).sum(), values)
    return (slope < 1 - 0.99**2).float().mean()


class Counts(NamedTuple):
    """What ``SummaryWriter.add_histogram_raw`` takes, under its names."""

    min: float
    max: float
    num: int
    sum: float
    sum_squares: float
    bucket_limits: list[float]
    bucket_counts: list[float]


def _levels(name: str, image: Tensor) -> dict[str, Callable[[], Counts]]:
    """Return the counts of an image ``(1, 3, H, W)``, RGB in [0, 1], by tag: a bin a level, centred on it."""
    channels = dict(zip(("red", "green", "blue"), image.float().squeeze(0) * 255, strict=True))
    channels["luminance"] = luma(image.float()) * 255
    low, high = torch.tensor([-0.5, 255.5])
    return {f"tones/{channel}/{name}": count(values, low, high) for channel, values in channels.items()}


def count(values: Tensor, low: Tensor, high: Tensor) -> Callable[[], Counts]:
    """Begin to count ``values`` in ``BINS`` bins of the same width, and return what waits for the counts.

    Args:
        values: float32, of any shape, on any device.
        low: where the first bin begins, a scalar; no value is below.
        high: where the last ends, likewise.
    """
    if values.device.type == "mps":
        values = values.cpu()  # It has no float64, and the sums need it.
    exact = values.flatten().double()
    low, high = (edge.to(values.device, torch.float64, non_blocking=True) for edge in (low, high))
    bins = ((exact - low) * (BINS / (high - low))).long().clamp_(0, BINS - 1)
    # Counts of whole numbers are the same in any order; histc's on a GPU are not, which Lightning may forbid.
    counts = torch.zeros(BINS, dtype=torch.int64, device=values.device).scatter_add_(0, bins, torch.ones_like(bins))
    sums = torch.stack([low, high, exact.min(), exact.max(), exact.sum(), exact.square().sum()])
    found = arriving(torch.cat([sums, counts.double()]))
    number = values.numel()

    def arrived() -> Counts:
        first, last, least, greatest, total, squares, *bucket_counts = found().tolist()
        edges = torch.linspace(first, last, BINS + 1, dtype=torch.float64)
        return Counts(least, greatest, number, total, squares, edges[1:].tolist(), bucket_counts)

    return arrived
