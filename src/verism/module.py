"""The method: an image, optimised until a frozen network sees one photo's content and another's style in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Literal, Self, cast

import torch
from lightning.pytorch import Callback, LightningModule
from lightning.pytorch.strategies import DDPStrategy
from torch import Tensor, nn
from torch.optim import Optimizer

from verism.backbone import VGG19
from verism.backbone.correspondence import find_correspondence
from verism.canvas import Canvas, Pixels
from verism.checkpoint import built, check_canvas, read, restore, stamp
from verism.data import PhotoPair, Photos
from verism.errors import VerismError
from verism.losses import ColorLoss, ConsistencyLoss, ContentLoss, Loss, PhotorealismLoss, StyleLoss, Term
from verism.losses.regional import RegionalLoss
from verism.regions.masks import Regions
from verism.regions.search import find_regions
from verism.scales import Scales
from verism.tiling.feature_pass import FeaturePass

TERMS = ("content", "style", "color", "photorealism", "consistency", "canvas", "total")
"""Names of terms that added losses cannot have, because the method's own have them."""

OptimizerFactory = Callable[[Iterable[nn.Parameter]], Optimizer]


def check_name(name: str) -> str:
    """Return the name of an added loss; raise ``VerismError`` if it cannot be used."""
    if name in TERMS:
        raise VerismError(f"--model.losses.{name}: the method has a term of that name; choose another name.")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise VerismError(f"--model.losses.{name}: a name must be made of letters, digits, _ and - only.")
    return name


def adam(parameters: Iterable[nn.Parameter]) -> Optimizer:
    """Return the paper's optimiser: Adam with a learning rate of 0.01."""
    return torch.optim.Adam(parameters, lr=0.01)


