"""What is said of colours that sRGB cannot show."""

from __future__ import annotations

import torch

from verism.look.outside import LEAST, said
from verism.photo_file import Encoding, Photo

PHOTO = Photo(torch.zeros(1, 3, 32, 32), profile=b"wide", beyond=0.124)


def test_they_are_clipped_or_partly_mixed_back() -> None:
    clipped = "12% of the photo has colours outside sRGB, in which looks are made: they are clipped to it"
    assert said(PHOTO, Encoding(), 0.0) == f"{clipped}."
    assert said(PHOTO, Encoding("keep"), 1.0) == f"{clipped}."
    assert said(PHOTO, Encoding("keep"), 0.75) == f"{clipped}, and 25% of the difference is mixed back in."
    # A space that cannot be kept gives nothing back.
    assert said(PHOTO._replace(profile=b""), Encoding("keep"), 0.0) == f"{clipped}."


def test_nothing_is_said_where_nothing_is_lost() -> None:
    assert not said(PHOTO, Encoding("keep"), 0.0)
    assert not said(PHOTO._replace(beyond=0.99 * LEAST), Encoding(), 1.0)
