"""A walk by a score: a JSON file of times, points and strengths."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import dynode
import dynode_make
from dynode.pipeline.score import Score
from dynode.testing import run_command, tiny_generator, write_tiny_generator


@pytest.fixture
def generator() -> dynode.StyleGAN2:
    return tiny_generator(16, w_dim=8, channels=4)


@pytest.fixture
def folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, generator: dynode.StyleGAN2
) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    write_tiny_generator(tmp_path / "tiny.safetensors", generator)
    generator.sample(1, seed=7).save("seven.safetensors")
    dynode.LinearDirection(torch.ones(8)).with_info(name="up").save("up.safetensors")
    yield tmp_path


SCORE = Score(
    ((0.0, "3"), (0.5, "seven.safetensors"), (2.0, "5")),
    {"up.safetensors": ((0.0, 0.0), (1.0, 2.0))},
)


def test_a_walk_is_where_and_as_strong_as_the_score_says(
    folder: Path, generator: dynode.StyleGAN2
) -> None:
    SCORE.save("score.json")

    made = dynode_make.walk("score.json", generator=generator, fps=4)

    codes = {seed: generator.sample(1, seed=seed, truncation=0.7).w[0] for seed in (3, 5, 7)}
    frames = made.part(0, len(made)).w
    assert Score.load("score.json") == SCORE
    assert len(made) == 9
    # In float32, of numbers near 1.
    torch.testing.assert_close(frames[0], codes[3])
    torch.testing.assert_close(frames[2], codes[7] + 1.0, atol=1e-5, rtol=0)
    torch.testing.assert_close(frames[5], (codes[7] + codes[5]) / 2 + 2.0, atol=1e-5, rtol=0)
    torch.testing.assert_close(frames[8], codes[5] + 2.0, atol=1e-5, rtol=0)


def test_the_command_reads_a_score(folder: Path) -> None:
    SCORE.save("score.json")

    ran = run_command(
        [
            "walk",
            "score.json",
            "--generator",
            "tiny.safetensors",
            "--fps",
            "4",
            "-o",
            "a.mp4",
            "--json",
        ]
    )

    assert json.loads(ran.stdout)["frames"] == 9


GOOD = {"format": "dynode.score", "version": 1, "points": [[0, "3"], [1, "4"]]}


@pytest.mark.parametrize(
    ("changed", "arguments", "told"),
    [
        ({"directions": {"nothing": [[0, 1]]}}, [], "nothing"),
        ({"format": "other"}, [], "its format is not dynode.score"),
        ({"version": 2}, [], "its format is not dynode.score of version 1"),
        ({"tempo": 120}, [], "it holds 'tempo', which no score has"),
        ({"points": [[0, "3"]]}, [], "expected two times or more, increasing from 0"),
        ({"points": [[0, "3"], [0, "4"]]}, [], "increasing from 0"),
        ({"points": [[0, "3"], [1, "absent.png"]]}, [], "absent.png"),
        ({"points": [[0, "3"], [1, "4-6"]]}, [], "2 times are given for 4 points"),
        ({"directions": {"up.safetensors": [[1, 1], [0, 1]]}}, [], "times increasing"),
        ({"directions": []}, [], "is no score"),
        ({}, ["--loop"], "--loop does not apply where times say"),
        ({}, ["--seconds", "3"], "--seconds does not apply where times say"),
    ],
    ids=str,
)
def test_bad_scores_are_one_line(
    folder: Path, changed: dict[str, object], arguments: list[str], told: str
) -> None:
    Path("score.json").write_text(json.dumps(GOOD | changed))

    ran = run_command(["walk", "score.json", "--generator", "tiny.safetensors", *arguments])

    assert ran.exit_code in (1, 2)
    assert told in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert not Path("walk.mp4").exists()


def test_a_file_that_is_no_json_is_one_line(folder: Path) -> None:
    Path("score.json").write_bytes(b"\xff\x00{")

    ran = run_command(["walk", "score.json", "--generator", "tiny.safetensors"])

    assert "score.json is no score" in ran.stderr
    assert ran.stderr.count("\n") == 1
