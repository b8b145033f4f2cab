"""What every test relies on: no plugins unless asked for, no network, few threads."""

from __future__ import annotations

import gc
import importlib.util
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from dynode import plugins

# Read by torch when it is first imported; the networks under test are too small for more.
os.environ.setdefault("OMP_NUM_THREADS", "1")

REPOSITORY = Path(__file__).parents[1]
REFERENCE = Path(__file__).parent / "reference"
TAKES_LONG = frozenset(
    Path(__file__).with_name("slow.txt").read_text(encoding="utf-8").splitlines()
)


class ReferenceCase(NamedTuple):
    """One case computed with the published code: `tests/reference/<name>/`."""

    case: dict[str, Any]
    states: dict[str, dict[str, np.ndarray]]
    inputs: dict[str, np.ndarray]
    outputs: dict[str, np.ndarray]


@pytest.hookimpl(tryfirst=True)  # before what is left out is decided
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what takes more than about half a second of processor, as `slow.txt` lists it."""
    for item in items:
        if item.nodeid in TAKES_LONG:
            item.add_marker("slow")


def pytest_collection_finish() -> None:
    """Leave what is imported by now out of every later search for garbage.

    That is half a million objects of torch, and libraries that read clips search all of them each time
    a file is closed. Hypothesis is imported first: it asks who refers to what its plugins give it (trio's
    does, which selenium brings), and of frozen objects nobody knows.
    """
    import hypothesis  # noqa: F401

    gc.freeze()


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout, for tests about the project's own files."""
    return REPOSITORY


@pytest.fixture(scope="session")
def reference_case() -> Callable[[str], ReferenceCase]:
    """Load a reference case by the name of its folder."""
    spec = importlib.util.spec_from_file_location("reference_fill", REFERENCE / "fill.py")
    assert spec is not None and spec.loader is not None
    fill = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fill)
    return lambda name: ReferenceCase(*fill.load_case(REFERENCE / name))


@pytest.fixture(autouse=True)
def _plugins_are_off(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide installed plugins, so that a test sees only those it registers itself."""
    if request.node.get_closest_marker("installed_plugins") is None:
        monkeypatch.setenv("DYNODE_LOAD_PLUGINS", "")
    else:
        monkeypatch.delenv("DYNODE_LOAD_PLUGINS", raising=False)
    plugins.registry.cache_clear()


@pytest.fixture
def installed_plugins(monkeypatch: pytest.MonkeyPatch) -> plugins.Registry:
    """The registry a user has, with every plugin that is installed; or use the marker."""
    monkeypatch.delenv("DYNODE_LOAD_PLUGINS", raising=False)
    plugins.registry.cache_clear()
    return plugins.registry()


@pytest.fixture(scope="session", autouse=True)
def _network_is_off() -> Iterator[None]:
    """Refuse internet connections: a test that needs a download is a broken test.

    Servers that a test starts itself can be reached: they listen on this machine's own address.
    """

    def refuse(self: socket.socket, address: Any) -> None:
        is_internet = self.family in (socket.AF_INET, socket.AF_INET6)
        if is_internet and address[0] not in ("127.0.0.1", "::1"):
            raise AssertionError(f"the tests run without a network; this one wants {address!r}")
        connect(self, address)

    connect = socket.socket.connect
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        yield
