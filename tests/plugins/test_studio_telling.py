"""What the studio shows, its command and its Python are one picture."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

import dynode
from dynode.direction import Direction
from dynode.errors import UsageError
from dynode.generator import Generator
from dynode.pipeline import ready_directions
from dynode.plugins import Registry
from dynode.testing import run_command
from dynode_studio.contents import Contents
from dynode_studio.drawing import Drawing
from dynode_studio.state import Recipe, Slider, Source, State
from dynode_studio.telling import as_command, as_python

pytestmark = pytest.mark.installed_plugins

SEED = Source(seed=3)
FOUND = Recipe("sefa", {"component": 1, "name_by_effect": False}, seed=1)
SEVERAL = Recipe("sefa", {"count": 3, "name_by_effect": False}, index=1)


@pytest.fixture
def generator(installed_plugins: Registry) -> Generator:
    return dynode.load_generator()


@pytest.fixture
def ready(generator: Generator) -> dict[str, Direction]:
    return ready_directions(generator.info)


@pytest.fixture
def drawing(generator: Generator, ready: dict[str, Direction]) -> Drawing:
    return Drawing(generator, ready, Contents())


STATES = {
    "a sample": State(SEED, (Slider("smile"),)),
    "a sample of another truncation": State(Source(seed=4, truncation=0.35)),
    "one slider": State(SEED, (Slider("smile", 1.5),)),
    "several, one of them muted": State(
        SEED, (Slider("smile", 1.3), Slider("age", 2.0, is_muted=True), Slider("glasses", -0.7))
    ),
    "a strength with many digits": State(SEED, (Slider("yaw", 0.1 + 0.2),)),
    "a tiny strength": State(SEED, (Slider("yaw", -1.25e-05),)),
    "rows": State(SEED, (Slider("age", 2.0, rows="fine"), Slider("smile", 1.0, rows="0-3"))),
    "another truncation and edits": State(
        Source(seed=9, truncation=1.1), (Slider("beard", 2.5), Slider("yaw", -1.0))
    ),
    "the same direction twice": State(SEED, (Slider("smile", 1.0), Slider("smile", 0.25))),
}


def run_lines(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.chdir(folder)
    for line in command.splitlines():
        if line.startswith("#"):
            continue
        words = shlex.split(line)
        assert words[0] == "dynode"
        result = run_command(words[1:])
        assert result.exit_code == 0, result.stderr
    return (folder / "edited.png").read_bytes()


@pytest.mark.parametrize("name", STATES)
def test_the_command_of_a_state_writes_the_bytes_of_the_download(
    name: str, drawing: Drawing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = STATES[name]

    written = run_lines(as_command(state), tmp_path, monkeypatch)

    assert written == drawing.png(state)


@pytest.mark.parametrize("recipe", [FOUND, SEVERAL], ids=["one found", "one of several found"])
def test_the_command_finds_the_directions_again(
    recipe: Recipe, drawing: Drawing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dynode_studio.finding import find

    found = find(drawing, recipe.method, recipe.options, State(SEED).source, seed=recipe.seed)
    state = State(SEED, (found[recipe.index],)).with_slider(0, strength=1.5)

    written = run_lines(as_command(state), tmp_path, monkeypatch)

    assert written == drawing.png(state)


def test_the_command_of_an_opened_picture_inverts_it(
    drawing: Drawing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dynode_studio.finding import opened_picture

    monkeypatch.setenv("DYNODE_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "my face.png"
    dynode.edit(directions="smile:0", seed=5).save_edited(path)
    source = opened_picture(drawing, path, "my face.png")
    state = State(source, (Slider("glasses", 2.0),))

    written = run_lines(as_command(state), tmp_path, monkeypatch)

    assert written == drawing.png(state)


def test_the_command_of_opened_codes_reads_them(
    drawing: Drawing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes, generator = tmp_path / "codes.safetensors", drawing.generator
    generator.sample(1, seed=8).save(codes, fingerprint=generator.info.fingerprint)
    key = drawing.contents.add(codes.read_bytes())
    state = State(Source("latents", name=codes.name, file=key), (Slider("smile", 1.0),))

    written = run_lines(as_command(state), tmp_path, monkeypatch)

    assert written == drawing.png(state)


@pytest.mark.parametrize("name", ["one slider", "rows", "another truncation and edits"])
def test_the_python_of_a_state_writes_the_bytes_of_the_download(
    name: str, drawing: Drawing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    exec(as_python(STATES[name]), {})

    assert Path("edited.png").read_bytes() == drawing.png(STATES[name])


def test_a_direction_that_no_command_finds_again_is_named_as_its_file() -> None:
    recipe = Recipe("styleclip", {"text": "smiling"}, is_repeatable=False)
    state = State(SEED, (Slider("smiling: a lot", 1.0, file="0" * 32, recipe=recipe),))

    told = as_command(state).splitlines()

    assert told[0].startswith("# smiling- a lot.safetensors: download")
    assert "--direction 'smiling- a lot.safetensors:1.0'" in told[1]


def test_an_opened_picture_without_any_edit_has_no_command() -> None:
    with pytest.raises(UsageError, match="move a slider"):
        as_command(State(Source("picture", name="face.png", file="0" * 32)))


def test_what_a_name_could_do_in_a_shell_is_quoted() -> None:
    state = State(Source("picture", name="$(rm -rf ~).png", file="0"), (Slider("smile", 1.0),))

    assert shlex.split(as_command(state))[2] == "$(rm -rf ~).png"
