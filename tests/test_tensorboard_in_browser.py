"""TensorBoard opened on a run in a real browser: what a person sees there."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.parse import quote

import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from verism.backbone.weights import Weights

pytestmark = [pytest.mark.slow, pytest.mark.browser]

HOST = "127.0.0.1"
TIMEOUT_S = 60

CELL = "vaadin-grid-cell-content"

T = TypeVar("T")


class Dashboard(NamedTuple):
    """A page of TensorBoard: the element that is a tag's card, what is drawn in it, and tags that must be there."""

    page: str
    card: str
    drawing: str
    tags: tuple[str, ...]


SCALARS = ("loss/total", "terms/style/conv1_1", "speed/steps_per_second")
IMAGES = ("compare/side_by_side", "photo/content", "photo/image", "photo/style")
HISTOGRAMS = ("tones/luma/image", "tones/red/image", "tones/blue/style")

DASHBOARDS = (
    # Of a chart's two lines, smoothed and not, TensorBoard leaves one empty if the first value is an outlier.
    Dashboard("scalars", "tf-scalar-card", "path.line[d]:not([d=''])", SCALARS),
    Dashboard("images", "tf-image-loader", "img", IMAGES),
    Dashboard("histograms", "tf-histogram-loader", "path.outline", HISTOGRAMS),
    # The page that TensorBoard opens with.
    Dashboard("timeseries", "image-card", "img", IMAGES),
    Dashboard("timeseries", "histogram-card", ".histogram path", HISTOGRAMS),
)

# CSS selectors stop at shadow roots, and TensorBoard is built of them.
FIND_DEEP = """
const [top, selector] = arguments;
const found = [];
const walk = (root) => {
  for (const element of root.querySelectorAll("*")) {
    if (element.matches(selector)) found.push(element);
    if (element.shadowRoot) walk(element.shadowRoot);
  }
};
if (top.shadowRoot) walk(top.shadowRoot);
walk(top);
return found;
"""

IS_DRAWN = """
const [drawing] = arguments;
if (!drawing.getBoundingClientRect().width) return false;
if (drawing instanceof HTMLImageElement) return drawing.complete && drawing.naturalWidth > 0;
return drawing.getTotalLength() > 0;
"""


def test_shows_scalars_images_and_histograms(
    tiny_weights: Weights, run: Callable[..., Path], browser: Chrome, tmp_path: Path
) -> None:
    folder = run("--trainer.max_steps", "6", "--trainer.log_every_n_steps", "1", "--snapshots.every_n_steps", "3")
    with tensorboard(folder, tmp_path / "tensorboard.log") as address:
        for dashboard in DASHBOARDS:
            # Only the tags looked for: other cards would be collapsed, or on another page.
            tags = quote(f"^({'|'.join(map(re.escape, dashboard.tags))})$", safe="")
            # A change of nothing but the fragment would not load the page anew.
            browser.get("about:blank")
            browser.get(f"{address}?tagFilter={tags}#{dashboard.page}&tagFilter={tags}")
            for tag in dashboard.tags:
                drawing = wait_for(
                    partial(drawn, browser, dashboard, tag), f"{tag} in {dashboard.page}", browser.refresh
                )
                if tag == "compare/side_by_side":
                    # Content, image and a style photo of the same height: 64 + 64 + 34 pixels.
                    assert drawing.get_property("naturalWidth") == 162
                    assert drawing.get_property("naturalHeight") == 48
            browser.save_screenshot(str(tmp_path / f"{dashboard.page}_{dashboard.card}.png"))


def test_hparams_page_compares_runs(
    tiny_weights: Weights, run: Callable[..., Path], browser: Chrome, tmp_path: Path
) -> None:
    shown = set()
    for weight in ("1000", "2000"):
        folder = run("--trainer.max_steps", "3", "--model.content.weight", weight)
        scalars = EventAccumulator(str(folder)).Reload()
        shown |= {"content-style", f"{scalars.Scalars('metrics/structure')[-1].value:#.5g}", folder.name}
    with tensorboard(folder.parent, tmp_path / "tensorboard.log") as address:
        browser.get(f"{address}#hparams")

        def compared() -> bool:
            cells = {cell.text for cell in find(browser, browser.find_element(By.TAG_NAME, "body"), CELL)}
            return shown <= cells

        wait_for(compared, f"{shown} in the table of hyperparameters", browser.refresh)
        browser.save_screenshot(str(tmp_path / "hparams.png"))


def drawn(browser: Chrome, dashboard: Dashboard, tag: str) -> WebElement | None:
    """Return what is drawn in the visible card that names the tag."""
    for card in find(browser, browser.find_element(By.TAG_NAME, "body"), dashboard.card):
        # A tag's parts may be laid out as separate blocks.
        if card.is_displayed() and tag in "".join(card.text.split()):
            # Cards far from view stay empty.
            browser.execute_script("arguments[0].scrollIntoView({block: 'nearest'})", card)
            drawings = find(browser, card, dashboard.drawing)
            if drawings and all(browser.execute_script(IS_DRAWN, drawing) for drawing in drawings):
                return drawings[0]
    return None


def find(browser: Chrome, top: WebElement, selector: str) -> list[WebElement]:
    found: list[WebElement] = browser.execute_script(FIND_DEEP, top, selector)
    return found


def wait_for(condition: Callable[[], T | None], what: str, again: Callable[[], object] = lambda: None) -> T:
    """Wait for a true value and return it; a page may replace its elements in the meantime.

    Half-way, ``again`` is called: a page that still lacks something is loaded anew, as a person would. Now and then,
    one of TensorBoard's requests goes unanswered.
    """
    for _ in range(2):
        deadline = time.monotonic() + TIMEOUT_S / 2
        while time.monotonic() < deadline:
            with suppress(StaleElementReferenceException):
                if value := condition():
                    return value
            # Looking walks through the whole page; at shorter intervals, the page itself may not get on.
            time.sleep(0.5)
        again()
    pytest.fail(f"waited {TIMEOUT_S} s for {what}")


@contextmanager
def tensorboard(folder: Path, log: Path) -> Iterator[str]:
    """Serve the folder's events until the block ends; gives the address."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(folder), "--host", HOST, "--port", str(port)]
    # It reads all events before it answers, so that no page shows half of a run.
    command += ["--load_fast=false", "--reload_task=blocking", "--reload_interval=0"]
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) as server:
        try:
            wait_for(lambda: server.poll() is not None or answers(port), "TensorBoard's answer")
            assert server.poll() is None, log.read_text()
            yield f"http://{HOST}:{port}/"
        finally:
            server.kill()


def answers(port: int) -> bool:
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/data/environment")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
