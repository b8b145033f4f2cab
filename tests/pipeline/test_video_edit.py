"""Saved content and motion: drawn again, edited once, and set in motion."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import dynode
from dynode.direction.linear import LinearDirection
from dynode.errors import GeneratorMismatchError, OptionError
from dynode.generator.video import VideoGenerator, motion_fingerprint
from dynode.latents import Latents, Motion
from dynode.media.clip import open_clip
from dynode.pipeline.generate_video import generate_video
from dynode.pipeline.video_edit import VideoEdit
from dynode.testing import run_command, tiny_generator, write_tiny_generator
from dynode_stylegan_v.config import MotionConfig
from dynode_stylegan_v.file import write_network
from dynode_stylegan_v.moving import MovingGenerator, MovingNetwork
from dynode_stylegan_v.tiny import tiny_video_generator

pytestmark = pytest.mark.installed_plugins
FRAMES = 5


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A video generator, content and drawn and found motion of two clips, and a direction."""
    monkeypatch.chdir(tmp_path)
    generator = tiny_video_generator()
    write_network(generator.network, Path("v.safetensors"), metadata={"name": "tiny-video"})
    write_tiny_generator("still.safetensors")
    loaded().sample(2, seed=5).save("c.safetensors")
    drawn = Motion.draw(2, seed=8)
    drawn.save("m.safetensors")
    drawn.save("strange.safetensors", generator="another", fingerprint="ab" * 32)
    codes = generator.motion_codes(drawn, torch.arange(FRAMES))
    Motion(drawn.keys, codes=codes).save("found.safetensors")
    Motion(drawn.keys, codes=codes[..., :3]).save("other.safetensors")
    LinearDirection(torch.ones(generator.info.w_dim)).save("up.safetensors")
    return tmp_path


def loaded() -> VideoGenerator:
    generator = dynode.load_generator("v.safetensors")
    assert isinstance(generator, VideoGenerator)
    return generator


def frames_of(made: object) -> torch.Tensor:
    return torch.cat(list(made.frames()), 1)  # type: ignore[attr-defined]  # a GeneratedVideo


def expected(latents: Latents) -> torch.Tensor:
    generator = loaded()
    codes = generator.motion_codes(Motion.draw(2, seed=8), torch.arange(FRAMES))
    return generator.synthesize_frames(latents, codes).detach()


def test_what_was_saved_is_drawn_again(folder: Path) -> None:
    given = {"generator": "v.safetensors", "content": "c.safetensors"}
    drawn = generate_video(motion="m.safetensors", length=FRAMES, **given)  # type: ignore[arg-type]
    found = generate_video(motion="found.safetensors", **given)  # type: ignore[arg-type]

    for made in (drawn, found):  # found motion tells the length
        torch.testing.assert_close(
            frames_of(made), expected(Latents.load("c.safetensors")), atol=1e-4, rtol=1e-4
        )
    assert drawn.seeds == ()


def test_one_motion_moves_every_content_and_one_content_has_every_motion(folder: Path) -> None:
    one = Motion.load("m.safetensors")[:1]
    moved = generate_video(
        generator="v.safetensors", content="c.safetensors", motion=one, length=2, grid=(1, 2)
    )
    seeded = generate_video("4,5,6", generator="v.safetensors", motion=one, length=2)
    content = Latents.load("c.safetensors")[0]
    drawn = generate_video("4,5,6", generator="v.safetensors", content=content, length=2)

    assert moved.motion.keys.tolist() == [[8, 0], [8, 0]]
    assert len(seeded.latents) == len(seeded.motion) == 3
    assert [seed for seed, _ in drawn.motion.keys.tolist()] == [4, 5, 6]
    assert torch.equal(drawn.latents.w[2], content.w[0])


def test_an_edit_touches_the_content_once(folder: Path) -> None:
    made = dynode.edit(
        "c.safetensors",
        generator="v.safetensors",
        motion="found.safetensors",
        directions="up.safetensors:0.5",
    )

    assert isinstance(made, VideoEdit)
    shifted = made.original.with_w(made.original.w + 0.5 * torch.ones(()) * _step())
    torch.testing.assert_close(made.latents.w, shifted.w)
    torch.testing.assert_close(
        frames_of(made.video(made.latents)), expected(shifted), atol=1e-4, rtol=1e-4
    )
    torch.testing.assert_close(made.after[:1], expected(shifted)[0, :1], atol=1e-4, rtol=1e-4)


