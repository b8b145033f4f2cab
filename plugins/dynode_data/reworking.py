"""A data set out of another: cropped and shortened, packed, or standing still."""

from __future__ import annotations

import functools
import random
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from PIL import Image, ImageOps

from dynode.errors import MediaError, OptionError
from dynode.plugins import Progress, silent
from dynode_data.clips import ClipFiles, ClipSet, open_clips
from dynode_data.labels import told_labels
from dynode_data.made import MadeData, Sink, add_labels, check_output, encoded, making, refuse_empty
from dynode_data.order import natural_key

# Name and content of each frame of a new clip.
_Frames = Iterator[tuple[str, bytes]]


def crop_clips(
    source: str | Path,
    output: str | Path,
    *,
    size_px: int | None = None,
    frames: int | None = None,
    skip: int = 0,
    format: str = "jpg",
    force: bool = False,
    progress: Progress = silent,
) -> MadeData:
    """Cut every clip to a square and to a length.

    The centre of each frame is cut to a square and resized (Lanczos). Clips with a damaged frame, or
    shorter than asked, are left out and named.

    Args:
        source: Data set; see `open_clips`.
        output: Folder, or zip file by its suffix.
        size_px: Side of the frames; None keeps the shorter side of each clip's first frame.
        frames: Frames a clip; None for all.
        skip: Frames to drop at the beginning of each.
        format: `jpg` or `png`.
        force: Replace a zip file that exists.
        progress: Called with the number of clips.

    Raises:
        MediaError: The source is no data set, or no clip is left.
        OutputExistsError: The output exists.
    """
    cut = functools.partial(_cut, size_px=size_px, frames=frames, skip=skip, format=format)
    return _rework(source, output, cut, force=force, progress=progress)


def _cut(
    clips: ClipSet,
    clip: ClipFiles,
    *,
    size_px: int | None,
    frames: int | None,
    skip: int,
    format: str,
) -> _Frames:
    stop = len(clip) if frames is None else skip + frames
    if stop > len(clip) or skip >= len(clip):
        raise MediaError(f"clip {clip.name} has {len(clip)} frames")
    for index, name in enumerate(clip.frames[skip:stop]):
        picture = clips.picture(name)
        size_px = size_px or min(picture.size)
        fitted = ImageOps.fit(picture, (size_px, size_px), Image.Resampling.LANCZOS)
        yield f"{index:06d}.{format}", encoded(fitted, format)


def pack_clips(
    source: str | Path,
    output: str | Path,
    *,
    force: bool = False,
    progress: Progress = silent,
) -> MadeData:
    """Write the frames as they are into a zip file, or folder, of the published layout.

    Frames whose natural order is not that of their characters get new numbers, so that every reader
    agrees. Labels of `dataset.json` go along.

    Args:
        source: Data set; see `open_clips`.
        output: Folder, or zip file by its suffix.
        force: Replace a zip file that exists.
        progress: Called with the number of clips.

    Raises:
        MediaError: The source is no data set.
        OutputExistsError: The output exists.
    """

    def copied(clips: ClipSet, clip: ClipFiles) -> _Frames:
        is_renamed = order_differs(clip)
        for index, name in enumerate(clip.frames):
            path = PurePosixPath(name)
            yield f"{index:06d}{path.suffix}" if is_renamed else path.name, clips.store.read(name)

    return _rework(source, output, copied, force=force, progress=progress)


def freeze_clips(
    source: str | Path,
    output: str | Path,
    *,
    frames: int | None = None,
    seed: int = 0,
    force: bool = False,
    progress: Progress = silent,
) -> MadeData:
    """Make clips that stand still: one frame of each, repeated. What a motion metric must refuse.

    Args:
        source: Data set; see `open_clips`.
        output: Folder, or zip file by its suffix.
        frames: Frames a clip; None for as many as it has.
        seed: Chooses the frames.
        force: Replace a zip file that exists.
        progress: Called with the number of clips.

    Raises:
        MediaError: The source is no data set.
        OutputExistsError: The output exists.
    """
    chance = random.Random(seed)

    def repeated(clips: ClipSet, clip: ClipFiles) -> _Frames:
        name = chance.choice(clip.frames)
        content = clips.store.read(name)
        for index in range(len(clip) if frames is None else frames):
            yield f"{index:06d}{PurePosixPath(name).suffix}", content

    return _rework(source, output, repeated, force=force, progress=progress)


def order_differs(clip: ClipFiles) -> bool:
    """Tell whether readers that sort by characters see the frames in another order."""
    return sorted(clip.frames) != list(clip.frames)


def _rework(
    source: str | Path,
    output: str | Path,
    frames_of: Callable[[ClipSet, ClipFiles], _Frames],
    *,
    force: bool,
    progress: Progress,
) -> MadeData:
    source, output = Path(source), Path(output)
    check_output(output, force=force)
    if source.is_dir() and output.resolve().is_relative_to(source.resolve()):
        raise OptionError(f"{output} lies in {source}, which is read; choose another place with -o")
    clips = open_clips(source)
    labels, names = told_labels(clips), _new_names(clips)
    made, kept = MadeData(output), dict[str, Any]()
    with making(output, force=force) as sink:
        for index, clip in enumerate(clips.clips):
            written = _write_clip(sink, names[clip.name], frames_of(clips, clip), made)
            if written and clip.name in labels:
                kept[names[clip.name]] = labels[clip.name]
            progress(index + 1, len(clips))
        add_labels(sink, kept)
        refuse_empty(made, source)
    if made.left_out:
        told = "; ".join(list(made.left_out.values())[:5])
        warnings.warn(f"{len(made.left_out)} clips are left out: {told}", stacklevel=3)
    return made


def _write_clip(sink: Sink, name: str, frames: _Frames, made: MadeData) -> bool:
    """Write a clip when all of its frames are there."""
    try:
        contents = list(frames)
    except MediaError as error:
        made.left_out[name] = str(error)
        return False
    for frame, content in contents:
        sink.add(f"{name}/{frame}", content)
    made.clips += 1
    made.frames += len(contents)
    return True


def _new_names(clips: ClipSet) -> dict[str, str]:
    """Name the clips without the one folder that all lie in."""
    parts = {clip.name: PurePosixPath(clip.name).parts for clip in clips.clips}
    firsts = {one[:1] for one in parts.values()}
    cut = 1 if len(firsts) == 1 and all(len(one) > 1 for one in parts.values()) else 0
    named = {name: "/".join(one[cut:]) or clips.store.source.stem for name, one in parts.items()}
    return {name: named[name] for name in sorted(named, key=natural_key)}
