"""The bundled video generator: the bundled pictures, moving as clips of the world do."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest
import torch
from torch import Tensor

import dynode
from dynode.latents import Motion
from dynode.pipeline.generate_video import generate_video
from dynode.testing import run_command
from dynode_facets.bundled import weights_path
from dynode_facets.code_clips import moving_factors
from dynode_facets.factors import FACTOR_NAMES
from dynode_facets.w_space import factors_of
from dynode_stylegan_v.moving import MovingGenerator

pytestmark = pytest.mark.installed_plugins

MOVING = ("yaw", "pitch", "smile", "mouth_open", "eye_open", "gaze", "brow", "age")
COLUMNS = [FACTOR_NAMES.index(name) for name in MOVING]
START, STOP, CLIPS = 16, 48, 1024


@lru_cache  # loaded once, by the first test: plugins are looked for a test at a time
def bundled() -> MovingGenerator:
    made = dynode.load_generator("facets-video", device="cpu")
    assert isinstance(made, MovingGenerator)
    return made


@pytest.fixture
def video() -> MovingGenerator:
    return bundled()


@pytest.fixture
def made(video: MovingGenerator) -> Tensor:
    """How factors differ from rest, (clips, frames, F)."""
    times = torch.arange(START, STOP, dtype=torch.float64)
    with torch.no_grad():
        shift = video.mover(video.motion_codes(Motion.draw(CLIPS, seed=31), times)).double()
    # Factors are affine in w: those of a shift are those of two codes' difference.
    return factors_of(shift) - factors_of(torch.zeros(1, shift.shape[-1], dtype=torch.float64))


@pytest.fixture
def real() -> Tensor:
    return moving_factors(CLIPS, STOP, 25.0, 32)[:, START:].double()


def test_its_pictures_are_those_of_the_still_generator(video: MovingGenerator) -> None:
    still = dynode.load_generator("facets-128", device="cpu")
    latents = video.sample(2, seed=0)

    assert video.info.name == "facets-video"
    assert video.info.fingerprint == still.info.fingerprint
    drawn, expected = (each.synthesize(latents, resolution=16) for each in (video, still))
    assert torch.equal(drawn, expected)


def test_its_file_is_small() -> None:
    assert weights_path("video").stat().st_size < 6e6


def test_nothing_moves_that_stands_still_in_real_clips(made: Tensor) -> None:
    still = [index for index in range(len(FACTOR_NAMES)) if index not in COLUMNS]

    # Weights of the file are float32, and codes are about 5 in size.
    assert float(made[..., still].abs().max()) < 1e-3


def test_factors_move_as_far_as_in_real_clips_and_tremble_no_more(
    made: Tensor, real: Tensor
) -> None:
    ours, theirs = made[..., COLUMNS], real[..., COLUMNS]

    amplitude = ours.std(1).mean(0) / theirs.std(1).mean(0)
    jerk = [each.diff(n=3, dim=1).abs().mean((0, 1)) for each in (ours, theirs)]

    # 0.7 to 1.3, and the deviation of such a ratio of 1024 clips of six kinds, about 0.1.
    assert bool(((amplitude > 0.6) & (amplitude < 1.4)).all()), amplitude
    assert float(jerk[0].sum() / jerk[1].sum()) < 1.5
    # What is slow in real clips is slow here.
    assert float((jerk[0] / jerk[1]).max()) < 2.5


def test_motion_that_knows_its_face_stays_where_faces_are(video: MovingGenerator) -> None:
    latents = video.sample(256, seed=33, truncation=1.0)
    rest = factors_of(latents.w.mean(1).double())[:, None]
    nothing = factors_of(torch.zeros(1, latents.w.shape[2], dtype=torch.float64))
    drawn, times = Motion.draw(256, seed=33), torch.arange(0, 128, 4)

    outside = []
    for motion in (video.fitted(drawn, latents), drawn):
        with torch.no_grad():
            moved = video.mover(video.motion_codes(motion, times)).double()
        factors = (rest + factors_of(moved) - nothing)[..., COLUMNS]
        outside.append(float((factors.abs() > 1.05).float().mean()))

    assert outside[0] < 0.02 and outside[0] < 0.4 * outside[1], outside


def test_clips_begin_at_rest(video: MovingGenerator) -> None:
    codes = video.motion_codes(Motion.draw(16, seed=2), torch.zeros(1))

    assert float(codes.abs().max()) < 1e-4  # curves are kept in float32


def test_videos_are_drawn_with_it_when_none_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    result = run_command(["generate", "--video", "--length", "2", "-o", "a.gif"])

    assert result.exit_code == 0, result.stderr
    assert generate_video(length=1).generator.info.name == "facets-video"


def test_a_still_generator_is_refused_by_name() -> None:
    with pytest.raises(dynode.DynodeError, match="facets-128 draws stills"):
        generate_video(generator="facets-128", length=1)
