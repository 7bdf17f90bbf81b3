"""The app in a real browser, from two photos to files, by the hands of a person; needs the extra ``app``."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import signal
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import numpy as np
import pytest
import torch
from conftest import shoot, synthetic_photo
from PIL import Image
from processes import Process, started
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.actions.wheel_input import ScrollOrigin
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism import images
from verism.look.strength import Strength

pytestmark = [pytest.mark.slow, pytest.mark.browser]

SERVE = Path(__file__).with_name("serve.py")

TIMEOUT_S = 120

PHONE = 360
"""Width of a phone's page, in CSS pixels."""

OVERFLOW = ".overflow-menu > button"
"""The button of the menu with the tabs for which there is no room."""

MOST_LINES = 150
"""Height that a command of a few lines has at the most, in CSS pixels."""

LAB_WORDS = re.compile(r"ΔE|\b(?:luma|checkpoint|lattice|loss|network|canvas|tensor|gradient|step)s?\b", re.IGNORECASE)
"""Words of those who made the program, which a photographer need not know."""

T = TypeVar("T")


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Process]:
    """The app, in a process of its own."""
    if find_spec("gradio") is None:
        reason = "needs the extra app: pip install '.[app]'"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    (tmp_path / "temporary").mkdir()
    paths = os.pathsep.join(filter(None, [str(SERVE.parents[1]), os.environ.get("PYTHONPATH")]))
    environment = {"PYTHONPATH": paths, "TMPDIR": str(tmp_path / "temporary"), "SIGNS": str(tmp_path)}
    # Without its folder, which has a conftest.py of its own.
    with started([[sys.executable, "-P", str(SERVE)]], tmp_path, [environment]) as (process,):
        process.says("Ctrl-C ends it")
        yield process


@pytest.fixture
def address(app: Process) -> str:
    """Where it is."""
    return app.said.partition("verism app: ")[2].partition(" (")[0]


class Person:
    """What a person does at the page."""

    def __init__(self, browser: Chrome) -> None:
        self.browser = browser

    def find(self, selector: str) -> WebElement:
        return self.wait(lambda: self.browser.find_element(By.CSS_SELECTOR, selector), selector)

    def click(self, selector: str) -> None:
        def clicked() -> bool:
            self.browser.find_element(By.CSS_SELECTOR, selector).click()
            return True

        self.wait(clicked, f"{selector} to be clicked")

    def tab(self, name: str) -> None:
        def chosen() -> bool:
            for tab in self.browser.find_elements(By.CSS_SELECTOR, "button[role=tab], .overflow-dropdown button"):
                if tab.is_displayed() and tab.text == name:
                    tab.click()
                    return True
            # On a phone, what there is no room for is in a menu.
            self.browser.find_element(By.CSS_SELECTOR, OVERFLOW).click()
            return False

        self.wait(chosen, f"the tab {name}")

    def give(self, name: str, path: Path) -> None:
        self.find(f"#{name} input[type=file]").send_keys(str(path))
        self.reads("#given", path.name)

    def reads(self, selector: str, text: str) -> str:
        def found() -> str | None:
            seen = self.browser.find_element(By.CSS_SELECTOR, selector).text
            return seen if text in seen else None

        return self.wait(found, f"{text!r} in {selector}")

    def slide(self, name: str, value: float) -> None:
        self.browser.execute_script(
            "const input = document.querySelector(arguments[0]); input.value = arguments[1];"
            "input.dispatchEvent(new Event('input', {bubbles: true}));",
            f"#{name} input[type=range]",
            value,
        )

    def command(self) -> str:
        return str(self.browser.execute_script("return document.querySelector('#command')?.textContent ?? ''"))

    def paint(self) -> None:
        canvas = self.find("#editor canvas")
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", canvas)
        time.sleep(0.5)
        hand = ActionChains(self.browser)
        hand.move_to_element(canvas).click_and_hold().move_by_offset(20, 10).move_by_offset(20, 10).release().perform()
        time.sleep(0.5)

    def undo(self, times: int) -> None:
        for _ in range(times):
            # Where it cannot be clicked by hand, too.
            button = self.find("#editor button[aria-label='Undo']")
            self.browser.execute_script("arguments[0].click()", button)
            time.sleep(0.5)

    def messages(self) -> list[str]:
        """What the page warns of, or informs about."""
        script = "return [...document.querySelectorAll('[data-testid=toast-text]')].map((it) => it.innerText)"
        found: list[str] = self.browser.execute_script(script)
        return found

    def pictures(self) -> list[Tensor]:
        """Before and after, as the page has them."""
        sources = [image.get_attribute("src") for image in self.browser.find_elements(By.CSS_SELECTOR, "#picture img")]
        return [decoded(str(source)) for source in sources]

    def wait(self, condition: Callable[[], T | None], what: str) -> T:
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            with suppress(WebDriverException, StopIteration):
                if found := condition():
                    return found
            time.sleep(0.2)
        pytest.fail(f"waited {TIMEOUT_S} s for {what}")


def decoded(address: str) -> Tensor:
    with urlopen(address) as answer:
        picture = np.asarray(Image.open(io.BytesIO(answer.read())).convert("RGB"))
    return torch.from_numpy(picture.copy()).permute(2, 0, 1).unsqueeze(0).float() / 255


def apart(image: Tensor, other: Tensor) -> float:
    """How far two pictures are apart, but for the grain, which a JPEG file does not keep."""
    return float((F.avg_pool2d(image, 8) - F.avg_pool2d(other, 8)).abs().mean())


