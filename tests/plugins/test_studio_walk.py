"""A user's way through the studio in headless Chromium: everything is clicked, nothing is called."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import shlex
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

from dynode.testing import run_command

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
HAS_SELENIUM = importlib.util.find_spec("selenium") is not None
pytestmark = [
    pytest.mark.installed_plugins,
    pytest.mark.slow,
    pytest.mark.skipif(
        not (BROWSER and DRIVER and HAS_SELENIUM),
        reason="needs chromium, chromedriver and selenium; see CONTRIBUTING.md",
    ),
]
LONGEST_S = 100.0  # of one step, on a machine that does other things too
OPEN = "Open a picture, clip, codes or a direction"
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


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where a studio answers that was started as a user starts it."""
    start = "import sys; from dynode_start import main; sys.exit(main())"
    told = [sys.executable, "-c", start, "studio", "--no-browser", "--seed", "3"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    clean["DYNODE_CACHE"] = str(tmp_path / "cache")
    with subprocess.Popen(
        told, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=clean
    ) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


@pytest.fixture
def visitor(tmp_path: Path) -> Iterator[Visitor]:
    """A browser that keeps its downloads in a folder."""
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


def run_told(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.chdir(folder)
    for line in command.splitlines():
        if not line.startswith("#"):
            result = run_command(shlex.split(line)[1:])
            assert result.exit_code == 0, result.stderr
    return (folder / "edited.png").read_bytes()


def test_the_whole_walk(
    address: str, visitor: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.driver.get(address)
    visitor.wait(visitor.source, "the first picture")
    assert "token" not in visitor.driver.current_url
    visitor.keep("open")

    visitor.new_picture(lambda: visitor.drag("Strength of smile", 60), "a dragged picture")
    visitor.wait(lambda: visitor.strength("smile") > 0.5, "the slider where it was left")
    visitor.wait(lambda: "sd" in visitor.text(), "what the edit did")
    visitor.keep("drag")

    find_by_text(visitor)
    upload_and_stack(visitor, tmp_path)
    wipe(visitor)
    export_and_reopen(visitor, tmp_path, monkeypatch)

    clip(visitor, tmp_path)

    told = [entry for entry in visitor.driver.get_log("browser") if entry["level"] == "SEVERE"]
    assert told == []


def find_by_text(visitor: Visitor) -> None:
    visitor.find("Text of the edit").send_keys("a bald man\n")
    visitor.wait(lambda: "Cancel styleclip a bald man" in visitor.driver.page_source, "what runs")
    visitor.keep("finding")
    visitor.wait(lambda: "Strength of a bald man" in visitor.driver.page_source, "a new slider")
    visitor.wait(lambda: "does not know: bald" in visitor.text(), "what the text model warned of")
    visitor.keep("text")


def upload_and_stack(visitor: Visitor, folder: Path) -> None:
    path = folder / "downloads" / "face.png"
    assert run_command(["generate", "--seeds", "11", "-o", str(path)]).exit_code == 0
    visitor.press(OPEN)
    visitor.new_picture(lambda: visitor.upload(path), "the picture that was opened")
    visitor.wait(lambda: "picture: face.png" in visitor.text(), "its name")
    visitor.press(OPEN)
    visitor.new_picture(lambda: visitor.drag("Strength of age", -40), "one more edit")
    visitor.wait(lambda: visitor.strength("age") < -0.3, "the second slider")
    assert visitor.strength("smile") > 0.5
    visitor.keep("stack")


def wipe(visitor: Visitor) -> None:
    box = visitor.driver.find_element("css selector", ".portrait")
    after = visitor.seen(box)
    visitor.drag("Wipe between before and after", 260)
    middle = after.shape[1] // 4

    def is_wiped() -> bool:
        changed = np.abs(visitor.seen(box) - after).mean(axis=(0, 2))
        return bool(changed[:middle].mean() > 1) and bool(changed[-middle:].mean() < 0.5)

    visitor.wait(is_wiped, "the picture before on the left alone")
    visitor.keep("wipe")


def export_and_reopen(visitor: Visitor, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor.new_picture(visitor.find("Remove a bald man").click, "the picture without the text")
    picture = visitor.download("Picture", "edited.png").read_bytes()
    work = visitor.download("Save work", "studio.json")
    visitor.press("Copy as command")
    told = visitor.wait(
        lambda: visitor.driver.find_element("css selector", "pre.told").text, "the command"
    )
    visitor.keep("export")
    strengths = [visitor.strength(name) for name in ("smile", "age")]

    visitor.new_picture(lambda: visitor.press("Reset all"), "the picture without edits")
    visitor.press(OPEN)
    visitor.new_picture(lambda: visitor.upload(work), "the work again")
    visitor.keep("reopen")

    assert [visitor.strength(name) for name in ("smile", "age")] == strengths
    assert visitor.download("Picture", "edited.png").read_bytes() == picture
    shutil.copy(folder / "downloads" / "face.png", folder)
    assert run_told(told, folder, monkeypatch) == picture


def clip(visitor: Visitor, folder: Path) -> None:
    from dynode.media import open_clip

    path = folder / "downloads" / "turn.mp4"
    flags = ["--direction", "yaw:1.5", "--frames", "8", "--fps", "12", "--seed", "4"]
    result = run_command(["animate", *flags, "-o", str(path)])
    assert result.exit_code == 0, result.stderr
    visitor.new_picture(lambda: visitor.upload(path), "the first frame of a clip")
    visitor.wait(lambda: "clip: turn.mp4" in visitor.text(), "its name")
    visitor.new_picture(lambda: visitor.drag("Frame of the clip", 200), "another frame")
    visitor.keep("clip")

    written = open_clip(visitor.download("Export MP4", "edited.mp4"))

    assert len(written) == len(open_clip(path))
