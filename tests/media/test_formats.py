"""Pictures are opened by an explicit list of formats; what is not on it is named."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dynode.errors import MediaError
from dynode.media import formats
from dynode.media.images import read_image
from dynode.media.kind import kind_of

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n%%EndComments\nshowpage\n%%EOF\n"
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 100


def picture() -> Image.Image:
    y, x = np.mgrid[:40, :48]
    return Image.fromarray(np.stack([5 * x, 6 * y, 90 + x], 2).astype(np.uint8))


def dos_eps() -> bytes:
    """PostScript with the binary head that DOS programs put before it."""
    return b"\xc5\xd0\xd3\xc6" + bytes((32, 0, 0, 0, len(EPS), 0, 0, 0)) + b"\0" * 20 + EPS


@pytest.mark.robust(kind="H")
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(EPS, id="EPS starts no Ghostscript"),
        pytest.param(dos_eps(), id="EPS of DOS starts none"),
        pytest.param(EPS.replace(b" EPSF-3.0", b""), id="PostScript of a page starts none"),
    ],
)
@pytest.mark.parametrize("name", ["photo.png", "photo.eps", "photo"])
@pytest.mark.parametrize("read", [read_image, kind_of], ids=["reading", "telling the kind"])
def test_no_program_is_started_on_a_picture(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
    name: str,
    read: Callable[[Path], Any],
) -> None:
    program = tmp_path / "gs"
    program.write_text(f"#!/bin/sh\ntouch '{tmp_path}/started'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / name).write_bytes(content)

    try:
        read(tmp_path / name)
    except MediaError as error:
        assert f"{name} is a PostScript file, which is not read" in str(error)

    assert not (tmp_path / "started").exists()


@pytest.mark.robust(kind="D")
@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(b"%PDF-1.7\n", "is a PDF, which is not read; export the page", id="PDF"),
        pytest.param(b"<svg xmlns=''/>", "is a drawing in XML, which is not read", id="SVG"),
        pytest.param(b"\xff\x0a" + b"\0" * 50, "is a JPEG XL picture", id="JPEG XL"),
        pytest.param(b"\x76\x2f\x31\x01" + b"\0" * 50, "is an OpenEXR picture", id="OpenEXR"),
        pytest.param(b"FUJIFILMCCD-RAW 0201", "is a camera's raw file", id="a raw file of Fuji"),
    ],
)
def test_a_kind_that_is_not_read_is_named(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "a.png").write_bytes(content)

    with pytest.raises(MediaError, match=told):
        read_image(tmp_path / "a.png")


@pytest.mark.robust(kind="D", member="the small preview of a raw file")
def test_the_preview_of_a_raw_file_is_not_taken_for_the_picture(tmp_path: Path) -> None:
    picture().save(tmp_path / "a.nef", "TIFF", tiffinfo={254: 1})

    with pytest.raises(MediaError, match="as cameras' raw files do; develop it to .tif"):
        read_image(tmp_path / "a.nef")


@pytest.mark.robust(kind="D", member="HEIC without its package")
def test_heic_without_its_package_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "_heif", lambda: ())
    (tmp_path / "a.jpg").write_bytes(HEIC)

    assert kind_of(tmp_path / "a.jpg") == "picture"
    with pytest.raises(
        MediaError, match=r"a HEIC picture.*pip install 'dynode-gan\[heif\]', or save"
    ):
        read_image(tmp_path / "a.jpg")


@pytest.mark.robust(kind="D", member="HEIC with the extra heif")
@pytest.mark.parametrize("name", ["a.heic", "a.jpg"])
def test_heic_is_read_with_the_extra(tmp_path: Path, name: str) -> None:
    heif = pytest.importorskip("pillow_heif", reason="the extra heif is not installed")
    heif.register_heif_opener()
    picture().save(tmp_path / name, "HEIF", quality=95)

    read = read_image(tmp_path / name)

    assert kind_of(tmp_path / name) == "picture"
    # A smooth picture at high quality: HEVC stays within a few levels on average.
    assert np.abs(np.asarray(read, float) - np.asarray(picture())).mean() < 5


@pytest.mark.robust(kind="D")
@pytest.mark.parametrize(
    "format",
    ["AVIF", "JPEG2000", "PPM", "QOI", "ICO", "PCX", "SGI", "TGA", "DIB", "MPO"],
)
def test_rarer_formats_are_read(tmp_path: Path, format: str) -> None:
    options: dict[str, Any] = {"AVIF": {"quality": 95}, "ICO": {"sizes": [(48, 40)]}}.get(
        format, {}
    )
    name = "a.tga" if format == "TGA" else "a.png"
    if format == "MPO":
        options = {"save_all": True, "append_images": [picture()], "quality": 95}
    picture().save(tmp_path / name, format, **options)

    read = np.asarray(read_image(tmp_path / name), float)

    assert np.abs(read - np.asarray(picture())).mean() < 3
    assert kind_of(tmp_path / name) in ("picture", "other" if format in ("TGA", "DIB") else "")


def test_standard_input_is_no_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    for read in (read_image, kind_of):
        with pytest.raises(MediaError, match="'-' would be standard input, which is not read"):
            read(Path("-"))


def test_a_picture_of_memory_is_read_as_one_of_a_file() -> None:
    stream = io.BytesIO()
    picture().save(stream, "PNG")

    assert np.array_equal(read_image(Path("a.png"), stream), picture())


def test_the_list_names_no_format_that_starts_programs() -> None:
    assert not {"EPS", "WMF", "MPEG", "HDF5", "GRIB", "BUFR", "FITS"} & set(formats.FORMATS)
