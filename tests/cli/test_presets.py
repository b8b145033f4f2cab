"""`--save-preset` writes the options of an edit, `--preset` takes them again."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
import torch

import dynode
from dynode.testing import run_command, tiny_generator, write_tiny_generator


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_tiny_generator(tmp_path / "g.safetensors", tiny_generator(16, w_dim=32, channels=8))
    for name, sign in (("up", 1.0), ("down", -1.0)):
        dynode.LinearDirection(sign * torch.ones(32)).save(f"{name}.safetensors")
    return tmp_path


GIVEN = [
    *("--direction", "up.safetensors:2", "--direction=down.safetensors", "--strength", "0.5"),
    *("--generator", "g.safetensors", "--seed", "7", "--edited-only"),
]


def edited(*arguments: str) -> dict[str, object]:
    result = run_command(["edit", *arguments, "--json"])
    assert result.exit_code == 0, result.stderr
    told: dict[str, object] = json.loads(result.stdout)
    return told


def test_a_preset_holds_what_was_typed_and_makes_the_same_picture(world: Path) -> None:
    edited(*GIVEN, "--save-preset", "p.toml", "-o", "a.png")

    edited("--preset", "p.toml", "-o", "b.png")

    assert tomllib.loads(Path("p.toml").read_text()) == {
        "direction": ["up.safetensors:2", "down.safetensors"],
        "strength": 0.5,
        "edited-only": True,
        "generator": "g.safetensors",
        "seed": 7,
    }
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()


def test_what_is_given_counts_before_the_preset(world: Path) -> None:
    Path("p.toml").write_text(
        'direction = ["down.safetensors"]\nstrength = 3\ngenerator = "g.safetensors"\nseed = 1\n'
    )
    edited("--preset", "p.toml", "--direction", "up.safetensors", "--strength", "1", "-o", "a.png")

    edited(
        "--direction",
        "up.safetensors",
        "--generator",
        "g.safetensors",
        "--seed",
        "1",
        "-o",
        "b.png",
    )

    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()


@pytest.mark.installed_plugins
def test_the_options_of_a_plugin_belong_to_it(world: Path) -> None:
    given = ["--plugin", "sefa", "--component", "1", "--generator", "g.safetensors"]
    edited(*given, "--save-preset", "p.toml", "-o", "a.png")

    edited("--preset=p.toml", "-o", "b.png")

    assert tomllib.loads(Path("p.toml").read_text())["component"] == 1
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("strenght = 2", "did you mean 'strength'"),
        ("output = 'x.png'", "unknown option in p.toml 'output'"),
        ("force = true", "unknown option in p.toml 'force'"),
        ("edited-only = 3", "p.toml: edited-only is 3; expected true or false"),
        ("strength = [1, 2]", "p.toml: strength is [1, 2]; expected a text or a number"),
        ("strength = true", "p.toml: strength is true; expected a text or a number"),
        ("strength = 'much'", "'much' is not a"),
        ("strength", "p.toml cannot be read as TOML"),
        ("[direction]", "p.toml: direction is {}; expected a text or a number"),
        ("--force = 1", "unknown option in p.toml '--force'"),
    ],
)
def test_a_wrong_preset_is_told_in_one_line(world: Path, text: str, message: str) -> None:
    Path("p.toml").write_text(text)

    result = run_command(["edit", "--preset", "p.toml", *GIVEN[:2], *GIVEN[5:7], "-o", "a.png"])

    assert result.exit_code == 2, result.stderr
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert not Path("a.png").exists()


def test_presets_are_neither_made_up_nor_overwritten(world: Path) -> None:
    result = run_command(["edit", "--preset", "absent.toml"])
    assert (result.exit_code, "absent.toml does not exist" in result.stderr) == (2, True)
    Path("p.toml").write_text("mine")

    result = run_command(["edit", *GIVEN, "--save-preset", "p.toml", "-o", "a.png"])

    assert result.exit_code != 0
    assert "p.toml exists already" in result.stderr
    assert Path("p.toml").read_text() == "mine"
    assert not Path("a.png").exists()


@pytest.mark.parametrize(
    "text", ["007", "1e5", "nan", "1.50", 'a "quoted" text', "ümlaut", "-3", "2.5"]
)
def test_a_value_comes_back_as_it_was_typed(text: str) -> None:
    from dynode.cli.presets import _toml

    assert str(tomllib.loads(f"a = {_toml(text)}")["a"]) == text
