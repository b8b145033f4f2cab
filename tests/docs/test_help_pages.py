"""Every `--help`: its 'Python:' line runs after `import dynode`, and all pages speak one language."""

from __future__ import annotations

import ast
import copy
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
import torch
from PIL import Image

import dynode
import dynode_data
import dynode_make
from dynode.cli.root import COMMANDS as BUILT_IN
from dynode.cli.root import _root as root
from dynode.crop import frame_of
from dynode.plugins import Registry, registry
from dynode.testing import run_command, write_tiny_generator
from dynode.testing.videos import write_test_video
from dynode_make import plugin as make

MADE = ("mix", "morph", "walk")  # of a plugin, with `generators blend`
TRAINED = {("train", name) for name in ("e4e", "restyle", "mapper")}
LINE = re.compile(r"^ *Python: +(.+)$", flags=re.MULTILINE)


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        yield path
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        assert child is not None
        yield from leaves(child, (*path, name))


def command_of(path: tuple[str, ...]) -> click.Command:
    command: click.Command | None = root
    for name in path:
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), name)
    assert command is not None
    return command


def python_line(path: tuple[str, ...]) -> str:
    (line,) = LINE.findall(run_command([*path, "--help"]).stdout)
    return line


# `train NAME` and what plugins add are there only with them.
# What is trained on clips and pictures is trained in tests of its own.
ELSEWHERE = TRAINED | {
    ("train", name) for name in ("stylegan-v-motion", "stylegan-v", "mocogan", "stylegan2")
}
COMMANDS = [
    path
    for path in leaves(root)
    if path[0] in {*BUILT_IN, *MADE} and path[:2] not in ELSEWHERE and path[:1] != ("metrics",)
] + [("metrics", "list")]


def names() -> dict[str, Any]:
    """What the lines take for granted besides `dynode`."""
    from dynode_brighten import Brighten  # the package of the tutorial

    points = np.array([(80.0, 100), (120, 100), (100, 120), (86, 148), (114, 148)])
    photo = Image.new("RGB", (240, 200), "grey")
    return {
        "dynode": dynode,
        "dynode_make": dynode_make,
        "photo": photo,
        "edited": Image.new("RGB", (64, 64)),
        "landmarks": points,
        "frame": frame_of(points),
        "latents": dynode.load_generator().sample(3, seed=0),
        "Brighten": Brighten,
    }


def warmer(generator: Any) -> dynode.Direction:
    """What the small scorer calls a smile, by the codes that go with it."""
    latents = generator.sample(64, seed=0)
    images = generator.synthesize(latents).detach()
    warm = images[:, 0].mean((1, 2)) - images[:, 2].mean((1, 2))
    towards = (latents.w[:, 0] * (warm - warm.mean())[:, None]).mean(0)
    return dynode.LinearDirection(towards / towards.norm())


