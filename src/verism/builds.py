"""Checks, without importing them, whether torch and torchvision are installed and built for the same platform."""

from __future__ import annotations

import re
from importlib import metadata

from verism.errors import VerismError

INSTALL = "pip install --force-reinstall torch torchvision"

CPU = "--index-url https://download.pytorch.org/whl/cpu"
"""Option of pip for the smaller builds that use no GPU."""

_BUILD = re.compile(r"__version__ = '[^']*\+(cpu|cu\d+|rocm[\d.]+|xpu)'")
"""The platform that the wheels of one index are built for; other builds may say anything else, and are trusted."""


def check() -> None:
    """Check that torch and torchvision can be imported together.

    Raises:
        VerismError: one is missing, or they are built for different platforms, such as torch for the CPU only and
            torchvision for a GPU, whose operators this torch does not have.
    """
    torch, torchvision = map(_build, ("torch", "torchvision"))
    if torch and torchvision and torch != torchvision:
        without = f", and {CPU} if you want no GPU" if "cpu" in (torch, torchvision) else ""
        raise VerismError(
            f"torch is built for {torch}, but torchvision for {torchvision}, so they do not work together; install "
            f"both from the same place, such as: {INSTALL}{without}."
        )


def _build(package: str) -> str | None:
    """Return the platform that an installed package is built for; None if it does not say.

    Raises:
        VerismError: it is not installed.
    """
    try:
        text = metadata.distribution(package).read_text(f"../{package}/version.py")
    except metadata.PackageNotFoundError:
        raise VerismError(f"{package} is not installed; try: {INSTALL}.") from None
    found = _BUILD.search(text or "")
    return found.group(1) if found else None
