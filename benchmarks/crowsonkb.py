"""The loop of crowsonkb/style-transfer-pytorch, the best known of its kind, where it is installed.

    pip install git+https://github.com/crowsonkb/style-transfer-pytorch

Its layers are conv1_1 … conv5_1 and conv4_2, all after a ReLU, in float32. Weights are random, so that nothing has to
be downloaded: a step takes the same time.
"""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from typing import Any
from unittest.mock import patch

import torchvision
from programs import Report
from torchvision.transforms.functional import to_pil_image

from verism import Photos


def installed() -> bool:
    """Return whether it can be run here."""
    return importlib.util.find_spec("style_transfer") is not None


def crowsonkb(photos: Photos, report: Report) -> None:
    """Minimise its loss at the photos' size, without end."""
    from style_transfer import style_transfer as theirs  # type: ignore[import-not-found]  # noqa: PLC0415

    plain = torchvision.models.vgg19

    def untrained(**_: Any) -> Any:
        return plain(weights=None)

    content, style = (to_pil_image(photo.squeeze(0)) for photo in photos)
    # It speaks of its progress, where a table is to be printed.
    with contextlib.redirect_stdout(sys.stderr), patch("torchvision.models.vgg19", untrained):
        theirs.StyleTransfer().stylize(
            content,
            [style],
            min_scale=max(content.size),
            end_scale=max(content.size),
            initial_iterations=sys.maxsize,
            callback=lambda state: report(state.loss),
        )
