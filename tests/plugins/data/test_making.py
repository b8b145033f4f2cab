"""Data sets are made from videos and from each other, and nothing is overwritten."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dynode.errors import MediaError, OptionError, OutputExistsError, UsageError
from dynode.testing import run_command
from dynode.testing.videos import write_test_video
from dynode_data import (
    clips_from_videos,
    crop_clips,
    freeze_clips,
    open_clips,
    pack_clips,
    read_labels,
)

from .made_clips import write_clips

pytestmark = pytest.mark.installed_plugins


def greens(frames: np.ndarray) -> list[int]:
    return [int(frame[0, 0, 1]) for frame in frames]


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    folder = tmp_path / "videos"
    (folder / "deep").mkdir(parents=True)
    write_test_video(folder / "deep" / "a#1.mp4", frames=10, rate=10, size=(32, 64), sound="")
    write_test_video(folder / "b.mkv", frames=5, rate=10, size=(32, 32), sound="")
    return folder


def test_videos_become_square_clips(videos: Path, tmp_path: Path) -> None:
    made = clips_from_videos(videos, tmp_path / "clips.zip", size_px=16)

    clips = open_clips(made.path)
    assert (made.clips, made.frames, made.left_out) == (2, 15, {})
    assert [clip.name for clip in clips.clips] == ["clips/b", "clips/deep/a_1"]
    assert clips.common_size() == (16, 16)
    levels = clips.read(1, range(10))[:, 8, 8, 1].astype(int)
    # The k-th of ten frames is 255 k / 11 bright; the codec and JPEG round by a few levels.
    assert np.abs(levels - 255 * np.arange(1, 11) / 11).max() < 6


def test_frames_are_taken_at_the_asked_rate_and_in_chunks(videos: Path, tmp_path: Path) -> None:
    half = clips_from_videos(videos / "b.mkv", tmp_path / "half", size_px=16, fps=5)
    with pytest.warns(UserWarning, match=r"1 videos are left out: b has 5 frames, less than the 6"):
        parts = clips_from_videos(videos, tmp_path / "parts", size_px=16, chunk=6)

    levels = open_clips(half.path).read(0, [0, 1])[:, 8, 8, 1].astype(int)
    assert np.abs(levels - 255 * np.array([1, 3]) / 6).max() < 6
    assert (parts.clips, parts.frames) == (1, 6)


def test_videos_that_cannot_be_used_are_named(videos: Path, tmp_path: Path) -> None:
    whole = (videos / "b.mkv").read_bytes()
    (videos / "broken.mkv").write_bytes(whole[:60])
    (videos / "notes.txt").write_text("x")

    with pytest.warns(UserWarning) as told:
        made = clips_from_videos(videos, tmp_path / "clips", size_px=16)

    said = " ".join(str(warning.message) for warning in told)
    assert made.clips == 2
    assert list(made.left_out) == ["broken.mkv"]
    assert "notes.txt" in said and "broken.mkv" in said


def test_clips_are_cropped_and_shortened(tmp_path: Path) -> None:
    folder = write_clips(tmp_path / "set", {"one": 8, "two": 4}, size=(20, 40), name="f{}.png")

    with pytest.warns(UserWarning, match="1 clips are left out: clip two has 4 frames"):
        made = crop_clips(folder, tmp_path / "small", size_px=16, frames=4, skip=2, format="png")

    clips = open_clips(made.path)
    assert clips.common_size() == (16, 16)
    assert greens(clips.read(0, range(4))) == [20, 30, 40, 50]


def test_packing_copies_bytes_keeps_labels_and_mends_the_order(tmp_path: Path) -> None:
    folder = write_clips(tmp_path / "set", {"one": 11, "two": 3}, name="f{}.png")
    (folder / "dataset.json").write_text(json.dumps({"labels": [["one", 1], ["two/f0.png", 0]]}))

    made = pack_clips(folder, tmp_path / "packed.zip")

    clips = open_clips(made.path)
    names = zipfile.ZipFile(made.path).namelist()
    assert {"packed/", "packed/one/", "packed/two/"} <= set(names)
    assert [name for name in names if "one/0" in name] == sorted(clips.clips[0].frames)
    assert clips.store.read(clips.clips[0].frames[10]) == (folder / "one/f10.png").read_bytes()
    assert clips.clips[1].frames[0] == "packed/two/f0.png"
    assert read_labels(clips).values.tolist() == [[0, 1], [1, 0]]


def test_frozen_clips_repeat_one_frame_of_each(tmp_path: Path) -> None:
    folder = write_clips(tmp_path / "set", {"one": 6, "two": 5})

    made = freeze_clips(folder, tmp_path / "still", seed=3)

    clips = open_clips(made.path)
    assert [len(clip) for clip in clips.clips] == [6, 5]
    assert [len(set(greens(clips.read(i, range(5))))) for i in range(2)] == [1, 1]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    folder = write_clips(tmp_path / "set", {"one": 3})
    pack_clips(folder, tmp_path / "packed")

    with pytest.raises(OutputExistsError, match="folders are not replaced"):
        pack_clips(folder, tmp_path / "packed", force=True)
    with pytest.raises(OptionError, match="lies in"):
        pack_clips(folder, folder / "inside")
    with pytest.raises(UsageError, match=r"names neither a folder nor a zip file"):
        pack_clips(folder, tmp_path / "packed.tar")


def test_a_data_set_of_which_nothing_is_left_is_not_written(tmp_path: Path) -> None:
    folder = write_clips(tmp_path / "set", {"one": 3})

    with pytest.raises(MediaError, match="gives no clip .*nothing was written"):
        crop_clips(folder, tmp_path / "short.zip", frames=9)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["set"]


def test_the_commands_make_and_check(tmp_path: Path) -> None:
    folder = write_clips(tmp_path / "set", {"one": 3})
    Image.new("RGB", (17, 16)).save(folder / "one" / "000003.png")

    bad = run_command(["data", "check", str(folder)])
    made = run_command(["data", "crop", str(folder), "-o", str(tmp_path / "good.zip"), "--json"])
    good = run_command(["data", "check", str(tmp_path / "good.zip")])

    assert bad.exit_code == 1
    assert "frames: 4, of the sizes 16×16 (3), 17×16 (1)" in bad.stdout
    assert json.loads(made.stdout)["frames"] == 4
    assert good.exit_code == 0
    assert good.stdout.endswith("usable as it is\n")
