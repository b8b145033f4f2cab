"""Video generators keep the promises of every generator, and their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import dynode
from dynode.errors import DynodeError, GeneratorMismatchError, MissingWeightsError, UsageError
from dynode.generator import VideoGenerator, computing_as
from dynode.generator.protocol import Generator
from dynode.latents import Motion
from dynode.testing import Check, generator_checks, tiny_generator, write_tiny_generator
from dynode_stylegan_v.moving import MovingGenerator
from dynode_stylegan_v.moving_file import read_moving, write_moving
from dynode_stylegan_v.tiny import tiny_moving_generator, tiny_video_generator

GENERATORS: dict[str, Callable[[], VideoGenerator]] = {
    "concat_const": tiny_video_generator,
    "concat_w": lambda: tiny_video_generator(condition="concat_w"),
    "sum_w, LSTM": lambda: tiny_video_generator(condition="sum_w", strategy="autoregressive"),
    "conditional, with noise": lambda: tiny_video_generator(c_dim=3, has_noise=True),
    "filtered noise": lambda: tiny_video_generator(condition="sum_w", strategy="filtered"),
    "no motion": lambda: tiny_video_generator(strategy="none"),
    "moving": lambda: tiny_moving_generator(tiny_generator(32)),
}


@pytest.fixture(scope="module", params=GENERATORS.values(), ids=GENERATORS.keys())
def generator(request: pytest.FixtureRequest) -> VideoGenerator:
    made: VideoGenerator = request.param()
    return made


def is_told_of_noise(generator: VideoGenerator) -> bool:
    """Published video generators have no noise inputs, so noise has no modes there."""
    return isinstance(generator, MovingGenerator) or generator.network.config.has_noise  # type: ignore[attr-defined]


@pytest.mark.parametrize("check", generator_checks(), ids=str)
def test_a_video_generator_keeps_the_promises_of_a_generator(
    generator: VideoGenerator, check: Check
) -> None:
    if str(check) == "noise-has-its-modes" and not is_told_of_noise(generator):
        pytest.skip("it has no noise inputs")
    if str(check) == "the-fingerprint-follows-the-weights" and isinstance(
        generator, MovingGenerator
    ):
        pytest.skip("its fingerprint is that of the still generator, whose directions it takes")
    check(generator)


def labels(generator: Generator, n: int) -> torch.Tensor | None:
    c_dim = generator.info.c_dim
    return torch.eye(c_dim)[torch.arange(n) % c_dim] if c_dim else None


def test_it_offers_what_video_generators_offer(generator: VideoGenerator) -> None:
    motion = Motion.draw(2, seed=1, labels=labels(generator, 2))
    latents = generator.sample(2, seed=0)

    codes = generator.motion_codes(motion, torch.tensor([0.0, 1.5, 3.0]))
    frames = generator.synthesize_frames(latents, codes)
    fixed = generator.at(motion, torch.tensor([[0.0, 1.5, 3.0]] * 2))

    assert isinstance(generator, VideoGenerator)
    assert codes.shape == (2, 3, generator.motion_width) and generator.fps > 0
    drawn = fixed.synthesize(latents[[0, 0, 0, 1, 1, 1]])
    torch.testing.assert_close(drawn, frames.flatten(0, 1), atol=1e-5, rtol=1e-4)


def test_content_of_a_first_frame_draws_that_frame(generator: VideoGenerator) -> None:
    motion = Motion.draw(1, seed=3, labels=labels(generator, 1))
    first = generator.first_frame(motion)
    latents = generator.sample(1, seed=0)

    content = generator.content(latents, motion)
    frames = generator.synthesize_frames(content, generator.motion_codes(motion, torch.zeros(1)))

    torch.testing.assert_close(frames[0], first.synthesize(latents), atol=1e-5, rtol=1e-4)


def test_an_edit_of_the_content_moves_every_frame(generator: VideoGenerator) -> None:
    motion = Motion.draw(1, seed=3, labels=labels(generator, 1))
    latents = generator.sample(1, seed=0)
    codes = generator.motion_codes(motion, torch.tensor([0.0, 9.0]))
    edited = latents.with_w(latents.w + 1)

    before, after = (generator.synthesize_frames(each, codes) for each in (latents, edited))

    assert float((after - before).abs().amax(dim=(0, 2, 3, 4)).min()) > 1e-3


def test_frames_that_do_not_fit_are_refused(generator: VideoGenerator) -> None:
    motion = Motion.draw(2, seed=0, labels=labels(generator, 2))
    latents = generator.sample(3, seed=0)

    with pytest.raises(UsageError, match="expected \\(3, frames"):
        generator.synthesize_frames(latents, generator.motion_codes(motion, torch.zeros(1)))
    with pytest.raises(UsageError, match="fixed at 2 frames and got 3 latents"):
        generator.at(motion, torch.zeros(1)).synthesize(latents)
    with pytest.raises(UsageError, match="times of 3 videos and 2 motions"):
        generator.motion_codes(motion, torch.zeros(3, 1))


def test_new_motion_is_exactly_the_still_generator() -> None:
    from dynode_stylegan_v.config import MotionConfig
    from dynode_stylegan_v.moving import MovingNetwork

    still = tiny_generator(16)
    network = MovingNetwork(MotionConfig(z_dim=4, v_dim=4, frequencies=4), still.info.w_dim)
    moving = MovingGenerator(still, network)
    latents, motion = still.sample(1, seed=5), Motion.draw(1, seed=0)

    with torch.no_grad():
        codes = moving.motion_codes(motion, torch.tensor([0.0, 7.5, 90.0]))
        frames = moving.synthesize_frames(latents, codes)

    assert torch.equal(frames[0], still.synthesize(latents[[0, 0, 0]]))
    assert moving.info.fingerprint == still.info.fingerprint


def test_a_moving_generator_is_written_and_read(tmp_path: Path) -> None:
    still_path = write_tiny_generator(tmp_path / "tiny.safetensors")
    moving = tiny_moving_generator(dynode.load_generator(still_path))

    write_moving(moving, tmp_path / "motion.safetensors")
    again = read_moving(tmp_path / "motion.safetensors")

    latents, motion = moving.sample(1, seed=0), Motion.draw(1, seed=0)
    codes = moving.motion_codes(motion, torch.tensor([4.5]))
    assert torch.equal(again.motion_codes(motion, torch.tensor([4.5])), codes)
    assert torch.equal(
        again.synthesize_frames(latents, codes), moving.synthesize_frames(latents, codes)
    )


@pytest.mark.parametrize(
    "trouble, error, message",
    [
        ("absent", MissingWeightsError, "which is not here; put its file beside"),
        ("other", GeneratorMismatchError, "give the generator it was made for"),
    ],
)
def test_motion_without_its_generator_is_one_line(
    tmp_path: Path, trouble: str, error: type[DynodeError], message: str
) -> None:
    still_path = write_tiny_generator(tmp_path / "tiny.safetensors")
    write_moving(
        tiny_moving_generator(dynode.load_generator(still_path)), tmp_path / "motion.safetensors"
    )
    still_path.unlink()
    if trouble == "other":
        write_tiny_generator(still_path, tiny_generator(32, seed=1, name="tiny"))

    with pytest.raises(error, match=message) as raised:
        read_moving(tmp_path / "motion.safetensors")

    assert "\n" not in str(raised.value)


@pytest.mark.installed_plugins
@pytest.mark.parametrize("method", ["sefa", "ganspace", "svd"])
@pytest.mark.parametrize(
    "make", [GENERATORS["concat_const"], GENERATORS["concat_w"], GENERATORS["moving"]]
)
def test_directions_are_found_on_it_and_edit_every_frame(
    make: Callable[[], VideoGenerator], method: str
) -> None:
    generator, motion = make(), Motion.draw(1, seed=3)
    latents = generator.sample(1, seed=0)
    codes = generator.motion_codes(motion, torch.tensor([0.0, 9.0]))

    found = dynode.find(method, generator)
    direction = found[0] if isinstance(found, list) else found
    before = generator.synthesize_frames(latents, codes)
    after = generator.synthesize_frames(direction.apply(latents, 3.0), codes)

    assert float((after - before).abs().amax(dim=(0, 2, 3, 4)).min()) > 1e-4


def test_motion_is_read_off_the_codes_of_frames() -> None:
    generator = tiny_moving_generator(tiny_generator(32))
    content = generator.sample(1, seed=3).w
    codes = generator.motion_codes(Motion.draw(1, seed=4), torch.arange(9))[0]
    frames = content + generator.mover(codes)[:, None].detach()

    found = generator.read_motion(frames, codes.mean(0))

    assert found is not None
    torch.testing.assert_close(found[0], content, atol=1e-4, rtol=1e-4)  # float32 codes
    torch.testing.assert_close(found[1], codes, atol=1e-3, rtol=1e-3)


@pytest.mark.filterwarnings("ignore:this processor has no:UserWarning")
def test_frames_in_16_bits_are_those_of_32(generator: Any) -> None:
    latents = generator.sample(1, seed=0)
    motion = Motion.draw(1, seed=4, labels=labels(generator, 1))
    codes = generator.motion_codes(motion, torch.tensor([0.0, 3.0]))

    low = computing_as(generator, precision="bf16")
    found = low.synthesize_frames(latents, codes)

    expected = generator.synthesize_frames(latents, codes)
    assert low.precision == "bf16" and found.dtype == torch.float32
    # Eight significant bits, through eight layers; pictures have a deviation near 1.
    assert 0 < float((found - expected).abs().max()) < 0.1
