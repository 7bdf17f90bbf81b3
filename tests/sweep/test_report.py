"""The report: complete in one file, harmless whatever files are called, and a page that a browser shows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from conftest import synthetic_photo
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from verism import images
from verism.errors import VerismError
from verism.metrics import NAMES
from verism.sweep import report
from verism.sweep.labels import metrics
from verism.sweep.record import Record
from verism.sweep.report import write_outputs

SCRIPT = "<script>alert(1)</script>"

SLOPE = "model.activation.init_args.negative_slope"


def write_report(path: Path, title: str, records: Sequence[Record]) -> None:
    report.write_report(path, title, records, metrics(records))


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Record]:
    """A finished run of a slope and two photos, with all of its files."""

    def run(name: str, slope: str, content: str = "content.png", style: str = "style.png") -> Record:
        folder = tmp_path / "runs" / name
        photos = tmp_path / content, tmp_path / style
        for seed, path in enumerate((*photos, folder / "result.png")):
            images.write(path, synthetic_photo(48, 64, seed), {})
        scalars = {"metrics/structure": 0.5 + float(slope), "metrics/psnr": 23.456789, "loss/total": 1.0}
        return Record(name, folder, *photos, 7, {SLOPE: slope}, None, 1.25, "imagenet", "abcdef" * 10, scalars)

    return run


def log(browser: Chrome, kind: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = browser.get_log(kind)  # type: ignore[no-untyped-call]
    return entries


def cells(page: str) -> list[list[str]]:
    """The table's text, row by row."""
    rows = re.findall(r"<tr.*?</tr>", page, re.DOTALL)
    return [[unescape(re.sub("<.*?>", "", cell)) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)] for row in rows]


def test_a_row_for_each_run(tmp_path: Path, run: Callable[..., Record]) -> None:
    failed = replace(run("001", "0.3"), error="The loss is not finite.", seconds=None, weights="", sha256="")
    path = tmp_path / "out" / "report.html"
    write_report(path, "Slopes", [run("000", "0.1"), failed])
    page = path.read_text(encoding="utf-8")
    assert cells(page) == [
        ["run", "pair", "seed", "activation.negative_slope", "structure", "PSNR, dB", "total loss", "seconds"],
        ["000", "content → style", "7", "0.1", "0.6000", "23.46", "1.000", "1.2"],
        ["001", "content → style", "7", "0.3", "failed: The loss is not finite."],
    ]
    assert page.count('<tr class="failed">') == 1
    assert "<h1>Slopes</h1>" in page
    assert re.search(r"2 runs, <[^>]*>1 failed<", page)
    assert re.search(r"Weights: imagenet \(SHA-256 <[^>]*>abcdefabcdef…<", page)
    assert f"python main.py fit --config {tmp_path}/runs/000/fit.yaml" in page


def test_says_what_is_wrong_with_which_pictures(tmp_path: Path, run: Callable[..., Record]) -> None:
    """Each fault once, with the runs that have it; not of a failed run, and nothing of sound ones."""
    scalars = (
        {"metrics/drift": 8.0, "metrics/lost": 0.1},
        {"metrics/drift": 7.5, "metrics/lost": 0.3},
        {"metrics/drift": 1.5, "metrics/lost": 0.2},
    )
    records = [replace(run(f"00{index}", "0"), scalars=own) for index, own in enumerate(scalars)]
    failed = replace(run("003", "0"), scalars={"metrics/drift": 20.0}, error="failed")
    path = tmp_path / "report.html"
    write_report(path, "Faults", [*records, failed])
    items = [unescape(item) for item in re.findall(r"<li>(.*?)</li>", path.read_text(encoding="utf-8"))]
    assert items == [
        (
            "Drift ΔE 7.0 or more (000, 001): one colour of the photo has become several in different places; a lower "
            "--output.strength makes that weaker."
        ),
        (
            "Detail lost 25% or more (001): textures have gone flat; a lower --output.tone keeps more of the photo's "
            "own light."
        ),
    ]
    write_report(path, "Sound", [records[2]])
    assert "<li>" not in path.read_text(encoding="utf-8")


