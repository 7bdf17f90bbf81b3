"""Methods that see nothing but colours, as commands."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from distribution_transfer import distribution_transfer
from recolor import METHODS, closed_form, main
from torch import Tensor

from verism import images


def test_closed_form_has_the_styles_mean_and_covariance(content: Tensor, style: Tensor) -> None:
    colors, targets = (photo.flatten(2).squeeze(0) for photo in (closed_form(content, style), style))
    torch.testing.assert_close(colors.mean(dim=1), targets.mean(dim=1))
    torch.testing.assert_close(colors.cov(), targets.cov(), rtol=0.01, atol=1e-4)


@pytest.mark.parametrize(
    ("method", "function"), [("closed_form", closed_form), ("distribution_transfer", distribution_transfer)]
)
def test_writes_what_it_returns(tmp_path: Path, content: Tensor, style: Tensor, method: str, function: object) -> None:
    files = [tmp_path / f"{name}.png" for name in ("content", "style", "result")]
    for path, photo in zip(files, (content, style), strict=False):
        images.write(path, photo, {})
    main(method, *files)  # type: ignore[arg-type]
    expected = METHODS[method](*(images.read(path) for path in files[:2]))
    torch.testing.assert_close(images.read(files[2]), expected.clamp(0, 1), atol=0.51 / 255, rtol=0)
    assert METHODS[method] is function
