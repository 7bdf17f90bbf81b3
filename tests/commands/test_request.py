"""What ``run`` is asked for."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import synthetic_photo

from verism import images
from verism.cli import main
from verism.commands.batch_so_far import wished
from verism.commands.request import parse
from verism.commands.result_names import sheet_path
from verism.errors import VerismError

pytestmark = pytest.mark.usefixtures("three_photos")


def test_patterns_and_folders(three_photos: Path) -> None:
    """Without what verism made, and without the style, unless these are named by themselves."""
    images.write(Path("mine-theirs.jpg"), synthetic_photo(48, 64, 9), {})
    mine, other, theirs = Path("mine.jpg"), Path("other.png"), Path("theirs.jpg")
    for several in ("*.*", str(three_photos)):
        own = [Path(several) / name for name in (mine, other)] if several == str(three_photos) else [mine, other]
        style = three_photos / theirs if several == str(three_photos) else theirs
        assert parse([several, str(style)]).contents == own
    assert parse(["*.*", f"../{three_photos.name}/theirs.jpg"]).contents == [mine, other]
    assert parse(["mine-theirs.jpg", "m*.jpg", "theirs.jpg"]).contents == [Path("mine-theirs.jpg"), mine]
    assert parse(["mine.jpg", "--styles", "o*", "theirs.jpg"]).styles == [other, theirs]
    with pytest.raises(SystemExit, match="2"):
        main(["*.gif", "theirs.jpg"])


def test_no_photo_takes_on_its_own_look() -> None:
    """Unless it is alone with itself, which is refused when it is read."""
    everything = ["mine.jpg", "other.png", "theirs.jpg"]
    request = parse(["mine.jpg", "."])
    assert [style.name for style in request.styles] == ["other.png", "theirs.jpg"]
    names = [(content.name, style.name) for content, style in request.pairs]
    assert names == [("mine.jpg", "other.png"), ("mine.jpg", "theirs.jpg")]
    assert len(parse([*everything, "--styles", *everything]).pairs) == 6
    assert len(parse(["mine.jpg", "mine.jpg"]).pairs) == 1


def test_the_style_under_another_name_is_left_out_of_several_pictures() -> None:
    """In one pair alone, it is refused when it is read."""
    shutil.copy("theirs.jpg", "copy.jpg")
    mine, other, theirs, copy = map(Path, ("mine.jpg", "other.png", "theirs.jpg", "copy.jpg"))
    request = parse(["mine.jpg", "copy.jpg", "other.png", "theirs.jpg"])
    assert request.pairs == [(mine, theirs), (other, theirs)]
    assert request.twins == [(copy, theirs)]
    assert parse([".", "theirs.jpg"]).twins == [(copy, theirs)]
    assert parse(["copy.jpg", "theirs.jpg"]).pairs == [(copy, theirs)]
    assert not parse(["mine.jpg", "theirs.jpg"]).twins


def test_words_that_belong_to_options_are_no_photos() -> None:
    request = parse(["mine.jpg", "theirs.jpg", "--output.strength", "0.6", "--open"])
    assert request.pairs == [(Path("mine.jpg"), Path("theirs.jpg"))]
    assert list(request.options) == ["--output.strength", "0.6"]
    assert request.opens
    assert request.sheet
    request = parse(["mine.jpg", "theirs.jpg", "--output.sheet=false", "--output.strength", "0.6"])
    assert not request.sheet
    assert list(request.options) == ["--output.strength", "0.6"]
    with pytest.raises(VerismError, match="only one"):
        parse(["--styles", "theirs.jpg"])
    assert parse(["mine.jpg", "--style", "theirs.jpg"]).pairs == parse(["mine.jpg", "theirs.jpg"]).pairs


@pytest.mark.parametrize("asked", [["--output.path", "graded/"], ["--output.path=there"]])
def test_pictures_go_into_a_folder(asked: list[str]) -> None:
    """Into one that exists, or one that a slash says to be one."""
    Path("there").mkdir()
    request = parse(["mine.jpg", "other.png", "theirs.jpg", "--output.strength", "0.6", *asked])
    assert request.folder == Path(asked[-1].rpartition("=")[2])
    assert list(request.options) == ["--output.strength", "0.6"]
    assert sheet_path(request).parent == request.folder
    with pytest.raises(VerismError, match=r"--output\.path: is one file.*name a folder, such as"):
        parse(["mine.jpg", "other.png", "theirs.jpg", "--output.path", "graded.jpg"])
    with pytest.raises(VerismError, match="for a folder, write graded/"):
        parse(["mine.jpg", "theirs.jpg", "--output.path", "graded"])


def test_the_sheet_of_several_pictures_is_opened_and_not_each_page() -> None:
    several = ["mine.jpg", "other.png", "theirs.jpg", "--open"]
    assert parse(several).has_sheet
    assert not parse([*several, "--output.sheet", "false"]).has_sheet
    assert not parse(["mine.jpg", "theirs.jpg", "--open"]).has_sheet


WEIGHTS = ("--data.style_weights", "[2, 1]")


def test_weights_mix_as_many_styles_into_one_picture_for_each_photo() -> None:
    mine, other, theirs = Path("mine.jpg"), Path("other.png"), Path("theirs.jpg")
    for words in (["mine.jpg", "other.png", "theirs.jpg"], ["mine.jpg", "--styles", "other.png", "theirs.jpg"]):
        request = parse([*words, *WEIGHTS])
        assert request.pairs == [(mine, other)]
        assert request.taken_from(other) == [other, theirs]
        assert wished(request, (mine, other)) == Path("mine-other-theirs.jpg")
        assert request.options == list(WEIGHTS)
    single = parse(["mine.jpg", "other.png", "theirs.jpg", WEIGHTS[0], "[2]"])
    assert single.pairs == [(mine, theirs), (other, theirs)]
    assert single.taken_from(theirs) == [theirs]
    both = parse(["mine.jpg", "other.png", "--styles", "*.*", *WEIGHTS])
    assert both.mixed == [mine, other, theirs]
    assert sheet_path(both).name.endswith("-mine-other-theirs-sheet.jpg")


def test_without_enough_styles_for_the_weights_the_command_is_told() -> None:
    with pytest.raises(VerismError) as raised:
        parse(["mine.jpg", "theirs.jpg", *WEIGHTS])
    assert str(raised.value).endswith("verism mine.jpg style1.jpg style2.jpg --data.style_weights '[1, 1]'")
    # What is no list is left to the parser.
    assert not parse(["mine.jpg", "theirs.jpg", WEIGHTS[0], "[2"]).mixed
