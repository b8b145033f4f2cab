"""Videos written in segments."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from dynode.errors import MediaError, UsageError
from dynode.media.clip import open_clip
from dynode.media.segments import Segment, parts_folder, write_segments
from dynode.media.video import write_video
from dynode.testing.videos import audio_bytes, write_test_video

DRAW = """
import os, signal, sys
import torch
from collections.abc import Iterator
from pathlib import Path
from dynode.media.segments import Segment, write_segments
from dynode.media.tracks import Sound

def frames(begin, dies):
    for index in range(begin, begin + 10):
        if dies and index == 25:
            os.kill(os.getpid(), signal.SIGKILL)
        shown = torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(index // 4))
        yield shown * 2 - 1

def segments(dies, drawn):
    for begin in range(0, 40, 10):
        def draw(begin=begin):
            drawn.append(begin)
            return frames(begin, dies)
        yield Segment(f"frames-{begin}", draw)

def write(path, sound, dies=False):
    drawn = []
    write_segments(segments(dies, drawn), Path(path), fps=25, sound=Sound(Path(sound)))
    return drawn
"""
# Not smaller than 128 pixels: x264 with AVX-512 is not quite reproducible on pictures of a few blocks.
HERE: dict = {}
exec(DRAW, HERE)  # the same code in this process and in the one that is killed


def noisy(begin: int, end: int) -> list[torch.Tensor]:
    return [next(HERE["frames"](index, False)) for index in range(begin, end)]


@pytest.fixture
def source(tmp_path) -> Path:
    return write_test_video(tmp_path / "source.mp4", frames=40)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_segments_become_one_video_with_every_frame_at_its_time(tmp_path, source, suffix) -> None:
    path = tmp_path / f"out{suffix}"

    HERE["write"](path, source)

    clip = open_clip(path)
    assert len(clip) == 40
    assert clip.is_regular
    assert float(clip.rate) == pytest.approx(25, rel=1e-3)  # matroska rounds to milliseconds
    assert audio_bytes(path) == audio_bytes(source)
    assert sorted(found.name for found in tmp_path.iterdir()) == sorted([path.name, source.name])


def test_the_frames_are_those_of_a_video_written_in_one_go(tmp_path) -> None:
    whole, joined = tmp_path / "whole.mp4", tmp_path / "joined.mp4"
    smooth = torch.linspace(-1, 1, 50).reshape(-1, 1, 1, 1).expand(-1, 3, 128, 128)
    write_video([smooth], whole, fps=25)

    parts = [
        Segment(str(begin), lambda b=begin: [smooth[b : b + 10]]) for begin in range(0, 50, 10)
    ]
    assert write_segments(parts, joined, fps=25) == 50

    for first, second in zip(open_clip(whole).frames(), open_clip(joined).frames(), strict=True):
        np.testing.assert_allclose(first.astype(int), second, atol=4)  # lossy, at other key frames


def test_a_killed_writer_goes_on_and_gives_the_same_bytes(tmp_path, source) -> None:
    HERE["write"](tmp_path / "whole.mp4", source)
    path = tmp_path / "out.mp4"
    call = f"{DRAW}\nwrite({str(path)!r}, {str(source)!r}, dies=True)"

    killed = subprocess.run([sys.executable, "-c", call], env=os.environ, check=False)

    assert killed.returncode == -signal.SIGKILL
    assert not path.exists()
    assert HERE["write"](path, source) == [20, 30]  # the first two segments were finished
    assert path.read_bytes() == (tmp_path / "whole.mp4").read_bytes()
    assert not parts_folder(path).exists()


def test_segments_of_other_frames_are_not_used(tmp_path, source) -> None:
    path = tmp_path / "out.mp4"

    def fails():
        yield Segment("old", lambda: noisy(0, 5))
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        write_segments(fails(), path, fps=25)
    assert parts_folder(path).exists()
    write_segments([Segment("new", lambda: noisy(50, 57))], path, fps=25)

    assert len(open_clip(path)) == 7
    assert not parts_folder(path).exists()


def test_segments_of_another_rate_are_not_used(tmp_path) -> None:
    drawn = []

    def first():
        yield Segment("same", lambda: noisy(0, 5))
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        write_segments(first(), tmp_path / "out.mp4", fps=25)
    again = [Segment("same", lambda: drawn.append(1) or noisy(0, 5))]
    write_segments(again, tmp_path / "out.mp4", fps=50)

    assert drawn == [1]
    assert open_clip(tmp_path / "out.mp4").rate == 50


def test_rates_that_are_no_whole_number_stay_even_across_segments(tmp_path) -> None:
    parts = [Segment(str(k), lambda k=k: noisy(7 * k, 7 * k + 7)) for k in range(5)]

    write_segments(parts, tmp_path / "out.mp4", fps=30000 / 1001)

    clip = open_clip(tmp_path / "out.mp4")
    assert clip.is_regular
    assert float(clip.rate) == pytest.approx(30000 / 1001, rel=1e-6)


@pytest.mark.parametrize("suffix", [".gif", ".webm"])
def test_other_formats_hold_every_frame_too(tmp_path, suffix) -> None:
    parts = [Segment(str(k), lambda k=k: noisy(4 * k, 4 * k + 4)) for k in range(3)]

    write_segments(parts, tmp_path / f"out{suffix}", fps=25)

    clip = open_clip(tmp_path / f"out{suffix}")
    assert sum(1 for _ in clip.frames()) == len(clip) >= 3


def test_nothing_stays_behind_when_the_first_segment_fails(tmp_path) -> None:
    def broken():
        yield noisy(0, 1)[0]
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        write_segments([Segment("a", broken)], tmp_path / "out.mp4", fps=25)
    with pytest.raises(MediaError, match="no frame"):
        write_segments([], tmp_path / "out.mp4", fps=25)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_is_told(tmp_path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(UsageError, match="choose another place"):
        write_segments([Segment("a", lambda: noisy(0, 1))], tmp_path / "file" / "out.mp4", fps=25)


@pytest.mark.robust(kind="K two at once", member="the same clip edited twice")
def test_the_same_video_written_beside_itself_succeeds_twice(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    inner: list[int] = []

    def frames() -> Iterator[torch.Tensor]:
        if not inner:  # another process's call would come in between just so
            inner.append(0)
            inner[0] = write_segments([Segment("k", still)], path, fps=25)
        yield from still()

    def still() -> Iterator[torch.Tensor]:
        yield torch.zeros(3, 3, 16, 16)

    outer = write_segments([Segment("k", frames)], path, fps=25)

    assert inner == [3] and outer == 3
    assert [item.name for item in tmp_path.iterdir()] == ["clip.mp4"]
