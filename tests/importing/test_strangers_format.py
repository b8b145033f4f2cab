"""A published format of a stranger, one file, is recognised, read and written as those that ship."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

import dynode
from dynode import LinearDirection, StyleDirection, load_direction, plugins
from dynode.errors import (
    CheckpointError,
    DirectionFileError,
    OptionError,
    PluginError,
    UnknownNameError,
)
from dynode.importing import ImportRequest, export_direction, import_directions
from dynode.testing import checks_for, run_command, tiny_generator, write_tiny_generator

ONE_FILE = Path(__file__).parent / "strangers_recipe.py"
GENERATOR = ["--generator", "g.safetensors"]


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The stranger's one file, registered."""
    spec = importlib.util.spec_from_file_location("strangers_recipe", ONE_FILE)
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


@pytest.fixture
def delta(here: Path) -> Tensor:
    """A direction with two numbers, in the file d.safetensors."""
    delta = torch.zeros(6, 8)
    delta[1, 2], delta[4, 7] = 1.5, -0.25
    LinearDirection(delta).with_info(name="d", scale=2.0).save(here / "d.safetensors")
    return delta


def run(*arguments: str) -> str:
    result = run_command(list(arguments))
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_it_is_exported_imported_and_edits_through_the_command_line(
    recipe: ModuleType, here: Path, delta: Tensor
) -> None:
    run("directions", "export", "d.safetensors", "d.csv")
    run("directions", "import", "d.csv", "-o", "back.safetensors", *GENERATOR)
    run("edit", "--direction", "d.csv", "--seed", "1", *GENERATOR, "-o", "one.png")
    run("edit", "--direction", "back.safetensors", "--seed", "1", *GENERATOR, "-o", "two.png")

    back = load_direction(here / "back.safetensors")
    assert isinstance(back, LinearDirection)
    assert torch.equal(back.delta, delta)
    assert back.info.method == "recipe"
    assert (here / "d.csv").read_text() == "# recipe 6 8\n1,2,1.5\n4,7,-0.25\n"
    assert (here / "one.png").read_bytes() == (here / "two.png").read_bytes()


def test_its_options_are_flags_once_it_is_named(
    recipe: ModuleType, here: Path, delta: Tensor
) -> None:
    export_direction(LinearDirection(delta), here / "d.csv")
    command = ["directions", "import", "d.csv", "-o", "back.safetensors"]

    unnamed = run_command([*command, "--times", "3"])
    told = run("directions", "import", "--format", "recipe", "--help")
    run(*command, "--format", "recipe", "--times", "3")

    assert unnamed.exit_code == 2
    assert "--times NUMBER" in told and "Factor of every amount." in told
    (again,) = import_directions(here / "d.csv", format="recipe", times=3.0)
    back = load_direction(here / "back.safetensors")
    assert isinstance(back, LinearDirection) and isinstance(again, LinearDirection)
    assert torch.equal(back.delta, 3 * delta)
    assert torch.equal(again.delta, 3 * delta)


def test_the_calibrated_scale_is_multiplied_in_where_that_is_asked(
    recipe: ModuleType, here: Path, delta: Tensor
) -> None:
    run("directions", "export", "d.safetensors", "d.csv", "--scaled")

    assert "1,2,3.0\n" in (here / "d.csv").read_text()


def test_it_keeps_the_promises_of_a_plugin(recipe: ModuleType) -> None:
    for check in checks_for(recipe.Recipe()):
        check()


def test_it_is_listed(recipe: ModuleType) -> None:
    assert '"recipe": "amounts of single channels of W+, a text"' in run("plugins", "--json")


def test_plain_arrays_stay_plain_arrays_beside_it(recipe: ModuleType, here: Path) -> None:
    direction = LinearDirection(torch.ones(8))

    assert export_direction(direction, here / "d.npy") == "an array (1, 8)"
    with pytest.raises(DirectionFileError, match=r"\.csv \(recipe\); \.npy or \.pt \(arrays\)"):
        export_direction(direction, here / "d.txt")
    with pytest.raises(DirectionFileError, match=r"cannot export 'direction' to d.npy"):
        export_direction(direction, here / "d.npy", format="recipe")
    with pytest.raises(DirectionFileError, match=r"expected \.npz or \.pt \(arrays\)"):
        export_direction(StyleDirection({"a": torch.ones(2)}), here / "d.csv")


