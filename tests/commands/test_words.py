"""The words of a command line, read without its parser."""

from __future__ import annotations

from pathlib import Path

import pytest

from verism.commands.words import as_folder, leading, settled, split_configs, take, take_all, value_of, with_options


def test_the_first_words_are_those_before_the_options() -> None:
    assert leading(["a.jpg", "b.jpg", "--preview", "c.jpg"]) == (["a.jpg", "b.jpg"], ["--preview", "c.jpg"])
    assert leading(["--preview"]) == ([], ["--preview"])


def test_a_name_is_a_folders_by_its_slash_or_because_it_exists(tmp_path: Path) -> None:
    (tmp_path / "there.jpg").mkdir()
    (tmp_path / "file").touch()
    assert as_folder(str(tmp_path / "there.jpg")) == tmp_path / "there.jpg"
    assert as_folder(f"{tmp_path}/new/") == tmp_path / "new"
    for name in ("new", "mine.jpg", "file", 300 * "x"):
        assert as_folder(str(tmp_path / name)) is None
    assert as_folder(None) is None


def test_of_an_option_given_twice_the_last_counts() -> None:
    words = ["--output.path", "a.jpg", "--data.size", "64", "--output.path=b.jpg"]
    assert value_of(words, "--output.path") == "b.jpg"
    assert take(words, "--output.path") == ("b.jpg", ["--data.size", "64"])
    assert take(words, "--output.lut") == (None, words)


def test_an_option_that_is_added_replaces_that_of_its_name() -> None:
    words = ["a.jpg", "--output.strength=1.0", "--preview", "--output.strength", "0.8", "--data.size", "64"]
    added = ["--output.strength", "0.6", "--output.tone", "0.5"]
    assert with_options(words, added) == ["a.jpg", "--preview", "--data.size", "64", *added]


def test_an_option_that_takes_several_gives_all_of_them() -> None:
    words = ["--data.photos=a.jpg", "--output.dir", "out", "--data.photos", "b.jpg", "c.jpg", "--adapt", "true"]
    assert take_all(words, "--data.photos") == (["b.jpg", "c.jpg"], ["--output.dir", "out", "--adapt", "true"])
    assert take_all(words[1:3], "--data.photos") == ([], ["--output.dir", "out"])


def test_configs_are_taken_with_their_values() -> None:
    words = ["-c", "a.yaml", "--data.size", "64", "--config=b.yaml"]
    assert split_configs(words) == (["-c", "a.yaml", "--config=b.yaml"], ["--data.size", "64"])


@pytest.mark.parametrize("file", [["--config", "a.yaml"], ["-c", "a.yaml"], ["--data=a.yaml"], ["--output", "a.yaml"]])
def test_what_comes_before_a_file_with_options_is_not_settled(file: list[str]) -> None:
    size, path = ["--data.size", "64"], ["--output.path", "a.jpg"]
    assert value_of(settled("fit", [*size, *file, *path]), "--data.size") is None
    assert value_of(settled("fit", [*size, *file, *path]), "--output.path") == "a.jpg"


def test_configs_come_first_for_run() -> None:
    words = ["a.jpg", "b.jpg", "--output.path", "c.jpg", "--config", "a.yaml"]
    assert value_of(settled("run", words), "--output.path") == "c.jpg"
    assert value_of(settled("fit", words), "--output.path") is None
