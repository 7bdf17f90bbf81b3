"""The page of a run: whole, harmless whatever names and options hold, and right in a real browser."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import synthetic_photo
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait
from torch import Tensor

from verism.likeness import ONE_GRADE
from verism.look.strength import Strength
from verism.page import charts
from verism.page.result import Contents, html, label_image, region_list, rest
from verism.regions.regions import Regions

SCRIPT = "</script><script>alert(1)</script>"


def contents(**changes: Any) -> Contents:
    """A page with all of its parts: a photo, a far more colourful result, and two regions."""
    photo, result = synthetic_photo(80, 120, 1), synthetic_photo(80, 120, 5)
    result = (0.5 + 2.2 * (result - 0.5)).clamp(0, 1)
    masks = torch.zeros(1, 2, 40, 60)
    masks[:, 0, :, :30] = 1
    masks[:, 1, :, 30:] = 1
    given: dict[str, Any] = {
        "title": "mine in the look of theirs",
        "photo": photo,
        "result": result,
        "styles": [synthetic_photo(60, 40, 3)],
        "strength": Strength(),
        "command": "verism render lightning_logs/mine-theirs --output.path mine-2.jpg",
        "compared": (synthetic_photo(40, 60, 1), synthetic_photo(40, 60, 3)),
        "regions": Regions(("#e6194b", "#3cb44b"), masks, masks.clone(), torch.tensor([0.8, 0.0])),
        "losses": {"total": [3.0, 2.0, 1.5], "style": [1.0, 0.5, 0.4]},
        "sentences": ["Look: no nearer to the style's."],
        "config": "model: {}",
        "table": ("look.cube", b"LUT_3D_SIZE 33"),
    }
    return Contents(**(given | changes))


def test_holds_all_that_it_shows() -> None:
    page = html(contents()).decode()
    assert not re.search(r"""(src|href)="(?!data:)|url\(|@import|https?://""", page.replace("http-equiv", ""))
    assert "Look: no nearer to the style&#39;s." in page
    assert 'download="look.cube"' in page


def test_a_unit_is_explained_where_it_stands() -> None:
    explained = "ΔE is a difference between two colours"
    assert explained in html(contents(sentences=["Drift ΔE 8.1: uneven."])).decode()
    assert explained not in html(contents()).decode()


def test_what_few_look_at_is_folded_away() -> None:
    page = html(contents()).decode()
    for part in ("Losses over the steps", "model: {}"):
        before = page.partition(part)[0]
        assert before.count("<details>") == before.count("</details>") + 1


def test_a_part_that_the_photo_hardly_has_is_not_listed() -> None:
    """The others keep their numbers, by which they are found in the picture of labels."""
    masks = torch.zeros(1, 3, 20, 20)
    masks[:, 1] = 1
    masks[:, :2, 0, 0] = torch.tensor([1.0, 0.0])
    masks[:, 1:, 10:] = torch.tensor([0.0, 1.0]).view(2, 1, 1)
    regions = Regions(("#e6194b", "#3cb44b", "#4363d8"), masks, masks.clone(), torch.ones(3))
    assert [(part["number"], part["name"]) for part in region_list(regions)] == [(2, "green"), (3, "#4363d8")]
    assert rest(regions) == ""


def test_a_part_of_the_style_that_is_nowhere_the_most_is_not_said_to_be_nothing() -> None:
    own = torch.tensor([1.0, 0.0]).view(1, 2, 1, 1).expand(1, 2, 9, 9)
    other = torch.tensor([0.4, 0.6]).view(1, 2, 1, 1).expand(1, 2, 9, 9)
    page = html(contents(regions=Regions(("#e6194b", "#3cb44b"), own, other, torch.ones(2)))).decode()
    assert "100% of your photo, less than 1% of the style, 100% sure" in page


