"""The tests of this folder see the plugin whose commands they call, unless they ask for all."""

import pytest

from dynode import plugins


@pytest.fixture(autouse=True)
def _make_is_on(
    _plugins_are_off: None, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if request.node.get_closest_marker("installed_plugins") is None:
        monkeypatch.setenv("DYNODE_LOAD_PLUGINS", "make")
        plugins.registry.cache_clear()
