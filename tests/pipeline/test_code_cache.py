"""The cache heals and is optional: nothing in it, or about its folder, may fail a command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

import dynode
from dynode import models, plugins
from dynode.errors import PluginError, UnknownNameError
from dynode.testing import tiny_generator

pytestmark = pytest.mark.usefixtures("inverter")


class Counting(dynode.Inverter):
    """An inverter that counts its calls, and returns what it is told."""

    name = "counting"

    def __init__(self) -> None:
        self.calls = 0
        self.factor = 1.0

    def invert(self, generator: Any, images: Any, options: Any, *, seed: int, progress: Any) -> Any:
        self.calls += 1
        return dynode.Latents(generator.sample(len(images), seed=0).w * self.factor)


def registered(inverter: Counting, version: str) -> plugins.Registry:
    registry = plugins.Registry()
    registry.inverters.add(inverter, f"counting (counting {version})")
    return registry


@pytest.fixture
def inverter(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counting]:
    made = Counting()
    registry = registered(made, "1")
    monkeypatch.setattr(plugins, "registry", lambda: registry)
    monkeypatch.setattr("dynode.pipeline.code_cache.registry", lambda: plugins.registry())
    yield made


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DYNODE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "face.png"
    Image.new("RGB", (16, 16)).save(path)
    return path


def codes_of(picture: Path) -> torch.Tensor:
    return dynode.invert(picture, tiny_generator(16)).latents.w


def test_codes_are_kept(cache: Path, picture: Path, inverter: Counting) -> None:
    first, second = codes_of(picture), codes_of(picture)

    assert inverter.calls == 1
    assert torch.equal(first, second)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:200])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def another_file(path: Path) -> None:
    path.write_bytes(b"\x10" + b"\0" * 7 + b'{"__metadata__":' + b"x" * 40)


def infinite(path: Path) -> None:
    codes = dynode.Latents.load(path)
    dynode.Latents(codes.w * float("inf")).save(path)


@pytest.mark.parametrize("damage", [cut, empty, another_file, infinite])
@pytest.mark.robust(kind="I caches", member="a damaged entry")
def test_a_damaged_entry_is_made_again_with_one_warning(
    damage: Callable[[Path], None], cache: Path, picture: Path, inverter: Counting
) -> None:
    first = codes_of(picture)
    (entry,) = (cache / "codes").rglob("*.safetensors")
    damage(entry)

    with pytest.warns(UserWarning, match="are damaged .*; they are made again"):
        healed = codes_of(picture)

    assert torch.equal(first, healed)
    assert torch.equal(codes_of(picture), first)  # without a warning: the suite makes them errors
    assert inverter.calls == 2


@pytest.mark.robust(kind="I caches", member="codes that are not finite")
def test_codes_that_are_not_finite_are_named_and_never_kept(
    cache: Path, picture: Path, inverter: Counting
) -> None:
    inverter.factor = float("nan")
    with pytest.raises(PluginError, match="Inverter 'counting' .* codes that are not finite"):
        codes_of(picture)
    inverter.factor = 1.0

    assert bool(codes_of(picture).isfinite().all())


@pytest.mark.robust(kind="I caches", member="another version of the plugin")
def test_another_version_of_the_plugin_finds_anew(
    cache: Path, picture: Path, inverter: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes_of(picture)
    renewed = registered(inverter, "2")
    monkeypatch.setattr(plugins, "registry", lambda: renewed)

    codes_of(picture)

    assert inverter.calls == 2


@pytest.mark.robust(kind="I caches", member="a folder that cannot be written")
def test_a_cache_that_cannot_be_written_costs_a_warning(
    tmp_path: Path, picture: Path, inverter: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    monkeypatch.setenv("DYNODE_CACHE", str(in_the_way))

    with pytest.warns(UserWarning, match="codes cannot be kept in .*DYNODE_CACHE"):
        found = codes_of(picture)

    assert found.shape[0] == 1


def full(*arguments: object, **options: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.robust(kind="I caches", member="a full disk")
def test_a_full_cache_costs_a_warning(
    cache: Path, picture: Path, inverter: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dynode.Latents, "save", full)

    with pytest.warns(UserWarning, match=r"cannot be kept in .* \(No space left on device\)"):
        codes_of(picture)


def test_the_cache_tells_its_parts_and_is_cleared(cache: Path, picture: Path) -> None:
    codes_of(picture)
    (cache / "directions").mkdir()
    (cache / "directions" / "mine.safetensors").write_bytes(b"mine")
    (cache / "fetched.pt").write_bytes(b"model")

    parts = {part.name: part for part in models.cache_parts()}
    freed = models.clear_cache()

    assert freed == parts["codes"].size_bytes > 0
    assert {part.name for part in models.cache_parts()} == {"", "directions"}
    with pytest.raises(UnknownNameError, match="directions"):
        models.clear_cache("directions")
