"""Distributions in a folder of their own, which can be imported and are discovered."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from dynode import plugins
from dynode.plugins import Registry

METHOD = """
import dynode

class Method(dynode.DirectionMethod):
    name = "{name}"
    summary = "lighten the picture"
    def find(self, generator, options, *, seed, progress, latents=None):
        {before}
        sample = generator.sample(8, seed={seed})
        light = generator.synthesize(sample).mean(dim=(1, 2, 3)).detach()
        delta = ((light - light.mean())[:, None, None] * sample.w).mean(0)
        return dynode.LinearDirection({delta})

@dynode.hookimpl
def register_directions(register):
    register(Method())
"""


def method(name: str, *, before: str = "pass", seed: str = "seed", delta: str = "delta") -> str:
    """Source of a plugin with one direction method; the arguments are where it may be broken."""
    return METHOD.format(name=name, before=before, seed=seed, delta=delta)


class Site:
    """A folder of installed distributions, one plugin each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, name: str, source: str) -> None:
        info = self.folder / f"dynode_{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: dynode-{name}\nVersion: 1.0\n"
        )
        (info / "entry_points.txt").write_text(f"[dynode]\n{name} = dynode_{name}\n")
        (self.folder / f"dynode_{name}.py").write_text(textwrap.dedent(source))

    def load(self) -> Registry:
        plugins.registry.cache_clear()
        return plugins.registry()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Installed beside whatever else is; only the plugins installed here are loaded."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    known = set(sys.modules)
    yield Site(folder)
    plugins.registry.cache_clear()
    for name in set(sys.modules) - known:
        if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]