def test_a_text_that_is_nobody_s_is_refused_as_before(recipe: ModuleType, here: Path) -> None:
    (here / "x.csv").write_text("row,channel,amount\n1,2,3\n")

    with pytest.raises(CheckpointError, match="x.csv"):
        import_directions(here / "x.csv")
    with pytest.raises(DirectionFileError, match="x.csv is not in the format 'recipe'; expected"):
        import_directions(here / "x.csv", format="recipe")
    with pytest.raises(UnknownNameError, match="did you mean 'recipe'"):
        import_directions(here / "x.csv", format="recipes")


def test_what_is_said_of_plain_arrays_is_refused_for_it(
    recipe: ModuleType, here: Path, delta: Tensor
) -> None:
    export_direction(LinearDirection(delta), here / "d.csv")

    with pytest.raises(OptionError, match="--space z does not apply to d.csv"):
        import_directions(here / "d.csv", ImportRequest(space="z"))


def test_a_file_two_formats_claim_is_to_be_named(
    recipe: ModuleType, here: Path, delta: Tensor
) -> None:
    other = type("Other", (recipe.Recipe,), {"name": "other"})
    plugins.registry().register(registering(other()), "another stranger")
    export_direction(LinearDirection(delta), here / "d.csv", format="recipe")

    with pytest.raises(
        OptionError, match="several formats: recipe, other; say which with --format"
    ):
        import_directions(here / "d.csv")
    with pytest.raises(OptionError, match="formats recipe, other; say which with --format"):
        export_direction(LinearDirection(delta), here / "e.csv")
    assert len(import_directions(here / "d.csv", format="other")) == 1


@pytest.mark.parametrize(
    "found", [None, ["smile"], LinearDirection(torch.ones(2))], ids=["nothing", "words", "no list"]
)
def test_what_is_no_list_of_directions_is_reported_by_name(
    recipe: ModuleType, here: Path, delta: Tensor, found: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipe.Recipe, "read", lambda self, *given, **named: found)
    (here / "d.csv").write_text("# recipe 1 1\n")

    with pytest.raises(
        PluginError, match="format 'recipe' read a .*; expected a list of directions"
    ):
        import_directions(here / "d.csv")


@pytest.mark.parametrize("flag", [["--component", "0"], ["--key", "a"], ["--format", "recipe"]])
def test_what_is_said_of_directions_is_refused_for_codes(
    recipe: ModuleType, here: Path, flag: list[str]
) -> None:
    torch.save(torch.randn(5, 6, 8), here / "codes.pt")

    refused = run_command(["directions", "import", "codes.pt", "--as", "codes", *flag])

    assert refused.exit_code == 2
    assert f"{flag[0]} does not apply to --as codes" in refused.stderr


def registering(thing: Any) -> SimpleNamespace:
    """A plugin module that contributes one format."""

    def register_formats(register: Any) -> None:
        register(thing)

    return SimpleNamespace(register_formats=dynode.hookimpl(register_formats))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "arrays"}, "'arrays' of a stranger is one of dynode's own"),
        ({"name": "clashing", "options": "generator"}, "option 'generator' .* is a keyword of"),
    ],
    ids=["the core's name", "a keyword"],
)
def test_what_would_hide_something_is_refused_at_registration(
    recipe: ModuleType, changes: dict[str, Any], message: str
) -> None:
    from dataclasses import make_dataclass

    if "options" in changes:
        field = (changes["options"], str, dynode.option("", help="A word."))
        changes = {**changes, "options": make_dataclass("Options", [field], frozen=True)}
    thing = type("Thing", (recipe.Recipe,), changes)()

    with pytest.raises(PluginError, match=message):
        plugins.registry().register(registering(thing), "a stranger")