def test_from_two_photos_to_files(app: Process, address: str, browser: Chrome, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for number, name in enumerate(("mine", "theirs", "other"), start=1):
        shoot(photos / f"{name}.png", synthetic_photo(48, 72, seed=number))
    (tmp_path / "bad.png").write_text("no photo")
    person = Person(browser)
    browser.get(address)
    nothing_empty_is_seen_and_nothing_said_twice(person, tmp_path / "bad.png")
    person.give("photo", photos / "mine.png")
    person.give("styles", photos / "theirs.png")
    the_preview_comes_by_itself_and_the_sliders_blend_it(person)
    the_sliders_hold_that_are_moved_during_a_run(person, tmp_path / "wait")
    another_method_makes_another_preview(person)
    of_changes_that_wait_only_the_last_makes_a_preview(person, tmp_path)
    regions_are_left_out_by_clicks(person, tmp_path / "wait")
    a_run_that_takes_too_long_is_stopped(person)
    files_are_saved(person)
    a_folder_is_graded(person, tmp_path / "holiday")
    a_folder_is_chosen(person, tmp_path / "holiday")
    the_easel_follows_the_photo(person, photos)
    nothing_is_cut_off(person, tmp_path)
    hints_are_in_one_line(person)
    names_are_readable(person, photos)
    nothing_was_asked_of_anybody_else(person)
    other_names_are_refused(address)
    app.receive(signal.SIGTERM)
    assert app.ends() == 128 + signal.SIGTERM
    assert list((tmp_path / "temporary").glob("verism-app-*")) == []


def nothing_empty_is_seen_and_nothing_said_twice(person: Person, bad: Path) -> None:
    """And what was said is gone when something else is done."""
    person.reads("#said", "Give your photo")
    for name in ("picture", "strength", "files", "mine", "result", "editor", "archive", "stop_folder"):
        assert not person.browser.find_elements(By.CSS_SELECTOR, f"#{name}"), name
    assert not person.find("#replace").is_displayed()
    for name in ("preview", "full", "stop"):
        assert not person.find(f"#{name}").is_enabled()
    person.find("#styles input[type=file]").send_keys(str(bad))
    person.wait(lambda: any("bad.png: not an image" in message for message in person.messages()), "what is wrong")
    time.sleep(1)
    assert len(person.messages()) == 1
    assert person.find("#caption").text == ""
    # It is not taken for a style, and goes with what is done next.
    assert not person.browser.find_elements(By.CSS_SELECTOR, "#styles .stem")


def choose(person: Person, method: str) -> None:
    person.click("#method input")
    person.click(f"[role=option][aria-label^='{method}']")


def of_changes_that_wait_only_the_last_makes_a_preview(person: Person, folder: Path) -> None:
    (folder / "fits").unlink()
    (folder / "wait").touch()
    person.click("#preview")
    person.wait((folder / "fits").exists, "a fit")
    for method in ("One lookup table", "Same scene", "Region by region"):
        choose(person, method)
        time.sleep(0.5)
    (folder / "wait").unlink()
    person.wait(lambda: not person.find("#stop").is_enabled(), "the end")
    # The first was under way.
    assert (folder / "fits").read_text().split() == ["photoreal", "photoreal"]


def another_method_makes_another_preview(person: Person) -> None:
    for name, config in (("One lookup table", "lut.yaml"), ("Region by region", "photoreal.yaml")):
        choose(person, name)
        person.wait(lambda config=config: config in person.command(), config)  # type: ignore[misc]
        person.wait(lambda: not person.find("#stop").is_enabled(), "the end")


def the_preview_comes_by_itself_and_the_sliders_blend_it(person: Person) -> None:
    person.reads("#said", "This is a preview")
    person.tab("Command line")
    person.wait(lambda: "--data.style theirs.png" in person.command(), "the command")
    before, full = person.pictures()
    assert apart(before, synthetic_photo(48, 72, seed=1)) < 0.01
    person.slide("strength", 0.5)
    person.slide("tone", 0)
    person.wait(lambda: "--output.strength 0.5 --output.tone 0" in person.command(), "the sliders in the command")
    expected = Strength(0.5, 1, 0)(before, full)
    assert apart(full, expected) > 0.02
    person.wait(lambda: apart(person.pictures()[1], expected) < 0.01, "the blend")
    # Taken back by the button beside it, a slider is at 1.
    person.click("#tone .reset-button")
    person.wait(lambda: "--output.tone" not in person.command(), "the tone in full")
    person.click("#strength .reset-button")
    person.wait(lambda: "--output.strength" not in person.command(), "the strength in full")
    person.wait(lambda: apart(person.pictures()[1], full) < 0.01, "the whole look")
    a_field_that_is_emptied_has_its_number_again(person)
    person.slide("strength", 0.5)
    person.wait(lambda: "--output.strength 0.5" in person.command(), "half of it")


def the_sliders_hold_that_are_moved_during_a_run(person: Person, wait: Path) -> None:
    person.slide("strength", 1)
    person.wait(lambda: "--output.strength" not in person.command(), "the strength in full")
    before, full = person.pictures()
    wait.touch()
    person.click("#preview")
    person.reads("#picture", "Reading the photos")
    person.slide("strength", 0.2)
    person.wait(lambda: "--output.strength 0.2" in person.command(), "the old picture at the new strength")
    wait.unlink()
    person.wait(lambda: not person.find("#stop").is_enabled(), "the end")
    expected = Strength(0.2)(before, full)
    assert apart(full, expected) > 0.02
    person.wait(lambda: apart(person.pictures()[1], expected) < 0.01, "the new picture at this strength")
    assert "--output.strength 0.2" in person.command()
    person.slide("strength", 0.5)
    person.wait(lambda: "--output.strength 0.5" in person.command(), "half of it")


def a_field_that_is_emptied_has_its_number_again(person: Person) -> None:
    """One with a number that is too large or too small has the bound; and what is typed is taken otherwise.

    It is said whether one goes on with Enter or elsewhere.
    """
    field = person.find("#strength input[type=number]")
    for typed, number in (
        ("", "1"),
        ("0.25", "0.25"),
        ("3", "1"),
        ("0,53", "0.53"),
        ("", "0.53"),
        ("-2", "0"),
        ("1", "1"),
    ):
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(Keys.BACKSPACE, typed)
        if typed == "3":
            field.send_keys(Keys.ENTER)
            person.reads("#strength .wanted", "3 is out of range (0 to 1): taken as 1.")
        person.browser.execute_script("arguments[0].blur()", field)
        assert field.get_attribute("value") == number, typed
        if typed == "":
            person.reads("#strength .wanted", f"No number was typed: it is still {number}.")
        if typed == "3":
            person.reads("#strength .wanted", "3 is out of range (0 to 1): taken as 1.")
        said = "" if number == "1" else f"--output.strength {number}"
        person.wait(lambda said=said: said in person.command(), "the number in the command")  # type: ignore[misc]
        time.sleep(1)
        assert person.messages() == []
    assert "--output.strength" not in person.command()
    field.send_keys("abc", Keys.ENTER)
    assert person.reads("#strength .wanted", "number") == "Type a number from 0 to 1."
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(Keys.BACKSPACE, "1")
    assert person.find("#strength .wanted").text == ""
    # It is gone with the next action, and not with the click that has it said.
    field.send_keys("7")
    person.tab("Regions")
    person.reads("#strength .wanted", "17 is out of range (0 to 1): taken as 1.")
    person.tab("Command line")
    person.wait(lambda: person.find("#strength .wanted").text == "", "nothing said any more")


def regions_are_left_out_by_clicks(person: Person, wait: Path) -> None:
    """And one sees beside the button what becomes of that."""
    person.tab("Regions")
    person.reads("#legend", "of your photo, with the look of")
    # In its middle; the photo is small, and a click beside it is none on a region.
    person.browser.execute_script("document.querySelector('#mine img').scrollIntoView({block: 'center'})")
    person.click("#mine img")
    person.find("#legend .chosen")
    person.click("#leave_out")
    person.reads("#legend", "with the look of the whole photo, as you chose")
    person.reads("#corrected", "does not show your last changes")
    person.reads("#lacking", "does not show your last changes")
    # Undone, and taken back; then all is reset, and that undone, too.
    for button, is_out in (("undo", False), ("leave_out", True), ("reset", False), ("undo", True)):
        if button == "leave_out":
            person.click("#mine img")
            person.find("#legend .chosen")
        person.click(f"#{button}")
        person.wait(lambda is_out=is_out: ("as you chose" in person.find("#legend").text) == is_out, button)  # type: ignore[misc]
    result = person.find("#result img").get_attribute("src")
    wait.touch()
    person.click("#again")
    person.reads("#corrected", "being worked in")
    person.reads("#result", "Reading the photos")
    person.reads("#said", "Above is still the previous picture.")
    bottom = "return document.querySelector('#result').getBoundingClientRect().bottom - innerHeight"
    person.wait(lambda: person.browser.execute_script(bottom) <= 5, "the result to come into view")
    wait.unlink()
    person.wait(lambda: person.find("#lacking").text == "", "nothing said beside the picture, either")
    person.wait(lambda: person.find("#corrected").text == "", "nothing said, as all is in the picture")
    person.wait(lambda: person.find("#result img").get_attribute("src") != result, "the result")
    person.reads("#said", "This is a preview")
    person.tab("Command line")
    person.wait(lambda: "--data.leave_out" in person.command(), "the region in the command")
    person.reads("#about_command", "is region 1.")
    it_is_compared_with_the_picture_before(person)
    # With nothing below it.
    assert person.find("#command").size["height"] < MOST_LINES


def it_is_compared_with_the_picture_before(person: Person) -> None:
    """That without the change of the regions; and what is newly clipped is marked, or said not to be there."""
    photo, after = person.pictures()
    person.click("#earlier input")
    person.reads("#picture", "Before and after you changed the regions")
    person.wait(lambda: apart(person.pictures()[0], photo) > 0, "another picture before")
    assert apart(person.pictures()[1], after) == 0
    person.click("#earlier input")
    person.wait(lambda: apart(person.pictures()[0], photo) == 0, "the photo before")
    person.click("#clipping input")
    person.reads("#clipped", "newly clipped")
    person.click("#clipping input")
    person.wait(lambda: person.find("#clipped").text == "", "nothing said of it")


def a_run_that_takes_too_long_is_stopped(person: Person) -> None:
    """What there was before stays."""
    person.click("#full")
    person.reads("#picture", "left")
    assert person.find("#stop").is_enabled()
    it_is_asked_before_the_page_is_left(person, is_so=True)
    # Whoever clicks sees that at once, and nothing can be asked for that would be lost.
    script = """document.querySelector("#stop").click();
        return [getComputedStyle(document.querySelector("#stop"), "::after").content,
                getComputedStyle(document.querySelector("#full")).pointerEvents]"""
    said, clicks = person.browser.execute_script(script)
    assert "Stopping" in said
    assert clicks == "none"
    person.reads("body", "Stopped.")
    person.wait(lambda: not person.find("#stop").is_enabled(), "nothing to be stopped")
    person.reads("#said", "Stopped. Above is still the previous picture.")
    assert "--data.leave_out" in person.command()
    assert len(person.pictures()) == 2
    assert person.find("#caption").text == "mine.png in the look of theirs.png: a preview, method Region by region"


def files_are_saved(person: Person) -> None:
    person.tab("Save")
    for _ in range(2):
        person.click("#save")
        person.find("#files [aria-label='mine-theirs-preview-strength-0.5.png']")
    person.click("#cube")
    person.find("#files [aria-label='mine-theirs-preview-strength-0.5.cube']")
    links = person.browser.find_elements(By.CSS_SELECTOR, "#files a[href]")
    # One gets a file by a click on its name.
    at_name = """
        const name = document.querySelector("#files .filename .stem");
        name.scrollIntoView({ block: "center" });
        const { x, y, height } = name.getBoundingClientRect();
        return document.elementFromPoint(x + 2, y + height / 2).closest("a")?.download;
    """
    assert person.browser.execute_script(at_name) == "mine-theirs-preview-strength-0.5.cube"
    # The newest first, and what was saved before not again.
    assert [Path(urlsplit(str(link.get_attribute("href"))).path).suffix for link in links][:2] == [".cube", ".png"]
    saved = {Path(urlsplit(str(link.get_attribute("href"))).path).suffix: link.get_attribute("href") for link in links}
    assert decoded(str(saved[".png"])).shape == (1, 3, 48, 72)
    with urlopen(str(saved[".cube"])) as answer:
        assert b"LUT_3D_SIZE 33" in answer.read()
    what_is_said_of_a_table_stays_with_it(person)


def what_is_said_of_a_table_stays_with_it(person: Person) -> None:
    """Also with other sliders, and another picture; the hint to save again does not."""
    said = (
        "strength-0.5.cube: the look of mine.png in the look of theirs.png: a preview, method Region by region; side by"
    )

    def is_all() -> bool:
        text = person.find("#note").text
        return said in text and "save again" not in text

    assert said in person.reads("#note", "save again")
    person.slide("strength", 0.4)
    person.wait(is_all, "what is said of the file alone")
    person.slide("strength", 0.5)
    person.wait(lambda: "--output.strength 0.5" in person.command(), "half of it")
    person.click("#preview")
    person.wait(is_all, "what is said of the file alone")
    person.wait(lambda: not person.find("#stop").is_enabled(), "the end")


WATCH = """
window.seen = [];
window.stops = new Set();
new MutationObserver(() => {
  window.clocks ||= [...document.querySelectorAll("[data-testid=status-tracker]")].some(
    (it) => it.innerText.includes("processing")
  );
  const report = document.querySelector("#report"), bar = report?.querySelector("[role=progressbar]");
  if (bar && report.offsetHeight > 60) window.seen.push(bar.ariaLabel);
  window.stops.add(["#stop", "#stop_folder"].map((it) => document.querySelector(it)?.disabled === false).join());
}).observe(document.body, { subtree: true, childList: true, attributes: true });
"""


def a_folder_is_graded(person: Person, folder: Path) -> None:
    """Without what verism made, and one sees how far it is."""
    for number in range(20):
        shoot(folder / f"{number:02}.png", synthetic_photo(300, 450, seed=number))
    images.write(folder / "00-theirs.png", synthetic_photo(48, 72, seed=1), {})
    person.tab("A folder")
    person.find("#folder textarea, #folder input").send_keys(str(folder))
    person.browser.execute_script(WATCH)
    person.click("#grade")
    said = person.reads("#report", "20 photos are in")
    assert "1 picture that verism made is left out." in said
    seen: list[str] = person.browser.execute_script("return window.seen")
    assert any(re.match(r"photo \d+ of 20, \d\d\.png, \d+ s left", label) for label in seen), seen
    assert person.browser.execute_script("return window.clocks") is False
    pictures = "return [...document.querySelectorAll('#results img')].length"
    person.wait(lambda: person.browser.execute_script(pictures) == 20, "a picture of each result")
    # Of which the heading covers nothing.
    heading, first = (person.find(f"#results {it}").rect for it in ("[data-testid=block-label]", ".thumbnail-item"))
    assert heading["y"] + heading["height"] <= first["y"]
    # Both can be clicked, wherever one looks for it.
    person.wait(lambda: not person.browser.find_elements(By.CSS_SELECTOR, "#stop_folder"), "no button to stop")
    stops: list[str] = person.browser.execute_script("return [...window.stops]")
    assert "true,true" in stops
    assert "false,true" not in stops
    graded = folder.with_name("holiday-graded")
    made = {f"{number:02}-theirs-preview-strength-0.5.png" for number in range(20)}
    assert {path.name for path in graded.iterdir() if path.is_file()} == made


def a_folder_is_chosen(person: Person, folder: Path) -> None:
    """Whose results are downloaded."""
    (folder / "notes.txt").write_text("no photo")
    person.find("input[webkitdirectory]").send_keys(str(folder))
    person.reads("#report", "1 picture that verism made is left out")
    wanted = [f"{number:02}.png" for number in range(20)]
    names = "return [...document.querySelectorAll('#others .filename')].map((it) => it.ariaLabel)"
    person.wait(lambda: person.browser.execute_script(names) == wanted, "the photos")
    person.click("#pack")
    person.reads("#report", "20 photos are in the .zip file")
    with urlopen(str(person.find("#archive a[href]").get_attribute("href"))) as answer:
        packed = zipfile.ZipFile(io.BytesIO(answer.read()))
    assert packed.namelist() == [f"{Path(name).stem}-theirs-preview-strength-0.5.png" for name in wanted]


def the_easel_follows_the_photo(person: Person, photos: Path) -> None:
    """It is gone with the old photo, and there again with the new one."""
    person.tab("Regions")
    person.browser.execute_script(
        "[...document.querySelectorAll('button')].find((it) => it.innerText.includes('Draw')).click()"
    )
    person.click("#begin")
    person.wait(lambda: person.find("#editor canvas").is_displayed(), "the easel")
    person.paint()
    person.click("#photo button[aria-label=Clear]")
    person.wait(lambda: not person.find("#editor").is_displayed(), "no easel")
    # The picture is still that of the photo that was taken away.
    assert person.find("#caption").text == "mine.png in the look of theirs.png: a preview, method Region by region"
    person.give("photo", photos / "other.png")
    person.reads("#caption", "other.png in the look of theirs.png")
    person.wait(lambda: person.find("#editor canvas").is_displayed(), "the easel")
    person.paint()
    # Neither the photo goes, nor does the one before come back.
    person.undo(4)
    one_button_makes_a_preview(person, "again")
    person.tab("Command line")
    assert "--data.content other.png" in person.command()
    # Made with the look of before.
    person.tab("A folder")
    person.reads("#report", "20 photos are in the .zip file")
    person.find("#archive a[href]")
    person.find("#results img")


def names_are_readable(person: Person, photos: Path) -> None:
    """Of files and of the method, at the width of a small laptop."""
    size = {"width": 1280, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    person.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    name = "IMG_20260714_183512_golden_hour.png"
    shoot(photos / name, synthetic_photo(48, 72, seed=4))
    person.click("#photo button[aria-label=Clear]")
    person.give("photo", photos / name)
    person.wait(lambda: person.find("#photo .stem").is_displayed(), "the name")
    assert not cut_off(person, "#photo .stem, #styles .stem")
    for method in ("Region", "One lookup", "Same scene"):
        choose(person, method)
        assert not cut_off(person, "#method input"), method


HINTS = """
return ["strength", "colour", "tone"].map((name) => {
  const block = document.querySelector(`#${name}`), hint = block.querySelector(".info-text"), range = new Range();
  range.selectNodeContents(hint);
  const words = range.getBoundingClientRect(), number = block.querySelector("input[type=number]");
  return [range.getClientRects().length, block.getBoundingClientRect().right - words.right,
    words.top - number.getBoundingClientRect().bottom];
});
"""
"""Lines of each slider's hint, and the room that is left beside it, and between it and the number above."""


def hints_are_in_one_line(person: Person) -> None:
    """And whole, also on a small laptop, where the page is as wide as the window."""
    for width in (PHONE, 760, 1100, 1280):
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        person.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        time.sleep(0.5)
        for lines, beside, above in person.browser.execute_script(HINTS):
            assert lines == 1, width
            assert beside >= 0, width
            assert above >= 0, width
        # Below what is asked for, rather than squeezed beside it.
        assert person.find("#picture").size["width"] > min(0.85 * width, 450), width
        assert person.find("main").size["width"] > 0.85 * width, width


TOO_WIDE = """
return [...document.querySelectorAll("main *")].filter((it) => it.getBoundingClientRect().right > arguments[0] + 1)
  .map((it) => `${it.tagName}#${it.id}.${it.className}`).slice(0, 8);
"""


def cut_off(person: Person, selector: str) -> bool:
    script = "return [...document.querySelectorAll(arguments[0])].some((it) => it.scrollWidth > it.clientWidth + 1)"
    return bool(person.browser.execute_script(script, selector))


def nothing_is_cut_off(person: Person, folder: Path) -> None:
    for width in (PHONE, 1400):
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        person.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        the_picture_comes_into_view(person)
        for tab in ("Save", "Regions", "A folder", "Command line"):
            person.tab(tab)
            person.browser.save_screenshot(str(folder / f"{width} {tab}.png"))
            if tab != "Command line":
                assert not LAB_WORDS.findall(person.find("main").text), tab
            wide = person.browser.execute_script("return document.documentElement.scrollWidth") > width
            if width == PHONE:
                assert not any(it.is_displayed() for it in person.browser.find_elements(By.CSS_SELECTOR, OVERFLOW))
                assert person.find("#tone .max_value").is_displayed()
                # One column, and not two that are squeezed side by side.
                for name in ("photo", *(("mine", "theirs") if tab == "Regions" else ())):
                    assert person.find(f"#{name}").size["width"] > 0.7 * width, name
                # Thumbnails beside each other, and sliders below each other, all of them whole.
                for thing in ("#given img", *(f"#{name}" for name in ("strength", "colour", "tone"))):
                    for seen in person.browser.find_elements(By.CSS_SELECTOR, thing):
                        assert seen.rect["x"] >= 0, thing
                        assert seen.rect["x"] + seen.rect["width"] <= width, thing
                        assert thing == "#given img" or seen.rect["width"] > 0.6 * width, thing
            assert not wide, (tab, person.browser.execute_script(TOO_WIDE, width))
            if tab == "Regions":
                what_is_painted_over_comes_into_view(person)


def what_is_painted_over_comes_into_view(person: Person) -> None:
    person.click("#begin")
    bottom = "return document.querySelector('#editor').getBoundingClientRect().bottom - innerHeight"
    person.wait(lambda: -450 < person.browser.execute_script(bottom) <= 5, "the editor to come into view")


def the_picture_comes_into_view(person: Person) -> None:
    """When it is being made, also on a phone, where it is below everything else."""
    person.browser.execute_script("window.scrollTo(0, 0)")
    person.click("#preview")
    top = "return document.querySelector('#picture').getBoundingClientRect().top"
    person.wait(lambda: -5 <= person.browser.execute_script(top) < 450, "the picture to come into view")
    person.wait(lambda: not person.find("#stop").is_enabled(), "the end")


def nothing_was_asked_of_anybody_else(person: Person) -> None:
    log: list[dict[str, Any]] = person.browser.get_log("performance")  # type: ignore[no-untyped-call]
    messages = (json.loads(entry["message"])["message"] for entry in log)
    urls = [it["params"]["request"]["url"] for it in messages if it["method"] == "Network.requestWillBeSent"]
    assert {urlsplit(url).hostname for url in urls if url.startswith(("http", "ws"))} == {"127.0.0.1"}
    said: list[dict[str, Any]] = person.browser.get_log("browser")  # type: ignore[no-untyped-call]
    assert [entry for entry in said if entry["level"] == "SEVERE"] == []
    assert not any("Method not implemented" in entry["message"] for entry in said)


def other_names_are_refused(address: str) -> None:
    """A name of somebody else's that points here would make that page and this one of the same origin."""
    with pytest.raises(HTTPError, match="400"):
        urlopen(Request(address, headers={"Host": "elsewhere.example"}))
    with urlopen(address) as answer:
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


def test_what_else_a_person_does(address: str, browser: Chrome, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for number, name in enumerate(("mine", "theirs", "other"), start=1):
        shoot(photos / f"{name}.png", synthetic_photo(300, 450, seed=number))
    # Of which a part is shown.
    (photos / "other.png").unlink()
    shoot(photos / "other.png", synthetic_photo(900, 1400, seed=3))
    person = Person(browser)
    browser.get(address)
    person.give("photo", photos / "other.png")
    person.give("styles", photos / "theirs.png")
    person.reads("#caption", "other.png in the look of theirs.png")
    nothing_lacks_a_name(person)
    person.wait(lambda: not person.find("#stop").is_enabled(), "the end")
    picture_and_sliders_share_the_screen(person)
    a_method_that_is_not_changed_makes_nothing(person, tmp_path / "fits")
    the_keyboard_does_as_the_mouse(person)
    the_full_view_is_dark(person)
    a_photo_that_is_dropped_takes_the_place_of_another(person, photos / "mine.png")
    undoing_ends_with_the_strokes(person)
    what_is_shown_is_saved_while_another_is_made(person)
    another_window_waits_and_can_be_stopped(person, address, photos)
    a_page_that_is_loaded_anew_ends_what_ran(person, address, photos)


def test_what_is_saved_is_downloaded_at_once(address: str, browser: Chrome, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for number, name in enumerate(("mine", "theirs"), start=1):
        shoot(photos / f"{name}.png", synthetic_photo(48, 72, seed=number))
    person = Person(browser)
    browser.get(address)
    person.give("photo", photos / "mine.png")
    person.give("styles", photos / "theirs.png")
    person.reads("#said", "This is a preview")
    saved = tmp_path / "downloads"
    for button, ending in (("save", ".png"), ("cube", ".cube")):
        person.click(f"#{button}")
        person.wait((saved / f"mine-theirs-preview{ending}").exists, f"the {ending} file")
    # What could not be written leaves nothing to be downloaded once more.
    (folder,) = (tmp_path / "temporary").rglob("session-*")
    folder.rename(tmp_path / "elsewhere")
    folder.write_text("no folder")
    person.click("#hald")
    person.wait(person.messages, "what is wrong")
    time.sleep(1)
    assert sorted(it.name for it in saved.iterdir()) == ["mine-theirs-preview.cube", "mine-theirs-preview.png"]


def test_a_picture_of_other_photos_is_dimmed_and_what_was_said_of_them_is_gone(
    address: str, browser: Chrome, tmp_path: Path
) -> None:
    photos = tmp_path / "photos"
    for number, name in enumerate(("mine", "theirs", "other"), start=1):
        shoot(photos / f"{name}.png", synthetic_photo(300, 450, seed=number))
    person = Person(browser)

    def opacity() -> float:
        return float(person.find("#picture img").value_of_css_property("opacity"))

    browser.get(address)
    person.give("photo", photos / "mine.png")
    person.give("styles", photos / "theirs.png")
    person.reads("#said", "This is a preview")
    person.wait(lambda: not person.find("#stop").is_enabled(), "the end")
    person.tab("Regions")
    # In its middle; a click that comes while the tab opens is none on it.
    person.click("#mine img")
    person.click("#leave_out")
    person.reads("#warned", "are for these photos")
    assert opacity() == 1
    person.click("#full")
    person.reads("#picture", "left")
    (tmp_path / "wait").touch()
    person.click("#photo button[aria-label=Clear]")
    # It goes with what is done next.
    person.wait(lambda: any("Final quality was stopped" in message for message in person.messages()), "what is lost")
    person.give("photo", photos / "other.png")
    person.reads("#said", "A preview of other.png is being made. Above is still the previous picture.")
    assert opacity() < 1
    assert person.find("#warned").text == ""
    (tmp_path / "wait").unlink()
    person.reads("#caption", "other.png")
    person.wait(lambda: opacity() == 1, "the picture undimmed")


def nothing_lacks_a_name(person: Person) -> None:
    """Gradio has no words for some."""
    names = person.browser.execute_script("return [...document.querySelectorAll('button')].map((it) => it.title)")
    assert [name for name in names if "common." in name] == []
    assert "Add photos" in names


DROP = """
const [selector, name, data] = arguments, bytes = Uint8Array.from(atob(data), (it) => it.charCodeAt(0));
const files = new DataTransfer();
files.items.add(new File([bytes], name, { type: "image/png" }));
const options = { bubbles: true, cancelable: true, dataTransfer: files };
return ["dragover", "drop"].map((it) => {
  const event = new DragEvent(it, options);
  document.querySelector(selector).dispatchEvent(event);
  return event.defaultPrevented;
});
"""


def a_photo_that_is_dropped_takes_the_place_of_another(person: Person, photo: Path) -> None:
    """Or is added to the styles; and beside them, the browser does not open it in place of the page."""

    def drop(selector: str, name: str) -> None:
        data = base64.b64encode(photo.read_bytes()).decode()
        assert person.browser.execute_script(DROP, selector, name, data) == [True, True]

    drop("#photo .stem", "mine.png")
    person.reads("#caption", "mine.png in the look of theirs.png")
    a_photo_that_is_chosen_does_so_too(person, photo)
    a_file_that_is_no_photo_is_not_listed_and_previews_go_on(person, photo.with_name("notes.jpg"))
    drop("#caption", "nothing.png")
    drop("#styles .stem", "more.png")
    person.reads("#caption", "mine.png in the look of theirs.png + more.png")


def a_photo_that_is_chosen_does_so_too(person: Person, photo: Path) -> None:
    """By a button, which has the browser ask for a file."""
    person.browser.execute_script(
        """document.querySelector("#another").addEventListener("click", (event) => {
            event.preventDefault();
            window.asked = 1;
        })"""
    )
    for name in ("other.png", "mine.png"):
        person.click("#replace")
        person.wait(lambda: person.browser.execute_script("return window.asked"), "the browser to ask for a photo")
        person.browser.execute_script("window.asked = 0")
        person.browser.find_element(By.ID, "another").send_keys(str(photo.with_name(name)))
        person.reads("#caption", f"{name} in the look of theirs.png")


def a_file_that_is_no_photo_is_not_listed_and_previews_go_on(person: Person, notes: Path) -> None:
    notes.write_text("no photo")
    data = base64.b64encode(notes.read_bytes()).decode()
    names = "return [...document.querySelectorAll(`#${arguments[0]} .filename`)].map((it) => it.ariaLabel)"
    for box, there in (("photo", "mine.png"), ("styles", "theirs.png")):
        person.browser.execute_script(DROP, f"#{box} .stem", notes.name, data)
        person.wait(lambda: any("notes.jpg: not an image" in it for it in person.messages()), "what is wrong")
        person.browser.execute_script(
            "document.querySelectorAll('[data-testid=toast-close]').forEach((button) => button.click())"
        )
        # Else it would be taken for what is said of the next.
        person.wait(lambda: person.messages() == [], "nothing said any more")
        person.wait(
            lambda box=box, there=there: person.browser.execute_script(names, box) == [there],  # type: ignore[misc]
            f"{there} alone",
        )
        person.wait(lambda: not person.find("#stop").is_enabled(), "the end")


def what_is_shown_is_saved_while_another_is_made(person: Person) -> None:
    person.wait(lambda: not person.find("#stop").is_enabled(), "the end")
    person.tab("Save")
    person.click("#full")
    person.reads("#picture", "left")
    person.click("#save")
    person.find("#files [aria-label='mine-theirs-more-preview.png']")
    assert person.find("#stop").is_enabled()


def another_window_waits_and_can_be_stopped(person: Person, address: str, photos: Path) -> None:
    """While the run of the first goes on."""
    first = person.browser.current_window_handle
    person.browser.switch_to.new_window("window")
    person.browser.get(address)
    person.give("photo", photos / "other.png")
    person.give("styles", photos / "theirs.png")
    person.reads("#picture", "Waiting for the other window")
    person.click("#stop")
    person.reads("body", "Stopped.")
    person.wait(lambda: not person.find("#stop").is_enabled(), "nothing to be stopped")
    person.browser.close()
    person.browser.switch_to.window(first)
    person.reads("#picture", "left")


def a_page_that_is_loaded_anew_ends_what_ran(person: Person, address: str, photos: Path) -> None:
    """The run would go on without an end, and hold up all others."""
    person.browser.get(address)
    person.reads("#said", "Give your photo")
    person.give("photo", photos / "other.png")
    person.give("styles", photos / "theirs.png")
    person.reads("#caption", "other.png in the look of theirs.png")


NOTICE = """
window.notice ||= Object.assign(document.createElement("p"), { textContent: "These are two scenes." });
if (arguments[0] === "append") document.querySelector("#noticed .prose").append(window.notice);
else window.notice.remove();
"""


def picture_and_sliders_share_the_screen(person: Person) -> None:
    """Of a small laptop, and of a phone, below the buttons; and what is wrong with the picture is beside it."""
    order = """const it = ["noticed", "picture", "clipped", "strength"].map((name) => document.getElementById(name));
        return it.slice(1).every((next, at) => it[at].compareDocumentPosition(next) & 4)"""
    assert person.browser.execute_script(order)
    script = """document.querySelector(arguments[0]).scrollIntoView();
        return document.querySelector('#tone').getBoundingClientRect().bottom - innerHeight"""
    before = person.browser.get_window_size()
    for size, top in (((1400, 900), "#head"), ((400, 850), "#picture")):
        person.browser.set_window_size(*size)
        for says in ("append", "remove"):
            # As of a method for one scene, of two.
            person.browser.execute_script(NOTICE, says)
            person.wait(lambda top=top: person.browser.execute_script(script, top) <= 0, f"the sliders at {size}")  # type: ignore[misc]
    person.browser.set_window_size(before["width"], before["height"])


def the_keyboard_does_as_the_mouse(person: Person) -> None:
    """The divider is moved, a region is chosen, and a list that was opened does not stay over the page."""
    divider = person.find("#picture [data-testid=slider]")

    def press(key: str) -> None:
        ActionChains(person.browser).send_keys(key).perform()

    person.browser.execute_script("arguments[0].scrollIntoView({block: 'center'}); arguments[0].focus()", divider)
    for key, value in ((Keys.HOME, "0"), (Keys.ARROW_RIGHT, "5"), (Keys.END, "100"), (Keys.ARROW_LEFT, "95")):
        press(key)
        person.wait(lambda value=value: divider.get_attribute("aria-valuenow") == value, f"{key!r}")  # type: ignore[misc]
    what_is_enlarged_is_taken_back(person)
    a_part_is_shown_pixel_by_pixel(person)
    person.tab("Save")
    for name in ("method", "ending"):
        person.click(f"#{name} input")
        person.find("[role=option]")
        press(Keys.TAB)
        person.wait(lambda: not person.browser.find_elements(By.CSS_SELECTOR, "[role=option]"), "the list closed")
    person.tab("Regions")
    person.browser.execute_script("arguments[0].focus()", person.find("#legend button"))
    for is_chosen in (True, False):
        press(Keys.ENTER)
        person.wait(
            lambda is_chosen=is_chosen: (  # type: ignore[misc]
                bool(person.browser.find_elements(By.CSS_SELECTOR, "#legend .chosen:focus")) == is_chosen
            ),
            "the region",
        )
        person.find("#legend button:focus")


def what_is_enlarged_is_taken_back(person: Person) -> None:
    """By a button that is there only then."""
    back = "#picture button[title='Back to the whole picture']"
    image = person.find("#picture img")
    assert not person.find(back).is_displayed()

    def enlarged() -> bool:
        # A picture that is loaded meanwhile is there as a whole.
        ActionChains(person.browser).scroll_from_origin(ScrollOrigin.from_element(image, -60, -40), 0, -100).perform()
        return person.find(back).is_displayed()

    person.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", image)
    person.wait(enlarged, "the button")
    person.click(back)
    person.wait(lambda: not person.find(back).is_displayed(), "the whole picture")


def a_part_is_shown_pixel_by_pixel(person: Person) -> None:
    """As far as there is room for it, and another by a click."""
    whole = [tuple(it.shape) for it in person.pictures()]
    person.click("#close input")
    person.reads("#picture", "at 100%")
    sizes = """return [...document.querySelectorAll("#picture img")].map(
        (it) => [it.naturalWidth - it.clientWidth, it.naturalHeight - it.clientHeight])"""
    person.wait(lambda: person.browser.execute_script(sizes) == [[0, 0], [0, 0]], "a part")
    first = person.find("#picture img").get_attribute("src")
    person.browser.execute_script("document.querySelector('#place img').scrollIntoView({block: 'center'})")
    image = person.find("#place img")
    ActionChains(person.browser).move_to_element_with_offset(image, 60, 40).click().perform()
    person.wait(lambda: person.find("#picture img").get_attribute("src") != first, "another part")
    # In the full view, too.
    toggles: list[Callable[[], None]] = [
        lambda: person.click("#picture button[aria-label*=ullscreen]"),
        lambda: ActionChains(person.browser).send_keys(Keys.ESCAPE).perform(),
    ]
    for toggle in toggles:
        room = person.browser.execute_script("return document.body.dataset.room")
        toggle()
        person.wait(
            lambda room=room: person.browser.execute_script("return document.body.dataset.room") != room,  # type: ignore[misc]
            "other room",
        )
        person.wait(lambda: person.browser.execute_script(sizes) == [[0, 0], [0, 0]], "as much as there is room for")
    person.click("#close input")
    person.wait(lambda: [tuple(it.shape) for it in person.pictures()] == whole, "the whole")
    person.wait(lambda: not person.browser.find_elements(By.CSS_SELECTOR, "#place img"), "no other picture")


def one_button_makes_a_preview(person: Person, name: str) -> None:
    """That which takes strokes, if there are any."""
    shown = {it: person.find(f"#{it}").is_displayed() for it in ("use", "again")}
    assert shown == {it: it == name for it in ("use", "again")}


def colour_is_spelled_as_on_the_page(person: Person) -> None:
    """By Gradio's editor, too."""
    person.find("#editor [aria-label=Colour]")
    script = "return [...document.querySelectorAll('#editor button')].map((it) => it.ariaLabel)"
    names = person.browser.execute_script(script)
    assert not [name for name in names if "color" in str(name).lower()]


def colours_have_numbers_and_let_the_photo_through(person: Person) -> None:
    """The last is for a region of one's own, which is chosen."""
    person.click("#editor [aria-label=Colour]")
    person.find("#editor .swatch button")
    script = """return [...document.querySelectorAll('#editor .swatch button')].map(
        (it) => getComputedStyle(it, '::after').content)"""
    numbers = person.browser.execute_script(script)
    assert person.find("#editor .swatch button").get_attribute("aria-label") == "Region 1"
    assert numbers == [f'"{number}"' for number in range(1, len(numbers) + 1)]
    person.reads("#palette", f"Number {len(numbers)} is a new region")
    person.click("#editor .swatch button:last-child")


def it_is_asked_before_the_page_is_left(person: Person, *, is_so: bool) -> None:
    """Corrections of the regions, or a run, would be lost."""
    script = """const event = new Event("beforeunload", { cancelable: true });
        window.dispatchEvent(event);
        return event.defaultPrevented;"""
    assert person.browser.execute_script(script) == is_so


def the_ground_is_that_of_the_page(person: Person) -> None:
    """That of the drawing, which Gradio leaves as the page was when it was opened; and scroll bars."""
    for scheme, is_dark in (("dark", True), ("light", False)):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        person.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

        def is_so(is_dark: bool = is_dark) -> bool:
            seen = Image.open(io.BytesIO(person.find("#editor canvas").screenshot_as_png)).convert("L")
            return all((seen.getpixel((x, seen.height - 4)) < 60) == is_dark for x in (4, seen.width - 5))  # type: ignore[operator]

        person.wait(is_so, f"a {scheme} ground")
        scheme_of_page = "return getComputedStyle(document.documentElement).colorScheme"
        assert (person.browser.execute_script(scheme_of_page) == "dark") == is_dark


def a_method_that_is_not_changed_makes_nothing(person: Person, fits: Path) -> None:
    """However its list is left: a picture in final quality would go, or the run that makes it be stopped."""
    before = fits.read_text()
    person.click("#full")
    person.reads("#picture", "left")
    for key in (None, Keys.TAB):
        person.click("#method input")
        person.find("[role=option]")
        if key is None:
            person.click("#head h1")
        else:
            person.find("#method input").send_keys(key)
        time.sleep(2)
        assert person.find("#stop").is_enabled()
        assert person.messages() == []
        assert person.find("body").get_attribute("data-changing") is None
    person.click("#stop")
    person.wait(lambda: not person.find("#stop").is_enabled(), "the end")
    assert fits.read_text() == f"{before}photoreal\n"


def the_full_view_is_dark(person: Person) -> None:
    """In a light page, too."""
    person.click("#picture button[aria-label*=ullscreen]")
    color = "return getComputedStyle(document.querySelector('#picture')).backgroundColor"
    person.wait(lambda: person.browser.execute_script(color) == "rgb(30, 30, 30)", "a dark ground")
    page = "document.documentElement"
    bars = f"return [innerWidth - {page}.clientWidth, innerHeight - {page}.clientHeight]"
    assert person.browser.execute_script(bars) == [0, 0]
    ActionChains(person.browser).send_keys(Keys.ESCAPE).perform()
    person.wait(lambda: person.browser.execute_script(color) != "rgb(30, 30, 30)", "the page")


def undoing_ends_with_the_strokes(person: Person) -> None:
    """The photo stays; if all is thrown away, it takes another begin."""

    def bare() -> bool:
        return bool(person.browser.execute_script("return 'unpainted' in document.body.dataset"))

    def drawing() -> bool:
        # A run that ends closes what was opened meanwhile.
        if person.browser.find_elements(By.CSS_SELECTOR, "#begin") and person.find("#begin").is_displayed():
            return True
        person.browser.execute_script(
            "[...document.querySelectorAll('button')].find((it) => it.innerText.includes('Draw')).click()"
        )
        time.sleep(1)
        return False

    person.wait(lambda: not person.find("#stop").is_enabled(), "the end of the run")
    person.tab("Regions")
    person.wait(drawing, "the tools to draw")
    person.click("#begin")
    person.wait(bare, "nothing painted")
    the_ground_is_that_of_the_page(person)
    colour_is_spelled_as_on_the_page(person)
    colours_have_numbers_and_let_the_photo_through(person)
    person.paint()
    assert not bare()
    person.reads("#warned", "What you are painting is lost")
    one_button_makes_a_preview(person, "use")
    # All but the first would remove the photo.
    person.undo(4)
    person.wait(bare, "nothing painted")
    one_button_makes_a_preview(person, "again")
    it_is_asked_before_the_page_is_left(person, is_so=False)
    # Undone by the page's button, too, as what was done last.
    person.paint()
    it_is_asked_before_the_page_is_left(person, is_so=True)
    person.click("#undo")
    person.wait(bare, "nothing painted")
    assert person.messages() == []
    person.paint()
    # Whoever clicks sees that at once.
    script = """document.querySelector("#use").click();
        return getComputedStyle(document.querySelector("#use"), "::after").content"""
    assert "Taking over" in person.browser.execute_script(script)
    one_button_makes_a_preview(person, "use")
    person.reads("#legend", "a region of your own")
    person.reads("#warned", "they come back with these")
    person.wait(lambda: person.find("#again").is_displayed(), "what was painted to be taken over")
    one_button_makes_a_preview(person, "again")
    it_is_asked_before_the_page_is_left(person, is_so=True)
    # It is in the picture after no other click.
    person.wait(lambda: not person.find("#stop").is_enabled() and person.find("#corrected").text == "", "the picture")
    person.tab("Command line")
    person.wait(lambda: "--data.content_mask regions.png" in person.command(), "the strokes in the command")
    person.tab("Regions")
    person.click("#editor button[aria-label='Clear canvas']")
    person.click("#begin")
    person.wait(bare, "nothing painted")
