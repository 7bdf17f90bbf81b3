"""Ten known grades, as a photographer's: none clips, and tone curves never fall."""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Mapping, Sequence
from functools import reduce

import torch
from torch import Generator, Tensor

from verism.color.spaces import from_light, to_light
from verism.images import luma

Grade = Callable[[Tensor], Tensor]
"""Gives a photo ``(1, 3, H, W)``, RGB in [0, 1], other colours in [0, 1], by nothing but their own."""


def tone_curve(generator: Generator) -> Grade:
    """Return a curve of all channels: a gamma, an S-shape of some contrast, faded blacks and whites."""
    # Clearly brighter or darker: an S-shape would undo little.
    gamma = 2 ** (_sign(generator) * _between(generator, 0.2, 0.5))
    contrast, pivot = _between(generator, 1, 5), _between(generator, 0.4, 0.6)
    black, white = _between(generator, 0, 0.08), _between(generator, 0.92, 1)

    def grade(photo: Tensor) -> Tensor:
        ends = torch.tensor([0.0, 1.0], dtype=photo.dtype)
        x, (low, high) = (torch.sigmoid(contrast * (level - pivot)) for level in (photo**gamma, ends))
        graded: Tensor = black + (white - black) * (x - low) / (high - low)
        return graded

    return grade


def white_balance(generator: Generator) -> Grade:
    """Return gains of linear light, warmer or colder by up to 0.9 stops between red and blue, with a slight tint."""
    warmth, tint = _sign(generator) * _between(generator, 0.2, 0.45), _between(generator, -0.1, 0.1)
    gains = 2 ** torch.tensor([warmth, tint, -warmth])
    # The greatest is 1, so that nothing clips.
    gains = (gains / gains.max()).view(3, 1, 1)
    return lambda photo: from_light(to_light(photo) * gains.to(photo))


def split_toning(generator: Generator) -> Grade:
    """Return a blend of the shadows towards a dark colour and of the lights towards a bright one, across the wheel."""
    hue = _between(generator, 0, 1)
    tones = ((hue, 0.8, 0.4), ((hue + 0.5) % 1, 0.4, 1.0))
    dark, bright = (torch.tensor(colorsys.hsv_to_rgb(*tone)).view(3, 1, 1) for tone in tones)
    in_shadows, in_lights = (_between(generator, 0.2, 0.4) for _ in range(2))

    def grade(photo: Tensor) -> Tensor:
        light = luma(photo)
        shadows, lights = in_shadows * (1 - light) ** 2, in_lights * light**2
        return (1 - shadows - lights) * photo + shadows * dark.to(photo) + lights * bright.to(photo)

    return grade


def lut(generator: Generator) -> Grade:
    """Return a smooth random function of the colour, as a 3D look-up table holds: cosines of up to a full period.

    A channel is displaced by at most 0.1, and not at all at 0 and 1.
    """
    orders = torch.arange(3)
    smoothness = 1 / (1 + orders.view(-1, 1, 1) + orders.view(-1, 1) + orders) ** 2
    waves = torch.randn(3, 3, 3, 3, generator=generator) * smoothness
    lattice = torch.linspace(0, 1, 17)
    cube = torch.stack(torch.meshgrid(lattice, lattice, lattice, indexing="ij")).view(1, 3, 17, -1)
    waves = 0.1 * waves / _field(waves, cube).abs().max()
    return lambda photo: photo + 4 * photo * (1 - photo) * _field(waves, photo).clamp(-0.1, 0.1)


RECIPES: Mapping[str, Sequence[Callable[[Generator], Grade]]] = {
    "curve_1": (tone_curve,),
    "curve_2": (tone_curve,),
    "white_balance_1": (white_balance,),
    "white_balance_2": (white_balance,),
    "split_toning": (split_toning,),
    "lut_1": (lut,),
    "lut_2": (lut,),
    "white_balance_curve": (white_balance, tone_curve),
    "curve_split_toning": (tone_curve, split_toning),
    "everything": (white_balance, lut, tone_curve, split_toning),
}
"""Grade to its steps, the first one first."""


def grades(seed: int) -> dict[str, Grade]:
    """Return the grade of each of ``RECIPES``; always the same for the same seed."""
    made = {}
    for index, (name, steps) in enumerate(RECIPES.items()):
        # Its own, so that a further recipe does not change the others.
        generator = Generator().manual_seed(1000 * seed + index)
        made[name] = _chain([step(generator) for step in steps])
    return made


def _chain(steps: Sequence[Grade]) -> Grade:
    return lambda photo: reduce(lambda graded, step: step(graded), steps, photo).clamp(0, 1)


def _between(generator: Generator, low: float, high: float) -> float:
    return low + (high - low) * float(torch.rand((), generator=generator, dtype=torch.float64))


def _sign(generator: Generator) -> int:
    return 1 if _between(generator, -1, 1) > 0 else -1


def _field(waves: Tensor, photo: Tensor) -> Tensor:
    """Return ``Σ_ijk waves[c, i, j, k] cos(πi r) cos(πj g) cos(πk b)`` for each channel c: ``(1, 3, H, W)``."""
    orders = torch.arange(3, dtype=photo.dtype).view(3, 1, 1)
    red, green, blue = (torch.cos(torch.pi * orders * channel) for channel in photo.squeeze(0))
    return torch.einsum("cijk,ihw,jhw,khw->chw", waves.to(photo), red, green, blue).unsqueeze(0)
