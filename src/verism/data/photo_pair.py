"""The datamodule: its only sample is the pair of content photo and style photo, repeated for every step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeVar

import torch
from lightning.pytorch import LightningDataModule
from torch import Tensor

from verism import images, photo_file
from verism.data.collage import GAP, check_weights, collage
from verism.data.source import PhotoLike, Source, digest, place, read, source
from verism.description import Described
from verism.errors import VerismError
from verism.photo_file import MEGAPIXELS, MIN_SIDE, Photo
from verism.photo_file.transparency import VISIBLE
from verism.regions import label_images
from verism.regions.colors import label_of
from verism.regions.regions import OneMask, Regions, Strokes, undivided
from verism.role import Role

Sample = TypeVar("Sample")


class Photos(NamedTuple):
    """The two photos, each ``(1, 3, H, W)`` float32, RGB in [0, 1]; their sizes may differ."""

    content: Tensor
    style: Tensor


class Find(Protocol):
    """Finds the regions of a content photo and a style photo, each ``(1, 3, H, W)``, RGB in [0, 1]."""

    def __call__(self, content: Tensor, style: Tensor, *, known: OneMask | None = None) -> Regions:
        """Return the regions of both photos; ``known`` contains the regions of one of them, if its mask is given."""


class PhotoPair(Described, LightningDataModule):
    """Reads a content photo and a style photo, and yields both in every step.

    There is only this one sample, so an epoch is as long as the run: ``max_steps`` steps.

    Example:
        >>> import verism
        >>> from PIL import Image
        >>> data = verism.PhotoPair("mine.jpg", Image.open("theirs.jpg"), size=48)
        >>> data.photos.content.shape
        torch.Size([1, 3, 48, 72])
    """

    def __init__(
        self,
        content: PhotoLike,
        style: Sequence[PhotoLike] | PhotoLike,
        size: int = 600,
        upscale: bool = False,
        regions: Literal["auto", "masks"] | None = "masks",
        content_mask: Path | None = None,
        style_mask: Path | None = None,
        mask_threshold: float = 0.03,
        merge: Sequence[Sequence[str]] = (),
        leave_out: Sequence[str] = (),
        keep: Sequence[str] = (),
        max_megapixels: float = MEGAPIXELS,
        white: float | None = None,
        style_weights: Sequence[float] | None = None,
    ) -> None:
        """Choose the photos.

        Args:
            content: the photo that keeps its content: a path, an image of Pillow's, or a tensor ``(1, 3, H, W)``, sRGB
                in [0, 1]. Images are converted to sRGB by their ICC profile and turned by their EXIF orientation, as
                files are.
            style: the photo whose look it takes on, likewise, or a list of several. Transparent pixels are ignored.
            size: short side in pixels, at least 32, to which both photos are scaled down for the fit.
            upscale: also scale smaller photos up to that size.
            regions: what decides which part of the content photo takes its look from which part of the style photo.
                auto: the masks if both are given, else the network, which finds the regions that both photos show; with
                one mask, it finds their counterparts in the other photo. masks: the masks, if they are given.
                null: nothing; the photos are compared as a whole.
            content_mask: a label image of the content photo, in which every region has its own colour: it takes its
                style and colours from the region that has the same colour in style_mask. Use it with normalization
                relative; normalization paper compares sums, which depend on the sizes of the regions.
            style_mask: a label image of the style photo, like content_mask. If only one mask is given, regions must be
                auto. Where a mask is transparent, the regions stay as they are found, and its colours are theirs; two
                such masks go together.
            mask_threshold: a colour that only one of the masks has is ignored if it covers no more than this share of
                the photo, from 0 to 1; otherwise it is an error.
            merge: groups of regions to merge, named by their colours in the picture of the regions, such as
                "[[red, green]]", or "[['#ff8000', '#0080ff']]" for those of a mask; each group keeps its first colour.
            leave_out: regions to be treated like the rest of the photo, named by their colours after merge, such as
                "[red]".
            keep: regions that stay as they are in the content photo, named by their colours after merge, such as
                "[blue]". They need a canvas with regions, which is RegionalGrade.
            max_megapixels: larger photos are refused before they are decoded, since a damaged or hostile file can claim
                any size.
            white: the value that means white in photos with floating-point samples; greater values are clipped. null:
                1, and photos with values far above 1 are refused.
            style_weights: how much each style photo counts, in any unit, such as "[2, 1]"; null: all the same. A photo
                that counts more is used at a larger size.

        Raises:
            VerismError: an image or tensor cannot be used, ``max_megapixels`` is not above 0, there is no style photo,
                ``style_weights`` are not one for each of them, from 0 and not all 0, or ``keep`` names a region that
                ``leave_out`` names too, or any at all although there are no regions.
        """
        super().__init__()
        styles: Sequence[PhotoLike] = style if isinstance(style, (list, tuple)) else [style]  # type: ignore[list-item]
        self.max_megapixels = max_megapixels
        with photo_file.limited(max_megapixels):
            self.content = source(content, "the content photo")
            self.styles = [source(photo, f"style photo {n}") for n, photo in enumerate(styles, start=1)]
        if not self.styles:
            raise VerismError("--data.style: names no photo; give at least one.")
        weights = None if style_weights is None else [float(weight) for weight in style_weights]
        self.style_weights = [1.0] * len(self.styles) if weights is None else weights
        check_weights(self.style_weights, len(self.styles))
        self.size = size
        self.upscale = upscale
        places = {"content": place(self.content), "style": [place(photo) for photo in self.styles]}
        # Not with save_hyperparameters, which compares the mapping with every argument; NumPy's arrays refuse that.
        self.hparams.update({**self.description["init_args"], **places, "style_weights": weights})
        masks: dict[Role, Path | None] = {"content": content_mask, "style": style_mask}
        self.masks: dict[Role, Path] = {name: Path(mask) for name, mask in masks.items() if mask is not None}
        self.find_regions = regions == "auto"
        if regions is None:
            self.masks = {}
        self.mask_threshold = mask_threshold
        self.merge = merge
        self.left_out = leave_out
        self.kept = keep
        self._check_kept()
        self.white = white
        self._source: Photo | None = None
        self._photos: Photos | None = None
        self._opacity: Tensor | None = None
        self._masked: Regions | None = None
        self._known: OneMask | Strokes | None = None
        self._strokes: Sequence[Strokes] | None = None
        self._regions: Regions | None = None
        self._moved: tuple[Photos, Photos] | None = None

    @property
    def title(self) -> str:
        """The names of the photos' files, such as ``picos-sunset``; for photos in memory, their roles."""
        roles = ["content", *("style" for _ in self.styles)]
        photos = [self.content, *self.styles]
        return "-".join(it.stem if isinstance(it, Path) else role for it, role in zip(photos, roles, strict=True))

    @cached_property
    def digests(self) -> dict[str, list[str]]:
        """SHA-256 of the photos and masks used by the run, by their role in it.

        Raises:
            VerismError: a file cannot be read.
        """
        files: dict[str, Sequence[Source]] = {"content": [self.content], "style": self.styles}
        files |= {f"{name}_mask": [mask] for name, mask in self.masks.items()}
        return {name: [digest(path) for path in paths] for name, paths in files.items()}

    @property
    def source(self) -> Photo:
        """The content photo at its full size, read on first use; raises ``VerismError`` if it cannot be read."""
        if self._source is None:
            self._source = self._read(self.content)
        return self._source

    @property
    def original(self) -> Tensor:
        """The pixels of ``source``, ``(1, 3, H, W)``."""
        return self.source.pixels

    @property
    def photos(self) -> Photos:
        """The two photos, read on first use; their transparent areas are filled with the surrounding colours.

        Several style photos are combined into one: side by side, on a transparent background.

        Raises:
            VerismError: a photo cannot be read, a style photo is completely transparent, or ``size`` is too small for
                the photos or their weights.
        """
        if self._photos is None:
            if self.size < MIN_SIDE:
                raise VerismError(f"--data.size {self.size}: must be at least {MIN_SIDE} pixels.")
            content, style = self._fit(self.original), self.look()
            self._photos, self._opacity = Photos(content, style.pixels), style.alpha
        return self._photos

    @property
    def opacity(self) -> Tensor | None:
        """The opacity of the style photo, ``(1, 1, H', W')`` in [0, 1]; None if it is opaque everywhere."""
        _ = self.photos
        return self._opacity

    @property
    def masked(self) -> Regions | None:
        """The regions of both masks, at the photos' size, read on first use; None unless both are label images.

        Raises:
            VerismError: one mask is given without the other and ``regions`` is not auto, ``mask_threshold`` is not from
                0 to 1, the masks cannot be read or do not have the photos' shapes or the same colours, or there is a
                style mask for several style photos.
        """
        if "style" in self.masks and len(self.styles) > 1:
            raise VerismError("--data.style_mask: is of one photo, but --data.style names several; give one.")
        if len(self.masks) == 1 and not self.find_regions:
            (given,), (missing,) = self.masks, {"content", "style"} - self.masks.keys()
            raise VerismError(
                f"--data.{given}_mask needs --data.{missing}_mask: give both, or --data.regions auto, "
                "which finds the counterparts."
            )
        if self._masked is None and len(self.masks) == len(Photos._fields) and self.strokes is None:
            if not 0 <= self.mask_threshold <= 1:
                raise VerismError(f"--data.mask_threshold {self.mask_threshold}: must be a share, from 0 to 1.")
            shapes = [photo.shape[-2:] for photo in self.photos]
            with photo_file.limited(self.max_megapixels):
                self._masked = label_images.read(list(self.masks.values()), shapes, self.mask_threshold)
        return self._masked

    @property
    def strokes(self) -> Sequence[Strokes] | None:
        """The strokes painted over the regions of both photos, read on first use; None unless both masks are strokes.

        Raises:
            VerismError: a mask cannot be read, or does not have its photo's shape.
        """
        if self._strokes is None and self.find_regions and len(self.masks) == len(Photos._fields):
            found = [self._read_one(role, mask) for role, mask in self.masks.items()]
            drawn = [it for it in found if isinstance(it, Strokes)]
            self._strokes = drawn if len(drawn) == len(found) else []
        return self._strokes or None

    @property
    def known(self) -> OneMask | Strokes | None:
        """The regions of the only photo with a mask, or the strokes over detected regions, read on first use.

        None if neither photo has a mask, or both have one.

        Raises:
            VerismError: the mask cannot be read, or does not have the photo's shape.
        """
        if self._known is None and len(self.masks) == 1:
            ((role, mask),) = self.masks.items()
            self._known = self._read_one(role, mask)
        return self._known

    def stays(self, find: Find) -> Tensor | None:
        """Return where the content photo stays as it is, ``(1, 1, H, W)`` bool; None if nothing is kept.

        Args:
            find: finds the regions, as for ``regions``.

        Raises:
            VerismError: as ``regions`` does.
        """
        found = self.regions(self.photos, find) if self.kept else None
        return None if found is None else found.stays

    def _check_kept(self) -> None:
        if self.kept and not (self.find_regions or self.masks):
            raise VerismError("--data.keep: there are no regions to keep; add --data.regions auto, which finds them.")
        left_out = set(map(label_of, self.left_out))
        for name in self.kept:
            if label_of(name) in left_out:
                raise VerismError(
                    f"--data.keep: {name} is named by --data.leave_out, too, which grades a region like the rest of "
                    "the photo; name it in one of them."
                )

    def _read_one(self, role: Role, mask: Path) -> OneMask | Strokes:
        with photo_file.limited(self.max_megapixels):
            return label_images.read_one(mask, getattr(self.photos, role).shape[-2:], role)

    def at(self, size: int) -> Photos:
        """Return the photos scaled down to a short side of ``size`` pixels; smaller photos keep their size."""
        return Photos(*(images.scale(photo, min(size, *photo.shape[-2:])) for photo in self.photos))

    def regions(self, photos: Photos, find: Find) -> Regions | None:
        """Return the regions at the size of ``photos``; None if the photos are compared as a whole.

        Transparent areas of the style photo belong to no region; without other regions, the opaque area is one.

        Args:
            photos: the photos of this pair, at any size.
            find: finds the regions if the masks do not give them; called once.

        Raises:
            VerismError: ``merge``, ``leave_out`` or ``keep`` names a region that does not exist, ``keep`` names all of
                the photo, or a stroke has a colour that no region can have.
        """
        if self._regions is None and self.masked is None and self.find_regions:
            known = self.known
            drawn = self.strokes or ([known] if isinstance(known, Strokes) else [])
            if drawn:
                self._regions = find(*self.photos).painted(*drawn)
            else:
                self._regions = find(*self.photos, known=known if isinstance(known, OneMask) else None)
        found = self._regions or self.masked
        found = None if found is None else found.merge(self.merge).leave_out(self.left_out).keep(self.kept)
        if self.opacity is not None:
            found = undivided(photos.content.shape[-2:], self.opacity) if found is None else found.showing(self.opacity)
        return None if found is None else found.at(*(photo.shape[-2:] for photo in photos))

    def setup(self, stage: str) -> None:
        """Read the photos, and the regions if there are masks."""
        del stage
        _ = self.photos, self.masked, self.known

    def train_dataloader(self) -> Repeat[Photos]:
        """Return the sample ``max_steps`` times, or 1000 times if the number of steps is not limited."""
        steps = self.trainer.max_steps if self.trainer is not None else -1
        return Repeat(self.photos, steps if steps > 0 else 1000)

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Return a batch on the run's device; the photos are copied there only once, not at every step."""
        if not isinstance(batch, Photos):
            return super().transfer_batch_to_device(batch, device, dataloader_idx)
        if self._moved is None or self._moved[0] is not batch or self._moved[1].content.device != device:
            self._moved = batch, Photos(*(photo.to(device) for photo in batch))
        return self._moved[1]

    def teardown(self, stage: str) -> None:
        """Free the memory that the photos take on the device."""
        del stage
        self._moved = None

    def test_dataloader(self) -> Repeat[Photos]:
        """Return the sample once: the result is measured against the two photos."""
        return Repeat(self.photos, 1)

    def predict_dataloader(self) -> Repeat[Tensor]:
        """Return the content photo once, at its full size ``(1, 3, H, W)``: the look is applied to it."""
        return Repeat(self.original, 1)

    def look(self, times: int = 1) -> Photo:
        """Return the style photo at the size of the fit or larger; several style photos are put side by side.

        Args:
            times: factor by which each photo is larger than in the fit.

        Raises:
            VerismError: a style photo cannot be read or is completely transparent, or ``size`` is too small for the
                weights.
        """
        photos = []
        for style in self.styles:
            photo = self._read(style)
            fitted = self._fit(photo.pixels)
            larger = fitted if times == 1 else images.scale(photo.pixels, times * min(fitted.shape[-2:]))
            photos.append(photo.showing(larger))
            if photos[-1].alpha is not None and not bool((photos[-1].alpha > VISIBLE).any()):
                raise VerismError(f"{style}: is transparent all over, and has no look to take on.")
        return collage(photos, self.style_weights, times * GAP)

    def _read(self, photo: Source) -> Photo:
        with photo_file.limited(self.max_megapixels):
            return read(photo, self.white)

    def _fit(self, photo: Tensor) -> Tensor:
        return images.scale(photo, self.size if self.upscale else min(self.size, *photo.shape[-2:]))


class Repeat(Generic[Sample]):
    """Yields one sample a given number of times."""

    def __init__(self, sample: Sample, times: int) -> None:
        """Choose the sample and the number of times."""
        self.sample = sample
        self.times = times

    def __len__(self) -> int:
        """Return the number of times."""
        return self.times

    def __iter__(self) -> Iterator[Sample]:
        """Yield the sample that many times."""
        for _ in range(self.times):
            yield self.sample

    def state_dict(self) -> dict[str, Any]:
        """Return nothing: a run may resume anywhere in an epoch, because all samples are the same.

        Without this method, Lightning would warn that the loader cannot be resumed.
        """
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Do nothing, for the same reason."""
