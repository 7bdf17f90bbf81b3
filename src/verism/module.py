"""The method: an image, optimised until a frozen network sees one photo's content and another's style in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, Literal, Self

import torch
from lightning.pytorch import Callback
from torch import Tensor, nn
from torch.optim import Optimizer

from verism import photo_file
from verism.backbone import VGG, VGG19, Backbone
from verism.backbone.correspondence import find_correspondence
from verism.backbone.reference import reference
from verism.canvas import Canvas, Pixels
from verism.capture import Evaluation, captured
from verism.checkpoint.contents import canvas_state
from verism.data import Photos
from verism.losses import ColorLoss, ConsistencyLoss, ContentLoss, Loss, PhotorealismLoss, StyleLoss, Term
from verism.losses.named import check_name, weighted
from verism.losses.regional import by_region
from verism.regions.masks import Regions
from verism.regions.search import find_regions
from verism.scales import Scales
from verism.tiling.choice import choose
from verism.tiling.feature_pass import FeaturePass
from verism.trainable import OptimizerFactory, SchedulerFactory, TrainableModule


def adam(parameters: Iterable[nn.Parameter]) -> Optimizer:
    """Return the paper's optimiser: Adam with a learning rate of 0.01."""
    return torch.optim.Adam(parameters, lr=0.01)


PAPER = {"canvas": Pixels, "backbone": VGG19, "content": ContentLoss, "style": StyleLoss, "color": ColorLoss}
"""The paper's parts, by the constructor's arguments."""


