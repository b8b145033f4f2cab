"""Say of a video file that its end is missing, from what its head declares."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from dynode.errors import MediaError

if TYPE_CHECKING:
    import av
    from av.container import InputContainer

_ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_ASF_HEAD = 65536
_LATE_S = 0.25  # that a file may end before what it declares
_TELL_DURATION = ("flv", "matroska")  # in their head; of others FFmpeg estimates it


def check_whole(
    path: Path, container: InputContainer, stream: av.VideoStream, *, found: int, end_s: float
) -> None:
    """Compare what a file holds with what it declares.

    Args:
        path: The file.
        container: It, read to its end.
        stream: Its picture track.
        found: Frames that are there, damaged ones too.
        end_s: Where the last one ends on the file's clock.

    Raises:
        MediaError: The file is truncated.
    """
    size, name = path.stat().st_size, container.format.name
    if name.startswith("mov"):
        end = max((entry.pos + entry.size for entry in stream.index_entries), default=0)
        if end > size:
            _refuse(path, f"its frames end at byte {end} and it has {size}")
    elif name == "avi" and found < stream.frames and _riff_end(path) > size:
        _refuse(path, f"it declares {stream.frames} frames and holds {found}")
    elif name == "asf" and _asf_end(path) > size:
        _refuse(path, f"it declares {_asf_end(path)} bytes and has {size}")
    _check_track(path, end_s, stream.metadata.get("DURATION"))
    declared_s = (container.duration or 0) / 1_000_000
    if name.startswith(_TELL_DURATION) and end_s < declared_s - _LATE_S:
        start_s = max(0, container.start_time or 0) / 1_000_000  # of all tracks
        end_s = max(end_s, _end_of_others(container, stream))
        if end_s < min(declared_s, declared_s + start_s) - _LATE_S:
            _refuse(path, f"it declares {declared_s:.2f} s and ends at {end_s:.2f} s")


def _refuse(path: Path, why: str) -> None:
    raise MediaError(f"{path.name} is truncated: {why}; copy or download it again")


def _riff_end(path: Path) -> int:
    """Return where the first chunk of an AVI file ends by its own account."""
    with path.open("rb") as stream:
        head = stream.read(8)
    length: int = struct.unpack("<I", head[4:])[0] if len(head) == 8 else 0
    return length + 8


def _asf_end(path: Path) -> int:
    """Return the size that the properties of a Windows Media file declare; 0 of a broadcast."""
    with path.open("rb") as stream:
        head = stream.read(_ASF_HEAD)
    begin = head.find(_ASF_PROPERTIES)
    told = head[begin + 40 : begin + 48]  # behind the mark, a length and an identifier
    if begin < 0 or len(told) < 8 or head[begin + 88] & 1:
        return 0
    size: int = struct.unpack("<Q", told)[0]
    return size


def _check_track(path: Path, end_s: float, declared: str | None) -> None:
    """Compare with the duration that Matroska keeps for every track, `00:00:01.600000000`."""
    parts = (declared or "").split(":")
    try:
        hours, minutes, seconds = map(float, parts)
    except ValueError:
        return
    told_s = 3600 * hours + 60 * minutes + seconds
    if end_s < told_s - _LATE_S:
        _refuse(path, f"it declares {told_s:.2f} s and its last frame ends at {end_s:.2f} s")


def _end_of_others(container: InputContainer, pictures: av.VideoStream) -> float:
    """Return where the last packet of the other tracks ends."""
    others = [stream for stream in container.streams if stream.index != pictures.index]
    if not others:
        return 0.0
    container.seek(0)
    ends = [
        (packet.pts + (packet.duration or 0)) * (packet.time_base or Fraction(0))
        for packet in container.demux(others)
        if packet.pts is not None
    ]
    return float(max(ends, default=0))
