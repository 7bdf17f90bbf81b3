"""Photos whose light a series has changed much are named, with what helps."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from verism.series.own_light import change, warning


def test_the_change_is_that_of_mean_lightness() -> None:
    """Of greys, L in Oklab is the cube root of their light."""
    black, white = torch.zeros(1, 3, 4, 6), torch.ones(1, 3, 4, 6)
    assert change(black, white) == pytest.approx(1, abs=1e-3)
    assert change(white, torch.cat([black, white], dim=3)) == pytest.approx(-0.5, abs=1e-3)
    assert change(white, white) == 0


def test_a_line_names_those_that_changed_much() -> None:
    changes = {Path(f"trip/{name}.jpg"): it for name, it in (("a", -0.2), ("b", 0.05), ("c", 0.15), ("d", -0.09))}
    assert warning(changes, "verism series …") == (
        "verism: warning: much darker than before: a.jpg; much lighter than before: c.jpg. "
        "For more of the photo's own light: verism series …\n"
    )
    assert warning({Path("b.jpg"): 0.05, Path("d.jpg"): -0.09}, "verism series …") == ""


def test_many_are_counted() -> None:
    said = warning({Path(f"{number}.jpg"): -0.3 for number in range(8)}, "verism series …")
    assert "before: 0.jpg, 1.jpg, 2.jpg, 3.jpg, 4.jpg, and 3 more. For" in said
