"""``verism mine.jpg theirs.jpg``: a picture in one line."""

from __future__ import annotations

import html
import itertools
import os
import re
import shlex
import shutil
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import clips
import numpy as np
import pytest
import torch
from conftest import shoot, synthetic_photo
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from verism import checkpoint, images
from verism.backbone.weights import Weights
from verism.callbacks import Checkpoints, Page
from verism.cli import main
from verism.commands.finished_run import FinishedRun
from verism.commands.request import parse
from verism.errors import VerismError

SMALL = ("--data.size", "48", "--trainer.accelerator", "cpu", "--trainer.precision", "32-true")
STEPS = ("--trainer.max_steps", "2")
OTHERS = "; each picture has one, in the folder of its name"


@pytest.fixture(autouse=True)
def photos(three_photos: Path, tiny_weights: Weights, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with three photos, in which commands run; a line is due at every step."""
    monkeypatch.setattr("verism.lines.MOST", 0.0)
    monkeypatch.setattr("sys.argv", ["verism"])
    return three_photos


@pytest.mark.slow
def test_one_line_makes_a_picture_and_says_little(capfd: pytest.CaptureFixture[str]) -> None:
    main(["mine.jpg", "theirs.jpg", *SMALL, *STEPS])
    said, progress = capfd.readouterr()
    assert images.read(Path("mine-theirs.jpg")).shape == (1, 3, 48, 64)
    lines = said.splitlines()
    assert lines[0] == "mine.jpg in the look of theirs.jpg, tiny weights"
    assert lines[1] == "mine-theirs.jpg"
    assert [line.split(":")[0].strip() for line in lines[2:5]] == ["Shapes and edges", "Colours", "Look"]
    assert lines[-2] == "Look closer, in a browser: mine-theirs.html"
    assert lines[-1] == "Milder: verism render lightning_logs/mine-theirs --output.strength 0.6"
    assert [line.split(",")[0] for line in progress.splitlines()] == [
        *("Looking at the photos …", "50% done", "100% done"),
    ]
    for _ in range(2):
        main(lines[-1].split()[2:])
    # As for a picture that is made again.
    assert capfd.readouterr().out.splitlines() == [
        "Picture: mine-theirs-strength-0.6.jpg",
        "Picture: mine-theirs-strength-0.6-2.jpg (mine-theirs-strength-0.6.jpg was there already)",
    ]
    assert Path("mine-theirs-strength-0.6-2.jpg").read_bytes() == Path("mine-theirs-strength-0.6.jpg").read_bytes()
    # The same picture, from a checkpoint that says where its run is.
    main(["render", "lightning_logs/mine-theirs/checkpoints/last.ckpt"])
    assert Path("mine-theirs-2.jpg").read_bytes() == Path("mine-theirs.jpg").read_bytes()
    Path("lightning_logs/mine-theirs/config.yaml").unlink()
    with pytest.raises(SystemExit, match="2"):
        main(["render", "lightning_logs/mine-theirs"])
    assert "does not say where its picture is; name the new one: --output.path FILE." in capfd.readouterr().err


@pytest.mark.slow
def test_render_takes_a_folder_for_the_picture(capfd: pytest.CaptureFixture[str]) -> None:
    main(["mine.jpg", "theirs.jpg", *SMALL, *STEPS])
    render = ("render", "lightning_logs/mine-theirs", "--output.strength", "0.5")
    capfd.readouterr()
    main([*render, "--output.path", "a.b/milder/"])
    assert capfd.readouterr().out == "Picture: a.b/milder/mine-theirs-strength-0.5.jpg\n"
    first = Path("a.b/milder/mine-theirs-strength-0.5.jpg").read_bytes()
    main([*render[:2], "--output.path=a.b/milder"])
    main([*render, "--output.path", "a.b/milder"])
    assert {path.name for path in Path("a.b/milder").iterdir()} == {
        "mine-theirs-strength-0.5.jpg",
        "mine-theirs-strength-0.5-2.jpg",
        "mine-theirs.jpg",
    }
    main([*render[:2], "--output.color", "0.5", "--output.path", "a.b/milder/"])
    assert Path("a.b/milder/mine-theirs-colour-0.5.jpg").exists()
    shutil.copy("a.b/milder/mine-theirs.jpg", "a.b/milder/mine-theirs-strength-0.5.jpg")
    main([*render, "--output.path", "a.b/milder/", "--output.overwrite", "true"])
    assert Path("a.b/milder/mine-theirs-strength-0.5.jpg").read_bytes() == first
    assert not Path("mine-theirs-strength-0.5.jpg").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "place",
    [
        "verism.commands.options.PhotoFiles.setup",
        "verism.commands.fit.VerismCLI.photo_files",
        "verism.commands.preflight.check",
        "verism.module.StyleTransfer.on_fit_start",
    ],
)
def test_ctrl_c_before_the_first_step_says_one_sentence_and_leaves_nothing(
    place: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    def struck(*args: object, **options: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(place, struck)
    with pytest.raises(SystemExit) as caught:
        main(["mine.jpg", "theirs.jpg", *SMALL, *STEPS])
    assert caught.value.code == 130
    said = capfd.readouterr()
    begun, _, sentence = said.err.rpartition("verism: ")
    assert begun in ("", "Looking at the photos …\n")
    assert sentence == "Stopped before anything was made.\n"
    assert said.out in ("", "mine.jpg in the look of theirs.jpg, tiny weights\n")
    assert not caplog.text
    assert not list(Path().rglob("mine-theirs*"))


@pytest.mark.slow
@pytest.mark.parametrize("preview", [[], ["--preview"]])
def test_ctrl_c_says_in_one_sentence_what_there_is_and_how_it_goes_on(
    preview: list[str], capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    name = f"mine-theirs{'-preview' if preview else ''}"
    trouble = ("--trainer.callbacks+", "trouble.Interrupt", "--trainer.callbacks.after", "2")
    struck = ("--trainer.max_steps", "9", *trouble)
    with pytest.raises(SystemExit) as caught:
        main(["mine.jpg", "theirs.jpg", *preview, *SMALL, *struck])
    assert caught.value.code == 130
    said = capfd.readouterr()
    _, _, sentence = said.err.rpartition("verism: ")
    begun, _, command = sentence.partition("this goes on with it: verism ")
    assert begun == f"Stopped; {name}.jpg is the picture so far, and "
    assert said.out == "mine.jpg in the look of theirs.jpg, tiny weights\n"
    assert not caplog.text
    assert Path(f"{name}.jpg").is_file()
    options = shlex.split(command)
    assert options[-2:] == ["--ckpt_path", f"lightning_logs/{name}/checkpoints/last.ckpt"]
    main([word for word in options if word not in trouble])
    assert "with 22% made already" in capfd.readouterr().out
    # The picture so far makes room for the whole, and the run goes on in its folder; a preview's is its own.
    assert not list(Path().glob("mine-theirs*-2.jpg"))
    assert {folder.name for folder in Path("lightning_logs").iterdir()} == {name, "mine-theirs"}
    steps = [event.step for event in EventAccumulator("lightning_logs/mine-theirs").Reload().Scalars("loss/total")]
    assert steps == sorted(set(steps))
    assert steps[-1] == 8
    assert preview or steps[0] == 0
    assert checkpoint.read("lightning_logs/mine-theirs/checkpoints/last.ckpt")["global_step"] == 9


@pytest.fixture
def strike(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """What has Ctrl-C come in a step whose number is counted through all runs; the options stay as they are."""
    method = Checkpoints.on_before_optimizer_step

    def strike(at: int) -> None:
        steps = itertools.count(1)

        def counted(*args: Any) -> None:
            if next(steps) == at:
                os.kill(os.getpid(), signal.SIGINT)
            method(*args)

        monkeypatch.setattr(Checkpoints, "on_before_optimizer_step", counted)

    return strike


@pytest.mark.slow
def test_a_stopped_batch_goes_on_by_the_same_command(
    strike: Callable[[int], None], capfd: pytest.CaptureFixture[str]
) -> None:
    """Also where a finished batch has taken the first names, and after a second stop; other options begin anew."""
    shoot(Path("third.jpg"), synthetic_photo(48, 64, 8))
    command = ("mine.jpg", "other.png", "third.jpg", "theirs.jpg", *SMALL, "--trainer.max_steps", "4")
    main(command)
    first = {path: path.read_bytes() for path in Path().glob("*-theirs*") if path.is_file()}
    assert len(first) == 4
    capfd.readouterr()
    for at, done in ((6, "1 of 3 pictures is"), (1, "1 of 3 pictures is")):
        strike(at)
        with pytest.raises(SystemExit, match="130"):
            main(command)
        said, wrong = capfd.readouterr()
        left = "other-theirs-2.png is the picture so far"
        assert wrong.endswith(f"verism: Stopped; {done} done, {left}, and the same command does the rest.\n")
        assert Path("other-theirs-2.png").is_file()
        assert "goes on with it" not in wrong
    assert said.splitlines()[1] == "1 of 3 pictures is there already, and is kept."
    kept = Path("mine-theirs-2.jpg").stat().st_mtime_ns
    strike(0)
    main(command)
    said, progress = capfd.readouterr()
    assert said.splitlines()[1] == "1 of 3 pictures is there already, and is kept."
    assert re.findall(r"^picture (\d of \d): (\d+)% done", progress, re.MULTILINE) == [
        *(("1 of 2", part) for part in ("100",)),
        *(("2 of 2", part) for part in ("25", "50", "75", "100")),
    ]
    assert Path("mine-theirs-2.jpg").stat().st_mtime_ns == kept
    again = {path.with_stem(f"{path.stem}-2") for path in first}
    assert {path for path in Path().glob("*-theirs*") if path.is_file()} == {*first, *again}
    assert {path: path.read_bytes() for path in first} == first
    assert Path("other-theirs-2.png").read_bytes() == Path("other-theirs.png").read_bytes()
    # What was finished whole leaves no notes, and is made anew.
    assert not Path(".done").exists()
    main(command)
    assert "kept" not in capfd.readouterr().out
    assert Path("mine-theirs-3.jpg").is_file()


@pytest.mark.slow
def test_a_batch_names_its_own_page_where_earlier_runs_have_the_names(capfd: pytest.CaptureFixture[str]) -> None:
    command = ("mine.jpg", "other.png", "theirs.jpg", *SMALL, *STEPS, "--output.sheet", "false")
    main(command)
    capfd.readouterr()
    main([*command, "--output.path", "graded/"])
    link = "Look closer, in a browser: lightning_logs/graded-mine-theirs/result.html" + OTHERS
    assert capfd.readouterr().out.splitlines()[-1] == link


@pytest.mark.slow
def test_ctrl_c_after_the_last_step_ends_a_batch_after_that_picture(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """While the picture's page is made; after the last picture, there is nothing to stop."""
    shoot(Path("third.jpg"), synthetic_photo(48, 64, 8))
    command = ("mine.jpg", "other.png", "third.jpg", "theirs.jpg", *SMALL, *STEPS)
    method = Page.on_train_end
    pages = itertools.count(1)

    def struck(*args: Any) -> None:
        if next(pages) in (1, 3):
            os.kill(os.getpid(), signal.SIGINT)
        method(*args)

    monkeypatch.setattr(Page, "on_train_end", struck)
    with pytest.raises(SystemExit, match="130"):
        main(command)
    said, wrong = capfd.readouterr()
    assert said.splitlines()[1] == "mine-theirs.jpg"
    assert wrong.endswith("verism: Stopped; 1 of 3 pictures is done, and the same command does the rest.\n")
    assert "at the end of this step" not in wrong
    assert Path("lightning_logs/mine-theirs/result.html").is_file()
    assert not Path("other-theirs.png").exists()
    main(command)
    said, _ = capfd.readouterr()
    assert said.splitlines()[1] == "1 of 3 pictures is there already, and is kept."
    # The kept picture's page is not looked for: another run may have its name.
    assert said.splitlines()[-2:] == [
        "3 pictures are beside your photos.",
        f"Look closer, in a browser: lightning_logs/other-theirs/result.html{OTHERS}",
    ]
    assert not Path(".done").exists()


@pytest.mark.slow
def test_what_failed_in_a_batch_is_tried_again_by_the_same_command(capfd: pytest.CaptureFixture[str]) -> None:
    whole = Path("other.png").read_bytes()
    Path("other.png").write_bytes(whole[:3000])
    command = ("mine.jpg", "other.png", "theirs.jpg", *SMALL, *STEPS)
    with pytest.raises(SystemExit, match="1"):
        main(command)
    Path("other.png").write_bytes(whole)
    main([*command, "--output.strength", "0.5"])
    assert Path("mine-theirs-strength-0.5.jpg").is_file()
    assert "kept" not in capfd.readouterr().out
    main(command)
    assert "1 of 2 pictures is there already, and is kept." in capfd.readouterr().out
    assert Path("other-theirs.png").is_file()
    assert not Path("mine-theirs-2.jpg").exists()


@pytest.mark.slow
def test_a_second_picture_takes_a_new_name_and_keeps_the_format(capfd: pytest.CaptureFixture[str]) -> None:
    """As does the folder of its run, and what was there is said."""
    for _ in range(2):
        main(["run", "other.png", "theirs.jpg", *SMALL, *STEPS])
    assert Path("other-theirs.png").is_file()
    assert Path("other-theirs-2.png").is_file()
    told = [line for line in capfd.readouterr().out.splitlines() if line.startswith("other-theirs")]
    assert told == ["other-theirs.png", "other-theirs-2.png (other-theirs.png was there already)"]
    assert {path.name for path in Path("lightning_logs").iterdir()} == {"other-theirs", "other-theirs-2"}


@pytest.mark.slow
def test_a_picture_and_its_run_have_the_same_name(capfd: pytest.CaptureFixture[str]) -> None:
    """Also where an earlier picture was removed; where a picture of another folder has the name, the folder's leads."""
    command = ("mine.jpg", "theirs.jpg", *SMALL, *STEPS, "--page.write", "false")
    main([*command, "--output.strength", "0.6"])
    main(command)
    Path("mine-theirs.jpg").unlink()
    capfd.readouterr()
    main(command)
    assert "mine-theirs-2.jpg (lightning_logs/mine-theirs is an earlier run)\n" in capfd.readouterr().out
    main([*command, "--output.path", "elsewhere/"])
    assert "elsewhere/mine-theirs.jpg\n" in capfd.readouterr().out
    main([*command, "--output.path", "a.jpg"])
    runs = {folder.name: FinishedRun.read(folder).result.stem for folder in Path("lightning_logs").iterdir()}
    assert runs.pop("elsewhere-mine-theirs") == "mine-theirs"
    assert runs == {name: name for name in ("mine-theirs", "mine-theirs-2", "mine-theirs-strength-0.6", "a")}


@pytest.mark.slow
def test_a_command_that_is_refused_leaves_no_run_and_says_only_why(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Also if it is refused only when the photos have been compared, such as for the name of a region."""

    def refuse(*args: object) -> None:
        raise VerismError("--data.merge: no.")

    monkeypatch.setattr("verism.module.StyleTransfer.on_fit_start", refuse)
    with pytest.raises(SystemExit, match="2"):
        main(["mine.jpg", "theirs.jpg", *SMALL, *STEPS])
    assert capfd.readouterr().err.endswith("verism: --data.merge: no.\n")
    assert not caplog.text
    assert not list(Path("lightning_logs").glob("*"))
    for options in (["--data.merge", "[[pink, red]]"], ["--data.leave_out", "[pink]"], ["--data.keep", "[pink]"]):
        with pytest.raises(SystemExit, match="2"):
            main(["mine.jpg", "theirs.jpg", *SMALL, *STEPS, *options])
        said = capfd.readouterr().err
        assert said.startswith(f"verism: {options[0]}: pink is not the colour of a region; they are red, green, ")
        assert said.endswith("--regions.path regions.png shows which is where, and so does the page of a picture.\n")
        assert said.count("\n") == 1


@pytest.mark.slow
def test_several_photos_and_several_styles(capfd: pytest.CaptureFixture[str]) -> None:
    main(["mine.jpg", "other.png", "theirs.jpg", *SMALL, *STEPS])
    said, progress = capfd.readouterr()
    assert {path.name for path in Path().glob("*-theirs.*")} == {
        "mine-theirs.jpg",
        "other-theirs.png",
    }
    here = Path.cwd().name
    assert f"All on one sheet: {here}-theirs-sheet.jpg" in said
    assert said.splitlines()[0] == "2 pictures: 2 photos in the look of theirs.jpg"
    # Of each, where it is and its look; all else once.
    plain = [line for line in said.splitlines() if not line.startswith("  ")]
    assert plain[1:3] == ["mine-theirs.jpg", "other-theirs.png"]
    assert "Shapes and edges" not in said
    assert "Milder" not in said
    assert said.splitlines()[-2:] == [
        "2 pictures are beside your photos.",
        f"Look closer, in a browser: lightning_logs/mine-theirs/result.html{OTHERS}",
    ]
    assert all(Path(f"lightning_logs/{name}-theirs/result.html").is_file() for name in ("mine", "other"))
    assert not list(Path().glob("*.html"))
    assert re.findall(r"^picture (\d of \d): ", progress, re.MULTILINE) == ["1 of 2", "1 of 2", "2 of 2", "2 of 2"]
    sheet = images.read(Path(f"{here}-theirs-sheet.jpg"))
    assert sheet.shape[-1] > sheet.shape[-2] / 2
    main(["mine.jpg", "--styles", "theirs.jpg", "other.png", *SMALL, "--output.sheet", "false", *STEPS])
    assert not Path("mine-sheet.jpg").exists()
    assert Path("mine-other.jpg").is_file()
    assert Path("mine-theirs-2.jpg").is_file()


@pytest.mark.slow
def test_styles_with_weights_are_mixed_also_when_a_preview_becomes_whole(capfd: pytest.CaptureFixture[str]) -> None:
    mixed = ("mine.jpg", "theirs.jpg", "other.png", "--data.style_weights", "[2, 1]", *SMALL, *STEPS)
    main([*mixed, "--preview"])
    said = capfd.readouterr().out
    assert said.startswith("mine.jpg in the look of theirs.jpg + other.png")
    main(shlex.split(said.splitlines()[-1])[1:])
    assert Path("mine-theirs-other.jpg").exists()
    whole = FinishedRun.read(Path("lightning_logs/mine-theirs-other"))
    assert [style.name for style in whole.pair.styles] == ["theirs.jpg", "other.png"]
    main([*mixed, "--ckpt_path", "previews"])
    assert (
        "mine.jpg in the look of theirs.jpg + other.png, tiny weights, with 100% made already" in capfd.readouterr().out
    )


@pytest.mark.slow
def test_a_preview_is_small_and_the_full_run_goes_on_from_it(capfd: pytest.CaptureFixture[str]) -> None:
    images.write(Path("large.jpg"), synthetic_photo(900, 1500, 3), {})
    main(["large.jpg", "theirs.jpg", "--output.lut", "look.cube", "--regions.path", "parts.png", "--preview", *SMALL])
    said = capfd.readouterr().out
    assert "Regions: parts-preview.png; of the style: parts-preview-style.png" in said.replace(f"{Path.cwd()}/", "")
    assert Path("parts-preview.png").is_file()
    assert "Lookup table: look-preview.cube" in said.replace(f"{Path.cwd()}/", "")
    assert images.read(Path("large-theirs-preview.jpg")).shape == (1, 3, 600, 1000)
    assert "This is a preview" in said
    # What the figures say, here and on the page; those that nobody reads were left out.
    told = [line.strip() for line in said.splitlines() if line.startswith("  ")]
    page = html.unescape(Path("large-theirs-preview.html").read_text())
    assert len(told) >= 3
    assert all(sentence in page for sentence in told if not sentence.startswith(("Colours", "Shapes")))
    assert re.search(r"Colours: .+ΔE \d", page)
    assert re.search(r"Shapes and edges: [\d.]+% as in your photo", page)
    whole = re.search(r"This is a preview: .+<code>(.+)</code>", page)
    assert whole is not None
    assert "verism run large.jpg theirs.jpg " in whole[1]
    assert whole[1].endswith(" --ckpt_path previews")
    # The exact figures are on the page, and no units or names of the method in the terminal.
    assert not re.search(r"ΔE(?! [\d.]+, and about 2 is just visible)|CIEDE2000|loss", said)
    assert "brief: true" in Path("lightning_logs/large-theirs-preview/config.yaml").read_text()
    command = said.splitlines()[-1].split()[1:]
    main([*command, "--trainer.max_steps", "4"])
    assert images.read(Path("large-theirs.jpg")).shape == (1, 3, 900, 1500)
    assert "brief: true" in Path("lightning_logs/large-theirs/config.yaml").read_text()
    assert "This is a preview" not in Path("large-theirs.html").read_text()
    assert Path("look.cube").is_file()
    assert "100%" in capfd.readouterr().err


@pytest.mark.slow
def test_whatever_was_stopped_goes_on_by_the_command_that_was_printed_however_often(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def stopped(*words: str, after: int) -> tuple[str, list[str]]:
        trouble = ("--trainer.callbacks+", "trouble.Terminate", "--trainer.callbacks.after", str(after))
        with pytest.raises(SystemExit, match="143"):
            main([*words, *trouble])
        said = capfd.readouterr()
        return said.out.splitlines()[0], said.err.partition("this goes on with it: verism ")[2].split()

    main(["mine.jpg", "theirs.jpg", "--preview", *SMALL])
    whole = [*capfd.readouterr().out.splitlines()[-1].split()[1:], "--trainer.max_steps", "9"]
    title, first = stopped(*whole, after=4)
    assert title == "mine.jpg in the look of theirs.jpg, tiny weights, with 22% made already"
    left = Path("mine-theirs.jpg").read_bytes()
    title, second = stopped(*whole, after=6)
    assert "with 44% made already" in title
    assert Path("mine-theirs.jpg").read_bytes() != left
    for number, words in enumerate((first, second), 6):
        title, _ = stopped(*words, after=number + 1)
        assert f", with {number / 9:.0%} made already" in title
    main(["mine.jpg", "theirs.jpg", *SMALL, "--trainer.max_steps", "9", "--ckpt_path", "last"])
    assert {path.name for path in Path().glob("mine-theirs*.jpg")} == {"mine-theirs.jpg", "mine-theirs-preview.jpg"}
    assert {path.name for path in Path("lightning_logs").iterdir()} == {"mine-theirs", "mine-theirs-preview"}
    # What is finished is the user's, and is not replaced.
    main(whole)
    assert Path("mine-theirs-2.jpg").is_file()
    with pytest.raises(SystemExit, match="2"):
        main(first)
    assert "mine-theirs.jpg: exists already, and is finished: all 9 steps are made" in capfd.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("name", [(), ("--output.path", "mine.png")], ids=["its name", "a name of the user's"])
def test_the_same_command_again_tells_how_to_finish_what_was_stopped(
    name: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    """Until it is finished."""
    words = ["mine.jpg", "theirs.jpg", *SMALL, "--trainer.max_steps", "3", *name]
    Path("mine.png").unlink(missing_ok=True)
    with pytest.raises(SystemExit, match="143"):
        main([*words, "--trainer.callbacks+", "trouble.Terminate", "--trainer.callbacks.after", "1"])
    capfd.readouterr()

    def again() -> str:
        with suppress(SystemExit):
            main(words)
        return capfd.readouterr().out

    found = re.search(r"(\S+) is of a run that was stopped. To finish it: \S* ?verism (run .*)", again())
    assert found is not None
    assert found[1] == (name[-1] if name else "mine-theirs.jpg")
    main(shlex.split(found[2]))
    assert "was stopped" not in again()


@pytest.mark.slow
def test_output_size_is_that_of_the_long_side() -> None:
    main(["mine.jpg", "theirs.jpg", *SMALL, *STEPS, "--output.size", "48"])
    assert images.read(Path("mine-theirs.jpg")).shape == (1, 3, 36, 48)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["run"], "run: which photos?"),
        (["mine.jpg"], "mine.jpg: the look comes from another photo, which is missing: verism mine.jpg theirs.jpg"),
        (["mine.jpg", "nowhere.jpg"], "nowhere.jpg: no such photo."),
        (["mien.jpg", "theirs.jpg"], "mien.jpg: no such photo; did you mean mine.jpg?"),
        (["clip.mp4", "theirs.jpg"], "clip.mp4: no such clip."),
        (["notes.txt", "theirs.jpg"], "notes.txt: not an image"),
        (["mine.jpg", "--styles", "other.png", "notes.txt"], "notes.txt: not an image"),
        (["*.gif", "theirs.jpg"], "*.gif: matches no photo"),
        (["the*.jpg", "theirs.jpg"], "the*.jpg: has no photo but the style"),
        (
            ["mine.jpg", "other.png", "theirs.jpg", "--output.path", "a.jpg"],
            "--output.path: is one file, and 2 pictures",
        ),
        (["mine.jpg", "other.png", "theirs.jpg", "--output.sheet", "no"], "--output.sheet no: must be true or false."),
        (["mine.jpg", "theirs.jpg", "--output.strenth", "1"], "did you mean --output.strength?"),
        (["mine.jpg", "theirs.jpg", "--output.size", "3"], "--output.size 3: must be at least"),
        # Of two pictures, the one that could have it is not made either.
        (["other.png", "mine.jpg", "theirs.jpg", "--output.depth", "16"], "16: mine-theirs.jpg would have to be PNG"),
    ],
)
def test_mistakes(
    args: list[str], message: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Are said in one sentence, and nothing before it."""
    Path("notes.txt").write_text("no photo")
    with pytest.raises(SystemExit, match="2"):
        main(args)
    (sentence,) = capsys.readouterr().err.splitlines()
    assert message in sentence
    assert not caplog.messages
    assert not Path("lightning_logs").exists()


def test_a_damaged_photo_is_all_that_is_said(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """It begins as a photo, so that the weights are loaded before it is found out."""
    caplog.set_level("INFO")
    Path("other.png").write_bytes(Path("other.png").read_bytes()[:3000])
    with pytest.raises(SystemExit, match="2"):
        main(["other.png", "theirs.jpg", *SMALL])
    (sentence,) = capsys.readouterr().err.splitlines()
    assert "other.png: cannot be read as an image" in sentence
    assert not caplog.messages


@pytest.mark.slow
def test_messages_that_were_held_back_are_said_when_a_run_fails(caplog: pytest.LogCaptureFixture) -> None:
    trouble = ("--trainer.callbacks+", "trouble.Shortage", "--trainer.callbacks.after", "3")
    with pytest.raises(SystemExit, match="1"):
        main(["mine.jpg", "theirs.jpg", *SMALL, "--trainer.max_steps", "6", *trouble])
    assert "To go on from step 3: verism run mine.jpg theirs.jpg" in caplog.text


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["run", "--help"])
    assert "mine-theirs.jpg" in capsys.readouterr().out


@pytest.mark.slow
def test_a_batch_goes_on_without_a_photo_that_cannot_be_read(capfd: pytest.CaptureFixture[str]) -> None:
    """The sheet has the others, and what has failed is said at the end."""
    shutil.copy("theirs.jpg", "copy.jpg")
    shoot(Path("third.jpg"), synthetic_photo(48, 64, 8))
    Path("other.png").write_bytes(Path("other.png").read_bytes()[:3000])
    with pytest.raises(SystemExit, match="1"):
        main(["copy.jpg", "mine.jpg", "other.png", "third.jpg", "theirs.jpg", *SMALL, *STEPS])
    said, wrong = capfd.readouterr()
    assert said.splitlines()[:2] == [
        "copy.jpg is the same photo as the style theirs.jpg, and is left out.",
        "3 pictures: 3 photos in the look of theirs.jpg",
    ]
    last = wrong.splitlines()[-1]
    assert last.startswith("verism: 1 of 3 pictures could not be made: ")
    assert "other.png: cannot be read as an image" in last
    assert Path("third-theirs.jpg").is_file()
    assert f"All on one sheet: {Path.cwd().name}-theirs-sheet.jpg" in said
    assert "2 pictures are beside your photos" in said


@pytest.mark.slow
def test_a_batch_ends_with_a_mistake_that_is_of_all_pictures(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["mine.jpg", "other.png", "theirs.jpg", *SMALL, "--output.size", "3"])
    assert capfd.readouterr().err == "verism: --output.size 3: must be at least 32 pixels.\n"


@pytest.mark.slow
def test_a_preview_in_a_folder_becomes_the_whole_picture_there(capfd: pytest.CaptureFixture[str]) -> None:
    main(["mine.jpg", "theirs.jpg", *SMALL, "--preview", "--output.path", "graded/"])
    said, _ = capfd.readouterr()
    assert Path("graded/mine-theirs-preview.jpg").is_file()
    words = shlex.split(said.splitlines()[-1])
    main(words[1:])
    assert Path("graded/mine-theirs.jpg").is_file()


@pytest.mark.slow
def test_one_command_goes_on_from_all_previews_and_again_does_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """Also where two photos have one name, and where a photo is new."""
    for folder, seed in (("a", 5), ("b", 6)):
        shoot(Path(folder, "mine.jpg"), synthetic_photo(48, 64, seed))
    main(["a/mine.jpg", "b/mine.jpg", "theirs.jpg", *SMALL, "--preview"])
    said, _ = capfd.readouterr()
    assert said.count("verism run ") == 1
    command = shlex.split(said.splitlines()[-1])[1:]
    assert command == ["run", "a/mine.jpg", "b/mine.jpg", "theirs.jpg", *SMALL, "--ckpt_path", "previews"]
    main([*command[:2], "other.png", *command[2:], "--trainer.max_steps", "5"])
    said, progress = capfd.readouterr()
    assert "other.png has no preview in theirs.jpg, and begins anew" in said
    assert re.findall(r"^picture (\d) of 3: (\d+)% done", progress, re.MULTILINE) == [
        *(("1", part) for part in ("60", "80", "100")),
        *(("2", part) for part in ("20", "40", "60", "80", "100")),
        *(("3", part) for part in ("60", "80", "100")),
    ]
    pictures = [Path("a/mine-theirs.jpg"), Path("b/mine-theirs.jpg")]
    made = [picture.stat().st_mtime_ns for picture in pictures]
    assert pictures[0].read_bytes() != pictures[1].read_bytes()
    main([*command, "--trainer.max_steps", "5"])
    assert [line for line in capfd.readouterr().out.splitlines() if line.endswith("is there already")] == [
        f"{picture} is there already" for picture in pictures
    ]
    assert [picture.stat().st_mtime_ns for picture in pictures] == made


@pytest.mark.slow
def test_a_folder_in_the_last_place_is_announced(capfd: pytest.CaptureFixture[str]) -> None:
    shoot(Path("holiday/a.jpg"), synthetic_photo(48, 64, 7))
    main(["mine.jpg", "holiday", *SMALL, *STEPS])
    first = capfd.readouterr().out.splitlines()[0]
    assert first.startswith("holiday comes last, and so its photos are the styles. For the look of mine.jpg on them: ")
    assert first.endswith(": verism holiday mine.jpg")
    main(["holiday", "mine.jpg", *SMALL, *STEPS])
    assert "comes last" not in capfd.readouterr().out


def test_sizes_are_only_ever_reduced() -> None:
    from verism.look.picture import at_most  # noqa: PLC0415
    from verism.photo_file import Photo  # noqa: PLC0415

    photo = Photo(torch.rand(1, 3, 30, 60), torch.rand(1, 1, 30, 60))
    assert at_most(photo, None) is at_most(photo, 60) is at_most(photo, 90) is photo
    small = at_most(photo, 40)
    assert small.pixels.shape[-2:] == (20, 40)
    assert small.alpha is not None
    assert small.alpha.shape[-2:] == (20, 40)


@pytest.mark.slow
def test_a_clip_takes_the_look_of_its_frames(capfd: pytest.CaptureFixture[str]) -> None:
    """One look for all of it, which is that of the run, and which predict gives to others."""
    parts = [synthetic_photo(48, 64, seed)[0].permute(1, 2, 0).numpy() for seed in (3, 4)]
    clips.write(Path("clip.mp4"), [clips.yuv(part) for part in parts for _ in range(15)], "yuv420p", codec="libx264")
    main(["clip.mp4", "theirs.jpg", *SMALL, *STEPS, "--output.strength", "0.8"])
    said, _ = capfd.readouterr()
    assert said.splitlines()[0] == "clip.mp4 in the look of theirs.jpg, tiny weights"
    assert said.splitlines()[-2:] == [
        "clip-theirs-strength-0.8.mp4",
        "  One look for the whole clip, fitted to the frames in clip-theirs-strength-0.8-frames.png",
    ]
    assert images.read(Path("clip-theirs-strength-0.8-frames.png")).shape == (1, 3, 144, 192)
    before, after = clips.read(Path("clip.mp4")), clips.read(Path("clip-theirs-strength-0.8.mp4"))
    assert before[1] == after[1]
    assert np.abs(before[0][0][0] - after[0][0][0]).mean() > 2
    main(
        [
            *(
                "predict",
                "--ckpt_path",
                "lightning_logs/clip-theirs-strength-0.8",
                "--data.photos",
                "clip.mp4",
                "--output.dir",
                "graded",
            ),
            *("--output.strength", "0.8"),
        ]
    )
    again = clips.read(Path("graded/clip.mp4"))
    assert all(np.abs(one[0] - two[0]).max() <= 2 for one, two in zip(again[0], after[0], strict=True))
    main(["clip.mp4", "theirs.jpg", *SMALL, *STEPS])
    assert Path("clip-theirs.mp4").is_file()
    for option in (["--preview"], ["--output.path", "other.mp4"]):
        with pytest.raises(VerismError, match=rf"clip\.mp4: {option[0]} is for photos"):
            parse(["clip.mp4", "theirs.jpg", *option])
    with pytest.raises(VerismError, match=r"clip\.mp4: --data.keep is for photos, and a clip has one look all over"):
        parse(["clip.mp4", "theirs.jpg", "--data.keep", "[red]"])


@pytest.mark.slow
def test_a_stopped_clip_names_a_command_that_goes_on_with_its_look(capfd: pytest.CaptureFixture[str]) -> None:
    photo = synthetic_photo(48, 64, 3)[0].permute(1, 2, 0).numpy()
    clips.write(Path("clip.mp4"), [clips.yuv(photo)] * 9, "yuv420p", codec="libx264")
    trouble = ("--trainer.callbacks+", "trouble.Terminate", "--trainer.callbacks.after", "1")
    with pytest.raises(SystemExit, match="143"):
        main(["clip.mp4", "theirs.jpg", *SMALL, *STEPS, *trouble])
    said, _, command = capfd.readouterr().err.partition(", and this goes on with it: verism ")
    assert said.endswith("verism: Stopped; the look so far is kept")
    main(command.split())
    frames = "lightning_logs/clip-theirs-frames-theirs"
    main(["predict", "--ckpt_path", frames, "--data.photos", "clip.mp4", "--output.dir", "graded"])
    assert Path("graded/clip.mp4").is_file()
