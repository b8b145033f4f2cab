"""What a file is, by its content alone."""

from __future__ import annotations

import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from PIL import Image

from dynode.errors import MediaError
from dynode.latents.latents import Latents
from dynode.media.clip import open_clip
from dynode.media.kind import is_clip, kind_of
from dynode.testing.videos import write_test_video


def still(format: str) -> Callable[[Path], object]:
    return lambda path: Image.new("RGB", (20, 20), "red").save(path, format)


def moving(format: str, frames: int = 3) -> Callable[[Path], object]:
    pictures = [Image.new("RGB", (20, 20), (80 * index, 9, 9)) for index in range(frames)]
    rest = pictures[1:]
    return lambda path: pictures[0].save(path, format, save_all=True, append_images=rest)


def video(suffix: str) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        os.replace(write_test_video(path.with_suffix(suffix), frames=3, sound=""), path)

    return write


def bare(suffix: str, codec: str) -> Callable[[Path], object]:
    """Write a clip in a container that is not of every day, or in none."""
    formats = {".m2v": "mpeg2video", ".m4v": "m4v", ".y4m": "yuv4mpegpipe"}

    def write(path: Path) -> None:
        name = path.with_suffix(suffix)
        with av.open(str(name), "w", format=formats.get(suffix)) as output:
            stream = output.add_stream(codec, rate=25)
            stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
            for _ in range(3):
                output.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
            output.mux(stream.encode(None))
        os.replace(name, path)

    return write


def recorded(container: str, codec: str, pixels: str = "yuv420p") -> Callable[[Path], object]:
    """Write what cameras, recorders and old players write."""
    size = {"dv": (576, 720), "gxf": (576, 720), "roq": (64, 64)}.get(container, (96, 128))

    def write(path: Path) -> None:
        name = path.with_suffix(".m2ts" if container == "mpegts" else ".bin")
        options = {"mpegts_m2ts_mode": "1"} if container == "mpegts" else {}
        with av.open(str(name), "w", format=container, options=options) as output:
            stream = output.add_stream(codec, rate=30 if codec == "roqvideo" else 25)
            stream.height, stream.width = size
            stream.pix_fmt = pixels
            for index in range(6):
                frame = av.VideoFrame(*size[::-1], pixels)
                frame.pts = index
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
        os.replace(name, path)

    return write


def without_brand(path: Path) -> None:
    """QuickTime of before brands, which begins with room for a longer size."""
    video(".mov")(path)
    content = path.read_bytes()
    assert content[4:8] == b"ftyp"
    path.write_bytes(content[:4] + b"wide" + content[8:])


def with_a_second_picture(path: Path) -> None:
    """As phones write it: a picture for the viewer, and another behind its end."""
    still("JPEG")(path)
    path.write_bytes(path.read_bytes() * 2)


def zipped(name: str) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, b"x")

    return write


RECORDED = {
    "AVCHD (m2ts)": recorded("mpegts", "libx264"),
    "DV": recorded("dv", "dvvideo"),
    "GXF": recorded("gxf", "mpeg2video"),
    "RealMedia": recorded("rm", "rv10"),
    "RoQ": recorded("roq", "roqvideo", "yuvj444p"),
    "recorded television (wtv)": recorded("wtv", "mpeg2video"),
    "AV1 without a container": recorded("obu", "libsvtav1"),
    "QuickTime without a brand": without_brand,
    "JPEGs without a container": recorded("mjpeg", "mjpeg", "yuvj420p"),
}
CODES = np.zeros((2, 6, 8), np.float32)


def array(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, CODES)


def arrays(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, latents=CODES)


@pytest.mark.parametrize(
    ("kind", "write"),
    [
        *[
            pytest.param("picture", still(format), id=format)
            for format in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")
        ],
        pytest.param("picture", moving("GIF", 1), id="GIF of one frame"),
        pytest.param("picture", moving("WEBP", 1), id="WebP of one frame"),
        *[
            pytest.param("clip", moving(format), id=f"moving {format}")
            for format in ("GIF", "WEBP", "PNG")
        ],
        *[
            pytest.param("clip", video(suffix), id=suffix)
            for suffix in (".mp4", ".mov", ".mkv", ".webm", ".avi", ".ts", ".flv", ".mpg")
        ],
        *[
            pytest.param("clip", bare(suffix, codec), id=f"{codec} in {suffix}")
            for suffix, codec in (
                (".h264", "libx264"),
                (".hevc", "libx265"),
                (".mxf", "mpeg2video"),
                (".nut", "mpeg4"),
                (".ivf", "libvpx-vp9"),
                (".y4m", "rawvideo"),
                (".m2v", "mpeg2video"),
                (".m4v", "mpeg4"),
            )
        ],
        *[pytest.param("clip", write, id=name) for name, write in RECORDED.items()],
        pytest.param("picture", with_a_second_picture, id="JPEG and its depth"),
        pytest.param("other", lambda path: path.write_text("The wide world"), id="a word"),
        pytest.param("codes", array, id="npy"),
        pytest.param("codes", arrays, id="npz"),
        pytest.param("codes", lambda path: torch.save(torch.zeros(2), path), id="torch zip"),
        pytest.param(
            "codes",
            lambda path: torch.save(torch.zeros(2), path, _use_new_zipfile_serialization=False),
            id="torch of old",
        ),
        pytest.param("codes", lambda path: path.write_bytes(pickle.dumps([1])), id="pickle"),
        pytest.param("archive", zipped("a.png"), id="zip of pictures"),
        pytest.param("archive", lambda path: path.write_bytes(b"PK\x03\x04junk"), id="broken zip"),
        pytest.param("folder", lambda path: path.mkdir(), id="folder"),
        pytest.param("other", lambda path: path.write_text("no picture"), id="text"),
        pytest.param("other", lambda path: path.write_bytes(b""), id="empty"),
        pytest.param("picture", lambda path: path.write_bytes(b"GIF89a"), id="GIF cut off"),
    ],
)
@pytest.mark.parametrize("name", ["file.png", "file.mp4", "file"])
def test_the_content_tells_and_the_name_does_not(
    tmp_path: Path, kind: str, write: Callable[[Path], object], name: str
) -> None:
    write(tmp_path / name)

    assert kind_of(tmp_path / name) == kind
    assert is_clip(tmp_path / name) is (kind == "clip")


def test_a_latents_file_is_told_by_its_header(tmp_path: Path) -> None:
    Latents(torch.zeros(1, 6, 8)).save(tmp_path / "codes.safetensors")
    (tmp_path / "codes.safetensors").rename(tmp_path / "codes.png")

    assert kind_of(tmp_path / "codes.png") == "latents"


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"absent\.png does not exist"):
        kind_of(tmp_path / "absent.png")
    assert not is_clip(tmp_path / "absent.mp4")


@pytest.mark.robust(kind="D")
@pytest.mark.filterwarnings("ignore:.*(time stamps|interlaced):UserWarning")
@pytest.mark.parametrize("write", RECORDED.values(), ids=RECORDED)
def test_what_cameras_and_recorders_write_is_read(
    tmp_path: Path, write: Callable[[Path], object]
) -> None:
    write(tmp_path / "file.png")

    clip = open_clip(tmp_path / "file.png")

    assert len(clip) == len(list(clip.frames())) >= 3
