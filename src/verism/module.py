"""The method: optimise an image until a frozen network sees one photo's content and another photo's style in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal, Self

import torch
from lightning.pytorch import Callback
from lightning.pytorch.utilities import rank_zero_info
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torch.optim import Optimizer

from verism.arguments import check_arguments, check_part
from verism.backbone import VGG, VGG19, Backbone
from verism.backbone.correspondence import find_correspondence
from verism.backbone.reference import reference
from verism.canvas import Canvas, Pixels
from verism.capture import captured
from verism.checkpoint.contents import built, dtype_of, restore
from verism.checkpoint.file import read
from verism.compiled import compiled
from verism.data import Photos
from verism.description import UNRECORDED, describe_optimization
from verism.errors import VerismError
from verism.losses import ColorLoss, ConsistencyLoss, ContentLoss, Loss, PhotorealismLoss, StyleLoss, Term
from verism.losses.finite import check_first
from verism.losses.named import check_name, option, weighted
from verism.losses.regional import by_region, whole
from verism.losses.sound import check_term
from verism.regions.regions import Regions
from verism.scales import Scales
from verism.step_option import Evaluation
from verism.tiling.choice import choose
from verism.tiling.feature_pass import FeaturePass
from verism.trainable import OptimizerFactory, SchedulerFactory, TrainableModule


def adam(parameters: Iterable[nn.Parameter]) -> Optimizer:
    """Return the paper's optimiser: Adam with a learning rate of 0.01."""
    return torch.optim.Adam(parameters, lr=0.01)


PAPER = {"canvas": Pixels, "backbone": VGG19, "content": ContentLoss, "style": StyleLoss, "color": ColorLoss}
"""The parts of the paper's method, by constructor argument."""


