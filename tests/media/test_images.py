"""Images in and out: every common kind becomes the same upright RGB, and damage is told in a line."""

from __future__ import annotations

import io
import random
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from dynode.errors import DiskFullError, MediaError
from dynode.media.images import (
    fit_to,
    grid,
    read_image,
    to_uint8,
    write_image,
)
from dynode.media.suffixes import IMAGE_SUFFIXES, is_moving

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
ORIENTATION = 0x0112  # the EXIF tag


def picture(width: int = 24, height: int = 16) -> Image.Image:
    """Red with a blue upper left corner, so that every turn and flip shows."""
    made = Image.new("RGB", (width, height), RED)
    made.paste(BLUE, (0, 0, width // 2, height // 4))
    return made


def noise(width: int = 30, height: int = 40) -> Image.Image:
    values = np.random.RandomState(0).randint(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values)


def difference(first: Image.Image, second: Image.Image) -> int:
    """Largest difference of a channel of a pixel."""
    pair = [np.asarray(image, dtype=np.int16) for image in (first, second)]
    assert pair[0].shape == pair[1].shape
    return int(np.abs(pair[0] - pair[1]).max())


# Reading


@pytest.mark.parametrize(
    ("suffix", "mode", "tolerance"),
    [
        (".png", "RGB", 0),
        (".png", "RGBA", 0),
        (".png", "P", 0),
        (".bmp", "RGB", 0),
        (".tiff", "RGB", 0),
        (".tif", "CMYK", 1),
        (".gif", "P", 0),
        (".jpg", "RGB", 12),
        (".jpeg", "CMYK", 12),
        (".webp", "RGB", 12),
    ],
)
def test_any_common_kind_is_read_as_rgb(
    tmp_path: Path, suffix: str, mode: str, tolerance: int
) -> None:
    path = tmp_path / f"a{suffix}"
    picture(64, 64).convert(mode).save(path)

    read = read_image(path)

    assert read.mode == "RGB"
    # Lossy formats blur the edge between the areas: compare a block within each.
    for box in ((4, 2, 28, 14), (36, 20, 60, 60)):
        assert difference(read.crop(box), picture(64, 64).crop(box)) <= tolerance


def test_colours_of_a_cmyk_jpeg_are_not_inverted(tmp_path: Path) -> None:
    Image.new("RGB", (32, 32), GREEN).convert("CMYK").save(tmp_path / "a.jpg", quality=95)

    red, green, blue = np.asarray(read_image(tmp_path / "a.jpg")).mean((0, 1))

    assert green > 200 and red < 60 and blue < 60


@pytest.mark.parametrize("darkest", [0, 60000], ids=["all values", "dark"])
@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_sixteen_bits_become_eight(tmp_path: Path, suffix: str, darkest: int) -> None:
    values = np.linspace(0, 65535 - darkest, 32 * 32).reshape(32, 32).round().astype(np.uint16)
    Image.fromarray(values).save(tmp_path / f"a{suffix}")

    read = np.asarray(read_image(tmp_path / f"a{suffix}"), dtype=np.float64)

    # To the nearest of 256 levels, or to the lower one.
    assert np.abs(read - values[:, :, None] / 257).max() <= 1


def test_a_nearly_black_picture_of_sixteen_bits_stays_nearly_black(tmp_path: Path) -> None:
    Image.fromarray(np.full((32, 32), 200, np.uint16)).save(tmp_path / "a.png")

    assert np.asarray(read_image(tmp_path / "a.png")).max() <= 1


@pytest.mark.parametrize("top", [1.0, 255.0], ids=["to 1", "to 255"])
def test_floating_point_pictures_are_read(tmp_path: Path, top: float) -> None:
    values = np.linspace(0, top, 32 * 32, dtype=np.float32).reshape(32, 32)
    values[0, 0] = np.nan
    Image.fromarray(values).save(tmp_path / "a.tiff")

    read = np.asarray(read_image(tmp_path / "a.tiff"), dtype=np.float64)

    expected = np.nan_to_num(values)[:, :, None] / top * 255
    assert np.abs(read - expected).max() <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tiff"])
def test_a_turned_picture_is_put_upright(tmp_path: Path, suffix: str, orientation: int) -> None:
    # Turned so that what the tag asks for gives the upright picture back.
    undo = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    upright = picture(48, 32)
    stored = upright if undo is None else upright.transpose(undo)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    stored.save(tmp_path / f"a{suffix}", exif=exif)

    read = read_image(tmp_path / f"a{suffix}")

    assert read.size == (48, 32)
    # Lossy formats disturb pixels beside the edge: compare the middles of the areas.
    assert np.abs(np.array(read.getpixel((6, 3))) - BLUE).max() < 20
    assert np.abs(np.array(read.getpixel((42, 28))) - RED).max() < 20


def transparent(mode: str) -> Image.Image:
    made = Image.new("RGBA", (32, 32), (*RED, 255))
    made.paste((0, 255, 0, 0), (0, 0, 16, 32))
    if mode == "P":
        indexed = Image.new("P", (32, 32), 1)
        indexed.putpalette([*GREEN, *RED])
        indexed.paste(0, (0, 0, 16, 32))
        indexed.info["transparency"] = 0
        return indexed
    return made if mode == "RGBA" else made.convert("LA")


@pytest.mark.parametrize(
    ("mode", "suffix", "opaque"),
    [
        ("RGBA", ".png", RED),
        ("LA", ".png", (76, 76, 76)),
        ("P", ".png", RED),
        ("P", ".gif", RED),
        ("RGBA", ".tiff", RED),
    ],
)
def test_transparency_lies_on_white(
    tmp_path: Path, mode: str, suffix: str, opaque: tuple[int, int, int]
) -> None:
    made = transparent(mode)
    made.save(tmp_path / f"a{suffix}", **({"transparency": 0} if mode == "P" else {}))

    read = read_image(tmp_path / f"a{suffix}")

    assert read.mode == "RGB"
    assert read.getpixel((2, 2)) == WHITE
    assert read.getpixel((30, 2)) == opaque


def test_half_transparency_is_half_white(tmp_path: Path) -> None:
    Image.new("RGBA", (32, 32), (0, 0, 0, 128)).save(tmp_path / "a.png")

    # 255 × (1 - 128 / 255), rounded either way.
    assert read_image(tmp_path / "a.png").getpixel((0, 0)) in ((127,) * 3, (128,) * 3)


def test_of_an_animation_the_first_frame_is_read(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (32, 32), colour) for colour in (GREEN, RED, BLUE)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])

    assert read_image(tmp_path / "a.gif").getpixel((5, 5)) == GREEN