def test_the_figures_that_agree_with_the_eye_come_first(tmp_path: Path, run: Callable[..., Record]) -> None:
    record = replace(run("000", "0"), scalars={f"metrics/{name}": 1.0 for name in sorted(NAMES)} | {"loss/total": 1.0})
    path = tmp_path / "report.html"
    write_report(path, "Order", [record])
    header = cells(path.read_text(encoding="utf-8"))[0]
    names = ["drift, ΔE", "detail lost", "detail blown up", "newly clipped", "structure", "Sobel SSIM"]
    names += [
        "PSNR, dB",
        "sliced Wasserstein",
        "colour distance",
        "CIEDE2000, ΔE",
        "style distance",
        "pure colours",
        "total loss",
        "seconds",
    ]
    assert header[4:] == names


def test_holds_all_that_it_shows(tmp_path: Path, run: Callable[..., Record]) -> None:
    path = tmp_path / "report.html"
    write_report(path, "Two pairs", [run("000", "0"), run("001", "0", style="other.png")])
    page = path.read_text(encoding="utf-8")
    sources = re.findall(r'<img src="(.{15})', page)
    # Two photos and a result of each pair, and a plot for each of three figures.
    assert sources == ["data:image/jpeg"] * 6 + ["data:image/svg+"] * 3
    assert not re.search(r"""(src|href)="(?!data:|#)|url\(|@import""", page)


def test_a_result_has_its_settings_and_figures_and_a_link_that_enlarges_it(
    tmp_path: Path, run: Callable[..., Record]
) -> None:
    path = tmp_path / "report.html"
    write_report(path, "Slopes", [run("000", "0.1"), replace(run("001", "0.3"), error="Diverged.")])
    page = path.read_text(encoding="utf-8")
    first = page[page.index('<figure class="picture" id="result-1-1"') :].partition("</figure>")[0]
    assert 'href="#result-1-1"' in first
    assert 'href="#result-1-2"' in first
    assert "<b>000: activation.negative_slope 0.1</b>structure 0.6" in first
    assert '<div class="failure">failed: Diverged.</div>' in page


def test_many_pictures_are_smaller(tmp_path: Path, run: Callable[..., Record], monkeypatch: pytest.MonkeyPatch) -> None:
    """Two photos and two results share what there is."""
    monkeypatch.setattr(report, "IN_ALL", 4 * 32 * 48)
    write_report(tmp_path / "report.html", "Many", [run("000", "0.1"), run("001", "0.3")])
    sizes = re.findall(r'width="(\d+)" height="(\d+)"', (tmp_path / "report.html").read_text(encoding="utf-8"))
    assert sizes == [("44", "33")] * 4


def test_escapes_names_and_errors(tmp_path: Path, run: Callable[..., Record]) -> None:
    # A slash ends a folder's name, so that the path has the whole tag.
    record = run(SCRIPT, "0", content=f"{SCRIPT}.png", style="<img src=x onerror=alert(1)>&'\".png")
    hostile = replace(record, error=SCRIPT, settings={SCRIPT: SCRIPT}, weights=SCRIPT)
    measured = replace(record, settings={SCRIPT: "<i>"}, scalars={f"metrics/{SCRIPT}": 1.0})
    path = tmp_path / "report.html"
    write_report(path, SCRIPT, [hostile, measured])
    page = path.read_text(encoding="utf-8")
    assert not re.search(r"<(script|i)\b|<img src=x", page)
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert cells(page)[1][-1] == f"failed: {SCRIPT}"
    # Quoted for a shell first.
    assert f"--config '{record.folder}/fit.yaml'" in unescape(page)


def test_names_that_are_not_unicode(tmp_path: Path, run: Callable[..., Record]) -> None:
    path = tmp_path / "report.html"
    write_report(path, "é", [replace(run("000", "0"), content=Path("photo\udcff.png"), error="failed")])
    assert "photo\\udcff.png" in path.read_text(encoding="utf-8")


