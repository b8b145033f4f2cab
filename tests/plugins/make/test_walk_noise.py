"""Walks by noise, with looping noise and keyed truncation, and several side by side."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import dynode
import dynode_make
from dynode.errors import OptionError
from dynode.media.clip import open_clip
from dynode.testing import run_command, tiny_generator, write_tiny_generator
from dynode_make.between import wave_weights
from dynode_make.walk_noise import LoopingNoise, noise_of


@pytest.fixture
def generator() -> dynode.StyleGAN2:
    return tiny_generator(16, w_dim=8, channels=4)


@pytest.mark.parametrize("count", [1, 2, 5, 8])
def test_waves_have_unit_length_and_come_back(count: int) -> None:
    positions = torch.linspace(0, count, 37, dtype=torch.float64)

    weights = wave_weights(positions, count)

    ones = torch.ones(37, dtype=torch.float64)
    torch.testing.assert_close(weights.square().sum(1), ones, atol=1e-12, rtol=0)
    torch.testing.assert_close(weights[0], weights[-1], atol=1e-12, rtol=0)


@pytest.mark.parametrize("space", ["w", "z"])
def test_a_walk_by_noise_closes_and_stays_among_its_points(
    generator: dynode.StyleGAN2, space: str
) -> None:
    walk = dynode_make.walk(
        "0-4", generator=generator, path="noise", space=space, loop=True, seconds=3, fps=8
    )

    round_later = walk.positions[:1] + 5
    assert len(walk) == 24
    torch.testing.assert_close(walk.at(round_later).w, walk.part(0, 1).w, atol=1e-5, rtol=1e-5)
    steps = walk.steps()
    assert float(steps.min()) > 0
    assert float(steps[-1]) <= float(steps.median())  # it begins where it is slowest


def test_a_walk_by_noise_mixes_what_the_points_are_beside_the_mean(
    generator: dynode.StyleGAN2,
) -> None:
    walk = dynode_make.walk(
        "0-1", generator=generator, path="noise", seconds=1, fps=4, truncation=1.0
    )

    mean = generator.mean_w
    beside = [generator.sample(1, seed=seed, truncation=1.0).w - mean for seed in (0, 1)]
    angle = 2.399963  # at the first frame; one wave
    expected = mean + math.cos(angle) * beside[0] + math.sin(angle) * beside[1]
    torch.testing.assert_close(walk.part(0, 1).w, expected, atol=1e-5, rtol=1e-5)


def test_keyed_truncation_is_that_of_the_seeds(generator: dynode.StyleGAN2) -> None:
    walk = dynode_make.walk(
        [3, 3],
        generator=generator,
        seconds=3,
        fps=1,
        truncation=0.8,
        keys={"truncation": [(0, 1), (2, 0)]},
    )

    expected = [generator.sample(1, seed=3, truncation=psi).w for psi in (0.8, 0.4, 0.0)]
    torch.testing.assert_close(walk.part(0, 3).w, torch.cat(expected), atol=1e-6, rtol=1e-5)


def test_looping_noise_begins_as_stored_comes_back_and_keeps_its_strength(
    generator: dynode.StyleGAN2,
) -> None:
    made = noise_of(generator, "loop", frames=96, fps=24, seed=1)

    assert isinstance(made, LoopingNoise)
    stored = generator.stored_noise()
    begin, end = made.at(0, 96), made.at(96, 97)
    for kept, drawn, last in zip(stored, begin, end, strict=True):
        assert torch.equal(drawn[0, 0], kept)
        torch.testing.assert_close(last[0, 0], kept, atol=1e-5, rtol=0)
    # Normal numbers of 16 x 16 pixels: a standard deviation of 1 to within 5 of its own errors.
    spread = begin[-1].std(dim=(1, 2, 3), correction=0)
    assert float((spread - 1).abs().max()) < 5 / math.sqrt(2 * 256)
    different = generator.synthesize(generator.sample(2, seed=0), noise=made.at(10, 12))
    assert different.shape == (2, 3, 16, 16)


def test_noise_changes_the_frames_and_their_segments(
    generator: dynode.StyleGAN2, tmp_path: Path
) -> None:
    for name, parameter in generator.network.named_parameters():
        if name.endswith("noise_strength"):
            parameter.data.fill_(1.0)

    def frames(noise: str) -> np.ndarray:
        walk = dynode_make.walk([1, 1], generator=generator, seconds=1, fps=4, noise=noise)
        walk.save(tmp_path / noise)
        return np.stack([np.asarray(Image.open(p)) for p in sorted((tmp_path / noise).iterdir())])

    const, loop, none = (frames(noise) for noise in ("const", "loop", "none"))
    assert (const == const[:1]).all()
    assert (loop[0] == const[0]).all()
    assert (loop[1] != const[1]).any()
    assert (none[0] != const[0]).any()


def test_a_grid_shows_what_its_walks_draw(generator: dynode.StyleGAN2, tmp_path: Path) -> None:
    options: dict[str, Any] = {"generator": generator, "seconds": 1, "fps": 4}
    grid = dynode_make.walk_grid("0-7", 2, 2, **options)
    single = dynode_make.walk("4-5", **options)

    grid.save(tmp_path / "grid")
    single.save(tmp_path / "single")

    shown = [Image.open(tmp_path / "grid" / f"{index:06d}.png") for index in range(4)]
    alone = [Image.open(tmp_path / "single" / f"{index:06d}.png") for index in range(4)]
    assert shown[0].size == (34, 34)
    for whole, own in zip(shown, alone, strict=True):  # seeds 4 and 5 are the third walk
        assert (np.asarray(whole.crop((0, 18, 16, 34))) == np.asarray(own)).all()


def test_a_grid_that_was_stopped_goes_on_to_the_same_bytes(
    generator: dynode.StyleGAN2, tmp_path: Path
) -> None:
    grid = dynode_make.walk_grid("0-3", 1, 2, generator=generator, seconds=70, fps=1)
    grid.save(tmp_path / "whole.mp4")

    def stop(done: int, total: int, message: str = "") -> None:
        if done > 64:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grid.save(tmp_path / "parts.mp4", progress=stop)
    drawn = list[int]()
    grid.save(tmp_path / "parts.mp4", progress=lambda done, total, message="": drawn.append(done))

    assert drawn[0] > 64
    assert (tmp_path / "parts.mp4").read_bytes() == (tmp_path / "whole.mp4").read_bytes()


def test_the_command_walks_in_a_grid(tmp_path: Path) -> None:
    model = write_tiny_generator(tmp_path / "tiny.safetensors", tiny_generator(16))
    target = tmp_path / "grid.mp4"

    made = run_command(
        ["walk", "0-5", "--grid", "1x3", "--noise", "loop", "--path", "noise", "--loop", "--key"]
        + ["truncation=0:1,1:0.5", "--seconds", "1", "--fps", "6", "-o", str(target)]
        + ["--generator", str(model), "--json"]
    )

    assert made.exit_code == 0, made.stderr
    clip = open_clip(target)
    assert clip.size == (16, 3 * 16 + 4)


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["0-4", "--grid", "2x2"], "--grid 2x2 deals 5 points to 4 walks; give each as many"),
        (["0-3", "--grid", "2x2"], "such as 0-7"),
        (["0-3", "--grid", "2by2"], "--grid is '2by2'; expected ROWSxCOLUMNS such as 3x3"),
        (["0-3", "--grid", "0x2"], "--grid is 0x2; expected rows and columns"),
        (["score.json", "--grid", "1x1"], "--grid does not apply to a score"),
    ],
    ids=["uneven", "too few", "text", "nothing", "score"],
)
def test_grids_that_cannot_be_are_refused(flags: list[str], told: str, tmp_path: Path) -> None:
    model = write_tiny_generator(tmp_path / "tiny.safetensors", tiny_generator(16))

    result = run_command(["walk", *flags, "--generator", str(model), "-o", str(tmp_path / "w.mp4")])

    assert result.exit_code == 2
    assert told in " ".join(result.stderr.split())


def test_noise_that_cannot_turn_is_refused() -> None:
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 3, 3, padding=1), torch.nn.Tanh())
    wrapped = dynode.wrap_module(module, input_shape=(3, 8, 8))

    with pytest.raises(OptionError, match="--noise loop is for generators with stored noise"):
        noise_of(wrapped, "loop", frames=4, fps=4, seed=0)
