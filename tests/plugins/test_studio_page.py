"""The studio's page without a browser: what stands on it, and what its controls do."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

pytest.importorskip("nicegui", reason="comes with the extra 'studio'")

from nicegui import ui
from nicegui.testing import User, UserInteraction
from nicegui.testing.user_simulation import user_simulation

from dynode import plugins
from dynode.scaffold import new_plugin
from dynode.testing import tiny_generator
from dynode_studio.autosave import place_of
from dynode_studio.entrance import open_page
from dynode_studio.studio import Settings, Studio

Control = TypeVar("Control", bound=ui.element)
Visit = Callable[[User], Awaitable[None]]
RETRIES = 100  # tenths of a second


@pytest.fixture(autouse=True)
def strangers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A plugin that `dynode plugins new` wrote, and one that cannot be loaded."""
    monkeypatch.setenv("DYNODE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DYNODE_PLUGINS_DIR", str(tmp_path))
    package = new_plugin("my-brighten", folder=tmp_path)
    (package / "dynode_my_brighten.py").rename(tmp_path / "my_brighten.py")
    (tmp_path / "broken_one.py").write_text("1 / 0\n")
    monkeypatch.setenv("DYNODE_LOAD_PLUGINS", "my-brighten,broken-one")
    plugins.registry.cache_clear()
    yield
    plugins.registry.cache_clear()


def visit(visitor: Visit) -> None:
    """Let someone use a page of their own studio."""

    async def walk() -> None:
        studio = Studio(Settings(seed=3), tiny_generator())

        async def page() -> None:
            await open_page(studio)

        async with user_simulation(page) as user:
            try:
                await user.open("/")
                await user.should_see("Take it with you", retries=RETRIES)
                await visitor(user)
            finally:
                studio.device.close()

    asyncio.run(walk())


async def only(user: User, kind: type[Control], label: str) -> Control:
    """Wait for the one control whose label, for the eye or for a screen reader, is this."""
    for _ in range(RETRIES):
        assert user.client is not None
        found = [
            element
            for element in user.client.elements.values()
            if isinstance(element, kind)
            and label in (element.props.get("label"), element.props.get("aria-label"))
        ]
        if found:
            break
        await asyncio.sleep(0.1)
    assert len(found) == 1, f"{len(found)} controls are called {label!r}"
    return found[0]


async def find_by_the_strangers_method(user: User) -> None:
    method = await only(user, ui.select, "Method")
    with user:
        method.value = "my-brighten"
    await user.should_see("Find by my-brighten", retries=RETRIES)


def test_a_third_party_plugin_has_its_options_and_a_broken_one_is_shown_as_broken() -> None:
    async def look(user: User) -> None:
        await find_by_the_strangers_method(user)

        samples = await only(user, ui.number, "samples (pictures)")

        assert (samples.value, samples.min, samples.max) == (64, 2, 10_000)
        assert samples.props["hint"].startswith("Pictures to go by. [pictures; 2 to 10000")
        await user.should_see(
            "Plugin broken-one is broken: ZeroDivisionError: division by zero", retries=1
        )

    visit(look)


def test_what_a_third_party_method_finds_is_a_slider_that_moves_mutes_and_undoes() -> None:
    async def use(user: User) -> None:
        await find_by_the_strangers_method(user)
        user.find("Find by my-brighten").click()
        slider = await only(user, ui.element, "Strength of my-brighten")
        undo = await only(user, ui.button, "Undo (Ctrl+Z)")
        UserInteraction(user, {slider}, None).trigger("change", 2.0)
        user.find("Reset all").click()
        assert slider.props["model-value"] == 0

        UserInteraction(user, {undo}, None).click()
        assert slider.props["model-value"] == 2.0

    visit(use)


def test_stops_are_set_and_taken_away_as_a_score() -> None:
    async def use(user: User) -> None:
        user.find("Add stop").click()
        user.find("Save score").click()
        await user.should_see("a walk goes through at least 2 stops, and 1 is set", retries=RETRIES)
        user.find("Add stop").click()
        await user.should_see("2 stops, 2 s", retries=RETRIES)
        user.find("Save score").click()
        await user.should_see("dynode walk score.json -o walk.mp4", retries=RETRIES)

    visit(use)


def test_variants_are_kept_brought_back_undone_removed_and_reopened(tmp_path: Path) -> None:
    async def sample(user: User, value: int) -> None:
        seed = await only(user, ui.number, "Seed")
        with user:
            seed.value = value
        UserInteraction(user, {seed}, None).trigger("change")

    async def keep(user: User) -> None:
        seed = await only(user, ui.number, "Seed")
        user.find("Keep as A").click()
        await sample(user, 77)
        user.find("Keep as B").click()
        await user.should_see("2 of 4 kept", retries=RETRIES)
        first = await only(user, ui.element, "Bring back A, seed 3: no edit")
        second = await only(user, ui.element, "Bring back B, seed 77: no edit")
        assert [one.props["aria-current"] for one in (first, second)] == ["false", "true"]

        UserInteraction(user, {first}, None).click()
        assert (seed.value, first.props["aria-current"]) == (3, "true")
        UserInteraction(user, {await only(user, ui.button, "Undo (Ctrl+Z)")}, None).click()
        assert seed.value == 77

        UserInteraction(user, {await only(user, ui.button, "Remove A")}, None).click()
        await user.should_see("Keep as A", retries=RETRIES)
        kept = place_of(tiny_generator().info.fingerprint)
        while not (kept.is_file() and list(json.loads(kept.read_text())["variants"]) == ["B"]):
            await asyncio.sleep(0.1)  # as long as it takes; the test's own limit ends it

    async def reopen(user: User) -> None:
        user.find("Reopen last work").click()
        kept = await only(user, ui.element, "Bring back B, seed 77: no edit")
        assert kept.props["aria-current"] == "true"
        image = next(iter(kept.default_slot.children))
        for _ in range(RETRIES):
            if "src" in image.props:
                break
            await asyncio.sleep(0.1)
        assert image.props["src"].startswith("/frames/")

    visit(keep)
    visit(reopen)


def test_the_last_work_is_reopened_whatever_ended_the_studio(tmp_path: Path) -> None:
    async def roll_and_vanish(user: User) -> None:
        await user.should_not_see("Reopen last work", retries=1)
        seed = await only(user, ui.number, "Seed")
        with user:
            seed.value = 77
        UserInteraction(user, {seed}, None).trigger("change")
        kept = tmp_path / "cache" / "studio"
        while not list(kept.glob("*.json")):  # as long as it takes; the test's own limit ends it
            await asyncio.sleep(0.1)

    async def reopen(user: User) -> None:
        seed = await only(user, ui.number, "Seed")
        assert seed.value == 3
        user.find("Reopen last work").click()
        assert seed.value == 77

    visit(roll_and_vanish)
    visit(reopen)


def test_damaged_last_work_is_told_and_the_page_stands(tmp_path: Path) -> None:
    path = place_of(tiny_generator().info.fingerprint)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"{")

    async def reopen(user: User) -> None:
        user.find("Reopen last work").click()
        assert any("work of the studio" in told for told in user.notify.messages)

    visit(reopen)


def test_the_first_page_needs_no_torch() -> None:
    """It is served while torch and the generator load."""
    code = (
        "import sys, dynode_studio.server; print('torch' in sys.modules, 'nicegui' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "True"]