def _step() -> torch.Tensor:
    """What the direction adds at strength 1."""
    zero = loaded().sample(1, seed=0)
    return (dynode.load_direction("up.safetensors").apply(zero, 1.0).w - zero.w)[0, 0]


@pytest.mark.parametrize(
    ("flags", "width"), [([], 66), (["--edited-only"], 32)], ids=["both", "one"]
)
def test_the_command_writes_clips_before_and_after(
    folder: Path, flags: list[str], width: int
) -> None:
    command = ["edit", "c.safetensors", "--motion-from", "found.safetensors", *flags]

    result = run_command(
        [*command, "--generator", "v.safetensors", "--direction", "up.safetensors", "--length", "3"]
    )

    assert result.exit_code == 0, result.stderr
    clip = open_clip(Path("up.mp4"))
    assert len(clip) == 3
    assert abs(clip.size[1] - width) <= 2  # of even sides, with a gap between the tiles


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--length", "9"],
            "--length is 9, and this motion, found for a clip, ends after 5 frames",
        ),
        (["--motion-from", "other.safetensors"], "holds codes of width 3"),
        (["--motion-from", "c.safetensors"], "expected motion"),
        (["--motion-from", "strange.safetensors"], "holds motion of 'another' (abababababab), and"),
        (["--fps", "0"], "expected both above 0"),
        (["--generator", "still.safetensors"], "which --motion-from needs"),
        (["--sweep", "0:1:3"], "--motion-from does not apply with --sweep"),
        (["-o", "a.png"], "is no video format"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_bad_input_is_one_line_and_writes_nothing(
    folder: Path, flags: list[str], message: str
) -> None:
    before = set(folder.iterdir())
    command = ["edit", "c.safetensors", "--direction", "up.safetensors"]
    given = [*command, "--generator", "v.safetensors", "--motion-from", "found.safetensors"]

    result = run_command([*given, *flags])

    assert result.exit_code in (1, 2)
    assert message in result.stderr.replace("\n", " ")
    assert result.stderr.count("\n") == 1
    assert set(folder.iterdir()) == before


def test_a_clip_is_shown_at_any_frame_rate(folder: Path) -> None:
    given = {"generator": "v.safetensors", "directions": "up.safetensors", "length": 4}
    own = dynode.edit("c.safetensors", motion="m.safetensors", **given)  # type: ignore[arg-type]
    twice = dynode.edit(
        "c.safetensors",
        motion="m.safetensors",
        fps=2 * loaded().fps,
        **given,  # type: ignore[arg-type]
    )

    assert isinstance(own, VideoEdit) and isinstance(twice, VideoEdit)
    assert (own.fps, twice.fps) == (loaded().fps, 2 * loaded().fps)
    assert torch.equal(twice.times, own.times / 2)


def test_saved_motion_belongs_to_its_generator(folder: Path) -> None:
    generator = loaded()
    made = generate_video("3", generator=generator, length=2)
    made.save_motion("own.safetensors")
    again = generate_video(
        generator=generator, content=made.latents, motion="own.safetensors", length=2
    )
    other = tiny_video_generator(seed=9)

    assert torch.equal(again.motion.keys, made.motion.keys)
    with pytest.raises(GeneratorMismatchError, match="'tiny-video'"):
        generate_video("3", generator=other, motion="own.safetensors")


def test_motions_of_one_still_generator_are_told_apart() -> None:
    still, config = tiny_generator(), MotionConfig(z_dim=4, v_dim=4, frequencies=2)
    first, second = (
        MovingGenerator(still, MovingNetwork(config, still.info.w_dim)) for _ in range(2)
    )

    assert first.info.fingerprint == second.info.fingerprint
    assert motion_fingerprint(first) != motion_fingerprint(second)
    assert motion_fingerprint(first.at(Motion.draw(1, seed=1), torch.zeros(1))) == (
        motion_fingerprint(first)
    )


def test_what_is_given_twice_is_refused(folder: Path) -> None:
    given = {"generator": "v.safetensors", "motion": "m.safetensors"}
    with pytest.raises(OptionError, match="nothing is left for --seeds"):
        generate_video("3", content="c.safetensors", **given)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="both give the content"):
        generate_video(start="p.png", content="c.safetensors", **given)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="2 contents and 2 motions for 4 videos"):
        generate_video(content="c.safetensors", grid=(2, 2), **given)  # type: ignore[arg-type]
    with pytest.raises(GeneratorMismatchError, match="rows"):
        generate_video(content=Latents(torch.zeros(1, 3, 64)), **given)  # type: ignore[arg-type]
