"""How a method makes a picture, and when it does so again."""

from __future__ import annotations

import json
from pathlib import Path
from string import Formatter

import pytest
from meter import CommandError
from methods import Case, Given, Made, methods
from torch import Tensor

from verism import images
from verism.commands.options import FitOptions

COPY = """
import pathlib, shutil, sys
source, result, counter, *rest = sys.argv[1:]
if rest == ["fail"]:
    shutil.copy(source, result)
    sys.exit("verism: no luck.")
shutil.copy(source, result)
counter = pathlib.Path(counter)
counter.write_text(counter.read_text() + "x" if counter.exists() else "x")
"""


@pytest.fixture
def case(tmp_path: Path, content: Tensor, style: Tensor) -> Case:
    files = {"content": tmp_path / "content.png", "style": tmp_path / "style.png"}
    for path, photo in zip(files.values(), (content, style), strict=True):
        images.write(path, photo, {})
    return Case("case", files)


@pytest.fixture
def command(tmp_path: Path) -> tuple[str, ...]:
    """Copies the content photo, and counts how often."""
    script = tmp_path / "copy.py"
    script.write_text(COPY)
    return str(script), "{content}", "{result}", "{folder}/count"


def count(tmp_path: Path) -> int:
    return len((tmp_path / "made" / "count").read_text())


def test_given_is_the_cases_own_file(tmp_path: Path, case: Case) -> None:
    assert Given("content").make(case, tmp_path / "made", 320, redo=False) == (case.photos["content"], None)
    assert not (tmp_path / "made").exists()
    assert not Given("dpst_result").applies(case)


def test_made_by_a_command_that_is_measured(tmp_path: Path, case: Case, command: tuple[str, ...]) -> None:
    picture, cost = Made(command).make(case, tmp_path / "made", 320, redo=False)
    assert picture.read_bytes() == case.photos["content"].read_bytes()
    assert cost is not None
    assert cost.seconds > 0
    assert 0 < cost.gigabytes < 0.1


@pytest.mark.slow
def test_made_once_until_something_is_new(tmp_path: Path, case: Case, command: tuple[str, ...]) -> None:
    folder = tmp_path / "made"
    first = Made(command).make(case, folder, 320, redo=False)
    assert Made(command).make(case, folder, 320, redo=False) == first
    # The style is no part of this command.
    case.photos["style"].write_bytes(b"")
    Made(command).make(case, folder, 640, redo=False)
    assert count(tmp_path) == 1
    Made(command).make(case, folder, 320, redo=True)
    assert count(tmp_path) == 2
    Made(command, ["option"]).make(case, folder, 320, redo=False)
    assert count(tmp_path) == 3
    images.write(case.photos["content"], images.read(case.photos["content"]).flip(3), {})
    Made(command, ["option"]).make(case, folder, 320, redo=False)
    assert count(tmp_path) == 4
    (folder / "result.png").unlink()
    Made(command, ["option"]).make(case, folder, 320, redo=False)
    assert count(tmp_path) == 5


@pytest.mark.slow
def test_an_edited_config_counts(tmp_path: Path, case: Case, command: tuple[str, ...]) -> None:
    config = tmp_path / "a.yaml"
    config.write_text("1")
    method = Made((*command, f"--config={config}"))
    method.make(case, tmp_path / "made", 320, redo=False)
    config.write_text("2")
    method.make(case, tmp_path / "made", 320, redo=False)
    assert count(tmp_path) == 2


@pytest.mark.slow
def test_what_a_failure_left_is_no_result(tmp_path: Path, case: Case, command: tuple[str, ...]) -> None:
    folder = tmp_path / "made"
    Made(command).make(case, folder, 320, redo=False)
    for _ in range(2):
        with pytest.raises(CommandError, match=r"verism: no luck\."):
            Made(command, ["fail"]).make(case, folder, 320, redo=False)
        assert (folder / "result.png").is_file()
    Made(command).make(case, folder, 320, redo=False)
    assert count(tmp_path) == 2


def test_options_are_taken_as_they_are(tmp_path: Path, case: Case, command: tuple[str, ...]) -> None:
    Made(command, ['{"a": {}}', "{style}"]).make(case, tmp_path / "made", 320, redo=False)
    assert json.loads((tmp_path / "made" / "cost.json").read_text())["seconds"] > 0


def test_those_with_masks_apply_to_pairs_with_masks(case: Case) -> None:
    without = {name for name, method in methods().items() if method.applies(case)}
    mask = case.photos["content"]
    masked = case._replace(photos={**case.photos, "content_mask": mask, "style_mask": mask})
    assert {name for name, method in methods().items() if method.applies(masked)} - without == {"photoreal_masked"}


@pytest.mark.parametrize("name", [name for name, method in methods().items() if isinstance(method, Made)])
def test_every_command_names_what_it_is_given(name: str) -> None:
    method = methods()[name]
    assert isinstance(method, Made)
    fields = {field for arg in method.command for _, field, _, _ in Formatter().parse(arg) if field}
    assert {"content", "style", "result"} <= fields
    assert Path(method.command[0]).is_file()


def test_options_reach_every_fit_and_nothing_else() -> None:
    with_options = methods(["--data.size", "64"])
    for name, method in with_options.items():
        fits = isinstance(method, Made) and method.command[1] == "fit"
        assert fits == (isinstance(method, Made) and method.options == ["--data.size", "64"]), name


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pixels", "lut", "match", "photoreal", "photoreal_masked"])
def test_fit_understands_its_options(name: str) -> None:
    """Parsed, not run: the config of its own, with the photos and the output of the case."""
    method = methods()[name]
    assert isinstance(method, Made)
    roles = ("content", "style", "content_mask", "style_mask", "result", "folder")
    values = {role: f"/somewhere/{role}" for role in roles} | {"result": "/somewhere/result.png", "size": "320"}
    options = FitOptions().read([arg.format_map(values) for arg in method.command[2:]])
    assert options["data"]["content"] == "/somewhere/content"
    assert options["output"] == options["output"] | {"path": "/somewhere/result.png", "overwrite": True}
    assert (options["data"]["content_mask"] is not None) == (name == "photoreal_masked")