class StyleTransfer(TrainableModule):
    """Neural style transfer by optimisation (Gatys et al. 2016), in the paper's variations.

    canvas → image → features → statistics → terms → total, in ``evaluate``. The canvas holds the only parameter.

    Attributes:
        compared: the losses by name, each split by region if there are regions; set with the targets.
        feature_pass: takes an image through the backbone, and hands each loss the statistics of its layers.
        evaluation: ``evaluate``, or the CUDA graph captured from it.

    Example:
        >>> import verism
        >>> from lightning.pytorch import Trainer
        >>> model = verism.StyleTransfer.paper(style=verism.StyleLoss(weight=1e5))
        >>> data = verism.PhotoPair("mine.jpg", "theirs.jpg", size=48)
        >>> quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
        >>> Trainer(max_steps=2, accelerator="cpu", enable_model_summary=False, **quiet).fit(model, datamodule=data)
        >>> model.image.shape
        torch.Size([1, 3, 48, 72])
    """

    def __init__(
        self,
        canvas: Canvas,
        backbone: Backbone,
        content: ContentLoss,
        style: Loss,
        color: Loss,
        photorealism: PhotorealismLoss | None = None,
        consistency: ConsistencyLoss | None = None,
        losses: Mapping[str, Loss] = {},
        optimizer: OptimizerFactory = adam,
        lr_scheduler: SchedulerFactory | None = None,
        scales: Sequence[int] | None = None,
        shares: Sequence[float] | None = None,
        tile: int | Literal["auto"] | None = "auto",
        capture: bool | Literal["auto"] = False,
        patience: int | None = None,
    ) -> None:
        """Put the parts together; a part that is left out is the paper's.

        Args:
            canvas: what is optimised, and how it becomes an image: Pixels (the paper's), RegionalGrade, Lut3d or
                BilateralGrid.
            backbone: the frozen network whose features the losses compare: VGG19 (the paper's) or VGG16.
            content: the loss that keeps the content photo's content.
            style: the loss that brings in the style photo's style; the paper's is StyleLoss.
            color: the loss that brings in the style photo's colours; the paper's is ColorLoss, with weight 0.
            photorealism: a loss that keeps the image locally an affine function of the content photo; null leaves it
                out.
            consistency: a loss that is lowest if a colour of the content photo is treated alike wherever it is; null
                leaves it out.
            losses: further terms of the total, by a name of your choice under which they are logged. From the command
                line, --model.losses.NAME takes a class, such as MomentsLoss or your own my_module.MyLoss, and
                --model.losses.NAME.weight and its like take the options of that class.
            optimizer: makes the optimiser of the canvas's parameters; the paper's is Adam with a learning rate of 0.01.
            lr_scheduler: changes the optimiser's learning rate after every step, such as
                torch.optim.lr_scheduler.CosineAnnealingLR; it starts anew at each scale. null: the rate is constant.
            scales: short sides in pixels, ascending to --data.size, at which the image is optimised one after the
                other, each time with new targets and a new optimiser; null: at --data.size alone.
            shares: relative number of steps for each of the scales, such as "[3, 4, 3]"; null: the same for all.
            tile: side in pixels, a multiple of 16, of the tiles in which the network processes the image; smaller tiles
                need less memory and more time, and the result is the same. null: no tiles, the fastest choice. auto:
                tiles in as many of the network's first blocks as it takes for a step to fit into half of the free
                memory; on a CPU always in the first block, whose feature maps are the largest.
            capture: record a step as a CUDA graph and replay it, which saves the time that the GPU waits for Python; it
                needs an image that is not processed in tiles. auto: if the GPU and the parts of the run allow it;
                otherwise a line says why not. true: the run is refused if they do not. false: never. The graph's
                result is compared with that of a normal step before it is used.
            patience: end the run early if the loss has not fallen by 1 % within this number of steps, counted at the
                last of the scales; null: never.

        Raises:
            VerismError: every loss has weight 0, an added loss has a name that cannot be used, a loss asks for a layer
                that the backbone does not have, or the scales are not valid.
        """
        super().__init__()
        self.canvas = canvas
        self.backbone = backbone
        self.content, self.style, self.color = content, style, color
        self.photorealism, self.consistency = photorealism, consistency
        self.added = nn.ModuleDict({f"loss_{check_name(name)}": loss for name, loss in losses.items()})
        own: dict[str, Loss | None] = {"content": content, "style": style, "color": color}
        own |= {"photorealism": photorealism, "consistency": consistency}
        self.losses = weighted({**own, **losses}, backbone)
        # A loss or a backbone may come with a network of its own, as it was trained; only the canvas is optimised.
        for part in (backbone, content, style, color, self.added):
            if any(True for _ in part.parameters()):
                part.eval().requires_grad_(False)
        self.save_hyperparameters({"backbone": backbone.identity})
        self.tile, self.capture, self.patience = tile, capture, patience
        self.optimizer, self.lr_scheduler = optimizer, lr_scheduler
        self.scales = None if scales is None else Scales(scales, shares)
        self.size: int | None = None
        self._has_targets = False

    @classmethod
    def paper(cls, **parts: Any) -> Self:
        """Return the paper's method, with other parts in the place of its own.

        Args:
            **parts: arguments of the constructor, by name.
        """
        own = {name: part() for name, part in PAPER.items() if name not in parts}
        return cls(**own, **parts)

    def evaluate(self) -> Evaluation:
        """Return the total loss (Finley 2020, Eq. 3 and 4) of the canvas as it is, and its terms: the method."""
        with torch.autocast(self.device.type, enabled=False):
            image = self.canvas()
            penalties = self.canvas.penalties(image)
        statistics = self.feature_pass(image)
        with torch.autocast(self.device.type, enabled=False):
            terms = {name: loss(statistics[name]) for name, loss in self.compared.items()}
        if weights := self.canvas.penalty_weights:
            terms["canvas"] = Term(1.0, weights, {name: penalties[name] for name in weights})
        total = torch.stack([term.weighted for term in terms.values()]).sum()
        return total, {name: term.detach() for name, term in terms.items()}

    def training_step(self, batch: Photos, batch_idx: int) -> dict[str, Any]:
        """Return the total loss and its terms; the sample is the one that the targets were made from."""
        total, terms = self.evaluation()
        if self._trainer is not None and self._trainer.training:
            # Only callbacks and the bar read it here: Scalars takes it to the loggers, among the tags of the terms.
            self.log("loss", total.detach(), prog_bar=True, logger=False)
        return {"loss": total, "terms": terms}

    def configure_callbacks(self) -> list[Callback]:
        """Return what every run needs unless the Trainer has it: logs, early stopping, scales, verism's bar."""
        # Imported here, because callbacks know the module.
        from verism.callbacks.defaults import complete  # noqa: PLC0415

        return complete(self.trainer, self.patience)

    def configure_model(self) -> None:
        """Start the canvas from the photos; here, because the optimiser needs its parameter.

        A second fit to the same data goes on with the image of the first, and ``Trainer.test`` and ``.predict`` take
        the image that there is.
        """
        if self.started_from is self.data or (self.only_used and (self.started_from is not None or self.restored)):
            return
        self.started_from, self._has_targets = self.data, False
        self.size = self.size_at(self.trainer.global_step)
        # A Trainer has new tensors put on its own device at this point, and moves the module there itself, afterwards.
        with torch.device("cpu"), photo_file.limited(self.data.max_megapixels):
            self.start(self.photos, self.regions)

    def start(self, photos: Photos, regions: Regions | None = None) -> None:
        """Put the first image on the canvas; the network compares the photos if the canvas asks for it."""
        opacity = None if regions is None else regions.opacity
        self.canvas.start(*photos, partial(find_correspondence, self.reference, opacity=opacity), regions)

    def on_fit_start(self) -> None:
        """Compute the targets, once, and in the run's precision, so that rounding is the same on both sides."""
        with self.trainer.precision_plugin.forward_context():
            self.set_targets(self.photos, self.regions)

    def on_train_start(self) -> None:
        """Compute the targets if ``on_fit_start`` has not done so yet: ``Tuner.lr_find`` makes steps before that."""
        if not self._has_targets:
            self.on_fit_start()

    @torch.no_grad()
    def set_targets(self, photos: Photos, regions: Regions | None = None) -> None:
        """Make the photos' features the targets of the losses; of style and colour, region by region if there are."""
        photos = Photos(*(photo.to(next(self.canvas.parameters())) for photo in photos))
        self.compared = by_region(self.losses, regions)
        passage = choose(self.backbone, self.compared.values(), self.tile, photos.content)
        self.feature_pass = FeaturePass(self.compared, passage)
        self.feature_pass.set_targets(*photos)
        self.evaluation = captured(self.evaluate, self.canvas, passage, self.capture)
        self._has_targets = True

    def size_at(self, step: int) -> int | None:
        """Return the short side that the image has at a step, in pixels; None: the photos' own."""
        return None if self.scales is None else self.scales.at(step, self.trainer.max_steps)

    def resize(self, size: int | None) -> None:
        """Go on with the image at another short side, in pixels; it needs new targets then."""
        self.size = size
        self.canvas.resize(self.photos.content)

    def on_load_checkpoint(self, checkpoint: Mapping[str, Any]) -> None:
        """Bring the canvas to the size at which the run was left, to take the image of then; refuse another's."""
        if self.only_used:
            self.canvas.resume(canvas_state(checkpoint))
            return
        size = self.size_at(max(0, checkpoint["global_step"] - 1))
        if size != self.size:
            self.resize(size)
        super().on_load_checkpoint(checkpoint)

    @property
    def photos(self) -> Photos:
        """The content and the style photo of the run, at the present scale."""
        return self.data.photos if self.size is None else self.data.at(self.size)

    @property
    def regions(self) -> Regions | None:
        """The regions of the photos, at the present scale; the network finds them if the data asks for it."""
        return self.data.regions(self.photos, partial(find_regions, self.reference, opacity=self.data.opacity))

    @cached_property
    def reference(self) -> VGG:
        """The network that compares the photos beside the losses."""
        return reference(self.backbone)

    @property
    def options(self) -> dict[str, Any]:
        """What the run was asked for, as far as it makes the image."""
        return {**self.hparams, "data": dict(self.data.hparams)}

    @property
    def image(self) -> Tensor:
        """The image so far, detached: ``(1, 3, H, W)``, RGB, clipped to [0, 1]."""
        image: Tensor = self.canvas()
        return image.detach().clamp(0, 1)
