"""Takes the picture of ``docs/app.md``: ``python tools/app_picture.py [PICTURE.png] [--phone PHONE.png]``.

It starts the app, gives it two of the example photos, waits for the full run, and photographs the page, as wide as a
desk's screen and, if asked for, as wide as a phone's. It needs the extra ``app``, chromium and chromedriver.
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from PIL import Image
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By

ROOT = Path(__file__).parents[1]

PHOTOS = {"photo": "lake.jpg", "styles": "beacon.jpg"}

DESK, PHONE = (1100, 800), (360, 740)
"""Width and height of the page, in CSS pixels."""

LONGEST = 3600
"""Seconds to wait for a run."""


@contextmanager
def app() -> Iterator[str]:
    """Run the app, and yield its address."""
    command = [sys.executable, "-m", "verism", "app", "--open", "false"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("verism app: "):
                    yield line.removeprefix("verism app: ").partition(" ")[0]
                    return
            sys.exit("the app did not start")
        finally:
            process.terminate()


@contextmanager
def browser(folder: str) -> Iterator[Chrome]:
    """Open a browser without a window, which keeps what it stores in ``folder``."""
    options = ChromeOptions()
    options.binary_location = shutil.which("chromium") or "chromium"
    for switch in ("headless=new", "no-sandbox", "disable-gpu", "hide-scrollbars", f"user-data-dir={folder}"):
        options.add_argument(f"--{switch}")
    with Chrome(options, ChromeService(shutil.which("chromedriver") or "chromedriver")) as chrome:
        yield chrome


def wait(condition: Callable[[], object]) -> None:
    """Return once a condition holds."""
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        with suppress(WebDriverException):
            if condition():
                return
        time.sleep(1)
    sys.exit("it took too long")


def photograph(chrome: Chrome, size: tuple[int, int], path: Path) -> None:
    """Write the top of the page, at a width and height, as a PNG file."""
    width, height = size
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    chrome.execute_script("window.scrollTo(0, 0)")
    time.sleep(2)
    cut = chrome.execute_script("return document.documentElement.scrollWidth")
    if cut > width:
        sys.exit(f"the page is {cut} pixels wide, and the screen {width}")
    picture = Image.open(io.BytesIO(chrome.get_screenshot_as_png())).convert("RGB")
    picture.save(path, optimize=True)
    print(path)


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture", type=Path, nargs="?", default=ROOT / "docs" / "app.png")
    parser.add_argument("--phone", type=Path, help="Also write the page as a phone shows it.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, app() as address, browser(folder) as chrome:
        chrome.get(address)

        def reads(selector: str, text: str) -> Callable[[], bool]:
            return lambda: text in chrome.find_element(By.CSS_SELECTOR, selector).text

        for name, photo in PHOTOS.items():
            wait(partial(chrome.find_element, By.CSS_SELECTOR, f"#{name} input[type=file]"))
            field = chrome.find_element(By.CSS_SELECTOR, f"#{name} input[type=file]")
            field.send_keys(str(ROOT / "configs" / "photos" / photo))
            wait(reads("#given", photo))
        wait(reads("#caption", "a preview"))
        chrome.find_element(By.CSS_SELECTOR, "#full").click()
        wait(reads("#caption", "in final quality"))
        photograph(chrome, DESK, options.picture)
        if options.phone:
            photograph(chrome, PHONE, options.phone)


if __name__ == "__main__":
    main()