@pytest.fixture(autouse=True)
def _made_is_on(_plugins_are_off: None, request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("installed_plugins") is None:
        registry().register(make, "dynode-gan")


@pytest.fixture
def files(small_world: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files that the lines name, in the working folder; what takes minutes stands in."""
    from dynode_e4e.plugin import E4e

    generator = dynode.load_generator()
    write_tiny_generator("stylegan2-ffhq-config-f.pt")
    cartoon = dynode.StyleGAN2(copy.deepcopy(generator.network), name="cartoon")
    cartoon.network.synthesis.layer("b8.conv0").weight.data *= 1.1
    write_tiny_generator("cartoon.safetensors", cartoon)
    direction = warmer(generator).with_info(name="smile")
    direction.save("smile.safetensors")
    direction.save(Path("directions", "smile.safetensors"))
    dynode.ZDirection(torch.ones(generator.info.z_dim)).save("age-z.safetensors")
    np.save("stylegan_ffhq_age_w_boundary.npy", np.ones((1, 512), np.float32))
    write_test_video(Path("clip.mp4"), frames=4)
    Path("recordings").mkdir()
    write_test_video(Path("recordings/one.mp4"), frames=4)
    frames = Path("clips/one")
    frames.mkdir(parents=True)
    for index in range(128):  # as many as the line of `data crop` keeps
        Image.new("RGB", (16, 16)).save(frames / f"{index:06d}.png")
    dynode_data.pack_clips("clips", "clips.zip")
    Path("photos").mkdir()
    Image.new("RGB", (32, 32)).save("photos/a.png")
    Path("runs/stylegan-v").mkdir(parents=True)
    Image.new("RGB", (32, 32)).save("runs/stylegan-v/real.png")
    monkeypatch.setenv("DYNODE_CACHE", ".")

    def read(self: E4e, generator: Any, images: Any, options: Any, **given: Any) -> Any:
        return dynode.Latents(generator.mean_w.expand(len(images), generator.info.num_layers, -1))

    monkeypatch.setattr(E4e, "invert", read)
    monkeypatch.setattr("dynode.models.fetch", lambda model: model.url)


@pytest.mark.filterwarnings("ignore::UserWarning")  # of a small text model and small frames
@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_the_python_line_of_a_command_runs(path: tuple[str, ...], files: None) -> None:
    exec(compile(python_line(path), " ".join(path), "exec"), names())  # our own help pages


@pytest.mark.parametrize("name", [name for _, name in sorted(TRAINED)])
def test_the_python_line_of_a_training_runs(
    name: str, small_world: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dynode.pipeline.training import trainable

    method = trainable()[name]
    asked = dict[str, Any]()

    def train(self: Any, generator: Any, output: Path, options: Any, **given: Any) -> None:
        asked.update(given, options=options)

    monkeypatch.setattr(type(method), "train", train)

    exec(python_line(("train", name)), names())  # our own help pages

    assert asked["data"] == "sampled"
    assert isinstance(asked["options"], method.training_options)


@pytest.mark.installed_plugins
def test_the_python_lines_of_plugins_run(monkeypatch: pytest.MonkeyPatch) -> None:
    from dynode_facets import dataset

    drawn = list[Any]()
    monkeypatch.setattr(dataset, "render_dataset", lambda *given, **named: drawn.append(given))

    exec(python_line(("facets", "render")), {"dynode": dynode})  # our own help pages

    assert drawn == [(1000, "faces.zip")]


@pytest.mark.installed_plugins
def test_every_command_prints_a_document_when_it_is_asked_to() -> None:
    without = [
        " ".join(path)
        for path in leaves(root)
        if not any("--json" in parameter.opts for parameter in command_of(path).params)
    ]

    assert without == ["studio"]  # serves until it is stopped: there is no result


def test_every_name_is_there_after_import_dynode_alone() -> None:
    """Other tests import modules, after which they are attributes; so this asks a fresh process."""
    chains = sorted({chain for path in COMMANDS for chain in chains_of(python_line(path))})

    check = f"import dynode\nfor chain in {chains!r}: eval(chain)"
    ran = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True)

    assert len(chains) > 15
    assert (ran.returncode, ran.stderr) == (0, "")


def chains_of(line: str) -> set[str]:
    """Dotted names that begin with `dynode`."""
    found = {ast.unparse(n) for n in ast.walk(ast.parse(line)) if isinstance(n, ast.Attribute)}
    return {name for name in found if re.fullmatch(r"dynode(\.\w+)+", name)}


# One language


def options_of(path: tuple[str, ...]) -> dict[str, click.Option]:
    shown = [p for p in command_of(path).params if isinstance(p, click.Option) and not p.hidden]
    return {flag: option for option in shown for flag in option.opts}


# They import, convert or train with a generator; all others that name one draw with it.
NOTHING_DRAWN = {("directions", name) for name in ("import", "limit", "map")}


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_what_belongs_together_is_offered_together(path: tuple[str, ...]) -> None:
    flags = set(options_of(path))
    together = {
        "--output": {"--force", "--json"},
        "--generator": {"--device"},
        "--precision": {"--generator", "--compile"},
        "--inverter": {"--inverter-option", "--landmarks", "--face-detector", "--face-model"},
        "--face-detector": {"--landmarks", "--face-model", "--face-number", "--all-faces"},
        "--truncation": {"--truncation-psi"},
        "--smoothing": {"--check"},
    }
    together["--generator"] |= (
        set() if path in NOTHING_DRAWN or path[0] == "train" else {"--precision"}
    )
    alone = {("plugins", "new"): {"--force"}, ("train", "ode"): set()}  # a folder is never replaced

    missing = {
        other
        for flag, others in together.items()
        if flag in flags
        for other in others - flags - alone.get(path, set())
    }

    assert missing == set()


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_the_options_fit_a_terminal(path: tuple[str, ...]) -> None:
    command = command_of(path)
    context = click.Context(command, info_name=path[-1], terminal_width=80)

    lines = command.get_help(context).split("Options:")[-1].splitlines()

    assert [line for line in lines if len(line) > 80] == []


# The one word for a thing, and words for it that are used elsewhere.
SYNONYMS = {
    "--strength": {"--scale", "--alpha", "--degree", "--magnitude"},
    "--truncation": {"--psi", "--trunc"},
    "--output": {"--out", "--outdir", "--save"},
    "--device": {"--gpu", "--cuda"},
    "--force": {"--overwrite", "--yes"},
    "--generator": {"--model", "--network", "--checkpoint"},
    "--seed": {"--random-seed"},
}


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_one_thing_has_one_name(path: tuple[str, ...]) -> None:
    foreign = set().union(*SYNONYMS.values())

    assert set(options_of(path)) & foreign == set()


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_a_direction_is_named_in_one_way(path: tuple[str, ...]) -> None:
    told = {
        option.metavar
        for flag, option in options_of(path).items()
        if flag in ("--direction", "--micromotion")
    }

    arguments = {
        argument.metavar
        for argument in command_of(path).params
        if isinstance(argument, click.Argument) and argument.name == "direction"
    }
    assert told <= {"FILE|NAME[:STRENGTH]"}
    # Without a strength where none means anything; tests/cli/test_what_applies.py has the refusals.
    assert arguments <= {"FILE|NAME[:STRENGTH]", "FILE|NAME"}


SAID_ALIKE = (
    "--generator",
    "--precision",
    "--compile",
    "--device",
    "--seed",
    "--force",
    "--json",
) + ("--inverter",)


def test_an_option_says_the_same_in_every_command() -> None:
    said = dict[str, dict[str, list[str]]]()
    for path in COMMANDS:
        for flag, option in options_of(path).items():
            if flag in SAID_ALIKE:
                told = f"{option.metavar} {option.help} {option.type} {option.default}"
                said.setdefault(flag, {}).setdefault(told, []).append(" ".join(path))

    assert {flag: told for flag, told in said.items() if len(told) > 1} == {}


def test_an_option_of_a_method_has_the_published_name_too(small_world: Registry) -> None:
    shown = run_command(["find", "interfacegan", "--help"]).stdout
    absent = ["find", "interfacegan", "--attribute", "smile", "--truncation-psi", "much"]

    assert "--truncation-psi" in shown
    assert "--truncation of interfacegan is 'much'" in run_command(absent).stderr