class StyleTransfer(LightningModule):
    """Neural style transfer by optimisation (Gatys et al. 2016), in the paper's variations.

    canvas → image → features → statistics → terms → total. The canvas holds the only parameter.

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
        backbone: VGG19,
        content: ContentLoss,
        style: Loss,
        color: Loss,
        photorealism: PhotorealismLoss | None = None,
        consistency: ConsistencyLoss | None = None,
        losses: Mapping[str, Loss] = {},
        optimizer: OptimizerFactory = adam,
        scales: Sequence[int] | None = None,
        shares: Sequence[float] | None = None,
        tile: int | Literal["auto"] | None = "auto",
    ) -> None:
        """Put the parts together; a part that is left out is the paper's.

        Args:
            canvas: what is optimised, and how it becomes an image; the paper's is Pixels.
            backbone: the frozen network that looks at the image; the paper's is VGG19.
            content: keeps the content photo's content; the paper's is ContentLoss.
            style: takes on the style photo's style; the paper's is StyleLoss.
            color: takes on the style photo's colours; the paper's is ColorLoss, with weight 0.
            photorealism: keeps the image locally an affine function of the content photo; null leaves it out.
            consistency: treats a colour of the content photo alike wherever it is; null leaves it out.
            losses: further terms of the total, by a name of your choice under which they are logged. From the command
                line, --model.losses.NAME takes a class, such as MomentsLoss or your own my_module.MyLoss, and
                --model.losses.NAME.weight and its like take the options of that class.
            optimizer: makes the optimiser of the canvas's parameter; the paper's is Adam, lr 0.01.
            scales: short sides in pixels, ascending to --data.size, at which the image is optimised one after the
                other, each time with new targets and a new optimiser; null: at --data.size alone.
            shares: what share of the steps each of the scales gets, in any unit; null: all the same.
            tile: side in pixels, a multiple of 16, of the tiles in which the image passes the network, which bounds
                the memory of a step and changes nothing else but its time; null: it passes at once, which is the
                fastest; auto: in tiles through as many of the network's five blocks, from the first, as it takes to fit
                into half of the free memory, and on a CPU through the first in any case, whose maps are the largest.

        Raises:
            VerismError: every loss has weight 0, an added loss has a name that cannot be used, the scales are none, or
                tile is no multiple of 16.
        """
        super().__init__()
        self.canvas = canvas
        self.backbone = backbone
        # A run continued from a checkpoint must not go on with other weights.
        self.save_hyperparameters({"backbone": self.backbone.identity})
        self.content = content
        self.style = style
        self.color = color
        self.photorealism = photorealism
        self.consistency = consistency
        self.added = nn.ModuleDict({f"loss_{check_name(name)}": loss for name, loss in losses.items()})
        self.regional = nn.ModuleDict()
        # A loss or a backbone may come with a network of its own, as it was trained; only the canvas is optimised.
        for part in (self.backbone, self.content, self.style, self.color, self.added):
            if any(True for _ in part.parameters()):
                part.eval().requires_grad_(False)
        # What is frozen stays out of checkpoints; check_canvas sees to it that the rest is complete.
        self.strict_loading = False
        if not self.losses:
            raise VerismError("every loss has weight 0; give --model.content, --model.style or --model.color a weight.")
        self.tile = tile
        self.optimizer = optimizer
        self.scales = None if scales is None else Scales(scales, shares)
        self.size: int | None = None
        self._started_from: PhotoPair | None = None

    @classmethod
    def paper(cls, **parts: Any) -> Self:
        """Return the paper's method, with other parts in the place of its own.

        Args:
            **parts: arguments of the constructor, by name.
        """
        own = {
            "canvas": Pixels,
            "backbone": VGG19,
            "content": ContentLoss,
            "style": StyleLoss,
            "color": ColorLoss,
        }
        return cls(**{name: kind() for name, kind in own.items() if name not in parts}, **parts)

    @classmethod
    def load_from_checkpoint(  # type: ignore[override]
        cls, checkpoint_path: Any, map_location: Any = None, *, trust: Sequence[str] = (), **parts: Any
    ) -> Self:
        """Return the module of a run as the checkpoint left it, with its image.

        ``trainer.fit(model, datamodule=…, ckpt_path=…)`` goes on with the run; ``fit`` without ``ckpt_path`` starts
        anew from the photos.

        Args:
            checkpoint_path: a file or URL.
            map_location: the device to put the module on, such as "cuda"; None: the CPU.
            trust: Python packages whose classes the checkpoint may name, beside verism, torch, Lightning and
                torchmetrics.
            **parts: arguments of ``paper``, for a checkpoint that does not record them. Only the command ``fit``
                and ``verism.fit`` record them; ``canvas`` and ``backbone`` must be of the run's own kind.

        Raises:
            VerismError: the checkpoint cannot be read, its parts are not known, or those given do not fit it.
        """
        state = read(checkpoint_path)
        model = cls.paper(**parts) if parts else cls(**built(cls, state, checkpoint_path, trust))
        restore(state, checkpoint_path, model.canvas, model.backbone.identity)
        return model.to(map_location or "cpu")

    def configure_callbacks(self) -> list[Callback]:
        """Return what logs the losses, stops early and shows the bar, unless the Trainer has them already."""
        # Imported here, because callbacks know the module.
        from verism.callbacks.defaults import complete  # noqa: PLC0415

        return complete(self.trainer)

    def configure_model(self) -> None:
        """Start the canvas from the photos; here, because the optimiser needs its parameter.

        A second fit to the same data goes on with the image of the first.
        """
        if self._started_from is self.data:
            return
        self._started_from = self.data
        self.size = self.scale
        # A Trainer has new tensors put on its own device at this point, and moves the module there itself, afterwards.
        with torch.device("cpu"):
            self.start(self.photos, self.regions)

    def start(self, photos: Photos, regions: Regions | None = None) -> None:
        """Put the first image on the canvas; the network compares the photos if the canvas asks for it."""
        opacity = None if regions is None else regions.opacity
        self.canvas.start(*photos, partial(find_correspondence, self.backbone, opacity=opacity), regions)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Say which version it is of, and which photos; keep the canvas alone, which is all that changes."""
        state = checkpoint["state_dict"]
        checkpoint["state_dict"] = {name: value for name, value in state.items() if name.startswith("canvas.")}
        checkpoint["verism"] = stamp() | {"photos": self.data.digests}

    def on_load_checkpoint(self, checkpoint: Mapping[str, Any]) -> None:
        """Bring the canvas to the size at which the run was left, to take the image of then; refuse another's."""
        if self.scales is not None:
            self.size = self.scales.at(max(0, checkpoint["global_step"] - 1), self.trainer.max_steps)
            self.canvas.resize(self.photos.content)
        check_canvas(checkpoint, self.canvas)

    def on_fit_start(self) -> None:
        """Compute the targets, once, and in the run's precision, so that rounding is the same on both sides."""
        with self.trainer.precision_plugin.forward_context():
            self.set_targets(self.photos, self.regions)

    def on_train_batch_start(self, batch: Photos, batch_idx: int) -> None:
        """Go on at the next scale, if it is its turn: with a new image, a new optimiser and new targets."""
        if self.scale != self.size:
            self.size = self.scale
            self.canvas.resize(self.photos.content)
            strategy = self.trainer.strategy
            if isinstance(strategy, DDPStrategy):
                # It watches over the parameter that was.
                strategy.model = self
                strategy.configure_ddp()
            strategy.setup_optimizers(self.trainer)
            self.on_fit_start()

    @torch.no_grad()
    def set_targets(self, photos: Photos, regions: Regions | None = None) -> None:
        """Make the photos' features the targets of the losses; of style and colour, region by region if there are."""
        self.regional = nn.ModuleDict()
        if regions is not None:
            asked = {name: loss for name, loss in self.losses.items() if name in ("style", "color")}
            self.regional.update({name: RegionalLoss(loss, regions) for name, loss in asked.items()})
        photos = Photos(*(photo.to(next(self.canvas.parameters())) for photo in photos))
        self.feature_pass = FeaturePass(self.backbone, self.compared, self.tile, photos.content)
        self.feature_pass.set_targets(*photos)

    def training_step(self, batch: Photos, batch_idx: int) -> dict[str, Any]:
        """Return the total loss (Eq. 3 and 4) and its terms; the sample is the one that the targets were made from."""
        with torch.autocast(self.device.type, enabled=False):
            image = self.canvas()
            penalties = self.canvas.penalties(image)
        totals = self.feature_pass(image)
        with torch.autocast(self.device.type, enabled=False):
            terms = {name: loss(totals[name]) for name, loss in self.compared.items()}
        if weights := self.canvas.penalty_weights:
            terms["canvas"] = Term(1.0, weights, {name: penalties[name] for name in weights})
        total = torch.stack([term.weighted for term in terms.values()]).sum()
        if self._trainer is not None and self._trainer.training:
            # Only callbacks and the bar read it here: Scalars takes it to the loggers, among the tags of the terms.
            self.log("loss", total.detach(), prog_bar=True, logger=False)
        return {"loss": total, "terms": {name: term.detach() for name, term in terms.items()}}

    def configure_optimizers(self) -> Optimizer:
        """Return the optimiser of the image."""
        return self.optimizer(self.canvas.parameters())

    @property
    def losses(self) -> dict[str, Loss]:
        """The losses that have a weight, by name, as they were given: of the whole photos."""
        losses = {
            "content": self.content,
            "style": self.style,
            "color": self.color,
            "photorealism": self.photorealism,
            "consistency": self.consistency,
            **{name.removeprefix("loss_"): cast("Loss", loss) for name, loss in self.added.items()},
        }
        return {name: loss for name, loss in losses.items() if loss is not None and loss.layers}

    @property
    def compared(self) -> dict[str, Loss]:
        """The same as they are computed: those of style and colour region by region, if there are regions."""
        return self.losses | {name: cast("Loss", loss) for name, loss in self.regional.items()}

    @property
    def _ddp_params_and_buffers_to_ignore(self) -> list[str]:
        # Every process makes the same of the same files; torch would send the losses' targets around at every step.
        return [name for name, _ in self.named_buffers()]

    @property
    def data(self) -> PhotoPair:
        """The datamodule of the run."""
        data = getattr(self.trainer, "datamodule", None)
        if not isinstance(data, PhotoPair):
            raise VerismError("StyleTransfer needs its two photos: trainer.fit(model, datamodule=PhotoPair(…)).")
        return data

    @property
    def options(self) -> dict[str, Any]:
        """What the run was asked for, as far as it makes the image."""
        return {**self.hparams, "data": dict(self.data.hparams)}

    @property
    def scale(self) -> int | None:
        """The short side that the image should have at this step, in pixels; None: the photos' own."""
        return None if self.scales is None else self.scales.at(self.trainer.global_step, self.trainer.max_steps)

    @property
    def photos(self) -> Photos:
        """The content and the style photo of the run, at the present scale."""
        return self.data.photos if self.size is None else self.data.at(self.size)

    @property
    def regions(self) -> Regions | None:
        """The regions of the photos, at the present scale; the network finds them if the data asks for it."""
        return self.data.regions(self.photos, partial(find_regions, self.backbone, opacity=self.data.opacity))

    @property
    def image(self) -> Tensor:
        """The image so far, detached: ``(1, 3, H, W)``, RGB, clipped to [0, 1]."""
        image: Tensor = self.canvas()
        return image.detach().clamp(0, 1)
