"""Fixtures for the tests of a plugin.

Switch them on in the package's own `pyproject.toml`; nothing else is affected by them:

    [tool.pytest.ini_options]
    addopts = ["-p", "dynode.testing.fixtures"]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from dynode import plugins
from dynode.generator.protocol import Generator
from dynode.testing.command import CommandResult, run_command
from dynode.testing.stand_ins import stand_ins
from dynode.testing.trial import others, small


@pytest.fixture(autouse=True)
def _dynode_discovery_is_off(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Hide the plugins that happen to be installed, so that a test sees only its own."""
    if "dynode_installed" in request.fixturenames:
        monkeypatch.delenv("DYNODE_LOAD_PLUGINS", raising=False)
    else:
        monkeypatch.setenv("DYNODE_LOAD_PLUGINS", "")
    plugins.registry.cache_clear()
    yield
    plugins.registry.cache_clear()


@pytest.fixture
def dynode_registry() -> Iterator[plugins.Registry]:
    """The registry of the test, with a scorer and a text model for tiny generators.

    Register the module under test with `dynode_registry.register(module, "my package")`.
    """
    with stand_ins() as registry:
        yield registry


@pytest.fixture
def dynode_installed() -> plugins.Registry:
    """The registry a user has, with every plugin that is installed."""
    return plugins.registry()


@pytest.fixture
def dynode_generator() -> Generator:
    """A tiny generator: 16 px, 6 rows of width 32."""
    return small()


@pytest.fixture(params=["10 rows", "4 rows", "classes"])
def dynode_other_generator(request: pytest.FixtureRequest) -> Generator:
    """Tiny generators of other shapes, one test each."""
    by_name = {"10 rows": 0, "4 rows": 1, "classes": 2}
    return list(others().values())[by_name[request.param]]


@pytest.fixture
def dynode_command() -> Callable[..., CommandResult]:
    """Run `dynode` inside the process: `dynode_command("edit", "--plugin", "mine")`."""
    return lambda *arguments: run_command(arguments)
