"""Clips whose faces are cut out and put back."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import torch

import dynode
from dynode.direction.linear import LinearDirection
from dynode.direction.stack import EditStack
from dynode.dynamics.settings import FitOptions
from dynode.errors import MediaError, UsageError
from dynode.media.clip import open_clip
from dynode.pipeline.clip_codes import invert_clip
from dynode.pipeline.clip_edit import edit_clip
from dynode.pipeline.clips import fit_clip
from dynode.pipeline.face_source import FaceSource
from dynode.pipeline.faces import find_faces, warn_of_frames
from dynode.pipeline.interpolate import ClipInterpolation, wanted_times
from dynode.plugins import registry
from dynode.testing import run_command, write_tiny_generator
from dynode.testing.videos import audio_bytes, write_test_video

QUICK = FitOptions(steps=100, shooting=5, width=16)
FACE = np.array([(-10.0, -8.0), (10.0, -8.0), (0.0, 0.0), (-7.0, 10.0), (7.0, 10.0)])
CENTRES = [(60.0 + 2 * index, 64.0) for index in range(8)]


@pytest.fixture
def points() -> list:
    return [(FACE + centre).tolist() for centre in CENTRES]


@pytest.fixture
def source(tmp_path, points):
    """A grey clip with a square that moves and grows brighter, and its landmarks."""
    pictures = []
    for index, (x, y) in enumerate(CENTRES):
        picture = np.full((128, 160, 3), 100, np.uint8)
        picture[int(y) - 44 : int(y) + 44, int(x) - 44 : int(x) + 44] = 20 + 30 * index
        pictures.append(picture)
    (tmp_path / "points.json").write_text(json.dumps(points))
    return write_test_video(tmp_path / "clip.mp4", frames=8, size=(128, 160), pictures=pictures)


def test_the_inverter_sees_the_face_and_not_the_frame(source, inverter, generator) -> None:
    clip = open_clip(source)
    faces = find_faces(clip, FaceSource(source.with_name("points.json")))

    found = invert_clip(clip, generator, faces=faces)
    whole = invert_clip(clip, generator)

    levels = (found.w - generator.mean_w)[:, -1, -1]
    expected = (20 + 30 * torch.arange(8.0)) / 127.5 - 1
    torch.testing.assert_close(levels, expected, atol=0.04, rtol=0)  # of the codec and the border
    assert not torch.allclose(found.w, whole.w)


def test_only_the_face_changes_and_everything_else_is_kept(
    source, inverter, generator, tmp_path
) -> None:
    fitted = fit_clip(
        source,
        generator,
        options=QUICK,
        check=False,
        faces=FaceSource(source.with_name("points.json")),
    )
    stack = EditStack().then(LinearDirection(torch.ones(64)), 2.0)

    result = edit_clip(fitted, generator, stack, tmp_path / "out.mp4")

    written = open_clip(tmp_path / "out.mp4")
    assert result.frames == len(written) == 8
    assert written.size == (128, 160)
    assert audio_bytes(tmp_path / "out.mp4") == audio_bytes(source)
    for index, (before, after) in enumerate(
        zip(open_clip(source).frames(), written.frames(), strict=True)
    ):
        change = np.abs(before.astype(int) - after).mean(2)
        x = int(CENTRES[index][0])
        assert change[:, x + 50 :].max() <= 16  # lossy twice, beside an edge
        assert change[:, x + 50 :].mean() < 2
        assert change[40:90, x - 25 : x + 25].mean() > 10


def test_a_clip_with_odd_sides_is_said_to_grow(inverter, generator, tmp_path) -> None:
    pictures = [np.full((129, 161, 3), 60 + 20 * index, np.uint8) for index in range(4)]
    source = write_test_video(tmp_path / "odd.mkv", frames=4, size=(129, 161), pictures=pictures)
    (tmp_path / "points.json").write_text(json.dumps((FACE + (80, 64)).tolist()))
    fitted = fit_clip(
        source, generator, options=QUICK, check=False, faces=FaceSource(tmp_path / "points.json")
    )
    stack = EditStack().then(LinearDirection(torch.ones(64)), 2.0)

    with pytest.warns(UserWarning, match="odd.mkv is 161×129 .* out.mp4 will be 162×130"):
        edit_clip(fitted, generator, stack, tmp_path / "out.mp4")

    assert open_clip(tmp_path / "out.mp4").size == (130, 162)


def test_an_interpolated_clip_shows_the_faces_alone(source, inverter, generator, tmp_path) -> None:
    fitted = fit_clip(
        source,
        generator,
        options=QUICK,
        check=False,
        faces=FaceSource(source.with_name("points.json")),
    )

    times, fps = wanted_times(fitted.clip, factor=2)
    ClipInterpolation(fitted, generator, times, fps).save(tmp_path / "out.mp4")

    assert open_clip(tmp_path / "out.mp4").size == generator.info.resolution


class Detector(dynode.FaceDetector):
    """Finds the moving face, in frames from `misses` on none."""

    name = "moving"
    takes_model = True
    misses = 99
    tremble = 1

    def load(self, model=None):
        self.calls = 0
        return self.find

    def find(self, pixels) -> list[np.ndarray]:
        self.calls += 1
        if self.calls > self.misses:
            return []
        return [FACE + CENTRES[self.calls - 1] + self.tremble * (-1) ** self.calls]


@pytest.fixture
def detector() -> Detector:
    moving = Detector()
    registry().face_detectors.add(moving, "tests")
    return moving


def test_what_a_detector_finds_is_steadied(source, detector) -> None:
    faces = find_faces(open_clip(source), FaceSource(model=source))

    columns = np.array([face.centre[0] for face in faces.frames])
    rows = np.array([face.centre[1] for face in faces.frames])
    assert np.ptp(rows[2:-2]) < 0.3  # it trembled by 2
    assert np.diff(columns).min() > 0


def test_a_steady_motion_is_kept_to_both_ends(source, detector) -> None:
    detector.tremble = 0

    faces = find_faces(open_clip(source), FaceSource(model=source))

    columns = np.array([face.centre[0] for face in faces.frames])
    np.testing.assert_allclose(np.diff(columns), 2.0, atol=1e-9)


def test_a_frame_without_a_face_is_told_in_one_line(
    source, detector, inverter, generator, monkeypatch
) -> None:
    monkeypatch.chdir(source.parent)
    monkeypatch.setattr(detector, "misses", 3)
    write_tiny_generator("g.safetensors", generator)
    LinearDirection(torch.ones(64)).save("up.safetensors")
    arguments = ["--direction", "up.safetensors", "--generator", "g.safetensors", "-o", "out.mp4"]

    result = run_command(["edit", "clip.mp4", *arguments, "--face-model", "clip.mp4"])

    assert result.exit_code == 1
    assert "frame 3 of clip.mp4: no face was found" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (source.parent / "out.mp4").exists()


def test_landmarks_are_refused_where_they_do_not_fit(source, tmp_path, points) -> None:
    clip = open_clip(source)
    (tmp_path / "few.json").write_text(json.dumps(points[:3]))
    (tmp_path / "none.json").write_text('{"a": 1}')

    with pytest.raises(MediaError, match="of 3 frames; the clip has 8"):
        find_faces(clip, FaceSource(tmp_path / "few.json"))
    with pytest.raises(MediaError, match="holds no landmarks"):
        find_faces(clip, FaceSource(tmp_path / "none.json"))
    with pytest.raises(UsageError, match="in one way"):
        FaceSource(tmp_path / "few.json", model=tmp_path / "m")


def test_one_list_of_points_serves_every_frame(source, tmp_path, points) -> None:
    (tmp_path / "one.json").write_text(json.dumps(points[0]))
    np.save(tmp_path / "all.npy", np.array(points))
    clip = open_clip(source)

    one = find_faces(clip, FaceSource(tmp_path / "one.json"))
    each = find_faces(clip, FaceSource(tmp_path / "all.npy"))

    assert one.frames == (each.frames[0],) * 8
    assert one.key != each.key


def test_frames_that_are_no_crops_are_warned_of(source, generator) -> None:
    class Faces:
        info = dataclasses.replace(generator.info, crop="ffhq")

    with pytest.warns(UserWarning, match="160×128 pixels and the generator draws aligned faces"):
        warn_of_frames(open_clip(source), Faces())
    with pytest.warns(
        UserWarning, match="the middle of each frame is taken, and drawn at that size"
    ):
        warn_of_frames(open_clip(source), generator)
