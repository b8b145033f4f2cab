"""A world for the command: a tiny generator in a file, and plugins found by an entry point."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import pytest

from dynode import plugins
from dynode.testing import tiny_generator, write_tiny_generator

# The plugin of the README, with an option of each type and a few ways to go wrong.
BRIGHTEN = '''
from dataclasses import dataclass
from pathlib import Path

import click
import dynode


@dataclass(frozen=True)
class Options:
    text: str = dynode.option("", help="What to see.")
    samples: int = dynode.option(8, help="Pictures to measure.", unit="pictures", min=2, max=64)
    rate: float = dynode.option(0.5, help="Rate.", min=0.0)
    fail: str = dynode.option("", help="How to fail.")
    flat: bool = dynode.option(False, help="One offset for all rows.")
    table: Path | None = dynode.option(None, help="A file.")


class Brighten(dynode.DirectionMethod):
    """Lighten the whole picture: latents correlated with the mean pixel value."""

    name = "brighten"
    summary = "lighten the whole picture"
    options = Options

    def find(self, generator, options, *, seed, progress, latents=None):
        if options.fail:
            raise {"interrupt": KeyboardInterrupt, "value": ValueError, "os": OSError,
                   "key": KeyError, "memory": MemoryError, "assert": AssertionError}[options.fail](
                "the first line\\nthe second line")
        sample = generator.sample(options.samples, seed=seed)
        brightness = generator.synthesize(sample).mean(dim=(1, 2, 3))
        score = (brightness - brightness.mean()) / brightness.std()
        progress(1, 1)
        return dynode.LinearDirection((score[:, None, None] * sample.w).mean(dim=0))


class Needy(Brighten):
    """A method with a required option."""

    name = "needy"

    @dataclass(frozen=True)
    class Own:
        goal: str = dynode.option(help="Where to go.")

    options = Own


class Both(Brighten):
    """A method that finds one direction for each picture: its own offset of one row."""

    name = "both"
    options = dynode.DirectionMethod.options
    per_image = True

    def find(self, generator, options, *, seed, progress, latents=None):
        deltas = [code.new_zeros(code.shape) for code in latents.w]
        for index, delta in enumerate(deltas):
            delta[index] = 1.0
        return [dynode.LinearDirection(delta) for delta in deltas]


@dynode.hookimpl
def register_directions(register):
    for method in (Brighten(), Needy(), Both()):
        register(method)


@click.command("sing")
@click.option("--loud", is_flag=True)
def sing(loud):
    r"""Sing a song.

    \\b
    Try:  dynode sing --loud
    """
    click.echo("LA" if loud else "la")
    raise SystemExit(5 if loud else None)


@dynode.hookimpl
def register_commands(register):
    register(sing)
'''


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint file of a tiny generator."""
    generator = tiny_generator(16, w_dim=8, channels=4)
    return write_tiny_generator(
        tmp_path_factory.mktemp("generators") / "tiny.safetensors", generator
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


@pytest.fixture(autouse=True)
def _own_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of the test's own, and the processor even where there is a GPU."""
    monkeypatch.setenv("DYNODE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DYNODE_DEVICE", "cpu")


@pytest.fixture
def install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str, str], None]]:
    """Install distributions with one plugin each, by name and source; there are no others."""
    site = tmp_path / "site"
    site.mkdir()

    def entry_points(group: str) -> metadata.EntryPoints:
        installed = metadata.distributions(path=[str(site)])
        points = [point for dist in installed for point in dist.entry_points]
        return metadata.EntryPoints(points).select(group=group)

    def add(name: str, source: str) -> None:
        info = site / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[dynode]\n{name} = dynode_{name}_of_test\n")
        (site / f"dynode_{name}_of_test.py").write_text(source)
        plugins.registry.cache_clear()

    monkeypatch.setattr(plugins.discovery.metadata, "entry_points", entry_points)
    monkeypatch.syspath_prepend(site)
    monkeypatch.delenv("DYNODE_LOAD_PLUGINS")
    yield add
    plugins.registry.cache_clear()
    for name in [name for name in sys.modules if name.endswith("_of_test")]:
        del sys.modules[name]


@pytest.fixture
def brighten(install: Callable[[str, str], None]) -> None:
    """The plugin `brighten`, installed alone."""
    install("brighten", BRIGHTEN)
