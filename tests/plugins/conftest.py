"""A studio that runs as a user starts it, and someone at a browser in front of it."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
HAS_SELENIUM = importlib.util.find_spec("selenium") is not None
LONGEST_S = 100.0  # of one step, on a machine that does other things too
AFTER = "img[data-name=after]"


def clicked(element: Any) -> bool:
    """Click, unless a message on its way out is in front."""
    from selenium.common.exceptions import ElementClickInterceptedException

    try:
        element.click()
    except ElementClickInterceptedException:
        return False
    return True


class Visitor:
    """Someone at a browser, who knows controls by their labels alone."""

    def __init__(self, driver: Any, downloads: Path) -> None:
        self.driver, self.downloads = driver, downloads

    def find(self, label: str) -> Any:
        return self.driver.find_element("css selector", f'[aria-label="{label}"]')

    def press(self, text: str) -> None:
        found = f"//button[.//text()='{text}'] | //*[@role='button'][.//text()='{text}']"
        button = self.driver.find_element("xpath", found)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
        self.wait(lambda: clicked(button), f"a way to {text}")

    def wait(self, is_so: Callable[[], Any], what: str) -> Any:
        end = time.monotonic() + LONGEST_S
        while not (found := is_so()):
            assert time.monotonic() < end, f"waited for {what}: {self.text()[:2000]}"
            time.sleep(0.05)
        return found

    def text(self) -> str:
        return str(self.driver.find_element("tag name", "body").text)

    def source(self) -> str:
        found = self.driver.find_elements("css selector", AFTER)
        return found[0].get_attribute("src") or "" if found else ""

    def new_picture(self, act: Callable[[], object], what: str) -> None:
        before = self.source()
        act()
        self.wait(lambda: self.source() not in ("", before), what)
        box = self.driver.find_element("css selector", ".portrait")
        self.wait(lambda: box.get_attribute("aria-busy") == "false", f"{what}, whole")

    def drag(self, label: str, pixels: int) -> None:
        from selenium.webdriver import ActionChains

        thumb = self.find(label).find_element("css selector", ".q-slider__thumb")
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", thumb)
        self.wait(lambda: self.is_still(thumb), "a page that stands still")
        moves = ActionChains(self.driver, duration=20).click_and_hold(thumb)
        for _ in range(4):
            moves = moves.move_by_offset(pixels // 4, 0)
        moves.release().perform()

    @staticmethod
    def is_still(element: Any) -> bool:
        """Whether nothing moves it, as a panel does that opens above it."""
        before = element.rect
        time.sleep(0.3)
        return bool(element.rect == before)

    def strength(self, name: str) -> float:
        return float(self.find(f"Strength of {name}").get_attribute("aria-valuenow"))

    def upload(self, path: Path) -> None:
        field = self.driver.find_element("css selector", "input[type=file]")
        field.send_keys(str(path))

    def download(self, text: str, name: str) -> Path:
        path = self.downloads / name
        path.unlink(missing_ok=True)
        self.press(text)
        return Path(self.wait(lambda: path.is_file() and path, name))

    def seen(self, box: Any) -> np.ndarray:
        shot = Image.open(io.BytesIO(box.screenshot_as_png)).convert("RGB")
        return np.asarray(shot, dtype=float)

    def keep(self, name: str) -> None:
        """Save what is seen where `DYNODE_SCREENSHOTS` says, to be looked at."""
        if folder := os.environ.get("DYNODE_SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.driver.save_screenshot(str(Path(folder) / f"{name}.png"))


@contextlib.contextmanager
def started(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A studio that was started as a user starts it, and where it answers."""
    start = "import sys; from dynode_start import main; sys.exit(main())"
    told = [sys.executable, "-c", start, "studio", "--no-browser", "--seed", "3"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    clean["DYNODE_CACHE"] = str(folder / "cache")
    with subprocess.Popen(told, stdout=subprocess.PIPE, text=True, cwd=folder, env=clean) as server:
        assert server.stdout is not None
        try:
            yield server, server.stdout.readline().strip()
        finally:
            server.terminate()


@pytest.fixture
def start_studio() -> Callable[[Path], Any]:
    """Start a studio that keeps its work in a folder: its process, and where it answers."""
    return started


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with started(tmp_path) as (_, address):
        yield address


@pytest.fixture
def visitor(tmp_path: Path) -> Iterator[Visitor]:
    """A browser that keeps its downloads in a folder."""
    if not (BROWSER and DRIVER and HAS_SELENIUM):
        pytest.skip("needs chromium, chromedriver and selenium; see CONTRIBUTING.md")
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService

    downloads = tmp_path / "downloads"
    downloads.mkdir()
    options = ChromeOptions()
    options.binary_location = str(BROWSER)
    for flag in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "window-size=1280,900"):
        options.add_argument(f"--{flag}")
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=ChromeService(DRIVER))
    with contextlib.closing(driver.command_executor), driver:
        yield Visitor(driver, downloads)
