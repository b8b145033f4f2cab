"""What is written of a clip begins, ends and sounds as the clip does."""

from __future__ import annotations

import warnings
from fractions import Fraction

import av
import pytest
import torch

from dynode.media.clip import Clip, open_clip
from dynode.media.segments import Segment, write_segments
from dynode.media.tracks import Sound
from dynode.testing.videos import audio_bytes

from . import made


def copy(clip: Clip, path) -> None:
    """Write the frames of a clip again, as an edit does."""
    frames = [torch.from_numpy(frame)[None].permute(0, 3, 1, 2) for frame in clip.frames()]
    pictures = [frame.float() / 127.5 - 1 for frame in frames]
    halves = [pictures[:5], pictures[5:]]
    parts = [Segment(str(index), lambda half=half: half) for index, half in enumerate(halves)]
    write_segments(parts, path, fps=clip.rate, sound=Sound.of(clip))


@pytest.mark.robust(kind="A")
@pytest.mark.parametrize(
    ("name", "output", "given", "offset_s"),
    [
        pytest.param("a.mp4", "o.mp4", {"start_s": 0.5}, 0.5, id="pictures after sound (mp4)"),
        pytest.param("a.mkv", "o.mkv", {"start_s": 0.5}, 0.5, id="pictures after sound (mkv)"),
        pytest.param("a.mov", "o.mov", {"start_s": 0.5}, 0.5, id="pictures after sound (mov)"),
        pytest.param("a.ts", "o.mp4", {"start_s": 0.5}, 0.5, id="pictures after sound (ts to mp4)"),
        pytest.param("a.mkv", "o.mp4", {"start_s": 1.25}, 1.25, id="pictures late (mkv to mp4)"),
        pytest.param(
            "a.mp4", "o.mp4", {"sound_start_s": 0.3}, -0.3, id="sound after pictures (mp4)"
        ),
        pytest.param(
            "a.mkv", "o.mkv", {"sound_start_s": 0.3}, -0.3, id="sound after pictures (mkv)"
        ),
        pytest.param(
            "a.mov", "o.mp4", {"sound_start_s": 0.3}, -0.3, id="sound after pictures (mov to mp4)"
        ),
    ],
)
def test_pictures_stay_where_they_are_on_the_sound(tmp_path, name, output, given, offset_s) -> None:
    source = made.encode(tmp_path / name, sounds=["aac"], sound_s=1.5, **given)

    copy(open_clip(source), tmp_path / output)

    # one packet of AAC, which some containers show as a start before 0
    for path in (source, tmp_path / output):
        (sound,), pictures = made.shown(path)
        assert pictures[0] - sound == pytest.approx(offset_s, abs=0.03)


@pytest.mark.robust(kind="A")
@pytest.mark.parametrize(
    ("output", "last_s"),
    [
        pytest.param("o.mp4", 1.0, id="a held last picture stays held (mp4)"),
        pytest.param("o.mkv", 0.7, id="a held last picture stays held (mkv)"),
        pytest.param("o.mov", 2.0, id="a held last picture stays held (mov)"),
        pytest.param("o.gif", 0.5, id="a held last picture stays held (gif)"),
    ],
)
def test_a_copy_lasts_as_long(tmp_path, output, last_s) -> None:
    source = made.encode(tmp_path / "held.mp4", rate=20, last_s=last_s)
    clip = open_clip(source)

    copy(clip, tmp_path / output)

    if output.endswith(".gif"):
        end_s = open_clip(tmp_path / output).end_s
    else:
        end_s = made.duration(tmp_path / output)
    assert clip.end_s == pytest.approx(11 / 20 + last_s)
    assert end_s == pytest.approx(clip.end_s, abs=1 / 20)


@pytest.mark.robust(kind="A", member="a trimmed clip with its sound")
def test_a_trimmed_clip_is_copied_with_the_sound_that_is_left(tmp_path) -> None:
    whole = made.encode(tmp_path / "whole.mp4", made.scenes(24), sounds=["aac"])
    clip = open_clip(made.cut(whole, tmp_path / "trimmed.mp4", 0.5))

    copy(clip, tmp_path / "out.mp4")

    assert made.shown(tmp_path / "out.mp4")[1] == pytest.approx([k / 24 for k in range(12)])
    assert made.duration(tmp_path / "out.mp4") == pytest.approx(0.5, abs=1 / 24)


