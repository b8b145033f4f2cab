"""Pictures with 16 bits a colour: Pillow reads them as 8, so imageio and FFmpeg do."""

from __future__ import annotations

import struct
import zlib
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

from dynode.errors import MediaError

_PNG_DEPTH, _PNG_COLOURS = 24, 25  # offsets in the file
_PNG_GREY = 0  # which Pillow reads whole
_BITS_PER_SAMPLE = 258  # tag of TIFF
_END_OF_HEAD = 33  # signature and IHDR
_FORMATS = {1: "gray16be", 3: "rgb48be", 4: "rgba64be"}


def is_deep(opened: Image.Image, head: bytes) -> bool:
    """Say whether a picture has 16 bits a colour that Pillow reads as 8."""
    if opened.format == "PNG":
        return head[_PNG_DEPTH] == 16 and head[_PNG_COLOURS] != _PNG_GREY
    if opened.format == "TIFF" and opened.mode in ("RGB", "RGBA", "LA"):
        return bool(max(getattr(opened, "tag_v2", {}).get(_BITS_PER_SAMPLE, (8,))) == 16)
    return False


def read_deep(path: Path, *, alpha: bool) -> np.ndarray:
    """Read (h, w, 3) or, with `alpha`, (h, w, 4) of 16 bits, as stored.

    Raises:
        MediaError: FFmpeg cannot read it.
    """
    import av
    import imageio.v3 as imageio

    try:
        read = imageio.imread(
            path, plugin="pyav", index=0, format="rgba64le" if alpha else "rgb48le"
        )
    except (av.FFmpegError, OSError, ValueError, StopIteration) as error:
        reason = " ".join(str(error).split())
        raise MediaError(
            f"{path.name} has 16 bits a colour and cannot be read so ({reason}); save it as .png"
        ) from error
    return np.asarray(read, dtype=np.uint16)


def write_deep(
    pixels: np.ndarray,
    path: Path,
    *,
    profile: bytes | None,
    exif: bytes,
    texts: PngImagePlugin.PngInfo,
) -> None:
    """Write (h, w, 1), (h, w, 3) or (h, w, 4) of 16 bits as PNG, with a profile, EXIF and texts."""
    import av

    height, width, channels = pixels.shape
    codec = av.CodecContext.create("png", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = width, height, _FORMATS[channels]
    codec.time_base = Fraction(1)
    planes = pixels[:, :, 0] if channels == 1 else pixels
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(planes), format=_FORMATS[channels])
    whole = b"".join(bytes(packet) for packet in [*codec.encode(frame), *codec.encode(None)])
    added = b""
    if profile:
        added += _chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(profile))
    if exif:
        added += _chunk(b"eXIf", exif.removeprefix(b"Exif\0\0"))
    added += b"".join(_chunk(entry[0], entry[1]) for entry in texts.chunks)
    path.write_bytes(whole[:_END_OF_HEAD] + added + whole[_END_OF_HEAD:])


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
