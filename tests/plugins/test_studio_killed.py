"""A studio that is killed loses nothing that was settled a second before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.installed_plugins, pytest.mark.slow]


def test_the_work_is_reopened_after_the_studio_was_killed(
    visitor: Any, start_studio: Callable[[Path], Any], tmp_path: Path
) -> None:
    with start_studio(tmp_path) as (server, address):
        visitor.driver.get(address)
        visitor.wait(visitor.source, "the first picture")
        visitor.new_picture(lambda: visitor.drag("Strength of smile", 60), "a dragged picture")
        strength = visitor.strength("smile")
        kept = tmp_path / "cache" / "studio"
        visitor.wait(lambda: list(kept.glob("*.json")), "the work that is kept")
        server.kill()
        assert server.wait() == -9

    with start_studio(tmp_path) as (_, address):
        visitor.driver.get(address)
        visitor.wait(visitor.source, "the first picture of another studio")
        assert (strength > 0.5, visitor.strength("smile")) == (True, 0)
        visitor.new_picture(lambda: visitor.press("Reopen last work"), "the work again")
        visitor.wait(lambda: visitor.strength("smile") == strength, "its slider")
