"""An option that does not apply to the source is refused by its name; none is ignored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import dynode
from dynode.direction.linear import LinearDirection
from dynode.errors import OptionError
from dynode.pipeline.applying import OPTIONS, refuse_what_does_not_apply
from dynode.testing import run_command, write_tiny_generator
from dynode.testing.videos import write_test_video

SOURCES = {
    "sampled": [],
    "picture": ["photo.png"],
    "latents": ["codes.safetensors"],
    "clip": ["clip.mp4"],
}
# How each option of the table is typed.
TYPED = {
    "inverter": ["--inverter", "level"],
    "inverter_options": ["--inverter-option", "gain=notanumber"],
    "landmarks": ["--landmarks", "points.json"],
    "face_detector": ["--face-detector", "square"],
    "face_model": ["--face-model", "m.task"],
    "mode": ["--mode", "tangent"],
    "fit": ["--smoothing", "auto"],
    "check": ["--no-check"],
    "sweep": ["--sweep", "-1:1:3"],
    "fps": ["--sweep", "-1:1:3", "--fps", "10"],
    "edited_only": ["--edited-only"],
    "motion": ["--motion-from", "motion.safetensors"],
    "crop_only": ["--crop-only"],
    "keep_identity": ["--keep-identity", "0.9"],
    "truncation": ["--truncation", "0.5"],
    "seed": ["--seed", "3"],
    "class_index": ["--class", "0"],
}
FACES = ("landmarks", "face_detector", "face_model")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, generator: Any, inverter: Any) -> Path:
    """A source of each kind, a generator and a direction."""
    monkeypatch.chdir(tmp_path)
    write_tiny_generator("g.safetensors", generator)
    LinearDirection(torch.ones(64)).save("up.safetensors")
    generator.sample(1, seed=0).save("codes.safetensors")
    Image.fromarray(np.full((32, 32, 3), 120, np.uint8)).save("photo.png")
    write_test_video(tmp_path / "clip.mp4", frames=3)
    return tmp_path


def refused() -> list[Any]:
    """Every option of the table with every kind of source it does not apply to."""
    cases = []
    for command in ("edit", "animate"):
        for name, where in OPTIONS[command].items():
            typed = FACES if name == "faces" else (name,)
            cases += [
                pytest.param(command, kind, TYPED[each], id=f"{command} {kind} {each}")
                for kind in SOURCES
                for each in typed
                if kind not in where.to and not (command == "animate" and kind == "clip")
            ]
    return cases


@pytest.mark.parametrize(("command", "kind", "typed"), refused())
def test_it_is_refused_by_name_and_nothing_is_written(
    folder: Path, command: str, kind: str, typed: list[str]
) -> None:
    before = sorted(folder.iterdir())
    line = [command, *SOURCES[kind], "--direction", "up.safetensors"]

    result = run_command([*line, "--generator", "g.safetensors", *typed])

    flag = next(word for word in typed if word.startswith("--"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"error: {flag.replace('--no-', '--')} does not apply to " in result.stderr
    assert result.stderr.count("\n") == 1
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (["edit", "--fps", "10"], "--fps applies only with --sweep or --motion-from"),
        (
            ["edit", "--sweep", "0:1:2", "--edited-only"],
            "--edited-only does not apply with --sweep",
        ),
        (
            ["edit", "--sweep", "0:1:2", "--fps", "9", "-o", "a.png"],
            "--fps does not apply to a.png, a picture",
        ),
        (["animate", "clip.mp4"], "clip.mp4 is a clip, and what is animated is a still picture"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_another_option_rules_out_is_refused(
    folder: Path, line: list[str], message: str
) -> None:
    result = run_command([*line, "--direction", "up.safetensors", "--generator", "g.safetensors"])

    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


@pytest.mark.parametrize("name", sorted(OPTIONS["train ode"]))
def test_options_of_one_way_of_fitting_are_refused_by_the_other(tmp_path: Path, name: str) -> None:
    np.save(tmp_path / "codes.npy", np.zeros((3, 2, 3), np.float32))
    is_published = not OPTIONS["train ode"][name].beside
    value = {"smoothing": "auto", "variance": "0.5", "tube": "0.5"}.get(name, "5")
    given = [f"--{name}"] if name in ("autonomous", "exact") else [f"--{name}", value]

    result = run_command(
        ["train", "ode", tmp_path / "codes.npy", "-o", tmp_path / "out.safetensors", *given]
        + ["--published"] * is_published
    )

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: --{name} ")
    assert "--published" in result.stderr


@pytest.mark.parametrize("kind", SOURCES)
def test_what_applies_is_not_refused(folder: Path, kind: str) -> None:
    applying = {
        name: True
        for name, where in OPTIONS["edit"].items()
        if kind in where.to and not where.without and where.beside in ("", "sweep")
    }

    refuse_what_does_not_apply("edit", applying, kind)  # type: ignore[arg-type]  # a key of SOURCES


def test_python_refuses_as_the_command_line_does(folder: Path, generator: Any) -> None:
    with pytest.raises(OptionError, match="--mode does not apply to a picture, it is for a clip"):
        dynode.edit("photo.png", directions=["up.safetensors"], generator=generator, mode="tangent")
    with pytest.raises(OptionError, match="--face-model does not apply to a sampled picture"):
        dynode.animate(
            None, "up.safetensors", generator=generator, faces=dynode.FaceSource(model="m.task")
        )
