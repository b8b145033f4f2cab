"""The bundled landscapes in motion: as clips of the world move, and from the still generator's pictures."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import torch

import dynode
from dynode.latents import Motion
from dynode.media.images import read_image
from dynode.pipeline.generate_video import generate_video
from dynode.testing import run_command
from dynode_skies.bundled import weights_path
from dynode_skies.code_clips import moving_factors
from dynode_skies.factors import FACTOR_NAMES
from dynode_skies.w_space import factors_of
from dynode_stylegan_v.moving import MovingGenerator

pytestmark = pytest.mark.installed_plugins

MOVING = (
    "cloud_drift", "wind", "sun_height", "sun_bearing", "night", "water", "waves", "turn", "haze",
)  # fmt: skip
COLUMNS = [FACTOR_NAMES.index(name) for name in MOVING]
START, STOP, CLIPS, FPS = 8, 72, 1024, 12.5


@lru_cache  # loaded once, by the first test: plugins are looked for a test at a time
def bundled() -> MovingGenerator:
    made = dynode.load_generator("skies-video", device="cpu")
    assert isinstance(made, MovingGenerator)
    return made


@pytest.fixture
def video() -> MovingGenerator:
    return bundled()


def test_its_pictures_are_those_of_the_still_generator(video: MovingGenerator) -> None:
    still = dynode.load_generator("skies", device="cpu")
    latents = video.sample(2, seed=0)

    assert (video.info.name, video.info.domain, video.fps) == ("skies-video", "skies", FPS)
    assert video.info.fingerprint == still.info.fingerprint
    drawn, expected = (each.synthesize(latents, resolution=16) for each in (video, still))
    assert torch.equal(drawn, expected)


def test_landscapes_move_as_in_real_clips_and_tremble_no_more(video: MovingGenerator) -> None:
    latents = video.sample(CLIPS, seed=31, truncation=1.0)
    times = torch.arange(START, STOP, dtype=torch.float64)
    with torch.no_grad():
        motion = video.fitted(Motion.draw(CLIPS, seed=31), latents)
        shift = video.mover(video.motion_codes(motion, times)).double()
    # Factors are affine in w: those of a shift are those of two codes' difference.
    made = factors_of(shift) - factors_of(torch.zeros(1, shift.shape[-1], dtype=torch.float64))
    real = moving_factors(CLIPS, STOP, FPS, 32)[:, START:].double()

    still = [index for index in range(len(FACTOR_NAMES)) if index not in COLUMNS]
    # Weights of the file are float32, and codes are about 5 in size.
    assert float(made[..., still].abs().max()) < 1e-3
    ours, theirs = made[..., COLUMNS], real[..., COLUMNS]
    amplitude = ours.std(1).mean(0) / theirs.std(1).mean(0)
    # 0.7 to 1.3, and the deviation of such a ratio of 1024 clips of seven kinds, about 0.1.
    assert bool(((amplitude > 0.6) & (amplitude < 1.4)).all()), amplitude
    jerk = [each.diff(n=3, dim=1).abs().mean((0, 1)) for each in (ours, theirs)]
    assert float((jerk[0] / jerk[1]).max()) < 1.5


@pytest.mark.parametrize(
    ("named", "found"),
    [(None, "facets-video"), ("skies", "skies-video"), ("facets", "facets-video")],
)
def test_the_name_of_a_world_is_what_moves_in_it(named: str | None, found: str) -> None:
    assert generate_video(generator=named, length=1).generator.info.name == found
    # The still generators keep their names.
    with pytest.raises(dynode.DynodeError, match="skies-128 draws stills"):
        generate_video(generator="skies-128", length=1)


def test_all_of_skies_stays_under_20_mb() -> None:
    folder = weights_path("video").parent
    files = [*folder.iterdir(), *(folder.parent / "directions").iterdir()]
    assert sum(path.stat().st_size for path in files) < 20e6


def test_a_direction_of_landscapes_edits_a_clip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    saved = ["--latents", "c.safetensors", "--motion", "m.safetensors"]
    shown = ["--generator", "skies", "--length", "2", "--seeds", "3"]
    edited = ["c.safetensors", "--motion-from", "m.safetensors", "--direction", "night:2"]

    for command in (
        ["generate", "--video", *shown, *saved, "-o", "day/"],
        [
            "edit",
            *edited,
            "--generator",
            "skies-video",
            "--edited-only",
            "--length",
            "2",
            "-o",
            "night/",
        ],
    ):
        result = run_command(command)
        assert result.exit_code == 0, result.stderr

    brightness = [
        float(np.mean(read_image(sorted((tmp_path / name).glob("*.png"))[-1])))
        for name in ("day", "night")
    ]
    assert brightness[1] < brightness[0] - 20
