"""Fitting, editing and interpolating clips."""

from __future__ import annotations

import json

import pytest
import torch

from dynode.direction.linear import LinearDirection
from dynode.direction.stack import EditStack
from dynode.dynamics.modes import MODES
from dynode.dynamics.settings import FitOptions
from dynode.errors import MediaError, OptionError
from dynode.media.clip import open_clip
from dynode.pipeline.clip_edit import edit_clip
from dynode.pipeline.clips import fit_clip
from dynode.pipeline.interpolate import ClipInterpolation, wanted_times
from dynode.testing.videos import audio_bytes, write_test_video

QUICK = FitOptions(steps=150, shooting=5, width=16)


@pytest.fixture
def source(tmp_path):
    return write_test_video(tmp_path / "clip.mp4", frames=12)


@pytest.fixture
def fitted(source, inverter, generator):
    return fit_clip(source, generator, options=QUICK, check=False)


@pytest.mark.parametrize("mode", MODES)
def test_an_edited_clip_keeps_count_rate_and_sound(fitted, generator, tmp_path, mode) -> None:
    stack = EditStack().then(LinearDirection(torch.ones(64)), 0.2)
    target = tmp_path / "out.mp4"

    result = edit_clip(fitted, generator, stack, target, mode=mode)

    written = open_clip(target)
    assert result.frames == len(written) == 12
    assert written.rate == 25
    assert audio_bytes(target) == audio_bytes(fitted.clip.path)
    assert result.evaluations > 0
    json.dumps(result.document())


def test_an_edit_changes_every_frame_and_none_changes_nothing(fitted, generator, tmp_path) -> None:
    stack = EditStack().then(LinearDirection(torch.ones(64)), 2.0)
    frames = {}
    for name, strength in (("plain", 0.0), ("edited", 1.0)):
        edit_clip(fitted, generator, stack, tmp_path / f"{name}.mp4", strength=strength)
        frames[name] = list(open_clip(tmp_path / f"{name}.mp4").frames())

    changes = [abs(a.astype(float) - b).mean() for a, b in zip(*frames.values(), strict=True)]

    assert min(changes) > 1  # of 255
    image = generator.synthesize(fitted.trajectory.observed[0])[0].clamp(-1, 1)
    errors = {
        name: float((torch.from_numpy(shown[0]).permute(2, 0, 1) / 127.5 - 1 - image).abs().mean())
        for name, shown in frames.items()
    }
    assert errors["plain"] < 0.5 * errors["edited"]  # the video codec loses much of such noise


def test_interpolation_draws_the_times_between(fitted, generator, tmp_path) -> None:
    times, fps = wanted_times(fitted.clip, factor=3)
    result = ClipInterpolation(fitted, generator, times, fps).save(tmp_path / "out.mp4")

    written = open_clip(tmp_path / "out.mp4")
    assert result.frames == len(written) == 34
    assert written.rate == 75
    assert audio_bytes(tmp_path / "out.mp4") == audio_bytes(fitted.clip.path)


@pytest.mark.parametrize(
    ("given", "count", "last", "rate"),
    [
        ({"factor": 1}, 12, 0.44, 25),
        ({"factor": 2}, 23, 0.44, 50),
        ({"fps": 60.0}, 27, 26 / 60, 60),
        ({"fps": 50.0}, 23, 0.44, 50),
        ({"fps": 10.0}, 5, 0.4, 10),
        ({"times": torch.tensor([0.1, 0.05])}, 2, 0.05, 25),
    ],
    ids=["same", "double", "60 fps", "50 fps", "fewer", "times"],
)
def test_wanted_times_lie_in_the_clip(source, given, count, last, rate) -> None:
    times, fps = wanted_times(open_clip(source), **given)

    assert len(times) == count
    assert float(times[-1]) == pytest.approx(last)
    assert fps == rate


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "give one of --fps, --factor and --times"),
        ({"fps": 60.0, "factor": 2}, "give one of"),
        ({"factor": 0}, "--factor is 0"),
        ({"fps": 0.0}, "--fps is 0"),
        ({"fps": float("nan")}, "--fps is nan"),
        ({"factor": 10**9}, "expected at most 1000000"),
        ({"times": torch.tensor([])}, "--times holds no times"),
    ],
)
def test_times_that_make_no_sense_are_refused(source, given, message) -> None:
    with pytest.raises(OptionError, match=message):
        wanted_times(open_clip(source), **given)


def test_times_outside_the_clip_are_drawn_with_a_warning(fitted, generator, tmp_path) -> None:
    with pytest.warns(UserWarning, match="what lies outside is extrapolated"):
        result = ClipInterpolation(fitted, generator, torch.tensor([0.0, 0.6]), 25.0).save(
            tmp_path / "out.mp4"
        )

    assert result.frames == 2


def test_a_clip_of_one_frame_is_refused(inverter, generator, tmp_path) -> None:
    path = write_test_video(tmp_path / "one.mp4", frames=1)

    with pytest.raises(MediaError, match="one frame; a clip needs at least 2"):
        fit_clip(path, generator)


def test_a_variable_frame_rate_is_said_and_the_true_times_are_used(
    inverter, generator, tmp_path
) -> None:
    times = [0.0, 0.04, 0.12, 0.2, 0.21, 0.4]
    path = write_test_video(tmp_path / "clip.mkv", times_s=times, frames=6, sound="")

    with pytest.warns(UserWarning, match="variable frame rate"):
        fitted = fit_clip(path, generator, options=QUICK, check=False)
    result = edit_clip(fitted, generator, EditStack(), tmp_path / "out.mp4")

    assert fitted.trajectory.times.tolist() == pytest.approx(times, abs=1e-3)
    assert result.frames == 6


def test_the_same_clip_gives_the_same_file(fitted, generator, source, tmp_path) -> None:
    # A GIF: x264 is not reproducible on pictures of a few macroblocks.
    stack = EditStack().then(LinearDirection(torch.ones(64)), 0.2)
    edit_clip(fitted, generator, stack, tmp_path / "first.gif")

    again = fit_clip(source, generator, options=QUICK, check=False)
    edit_clip(again, generator, stack, tmp_path / "second.gif")

    assert (tmp_path / "first.gif").read_bytes() == (tmp_path / "second.gif").read_bytes()
