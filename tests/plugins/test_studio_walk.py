"""A user's way through the studio in headless Chromium: everything is clicked, nothing is called."""

from __future__ import annotations

import functools
import shlex
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dynode.testing import run_command

pytestmark = [pytest.mark.installed_plugins, pytest.mark.slow]
OPEN = "Open a picture, clip, codes or a direction"
Visitor = Any  # the class of conftest.py


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
    visitor.wait(lambda: "smile" in bars(visitor), "what the edit did")
    change, is_meant = bars(visitor)["smile"]
    assert is_meant
    assert 0.25 < change / visitor.strength("smile") < 4  # sd of a scorer: calibrated, not exact
    assert not any(is_meant for name, (_, is_meant) in bars(visitor).items() if name != "smile")
    visitor.keep("drag")

    find_by_text(visitor)
    upload_and_stack(visitor, tmp_path)
    wipe(visitor)
    compare(visitor)
    export_and_reopen(visitor, tmp_path, monkeypatch)

    clip(visitor, tmp_path)

    told = [entry for entry in visitor.driver.get_log("browser") if entry["level"] == "SEVERE"]
    assert told == []


def bars(visitor: Visitor) -> dict[str, tuple[float, bool]]:
    """Change of each attribute that has a bar, and whether it was meant."""
    found = visitor.driver.execute_script(
        "return [...document.querySelectorAll('.bars .one')].map(one => ["
        "one.firstChild.textContent, one.lastChild.textContent, !!one.querySelector('.meant')])"
    )
    return {name: (float(told.split()[0]), is_meant) for name, told, is_meant in found}


def find_by_text(visitor: Visitor) -> None:
    visitor.find("Text of the edit").send_keys("a bald man\n")
    visitor.wait(lambda: "Cancel styleclip a bald man" in visitor.driver.page_source, "what runs")
    visitor.keep("finding")
    visitor.wait(lambda: "Strength of a bald man" in visitor.driver.page_source, "a new slider")
    visitor.wait(lambda: "does not know: bald" in visitor.text(), "what the text model warned of")
    visitor.keep("text")
    cancel(visitor)


def cancel(visitor: Visitor) -> None:
    visitor.find("Text of the edit").send_keys(" with glasses\n")
    button = "document.querySelector('[aria-label^=Cancel]')"
    visitor.wait(
        lambda: visitor.driver.execute_script(f"return {button} && ({button}.click(), true)"),
        "a way to stop it",
    )
    visitor.wait(lambda: "with glasses: cancelled" in visitor.text(), "that it was stopped")
    assert "Strength of a bald man with glasses" not in visitor.driver.page_source


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
    find = visitor.driver.find_elements
    visitor.wait(lambda: not find("css selector", ".q-notification"), "an uncovered picture")
    after = visitor.seen(box)
    visitor.drag("Wipe between before and after", 260)
    middle = after.shape[1] // 4

    def is_wiped() -> bool:
        changed = np.abs(visitor.seen(box) - after).mean(axis=(0, 2))
        return bool(changed[:middle].mean() > 1) and bool(changed[-middle:].mean() < 0.5)

    visitor.wait(is_wiped, "the picture before on the left alone")
    visitor.keep("wipe")


def compare(visitor: Visitor) -> None:
    strength = visitor.strength("smile")
    visitor.press("Keep as A")
    visitor.new_picture(lambda: visitor.drag("Strength of smile", -120), "another edit")
    another = visitor.wait(
        lambda: (found := visitor.strength("smile")) < strength and found, "its slider"
    )
    visitor.press("Keep as B")
    pictures = "return [...document.querySelectorAll('.variant img')].map(one => one.naturalWidth)"
    run = visitor.driver.execute_script
    visitor.wait(lambda: run(pictures) == [128, 128], "small pictures of both")
    visitor.keep("compare")

    first = functools.partial(
        visitor.driver.find_element, "css selector", "[aria-label^='Bring back A']"
    )
    assert f"smile {strength:+.2f}" in first().text
    visitor.new_picture(lambda: first().send_keys("\ue007"), "what was kept")  # Enter
    visitor.wait(lambda: visitor.strength("smile") == strength, "its strengths")
    visitor.wait(lambda: first().get_attribute("aria-current") == "true", "which one it is")
    visitor.new_picture(visitor.find("Undo (Ctrl+Z)").click, "the edit before")
    visitor.wait(lambda: visitor.strength("smile") == another, "its strengths")
    visitor.find("Remove B").click()
    visitor.wait(lambda: run("return document.activeElement.textContent") == "Keep as B", "focus")
    visitor.new_picture(lambda: first().click(), "what was kept, again")


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
    visitor.find("Remove A").click()
    kept = functools.partial(visitor.driver.find_elements, "css selector", ".variant")
    visitor.wait(lambda: not kept(), "a table with nothing beside it")
    visitor.press(OPEN)
    visitor.new_picture(lambda: visitor.upload(work), "the work again")
    visitor.wait(lambda: len(kept()) == 1, "what was kept")
    visitor.keep("reopen")

    assert [visitor.strength(name) for name in ("smile", "age")] == strengths
    assert visitor.download("Picture", "edited.png").read_bytes() == picture
    shutil.copy(folder / "downloads" / "face.png", folder)
    assert run_told(told, folder, monkeypatch) == picture


def play(visitor: Visitor) -> None:
    where = "//*[contains(text(), '/8, ')]"
    seen = {visitor.driver.find_element("xpath", where).text}

    def is_played() -> bool:
        seen.add(visitor.driver.find_element("xpath", where).text)
        return len(seen) > 3

    visitor.find("Play or pause").click()
    visitor.wait(is_played, "frames that follow each other")
    visitor.new_picture(visitor.find("Play or pause").click, "the frame where it was stopped")
    stopped = visitor.driver.find_element("xpath", where).text
    time.sleep(0.5)
    assert visitor.driver.find_element("xpath", where).text == stopped


def clip(visitor: Visitor, folder: Path) -> None:
    from dynode.media import open_clip

    path = folder / "downloads" / "turn.mp4"
    flags = ["--direction", "yaw:1.5", "--frames", "8", "--fps", "12", "--seed", "4"]
    result = run_command(["animate", *flags, "-o", str(path)])
    assert result.exit_code == 0, result.stderr
    visitor.new_picture(lambda: visitor.upload(path), "the first frame of a clip")
    visitor.wait(lambda: "clip: turn.mp4" in visitor.text(), "its name")
    visitor.new_picture(lambda: visitor.drag("Frame of the clip", 200), "another frame")
    play(visitor)
    visitor.keep("clip")

    written = open_clip(visitor.download("Export MP4", "edited.mp4"))

    assert len(written) == len(open_clip(path))
