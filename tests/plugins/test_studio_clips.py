"""A clip in the studio: carried as `dynode edit` carries it, with strengths over time, and told."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import dynode
from dynode.errors import UsageError
from dynode.media import open_clip, write_video
from dynode.pipeline import ready_directions
from dynode.plugins import registry
from dynode.testing import run_command
from dynode_studio.clips import at_frame, with_keys, without_keys, written_clip
from dynode_studio.contents import Contents
from dynode_studio.drawing import Drawing
from dynode_studio.opening import read_any
from dynode_studio.state import Slider, Source, State, from_values, to_values
from dynode_studio.telling import as_command, as_python

pytestmark = pytest.mark.installed_plugins
FRAMES, FPS = 5, 10


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Drawing, Source]]:
    """A clip of a face that ages, opened once: the fit of its trajectory takes seconds."""
    folder = tmp_path_factory.mktemp("clip")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DYNODE_CACHE", str(folder / "cache"))
        patch.delenv("DYNODE_LOAD_PLUGINS", raising=False)
        registry.cache_clear()
        generator = dynode.load_generator()
        ready, first = ready_directions(generator.info), generator.sample(1, seed=4)
        with torch.no_grad():
            moved = [ready["age"].apply(first, k / 2) for k in range(FRAMES)]
            frames = [generator.synthesize(codes) for codes in moved]
        path = folder / "my clip.mp4"
        write_video(frames, path, fps=FPS)
        drawing = Drawing(generator, ready, Contents())
        source = read_any(drawing, path.name, path.read_bytes())
    assert isinstance(source, Source) and source.kind == "clip"
    yield path, drawing, source
    drawing.close()


@pytest.fixture
def path(opened: tuple[Path, Drawing, Source], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DYNODE_CACHE", str(opened[0].parent / "cache"))
    monkeypatch.chdir(opened[0].parent)
    return opened[0]


@pytest.fixture
def drawing(opened: tuple[Path, Drawing, Source], path: Path) -> Drawing:
    return opened[1]


@pytest.fixture
def state(opened: tuple[Path, Drawing, Source], drawing: Drawing) -> State:
    return State(opened[2], (Slider("smile", 1.5), Slider("yaw")))


def pixels(clip: Path) -> np.ndarray:
    return np.stack(list(open_clip(clip).frames())).astype(float)


@pytest.mark.slow
def test_a_clip_is_what_the_command_and_the_python_write(
    drawing: Drawing, state: State, path: Path
) -> None:
    mine = path.with_name("mine.mp4")
    mine.write_bytes(written_clip(drawing, state))

    result = run_command(shlex.split(as_command(state))[1:])
    assert result.exit_code == 0, result.stderr
    told = Path("edited.mp4")
    np.testing.assert_array_equal(pixels(mine), pixels(told))
    told.unlink()
    exec(as_python(state), {})

    np.testing.assert_array_equal(pixels(mine), pixels(told))
    # Every frame that is shown is the one that is written, but for what the video codec loses.
    work = drawing.clip
    assert work is not None
    for frame in (0, FRAMES - 1):
        shown = drawing.draw(drawing.edited(at_frame(state, work, frame)))
        drawn = shown[0].permute(1, 2, 0).numpy() * 127.5 + 127.5
        assert np.abs(drawn - pixels(mine)[frame]).mean() < 4


def test_keys_change_the_strength_over_time_and_are_written(drawing: Drawing, state: State) -> None:
    work = drawing.clip
    assert work is not None
    keyed = with_keys(state, work)
    last = at_frame(keyed, work, FRAMES - 1)
    keyed = with_keys(last.with_slider(0, strength=-0.5), work)

    strengths = [at_frame(keyed, work, frame).sliders[0].strength for frame in range(FRAMES)]

    np.testing.assert_allclose(strengths, np.linspace(1.5, -0.5, FRAMES), atol=1e-6)
    assert keyed.sliders[1].keys == ()
    assert from_values(to_values(keyed)) == keyed
    with pytest.raises(UsageError, match="change over time"):
        as_command(keyed)
    output = Path("keyed.mp4")
    output.write_bytes(written_clip(drawing, keyed))
    steady = Path("steady.mp4")
    steady.write_bytes(written_clip(drawing, without_keys(state)))
    apart = np.abs(pixels(output) - pixels(steady)).mean(axis=(1, 2, 3))
    assert apart[0] < 1 and apart[-1] > 2 * apart[0]


@pytest.mark.parametrize(
    "keys",
    [[[1, 0], [0, 0]], [[0]], "0:1", [[0, float("nan")]]],
    ids=["order", "pair", "text", "nan"],
)
def test_keys_of_a_strangers_work_are_checked(keys: object) -> None:
    values = to_values(State(sliders=(Slider("smile"),)))
    values["sliders"][0]["keys"] = keys

    with pytest.raises(UsageError):
        from_values({**values, "sliders": list(values["sliders"])})


def test_a_clip_that_is_too_long_is_refused(
    drawing: Drawing, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dynode_studio.clips.MOST_FRAMES", FRAMES - 1)

    other = Drawing(drawing.generator, drawing.ready, drawing.contents)

    with pytest.raises(dynode.DynodeError, match="at most 4"):
        read_any(other, path.name, path.read_bytes())

    assert other.clip is None


def test_a_state_whose_clip_is_not_open_shows_its_first_frame(
    drawing: Drawing, state: State
) -> None:
    other = Drawing(drawing.generator, drawing.ready, drawing.contents)

    moved, first = other.edited(replace(state, frame=3)), other.edited(state)

    assert torch.equal(moved.w, first.w)
