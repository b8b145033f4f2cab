"""Damage inside a clip is told, or the clip is refused; a damaged index is not taken for truncation."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from dynode.errors import MediaError
from dynode.media.clip import open_clip

from . import made

WRITTEN = {
    "H.264 (mp4)": (".mp4", "libx264", {"crf": "14", "bf": "0"}),
    "H.264 (mkv)": (".mkv", "libx264", {"crf": "14", "bf": "0"}),
    "H.264 with B-frames (mov)": (".mov", "libx264", {"crf": "14", "bf": "2"}),
    "HEVC (mp4)": (".mp4", "libx265", {"crf": "14", "x265-params": "log-level=error:keyint=3"}),
    "MPEG-4 (avi)": (".avi", "mpeg4", {"b": "4M"}),
    "MPEG-2 (mpg)": (".mpg", "mpeg2video", {"b": "4M"}),
    "FFV1 (mkv)": (".mkv", "ffv1", {"level": "3", "slicecrc": "1"}),
}


def noisy(count: int) -> list[np.ndarray]:
    """Pictures with enough in them to be hit."""
    generator = np.random.default_rng(0)
    grain = generator.normal(0, 25, (96, 128, 3))
    return [
        np.clip(made.scene(k, (96, 128)) + grain, 0, 255).astype(np.uint8) for k in range(count)
    ]


def packets_of(path: Path) -> list[tuple[int, int]]:
    """Where the frames lie in a file: (position, size)."""
    import av

    with av.open(str(path)) as file:
        found = [(p.pos, p.size) for p in file.demux(video=0) if p.size and p.pos is not None]
    return [(position, size) for position, size in found if position >= 0]


def spoil(path: Path, which: list[int], *, whole: bool) -> None:
    """Write noise over the middle half of some frames, or all of them: HEVC notices no less."""
    places, content = packets_of(path), bytearray(path.read_bytes())
    if len(places) < 24:  # a program stream does not tell
        step = len(content) // 24
        places = [(index * step, step // 2) for index in range(24)]
    generator = np.random.default_rng(1)
    for index in which:
        position, size = places[index]
        begin, length = (position, size) if whole else (position + size // 4 + 24, size // 2)
        content[begin : begin + length] = generator.bytes(length)
    path.write_bytes(content)


def made_of(tmp_path: Path, name: str, count: int = 24) -> Path:
    suffix, codec, options = WRITTEN[name]
    return made.encode(
        tmp_path / f"clip{suffix}", noisy(count), rate=25, codec=codec, options=options
    )


@pytest.mark.robust(kind="G")
@pytest.mark.parametrize("name", WRITTEN)
def test_a_few_damaged_frames_are_counted(tmp_path, name) -> None:
    path = made_of(tmp_path, name)
    spoil(path, [5, 17], whole=name.startswith("HEVC"))

    with pytest.warns(UserWarning, match="is damaged: the decoder complains of") as told:
        clip = open_clip(path)

    found = re.search(r"complains of (\d+) of (\d+) frames", str(told[0].message))
    assert found is not None
    assert 1 <= int(found[1]) <= 4
    assert len(list(clip.frames())) == len(clip) >= 20


@pytest.mark.robust(kind="G")
@pytest.mark.parametrize("damage", WRITTEN)
def test_a_clip_that_is_mostly_damaged_is_refused(tmp_path, damage) -> None:
    path = made_of(tmp_path, damage)
    spoil(path, list(range(1, 24, 2)), whole=damage.startswith("HEVC"))

    with pytest.raises(MediaError, match=r"expected at most 20%|no frame can be decoded"):
        open_clip(path)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_whole_clip_is_not_complained_of(tmp_path, name) -> None:
    clip = open_clip(made_of(tmp_path, name))  # warnings are errors here

    assert len(list(clip.frames())) == len(clip) == 24


@pytest.mark.robust(kind="G", member="flipped bytes in HEVC with checksums of its pictures")
def test_checksums_of_pictures_are_looked_at(tmp_path) -> None:
    """A decoder of HEVC makes some picture of any bytes: only the checksum tells that it is wrong."""
    told = {"crf": "20", "x265-params": "log-level=error:hash=1"}
    path = made.encode(tmp_path / "clip.mp4", noisy(24), rate=25, codec="libx265", options=told)
    assert len(list(open_clip(path).frames())) == 24  # warnings are errors here
    content, (begin, size) = bytearray(path.read_bytes()), packets_of(path)[7]
    for index in range(begin + size // 4, begin + size // 2, size // 16):
        content[index] ^= 255
    path.write_bytes(content)

    with pytest.warns(UserWarning, match="is damaged: the decoder complains of"):
        open_clip(path)


@pytest.mark.robust(kind="G", member="40 flipped bytes in the pictures of an mp4")
def test_flipped_bytes_are_told(tmp_path) -> None:
    path = made_of(tmp_path, "H.264 (mp4)")
    content, generator = bytearray(path.read_bytes()), np.random.default_rng(0)
    begin = content.find(b"mdat")
    for _ in range(40):
        content[begin + 2000 + int(generator.integers(0, len(content) // 2))] ^= 255
    path.write_bytes(content)

    with pytest.warns(UserWarning, match="is damaged: the decoder complains of"):
        open_clip(path)


def _zeros(content: bytearray, begin: int) -> None:
    content[begin + 8 :] = bytes(len(content) - begin - 8)


def _noise(content: bytearray, begin: int) -> None:
    content[begin + 8 :] = np.random.default_rng(2).bytes(len(content) - begin - 8)


def _half_of_it(content: bytearray, begin: int) -> None:
    middle = begin + 8 + (len(content) - begin - 8) // 32 * 16
    content[middle:] = bytes(len(content) - middle)


def _no_name(content: bytearray, begin: int) -> None:
    content[begin : begin + 4] = b"JUNK"


def _wrong_places(content: bytearray, begin: int) -> None:
    for entry in range(begin + 8, len(content) - 15, 16):
        content[entry + 8 : entry + 12] = b"\x10\x00\x00\x00"


@pytest.mark.robust(kind="G")
@pytest.mark.parametrize("damage", [_zeros, _noise, _half_of_it, _no_name, _wrong_places])
@pytest.mark.parametrize("sounds", [[], ["libmp3lame"]], ids=["AVI index", "AVI index, sound"])
def test_an_avi_with_a_damaged_index_is_whole(tmp_path, damage, sounds, recwarn) -> None:
    path = made.encode(tmp_path / "clip.avi", made.scenes(20), codec="mpeg4", sounds=sounds)
    content = bytearray(path.read_bytes())
    damage(content, content.rfind(b"idx1"))
    path.write_bytes(content)

    with np.testing.suppress_warnings():
        clip = open_clip(path)

    assert len(list(clip.frames())) == len(clip) == 20
    assert made.position(list(clip.frames())[19]) == pytest.approx(19, abs=0.3)


@pytest.mark.robust(kind="G")
@pytest.mark.parametrize(
    ("suffix", "codec"),
    [
        pytest.param(".avi", "mpeg4", id="AVI cut off"),
        pytest.param(".mkv", "libx264", id="Matroska cut off"),
        pytest.param(".flv", "libx264", id="FLV cut off"),
        pytest.param(".wmv", "wmv2", id="WMV cut off"),
        pytest.param(".mov", "libx264", id="QuickTime cut off"),
    ],
)
def test_a_clip_that_is_cut_off_is_truncated(tmp_path, suffix, codec) -> None:
    path = made.encode(tmp_path / f"clip{suffix}", noisy(40), codec=codec)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])

    with pytest.raises(MediaError, match="truncated"):
        open_clip(path)


def test_a_moving_picture_that_is_cut_off_is_damaged(tmp_path) -> None:
    from PIL import Image

    first, *rest = [Image.fromarray(picture) for picture in noisy(8)]
    path = tmp_path / "moves.webp"
    first.save(path, save_all=True, append_images=rest, duration=40)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    with pytest.raises(MediaError, match="damaged|still picture"):
        open_clip(path)
