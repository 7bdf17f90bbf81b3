"""Photos that ``fit`` cannot take are found out before anything is said or written."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import shoot, synthetic_photo

import verism
from verism.cli import main
from verism.errors import VerismError

pytestmark = pytest.mark.slow

NAMES = ("mine.png", "theirs.png", "mine_mask.png", "theirs_mask.png")

OPTIONS = ("data.content", "data.style", "data.content_mask", "data.style_mask")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Photos, masks and a text, in the folder that commands run in; nobody may ask for the weights."""
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate(NAMES):
        shoot(Path(name), synthetic_photo(48, 64, seed))
    Path("notes.txt").write_text("no photo")

    def loaded(*_: object) -> None:
        raise AssertionError("the weights are loaded")

    monkeypatch.setattr("verism.backbone.weights.load", loaded)


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("mistake", ["slip", "text"])
def test_they_are_all_that_is_said(
    option: str, mistake: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    right = dict(zip(OPTIONS, NAMES, strict=True))
    name = right[option]
    wrong = name.replace("i", "j", 1) if mistake == "slip" else "notes.txt"
    words = [word for key, value in (right | {option: wrong}).items() for word in (f"--{key}", value)]
    with pytest.raises(SystemExit, match="2"):
        main(["fit", "--config", "photoreal.yaml", *words])
    (sentence,) = capsys.readouterr().err.splitlines()
    here = Path.cwd()
    if mistake == "slip":
        assert sentence == f"verism: {wrong}: no such photo; did you mean {name}?"
    else:
        assert sentence.startswith(f"verism: {here / wrong}: not an image in a format that can be read")
    # Lightning's own logger says the seed, which quieten_lightning hides.
    assert [message for message in caplog.messages if not message.startswith("Seed set to")] == []
    assert {path.name for path in here.iterdir()} == {*NAMES, "notes.txt"}


def test_from_python_too() -> None:
    with pytest.raises(VerismError, match=r"mien\.png: no such photo; did you mean .*mine\.png\?"):
        verism.fit("mien.png", "theirs.png")
    with pytest.raises(VerismError, match=r"notes\.txt: not an image"):
        verism.fit(synthetic_photo(48, 64, 1), ["theirs.png", "notes.txt"])
