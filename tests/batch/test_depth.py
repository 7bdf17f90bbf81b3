"""The depth that is asked of many results."""

from __future__ import annotations

from pathlib import Path

import pytest

from verism.batch import depth
from verism.errors import VerismError
from verism.photo_file import Encoding

RESULTS = [Path("out", name) for name in ("a.tif", "b.JPG", "c.png", "d.webp")]


@pytest.mark.parametrize("encoding", [Encoding(), Encoding(depth=8)])
def test_any_format_has_8_bits_or_as_many_as_its_photo(encoding: Encoding) -> None:
    depth.check(RESULTS, encoding)


def test_those_that_cannot_have_16_bits_are_named_with_what_helps() -> None:
    depth.check([RESULTS[0], RESULTS[2]], Encoding(depth=16))
    for names, said in (
        (["b.JPG"], "b.JPG"),
        (["a.tif", "b.JPG", "d.webp"], "b.JPG and d.webp"),
        ([f"{it}.jpg" for it in range(5)], "0.jpg, 1.jpg, 2.jpg and 2 more"),
    ):
        with pytest.raises(VerismError) as caught:
            depth.check(map(Path, names), Encoding(depth=16))
        assert str(caught.value) == (
            f"--output.depth 16: {said} would have to be PNG or TIFF files, and results keep the formats of their "
            "photos; leave the option out, and each has as many bits as its photo, or name PNG and TIFF photos alone."
        )


def test_a_quality_out_of_its_range_is_told_before_the_work() -> None:
    with pytest.raises(VerismError, match="quality 0: must be from 1 to 100"):
        depth.check([], Encoding(quality=0))
