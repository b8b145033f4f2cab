"""What a picture file tells beside its pixels: XMP, texts, and what nothing here can carry on."""

from __future__ import annotations

import re
from collections.abc import Mapping

from PIL import Image, PngImagePlugin

_XMP = "XML:com.adobe.xmp"  # keyword in PNG
_COMMENT = "Comment"  # keyword in PNG for what JPEG and GIF call so
_NOT_TEXTS = (_XMP, "Raw profile type exif", "Raw profile type xmp")
_ORIENTATION = re.compile(
    rb"""\s+tiff:Orientation=(["']).*?\1|<tiff:Orientation>.*?</tiff:Orientation>""", re.DOTALL
)
_MOST = 1 << 24  # characters of texts


def xmp_of(opened: Image.Image) -> bytes:
    """Return the XMP packet of a picture, without the orientation, which is applied; or nothing."""
    found = opened.info.get("xmp") or opened.info.get(_XMP) or b""
    packet = found.encode() if isinstance(found, str) else bytes(found)
    return _ORIENTATION.sub(b"", packet)


def texts_of(opened: Image.Image) -> dict[str, str]:
    """Return the texts of a picture by keyword."""
    texts: dict[str, str] = {}
    for keyword, text in getattr(opened, "text", {}).items():
        if keyword not in _NOT_TEXTS:
            texts[str(keyword)] = str(text)
    comment = opened.info.get("comment", b"")
    if isinstance(comment, bytes):
        comment = comment.decode("utf-8", "replace")
    if comment and _COMMENT not in texts:
        texts[_COMMENT] = comment
    return texts if sum(map(len, texts.values())) <= _MOST else {}


def png_texts(texts: Mapping[str, str], xmp: bytes) -> PngImagePlugin.PngInfo:
    """Make the chunks of PNG that hold texts and XMP."""
    chunks = PngImagePlugin.PngInfo()
    for keyword, text in texts.items():
        chunks.add_itxt(keyword, text)
    if xmp:
        chunks.add_itxt(_XMP, xmp.decode("utf-8", "replace"))
    return chunks


def not_kept(opened: Image.Image, head: bytes) -> list[str]:
    """Say what a file holds that is not taken over, in words."""
    lost = []
    if opened.info.get("photoshop"):
        lost.append("its IPTC entries")
    bits = bits_of_container(head)
    if bits > 8:
        lost.append(f"more than 8 of its {bits} bits")
    return lost


def bits_of_container(head: bytes) -> int:
    """Return the bits a colour that an AVIF or HEIC file declares; 0 of any other."""
    at = head.find(b"pixi")
    if head[4:8] != b"ftyp" or at < 0 or len(head) < at + 9:
        return 0
    return max(head[at + 9 : at + 9 + head[at + 8]], default=0)
