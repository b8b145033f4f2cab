"""Which formats of pictures are opened, and what the others are; nothing else is tried on a file.

Pillow left to itself tries every format it knows, and starts Ghostscript on PostScript.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from dynode.errors import MediaError

FORMATS = (
    "PNG",
    "JPEG",
    "WEBP",
    "AVIF",
    "TIFF",
    "GIF",
    "BMP",
    "DIB",
    "JPEG2000",
    "PPM",
    "PSD",
    "QOI",
    "ICO",
    "PCX",
    "SGI",
)
"""Pillow's names of what is opened; all are decoded in this process."""

HEAD = 65536
"""Bytes at the beginning of a file that tell what it is."""

_TGA = (".tga", ".icb", ".vda", ".vst")  # begins with nothing of its own: only the name tells
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_PREVIEW = 1  # bit of TIFF's NewSubfileType
_NEW_SUBFILE_TYPE, _IMAGE_PAGES = 254, 2
_AS_PNG = "save it as .png or .jpg"
_KNOWN = (
    (
        (b"%!PS", b"\xc5\xd0\xd3\xc6"),
        "a PostScript file",
        "nothing starts programs on it; export it",
    ),
    ((b"%PDF",), "a PDF", "export the page"),
    ((b"<svg", b"<?xml"), "a drawing in XML", "export it"),
    ((b"\xff\x0a", b"\0\0\0\x0cJXL "), "a JPEG XL picture", "convert it"),
    ((b"\x76\x2f\x31\x01",), "an OpenEXR picture", "convert it"),
    ((b"#?RADIANCE", b"#?RGBE"), "a Radiance HDR picture", "convert it"),
    ((b"FUJIFILMCCD-RAW", b"IIRO", b"IIU\0"), "a camera's raw file", "develop it"),
)


def open_picture(path: Path, source: Path | BinaryIO) -> Image.Image:
    """Open a picture without decoding it.

    Args:
        path: Its name, for messages; of Truevision's format (.tga) also what tells it.
        source: The file, or its content.

    Raises:
        MediaError: It is of a kind that is not read; the message says which, and what to do.
        UnidentifiedImageError: It is no picture, or too damaged to tell.
    """
    extra = ("TGA",) if path.suffix.lower() in _TGA else ()
    try:
        opened = Image.open(source, formats=(*FORMATS, *_heif(), *extra))
    except UnidentifiedImageError as error:
        told = told_kind(head_of(source))
        if told is None:
            raise
        raise MediaError(f"{path.name} {told}") from error
    if _is_preview(opened):
        opened.close()
        raise MediaError(
            f"{path.name} holds a small preview before the picture, as cameras' raw files do; develop it "
            f"to .tif or .jpg"
        )
    return opened


def head_of(source: Path | BinaryIO) -> bytes:
    """Return the first bytes of a file."""
    if isinstance(source, Path):
        with source.open("rb") as stream:
            return stream.read(HEAD)
    source.seek(0)
    head = source.read(HEAD)
    source.seek(0)
    return head


def told_kind(head: bytes) -> str | None:
    """Say what a file is that is not read, and what to do; None for what nobody knows."""
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC:
        if _heif():
            return "is a damaged HEIC picture; copy it again, or save it as .jpg"
        return (
            "is a HEIC picture, which needs one more package: pip install 'dynode-gan[heif]', or save "
            "it as .jpg"
        )
    for marks, what, remedy in _KNOWN:
        if head.startswith(marks):
            return f"is {what}, which is not read; {remedy} ({_AS_PNG})"
    return None


def _heif() -> tuple[str, ...]:
    """Let Pillow read HEIC where the extra `heif` is installed."""
    if importlib.util.find_spec("pillow_heif") is None:
        return ()
    import pillow_heif

    pillow_heif.register_heif_opener()
    return ("HEIF",)


def _is_preview(opened: Image.Image) -> bool:
    tags = getattr(opened, "tag_v2", {}) if opened.format == "TIFF" else {}
    return bool(tags.get(_NEW_SUBFILE_TYPE, 0) & _PREVIEW)
