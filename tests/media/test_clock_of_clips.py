"""Count, times and rate are those of the frames that a player shows."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

from dynode.media.clip import open_clip

from . import made


def even(count: int, rate: float = 24) -> list[float]:
    return [index / rate for index in range(count)]


Made = tuple[list[float], float]  # times of the shown frames, and index of the first scene


def _trimmed_at_its_start(path: Path) -> Made:
    whole = made.encode(path.with_name("whole.mp4"), made.scenes(24), sounds=["aac"])
    made.cut(whole, path, 0.5)
    return even(12), 12


def _trimmed_at_its_end(path: Path) -> Made:
    whole = made.encode(path.with_name("whole.mp4"), made.scenes(24), options={"bf": "2"})
    made.cut(whole, path, 0, 0.5)
    return even(12), 0


def _trimmed_at_both_ends_with_b_frames(path: Path) -> Made:
    whole = made.encode(path.with_name("whole.mp4"), made.scenes(24), options={"bf": "2"})
    made.cut(whole, path, 0.25, 0.75)
    return even(12), 6


def _trimmed_between_frames(path: Path) -> Made:
    """The frame that is being shown at the cut is not shown again: the first begins after it."""
    whole = made.encode(path.with_name("whole.mp4"), made.scenes(24), rate=25)
    made.cut(whole, path, 0.24)
    return even(18, 25), 6


TRIMMED = {
    "trimmed at its start (mp4)": (_trimmed_at_its_start, ".mp4"),
    "trimmed at its start (mov)": (_trimmed_at_its_start, ".mov"),
    "trimmed at its end": (_trimmed_at_its_end, ".mp4"),
    "trimmed at both ends, B-frames": (_trimmed_at_both_ends_with_b_frames, ".mp4"),
    "trimmed at a frame, 25 a second (m4v)": (_trimmed_between_frames, ".m4v"),
}


@pytest.mark.robust(kind="A")
@pytest.mark.parametrize("name", TRIMMED)
def test_packets_that_an_edit_list_discards_are_no_frames(tmp_path, name) -> None:
    make, suffix = TRIMMED[name]
    path = tmp_path / f"trimmed{suffix}"
    times, first = make(path)

    clip = open_clip(path)

    assert clip.times_s == pytest.approx(times, abs=1e-6)
    assert len(list(clip.frames())) == len(times)
    assert made.position(next(clip.frames())) == pytest.approx(first, abs=0.2)


HELD = {
    "a held last picture (mp4)": ".mp4",
    "a held last picture (mov)": ".mov",
    "a held last picture (m4v)": ".m4v",
    "a held last picture (mkv)": ".mkv",
}


@pytest.mark.robust(kind="A")
@pytest.mark.parametrize("name", HELD)
def test_a_held_last_picture_slows_nothing_down(tmp_path, name) -> None:
    """The average of the header is 8 frames a second."""
    path = made.encode(tmp_path / f"held{HELD[name]}", last_s=1.0, sounds=["aac"], sound_s=1.5)

    clip = open_clip(path)

    assert clip.rate == 24
    assert clip.is_regular
    assert clip.times_s == pytest.approx(even(12))
    assert clip.end_s == pytest.approx(11 / 24 + 1.0, abs=0.01)


UNEVEN = [index / 30 for index in range(8)] + [8 / 30 + index / 8 for index in range(8)]


@pytest.mark.robust(kind="A")
@pytest.mark.parametrize(
    ("suffix", "codec"),
    [
        pytest.param(".mkv", "libx264", id="30, then 8 frames a second (mkv)"),
        pytest.param(".mp4", "libx264", id="30, then 8 frames a second (mp4)"),
        pytest.param(".webm", "libvpx-vp9", id="30, then 8 frames a second (webm)"),
        pytest.param(".mov", "mpeg4", id="30, then 8 frames a second (mov)"),
        pytest.param(".ts", "libx264", id="30, then 8 frames a second (ts)"),
    ],
)
def test_uneven_times_are_kept_and_their_mean_is_the_rate(tmp_path, suffix, codec) -> None:
    path = made.encode(tmp_path / f"uneven{suffix}", made.scenes(16), codec=codec, times_s=UNEVEN)

    clip = open_clip(path)

    assert not clip.is_regular
    assert clip.times_s == pytest.approx(UNEVEN, abs=1e-3)  # Matroska's milliseconds
    assert float(clip.rate) == pytest.approx(15 / UNEVEN[-1], rel=1e-3)


@pytest.mark.robust(kind="A")
@pytest.mark.parametrize(
    ("suffix", "rate", "codec"),
    [
        pytest.param(".mkv", Fraction(24), "libx264", id="24 a second in milliseconds (mkv)"),
        pytest.param(".mkv", Fraction(24000, 1001), "libx264", id="23.976 a second (mkv)"),
        pytest.param(".webm", Fraction(30000, 1001), "libvpx-vp9", id="29.97 a second (webm)"),
        pytest.param(".ts", Fraction(30000, 1001), "libx264", id="29.97 a second (ts)"),
        pytest.param(".flv", Fraction(24), "libx264", id="24 a second (flv)"),
        pytest.param(".wmv", Fraction(30), "wmv2", id="30 a second (wmv)"),
        pytest.param(".avi", Fraction(24), "mpeg4", id="24 a second (avi)"),
        pytest.param(".mov", Fraction(60), "libx264", id="60 a second (mov)"),
    ],
)
def test_an_even_clip_has_the_rate_it_was_made_with(tmp_path, suffix, rate, codec) -> None:
    clip = open_clip(made.encode(tmp_path / f"clip{suffix}", rate=rate, codec=codec))

    assert clip.rate == rate
    assert clip.is_regular
    assert clip.times_s == pytest.approx(even(12, float(rate)))


@pytest.mark.robust(kind="A", member="AVI with B-frames, stamped in the order of decoding")
def test_an_avi_with_b_frames_is_in_order(tmp_path) -> None:
    clip = open_clip(made.encode(tmp_path / "clip.avi", options={"bf": "2", "crf": "10"}))

    assert clip.times_s == pytest.approx(even(12))
    found = [made.position(frame) for frame in clip.frames()]
    assert found == pytest.approx(range(12), abs=0.3)


@pytest.mark.robust(kind="A")
@pytest.mark.parametrize(
    ("suffix", "delays_ms", "shown_ms"),
    [
        pytest.param(".gif", [40] * 6, [40] * 6, id="GIF of 25 a second"),
        pytest.param(".gif", [10] * 6, [100] * 6, id="GIF in a hurry: browsers slow it down"),
        pytest.param(".gif", [0] * 6, [100] * 6, id="GIF without delays"),
        pytest.param(".gif", [20, 20, 20, 20, 20, 500], None, id="GIF that holds its last picture"),
        pytest.param(".gif", [50, 100, 50, 200, 50, 50], None, id="GIF of uneven delays"),
        pytest.param(".webp", [10] * 6, [100] * 6, id="WebP in a hurry"),
        pytest.param(".webp", [33] * 6, [33] * 6, id="WebP of 30 a second"),
        pytest.param(".png", [10] * 6, [100] * 6, id="PNG in a hurry"),
        pytest.param(".png", [40, 40, 40, 40, 40, 900], None, id="PNG that holds its last picture"),
    ],
)
def test_delays_are_those_of_browsers(tmp_path, suffix, delays_ms, shown_ms) -> None:
    """Chrome and Firefox show what asks for 10 ms and less for 100 ms."""
    first, *rest = [Image.fromarray(picture) for picture in made.scenes(6)]
    path = tmp_path / f"moves{suffix}"
    first.save(path, save_all=True, append_images=rest, duration=delays_ms, loop=0)

    clip = open_clip(path)

    wanted = [sum((shown_ms or delays_ms)[:index]) / 1000 for index in range(7)]
    assert clip.times_s == pytest.approx(wanted[:-1], abs=1e-6)
    assert clip.end_s == pytest.approx(wanted[-1], abs=1e-6)
    assert float(clip.rate) == pytest.approx(5 / wanted[-2])