class StyleTransfer(TrainableModule):
    """Neural style transfer by optimisation (Gatys et al. 2016), in the variations of the paper (Finley 2020).

    The method consists of three functions: ``start`` puts the first image on the canvas, ``set_targets`` computes the
    targets of the losses from the photos, and ``evaluate``, called once per step, goes from the canvas to the total
    loss: canvas → image → features → statistics → terms → total. Only the canvas has parameters to optimise; the
    weights of the network are frozen. ``TrainableModule`` calls these functions from Lightning's hooks.

    Attributes:
        compared: the losses whose weight is not 0, by name; ``regional`` losses are split by region if there are
            regions. Set together with the targets.
        feature_pass: runs an image through the backbone and returns the statistics for each loss.
        has_options: whether the hyperparameters are the options of a command; otherwise, they are the descriptions of
            the parts.
        evaluation: ``evaluate``, its compiled version, or a CUDA graph captured from either.

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
        capture: bool | Literal["auto"] = "auto",
        compile: bool | Literal["auto"] = False,  # noqa: A002  # Its name everywhere else.
        patience: int | None = None,
    ) -> None:
        """Assemble the parts; ``StyleTransfer.paper`` fills in the first five.

        Args:
            canvas: what is optimised, and how it becomes an image: Pixels (the paper's), RegionalGrade, Lut3d or
                BilateralGrid.
            backbone: the frozen network whose features the losses compare: VGG19 (the paper's) or VGG16.
            content: the loss that keeps the content photo's content.
            style: the loss that brings in the style photo's style; the paper's is StyleLoss.
            color: the loss that brings in the style photo's colours; the paper's is ColorLoss, with weight 0.
            photorealism: a loss that keeps the image locally an affine function of the content photo; null leaves it
                out.
            consistency: a loss that keeps equal colours of the content photo equal, wherever they are; null leaves it
                out.
            losses: further terms of the total, by a name of your choice under which they are logged. From the command
                line, --model.losses.NAME takes a class, such as MomentsLoss or your own my_module.MyLoss, and
                --model.losses.NAME.weight and its like take the options of that class.
            optimizer: makes the optimiser of the canvas's parameters; the paper's is Adam with a learning rate of 0.01.
            lr_scheduler: changes the optimiser's learning rate after every step, such as
                torch.optim.lr_scheduler.CosineAnnealingLR; it restarts at each scale. null: the rate is constant.
            scales: short sides in pixels, ascending to --data.size, at which the image is optimised one after the
                other, each time with new targets and a new optimiser; null: only at --data.size.
            shares: relative number of steps for each of the scales, such as "[3, 4, 3]"; null: the same for all.
            tile: side in pixels, a multiple of 16, of the tiles in which the network processes the image; smaller tiles
                need less memory and more time, and the result is the same. null: no tiles, the fastest choice. auto:
                tiles in as many of the network's first blocks as it takes for a step to fit into half of the free
                memory; on a CPU always in the first block, whose feature maps are the largest.
            capture: record a step as a CUDA graph and replay it, which saves the time that the GPU waits for Python; it
                needs an image that is not processed in tiles. auto: on a GPU, for an image of up to two megapixels
                (with more, it does not wait), if the parts of the run allow it; otherwise a message says why not. true:
                an error if they do not. false: never. The graph's result is compared with that of a normal step before
                it is used.
            compile: compile a step with torch.compile, which takes time at the start of each scale, and saves some in
                every step on a GPU; it needs an image that is not processed in tiles. auto, true and false: as for
                capture, with which it can be combined.
            patience: end the run early if the loss has not fallen by 1 % within this number of steps, counted at the
                last of the scales; null: never.

        Raises:
            VerismError: a part is not of its kind, an option has no valid value, every loss has weight 0, a further
                loss has a name that cannot be used, a loss asks for a layer that the backbone does not have, or the
                scales are not valid or missing beside their shares.
        """
        super().__init__()
        options = {"tile": tile, "capture": capture, "compile": compile, "patience": patience}
        check_arguments(StyleTransfer.__name__, StyleTransfer.__init__, options)
        check_part("--model.canvas", canvas, Canvas)
        check_part("--model.backbone", backbone, Backbone)
        self.canvas = canvas
        self.backbone = backbone
        self.content, self.style, self.color = content, style, color
        self.photorealism, self.consistency = photorealism, consistency
        required = {"content": content, "style": style, "color": color}
        optional = {"photorealism": photorealism, "consistency": consistency}
        self.losses = weighted({**required, **optional, **losses}, backbone)
        self.added = nn.ModuleDict({f"loss_{check_name(name)}": loss for name, loss in losses.items()})
        # A user's own loss or backbone may contain trainable weights, but only the canvas is optimised.
        for part in self._frozen:
            part.eval().requires_grad_(False)
        if scales is None and shares is not None:
            raise VerismError("--model.shares: needs --model.scales, for each of which it is a number; give both.")
        self.scales = None if scales is None else Scales(scales, shares)
        self.save_hyperparameters(
            {
                "canvas": canvas,
                "backbone": backbone,
                **required,
                **optional,
                "losses": losses,
                "scales": self.scales and list(self.scales.sizes),
                "shares": None if self.scales is None or shares is None else list(self.scales.shares),
                **options,
                # Described when they are created.
                "optimizer": UNRECORDED,
                "lr_scheduler": None if lr_scheduler is None else UNRECORDED,
            }
        )
        self.has_options = False
        # Not ``self.compile``, which is a method of nn.Module.
        self.tile, self.compiling, self.capture, self.patience = tile, compile, capture, patience
        if isinstance(optimizer, Optimizer):
            raise VerismError(
                "optimizer: the canvas gets its parameters only when a fit starts; give a function of them instead, "
                "such as lambda parameters: torch.optim.Adam(parameters, lr=0.01)."
            )
        self.optimizer, self.lr_scheduler = optimizer, lr_scheduler

    @classmethod
    def paper(cls, **parts: Any) -> Self:
        """Return the paper's method, with some of its parts replaced.

        Args:
            **parts: constructor arguments, by name.
        """
        return cls(**{name: part() for name, part in PAPER.items() if name not in parts}, **parts)

    @classmethod
    def load_from_checkpoint(  # type: ignore[override]
        cls,
        checkpoint_path: str | Path,
        map_location: torch.device | str | None = None,
        *,
        trust: Sequence[str] = (),
        **parts: Any,
    ) -> Self:
        """Return the module of a run with the image from its checkpoint.

        ``trainer.test`` and ``trainer.predict`` use that image. ``trainer.fit(model, datamodule=…, ckpt_path=…)``
        continues the run; ``fit`` without ``ckpt_path`` starts again from the photos.

        Args:
            checkpoint_path: a file or URL.
            map_location: the device for the module, such as "cuda"; None: the CPU.
            trust: Python packages whose classes the checkpoint may name, besides verism, torch, Lightning and
                torchmetrics.
            **parts: constructor arguments that replace those of the run; ``canvas`` and ``backbone`` must have the same
                classes as the run's. A part created with a function or a tensor cannot be recorded.

        Raises:
            VerismError: the checkpoint cannot be read, its parts are unknown, or the given parts do not fit it.
        """
        state = read(checkpoint_path)
        arguments = built(cls, StyleTransfer, state, checkpoint_path, trust, parts)
        # An older version has recorded none of the parts; then those that are not given are the paper's.
        model = cls(**arguments) if "canvas" in state["hyper_parameters"] else cls.paper(**arguments)
        model.to(dtype_of(state))
        restore(state, checkpoint_path, model.canvas, model.backbone.identity)
        model.restored = True
        return model.to(map_location or "cpu")

    def start(self, photos: Photos, regions: Regions | None = None) -> None:
        """Put the first image on the canvas.

        Args:
            photos: the photos, at the size at which the image is optimised.
            regions: regions of these photos; None: the photos are compared as a whole.

        Raises:
            VerismError: the canvas cannot start, or cannot keep regions that are to stay as they are.
        """
        self.canvas.check_keeps(() if regions is None else regions.kept)
        for name in whole(self.losses, regions):
            rank_zero_info(
                f"{option(name)}: {type(self.losses[name]).__name__} compares the photos as a whole, and not region by "
                "region, because its class does not declare regional = True."
            )
        opacity = None if regions is None else regions.opacity
        # Only a canvas that starts from what the photos have in common calls the network.
        self.canvas.start(*photos, partial(find_correspondence, self.reference, opacity=opacity), regions)

    @torch.no_grad()
    def set_targets(self, photos: Photos, regions: Regions | None = None) -> None:
        """Compute the targets of the losses from the photos' features.

        Args:
            photos: the photos, at the size at which the image is optimised.
            regions: regions of these photos. If there are any, ``regional`` losses compare region with region.

        Raises:
            VerismError: a loss cannot be computed from these photos, or ``tile``, ``capture`` or ``compile`` asks for
                something that is impossible with this image.
        """
        photos = Photos(*(photo.to(next(self.canvas.parameters())) for photo in photos))
        self.compared = by_region(self.losses, regions)
        passage = choose(self.backbone, self.compared.values(), self.tile, photos.content)
        self.feature_pass = FeaturePass(self.compared, passage)
        self.feature_pass.set_targets(*photos)
        step = compiled(self.evaluate, self.canvas, passage, self.compiling)
        self.evaluation = captured(step, self.canvas, passage, self.capture, photos.content[0, 0].numel())

    def evaluate(self) -> Evaluation:
        """Return the total loss (Finley 2020, Eq. 3 and 4) of the image on the canvas, and its terms by name."""
        with torch.autocast(self.device.type, enabled=False):
            image = self.canvas()
            penalties = self.canvas.penalties(image)
        statistics = self.feature_pass(image)
        with torch.autocast(self.device.type, enabled=False):
            terms = {name: loss(statistics[name]) for name, loss in self.compared.items()}
            # A compiled step would be compiled again once this is no longer due.
            if not torch.compiler.is_compiling() and self.first_is_due and image.requires_grad:
                for name, term in terms.items():
                    check_term(name, term)
        if weights := self.canvas.penalty_weights:
            terms["canvas"] = Term(1.0, weights, {name: penalties[name] for name in weights})
        total = torch.stack([term.weighted for term in terms.values()]).sum()
        return total, {name: term.detach() for name, term in terms.items()}

    def train(self, mode: bool = True) -> Self:
        """Set the canvas to training or evaluation mode; all other parts stay in evaluation mode."""
        super().train(mode)
        for part in self._frozen:
            part.eval()
        return self

    def training_step(self, batch: Photos, batch_idx: int) -> dict[str, Any]:
        """Return the total loss and its terms; the batch is ignored, since the targets came from the same photos.

        Raises:
            UndefinedLossError: the loss is the run's first, and is not finite.
        """
        total, terms = self.evaluation()
        if self.first_is_due:
            check_first(total.detach(), terms)
            self.first_is_due = False
        if self._trainer is not None and self._trainer.training:
            # Not to the loggers: the callback Scalars logs it there, together with the terms.
            self.log("loss", total.detach(), prog_bar=self.bar_shows_loss, logger=False)
        return {"loss": total, "terms": terms}

    @property
    def image(self) -> Tensor:
        """The current image, detached: ``(1, 3, H, W)``, RGB, clipped to [0, 1]."""
        image: Tensor = self.canvas()
        return image.detach().clamp(0, 1)

    @property
    def _frozen(self) -> list[nn.Module]:
        return [part for part in self.children() if part is not self.canvas]

    @cached_property
    def reference(self) -> VGG:
        """The network that finds regions and correspondences, and measures results."""
        return reference(self.backbone)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Create the optimiser and its scheduler, and record them unless a command has recorded its options."""
        found = super().configure_optimizers()
        if not self.has_options:
            self.hparams.update(describe_optimization(found))
        return found

    def configure_callbacks(self) -> list[Callback]:
        """Return the callbacks that every run needs and the Trainer does not have yet."""
        # Imported here, because callbacks import this module.
        from verism.callbacks.defaults import complete  # noqa: PLC0415

        return complete(self.trainer, self.patience)
