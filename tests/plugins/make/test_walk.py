"""`dynode walk`: where it goes, how evenly, and that a walk that was stopped goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.interpolate import CubicSpline

import dynode
import dynode_make
from dynode.errors import OptionError, UnknownNameError
from dynode.media.segments import parts_folder
from dynode.testing import run_command, tiny_generator, write_tiny_generator
from dynode_make.between import along_circles, combine, cubic_weights, straight_weights
from dynode_make.keyed import Keyed, parse_key


@pytest.fixture
def generator() -> dynode.StyleGAN2:
    return tiny_generator(16, w_dim=8, channels=4)


@pytest.mark.parametrize("loop", [False, True], ids=["open", "loop"])
@pytest.mark.parametrize("weigh", [straight_weights, cubic_weights], ids=["straight", "cubic"])
def test_at_a_point_the_weights_are_its_own_exactly(weigh: Any, loop: bool) -> None:
    positions = torch.arange(5.0 if loop else 4.0, dtype=torch.float64)

    weights = weigh(positions, 4, loop=loop)

    expected = torch.eye(4, dtype=torch.float64)
    assert torch.equal(weights, torch.cat([expected, expected[:1]]) if loop else expected)


def test_a_cubic_walk_is_the_spline_of_scipy() -> None:
    torch.manual_seed(0)
    points = torch.randn(5, 2, 3, dtype=torch.float64)
    positions = torch.linspace(0, 4, 23, dtype=torch.float64)

    codes = combine(dynode.Latents(points), cubic_weights(positions, 5, loop=False))

    spline = CubicSpline(np.arange(5), points.numpy(), bc_type="natural")
    # The same polynomials by another road: rounding in float64.
    np.testing.assert_allclose(codes.w.numpy(), spline(positions.numpy()), atol=1e-13)


def test_great_circles_keep_the_length_and_turn_evenly() -> None:
    z = torch.tensor([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]], dtype=torch.float64)
    positions = torch.linspace(0, 1, 4, dtype=torch.float64)

    gone = along_circles(z, positions, loop=False)

    angles = torch.atan2(gone[:, 1], gone[:, 0])
    torch.testing.assert_close(gone.norm(dim=1), torch.full((4,), 2.0, dtype=torch.float64))
    torch.testing.assert_close(angles, positions * torch.pi / 2)
    assert torch.equal(gone[0], z[0])


def test_equal_and_opposite_points_are_gone_through_without_infinities() -> None:
    z = torch.tensor([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0]])

    gone = along_circles(z, torch.linspace(0, 2, 9, dtype=torch.float64), loop=False)

    assert bool(torch.isfinite(gone).all())


@pytest.mark.parametrize("options", [{}, {"path": "cubic"}, {"space": "z"}], ids=str)
def test_a_loop_closes_and_an_open_walk_ends_at_its_points(
    generator: dynode.StyleGAN2, options: dict[str, Any]
) -> None:
    loop = dynode_make.walk("0-2", generator=generator, loop=True, seconds=4, fps=3, **options)
    line = dynode_make.walk("0-2", generator=generator, seconds=4, fps=3, **options)

    end = torch.tensor([3.0], dtype=torch.float64)  # the frame after the last
    codes = [generator.sample(1, seed=seed, truncation=0.7).w for seed in (0, 2)]
    assert len(loop) == len(line) == 12
    torch.testing.assert_close(loop.at(end).w, loop.part(0, 1).w)
    torch.testing.assert_close(line.part(0, 1).w, codes[0])
    torch.testing.assert_close(line.part(11, 12).w, codes[1])
    steps = loop.steps()
    assert float(steps[-1]) <= 2 * float(steps.median())


def test_evened_steps_look_as_far_as_each_other(generator: dynode.StyleGAN2) -> None:
    def unevenness(even: bool) -> float:
        made = dynode_make.walk(
            "0-2", generator=generator, loop=True, seconds=2, fps=15, even=even, truncation=1.0
        )
        steps = made.steps()
        return float(steps.std() / steps.mean())

    assert unevenness(True) < min(0.2, 0.6 * unevenness(False))


def test_strengths_follow_their_keys(generator: dynode.StyleGAN2) -> None:
    direction = dynode.LinearDirection(torch.ones(8)).with_info(name="up")

    made = dynode_make.walk(
        [1, 1],
        generator=generator,
        seconds=2,
        fps=2,
        directions=[(direction, 2.0)],
        keys={"up": [(0, 0), (1, 1), (1.5, 0.5)]},
    )

    moved = made.part(0, 4).w - generator.sample(1, seed=1, truncation=0.7).w
    expected = torch.tensor([0.0, 1.0, 2.0, 1.0])[:, None, None].expand_as(moved)
    torch.testing.assert_close(moved, expected, atol=1e-6, rtol=0)  # float32 of numbers near 1


def test_keys_are_read_and_held_outside() -> None:
    name, keyed = parse_key("a=b=1:0,2:1.5")

    values = keyed.at(torch.tensor([0.0, 1.5, 9.0], dtype=torch.float64))
    assert name == "a=b"
    assert values.tolist() == [0.0, 0.75, 1.5]


@pytest.mark.parametrize(
    "text", ["smile", "smile=", "=0:1", "a=0", "a=1:0,0:1", "a=0:nan", "a=0:1:2"]
)
def test_keys_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(OptionError, match="expected"):
        parse_key(text)


def test_a_walk_that_was_stopped_goes_on_to_the_same_bytes(
    generator: dynode.StyleGAN2, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = dynode_make.walk("0-1", generator=generator, seconds=5, fps=30, loop=True)
    made.save(tmp_path / "whole.mp4")
    drawn = list[int]()
    draw = dynode.StyleGAN2.synthesize

    def stop(self: Any, latents: Any, **given: Any) -> Any:
        drawn.append(len(latents))
        if sum(drawn) == 100:
            raise KeyboardInterrupt
        return draw(self, latents, **given)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(dynode.StyleGAN2, "synthesize", stop)
        made.save(tmp_path / "walk.mp4")
    kept = list(parts_folder(tmp_path / "walk.mp4").iterdir())
    made.save(tmp_path / "walk.mp4")

    assert len(kept) == 1
    assert not (tmp_path / "walk.mp4").with_name(".walk.mp4.parts").exists()
    assert (tmp_path / "walk.mp4").read_bytes() == (tmp_path / "whole.mp4").read_bytes()


@pytest.fixture
def tiny(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, generator: dynode.StyleGAN2
) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    yield write_tiny_generator(tmp_path / "tiny.safetensors", generator)


@pytest.mark.parametrize("name", ["a.mp4", "a.gif", "a.webp", "frames"])
def test_the_command_writes_every_kind(tiny: Path, name: str) -> None:
    ran = run_command(
        [
            "walk",
            "0",
            "4-5",
            "--generator",
            tiny,
            "--seconds",
            "1",
            "--fps",
            "6",
            "-o",
            name,
            "--json",
        ]
    )

    told = json.loads(ran.stdout)
    assert (told["frames"], told["points"]) == (6, ["seed 0", "seed 4", "seed 5"])
    assert Path(name).exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["0"], "there is 1 point; a walk goes through at least 2"),
        (["0", "w.safetensors", "--space", "z"], "--space z is for seeds"),
        (["0-1", "--space", "z", "--path", "cubic"], "--path cubic is for --space w"),
        (["0-1", "--seconds", "0"], "--seconds 0 at --fps 30 is no clip"),
        (["0-1", "--seconds", "1e9"], "is no clip; expected 2 to 1000000 frames"),
        (["0-1", "--fps", "0"], "is no clip"),
        (["0-1", "--key", "smile=0:1"], "add --direction smile"),
        (["0-1", "--direction", "nothing"], "nothing"),
        (["0", "no.png"], "no.png' is no file and no seeds"),
        (["0-1", "-o", "walk.png"], "no video format"),
    ],
)
def test_bad_input_is_one_line(
    tiny: Path, generator: dynode.StyleGAN2, arguments: list[str], told: str
) -> None:
    generator.sample(1, seed=0).save("w.safetensors")

    ran = run_command(["walk", *arguments, "--generator", tiny])

    assert ran.exit_code in (1, 2)
    assert told in ran.stderr.replace("which ", "").replace("',", "'")
    assert ran.stderr.count("\n") == 1
    assert not Path("walk.mp4").exists()


def test_an_option_that_is_none_is_refused(generator: dynode.StyleGAN2) -> None:
    with pytest.raises(UnknownNameError, match="loop"):
        dynode_make.walk("0-1", generator=generator, lop=True)


def test_a_number_that_stays_is_a_key_of_its_own() -> None:
    assert Keyed.of(1.5).at(torch.tensor([0.0, 7.0])).tolist() == [1.5, 1.5]