@pytest.mark.robust(kind="A")
@pytest.mark.parametrize(
    ("name", "output", "sounds"),
    [
        pytest.param("a.mp4", "o.mp4", ["aac", "aac"], id="two audio tracks (mp4)"),
        pytest.param("a.mkv", "o.mkv", ["aac", "libopus", "flac"], id="three audio tracks (mkv)"),
        pytest.param("a.mkv", "o.mp4", ["ac3", "libmp3lame"], id="AC-3 and MP3 (mkv to mp4)"),
        pytest.param("a.ts", "o.mp4", ["aac", "mp2"], id="AAC and MP2 (ts to mp4)"),
        pytest.param("a.mov", "o.mov", ["pcm_s16le"], id="PCM (mov)"),
    ],
)
def test_all_audio_tracks_are_kept(tmp_path, name, output, sounds) -> None:
    source = made.encode(tmp_path / name, sounds=sounds)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        copy(open_clip(source), tmp_path / output)

    assert len(made.shown(tmp_path / output)[0]) == len(sounds)
    if name[2:] == output[2:]:
        assert audio_bytes(tmp_path / output) == audio_bytes(source)


@pytest.mark.robust(kind="A")
@pytest.mark.parametrize(
    ("name", "output", "sounds", "said"),
    [
        pytest.param("a.mkv", "o.webm", ["aac", "libopus"], "no aac audio", id="AAC in webm"),
        pytest.param("a.wmv", "o.mp4", ["wmav2"], "no wmav2 audio", id="WMA in mp4"),
        pytest.param("a.mkv", "o.webm", ["flac"], "no flac audio", id="FLAC in webm"),
    ],
)
def test_an_audio_track_that_is_left_out_is_named(tmp_path, name, output, sounds, said) -> None:
    codec = "wmv2" if name.endswith("wmv") else "libx264"
    source = made.encode(tmp_path / name, sounds=sounds, codec=codec)

    with pytest.warns(UserWarning, match=said):
        copy(open_clip(source), tmp_path / output)

    assert len(made.shown(tmp_path / output)[0]) == len(sounds) - 1


@pytest.mark.robust(kind="A", member="uneven times, drawn at even ones: the same span")
def test_an_uneven_clip_keeps_its_span(tmp_path) -> None:
    times = [k / 30 for k in range(6)] + [6 / 30 + k / 8 for k in range(6)]
    clip = open_clip(made.encode(tmp_path / "uneven.mkv", times_s=times))

    copy(clip, tmp_path / "out.mkv")

    pictures = made.shown(tmp_path / "out.mkv")[1]
    even = [Fraction(k, 11) * Fraction(times[-1]) for k in range(12)]
    assert pictures == pytest.approx([float(time) for time in even], abs=2e-3)  # milliseconds


SUBTITLES = "1\n00:00:00,000 --> 00:00:00,200\nHello\n"


def with_more_tracks(folder, *, subtitles: bool = False, pictures: bool = False):
    """Write a clip with tracks beside its own."""
    plain = made.encode(folder / "plain.mkv", sounds=["aac"], sound_s=0.5)
    (folder / "words.srt").write_text(SUBTITLES)
    sources = [av.open(str(plain))] + [av.open(str(folder / "words.srt"))] * subtitles
    path = folder / "a.mkv"
    with av.open(str(path), "w") as output:
        copies = {
            stream: output.add_stream_from_template(stream)
            for source in sources
            for stream in source.streams
        }
        for stream, copied in copies.items():
            if stream.type == "subtitle":
                copied.metadata["language"] = "eng"
        more = output.add_stream("mpeg4", rate=20) if pictures else None
        if more is not None:
            more.width, more.height, more.pix_fmt = 32, 32, "yuv420p"
        for packet in (packet for source in sources for packet in source.demux()):
            if packet.dts is not None:
                packet.stream = copies[packet.stream]
                output.mux(packet)
        if more is not None:
            output.mux([*more.encode(av.VideoFrame(32, 32, "yuv420p")), *more.encode(None)])
    for source in sources:
        source.close()
    return path


@pytest.mark.robust(kind="A")
@pytest.mark.parametrize(
    ("given", "told"),
    [
        pytest.param(
            {"pictures": True}, "picture track 2 of a.mkv is left out", id="a second picture track"
        ),
        pytest.param(
            {"subtitles": True}, r"subtitle track 2 \(eng\) of a.mkv is left out", id="subtitles"
        ),
        pytest.param(
            {"subtitles": True, "pictures": True},
            r"subtitle track 2 \(eng\), picture track 3 of a.mkv are left out",
            id="subtitles and pictures",
        ),
    ],
)
def test_tracks_that_are_not_written_are_named(tmp_path, given, told) -> None:
    source = with_more_tracks(tmp_path, **given)

    with pytest.warns(UserWarning, match=told):
        copy(open_clip(source), tmp_path / "o.mp4")
