"""Tracks of codecs that nothing here knows, as phones write for spatial sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynode.errors import MediaError
from dynode.media.clip import open_clip
from dynode.testing.videos import write_test_video


def renamed(path: Path, *codec: bytes) -> Path:
    """Write a video whose track says of itself what nobody knows."""
    written = write_test_video(path, frames=6)
    content = written.read_bytes()
    for mark in codec:
        assert content.count(mark) == 1
        content = content.replace(mark, b"zzzz" + mark[4:])
    written.write_bytes(content)
    return written


@pytest.mark.robust(kind="D", member="a clip with sound of an unknown codec")
def test_pictures_are_read_beside_unknown_sound(tmp_path: Path) -> None:
    path = renamed(tmp_path / "spatial.mp4", b"mp4a", b"esds")

    clip = open_clip(path)

    assert clip.audio == "unknown"
    assert len(list(clip.frames())) == 6


@pytest.mark.robust(kind="D", member="a clip with pictures of an unknown codec")
def test_pictures_of_an_unknown_codec_are_told_in_one_line(tmp_path: Path) -> None:
    path = renamed(tmp_path / "odd.mp4", b"avc1\0\0\0\0")

    with pytest.raises(MediaError, match=r"^odd\.mp4 has pictures of a codec that nothing here"):
        open_clip(path)
