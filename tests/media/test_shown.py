"""Pictures are read as viewers show them: in sRGB, whatever colours their numbers are in."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from dynode.errors import MediaError
from dynode.media.images import read_image

# Chromaticities of red, green, blue; all under D65.
SRGB = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
P3 = ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
ADOBE = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
BT2020 = ((0.708, 0.292), (0.17, 0.797), (0.131, 0.046))
D65 = (0.3127, 0.3290)
# ProPhoto under D50, and sRGB adapted to it (Lindbloom's table).
PROPHOTO = np.array(
    [[0.7976749, 0.1351917, 0.0313534], [0.2880402, 0.7118741, 0.0000857], [0, 0, 0.82521]]
)
SRGB_D50 = np.array(
    [
        [0.4360747, 0.3850649, 0.1430804],
        [0.2225045, 0.7168786, 0.0606169],
        [0.0139322, 0.0971045, 0.7141733],
    ]
)
SIZE = 48


def colours() -> np.ndarray:
    """Smooth colours that stay clear of the edge of sRGB, (h, w, 3) 8 bit."""
    y, x = np.mgrid[:SIZE, :SIZE] / (SIZE - 1)
    return np.stack([40 + 180 * x, 50 + 160 * y, 60 + 120 * x * y], 2).round().astype(np.uint8)


def light(pixels: np.ndarray) -> np.ndarray:
    """Light of sRGB's numbers (IEC 61966-2-1)."""
    v = pixels / 255.0
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def matrix(primaries: Any) -> np.ndarray:
    columns = np.array([(x / y, 1, (1 - x - y) / y) for x, y in primaries]).T
    x, y = D65
    return columns * np.linalg.solve(columns, [x / y, 1, (1 - x - y) / y])


def stored(primaries: Any = SRGB, gamma: float | str = "srgb") -> np.ndarray:
    """The numbers that stand for `colours` in another space, rounded to 8 bits."""
    linear = light(colours()) @ (np.linalg.inv(matrix(primaries)) @ matrix(SRGB)).T
    linear = linear.clip(0, 1)
    if gamma == "srgb":
        coded = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    else:
        coded = linear ** (1 / float(gamma))
    return (coded * 255).round().astype(np.uint8)


def prophoto() -> np.ndarray:
    linear = light(colours()) @ (np.linalg.inv(PROPHOTO) @ SRGB_D50).T
    return (linear.clip(0, 1) ** (1 / 1.8) * 255).round().astype(np.uint8)


def icc(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """An ICC profile of version 2.1."""
    at, table, body = 132 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        data += b"\0" * (-len(data) % 4)
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data
    data = struct.pack(">I", len(tags)) + table + body
    white = b"".join(struct.pack(">i", round(v * 65536)) for v in (0.9642, 1, 0.8249))
    head = struct.pack(">I4sI", 128 + len(data), b"lcms", 0x02100000) + b"mntr" + space + b"XYZ "
    head += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28 + white
    return head.ljust(128, b"\0") + data


def curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"


def xyz(values: Any) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(v * 65536)) for v in values)


