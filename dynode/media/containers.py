"""Open video files from strangers: containers of pictures only, never lists of other files."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from dynode.errors import MediaError

if TYPE_CHECKING:
    import av
    from av.container import InputContainer

_MOST_PIXELS = 200_000_000
# Demuxers that read one file and nothing else; of sound, those that a mistaken name may lead to.
_FORMATS = (
    "amv,asf,asf_o,av1,avi,cavsvideo,dirac,dnxhd,dv,flic,flv,gxf,h261,h263,h264,hevc,ivf,live_flv,m4v,"
    "matroska,mjpeg,mjpeg_2000,mov,mpeg,mpegts,mpegvideo,mxf,nsv,nut,nuv,obu,ogg,rm,roq,vc1,vc1test,vvc,"
    "wtv,yuv4mpegpipe,aac,ac3,aiff,flac,mp3,wav"
)
_READ_ONLY_THIS = {"format_whitelist": _FORMATS, "protocol_whitelist": "file"}
# What files begin with that name others: ffmpeg's list, HLS, DASH, SMIL, session descriptions, playlists.
_LISTS = (
    b"ffconcat",
    b"#extm3u",
    b"<?xml",
    b"<mpd",
    b"<smil",
    b"<asx",
    b"v=0",
    b"[playlist]",
    b"#!",
)


@contextlib.contextmanager
def opened(path: Path, *, ignore_index: bool = False) -> Iterator[InputContainer]:
    """Open a video file; foreign errors inside the block become one line.

    Args:
        path: The file.
        ignore_index: Read the file from its beginning to its end, whatever its index says.

    Raises:
        MediaError: The file is absent, names other files, is no video, or is damaged.
    """
    import av

    if not path.is_file():
        raise MediaError(f"{path} does not exist; check the path of the video")
    _refuse_lists(path)
    with explained(path), path.open("rb") as stream:
        # An absolute path: "concat:a|b" would be taken for a protocol.
        source: Any = _Forwards(stream) if ignore_index else str(path.absolute())
        with av.open(
            source, format=_bare_format(path), options=_READ_ONLY_THIS, metadata_errors="replace"
        ) as container:
            yield container


def _bare_format(path: Path) -> str | None:
    """Name what ffmpeg knows by its suffix alone: JPEGs one after the other."""
    with path.open("rb") as stream:
        return "mjpeg" if stream.read(3) == b"\xff\xd8\xff" else None


class _Forwards:
    """A file that cannot be gone back in: its index, at its end, is not looked for."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, size: int) -> bytes:
        """Return the next bytes."""
        return self._stream.read(size)


def _refuse_lists(path: Path) -> None:
    with path.open("rb") as stream:
        head = stream.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(_LISTS):
        raise MediaError(
            f"{path.name} is a list or script that names other files, and is not followed; give the video "
            f"itself"
        )


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn the errors of the decoder into one line."""
    import av

    try:
        yield
    except (av.FFmpegError, ValueError, EOFError) as error:
        reason = " ".join(str(error).split()) or "no frame can be decoded"
        raise MediaError(
            f"{path.name} is no video, or damaged or truncated ({reason}); expected a whole .mp4, "
            f".mov, .mkv, .webm, .avi, .ts or another container that FFmpeg reads"
        ) from error


def picture_track(container: InputContainer, name: str) -> av.VideoStream:
    """Choose the track that players show: the default one, never a cover picture.

    Raises:
        MediaError: There is none, or its frames are too large.
    """
    import av

    videos = [video for video in container.streams.video if not _is_cover(video)]
    if not videos:
        kinds = ", ".join(stream.type for stream in container.streams) or "nothing"
        raise MediaError(f"{name} has no picture track ({kinds} only); give a video")
    best = container.streams.best("video")
    chosen = next((video for video in videos if best is video), videos[0])
    assert isinstance(chosen, av.VideoStream)
    if chosen.codec_context is None:
        raise MediaError(
            f"{name} has pictures of a codec that nothing here decodes; convert it, for example to H.264"
        )
    pixels = (chosen.width or 0) * (chosen.height or 0)
    if pixels > _MOST_PIXELS:
        raise MediaError(
            f"{name} declares frames of {chosen.width}×{chosen.height} pixels; expected at most "
            f"{_MOST_PIXELS}; scale it down"
        )
    # Checksums of pictures, where an encoder wrote them, are all that tells damage in HEVC.
    chosen.codec_context.options = {"max_pixels": str(_MOST_PIXELS), "err_detect": "crccheck"}
    return chosen


def codec_of(track: av.AudioStream) -> str:
    """Name the codec of a track; phones write some that nothing here knows."""
    return track.codec_context.name if track.codec_context is not None else "unknown"


def _is_cover(stream: av.VideoStream) -> bool:
    from av.stream import Disposition

    return bool(stream.disposition & Disposition.attached_pic)