def test_shares_are_those_that_are_seen_and_the_rest_of_the_style_is_explained() -> None:
    """The first has a third of everything; half of the style is of a region that the photo lacks."""
    mine, theirs = torch.zeros(2, 1, 3, 20, 20)
    mine[:, 0], mine[:, 1] = 1 / 3, 2 / 3
    theirs[:, 1, :10], theirs[:, 2, 10:] = 1, 1
    regions = Regions(("#e6194b", "#3cb44b", "#4363d8"), mine, theirs, torch.ones(3))
    assert [(part["share"], part["style_share"]) for part in region_list(regions)] == [(1.0, 0.5)]
    assert rest(regions) == "No part takes its look from the other 50% of the style."
    assert rest(regions) in html(contents(regions=regions)).decode()


def test_what_is_kept_takes_its_look_from_nowhere() -> None:
    masks = torch.zeros(1, 2, 20, 20)
    masks[:, 0, :5], masks[:, 1, 5:] = 1, 1
    regions = Regions(("#e6194b", "#3cb44b"), masks, masks.clone(), torch.ones(2)).keep(["red"])
    page = html(contents(regions=regions)).decode()
    assert "red: 25% of your photo, 25% of the style, kept as it is" in page
    assert "green: 75% of your photo, 75% of the style, 100% sure" in page
    assert rest(regions) == "No part takes its look from the other 25% of the style."


def test_a_style_without_any_match_has_no_other_hundred_percent() -> None:
    mine, theirs = torch.zeros(2, 1, 2, 20, 20)
    mine[:, 0], theirs[:, 1] = 1, 1
    regions = Regions(("#e6194b", "#3cb44b"), mine, theirs, torch.ones(2))
    assert rest(regions) == "Hardly anything in the style matches a part of your photo."


def test_of_photos_of_one_scene_only_that_is_said() -> None:
    page = html(contents(regions=None, scene=ONE_GRADE)).decode()
    assert ONE_GRADE in page
    assert 'class="region"' not in page


def test_names_and_options_are_no_code() -> None:
    page = html(contents(title=SCRIPT, config=SCRIPT, command=SCRIPT, sentences=[SCRIPT])).decode()
    assert page.count("<script") == 2
    assert page.count("</script>") == 2
    data = re.search(r'<script id="data" type="application/json">(.*?)</script>', page)
    assert data is not None
    assert json.loads(data[1])["command"] == SCRIPT
    assert unescape(page).count(f"<h1>{SCRIPT}</h1>") == 1


def test_a_name_that_is_not_unicode() -> None:
    assert b"photo\\udcff" in html(contents(title="photo\udcff"))


def test_without_what_a_run_need_not_have() -> None:
    page = html(contents(regions=None, losses={}, sentences=(), config="", table=None)).decode()
    assert not re.search("For the curious|<details|The figures|ΔE|lookup table|Which part takes its look", page)


def test_labels_count_from_one_and_zero_is_no_region() -> None:
    from base64 import b64decode  # noqa: PLC0415
    from io import BytesIO  # noqa: PLC0415

    from PIL import Image  # noqa: PLC0415

    masks = torch.tensor([[[[1.0, 0.2, 0.0]], [[0.0, 0.7, 0.0]]]])
    image = Image.open(BytesIO(b64decode(label_image(masks).partition(",")[2])))
    assert np.asarray(image).tolist() == [[1, 2, 0]]


def test_histograms_are_on_the_same_axes() -> None:
    """A photo of two levels, half of it each, reaches the top; one of four levels half of that."""
    two, four = torch.zeros(1, 3, 1, 4), torch.zeros(1, 3, 1, 4)
    two[..., :2], two[..., 2:] = 50 / 255, 100 / 255
    four[:] = torch.tensor([10, 20, 30, 40]) / 255
    paths = charts.histograms({"two": two, "four": four})
    assert "50,0.0" in paths["two"]["red"].split(" L")
    assert "10,50.0" in paths["four"]["red"].split(" L")
    assert "11,100.0" in paths["four"]["red"].split(" L")


