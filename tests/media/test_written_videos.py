"""Videos out: as many frames as were given, of the right size, or no file at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from dynode.errors import MediaError
from dynode.media.suffixes import VIDEO_SUFFIXES
from dynode.media.video import write_video


def frames(count: int, height: int = 32, width: int = 32) -> Tensor:
    """Grey pictures that get lighter from frame to frame."""
    levels = torch.linspace(-0.8, 0.8, count)
    return levels.reshape(-1, 1, 1, 1).expand(-1, 3, height, width)


def read(path: Path) -> np.ndarray:
    plugin = {} if path.suffix.lower() == ".gif" else {"plugin": "pyav"}
    return np.asarray(iio.imread(path, **plugin))


@pytest.mark.parametrize("suffix", [*VIDEO_SUFFIXES, ".MP4"])
def test_as_many_frames_are_read_back_as_were_written(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "new" / f"a{suffix}"

    count = write_video([frames(3), frames(4)], path, fps=25)

    assert count == 7
    assert read(path).shape == (7, 32, 32, 3)
    assert [item.name for item in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif"])
def test_frames_come_in_order_and_keep_their_brightness(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    write_video([frames(6)], path, fps=10)

    brightness = read(path).mean((1, 2, 3))

    # Codecs and palettes move a flat grey by a few levels.
    np.testing.assert_allclose(brightness, np.linspace(25.5, 229.5, 6), atol=4)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((33, 47), (34, 48)), ((33, 48), (34, 48)), ((32, 47), (32, 48)), ((17, 17), (18, 18))],
    ids=str,
)
@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_odd_sides_get_one_more_pixel(
    tmp_path: Path, suffix: str, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    write_video([frames(2, *size)], tmp_path / f"a{suffix}", fps=25)

    assert read(tmp_path / f"a{suffix}").shape == (2, *expected, 3)


def test_a_gif_keeps_odd_sides(tmp_path: Path) -> None:
    write_video([frames(2, 33, 47)], tmp_path / "a.gif", fps=25)

    assert read(tmp_path / "a.gif").shape == (2, 33, 47, 3)


@pytest.mark.parametrize("fps", [25, 29.97, 10.0, 0.5, 60.0])
def test_the_video_plays_at_the_asked_speed(tmp_path: Path, fps: float) -> None:
    write_video([frames(4)], tmp_path / "a.mp4", fps=fps)

    assert iio.immeta(tmp_path / "a.mp4", plugin="pyav")["fps"] == pytest.approx(fps)


@pytest.mark.parametrize(
    ("fps", "shown_ms"), [(25, 40), (10, 100), (30, 30), (60, 20), (1000, 20), (0.5, 2000)]
)
def test_a_gif_plays_as_near_to_the_asked_speed_as_it_can(
    tmp_path: Path, fps: float, shown_ms: int
) -> None:
    # Hundredths of a second, and no less than two: browsers slow anything shorter down.
    write_video([frames(3)], tmp_path / "a.gif", fps=fps)

    with Image.open(tmp_path / "a.gif") as written:
        assert written.info["duration"] == shown_ms
        assert written.info["loop"] == 0


def test_frames_are_taken_as_they_come(tmp_path: Path) -> None:
    drawn = []

    def drawing() -> Iterator[Tensor]:
        for index in range(3):
            drawn.append(index)
            yield frames(1)

    assert write_video(drawing(), tmp_path / "a.mp4", fps=25) == 3
    assert drawn == [0, 1, 2]


@pytest.mark.parametrize("suffix", VIDEO_SUFFIXES)
def test_without_a_frame_there_is_no_file(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(MediaError, match="there is no frame to write"):
        write_video([], tmp_path / f"a{suffix}", fps=25)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif"])
@pytest.mark.parametrize("before", [0, 2], ids=["at once", "after two frames"])
@pytest.mark.parametrize("failure", [KeyboardInterrupt, ValueError])
def test_an_interruption_leaves_no_half_a_video(
    tmp_path: Path, failure: type[BaseException], before: int, suffix: str
) -> None:
    def drawing() -> Iterator[Tensor]:
        for _ in range(before):
            yield frames(1)
        raise failure

    with pytest.raises(failure):
        write_video(drawing(), tmp_path / f"a{suffix}", fps=25)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a", "a.png", "a.avi2"])
def test_a_suffix_of_no_video_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(MediaError, match="is no video format that is written; use one of .mp4"):
        write_video([frames(1)], tmp_path / name, fps=25)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fps", [0, -1.0, math.nan, math.inf])
@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
def test_a_speed_that_cannot_be_is_refused(tmp_path: Path, suffix: str, fps: float) -> None:
    with pytest.raises(MediaError, match="frames a second; expected a number above 0, such as 25"):
        write_video([frames(1)], tmp_path / f"a{suffix}", fps=fps)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("make", [lambda: [frames(1), frames(1, 16, 16)]], ids=["another size"])
def test_frames_of_another_size_are_refused(
    tmp_path: Path, make: Callable[[], list[Tensor]]
) -> None:
    with pytest.raises(MediaError, match="frame 2 is 16×16 pixels; expected 32×32"):
        write_video(make(), tmp_path / "a.mp4", fps=25)

    assert list(tmp_path.iterdir()) == []
