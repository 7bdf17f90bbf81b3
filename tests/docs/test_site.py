"""The site: it is built, and nothing in it leads nowhere. What https:// links lead to, no test here can know."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from documents import PAGES, README, ROOT
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

PICTURES = sorted((ROOT / "docs" / "pictures").iterdir())


def make(folder: Path, site: Path) -> None:
    """Build the site of a folder with mkdocs.yml, as ``mkdocs build --strict`` does."""
    config = load_config(str(folder / "mkdocs.yml"), strict=True, site_dir=str(site))
    config.plugins.on_startup(command="build", dirty=False)
    build(config)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of our own."""
    folder = tmp_path_factory.mktemp("site")
    make(ROOT, folder)
    return folder


@pytest.mark.slow
def test_the_site_is_built(site: Path) -> None:
    for page in PAGES:
        inside = page.relative_to(ROOT / "docs").with_suffix("")
        assert (site / (inside.parent if inside.name == "index" else inside) / "index.html").is_file()
    assert (site / "quickstart.ipynb").is_file()
    reference = (site / "reference" / "index.html").read_text()
    assert all(f'id="verism.{name}"' in reference for name in ("api.stylize", "api.fit", "look.look.Look"))


@pytest.mark.slow
@pytest.mark.browser
def test_on_a_phone_and_on_a_desk(site: Path, browser: Chrome, tmp_path: Path) -> None:
    """Nothing is cut off, nothing is fetched from elsewhere, and a photo and its result become one with a divider."""
    for width in (360, 1400):
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        for page in (".", "gallery", "app", "reference", "findings"):
            browser.get((site / page / "index.html").as_uri())
            assert browser.execute_script("return document.documentElement.scrollWidth") <= width, page
            browser.save_screenshot(str(tmp_path / f"{width} {page}.png"))
    browser.get((site / "index.html").as_uri())
    # The theme runs our script some time after the page is loaded.
    (divider,) = WebDriverWait(browser, 60).until(lambda it: it.find_elements(By.CSS_SELECTOR, ".compare input"))
    divider.send_keys(Keys.ARROW_RIGHT)
    at = "return document.querySelector('.compare').style.getPropertyValue('--at')"
    assert browser.execute_script(at) == "51%"
    log: list[dict[str, Any]] = browser.get_log("performance")  # type: ignore[no-untyped-call]
    messages = (json.loads(entry["message"])["message"] for entry in log)
    sent = [it["params"]["request"]["url"] for it in messages if it["method"] == "Network.requestWillBeSent"]
    assert not [url for url in sent if url.startswith("http")]


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", ["[a page](nowhere.md)", "![a picture](nowhere.jpg)", "[an anchor](index.md#nowhere)", "[a folder](/docs)"]
)
def test_a_dead_link_fails(text: str, tmp_path: Path) -> None:
    _small(tmp_path)
    (tmp_path / "docs" / "index.md").write_text(f"# verism\n\n{text}\n")
    with pytest.raises(Abort):
        make(tmp_path, tmp_path / "site")


@pytest.mark.slow
def test_a_page_that_is_not_in_the_navigation_fails(tmp_path: Path) -> None:
    _small(tmp_path)
    make(tmp_path, tmp_path / "site")
    (tmp_path / "docs" / "hidden.md").write_text("# Hidden\n")
    with pytest.raises(Abort):
        make(tmp_path, tmp_path / "site")


def _small(folder: Path) -> None:
    """Make a site of one page, with the options of ours but without its theme."""
    options, rest = (ROOT / "mkdocs.yml").read_text().split("\nnav:\n")
    options = re.sub(r"\ntheme:\n( .*\n)+", "\n", options)
    rest = rest[rest.index("\nvalidation:") :]
    (folder / "mkdocs.yml").write_text(f"{options}\nnav: [index.md]\n{rest}")
    (folder / "docs").mkdir()
    (folder / "docs" / "index.md").write_text("# verism\n")


def test_what_the_readme_links_to_exists() -> None:
    links = re.findall(r"\]\((?!https://)([^)#]+)", README.read_text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.stem)
def test_a_picture_is_small_and_on_a_page(picture: Path) -> None:
    """It is made by tools/doc_pictures.py, which takes too long for a test."""
    assert picture.stat().st_size < 100_000
    assert any(f"pictures/{picture.name})" in page.read_text() for page in PAGES)
    assert f"\ndef {picture.stem}() -> Rows:" in (ROOT / "tools" / "doc_pictures.py").read_text()