def rgb_icc(columns: np.ndarray, gamma: float) -> bytes:
    tags = {b"wtpt": xyz((0.9642, 1, 0.8249))}
    tags |= {name: xyz(c) for name, c in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns.T, strict=True)}
    return icc(b"RGB ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve(gamma)))


def grey_icc(gamma: float) -> bytes:
    return icc(b"GRAY", {b"wtpt": xyz((0.9642, 1, 0.8249)), b"kTRC": curve(gamma)})


PROPHOTO_ICC = rgb_icc(PROPHOTO, 1.8)


def png_with(pixels: np.ndarray, *chunks: tuple[bytes, bytes]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    whole = stream.getvalue()
    added = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    return whole[:33] + added + whole[33:]  # after IHDR


def gama(value: float) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", round(value * 100_000))


def chrm(primaries: Any) -> tuple[bytes, bytes]:
    points = (D65, *primaries)
    return b"cHRM", struct.pack(">8I", *(round(v * 100_000) for point in points for v in point))


def off(path: Path) -> float:
    """Mean difference from the right colours, of 255, without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shown = np.asarray(read_image(path), dtype=float)
    return float(np.abs(shown - colours()).mean())


# Numbers are rounded twice, and lossy formats blur; read past, all of these differ by 5 and more.
CLOSE = 1.5


@pytest.mark.robust(kind="B")
@pytest.mark.parametrize(
    ("format", "options"),
    [
        pytest.param("PNG", {}, id="ProPhoto in a PNG"),
        pytest.param("JPEG", {"quality": 98, "subsampling": 0}, id="ProPhoto in a JPEG"),
        pytest.param("WEBP", {"lossless": True}, id="ProPhoto in a WebP"),
        pytest.param("TIFF", {}, id="ProPhoto in a TIFF"),
        pytest.param("AVIF", {"quality": 98, "subsampling": "4:4:4"}, id="ProPhoto in an AVIF"),
    ],
)
def test_an_embedded_profile_is_converted(tmp_path: Path, format: str, options: Any) -> None:
    Image.fromarray(prophoto()).save(
        tmp_path / "a.png", format, icc_profile=PROPHOTO_ICC, **options
    )

    assert np.abs(prophoto().astype(float) - colours()).mean() > 8
    assert off(tmp_path / "a.png") < CLOSE


@pytest.mark.robust(kind="B")
@pytest.mark.parametrize(
    ("primaries", "gamma", "chunks"),
    [
        pytest.param(SRGB, 1.0, [gama(1.0)], id="gAMA of linear light"),
        pytest.param(SRGB, 1.8, [gama(1 / 1.8)], id="gAMA of an old Macintosh"),
        pytest.param(P3, 2.2, [chrm(P3), gama(0.454)], id="gAMA and cHRM of P3"),
        pytest.param(ADOBE, "srgb", [chrm(ADOBE)], id="cHRM alone"),
        pytest.param(P3, "srgb", [(b"cICP", bytes((12, 13, 0, 1)))], id="cICP of Display P3"),
        pytest.param(BT2020, "srgb", [(b"cICP", bytes((9, 1, 0, 1)))], id="cICP of BT.2020"),
        pytest.param(SRGB, "srgb", [(b"sRGB", b"\0"), gama(1.0)], id="sRGB counts before gAMA"),
        pytest.param(SRGB, "srgb", [gama(0.45455), chrm(SRGB)], id="gAMA and cHRM of sRGB"),
    ],
)
def test_colours_that_a_png_tells_in_chunks_are_converted(
    tmp_path: Path, primaries: Any, gamma: float | str, chunks: Any
) -> None:
    (tmp_path / "a.png").write_bytes(png_with(stored(primaries, gamma), *chunks))

    assert off(tmp_path / "a.png") < CLOSE


@pytest.mark.robust(kind="B", member="a grey picture with a profile of grey")
def test_a_profile_of_grey_is_converted(tmp_path: Path) -> None:
    grey = np.linspace(30, 220, SIZE * SIZE).reshape(SIZE, SIZE)
    coded = (light(grey) ** (1 / 1.2) * 255).round().astype(np.uint8)
    Image.fromarray(coded).save(tmp_path / "a.png", icc_profile=grey_icc(1.2))

    shown = np.asarray(read_image(tmp_path / "a.png"), dtype=float)

    assert np.abs(shown - grey[:, :, None]).mean() < CLOSE


@pytest.mark.robust(kind="B")
@pytest.mark.parametrize(
    "mode",
    [
        pytest.param("RGBA", id="a profile beside transparency"),
        pytest.param("P", id="a profile beside a palette"),
    ],
)
def test_a_profile_counts_in_every_mode(tmp_path: Path, mode: str) -> None:
    made = Image.fromarray(prophoto())
    if mode == "P":
        made = made.quantize(256)
        expected = made.convert("RGB")
        expected.save(tmp_path / "rgb.png", icc_profile=PROPHOTO_ICC)
    made.convert(mode).save(tmp_path / "a.png", icc_profile=PROPHOTO_ICC)

    shown = np.asarray(read_image(tmp_path / "a.png"), dtype=float)

    right = colours() if mode == "RGBA" else np.asarray(read_image(tmp_path / "rgb.png"))
    assert np.abs(shown - right).mean() < CLOSE


@pytest.mark.robust(kind="B", member="Adobe RGB of a camera, told by EXIF alone")
def test_adobe_rgb_of_a_camera_is_converted(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = 0xFFFF
    exif.get_ifd(0x8769)[0xA005] = {1: "R03"}
    pixels = stored(ADOBE, 563 / 256)
    Image.fromarray(pixels).save(tmp_path / "a.jpg", exif=exif, quality=98, subsampling=0)

    assert off(tmp_path / "a.jpg") < CLOSE


@pytest.mark.robust(kind="B", member="CIELAB in a TIFF")
def test_lab_is_converted(tmp_path: Path) -> None:
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    made = ImageCms.profileToProfile(Image.fromarray(colours()), srgb, lab, outputMode="LAB")
    assert made is not None
    made.save(tmp_path / "a.tif")

    assert off(tmp_path / "a.tif") < CLOSE


def test_the_profile_of_srgb_changes_no_number(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(colours()).save(tmp_path / "a.png", icc_profile=profile)

    assert off(tmp_path / "a.png") == 0


@pytest.mark.robust(kind="B")
@pytest.mark.parametrize(
    ("options", "chunks", "told"),
    [
        pytest.param({}, [(b"cICP", bytes((9, 16, 0, 1)))], "dynamic range .PQ", id="PQ in a PNG"),
        pytest.param({}, [(b"cICP", bytes((9, 18, 0, 1)))], "dynamic range .HLG", id="HLG"),
        pytest.param({}, [(b"cICP", bytes((99, 13, 0, 1)))], "primaries 99", id="code of nobody"),
        pytest.param({}, [gama(0)], "cannot be used", id="gAMA of nothing"),
        pytest.param(
            {}, [(b"cHRM", b"\0" * 32)], "cannot be used", id="cHRM whose primaries are one point"
        ),
        pytest.param(
            {"icc_profile": b"junk"}, [], "profile that cannot be used", id="a damaged profile"
        ),
        pytest.param(
            {"icc_profile": grey_icc(2.2)},
            [],
            "it is for L, the picture is RGB",
            id="of grey on RGB",
        ),
    ],
)
def test_what_cannot_be_converted_is_said(
    tmp_path: Path, options: Any, chunks: Any, told: str
) -> None:
    stream = io.BytesIO()
    Image.fromarray(colours()).save(stream, "PNG", **options)
    content = stream.getvalue() if options else png_with(colours(), *chunks)
    (tmp_path / "a.png").write_bytes(content)

    with pytest.warns(UserWarning, match=told):
        shown = read_image(tmp_path / "a.png")

    assert np.array_equal(shown, colours())


@pytest.mark.robust(kind="D", member="a TIFF of several pages")
def test_pages_that_are_left_out_are_named(tmp_path: Path) -> None:
    pages = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])

    with pytest.warns(UserWarning, match="has 2 pages; the first is taken"):
        assert read_image(tmp_path / "a.tif").getpixel((0, 0)) == (255, 0, 0)


@pytest.mark.robust(kind="H", member="a few bytes that declare many pixels")
def test_few_bytes_do_not_unfold_to_gigabytes(tmp_path: Path) -> None:
    Image.new("1", (12_000, 12_000)).save(tmp_path / "a.png")

    with pytest.raises(MediaError, match="less than any photograph takes; it was not decoded"):
        read_image(tmp_path / "a.png")
