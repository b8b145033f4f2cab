"""`dynode morph`: its ends, its pace, its shape, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
import torch
from PIL import Image
from torch import Tensor

import dynode
import dynode_make
from dynode.errors import OptionError
from dynode.testing import run_command, tiny_generator, write_tiny_generator


class Bent(dynode.LinearDirection):
    """Goes to its end on the square of the progress, by way of a detour in the second channel."""

    space: ClassVar[str] = "bent"

    def along(
        self, latents: dynode.Latents, progress: Tensor, strength: float = 1.0
    ) -> dynode.Latents:
        codes = latents[[0] * len(progress)]
        moved = torch.zeros_like(codes.w)
        moved[..., 0] = (2 * progress**2)[:, None]
        moved[..., 1] = (progress * (1 - progress))[:, None]
        return codes.with_w(codes.w + moved * strength)


@pytest.fixture
def generator() -> dynode.StyleGAN2:
    return tiny_generator(16, w_dim=8, channels=4)


@pytest.fixture
def bent(generator: dynode.StyleGAN2) -> dynode.Direction:
    delta = torch.zeros(generator.info.num_layers, 8)
    delta[:, 0] = 2
    return Bent(delta).with_info(name="bent")


@pytest.mark.parametrize("even", [False, True], ids=["plain", "even"])
@pytest.mark.parametrize("with_shape", [False, True], ids=["straight", "shaped"])
def test_the_ends_are_the_codes_themselves(
    generator: dynode.StyleGAN2, bent: dynode.Direction, even: bool, with_shape: bool
) -> None:
    made = dynode_make.morph(
        3, 7, frames=5, even=even, motion=bent if with_shape else None, generator=generator
    )

    codes = made.part(0, 5).w
    assert torch.equal(codes[:1], generator.sample(1, seed=3, truncation=0.7).w)
    assert torch.equal(codes[-1:], generator.sample(1, seed=7, truncation=0.7).w)


def test_edits_that_ride_on_the_ends_fade_into_each_other(generator: dynode.StyleGAN2) -> None:
    first, second = generator.sample(2, seed=0).w.split(1)
    layer = next(iter(generator.info.style_channels))
    shift = torch.ones(1, generator.info.style_channels[layer])

    made = dynode_make.morph(
        dynode.Latents(first, {layer: shift}), dynode.Latents(second), frames=3, generator=generator
    )

    assert made.part(0, 3).styles[layer][:, 0].tolist() == [1.0, 0.5, 0.0]


@pytest.mark.parametrize("even", [False, True], ids=["plain", "even"])
def test_every_frame_is_farther_from_the_first_and_nearer_to_the_last(
    generator: dynode.StyleGAN2, even: bool
) -> None:
    made = dynode_make.morph(3, 7, frames=12, even=even, generator=generator)

    gone = made.distances().diff(dim=0)

    assert bool((gone[:, 0] > 0).all())
    assert bool((gone[:, 1] < 0).all())


def test_evened_steps_are_as_long_as_each_other(generator: dynode.StyleGAN2) -> None:
    def unevenness(even: bool) -> float:
        made = dynode_make.morph(3, 7, frames=10, even=even, truncation=1.0, generator=generator)
        pictures = generator.synthesize(made.part(0, 10)).detach().clamp(-1, 1).flatten(1)
        steps = pictures.diff(dim=0).norm(dim=1)
        return float(steps.std() / steps.mean())

    assert unevenness(True) < min(0.1, 0.5 * unevenness(False))


def test_the_way_takes_the_pace_and_the_bend_of_a_motion(
    generator: dynode.StyleGAN2, bent: dynode.Direction
) -> None:
    made = dynode_make.morph(3, 7, frames=5, motion=(bent, 0.5), generator=generator)

    first, last = made.ends.w.double()
    share = torch.linspace(0, 1, 5, dtype=torch.float64)
    rows = generator.info.num_layers
    detour = torch.zeros(5, rows, 8, dtype=torch.float64)
    detour[..., 1] = (share * (1 - share))[:, None]
    scale = 0.5 * (last - first).norm() / (2 * rows**0.5)
    wanted = first + (share**2).view(-1, 1, 1) * (last - first) + scale * detour
    # Computed in float32, from codes near 1.
    torch.testing.assert_close(made.part(0, 5).w.double(), wanted, atol=1e-5, rtol=0)


def test_a_motion_that_moves_no_codes_is_refused(generator: dynode.StyleGAN2) -> None:
    layer = next(iter(generator.info.style_channels))
    style = dynode.StyleDirection({layer: torch.ones(generator.info.style_channels[layer])})
    made = dynode_make.morph(3, 7, motion=style, generator=generator)

    with pytest.raises(OptionError, match=r"moves no codes of w\+"):
        made.part(0, 2)


@pytest.fixture
def tiny(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, generator: dynode.StyleGAN2
) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    yield write_tiny_generator(tmp_path / "tiny.safetensors", generator)


def test_a_strip_shows_every_frame(tiny: Path) -> None:
    run_command(["morph", "3", "7", "--frames", "4", "--generator", tiny, "-o", "strip.png"])

    with Image.open("strip.png") as strip:
        assert strip.width >= 4 * 16


@pytest.mark.parametrize("name", ["a.mp4", "a.gif", "a.webp", "frames"])
def test_a_clip_is_written_in_every_kind(tiny: Path, name: str) -> None:
    ran = run_command(
        [
            "morph",
            "3",
            "7",
            "--generator",
            tiny,
            "--fps",
            "8",
            "--frames",
            "5",
            "-o",
            name,
            "--json",
        ]
    )

    told = json.loads(ran.stdout)
    assert (told["frames"], told["points"]) == (5, ["seed 3", "seed 7"])
    assert Path(name).exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["3", "7-9"], "a morph goes from one picture to one other, and 4 are given"),
        (["3", "7", "--frames", "1"], "--frames is 1; expected 2 to"),
        (["3", "7", "--fps", "9"], "--fps is for clips"),
        (["3", "no.png"], "no file and no seeds"),
        (["3", "7", "--motion", "nothing"], "nothing"),
        (["3", "7", "-o", "a.xyz"], "a.xyz"),
    ],
)
def test_bad_input_is_one_line(tiny: Path, arguments: list[str], told: str) -> None:
    ran = run_command(["morph", *arguments, "--generator", tiny])

    assert ran.exit_code in (1, 2)
    assert told in ran.stderr.replace("which is ", "")
    assert ran.stderr.count("\n") == 1
    assert not Path("morph.png").exists()


def test_a_motion_and_the_shortest_way_are_not_both_taken(
    generator: dynode.StyleGAN2, bent: dynode.Direction
) -> None:
    with pytest.raises(
        OptionError, match="--motion gives the way its shape, and so does --shortest"
    ):
        dynode_make.morph(3, 7, motion=bent, shortest=True, generator=generator)


def test_the_command_says_how_long_the_way_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_tiny_generator("g.pt")

    run = run_command(
        ["morph", "3", "7", "--shortest", "--frames", "3", "--generator", "g.pt", "--json"]
    )

    told = json.loads(run.stdout)
    assert told["length"] <= told["straight_length"]
    assert Path("morph.png").exists()


def test_codes_of_another_width_are_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_tiny_generator("g.pt")
    tiny_generator(16, w_dim=24, channels=4).sample(2, seed=1).save("wide.safetensors")

    for words in (["walk", "wide.safetensors", "-o", "w.mp4"], ["mix", "wide.safetensors", "3"]):
        run = run_command([*words, "--generator", "g.pt"])

        assert run.exit_code == 2
        assert "24" in run.stderr
        assert len(run.stderr.strip().splitlines()) == 1
