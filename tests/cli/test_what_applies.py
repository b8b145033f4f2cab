"""Options that mean nothing beside others are refused by name, over all commands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from dynode.direction import LinearDirection, StyleDirection
from dynode.testing import run_command, tiny_generator, write_tiny_generator

# A command line, and the option of it that means nothing there.
REFUSED = {
    "directions show up.safetensors --no-strip --output a.png": "--output",
    "directions show up.safetensors --no-strip --sweep 0:1:2": "--sweep",
    "directions show up.safetensors --no-strip --count 2": "--count",
    "directions show up.safetensors --no-strip --seed 1": "--seed",
    "directions show up.safetensors --no-strip --generator g.safetensors": "--generator",
    "directions show up.safetensors --no-strip --device cpu": "--device",
    "directions show up.safetensors:2 --no-strip": "the strength behind up.safetensors",
    "directions show pair.npz --seed 1": "--seed",
    "directions show pair.npz -o a.png": "--output",
    "directions show pair.npz:2": "the strength behind pair.npz",
    "directions export up.safetensors:2 up.npy": "DIRECTION is 'up.safetensors:2'",
    "directions map up.safetensors:2 --generator g.safetensors": "DIRECTION is 'up.safetensors:2'",
    "directions calibrate up.safetensors:2": "DIRECTION is 'up.safetensors:2'",
    "directions calibrate up.safetensors --generator g.safetensors --trust": "--trust",
    "directions calibrate up.safetensors --generator g.safetensors --classifier-size 64": (
        "--classifier-size"
    ),
    "directions calibrate up.safetensors --generator g.safetensors --classifier-names a,b": (
        "--classifier-names"
    ),
    "directions calibrate up.safetensors --generator g.safetensors --codes c.safetensors": "--codes",
    "directions import pair.npz --component 0 --key a": "--component and --key",
    "directions import d.npy --device cpu": "--device",
    "directions import codes.npy --as codes --device cpu": "--device",
    "directions import codes.npy --as codes --name x": "--name",
    "directions import codes.npy --as codes --component 0": "--component",
    "directions import codes.npy --as codes --licence MIT": "--licence",
    "directions import d.npy --rows 0-1": "--rows",
    "generate --generator g.safetensors --mix-rows 0-3": "--mix-rows",
    "generate --length 3": "--length",
    "generate --video --columns 3": "--columns",
    "generate --video --truncation 0.5 --from a.png": "--truncation",
    "generators export g.safetensors g.pt2 --truncation 0.5": "--truncation",
    "plugins --json list": "--json",
    "train ode codes.npy --exact": "--exact",
    "edit c.safetensors --direction up.safetensors --seed 1": "--seed",
    "edit c.safetensors --direction up.safetensors --class 1": "--class",
    "animate c.safetensors --direction up.safetensors --seed 1": "--seed",
    "animate c.safetensors --direction up.safetensors --class 1": "--class",
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DYNODE_CACHE", str(tmp_path / "cache"))
    generator = tiny_generator(16, w_dim=8, channels=5)
    write_tiny_generator("g.safetensors", generator)
    generator.sample(1, seed=0).save("c.safetensors")
    LinearDirection(torch.ones(8)).save("up.safetensors")
    np.savez("pair.npz", a=np.ones((1, 8), np.float32), b=np.ones((1, 8), np.float32))
    np.save("d.npy", np.ones((1, 8), np.float32))
    np.save("codes.npy", np.ones((3, 6, 8), np.float32))
    return tmp_path


@pytest.mark.parametrize("line", REFUSED)
def test_an_option_that_means_nothing_is_refused_by_name(here: Path, line: str) -> None:
    before = sorted(here.iterdir())

    result = run_command(line.split())

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {REFUSED[line]}")
    assert result.stderr.count("\n") == 1
    assert sorted(here.iterdir()) == before


def test_the_strength_of_a_shown_direction_multiplies_its_strip(here: Path) -> None:
    shown = ["directions", "show", "--generator", "g.safetensors", "--count", "1"]

    doubled = run_command([*shown, "up.safetensors:2", "-o", "a.png", "--sweep", "-1:1:3"])
    plain = run_command([*shown, "up.safetensors", "-o", "b.png", "--sweep", "-2:2:3"])

    assert (doubled.exit_code, plain.exit_code) == (0, 0)
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()


def test_a_clip_of_a_direction_has_more_strengths_unless_they_are_said(here: Path) -> None:
    moved = {"b16.torgb": 5 * torch.ones(5)}
    StyleDirection(moved).save("style.safetensors")
    shown = ["directions", "show", "style.safetensors", "--generator", "g.safetensors"]
    shown += ["--count", "1"]

    run_command([*shown, "-o", "long.gif"])
    run_command([*shown, "-o", "short.gif", "--sweep", "-2:2:5"])

    assert Path("long.gif").stat().st_size > 2 * Path("short.gif").stat().st_size
