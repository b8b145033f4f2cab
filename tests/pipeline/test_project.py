"""Projecting a clip: one content, and motion codes that draw it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

import dynode
from dynode.errors import MediaError, UsageError
from dynode.generator.video import VideoGenerator
from dynode.latents import Motion
from dynode.media.clip import open_clip
from dynode.pipeline.choosing import ready_inverter
from dynode.pipeline.clip_codes import clip_images
from dynode.pipeline.frame_files import save_frames
from dynode.pipeline.project import project_clip
from dynode.testing import run_command
from dynode_stylegan_v.file import write_network
from dynode_stylegan_v.tiny import tiny_video_generator

pytestmark = pytest.mark.installed_plugins
FRAMES = 6
QUICK = {"steps": 2, "distance": "none"}


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "v.safetensors"
    write_network(tiny_video_generator().network, path, metadata={"name": "tiny-video"})
    return path


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    generator = tiny_video_generator()
    codes = generator.motion_codes(Motion.draw(1, seed=9), torch.arange(FRAMES))
    frames = generator.synthesize_frames(generator.sample(1, seed=3), codes)
    save_frames(iter([frames]), tmp_path / "clip.mp4", fps=25, columns=1)
    return tmp_path / "clip.mp4"


def error(generator: VideoGenerator, path: Path, steps: int) -> float:
    clip = open_clip(path)
    ready = ready_inverter(generator, "optimize", QUICK)
    made = project_clip(clip, generator, ready, steps=steps)
    frames = torch.cat(list(clip_images(clip, generator.info.resolution)))
    codes = generator.motion_codes(made.motion, torch.arange(FRAMES))
    return float((generator.synthesize_frames(made.latents, codes)[0] - frames).square().mean())


def test_steps_bring_what_is_drawn_nearer_to_the_clip(clip: Path) -> None:
    generator = tiny_video_generator()

    assert error(generator, clip, 8) < error(generator, clip, 0)


def test_content_and_motion_are_saved_beside_each_other(
    video: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = clip.with_name("c.latents.safetensors")
    flags = ["--inverter", "optimize", "--inverter-option", "steps=2"]
    command = ["invert", str(clip), "--generator", str(video), *flags, "-o", str(output)]

    result = run_command([*command, "--json"])

    assert result.exit_code == 0, result.stderr
    motion = Motion.load(json.loads(result.stdout)["motion"])
    generator = dynode.load_generator(video)
    assert isinstance(generator, VideoGenerator)
    assert motion.codes is not None
    assert motion.codes.shape == (1, FRAMES, generator.motion_width)
    assert len(dynode.Latents.load(output)) == 1
    output.unlink()  # the motion is still there, which is told before anything is computed
    monkeypatch.setattr(
        "dynode.pipeline.project.project_clip", lambda *_, **__: pytest.fail("computed")
    )
    again = run_command(command)
    assert (again.exit_code, again.stderr.count("\n")) == (2, 1)
    assert "c.motion.safetensors" in again.stderr


def test_codes_lie_on_lines_between_frames_and_end_with_the_last() -> None:
    codes = torch.tensor([[[0.0], [2.0], [6.0]]])
    motion = Motion(torch.zeros(1, 2, dtype=torch.int64), codes=codes)

    between = motion.codes_at(torch.tensor([[0.0, 0.5, 1.25, 2.0]]))

    torch.testing.assert_close(between[0, :, 0], torch.tensor([0.0, 1.0, 3.0, 6.0]))
    with pytest.raises(UsageError, match="frames 0 to 2, and 3 is asked for"):
        motion.codes_at(torch.tensor([[3.0]]))


def test_a_clip_of_one_frame_is_refused(tmp_path: Path) -> None:
    save_frames(iter([torch.zeros(1, 1, 3, 32, 32)]), tmp_path / "one.mp4", fps=25, columns=1)
    generator = tiny_video_generator()

    with pytest.raises(MediaError, match="1 frames; expected 2 to 512"):
        project_clip(
            open_clip(tmp_path / "one.mp4"), generator, ready_inverter(generator, "optimize", QUICK)
        )
