"""Animating a still picture: the path, the timing, and frames that do not flicker."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence
from torch import Tensor

import dynode
from dynode import LinearDirection, PathDirection
from dynode.dynamics.fit import fit_trajectory
from dynode.dynamics.settings import FitOptions
from dynode.errors import DirectionFileError, GeneratorMismatchError, OptionError, UnknownNameError
from dynode.latents.latents import Latents
from dynode.media.images import to_uint8
from dynode.media.video import write_video
from dynode.pipeline.animate import progress_of_frames
from dynode.stylegan2.generator import StyleGAN2
from dynode.testing import tiny_generator

ROWS, WIDTH = 6, 8


@pytest.fixture(scope="module")
def generator() -> StyleGAN2:
    return tiny_generator(16, w_dim=WIDTH, channels=4)


def arc(progress: Tensor) -> Tensor:
    """A quarter of an ellipse, (n, rows, width)."""
    axes = torch.from_numpy(np.random.RandomState(0).randn(2, ROWS * WIDTH))
    angle = progress.double() * torch.pi / 2
    on_circle = torch.stack([1 - angle.cos(), angle.sin()], 1)
    return (on_circle @ axes).reshape(-1, ROWS, WIDTH).float()


@pytest.fixture(scope="module")
def curved() -> PathDirection:
    when = torch.linspace(0, 1, 9, dtype=torch.float64)
    options = FitOptions(steps=300, width=32, variance=1.0)
    return PathDirection.of(fit_trajectory(Latents(arc(when)), when, options=options))


def test_the_path_is_followed_and_not_its_chord(curved: PathDirection) -> None:
    latents = Latents(torch.zeros(1, ROWS, WIDTH))
    shares = torch.linspace(0, 1, 21)

    found = curved.along(latents, shares, 2.0)

    # The fit stops at 0.01 deviations of a motion whose codes are about 1 long.
    torch.testing.assert_close(found.w, 2 * arc(shares), atol=0.1, rtol=0)
    chord = curved.apply(latents[[0] * 21], 2 * shares).w
    assert float((found.w - chord)[10].norm()) > 1


def test_path_and_chord_agree_at_both_ends(curved: PathDirection, generator: StyleGAN2) -> None:
    latents = generator.sample(1, seed=4)
    doubled = curved.with_info(scale=-2.0)
    assert isinstance(doubled, PathDirection)

    begin, end = doubled.along(latents, torch.tensor([0.0, 1.0]), 0.5).w.split(1)

    assert torch.equal(begin, latents.w)
    # One solution of an equation, computed with other steps in between.
    torch.testing.assert_close(end, doubled.apply(latents, 0.5).w, atol=1e-4, rtol=0)


def test_beyond_its_ends_the_path_goes_on_straight(curved: PathDirection) -> None:
    latents = Latents(torch.zeros(1, ROWS, WIDTH))

    before, after = curved.along(latents, torch.tensor([-0.5, 1.5])).w

    torch.testing.assert_close(before, -0.5 * curved.delta)
    torch.testing.assert_close(after, 1.5 * curved.delta, atol=1e-4, rtol=0)


def test_only_the_rows_of_the_mask_move(curved: PathDirection) -> None:
    rows = torch.arange(ROWS) < 2
    masked = PathDirection(curved.delta, rows, path=curved.path)

    moved = masked.along(Latents(torch.zeros(1, ROWS, WIDTH)), torch.tensor([0.5])).w[0]

    assert bool(moved[:2].any()) and not bool(moved[2:].any())


def test_a_direction_without_a_path_goes_straight(generator: StyleGAN2) -> None:
    latents = generator.sample(1, seed=1)
    direction = LinearDirection(torch.ones(WIDTH))

    codes = direction.along(latents, torch.tensor([0.0, 0.5, 1.0]), 3.0)

    expected = latents.w + torch.tensor([0.0, 1.5, 3.0])[:, None, None]
    torch.testing.assert_close(codes.w, expected)


def test_one_file_is_a_plain_direction_and_a_path(curved: PathDirection, tmp_path: Path) -> None:
    from safetensors import safe_open

    named = curved.with_info(name="arc", scale=1.5)
    named.save(tmp_path / "arc.safetensors")
    named.save(tmp_path / "again.safetensors")

    loaded = dynode.load_direction(tmp_path / "arc.safetensors")

    latents = Latents(torch.zeros(1, ROWS, WIDTH))
    shares = torch.linspace(0, 1, 5)
    assert isinstance(loaded, PathDirection)
    assert loaded.info == named.info
    assert torch.equal(loaded.delta, named.delta)
    # The states of the observed codes are kept instead of the codes: another order of sums.
    torch.testing.assert_close(
        loaded.along(latents, shares).w, named.along(latents, shares).w, atol=1e-5, rtol=0
    )
    with safe_open(tmp_path / "arc.safetensors", framework="pt") as file:
        assert file.metadata()["version"] == "1"  # readers of plain directions need no more
        assert torch.equal(file.get_tensor("delta"), curved.delta)
    contents = [(tmp_path / name).read_bytes() for name in ("arc.safetensors", "again.safetensors")]
    assert contents[0] == contents[1]


def test_a_path_that_does_not_fit_its_end_is_refused(curved: PathDirection) -> None:
    with pytest.raises(DirectionFileError, match=r"has shape \(8,\) and a path of shape \(6, 8\)"):
        PathDirection(torch.ones(WIDTH), path=curved.path)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"ease": "linear"}, [0, 0.25, 0.5, 0.75, 1]),
        ({"ease": "smooth"}, [0, 0.15625, 0.5, 0.84375, 1]),
        ({"ease": "in"}, [0, 0.0625, 0.25, 0.5625, 1]),
        ({"ease": "out"}, [0, 0.4375, 0.75, 0.9375, 1]),
        ({"ease": "linear", "boomerang": True}, [0, 0.4, 0.8, 0.8, 0.4]),
    ],
)
def test_frames_are_spaced_by_the_ease(given: dict[str, Any], expected: list[float]) -> None:
    assert progress_of_frames(5, **given).tolist() == pytest.approx(expected)


def test_the_first_frame_is_the_still_picture(curved: PathDirection, generator: StyleGAN2) -> None:
    animation = dynode.animate(None, curved, generator=generator, seed=2, frames=6)

    frames = torch.cat(list(animation.frames()))

    still = generator.synthesize(generator.sample(1, seed=2))
    end = generator.synthesize(curved.apply(generator.sample(1, seed=2), 1.0))
    assert len(frames) == len(animation) == 6
    torch.testing.assert_close(frames[:1], still, atol=1e-4, rtol=0)  # another batch size
    torch.testing.assert_close(frames[-1:], end, atol=1e-3, rtol=0)


def test_strength_and_boomerang(curved: PathDirection, generator: StyleGAN2) -> None:
    animation = dynode.animate(
        generator.sample(1, seed=2),
        curved,
        generator=generator,
        frames=8,
        strength=0.5,
        boomerang=True,
    )

    codes = animation.codes(animation.progress).w

    torch.testing.assert_close(codes[1:4], codes[5:].flip(0), atol=1e-5, rtol=0)
    half = curved.apply(animation.latents, 0.5).w
    torch.testing.assert_close(codes[4:5], half, atol=1e-4, rtol=0)


class Halves:
    """Draws a picture whose left half stands still and whose right half follows the code."""

    def __init__(self, generator: StyleGAN2) -> None:
        self.info, self.device, self.dtype = generator.info, generator.device, generator.dtype
        self.sample = generator.sample

    def synthesize(self, latents: Latents, *, noise: object = "const", resolution: object = None):
        ramp = torch.linspace(-0.9, 0.9, 48).expand(len(latents), 3, 32, 48).clone()
        ramp[..., 24:] += latents.w[:, 0, 0].reshape(-1, 1, 1, 1) * 0.3
        return ramp


@pytest.mark.parametrize("suffix", [".gif", ".mkv"])
def test_what_stands_still_does_not_flicker(
    generator: StyleGAN2, tmp_path: Path, suffix: str
) -> None:
    direction = LinearDirection(torch.ones(WIDTH) * 3)
    path = tmp_path / f"halves{suffix}"
    animation = dynode.animate(
        None, direction, generator=Halves(generator), frames=24, ease="linear"
    )

    assert animation.save(path, fps=20) == 24

    drawn = torch.cat([to_uint8(images) for images in animation.frames()]).numpy().astype(int)
    assert np.ptp(drawn[:, :, :24], axis=0).max() == 0
    assert np.ptp(drawn[:, :, 24:], axis=0).max() > 20
    if suffix == ".gif":  # one palette for all frames: what is the same stays the same
        with Image.open(path) as clip:
            shown = np.stack([np.asarray(f.convert("RGB")) for f in ImageSequence.Iterator(clip)])
        assert len(shown) > 12  # frames that came out the same are one, shown for longer
        assert np.ptp(shown[:, :, :24].astype(int), axis=0).max() == 0
        assert np.abs(shown[0] - drawn[0]).mean() < 4  # of 255, by the palette


@pytest.mark.installed_plugins
def test_a_ready_micromotion_goes_before_a_direction_of_the_same_name(
    generator: StyleGAN2, curved: PathDirection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNODE_CACHE", os.fspath(tmp_path))
    own = tmp_path / "directions"
    LinearDirection(torch.ones(WIDTH)).save(own / "smile.safetensors")
    LinearDirection(torch.ones(WIDTH)).save(own / "nod.safetensors")
    curved.save(own / "smile.micromotion.safetensors")

    smile = dynode.animate(None, "smile", generator=generator, frames=2).motion
    nod = dynode.animate(None, "nod", generator=generator, frames=2).motion

    assert isinstance(smile, PathDirection)
    assert type(nod) is LinearDirection


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"ease": "bouncy"}, UnknownNameError, "unknown ease 'bouncy'"),
        ({"frames": 1}, OptionError, "--frames is 1; expected 2 to 100000"),
        ({"motion": "no-such-motion"}, UnknownNameError, "no-such-motion"),
        ({"motion": LinearDirection(torch.ones(5))}, GeneratorMismatchError, "has shape \\(5,\\)"),
        ({"source": Latents(torch.zeros(2, ROWS, WIDTH))}, OptionError, "holds 2 pictures"),
    ],
)
def test_what_cannot_be_animated_is_said_in_one_line(
    generator: StyleGAN2,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    monkeypatch.setenv("DYNODE_CACHE", os.fspath(tmp_path))
    values = {"motion": LinearDirection(torch.ones(WIDTH))} | given

    with pytest.raises(error, match=message) as caught:
        dynode.animate(generator=generator, **values)

    assert "\n" not in str(caught.value)


def test_a_gif_of_frames_of_two_sizes_is_still_refused(tmp_path: Path) -> None:
    from dynode.errors import MediaError

    frames = [torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 8, 10)]

    with pytest.raises(MediaError, match="frame 2 is 10×8 pixels"):
        write_video(frames, tmp_path / "a.gif", fps=10)
