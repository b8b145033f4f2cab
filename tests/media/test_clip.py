"""Looking into videos and decoding them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from dynode.errors import MediaError
from dynode.media.clip import open_clip
from dynode.testing.videos import write_test_video


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
def test_every_container_tells_its_frames_and_rate(tmp_path, suffix) -> None:
    sound = "" if suffix == ".webm" else "aac"  # Opus does not take the tone's 44.1 kHz
    path = write_test_video(tmp_path / f"clip{suffix}", frames=9, rate=25, sound=sound)

    clip = open_clip(path)

    assert len(clip) == len(list(clip.frames())) == 9
    assert clip.rate == 25
    assert clip.is_regular
    assert clip.times_s == pytest.approx([index / 25 for index in range(9)])


def test_a_rate_of_television_stays_a_fraction(tmp_path) -> None:
    path = write_test_video(tmp_path / "clip.mp4", rate=Fraction(30000, 1001))

    assert open_clip(path).rate == Fraction(30000, 1001)


def test_frames_are_decoded_in_order_and_colour(tmp_path) -> None:
    path = write_test_video(tmp_path / "clip.mp4", frames=5)

    levels = [float(frame.mean()) for frame in open_clip(path).frames()]

    # the codec's rounding through YUV
    assert levels == pytest.approx([255 * index / 6 for index in range(1, 6)], abs=3)


@pytest.mark.parametrize(("rotation", "turns"), [(90, 1), (180, 2), (-90, 3)])
def test_rotated_frames_are_turned_upright(tmp_path, rotation, turns) -> None:
    stored = np.zeros((48, 96, 3), np.uint8)
    stored[:16, :16] = 255  # a white corner
    path = write_test_video(
        tmp_path / "clip.mp4",
        frames=2,
        size=(48, 96),
        rotation_deg=rotation,
        pictures=[stored, stored],
    )

    clip = open_clip(path)
    shown = next(clip.frames())

    assert shown.shape[:2] == clip.size
    error = np.abs(shown.astype(float) - np.rot90(stored, turns))
    assert error.mean() < 5  # the codec's ringing at the corner


def test_uneven_frame_times_are_kept(tmp_path) -> None:
    times = [0.0, 0.04, 0.12, 0.2, 0.21, 0.4]
    path = write_test_video(tmp_path / "clip.mkv", times_s=times, frames=6, sound="")

    clip = open_clip(path)

    assert not clip.is_regular
    assert clip.times_s == pytest.approx(times, abs=1e-3)  # Matroska's milliseconds


def test_odd_sizes_are_read(tmp_path) -> None:
    path = write_test_video(tmp_path / "clip.mkv", frames=3, size=(37, 51), sound="")

    assert open_clip(path).size == (37, 51)


def _absent(path) -> None:
    """does not exist; check the path of the video"""


def _a_text(path) -> None:
    """is no video, or damaged or truncated"""
    path.write_text("not a video " * 100)


def _an_empty_file(path) -> None:
    """is no video, or damaged or truncated"""
    path.write_bytes(b"")


def _sound_alone(path) -> None:
    """has no picture track (audio only); give a video"""
    write_test_video(path, frames=0)


def _cut_off(path) -> None:
    """is no video, or damaged or truncated"""
    write_test_video(path, frames=50)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.robust(kind="G")
@pytest.mark.parametrize("damage", [_absent, _a_text, _an_empty_file, _sound_alone, _cut_off])
def test_what_is_no_whole_video_is_told_in_one_line(tmp_path, damage) -> None:
    path = tmp_path / "clip.mp4"
    damage(path)

    with pytest.raises(MediaError) as error:
        open_clip(path)

    assert damage.__doc__ in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("sound", ["", "aac"])
def test_a_matroska_file_cut_off_says_how_much_is_there(tmp_path, sound) -> None:
    """It tells no count of frames, but a duration."""
    whole = write_test_video(tmp_path / "whole.mkv", frames=40, sound=sound)
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.7)])

    assert len(open_clip(whole)) == 40
    with pytest.raises(
        MediaError, match=r"cut\.mkv is truncated: it declares 1\.60 s and its last"
    ):
        open_clip(cut)


def test_an_uneven_matroska_file_is_whole(tmp_path) -> None:
    times = [0.0, 0.04, 0.3, 0.34, 0.8, 0.84]
    path = write_test_video(tmp_path / "uneven.mkv", frames=6, times_s=times)

    assert open_clip(path).times_s == pytest.approx(times, abs=1e-3)


def test_a_file_cut_off_behind_its_index_is_truncated(tmp_path) -> None:
    # A moved index: the head declares more than the file holds.
    import av

    whole = write_test_video(tmp_path / "whole.mp4", frames=50, sound="")
    fast = tmp_path / "fast.mp4"
    with (
        av.open(str(whole)) as source,
        av.open(str(fast), "w", options={"movflags": "faststart"}) as target,
    ):
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    fast.write_bytes(fast.read_bytes()[: int(fast.stat().st_size * 0.8)])

    with pytest.raises(MediaError, match="truncated|damaged"):
        list(open_clip(fast).frames())
