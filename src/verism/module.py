"""The method: an image, optimised until a frozen network sees one photo's content and another's style in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn
from torch.optim import Optimizer

from verism.backbone import VGG19
from verism.canvas import Canvas
from verism.correspondence import compare
from verism.data import PhotoPair, Photos
from verism.errors import VerismError
from verism.losses import ContentLoss, Loss, PhotorealismLoss, Term
from verism.losses.regional import by_region
from verism.observer import Observer
from verism.regions import Regions

OptimizerFactory = Callable[[Iterable[nn.Parameter]], Optimizer]


def adam(parameters: Iterable[nn.Parameter]) -> Optimizer:
    """Return the paper's optimiser: Adam with a learning rate of 0.01."""
    return torch.optim.Adam(parameters, lr=0.01)


class StyleTransfer(LightningModule):
    """Neural style transfer by optimisation (Gatys et al. 2016), in the paper's variations.

    canvas → image → features → statistics → terms → total. The canvas holds the only parameter.
    """

    def __init__(
        self,
        canvas: Canvas,
        backbone: VGG19,
        content: ContentLoss,
        style: Loss,
        color: Loss,
        photorealism: PhotorealismLoss | None = None,
        optimizer: OptimizerFactory = adam,
        tile: int | None = None,
    ) -> None:
        """Put the parts together.

        Args:
            canvas: what is optimised, and how it becomes an image; the paper's is Pixels.
            backbone: the frozen network that looks at the image.
            content: keeps the content photo's content.
            style: takes on the style photo's style; the paper's is StyleLoss.
            color: takes on the style photo's colours; the paper's is ColorLoss, and off.
            photorealism: keeps the image locally an affine function of the content photo; null leaves it out.
            optimizer: makes the optimiser of the canvas's parameter; the paper's is Adam, lr 0.01.

        Raises:
            VerismError: every loss has weight 0.
        """
        super().__init__()
        # A run continued from a checkpoint must not go on with other weights.
        self.save_hyperparameters({"backbone": backbone.identity})
        self.canvas = canvas
        self.backbone = backbone
        self.content = content
        self.style = style
        self.color = color
        self.photorealism = photorealism
        if not self.losses:
            raise VerismError("every loss has weight 0; give --model.content, --model.style or --model.color a weight.")
        self.tile = tile
        self.optimizer = optimizer

    def configure_model(self) -> None:
        """Start the canvas from the photos; here, because the optimiser needs its parameter."""
        self.start(self.photos)

    def start(self, photos: Photos) -> None:
        """Put the first image on the canvas; the network compares the photos if the canvas asks for it."""
        self.canvas.start(*photos, partial(compare, self.backbone))

    def on_fit_start(self) -> None:
        """Compute the targets, once, and in the run's precision, so that rounding is the same on both sides."""
        with self.trainer.precision_plugin.forward_context():
            self.aim(self.photos, self.data.regions)

    @torch.no_grad()
    def aim(self, photos: Photos, regions: Regions | None = None) -> None:
        """Make the photos' features the targets of the losses; of style and colour, region by region if there are."""
        self.style, self.color = (by_region(loss, regions) for loss in (self.style, self.color))
        kind = next(self.canvas.parameters())
        self.observe = Observer(self.backbone, self.losses, self.tile)
        content, style = (self.observe.features(photo.to(kind)) for photo in photos)
        for loss in self.losses.values():
            loss.aim(content, style)

    def training_step(self, batch: Photos, batch_idx: int) -> dict[str, Any]:
        """Return the total loss (Eq. 3 and 4) and its terms; the sample is the one that the targets were made from."""
        with torch.autocast(self.device.type, enabled=False):
            image = self.canvas()
            penalties = self.canvas.penalties(image)
        totals = self.observe(image)
        terms = {name: loss(totals[name]) for name, loss in self.losses.items()}
        if self.canvas.weights:
            terms["canvas"] = Term(1.0, self.canvas.weights, {name: penalties[name] for name in self.canvas.weights})
        total = torch.stack([term.weighted for term in terms.values()]).sum()
        return {"loss": total, "terms": {name: term.detach() for name, term in terms.items()}}

    def configure_optimizers(self) -> Optimizer:
        """Return the optimiser of the image."""
        return self.optimizer(self.parameters())

    @property
    def losses(self) -> dict[str, Loss]:
        """The losses that have a weight, by name."""
        losses = {
            "content": self.content,
            "style": self.style,
            "color": self.color,
            "photorealism": self.photorealism,
        }
        return {name: loss for name, loss in losses.items() if loss is not None and loss.layers}

    @property
    def data(self) -> PhotoPair:
        """The datamodule of the run."""
        data = getattr(self.trainer, "datamodule", None)
        if not isinstance(data, PhotoPair):
            raise VerismError("StyleTransfer needs its two photos: trainer.fit(model, datamodule=PhotoPair(…)).")
        return data

    @property
    def photos(self) -> Photos:
        """The content and the style photo of the run."""
        return self.data.photos

    @property
    def image(self) -> Tensor:
        """The image so far, detached: ``(1, 3, H, W)``, RGB, clipped to [0, 1]."""
        image: Tensor = self.canvas()
        return image.detach().clamp(0, 1)