def test_all_failed(tmp_path: Path, run: Callable[..., Record]) -> None:
    path = tmp_path / "report.html"
    write_report(path, "Nothing", [replace(run("000", "0"), error="failed", scalars={}, weights="", sha256="")])
    page = path.read_text(encoding="utf-8")
    assert "Weights" not in page
    assert "Metrics" not in page
    assert page.count("<img") == 2


def test_whole_or_not_at_all(tmp_path: Path, run: Callable[..., Record]) -> None:
    (tmp_path / "report.html").mkdir()
    with pytest.raises(VerismError, match=r"report\.html: cannot be written"):
        write_report(tmp_path / "report.html", "", [run("000", "0")])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["content.png", "report.html", "runs", "style.png"]


def test_all_outputs(tmp_path: Path, run: Callable[..., Record]) -> None:
    pairs = [
        ("a/photo.png", "s/style.png"),
        ("b/PHOTO.png", "s/style.png"),
        ("a/..;$(x) →.png", "s/é.png"),
        (f"{'x' * 200}.png", f"{'y' * 200}.png"),
    ]
    folder = tmp_path / "my sweep"
    files = write_outputs(folder, [run(f"{index:03}", "0", *pair) for index, pair in enumerate(pairs)])
    assert [str(file.relative_to(folder)) for file in files] == [
        "report.html",
        "results.csv",
        "sheets/photo_style.png",
        "sheets/PHOTO_style-2.png",
        "sheets/x__é.png",
        f"sheets/{'x' * 60}.png",
        f"plots/{SLOPE}.png",
    ]
    assert sorted(path for path in folder.rglob("*") if path.is_file()) == sorted(files)
    assert all(images.read(file).shape[1] == 3 for file in files[2:])
    assert "<h1>my sweep</h1>" in files[0].read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser(tmp_path: Path, run: Callable[..., Record], browser: Chrome, scheme: str) -> None:
    failed = replace(run("002", "0.3", content=f"{SCRIPT}.png"), error=SCRIPT)
    path = tmp_path / "my report.html"
    write_report(path, SCRIPT, [run("000", "0"), run("001", "0.1"), failed])
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    browser.get(path.as_uri())
    pictures = browser.find_elements(By.TAG_NAME, "img")
    # Photos and two results of one pair, one photo of the other, whose content photo has a slash for a folder.
    assert all(picture.get_property("complete") for picture in pictures)
    assert all(int(str(picture.get_property("naturalWidth"))) >= 64 for picture in pictures)
    assert browser.title == SCRIPT
    assert browser.execute_script("return document.scripts.length") == 0
    background = browser.find_element(By.TAG_NAME, "body").value_of_css_property("background-color")
    red, green, blue = map(int, re.findall(r"\d+", background)[:3])
    assert (red + green + blue > 3 * 128) == (scheme == "light")
    row = browser.find_element(By.CLASS_NAME, "failed")
    assert row.text.endswith(f"failed: {SCRIPT}")
    # A click enlarges, and another closes.
    figure = browser.find_element(By.ID, "result-1-1")
    small = figure.find_element(By.TAG_NAME, "img").size["width"]
    figure.find_element(By.CLASS_NAME, "open").click()
    assert figure.find_element(By.TAG_NAME, "img").size["width"] > 1.5 * small
    figure.find_element(By.CLASS_NAME, "close").click()
    assert figure.find_element(By.TAG_NAME, "img").size["width"] == small
    # Nothing is wider than the window, of a desk and of a phone.
    for width in (1400, 360):
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        browser.save_screenshot(str(tmp_path / f"{width}.png"))
    assert log(browser, "browser") == []
    events = [json.loads(entry["message"])["message"] for entry in log(browser, "performance")]
    # Not those of the page that chromium starts with.
    requests = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent" and event["params"]["documentURL"] == path.as_uri()
    ]
    assert path.as_uri() in requests
    assert {url.split(":")[0] for url in requests} <= {"file", "data"}
