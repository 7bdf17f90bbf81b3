"""What patterns and folders stand for."""

from __future__ import annotations

import logging
from pathlib import Path

import clips
import pytest
import torch
from conftest import shoot, synthetic_photo

from verism import clip, images
from verism.batch.patterns import find, is_pattern, matching
from verism.clip import ClipEncoding
from verism.color.table import over_nodes
from verism.errors import VerismError


def test_a_pattern_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever; folders that match are no photos, and each photo is there once."""
    for name in ("b.jpg", "a.jpg", "c.png", "sub/d.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.jpg").mkdir()
    a, b, c = tmp_path / "a.jpg", tmp_path / "b.jpg", tmp_path / "c.png"
    assert matching([tmp_path / "*.jpg"]) == [a, b]
    assert matching([b, tmp_path / "[ac].*", a]) == [b, a, c]
    assert matching([tmp_path / "*" / "*.jpg"]) == [tmp_path / "sub" / "d.jpg"]
    monkeypatch.chdir(tmp_path)
    assert matching([Path("?.jpg")]) == [Path("a.jpg"), Path("b.jpg")]


def test_brackets_in_the_name_of_a_folder_are_no_pattern(tmp_path: Path) -> None:
    """Such as a copy's, ``photos [1]``; below it, all else still is, and so are the brackets of no folder."""
    folder = tmp_path / "photos [1]"
    for name in ("photos [1]/a.jpg", "photos [1]/b1/c.jpg", "photos 1/a.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert matching([folder / "*.jpg"]) == [folder / "a.jpg"]
    assert matching([folder / "b[1]" / "*.jpg"]) == [folder / "b1" / "c.jpg"]
    assert matching([tmp_path / "photos [12]" / "*.jpg"]) == [tmp_path / "photos 1" / "a.jpg"]


def test_a_name(tmp_path: Path) -> None:
    """Itself, also if it looks like a pattern; if there is no such file, nothing else is looked at."""
    for name, kind in (("missing.jpg", "photo"), ("missing.mp4", "clip")):
        with pytest.raises(VerismError, match=rf"{name}: no such {kind}\."):
            matching([tmp_path / name, tmp_path])
    brackets = tmp_path / "photo[1].jpg"
    assert is_pattern(brackets)
    brackets.touch()
    assert not is_pattern(brackets)
    assert matching([brackets]) == [brackets]


def test_a_pattern_that_matches_nothing_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "folder.gif").mkdir()
    for name in ("*.gif", "nowhere/*.jpg", "photo[2].jpg"):
        with pytest.raises(VerismError, match=r"matches no photo|nowhere: no such folder"):
            matching([tmp_path / name])


def test_a_folder_is_its_photos_and_clips(tmp_path: Path) -> None:
    for seed, name in enumerate(("b.png", "a.jpg", ".hidden.jpg", "sub/c.jpg")):
        shoot(tmp_path / name, synthetic_photo(40, 40, seed))
    (tmp_path / "notes.txt").write_text("no photo")
    (tmp_path / "damaged.jpg").write_text("no photo")
    (tmp_path / "clip.mp4").touch()
    found = find([tmp_path])
    assert found.files == [tmp_path / "a.jpg", tmp_path / "b.png", tmp_path / "clip.mp4"]
    assert found.said() == "damaged.jpg cannot be read as a photo, and is left out"
    (tmp_path / "empty.jpg").touch()
    left_out = "damaged.jpg cannot be read as a photo, and is left out; empty.jpg is empty, and is left out"
    assert find([tmp_path]).said() == left_out
    (tmp_path / "void.png").touch()
    (tmp_path / "torn.png").write_text("no photo")
    assert find([tmp_path]).said() == (
        "damaged.jpg, torn.png cannot be read as a photo, and are left out; "
        "empty.jpg, void.png are empty, and are left out"
    )
    (tmp_path / "other").mkdir()
    with pytest.raises(VerismError, match="other: is a folder without photos"):
        matching([tmp_path / "other"])


def test_a_style_beside_the_photos_is_taken_only_by_its_name(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    photo, style = tmp_path / "a.jpg", tmp_path / "style.jpg"
    for seed, path in enumerate((photo, style)):
        shoot(path, synthetic_photo(40, 40, seed))
    with caplog.at_level("INFO"):
        assert matching([tmp_path], but=[style]) == [photo]
        assert matching([photo, style], but=[style]) == [photo, style]
    assert caplog.messages == ["style.jpg is the style, and is left out."]
    with pytest.raises(VerismError, match="has no photo but the style"):
        matching([tmp_path / "s*.jpg"], but=[style])


def test_a_slip_in_the_folder_of_a_pattern(tmp_path: Path) -> None:
    (tmp_path / "holiday").mkdir()
    with pytest.raises(VerismError, match=r"holidya: no such folder; did you mean .*holiday\?"):
        matching([tmp_path / "holidya" / "*.jpg"])


def test_what_verism_made_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Unless it is named by itself; how many were left out is said once, for all patterns."""
    caplog.set_level(logging.INFO)
    photo = synthetic_photo(40, 40, 1)
    shoot(tmp_path / "mine.jpg", photo)
    assert matching([tmp_path / "*.*"]) == [tmp_path / "mine.jpg"]
    assert not caplog.messages
    made = [tmp_path / name for name in ("mine-a.jpg", "mine-b.png", "mine-c.tiff", "mine-d.webp")]
    for path in made:
        images.write(path, photo, {})
    assert matching([tmp_path]) == [tmp_path / "mine.jpg"]
    assert caplog.messages[-1] == "4 pictures that verism made are left out. To take one all the same, name its file."
    assert matching([made[0], tmp_path / "mine*", *made[1:3]]) == [made[0], tmp_path / "mine.jpg", *made[1:3]]
    assert caplog.messages[-1] == "1 picture that verism made is left out. To take one all the same, name its file."
    with pytest.raises(VerismError, match=r"\*\.png: matches only pictures that verism made"):
        matching([tmp_path / "*.png"])


@pytest.mark.slow
def test_so_is_a_clip(tmp_path: Path) -> None:
    frame = (255 * synthetic_photo(48, 64, 3)[0].permute(1, 2, 0)).numpy() / 255
    clips.write(tmp_path / "pan.mp4", [clips.yuv(frame)] * 5, "yuv420p", codec="libx264")
    for name in ("pan-theirs.mp4", "pan-theirs.mov", "pan-theirs.mkv"):
        clip.grade(
            tmp_path / "pan.mp4",
            tmp_path / name,
            over_nodes(17, lambda colors: colors),
            ClipEncoding(),
            lambda frames: None,
            {"look": "theirs"},
        )
    assert matching([tmp_path / "*.*"]) == [tmp_path / "pan.mp4"]
    assert torch.is_tensor(clip.frames(tmp_path / "pan-theirs.mkv", [0.0])[0])