def test_losses_are_on_the_same_axes() -> None:
    lines, end = charts.losses({"total": [4.0, 2.0, 1.0], "style": [2.0, 1.0, 0.0]}, first=10)
    assert lines["total"] == "M0.00,0.00 L128.00,50.00 L256.00,75.00"
    assert lines["style"] == "M0.00,50.00 L128.00,75.00 L256.00,100.00"
    assert end == (12, 4.0)


READ = """
const image = document.getElementById(arguments[0]);
const [width, height] = [image.naturalWidth || image.width, image.naturalHeight || image.height];
const context = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
context.drawImage(image, 0, 0, width, height);
return [...context.getImageData(0, 0, width, height).data];
"""

SET = """
for (const [name, value] of Object.entries(arguments[0])) {
  const input = document.getElementById(name);
  input.value = value;
  input.dispatchEvent(new Event("input"));
}
"""


def pixels(browser: Chrome, name: str) -> Tensor:
    """An element's picture, ``(1, 3, H, W)`` in [0, 1]."""
    flat = torch.tensor(browser.execute_script(READ, name), dtype=torch.float32)
    return (flat.view(80, 120, 4)[..., :3] / 255).permute(2, 0, 1).unsqueeze(0).contiguous()


def wait(browser: Chrome, condition: str, *args: object) -> None:
    WebDriverWait(browser, 60).until(lambda _: browser.execute_script(f"return {condition}", *args))


DRAWN = "document.getElementById('seen').dataset.drawn === arguments[0]"


def errors(browser: Chrome) -> list[str]:
    return [entry["message"] for entry in browser.get_log("browser")]  # type: ignore[no-untyped-call]


@pytest.mark.slow
@pytest.mark.browser
def test_in_a_browser(tmp_path: Path, browser: Chrome) -> None:
    path = tmp_path / "a result.html"
    path.write_bytes(html(contents(title=SCRIPT)))
    browser.get(path.as_uri())
    wait(browser, DRAWN, "1 1 1")

    # What is there already needs no command.
    command = browser.find_element(By.ID, "command")
    assert not command.is_displayed()
    assert "picture as it is" in browser.find_element(By.ID, "about").text

    # The sliders blend as --output.strength, .color and .tone do, and the command says so.
    photo, result = pixels(browser, "photo"), pixels(browser, "result")
    for strength in (Strength(0.6), Strength(1, 0.3), Strength(1, 1, 0.2), Strength(0.75, 0, 0.5), Strength(1, 1, 0)):
        values = {name: round(100 * value) for name, value in strength._asdict().items()}
        browser.execute_script(SET, values)
        wait(browser, DRAWN, " ".join(f"{value:g}" for value in strength))
        difference = (pixels(browser, "seen") - strength(photo, result)).abs() * 255
        assert float(difference.max()) < 1.6, strength
        options = "".join(f" --output.{name} {value:g}" for name, value in strength._asdict().items() if value != 1)
        assert browser.find_element(By.ID, "command").text == contents().command + options
    browser.find_element(By.ID, "reset").click()
    wait(browser, DRAWN, "1 1 1")
    assert not command.is_displayed()
    torch.testing.assert_close(pixels(browser, "seen"), result)

    # With the keyboard: the divider, a slider, a region.
    divider = browser.find_element(By.ID, "divider")
    divider.send_keys(Keys.ARROW_RIGHT)
    wait(browser, "document.getElementById('compare').style.getPropertyValue('--at') === '51%'")
    browser.find_element(By.ID, "tone").send_keys(Keys.ARROW_LEFT)
    wait(browser, DRAWN, "1 1 0.95")
    region = browser.find_elements(By.CSS_SELECTOR, "button.region")[1]
    region.send_keys(Keys.ENTER)
    wait(browser, "document.getElementById('regions-style').dataset.region === '2'")
    assert region.get_attribute("aria-pressed") == "true"
    assert "no match" in region.text

    # At the width of a phone and of a desk, nothing is cut off.
    for width in (360, 1400):
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        browser.save_screenshot(str(tmp_path / f"{width}.png"))
    assert errors(browser) == []
