"""What a file is, by what is in it and not by its name; importing this imports nothing heavy."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Literal

from dynode.errors import MediaError

Kind = Literal["picture", "clip", "latents", "codes", "archive", "folder", "other"]
"""What `kind_of` tells apart."""

_MOVING = ("GIF", "WEBP", "PNG")
_JPEG_AFTER_JPEG = b"\xff\xd9\xff\xd8\xff"
_FEWEST_JPEGS = 3  # phones put a second one behind the picture: its depth, its lights
_SEARCHED = 2**23  # bytes
_HEAD = 4096  # bytes; what tells a moving PNG stands before its first picture

# (offset, bytes): what files of a kind begin with.
_PICTURES = (
    (0, b"\x89PNG\r\n\x1a\n"),
    (0, b"\xff\xd8\xff"),  # JPEG
    (0, b"GIF8"),
    (0, b"BM"),
    (0, b"II*\x00"),  # TIFF
    (0, b"MM\x00*"),
    (8, b"WEBP"),
    (0, b"\0\0\0\x0cjP  "),  # JPEG 2000
    (0, b"\xff\x4f\xff\x51"),
    *((0, b"P%d%c" % (number, space)) for number in range(1, 8) for space in b"\n\r\t "),  # PPM
    (0, b"8BPS"),  # Photoshop
    (0, b"qoif"),
    (0, b"\0\0\x01\0"),  # icon
    (0, b"\x01\xda"),  # SGI
    *((0, bytes((10, version, 1))) for version in (0, 2, 3, 4, 5)),  # PCX
)
_CLIPS = (
    (4, b"ftyp"),  # mp4, mov
    (4, b"moov"),  # mov of old
    (4, b"mdat"),
    (0, b"\x1aE\xdf\xa3"),  # Matroska, WebM
    (8, b"AVI "),
    (8, b"AMV "),
    (0, b"FLV\x01"),
    (0, b"OggS"),
    (0, b"\x00\x00\x01\xba"),  # MPEG program stream
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),  # ASF, WMV
    (0, b"\x06\x0e\x2b\x34\x02\x05\x01\x01"),  # MXF
    (0, b"nut/multimedia container\0"),
    (0, b"DKIF"),  # IVF
    (0, b"\x1f\x07\x00"),  # DV
    (0, b"\0\0\0\0\x01\xbc"),  # GXF
    (0, b".RMF"),  # RealMedia
    (0, b"\x84\x10\xff\xff\xff\xff"),  # RoQ
    (0, b"\xb7\xd8\x00\x20\x37\x49\xda\x11"),  # Windows' recorded television
    (0, b"\x00\x00\x02\x80\x01"),  # DNxHD without a container
    (0, b"\x12\x00\x0a"),  # AV1 without a container
    (0, b"\0\0\x01\x0f"),  # VC-1 without a container
    (0, b"BBCD"),  # Dirac
    *((4, number) for number in (b"\x11\xaf", b"\x12\xaf")),  # FLI, FLC
    (0, b"YUV4MPEG2 "),
    (0, b"\x00\x00\x01\xb3"),  # MPEG 1 and 2 without a container
    (0, b"\x00\x00\x01\xb0"),  # MPEG 4 part 2
    # H.264 and HEVC without a container begin with a delimiter or with parameter sets.
    *(
        (0, b"\0" * zeros + b"\x01" + unit)
        for zeros in (2, 3)
        for unit in (b"\x67", b"\x27", b"\x09", b"\x40\x01", b"\x46\x01")
    ),
)
_STILL_BRANDS = (
    b"avif",
    b"heic",
    b"heix",
    b"heim",
    b"heis",
    b"mif1",
    b"jpeg",
)  # pictures in mp4's container
_CODES = ((0, b"\x93NUMPY"), (0, b"\x80\x02"), (0, b"\x80\x03"), (0, b"\x80\x04"), (0, b"\x80\x05"))
# MPEG's transport stream: bytes of a packet, and where the 0x47 stands that each has: as broadcast, as
# AVCHD cameras and Blu-ray write it, with error correction.
_TRANSPORT_PACKETS = ((188, 0), (192, 4), (204, 0))


def kind_of(path: str | Path) -> Kind:
    """Tell what a file or folder is.

    A GIF, WebP or PNG of several frames is a clip; of one frame, a picture. So are three JPEGs or more that
    follow each other.

    Args:
        path: Any file or folder; its suffix means nothing.

    Returns:
        `picture`; `clip`; `latents`, a safetensors file, whatever it holds; `codes`, arrays of numpy
        or torch; `archive`, any other zip file; `folder`; else `other`. A damaged file is what it
        begins as.

    Raises:
        MediaError: There is nothing of that name, or it cannot be read.
    """
    path = Path(path)
    if path.is_dir():
        return "folder"
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except FileNotFoundError as error:
        if str(path) == "-":
            raise MediaError(
                "'-' would be standard input, which is not read; give the path of a file"
            ) from error
        raise MediaError(f"{path} does not exist; check the path") from error
    except OSError as error:
        raise MediaError(
            f"{path} cannot be read ({error.strerror}); expected a picture, a clip or codes"
        ) from error
    if head.startswith(b"PK\x03\x04"):
        return _kind_of_zip(path)
    return _kind_of_head(path, head)


def is_clip(path: str | Path) -> bool:
    """Say whether a file is a clip; nothing of that name is none."""
    return Path(path).is_file() and kind_of(path) == "clip"


def _kind_of_head(path: Path, head: bytes) -> Kind:
    if head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS:
        return "picture"
    if _begins(head, _PICTURES):
        return "clip" if _moves(path, head) else "picture"
    if _begins(head, _CLIPS) or _is_transport_stream(head) or _is_quicktime(head):
        return "clip"
    if head[8:9] == b"{":  # after the length of a safetensors header
        return "latents"
    return "codes" if _begins(head, _CODES) else "other"


def _begins(head: bytes, marks: tuple[tuple[int, bytes], ...]) -> bool:
    return any(head.startswith(mark, offset) for offset, mark in marks)


def _is_transport_stream(head: bytes) -> bool:
    return any(
        head[start::length][:4] == b"\x47\x47\x47\x47" for length, start in _TRANSPORT_PACKETS
    )


def _is_quicktime(head: bytes) -> bool:
    """Say whether it begins as QuickTime files without a brand do, with room that was left."""
    return head[:1] == b"\0" and head[4:8] in (b"wide", b"free", b"skip", b"pnot")


def _moves(path: Path, head: bytes) -> bool:
    """Say whether a picture of a format that may move has several frames."""
    if head.startswith(b"\xff\xd8\xff"):
        return _is_jpeg_after_jpeg(path, head)
    may_move = (
        head.startswith(b"GIF8")
        or (head[8:12] == b"WEBP" and head[12:16] == b"VP8X" and bool(head[20] & 2))
        or (head.startswith(b"\x89PNG") and b"acTL" in head)
    )
    if not may_move:
        return False
    from PIL import Image

    try:
        with Image.open(path, formats=_MOVING) as opened:
            return int(getattr(opened, "n_frames", 1)) > 1
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError):
        return False  # damaged; who reads pictures says how


def _is_jpeg_after_jpeg(path: Path, head: bytes) -> bool:
    """Say whether these are the frames of a camera without a container (MJPEG), and no MPO picture."""
    if b"MPF\0" in head:
        return False
    with path.open("rb") as stream:
        return stream.read(_SEARCHED).count(_JPEG_AFTER_JPEG) >= _FEWEST_JPEGS - 1


def _kind_of_zip(path: Path) -> Kind:
    """Tell what is in a zip file: arrays of numpy, a torch checkpoint, or something else."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile, NotImplementedError):
        return "archive"
    is_numpy = bool(names) and all(name.endswith(".npy") for name in names)
    is_torch = any(name.endswith("/data.pkl") for name in names)
    return "codes" if is_numpy or is_torch else "archive"
