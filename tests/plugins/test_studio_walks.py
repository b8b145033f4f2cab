"""Stops that were set in the studio, as a score that `dynode walk` draws."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import torch

import dynode
import dynode_make
from dynode.errors import UsageError
from dynode.pipeline import Score
from dynode.testing import run_command
from dynode_studio.state import Recipe, Slider, Source, State
from dynode_studio.walks import score_of, walk_command

FIRST = State(Source(seed=3), (Slider("smile", 1.5), Slider("age", 2.0, is_muted=True)))
SECOND = State(Source(seed=7), (Slider("age", -1.0),))


def test_a_score_says_where_and_how_strong() -> None:
    assert score_of([FIRST, SECOND]) == Score(
        ((0.0, "3"), (2.0, "7")),
        {"smile": ((0.0, 1.5), (2.0, 0.0)), "age": ((0.0, 0.0), (2.0, -1.0))},
    )


@pytest.mark.installed_plugins
def test_its_command_walks_through_what_was_on_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    score_of([FIRST, SECOND], 0.2).save("score.json")
    command = shlex.split(walk_command([FIRST, SECOND]))

    run = run_command([*command[1:], "--fps", "5", "--json"])

    assert command[:3] == ["dynode", "walk", "score.json"]
    assert run.exit_code == 0, run.stderr
    walk = dynode_make.walk("score.json", fps=5)
    generator = walk.generator
    for place, seed, name, strength in ((0, 3, "smile", 1.5), (1, 7, "age", -1.0)):
        codes = generator.sample(1, seed=seed)
        expected = dynode.load_direction(name).ready_for(generator).apply(codes, strength).w
        torch.testing.assert_close(walk.part(place, place + 1).w, expected, atol=1e-5, rtol=1e-5)


def test_files_are_named_and_options_of_the_samples_go_into_the_command() -> None:
    found = Slider("my smile", 1.0, file="abc", recipe=Recipe("sefa"))
    how = {"steps": 20}
    opened = State(
        Source("picture", name="face.png", inverter="optimize", inverter_options=how), (found,)
    )
    sample = State(Source(seed=1, truncation=0.5, class_index=2))

    assert score_of([opened, sample]).points == ((0.0, "face.png"), (2.0, "1"))
    assert list(score_of([opened, sample]).directions) == ["my smile.safetensors"]
    assert walk_command([opened, sample], "x.pt") == (
        "dynode walk score.json -o walk.mp4 --truncation 0.5 --class 2 "
        "--inverter optimize --inverter-option steps=20 --generator x.pt"
    )


@pytest.mark.parametrize(
    ("stops", "message"),
    [
        ([FIRST], "at least 2 stops, and 1 is set"),
        ([FIRST, State(Source("clip", name="a.mp4"))], "a clip is no stop"),
        (
            [State(Source("picture", name=f"{n}.png", inverter=n)) for n in ("e4e", "pti")],
            "in one way; these were in several",
        ),
        ([FIRST, State(Source(seed=1, truncation=0.3))], "one truncation and one class"),
        (
            [FIRST, State(Source(seed=1), (Slider("age", 1.0, rows="0-3"),))],
            "age moves some layers only",
        ),
    ],
    ids=["one stop", "a clip", "two inverters", "two truncations", "layers"],
)
def test_what_no_score_says_is_refused(stops: list[State], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        score_of(stops)
