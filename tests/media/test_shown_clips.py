"""Frames come as players show them: turned, square, in sRGB, whole."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
import torch

from dynode.media.clip import open_clip

from . import made

# Display matrices of FFmpeg, (x, y) times their columns, and what numpy makes of the stored picture.
TURNED = {
    "mirrored left to right": ((-1, 0, 0, 1), lambda p: p[:, ::-1]),
    "mirrored top to bottom": ((1, 0, 0, -1), lambda p: p[::-1]),
    "turned by 90°": ((0, 1, -1, 0), lambda p: np.rot90(p, -1)),
    "turned by 180°": ((-1, 0, 0, -1), lambda p: p[::-1, ::-1]),
    "turned by 270°": ((0, -1, 1, 0), lambda p: np.rot90(p, 1)),
    "transposed": ((0, 1, 1, 0), lambda p: p.swapaxes(0, 1)),
    "transposed along the other diagonal": ((0, -1, -1, 0), lambda p: p[::-1, ::-1].swapaxes(0, 1)),
}


@pytest.mark.robust(kind="B")
@pytest.mark.parametrize("name", TURNED)
def test_the_display_matrix_is_applied(tmp_path, name) -> None:
    (a, b, c, d), turn = TURNED[name]
    one = 1 << 16
    matrix = [a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30]
    path = made.encode(tmp_path / "clip.mp4", made.scenes(2), matrix=matrix)

    clip = open_clip(path)
    frame = next(clip.frames())

    wanted = turn(made.scene(0)).astype(float)
    assert clip.size == frame.shape[:2] == wanted.shape[:2]
    assert np.abs(frame - wanted).mean() < 3  # the codec


@pytest.mark.robust(kind="B", member="turned by 25°: told")
def test_a_turn_by_another_angle_is_told(tmp_path) -> None:
    one = 1 << 16
    tilted = [
        int(0.9 * one),
        int(0.43 * one),
        0,
        int(-0.43 * one),
        int(0.9 * one),
        0,
        0,
        0,
        1 << 30,
    ]
    path = made.encode(tmp_path / "clip.mp4", made.scenes(2), matrix=tilted)

    with pytest.warns(UserWarning, match="turned by no multiple of 90°"):
        assert open_clip(path).size == (64, 96)


@pytest.mark.robust(kind="B")
@pytest.mark.parametrize(
    ("suffix", "codec", "aspect", "stored", "wanted"),
    [
        pytest.param(".mp4", "libx264", (2, 1), (128, 64), (128, 128), id="2:1 (mp4)"),
        pytest.param(".mkv", "libx264", (4, 3), (108, 144), (108, 192), id="HDV 4:3 (mkv)"),
        pytest.param(".avi", "mpeg4", (16, 15), (96, 120), (96, 128), id="PAL 16:15 (avi)"),
        pytest.param(".mpg", "mpeg2video", (32, 27), (96, 144), (96, 171), id="DVD 32:27 (mpg)"),
        pytest.param(".ts", "libx264", (10, 11), (96, 132), (96, 120), id="10:11 (ts)"),
        pytest.param(".mov", "libx264", (8, 9), (96, 144), (96, 128), id="NTSC DV 8:9 (mov)"),
    ],
)
def test_pixels_are_made_square(tmp_path, suffix, codec, aspect, stored, wanted) -> None:
    """As ffplay, VLC and QuickTime do: lines stay, columns are scaled."""
    pictures = made.scenes(6, stored)
    path = made.encode(
        tmp_path / f"c{suffix}", pictures, rate=25, codec=codec, aspect=Fraction(*aspect)
    )

    clip = open_clip(path)

    assert clip.size == next(clip.frames()).shape[:2]
    assert clip.size[0] == wanted[0]
    assert clip.size[1] == pytest.approx(
        wanted[1], abs=1
    )  # MPEG-2 knows the shape of the whole only


@pytest.mark.robust(kind="B", member="pixels of 20:1, a mistake: told")
def test_a_senseless_shape_of_pixels_is_told(tmp_path) -> None:
    path = made.encode(tmp_path / "c.mp4", made.scenes(3), aspect=Fraction(20))

    with pytest.warns(UserWarning, match="taken for a mistake"):
        assert open_clip(path).size == (64, 96)


def srgb_light(pixels: np.ndarray) -> np.ndarray:
    x = pixels / 255
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)


def pq(light: np.ndarray) -> np.ndarray:
    power = (light * 203 / 10000) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)


def hlg(light: np.ndarray) -> np.ndarray:
    display = light * 0.203
    luminance = display @ (0.2627, 0.6780, 0.0593)
    scene = display * np.maximum(luminance, 1e-9)[..., None] ** (1 / 1.2 - 1)
    log = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), log)


def srgb(light: np.ndarray) -> np.ndarray:
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


# From sRGB: ITU-R BT.2087 and SMPTE EG 432-1, four decimals.
TO_BT2020 = [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]
TO_P3 = [[0.8225, 0.1774, 0.0], [0.0332, 0.9669, 0.0], [0.0171, 0.0724, 0.9108]]
TO_SMPTE_C = [[1.0654, -0.0554, -0.0010], [-0.0196, 1.0364, -0.0167], [0.0016, 0.0044, 0.9940]]


@pytest.mark.robust(kind="B")
@pytest.mark.parametrize(
    ("tags", "to", "curve", "warned"),
    [
        pytest.param((9, 9, 16, 1), TO_BT2020, pq, "HDR .PQ.", id="PQ, BT.2020"),
        pytest.param((9, 9, 18, 1), TO_BT2020, hlg, "HDR .HLG.", id="HLG, BT.2020"),
        pytest.param((9, 12, 16, 1), TO_P3, pq, "HDR .PQ.", id="PQ, Display P3"),
        pytest.param((1, 12, 13, 1), TO_P3, srgb, "", id="SDR, Display P3"),
        pytest.param((9, 9, 14, 1), TO_BT2020, srgb, "", id="SDR, BT.2020"),
        pytest.param((6, 6, 6, 1), TO_SMPTE_C, srgb, "", id="SDR, SMPTE-C"),
        pytest.param((1, 1, 8, 1), np.eye(3), lambda light: light, "", id="linear"),
    ],
)
@pytest.mark.filterwarnings("default::UserWarning")
def test_other_transfers_and_primaries_are_shown_in_srgb(
    tmp_path, tags, to, curve, warned, recwarn
) -> None:
    """The source is sRGB, with its white at the 203 nits of diffuse white (ITU-R BT.2408)."""

    def stored(picture: np.ndarray) -> av.VideoFrame:
        coded = curve(np.maximum(srgb_light(picture) @ np.array(to).T, 0))
        values = (np.clip(coded, 0, 1) * 65535).astype(np.uint16)
        frame = av.VideoFrame.from_ndarray(values, format="rgb48le")
        matrix = {6: 5}.get(tags[0], tags[0])
        frame = frame.reformat(
            format="yuv444p10le", dst_colorspace=matrix, src_color_range=2, dst_color_range=1
        )
        frame.colorspace = tags[0]
        return frame

    options = {"crf": "2", "x265-params": "log-level=error"}
    path = made.encode(
        tmp_path / "hdr.mp4",
        made.scenes(3),
        codec="libx265",
        pix_fmt="yuv444p10le",
        options=options,
        colours=tags,
        stored=stored,
    )

    frame = next(open_clip(path).frames()).astype(float)

    # Ten bits, the codec, and highlights that are compressed; linear light has few bits for the dark.
    assert np.abs(frame - made.scene(0)).mean() < 2.5
    assert np.abs(np.median(frame - made.scene(0), axis=(0, 1))).max() < 2
    told = [str(entry.message) for entry in recwarn]
    assert bool(told) == bool(warned)
    assert not warned or "tone-mapped to sRGB" in told[0]


def coded(kr: float, kb: float, size: tuple[int, int], full: bool = False):
    """Store one colour with a matrix written out here; ITU-R BT.601, BT.709, BT.2020, SMPTE 240M."""
    r, g, b = np.array([200, 60, 90]) / 255
    y = kr * r + (1 - kr - kb) * g + kb * b
    values = [y, (b - y) / (2 * (1 - kb)), (r - y) / (2 * (1 - kr))]
    scale, start = ((255, 255), 0) if full else ((219, 224), 16)
    numbers = [start + scale[0] * values[0], *(128 + scale[1] * v for v in values[1:])]

    def stored(picture: np.ndarray) -> av.VideoFrame:
        frame = av.VideoFrame(size[1], size[0], "yuv420p")
        for plane, number in zip(frame.planes, numbers, strict=True):
            plane.update(bytes([round(number)]) * plane.buffer_size)
        return frame

    return stored


@pytest.mark.robust(kind="B")
@pytest.mark.parametrize(
    ("tag", "weights", "size", "suffix"),
    [
        pytest.param(2, (0.299, 0.114), (480, 640), ".mp4", id="untold, 480 lines: BT.601"),
        pytest.param(2, (0.299, 0.114), (576, 720), ".mkv", id="untold, 576 lines: BT.601"),
        pytest.param(2, (0.2126, 0.0722), (720, 1280), ".mp4", id="untold, 720 lines: BT.709"),
        pytest.param(2, (0.2126, 0.0722), (1280, 720), ".mov", id="untold, upright: BT.709"),
        pytest.param(2, (0.2126, 0.0722), (1080, 1920), ".ts", id="untold, 1080 lines: BT.709"),
        pytest.param(6, (0.299, 0.114), (720, 1280), ".mp4", id="BT.601 told, 720 lines"),
        pytest.param(1, (0.2126, 0.0722), (128, 128), ".mp4", id="BT.709 told, 128 lines"),
        pytest.param(7, (0.212, 0.087), (128, 128), ".mkv", id="SMPTE 240M"),
        pytest.param(9, (0.2627, 0.0593), (128, 128), ".mp4", id="BT.2020 matrix"),
    ],
)
def test_the_matrix_is_the_one_that_is_told_or_that_players_take(
    tmp_path, tag, weights, size, suffix
) -> None:
    pictures = [np.zeros((*size, 3), np.uint8)] * 2
    path = made.encode(
        tmp_path / f"c{suffix}",
        pictures,
        options={"crf": "1", "bf": "0", "preset": "ultrafast"},
        colours=(tag, 2, 2, 1),
        stored=coded(*weights, size),
    )

    frame = next(open_clip(path).frames())

    assert frame[size[0] // 2, size[1] // 2] == pytest.approx([200, 60, 90], abs=4)  # 8 bits of YUV


@pytest.mark.robust(kind="B", member="full range")
def test_full_range_is_read_as_it_is_told(tmp_path) -> None:
    size = (64, 64)
    path = made.encode(
        tmp_path / "c.mp4",
        [np.zeros((*size, 3), np.uint8)] * 2,
        colours=(1, 1, 1, 2),
        stored=coded(0.2126, 0.0722, size, full=True),
    )

    assert next(open_clip(path).frames())[32, 32] == pytest.approx([200, 60, 90], abs=4)


@pytest.mark.robust(kind="B", member="a matrix that cannot be read, YCgCo: warned of")
def test_an_unknown_matrix_is_told(tmp_path) -> None:
    path = made.encode(tmp_path / "c.mp4", made.scenes(2), colours=(8, 1, 1, 1))

    with pytest.warns(UserWarning, match="colours coded as YCgCo"):
        assert next(open_clip(path).frames()).shape == (64, 96, 3)


def woven(index: int, size: tuple[int, int]) -> np.ndarray:
    """Two moments in one picture, the top field first."""
    picture = made.scene(2 * index, size)
    picture[1::2] = made.scene(2 * index + 1, size)[1::2]
    return picture


def combing(frame: np.ndarray) -> float:
    """How far the lines of the square are from the mean of their neighbours."""
    grey = frame[8:16].astype(float).mean(-1)
    return float(np.abs(grey[1:-1] - (grey[2:] + grey[:-2]) / 2).mean())


@pytest.mark.robust(kind="B")
@pytest.mark.parametrize(
    ("suffix", "codec", "options"),
    [
        pytest.param(".mpg", "mpeg2video", {"b": "8M"}, id="interlaced MPEG-2 (mpg)"),
        pytest.param(".ts", "mpeg2video", {"b": "8M"}, id="interlaced MPEG-2 (ts)"),
        pytest.param(
            ".mp4", "libx264", {"crf": "8", "x264-params": "tff=1"}, id="interlaced H.264 (mp4)"
        ),
        pytest.param(
            ".mkv", "libx264", {"crf": "8", "x264-params": "tff=1"}, id="interlaced H.264 (mkv)"
        ),
    ],
)
def test_fields_are_made_into_whole_frames(tmp_path, suffix, codec, options) -> None:
    size = (96, 128)
    pictures = [woven(index, size) for index in range(8)]
    interlaced = 1 << 18 | 1 << 29  # AV_CODEC_FLAG_INTERLACED_DCT and _ME
    path = made.encode(
        tmp_path / f"c{suffix}", pictures, rate=25, codec=codec, options=options, flags=interlaced
    )

    with pytest.warns(UserWarning, match="is interlaced"):
        clip = open_clip(path)
    frames = list(clip.frames())

    assert len(frames) == len(clip) == 8
    assert combing(pictures[4]) > 3
    assert max(combing(frame) for frame in frames[1:]) < 1.5
    # the square stands where it stood in the first field
    assert made.position(frames[4]) == pytest.approx(8, abs=0.7)


@pytest.mark.robust(kind="B", member="frames that change their size")
def test_pictures_of_another_size_are_told_and_brought_to_the_first(tmp_path) -> None:
    first = made.encode(tmp_path / "a.ts", made.scenes(6, (64, 96)))
    second = made.encode(tmp_path / "b.ts", made.scenes(6, (96, 144)), start_s=0.25)
    (tmp_path / "c.ts").write_bytes(first.read_bytes() + second.read_bytes())

    with pytest.warns(UserWarning, match="changes its size|a damaged packet"):
        clip = open_clip(tmp_path / "c.ts")

    assert {frame.shape for frame in clip.frames()} == {(64, 96, 3)}


@pytest.mark.robust(kind="B", member="transparent parts")
def test_transparency_is_laid_on_white(tmp_path) -> None:
    pictures = torch.zeros(2, 32, 32, 4, dtype=torch.uint8).numpy()
    pictures[:, :16, :, 3] = 255

    def stored(picture: np.ndarray) -> av.VideoFrame:
        return av.VideoFrame.from_ndarray(picture, format="rgba")

    path = made.encode(
        tmp_path / "c.mkv", pictures, codec="ffv1", pix_fmt="bgra", options={}, stored=stored
    )
    frame = next(open_clip(path).frames())

    assert frame[4, 4].tolist() == [0, 0, 0]
    assert frame[28, 4].tolist() == [255, 255, 255]
