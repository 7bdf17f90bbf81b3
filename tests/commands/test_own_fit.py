"""The command that is proposed where another photo's look does not suit photos."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from verism.commands.own_fit import free_folder, own_fit
from verism.commands.request import parse


@pytest.fixture(autouse=True)
def here(three_photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands are typed in a folder with photos."""
    monkeypatch.chdir(three_photos)
    monkeypatch.setattr("sys.argv", ["verism"])


STYLE = Path("theirs.jpg")


def test_it_is_a_whole_command_that_makes_the_pictures_anew() -> None:
    """At the strength that was asked for, and in a folder apart; other options are not those of a fit."""
    args = ["run", "mine.jpg", "--output.dir", "graded", "--adapt", "true", "--output.strength=0.5"]
    command = own_fit([Path("mine.jpg").resolve()], [STYLE.resolve()], Path("graded"), args)
    assert command == "verism run mine.jpg theirs.jpg --output.path graded-own/ --output.strength 0.5"
    request = parse(shlex.split(command)[2:])
    assert (request.contents, request.styles) == ([Path("mine.jpg")], [STYLE])
    assert request.folder == Path("graded-own")


def test_many_photos_get_one_new_look_as_they_were_named() -> None:
    photos = [Path("mine.jpg")] * 11
    command = own_fit(photos, [STYLE], Path("graded"), [], ["my holiday/*.jpg"])
    assert command == "verism series 'my holiday/*.jpg' --style theirs.jpg --output.dir graded-own"
    assert own_fit(photos, [STYLE], Path("graded"), []) == ""


def test_a_clip_stands_beside_its_own() -> None:
    """``run`` takes no name for it."""
    Path("clip.mp4").touch()
    assert own_fit([Path("clip.mp4")], [STYLE], Path("graded"), []) == "verism run clip.mp4 theirs.jpg"


def test_without_a_single_style_and_for_the_style_itself_there_is_none() -> None:
    photos = [Path("mine.jpg")]
    for styles in ([], [STYLE, Path("mine.jpg")], photos):
        assert own_fit(photos, styles, Path("graded"), []) == ""


def test_the_folder_is_new() -> None:
    assert free_folder(Path("graded"), "full") == "graded-full"
    Path("graded-full").mkdir()
    assert free_folder(Path("graded"), "full") == "graded-full-2"
    assert Path(free_folder(Path(), "full")) == Path.cwd().with_name(f"{Path.cwd().name}-full")
