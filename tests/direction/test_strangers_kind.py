"""A kind of direction of a stranger, one file, goes wherever the core's own kinds go."""

from __future__ import annotations

import importlib.util
import json
import math
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

import dynode
from dynode import files, load_direction, plugins
from dynode.direction.kinds import KINDS
from dynode.errors import DirectionFileError, PluginError
from dynode.latents.latents import Latents
from dynode.plugins.shelf import RESERVED_KINDS
from dynode.testing import checks_for, run_command, tiny_generator, write_tiny_generator

ONE_FILE = Path(__file__).parent / "strangers_twist.py"


@pytest.fixture
def twist(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The stranger's one file, registered."""
    spec = importlib.util.spec_from_file_location("strangers_twist", ONE_FILE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    plugins.registry().register(module, "a stranger")
    return module


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DYNODE_CACHE", str(tmp_path / "cache"))
    write_tiny_generator(tmp_path / "g.safetensors", tiny_generator(16, w_dim=8, channels=5))
    return tmp_path


def run(*arguments: str) -> str:
    result = run_command(list(arguments))
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_it_is_found_shown_and_edits_through_the_command_line(
    twist: ModuleType, here: Path
) -> None:
    generator = ["--generator", "g.safetensors"]
    run("find", "twisting", *generator, "-o", "t.safetensors")
    shown = json.loads(run("directions", "show", "t.safetensors", "--no-strip", "--json"))
    run("edit", "--direction", "t.safetensors", "--seed", "1", *generator, "-o", "out.png")
    run("animate", "--direction", "t.safetensors", *generator, "-o", "a.gif", "--frames", "3")

    assert shown["space"] == "twist"
    assert shown["method"] == "twisting"
    assert shown["moves"].endswith("of W+, turned into each other")
    assert (here / "out.png").is_file() and (here / "a.gif").is_file()


def test_a_file_gives_back_what_was_saved(twist: ModuleType, here: Path) -> None:
    direction = twist.Twist(0, 2, torch.tensor([1.0, 0.0])).with_info(name="turn", scale=2.0)
    direction.save(here / "turn.safetensors")

    loaded = load_direction(here / "turn.safetensors")
    found = loaded.apply(Latents(torch.eye(3)[:1, None].repeat(1, 2, 1)), math.pi / 4)

    assert isinstance(loaded, twist.Twist)
    assert loaded.info == direction.info
    # Twice an eighth of a turn brings the first channel onto the second; the masked row stays.
    expected = torch.tensor([[[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]])
    torch.testing.assert_close(found.w, expected, atol=1e-6, rtol=0)


def test_it_is_exported_as_plain_arrays(twist: ModuleType, here: Path) -> None:
    twist.Twist(0, 2, torch.ones(2)).save(here / "turn.safetensors")

    run("directions", "export", "turn.safetensors", "turn.npz")

    arrays = np.load(here / "turn.npz")
    assert arrays["channels"].tolist() == [0, 2]
    assert arrays["rows"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("what", ["kind", "method"])
def test_it_keeps_the_promises_of_a_plugin(twist: ModuleType, what: str) -> None:
    thing = twist.TwistKind() if what == "kind" else twist.Twisting()

    for check in checks_for(thing):
        check()


def test_without_its_plugin_the_file_says_what_is_missing(here: Path) -> None:
    head = {"format": "dynode.direction", "version": "1", "space": "twist", "kind": "{}"}
    head["info"] = json.dumps({"calibration": {}})
    files.save_tensors({"rows": torch.ones(2)}, here / "t.safetensors", head)

    with pytest.raises(
        DirectionFileError, match=r"kind 'twist', which nothing installed here reads"
    ):
        load_direction(here / "t.safetensors")


def registering(name: str, found: Any) -> SimpleNamespace:
    """A plugin module that contributes one kind."""

    class Kind(dynode.DirectionKind):
        summary = "a kind"

        def load(self) -> Any:
            return found

    Kind.name = name

    def register_direction_kinds(register: Any) -> None:
        register(Kind())

    return SimpleNamespace(register_direction_kinds=dynode.hookimpl(register_direction_kinds))


def test_the_core_s_own_spaces_are_reserved() -> None:
    assert {kind.space for kind in KINDS} == RESERVED_KINDS
    with pytest.raises(PluginError, match="'mapper' of a stranger is one of dynode's own"):
        plugins.registry().register(registering("mapper", None), "a stranger")


@pytest.mark.parametrize("found", [None, int, dynode.LinearDirection], ids=str)
def test_a_kind_that_is_no_such_class_is_reported_by_name(found: Any, here: Path) -> None:
    plugins.registry().register(registering("twist", found), "a stranger")
    head = {"format": "dynode.direction", "version": "1", "space": "twist", "kind": "{}"}
    head["info"] = json.dumps({"calibration": {}})
    files.save_tensors({"rows": torch.ones(2)}, here / "t.safetensors", head)

    with pytest.raises(DirectionFileError, match="expected a subclass of Direction whose space is"):
        load_direction(here / "t.safetensors")
