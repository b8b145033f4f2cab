"""What a photograph has outside of a crop survives `crop paste`, or is named."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

from dynode.crop import FaceFrame, crop_face, paste_face
from dynode.crop.paste import paste_mask, paste_pixels
from dynode.media.annotations import bits_of_container
from dynode.media.images import read_image
from dynode.media.stored import read_stored
from dynode.media.writing_back import write_stored
from dynode.pipeline.aligning import paste_file

WIDTH, HEIGHT = 120, 90
FRAME = FaceFrame((60.0, 45.0), (28.0, 9.0))
PINK, GREY = (200, 120, 140), (90, 90, 90)
ORIENTATION, ARTIST = 0x0112, 0x013B


def noise(channels: int, top: int = 255) -> np.ndarray:
    draw = np.random.RandomState(channels)
    made = draw.randint(0, top + 1, (HEIGHT, WIDTH, channels))
    return made.astype(np.uint8 if top == 255 else np.uint16)


@lru_cache
def profile() -> bytes:
    """A profile that is far from sRGB: red and blue are exchanged."""
    srgb = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    at_red, at_blue = srgb.index(b"rXYZ"), srgb.index(b"bXYZ")
    srgb[at_red : at_red + 4], srgb[at_blue : at_blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(srgb)


def deep_file(path: Path, pixels: np.ndarray, codec: str, layout: str) -> None:
    coder = av.CodecContext.create(codec, "w")
    assert isinstance(coder, av.VideoCodecContext)
    coder.width, coder.height, coder.pix_fmt = WIDTH, HEIGHT, layout
    coder.time_base = Fraction(1)
    frame = av.VideoFrame.from_ndarray(pixels, format=layout)
    path.write_bytes(b"".join(map(bytes, [*coder.encode(frame), *coder.encode(None)])))


def deep_pixels(path: Path) -> np.ndarray:
    with av.open(str(path)) as file:
        frame = next(file.decode(video=0))
        return np.asarray(frame.to_ndarray(format="rgba64le"))


def eight_bit(path: Path) -> np.ndarray:
    with Image.open(path) as opened:
        return np.asarray(ImageOps.exif_transpose(opened).convert("RGBA"))


def sixteen_bit_grey(path: Path) -> np.ndarray:
    with Image.open(path) as opened:
        assert opened.mode == "I;16"
        return np.asarray(opened, dtype=np.uint16)[:, :, None]


def saved(mode: str, format: str = "PNG", **options: Any) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        channels = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "P": 3, "I;16": 1}[mode]
        pixels = noise(channels, 65535 if mode == "I;16" else 255)
        image = Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels)
        (image.quantize(256) if mode == "P" else image).save(path, format, **options)

    return write


def turned(path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    Image.fromarray(noise(4)).transpose(Image.Transpose.ROTATE_90).save(path, "PNG", exif=exif)


def deep(codec: str, layout: str) -> Callable[[Path], None]:
    channels = 4 if "a" in layout else 3
    return lambda path: deep_file(path, noise(channels, 65535), codec, layout)


def run(folder: Path, name: str = "result.png", *, colour: Any = PINK, **more: Any) -> None:
    """Paste a face of one colour; a warning fails the test unless it is expected."""
    Image.new("RGB", (40, 40), colour).save(folder / "face.png")
    FRAME.save(folder / "face.crop.json")
    paste_file(
        folder / "photo", folder / "face.png", folder / name, crop=folder / "face.crop.json", **more
    )


def outside(feather: float = 0.15) -> np.ndarray:
    mask = paste_mask(FRAME, (0, 0, WIDTH, HEIGHT), feather=feather)
    assert 0.3 < (mask == 0).mean() < 0.9 and (mask == 1).any()
    return mask == 0


@pytest.mark.robust(kind="C")
@pytest.mark.parametrize(
    ("write", "read", "result", "colour"),
    [
        pytest.param(saved("RGB"), eight_bit, "result.png", PINK, id="RGB"),
        pytest.param(saved("RGBA"), eight_bit, "result.png", PINK, id="RGBA"),
        pytest.param(saved("RGBA", "TIFF"), eight_bit, "result.tif", PINK, id="RGBA TIFF"),
        pytest.param(
            saved("RGBA", "WEBP", lossless=True, exact=True),
            eight_bit,
            "result.webp",
            PINK,
            id="WebP",
        ),
        pytest.param(saved("LA"), eight_bit, "result.png", GREY, id="grey with transparency"),
        pytest.param(
            saved("RGB", transparency=(0, 0, 0)), eight_bit, "result.png", PINK, id="tRNS"
        ),
        pytest.param(
            saved("RGB", icc_profile=profile()), eight_bit, "result.png", PINK, id="profile"
        ),
        pytest.param(
            saved("RGBA", icc_profile=profile()),
            eight_bit,
            "result.tif",
            PINK,
            id="profile and alpha",
        ),
        pytest.param(turned, eight_bit, "result.png", PINK, id="RGBA turned by EXIF"),
        pytest.param(saved("I;16"), sixteen_bit_grey, "result.png", GREY, id="16-bit grey"),
        pytest.param(
            saved("I;16", "TIFF"), sixteen_bit_grey, "result.tif", GREY, id="16-bit grey TIFF"
        ),
        pytest.param(deep("png", "rgb48be"), deep_pixels, "result.png", PINK, id="16-bit RGB"),
        pytest.param(deep("png", "rgba64be"), deep_pixels, "result.png", PINK, id="16-bit RGBA"),
        pytest.param(
            deep("tiff", "rgb48le"), deep_pixels, "result.png", PINK, id="16-bit TIFF to PNG"
        ),
        pytest.param(saved("RGB", "JPEG"), eight_bit, "result.png", PINK, id="JPEG to PNG"),
    ],
)
def test_numbers_outside_of_the_crop_stay(
    tmp_path: Path,
    write: Callable[[Path], None],
    read: Callable[[Path], np.ndarray],
    result: str,
    colour: Any,
) -> None:
    write(tmp_path / "photo")

    run(tmp_path, result, colour=colour)

    before, after = read(tmp_path / "photo"), read(tmp_path / result)
    assert np.array_equal(after[outside()], before[outside()])
    full = paste_mask(FRAME, (0, 0, WIDTH, HEIGHT)) == 1
    if after.shape[2] == 4:  # what is nearly transparent cannot show the face
        full &= after[:, :, 3] > 0.9 * after[:, :, 3].max()
    seen = np.asarray(read_image(tmp_path / result), float)[full]
    # Two roundings, and one more in a profile of 8 bits.
    assert np.abs(seen - colour).max() <= 3


def exif_of(path: Path) -> Any:
    with Image.open(path) as opened:
        return opened.getexif()


@pytest.mark.robust(kind="C", member="profile, EXIF and resolution")
@pytest.mark.parametrize("result", ["result.png", "result.tif", "result.webp"])
def test_profile_and_exif_and_resolution_are_written_back(tmp_path: Path, result: str) -> None:
    exif = Image.Exif()
    exif[ARTIST], exif[ORIENTATION] = "Ada", 3
    saved("RGB", "JPEG", exif=exif, icc_profile=profile(), dpi=(300, 300))(tmp_path / "photo")

    run(tmp_path, result)

    with Image.open(tmp_path / result) as opened:
        assert opened.info["icc_profile"] == profile()
        assert result == "result.webp" or opened.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert exif_of(tmp_path / result)[ARTIST] == "Ada"
    assert exif_of(tmp_path / result).get(ORIENTATION, 1) == 1


@pytest.mark.robust(kind="C", member="profile of 16-bit RGB")
def test_the_profile_of_sixteen_bits_is_written_back(tmp_path: Path) -> None:
    deep("png", "rgb48be")(tmp_path / "plain")
    stored = read_stored(tmp_path / "plain")
    write_stored(replace(stored, profile=profile()), tmp_path / "photo.png")
    (tmp_path / "photo.png").rename(tmp_path / "photo")

    run(tmp_path)

    with Image.open(tmp_path / "result.png") as opened:
        assert opened.info["icc_profile"] == profile()
    assert np.array_equal(
        deep_pixels(tmp_path / "result.png")[outside()], deep_pixels(tmp_path / "plain")[outside()]
    )


XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/"'
    b' tiff:Orientation="3"><dc:title>Ada</dc:title></rdf:Description></rdf:RDF></x:xmpmeta>'
)


def xmp_in(path: Path) -> bytes:
    with Image.open(path) as opened:
        found = opened.info["xmp"]
    return bytes(found)


@pytest.mark.robust(kind="C")
@pytest.mark.parametrize(
    ("format", "result"),
    [
        pytest.param("JPEG", "result.png", id="XMP of a JPEG in PNG"),
        pytest.param("PNG", "result.tif", id="XMP of a PNG in TIFF"),
        pytest.param("WEBP", "result.webp", id="XMP in WebP"),
    ],
)
def test_xmp_is_written_back_without_the_orientation(
    tmp_path: Path, format: str, result: str
) -> None:
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt("XML:com.adobe.xmp", XMP.decode())
    more = {"pnginfo": chunks} if format == "PNG" else {"xmp": XMP}
    saved("RGB", format, **more)(tmp_path / "photo")

    run(tmp_path, result)

    assert b"<dc:title>Ada</dc:title>" in xmp_in(tmp_path / result)
    assert b"Orientation" not in xmp_in(tmp_path / result)


@pytest.mark.robust(kind="C", member="texts of a PNG, 8 and 16 bits")
@pytest.mark.parametrize("is_deep", [False, True], ids=["8 bits", "16 bits"])
def test_texts_are_written_back(tmp_path: Path, is_deep: bool) -> None:
    told = {"parameters": "a portrait, seed 5", "Comment": "grün"}
    deep("png", "rgb48be")(tmp_path / "plain") if is_deep else saved("RGB")(tmp_path / "plain")
    stored = replace(read_stored(tmp_path / "plain"), texts=told, xmp=XMP)
    write_stored(stored, tmp_path / "photo.png")
    (tmp_path / "photo.png").rename(tmp_path / "photo")

    run(tmp_path)

    with Image.open(tmp_path / "result.png") as opened:
        texts = getattr(opened, "text", {})
    assert {key: texts[key] for key in told} == told
    assert b"Ada" in xmp_in(tmp_path / "result.png")


@pytest.mark.robust(kind="C", member="the comment of a JPEG")
def test_the_comment_of_a_jpeg_becomes_a_text(tmp_path: Path) -> None:
    saved("RGB", "JPEG", comment=b"at sea")(tmp_path / "photo")

    run(tmp_path)

    with Image.open(tmp_path / "result.png") as opened:
        assert getattr(opened, "text", {})["Comment"] == "at sea"


@pytest.mark.robust(kind="C", member="AVIF and HEIC of 10 and 12 bits")
@pytest.mark.parametrize(("brand", "bits"), [(b"avif", 10), (b"heic", 12), (b"avif", 8)])
def test_the_bits_of_a_container_are_told(brand: bytes, bits: int) -> None:
    pixi = b"\0\0\0\x10pixi" + bytes([0, 0, 0, 0, 3, bits, bits, bits])

    assert bits_of_container(b"\0\0\0\x1cftyp" + brand + bytes(40) + pixi) == bits


@pytest.mark.robust(kind="C", member="HEIC of 10 bits")
def test_a_deep_heic_is_named(tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif")
    deep_pixels = noise(3, 65535)
    made = heif.from_bytes(mode="RGB;16", size=(WIDTH, HEIGHT), data=deep_pixels.tobytes())
    try:
        made.save(tmp_path / "photo.heic", quality=-1)
    except Exception as error:  # built without an encoder
        pytest.skip(f"this pillow-heif writes no HEIC: {error}")
    (tmp_path / "photo.heic").rename(tmp_path / "photo")

    with pytest.warns(UserWarning, match="does not keep more than 8 of its 1[02] bits of photo"):
        run(tmp_path)


@pytest.mark.robust(kind="C")
@pytest.mark.parametrize(
    ("write", "result", "told"),
    [
        pytest.param(saved("RGBA"), "result.jpg", "its transparency .laid on white", id="to JPEG"),
        pytest.param(saved("RGB"), "result.jpg", "JPEG compresses again", id="JPEG compresses"),
        pytest.param(saved("RGBA"), "result.bmp", "its transparency", id="alpha to BMP"),
        pytest.param(
            saved("RGB", icc_profile=profile()), "result.bmp", "its colour profile", id="to BMP"
        ),
        pytest.param(deep("png", "rgb48be"), "result.tif", "more than 8 bits", id="16 bit to TIFF"),
        pytest.param(deep("png", "rgba64be"), "result.webp", "more than 8 bits", id="to WebP"),
        pytest.param(saved("P"), "result.png", "its palette", id="palette"),
        pytest.param(saved("RGB", "JPEG", xmp=XMP), "result.bmp", "its XMP", id="XMP to BMP"),
        pytest.param(
            saved("RGB", "JPEG", comment=b"at sea"),
            "result.tif",
            "its texts .Comment",
            id="a comment to TIFF",
        ),
        pytest.param(saved("L"), "result.png", "without its colours", id="colour onto grey"),
    ],
)
def test_what_is_lost_is_named(
    tmp_path: Path, write: Callable[[Path], None], result: str, told: str
) -> None:
    write(tmp_path / "photo")

    with pytest.warns(UserWarning, match=told):
        run(tmp_path, result)

    shown = [np.asarray(read_image(tmp_path / name), float) for name in ("photo", result)]
    # As it is shown, nothing but what JPEG's compression does to noise changes outside.
    assert np.abs(shown[1] - shown[0])[outside()].mean() < (30 if result.endswith("jpg") else 1)


@pytest.mark.robust(kind="C", member="the colours of a palette")
def test_the_colours_of_a_palette_stay(tmp_path: Path) -> None:
    saved("P", transparency=7)(tmp_path / "photo")

    with pytest.warns(UserWarning, match="does not keep its palette of photo"):
        run(tmp_path)

    before, after = eight_bit(tmp_path / "photo"), eight_bit(tmp_path / "result.png")
    assert np.array_equal(after[outside()], before[outside()])
    assert np.array_equal(after[:, :, 3], before[:, :, 3])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_stored_numbers_are_turned_as_pillow_turns_them(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    deep("png", "rgb48be")(tmp_path / "plain.png")
    stored = read_stored(tmp_path / "plain.png")
    write_stored(replace(stored, exif=exif.tobytes()), tmp_path / "deep.png")
    with Image.open(tmp_path / "deep.png") as opened:
        turned_by_pillow = np.asarray(ImageOps.exif_transpose(opened))

    pixels = read_stored(tmp_path / "deep.png").pixels

    assert pixels.dtype == np.uint16
    assert np.array_equal(pixels >> 8, turned_by_pillow)


@pytest.mark.parametrize("opacity", [1, 64, 128, 200])
def test_a_face_shows_through_transparency_as_it_is_over_white(
    tmp_path: Path, opacity: int
) -> None:
    made = Image.new("RGBA", (WIDTH, HEIGHT), (10, 90, 220, opacity))
    made.save(tmp_path / "photo", "PNG")
    shade = tuple(255 - opacity // 3 for _ in range(3))  # reachable through this much opacity

    run(tmp_path, colour=shade)

    full = paste_mask(FRAME, (0, 0, WIDTH, HEIGHT)) == 1
    seen = np.asarray(read_image(tmp_path / "result.png"), float)[full]
    assert np.abs(seen - shade).max() <= 1


@pytest.mark.parametrize("size", [24, 56, 59, 200], ids=["smaller", "near", "as large", "larger"])
@pytest.mark.parametrize("half", [(29.5, 0.0), (20.0, 14.0), (-6.0, 28.0)], ids=str)
def test_a_face_comes_to_its_place_to_a_thirtieth_of_a_pixel(
    size: int, half: tuple[float, float]
) -> None:
    frame = FaceFrame((60.25, 44.5), half)
    u, v = np.meshgrid(np.arange(size) + 0.5, np.arange(size) + 0.5)
    place = frame.to_photo(size)
    x = place[0, 0] * u + place[0, 1] * v + place[0, 2]
    y = place[1, 0] * u + place[1, 1] * v + place[1, 2]
    # What the photograph would hold at the middle of each pixel of the crop: 400 levels of 65535 a pixel.
    face = np.stack([400 * x, 400 * y, 200 * (x + y)], 2).astype(np.float32)

    pasted = paste_pixels(np.zeros((HEIGHT, WIDTH, 3), np.uint16), face, frame).astype(float)

    middle = np.s_[35:55, 50:70]
    assert (paste_mask(frame, (0, 0, WIDTH, HEIGHT)) == 1)[middle].all()
    across, down = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
    expected = np.stack([400 * across, 400 * down, 200 * (across + down)], 2)
    # Splines are exact on planes; shrinking with Lanczos is to a hundredth of a pixel.
    assert np.abs(pasted - expected)[middle].max() < 0.03 * 400


def test_cutting_out_and_pasting_back_moves_nothing() -> None:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    photo = Image.fromarray(np.stack([2 * x, 2 * y, x + y], 2).astype(np.uint8))

    for size in (32, 64, 128):
        pasted = paste_face(photo, crop_face(photo, FRAME, size), FRAME)
        moved = (np.asarray(pasted, float) - np.asarray(photo, float))[38:52, 52:68]
        # `crop_face` cuts numbers down where it samples, half a level on average.
        assert np.abs(moved.mean((0, 1))).max() < 0.6


def test_reading_from_memory_and_file_agree(tmp_path: Path) -> None:
    saved("RGBA")(tmp_path / "photo")
    content = io.BytesIO((tmp_path / "photo").read_bytes())

    assert read_stored(tmp_path / "photo").shown == read_image(Path("photo"), content)
