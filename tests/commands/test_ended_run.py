"""What is said of a picture that is there, and what is proposed."""

from __future__ import annotations

import math
import re
import shlex
from html import unescape
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from verism.backbone.weights import Weights
from verism.cli import main
from verism.commands.ended_run import LITTLE_TO_GIVE
from verism.commands.run import ALL_SOUND
from verism.likeness import LITTLE_SHARED
from verism.uneven import GRADIENT, LEAVE_OUT, Uneven
from verism.verdict import FAULTS

SMALL = ("--data.size", "48", "--trainer.accelerator", "cpu", "--trainer.precision", "32-true")
STEPS = ("--trainer.max_steps", "2")


@pytest.fixture(autouse=True)
def photos(three_photos: Path, tiny_weights: Weights, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with three photos, in which commands run."""
    monkeypatch.setattr("sys.argv", ["verism"])
    return three_photos


@pytest.mark.slow
def test_a_part_of_the_look_is_made_milder_still_in_words(capfd: pytest.CaptureFixture[str]) -> None:
    """Else the smaller number would be taken for a slip."""
    main(["mine.jpg", "theirs.jpg", "--output.strength", "0.6", *SMALL, *STEPS])
    last = capfd.readouterr().out.splitlines()[-1]
    assert last.startswith("Milder still, with 0.36 of the look in place of 0.6: verism render ")
    assert last.endswith(" --output.strength 0.36")
    # Each strength has its name, whichever command has made the picture.
    main(shlex.split(last.partition(": verism ")[2]))
    assert {path.name for path in Path().glob("mine-theirs*.jpg")} == {
        "mine-theirs-strength-0.6.jpg",
        "mine-theirs-strength-0.36.jpg",
    }


@pytest.mark.slow
def test_colours_outside_srgb_are_told_alike_by_all(capfd: pytest.CaptureFixture[str]) -> None:
    """By the run, its page and ``render``, which writes the picture as the page and the run propose."""
    green = np.full((48, 64, 3), 120, np.uint8)
    green[:24] = 10, 250, 10
    Image.fromarray(green).save("wide.png", icc_profile=imagecodecs.cms_profile("adobergb"))
    main(["wide.png", "theirs.jpg", "--output.profile", "keep", *SMALL, *STEPS])
    said = capfd.readouterr().out
    clipped = "50% of the photo has colours outside sRGB, in which looks are made: they are clipped to it"
    assert f"  {clipped}.\n" in said
    page = Path("wide-theirs.html").read_text()
    assert clipped in page
    milder = re.findall("^Milder: verism (.*)", said, re.MULTILINE)[-1]
    assert milder.endswith("--output.strength 0.6 --output.profile keep")
    main(shlex.split(milder))
    assert capfd.readouterr().out.endswith(f"  {clipped}, and 40% of the difference is mixed back in.\n")


@pytest.mark.slow
def test_of_the_photo_itself_nothing_milder_is_proposed(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nor is a style blamed for it, nor less asked of what is not there."""
    monkeypatch.setattr("verism.verdict.FAULTS", tuple(fault._replace(limit=-1) for fault in FAULTS))
    main(["mine.jpg", "theirs.jpg", "--output.strength", "0", *SMALL, *STEPS])
    said = capfd.readouterr().out
    assert "  Look: your photo's own, as asked.\n" in said
    assert "render" not in said
    assert "a lower" not in said
    assert "Look: your photo&#39;s own, as asked." in Path("mine-theirs-strength-0.html").read_text()


@pytest.mark.slow
def test_several_pictures_are_told_what_is_not_as_it_should_be(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """One line for all of them, if all is well."""
    batch = ["mine.jpg", "other.png", "theirs.jpg", *SMALL, "--trainer.max_steps"]
    monkeypatch.setattr("verism.verdict.FAULTS", ())
    monkeypatch.setattr("verism.verdict.SLIGHT", math.inf)
    monkeypatch.setattr("verism.verdict.SAME", -1)
    main([*batch, "1"])
    said = capfd.readouterr().out
    assert said.count("  Look: ") == 2
    assert "Colours:" not in said
    assert said.count(ALL_SOUND) == 1
    monkeypatch.setattr("verism.verdict.SLIGHT", -1)
    monkeypatch.setattr("verism.verdict.DRIFT", math.inf)
    main([*batch, "2"])
    said = capfd.readouterr().out
    assert said.count("  Colours: mostly even; tints within one area differ by ΔE ") == 2
    assert "Shapes" not in said
    assert ALL_SOUND not in said


@pytest.mark.slow
def test_a_fault_is_told_with_the_whole_command_that_helps(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The picture is rendered again, as it was asked for; a preview is made anew."""
    monkeypatch.setattr("verism.verdict.FAULTS", tuple(fault._replace(limit=-1) for fault in FAULTS))
    photos = ["mine.jpg", "theirs.jpg", "--output.color", "0.5", *SMALL]
    main([*photos, *STEPS])
    told = dict(re.findall(r"^  (\w+) .*\. [^:]+: verism (.*)$", capfd.readouterr().out, re.MULTILINE))
    tone = "render lightning_logs/mine-theirs-colour-0.5 --output.color 0.5 --output.tone 0.5"
    assert told == {
        "One": "render lightning_logs/mine-theirs-colour-0.5 --output.strength 0.6 --output.color 0.5",
        "Textures": tone,
        "Shadows": "render lightning_logs/mine-theirs-colour-0.5 --output.strength 0.6 --output.color 0.5",
        "Contrast": "render lightning_logs/mine-theirs-colour-0.5 --output.strength 0.6 --output.color 0.5",
    }
    main(shlex.split(tone))
    assert capfd.readouterr().out == "Picture: mine-theirs-colour-0.5-tone-0.5.jpg\n"
    main([*photos, "--preview", "--output.tone", "1.0"])
    told = dict(re.findall(r"^  (\w+) .*\. [^:]+: verism (.*)$", capfd.readouterr().out, re.MULTILINE))
    whole = f"run {shlex.join(photos)} --output.tone 0.5"
    assert (
        told["Textures"] == f"{whole} --ckpt_path lightning_logs/mine-theirs-preview-colour-0.5/checkpoints/last.ckpt"
    )


@pytest.mark.slow
def test_nothing_milder_is_proposed_than_a_look_that_is_hardly_there(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("verism.verdict.LITTLE", 2)
    monkeypatch.setattr("verism.verdict.CHANGED", math.inf)
    main(["mine.jpg", "theirs.jpg", *SMALL, *STEPS])
    said = capfd.readouterr().out
    assert said.splitlines()[-1] == ("This style has little to give to this photo; try another photo as the style.")
    assert "Milder" not in said


@pytest.mark.slow
def test_nothing_milder_is_proposed_than_a_look_that_went_elsewhere(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("verism.verdict.LITTLE", 2)
    monkeypatch.setattr("verism.verdict.CHANGED", 0)
    main(["mine.jpg", "theirs.jpg", *SMALL, *STEPS])
    said = capfd.readouterr().out
    assert "What may help: " in said
    assert "Milder" not in said


@pytest.mark.slow
def test_what_makes_a_picture_uneven_is_told_with_the_command_that_helps(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Other regions, and a canvas without gradients, are not what a preview can go on with."""
    photos = ["mine.jpg", "theirs.jpg", *SMALL]
    faults = tuple(fault._replace(limit=-1 if fault.metric == "drift" else math.inf) for fault in FAULTS)
    monkeypatch.setattr("verism.verdict.FAULTS", faults)
    for uneven, told in (
        (
            Uneven(None, (LEAVE_OUT, "[red]"), "…"),
            f"More even: verism run {shlex.join(photos)} --data.leave_out '[red]'",
        ),
        (Uneven(-2.0), f"{GRADIENT}. Without that: verism run {shlex.join(photos)} --model.canvas.gradient 0"),
    ):
        monkeypatch.setattr("verism.callbacks.metrics.cause", lambda *_, uneven=uneven: uneven)
        main([*photos, "--preview"])
        said = capfd.readouterr().out
        assert f"{told}\n" in said
        assert ("One colour of the photo" in said) == (uneven.without_gradients is None)
    # A picture with a name of its own is there already.
    main([*photos, *STEPS, "--output.path", "own.jpg"])
    assert (
        f"{shlex.join([*photos, *STEPS])} --model.canvas.gradient 0 --output.path own-2.jpg\n" in capfd.readouterr().out
    )


@pytest.mark.slow
def test_photos_that_share_little_are_told(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """On the page, too, and nothing else is said to the same effect."""
    monkeypatch.setattr("verism.verdict.LITTLE", 2)
    monkeypatch.setattr("verism.verdict.CHANGED", math.inf)
    monkeypatch.setattr("verism.likeness.PROBABLY", 1)
    monkeypatch.setattr("verism.likeness.ENOUGH", 2)
    main(["mine.jpg", "theirs.jpg", *SMALL, *STEPS])
    said = capfd.readouterr().out
    assert f"  {LITTLE_SHARED}\n" in said
    assert LITTLE_TO_GIVE not in said
    assert LITTLE_SHARED in unescape(Path("mine-theirs.html").read_text())
