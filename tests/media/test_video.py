"""Writing videos, with the sound of another."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
import torch
from PIL import Image

from dynode.errors import MediaError
from dynode.media.clip import open_clip
from dynode.media.images import to_uint8
from dynode.media.tracks import Sound
from dynode.media.video import write_video
from dynode.testing.videos import audio_bytes, write_test_video


def grey(count: int, side: int = 32) -> torch.Tensor:
    return torch.linspace(-0.9, 0.9, count)[:, None, None, None].expand(count, 3, side, side)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
def test_frames_come_back(tmp_path, suffix) -> None:
    path = tmp_path / f"out{suffix}"

    count = write_video(grey(6).split(4), path, fps=Fraction(24000, 1001))
    clip = open_clip(path)
    levels = torch.tensor([float(frame.mean()) for frame in clip.frames()])

    assert count == len(clip) == 6
    assert float(clip.rate) == pytest.approx(24000 / 1001, rel=1e-3)  # webm rounds to milliseconds
    torch.testing.assert_close(levels, (grey(6)[:, 0, 0, 0] + 1) * 127.5, atol=4, rtol=0)


def test_the_sound_is_copied_byte_for_byte(tmp_path) -> None:
    source = write_test_video(tmp_path / "source.mp4", frames=30)

    write_video(grey(30).split(7), tmp_path / "out.mp4", fps=25, sound=Sound(source))

    assert audio_bytes(source) != b""
    assert audio_bytes(tmp_path / "out.mp4") == audio_bytes(source)
    assert len(open_clip(tmp_path / "out.mp4")) == 30


def test_a_source_without_sound_gives_a_video_without(tmp_path) -> None:
    source = write_test_video(tmp_path / "source.mp4", sound="")

    write_video([grey(4)], tmp_path / "out.mp4", fps=25, sound=Sound(source))

    assert open_clip(tmp_path / "out.mp4").audio == ""


def test_sound_that_the_container_cannot_hold_is_left_out_and_said(tmp_path) -> None:
    source = write_test_video(tmp_path / "source.mp4")

    with pytest.warns(UserWarning, match=r"\.webm holds no aac audio"):
        write_video([grey(4)], tmp_path / "out.webm", fps=25, sound=Sound(source))

    assert len(open_clip(tmp_path / "out.webm")) == 4


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_the_colours_say_how_they_were_made(tmp_path, suffix) -> None:
    """Else a player takes pictures of 720 lines and more for BT.709, and shifts their colours."""
    write_video([grey(3)], tmp_path / f"out{suffix}", fps=25)

    with av.open(str(tmp_path / f"out{suffix}")) as file:
        next(file.decode(video=0))
        colours = file.streams.video[0].codec_context
        assert colours.colorspace == 6  # BT.601, as swscale turns RGB to YUV by default
        assert colours.color_range == 1


def test_a_webp_loses_nothing(tmp_path) -> None:
    frames = torch.rand(5, 3, 17, 24, generator=torch.Generator().manual_seed(0)) * 2 - 1

    count = write_video(frames.split(2), tmp_path / "out.webp", fps=20)

    with Image.open(tmp_path / "out.webp") as file:
        assert file.n_frames == count == 5
        for index in range(count):
            file.seek(index)
            file.load()
            assert file.info["duration"] == 50
            read = torch.from_numpy(np.asarray(file.convert("RGB")).copy())
            assert torch.equal(read, to_uint8(frames[index : index + 1])[0])


def test_small_pictures_stay_sharp(tmp_path) -> None:
    """The defaults of x264 leave 33 dB of such a drawing, 4:2:0 itself 41."""
    y, x = torch.meshgrid(torch.linspace(-3, 3, 64), torch.linspace(-3, 3, 64), indexing="ij")
    shifts = torch.linspace(0, 1, 12)[:, None, None]
    drawn = torch.sin(4 * (x + shifts)) * torch.cos(5 * (y - shifts)) * 0.9
    frames = drawn[:, None].expand(-1, 3, -1, -1)

    write_video([frames], tmp_path / "out.mp4", fps=25)
    read = np.stack(list(open_clip(tmp_path / "out.mp4").frames())).astype(float)

    error = np.mean((read - to_uint8(frames).numpy()) ** 2)
    assert 10 * np.log10(255**2 / error) > 38


def test_odd_sides_are_made_even(tmp_path) -> None:
    write_video([grey(3, side=33)], tmp_path / "out.mp4", fps=25)

    assert open_clip(tmp_path / "out.mp4").size == (34, 34)


def test_nothing_is_left_behind_when_drawing_fails(tmp_path) -> None:
    source = write_test_video(tmp_path / "source.mp4")

    def broken():
        yield grey(2)
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        write_video(broken(), tmp_path / "out.mp4", fps=25, sound=Sound(source))

    assert [path.name for path in tmp_path.iterdir()] == ["source.mp4"]


def test_no_frames_and_no_video_suffix_are_refused(tmp_path) -> None:
    with pytest.raises(MediaError, match="no frame"):
        write_video([], tmp_path / "out.mp4", fps=25)
    with pytest.raises(MediaError, match="no video format"):
        write_video([grey(1)], tmp_path / "out.txt", fps=25)
