"""Whatever PyAV decodes is a clip, under any name; lists and scripts that name other files are not."""

from __future__ import annotations

import pytest
from PIL import Image

from dynode.errors import MediaError
from dynode.media.clip import open_clip

from . import made

CLIPS = {
    ".m4v": {"container": "mp4"},
    ".avi": {"codec": "mpeg4"},
    ".avi, H.264": {},
    ".ts": {},
    ".mts": {"container": "mpegts"},
    ".wmv": {"codec": "wmv2"},
    ".3gp": {"codec": "mpeg4"},
    ".mpg": {"codec": "mpeg2video", "rate": 25},
    ".mpeg, MPEG-1": {"codec": "mpeg1video", "rate": 25, "container": "mpeg"},
    ".flv": {},
    ".ogv": {"codec": "libvpx"},
    ".mkv, FFV1": {"codec": "ffv1", "options": {}},
    ".mov, ProRes": {"codec": "prores_ks", "pix_fmt": "yuv422p10le", "options": {}},
    ".mov, Motion JPEG": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    ".mp4, AV1": {"codec": "libsvtav1"},
    ".mp4, HEVC": {
        "codec": "libx265",
        "options": {"crf": "10", "x265-params": "log-level=error"},
    },
    ".webm": {"codec": "libvpx-vp9"},
    ".mxf": {"codec": "mpeg2video", "rate": 25},
    ".nut": {},
    ".h264": {"container": "h264"},
    ".clip, an mp4 of no known name": {"container": "mp4"},
    ".png, an mp4 of a wrong name": {"container": "mp4"},
}


@pytest.mark.robust(kind="D")
@pytest.mark.filterwarnings("ignore:.*time stamps that are missing")  # a bare stream has none
@pytest.mark.parametrize("name", CLIPS)
def test_every_kind_of_clip_is_read(tmp_path, name) -> None:
    path = made.encode(tmp_path / f"clip{name.split(',')[0]}", **CLIPS[name])

    clip = open_clip(path)
    found = [made.position(frame) for frame in clip.frames()]

    assert clip.size == (64, 96)
    assert found == pytest.approx(range(12), abs=0.4)


@pytest.mark.robust(kind="D")
@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        pytest.param(".gif", "GIF", id="moving GIF"),
        pytest.param(".webp", "WEBP", id="moving WebP"),
        pytest.param(".png", "PNG", id="moving PNG"),
        pytest.param(".apng", "PNG", id="moving PNG named .apng"),
        pytest.param(".mp4", "WEBP", id="moving WebP named .mp4"),
    ],
)
def test_pictures_that_move_are_clips(tmp_path, suffix, kind) -> None:
    first, *rest = [Image.fromarray(picture) for picture in made.scenes(8)]
    path = tmp_path / f"moves{suffix}"
    first.save(path, format=kind, save_all=True, append_images=rest, duration=50, lossless=True)

    clip = open_clip(path)

    assert clip.rate == 20
    assert [made.position(f) for f in clip.frames()] == pytest.approx(range(8), abs=0.4)


@pytest.mark.robust(kind="D", member="moving PNG with a still for old readers")
def test_the_still_of_a_moving_png_is_no_frame(tmp_path) -> None:
    still = Image.new("RGB", (96, 64), "red")
    moving = [Image.fromarray(picture) for picture in made.scenes(4)]
    path = tmp_path / "moves.png"
    still.save(path, save_all=True, append_images=moving, duration=50, default_image=True)

    clip = open_clip(path)

    assert len(list(clip.frames())) == len(clip) == 4


def _ffconcat(folder) -> str:
    return f"ffconcat version 1.0\nfile '{folder / 'secret.mp4'}'\n"


def _playlist(folder) -> str:
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{folder / 'secret.ts'}\n#EXT-X-ENDLIST\n"


def _dash(folder) -> str:
    return f'<?xml version="1.0"?><MPD><BaseURL>{folder}/secret.mp4</BaseURL></MPD>'


def _session_description(folder) -> str:
    return "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n"


def _concat_without_a_head(folder) -> str:
    return f"file '{folder / 'secret.mp4'}'\n"


def _filter_graph(folder) -> str:
    return f"movie={folder / 'secret.mp4'}[out0]\n"


def _pattern_of_pictures(folder) -> str:
    return "%03d.png"


@pytest.mark.robust(kind="D")
@pytest.mark.parametrize("suffix", [".mp4", ".ffconcat", ".m3u8"])
@pytest.mark.parametrize(
    "script",
    [
        _ffconcat,
        _playlist,
        _dash,
        _session_description,
        _concat_without_a_head,
        _filter_graph,
        _pattern_of_pictures,
    ],
)
def test_what_names_other_files_is_refused(tmp_path, script, suffix) -> None:
    made.encode(tmp_path / "secret.mp4")
    made.encode(tmp_path / "secret.ts")
    path = tmp_path / f"clip{suffix}"
    path.write_text(script(tmp_path))

    with pytest.raises(MediaError, match="names other files|is no video") as error:
        open_clip(path)

    assert "\n" not in str(error.value)


@pytest.mark.robust(kind="D")
@pytest.mark.parametrize(
    "name", ["concat:a.mp4|b.mp4", "pipe:0", "http:", "a%03d.mp4", "-i", "file:x.mp4"]
)
def test_a_name_that_looks_like_a_protocol_is_a_name(tmp_path, name, monkeypatch) -> None:
    from pathlib import Path

    monkeypatch.chdir(tmp_path)
    made.encode(tmp_path / "made.mp4").rename(tmp_path / name)

    assert len(open_clip(Path(name))) == 12


@pytest.mark.robust(kind="D", member="a cover picture before the pictures")
def test_a_cover_is_not_taken_for_the_clip(tmp_path) -> None:
    import av
    from av.stream import Disposition

    path = tmp_path / "clip.mkv"
    made.encode(tmp_path / "plain.mkv")
    with av.open(str(tmp_path / "plain.mkv")) as plain, av.open(str(path), "w") as covered:
        cover = covered.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 96, 64, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        video = covered.add_stream_from_template(plain.streams.video[0])
        covered.mux(cover.encode(av.VideoFrame.from_ndarray(made.scene(0) // 2, "rgb24")))
        for packet in plain.demux(video=0):
            if packet.dts is not None:
                packet.stream = video
                covered.mux(packet)

    clip = open_clip(path)

    assert len(clip) == 12
    assert made.position(list(clip.frames())[11]) == pytest.approx(11, abs=0.3)