def test_the_content_counts_not_the_suffix(tmp_path: Path) -> None:
    picture().save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")

    assert difference(read_image(tmp_path / "a.jpg"), picture()) == 0


# Reading what cannot be read


def png_of_size(width: int, height: int) -> bytes:
    """A PNG that declares a size and holds one line."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    line = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", line) + chunk(b"IEND", b"")


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "does not exist; check the path of the image"),
        (b"", "a.png is no image; expected PNG, JPEG"),
        (b"Dear diary,\n", "a.png is no image; expected PNG, JPEG"),
        (b"\x89PNG\r\n\x1a\n", "a.png is "),
        (encoded(noise(), "PNG")[:500], "a.png is damaged ("),
        (encoded(noise(), "JPEG")[:500], "a.png is damaged ("),
        (encoded(noise(), "WEBP")[:200], "a.png is "),
        (encoded(noise(), "TIFF")[:500], "a.png is damaged ("),
        (encoded(Image.new("RGB", (1, 1)), "PNG"), "a.png is 1×1 pixels; expected at least 16"),
        (encoded(Image.new("RGB", (400, 15)), "PNG"), "a.png is 400×15 pixels; expected at least"),
        (png_of_size(60_000, 60_000), "a.png declares too many pixels"),
        (png_of_size(2**31 - 1, 2**31 - 1), "a.png declares too many pixels"),
        (png_of_size(1000, 1000), "a.png is damaged ("),
        (png_of_size(0, 10), "a.png is "),
    ],
    ids=[
        "absent",
        "empty",
        "text",
        "a signature alone",
        "half a PNG",
        "half a JPEG",
        "half a WebP",
        "half a TIFF",
        "one pixel",
        "a line",
        "3.6 billion pixels",
        "the largest PNG",
        "fewer lines than declared",
        "no width",
    ],
)
def test_what_is_no_usable_image_is_told_in_one_line(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "a.png"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(MediaError) as caught:
        read_image(path)

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_is_no_image(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="is a folder; expected an image file"):
        read_image(tmp_path)


def test_a_picture_of_a_hundred_million_pixels_is_no_reason_to_warn(tmp_path: Path) -> None:
    # Pillow warns from 89 million on; here it may only fail because the pixels are missing.
    (tmp_path / "a.png").write_bytes(png_of_size(100_000_000, 1))

    with pytest.raises(MediaError, match="100000000×1 pixels; expected at least 16"):
        read_image(tmp_path / "a.png")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP"])
def test_damage_anywhere_is_never_a_traceback(tmp_path: Path, kind: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    options = {"exif": exif} if kind in ("PNG", "JPEG", "WEBP", "TIFF") else {}
    whole = encoded(noise(), kind, **options)
    draw = random.Random(0)
    path = tmp_path / "a.bin"
    readable = 0

    for _ in range(60):
        damaged = bytearray(whole[: draw.choice([len(whole), draw.randrange(1, len(whole))])])
        for _ in range(draw.choice([1, 2, 8])):
            damaged[draw.randrange(min(len(damaged), 200))] = draw.randrange(256)
        path.write_bytes(damaged)
        try:
            readable += read_image(path).mode == "RGB"
        except MediaError as error:
            assert "\n" not in str(error)

    assert readable < 60


# To the generator and back


@pytest.mark.parametrize("size", [(40, 20), (20, 40), (64, 64), (16, 16), (17, 31)], ids=str)
def test_a_picture_is_fitted_to_the_resolution(size: tuple[int, int]) -> None:
    fitted = fit_to(noise(*size), (32, 32))

    assert tuple(fitted.shape) == (1, 3, 32, 32)
    assert fitted.dtype == torch.float32
    assert float(fitted.min()) >= -1 and float(fitted.max()) <= 1


def test_fitting_to_its_own_size_changes_nothing() -> None:
    image = noise(32, 16)

    fitted = fit_to(image, (16, 32))

    assert torch.equal(to_uint8(fitted)[0], torch.from_numpy(np.asarray(image).copy()))


def test_fitting_crops_the_centre() -> None:
    wide = Image.new("RGB", (96, 32), RED)
    wide.paste(BLUE, (32, 0, 64, 32))

    fitted = fit_to(wide, (32, 32))

    assert torch.equal(to_uint8(fitted)[0], torch.tensor(BLUE, dtype=torch.uint8).expand(32, 32, 3))


def test_pixels_are_rounded_and_clamped() -> None:
    values = torch.tensor([-9.0, -1.0, -1 + 0.9 / 127.5, 0.0, 1.0, 9.0])
    images = values.reshape(1, 1, 1, 6).expand(1, 3, 1, 6)

    pixels = to_uint8(images)

    # 0 lies at 127.5, which rounds to the even 128.
    assert pixels[0, 0, :, 0].tolist() == [0, 0, 1, 128, 255, 255]
    assert tuple(pixels.shape) == (1, 1, 6, 3)


def test_every_eight_bit_value_survives_the_way_there_and_back() -> None:
    levels = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16, 1).expand(-1, -1, -1, 3)

    images = levels.permute(0, 3, 1, 2).float() / 127.5 - 1

    assert torch.equal(to_uint8(images), levels)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16], ids=str)
def test_pixels_come_from_any_type_and_need_no_graph(dtype: torch.dtype) -> None:
    images = torch.zeros(1, 3, 2, 2, dtype=dtype, requires_grad=True)

    assert to_uint8(images).dtype == torch.uint8


# Sheets


def tiles(count: int) -> torch.Tensor:
    """Pictures (count, 3, 2, 3) of one grey each: 10, 20, 30, …."""
    levels = 10.0 * torch.arange(1, count + 1)
    return (levels / 127.5 - 1).reshape(-1, 1, 1, 1).expand(-1, 3, 2, 3)


def test_a_sheet_lays_pictures_out_in_rows() -> None:
    sheet = np.asarray(grid(tiles(5), columns=2, gap_px=1))[:, :, 0]

    assert sheet.tolist() == [
        [10, 10, 10, 255, 20, 20, 20],
        [10, 10, 10, 255, 20, 20, 20],
        [255, 255, 255, 255, 255, 255, 255],
        [30, 30, 30, 255, 40, 40, 40],
        [30, 30, 30, 255, 40, 40, 40],
        [255, 255, 255, 255, 255, 255, 255],
        [50, 50, 50, 255, 255, 255, 255],
        [50, 50, 50, 255, 255, 255, 255],
    ]


@pytest.mark.parametrize(
    ("count", "columns", "size"),
    [(1, 1, (3, 2)), (3, 3, (13, 2)), (3, 1, (3, 10)), (2, 8, (8, 2))],
    ids=["one", "a strip", "a column", "fewer than columns"],
)
def test_a_sheet_is_as_large_as_its_pictures(
    count: int, columns: int, size: tuple[int, int]
) -> None:
    assert grid(tiles(count), columns=columns).size == size


# Writing


@pytest.mark.parametrize("suffix", [*IMAGE_SUFFIXES, ".PNG", ".JPG"])
def test_an_image_is_written_by_its_suffix(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "new" / f"a{suffix}"

    write_image(noise(), path)

    with Image.open(path) as written:
        assert written.size == noise().size
        assert Image.registered_extensions()[suffix.lower()] == written.format
    assert [item.name for item in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_lossy_formats_are_written_in_high_quality(tmp_path: Path, suffix: str) -> None:
    write_image(noise(64, 64), tmp_path / f"a{suffix}")

    usual = encoded(noise(64, 64), {".jpg": "JPEG", ".webp": "WEBP"}[suffix])
    assert (tmp_path / f"a{suffix}").stat().st_size > 1.3 * len(usual)


@pytest.mark.parametrize("name", ["a", "a.", "a.xyz", "a.psd", "a.mp4", "a.pdf", "a.h5"])
def test_a_suffix_of_no_image_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(MediaError, match="is no image format; use .png"):
        write_image(picture(), tmp_path / name)

    assert list(tmp_path.iterdir()) == []


def test_a_failure_while_writing_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Image.Image, path: Path, *args: Any, **options: Any) -> None:
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)

    with pytest.raises(DiskFullError, match=r"a\.png: No space left on device"):
        write_image(picture(), tmp_path / "a.png")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "moving"), [("a.mp4", True), ("a.GIF", True), ("a.png", False), ("mp4", False)]
)
def test_the_suffix_tells_whether_a_file_moves(name: str, moving: bool) -> None:
    assert is_moving(Path(name)) is moving
