"""Clips out of videos."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from dynode.errors import MediaError, OptionError
from dynode.media import Clip, kind_of, open_clip
from dynode.plugins import Progress, silent
from dynode.quoting import listed
from dynode_data.made import MadeData, Sink, check_output, encoded, making, refuse_empty
from dynode_data.order import natural_key
from dynode_data.store import is_hidden

Cut = Callable[[int, Image.Image, int], Image.Image]
"""Cuts a frame, given with its index, to a square of so many pixels."""


def clips_from_videos(
    source: str | Path,
    output: str | Path,
    *,
    size_px: int = 256,
    fps: float | None = None,
    chunk: int | None = None,
    format: str = "jpg",
    cutter: Callable[[Clip], Cut] | None = None,
    force: bool = False,
    progress: Progress = silent,
) -> MadeData:
    """Cut videos into clips of square frames.

    Frames are taken as a player shows them; the centre of each is cut to a square and resized
    (Lanczos). A clip is called as its video is, `#` replaced; folders stay.

    Args:
        source: A video, or a folder of them, at any depth.
        output: Folder, or zip file by its suffix.
        size_px: Side of the frames.
        fps: Frames a second to take, the one shown at each time; None for all of them.
        chunk: Frames a clip: longer videos give several, and the rest is dropped; None for one a
            video.
        format: `jpg` or `png`.
        cutter: Looks at a clip and returns what cuts its frames, such as faces; None for the centre.
        force: Replace a zip file that exists.
        progress: Called with the number of videos.

    Raises:
        MediaError: There is no video, or none of them gives a clip.
        OutputExistsError: The output exists.
    """
    if fps is not None and not 0 < fps < float("inf"):
        raise OptionError(f"--fps is {fps}; expected a number of frames a second above 0")
    taking = _Taking(size_px, fps, chunk, format, cutter)
    return _all_clips(Path(source), Path(output), taking, force, progress)


@dataclass(frozen=True)
class _Taking:
    """What is taken of each video; see `clips_from_videos`."""

    size_px: int
    fps: float | None
    chunk: int | None
    format: str
    cutter: Callable[[Clip], Cut] | None


def _all_clips(
    source: Path, output: Path, taking: _Taking, force: bool, progress: Progress
) -> MadeData:
    check_output(output, force=force)
    videos = _videos(source)
    made, names = MadeData(output), _names(videos)
    with making(output, force=force) as sink:
        for index, (path, name) in enumerate(names.items()):
            try:
                clip = open_clip(path)
                cut = _centre if taking.cutter is None else taking.cutter(clip)
                frames = _frames(clip, taking.fps, cut, taking.size_px)
                _write(sink, name, frames, taking.chunk, taking.format, made)
            except MediaError as error:
                made.left_out[path.name] = str(error)
            progress(index + 1, len(videos), path.name)
        refuse_empty(made, source)
    if made.left_out:
        told = "; ".join(list(made.left_out.values())[:5])
        warnings.warn(f"{len(made.left_out)} videos are left out: {told}", stacklevel=3)
    return made


def _videos(source: Path) -> dict[Path, Path]:
    """Find the videos: file -> its name in the source."""
    if not source.exists():
        raise MediaError(f"{source} does not exist; expected a video, or a folder of videos")
    if source.is_file():
        return {source: Path(source.name)}
    found, others = dict[Path, Path](), list[str]()
    for folder, inside, names in os.walk(source):
        inside[:] = sorted((one for one in inside if not is_hidden(one)), key=natural_key)
        for name in sorted((one for one in names if not is_hidden(one)), key=natural_key):
            path = Path(folder) / name
            if kind_of(path) == "clip":
                found[path] = path.relative_to(source)
            else:
                others.append(path.relative_to(source).as_posix())
    if not found:
        told = f"{len(others)} other files" if others else "nothing"
        raise MediaError(f"{source.name} holds no videos ({told}); expected a folder of videos")
    if others:
        warnings.warn(
            f"left out of {source.name}, as they are no videos: {listed(others)}", stacklevel=3
        )
    return found


def _names(videos: dict[Path, Path]) -> dict[Path, str]:
    """Name the clips after their videos, with the suffix where two would have one name."""
    plain = {
        path: name.with_suffix("").as_posix().replace("#", "_") for path, name in videos.items()
    }
    taken = list(plain.values())
    return {
        path: name if taken.count(name) == 1 else f"{name}_{path.suffix[1:]}"
        for path, name in plain.items()
    }


def _centre(index: int, picture: Image.Image, size_px: int) -> Image.Image:
    return ImageOps.fit(picture, (size_px, size_px), Image.Resampling.LANCZOS)


def _frames(clip: Clip, fps: float | None, cut: Cut, size_px: int) -> Iterator[Image.Image]:
    """Give the frames that are taken, cut and resized."""
    counts = np.ones(len(clip), dtype=int)
    if fps is not None:
        times = np.arange(max(1, round(clip.end_s * fps))) / fps
        shown = [clip.shown_at(float(time)) for time in times]
        counts = np.bincount(shown, minlength=len(clip))
    for index, (pixels, count) in enumerate(zip(clip.frames(), counts, strict=True)):
        if count:
            yield from [cut(index, Image.fromarray(pixels), size_px)] * int(count)


def _write(
    sink: Sink,
    name: str,
    frames: Iterator[Image.Image],
    chunk: int | None,
    format: str,
    made: MadeData,
) -> None:
    """Write a clip, or one after the other; an incomplete last one is dropped."""
    contents, part = list[bytes](), 0
    for picture in frames:
        contents.append(encoded(picture, format))
        if chunk is not None and len(contents) == chunk:
            _add(sink, f"{name}_{part:06d}", contents, format, made)
            contents, part = [], part + 1
    if chunk is None:
        _add(sink, name, contents, format, made)
    elif part == 0:
        raise MediaError(f"{name} has {len(contents)} frames, less than the {chunk} of a clip")


def _add(sink: Sink, name: str, contents: list[bytes], format: str, made: MadeData) -> None:
    for index, content in enumerate(contents):
        sink.add(f"{name}/{index:06d}.{format}", content)
    made.clips += 1
    made.frames += len(contents)
