"""Clips of a data set: the pictures of each folder, at any depth, in natural order."""

from __future__ import annotations

import io
import warnings
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from dynode.errors import MediaError
from dynode.media import PICTURE_SUFFIXES, read_image
from dynode.quoting import listed
from dynode_data.order import natural_key
from dynode_data.store import Store, open_store

LABELS_FILE = "dataset.json"


@dataclass(frozen=True)
class ClipFiles:
    """The files of a clip.

    Attributes:
        name: Folder of the clip in the data set, `.` for the data set's own.
        frames: Names of its frames in the data set, in order.
    """

    name: str
    frames: tuple[str, ...]

    def __len__(self) -> int:
        """Count the frames."""
        return len(self.frames)


@dataclass(frozen=True, eq=False)
class ClipSet:
    """Clips whose frames are read when they are asked for; may be read by several threads at once.

    Attributes:
        store: Where their files lie.
        clips: The clips, in natural order of their names.
        others: Names of files that are no pictures; left out.
    """

    store: Store
    clips: tuple[ClipFiles, ...]
    others: tuple[str, ...]

    def __len__(self) -> int:
        """Count the clips."""
        return len(self.clips)

    @property
    def frame_count(self) -> int:
        """Frames of all clips."""
        return sum(map(len, self.clips))

    def picture(self, name: str) -> Image.Image:
        """Read one frame as it is shown: 8-bit RGB, whatever is stored.

        Raises:
            MediaError: It is damaged.
        """
        return read_image(Path(name), io.BytesIO(self.store.read(name)))

    def read(self, clip: int, frames: Sequence[int]) -> np.ndarray:
        """Read some frames of a clip, and no others.

        Args:
            clip: Index of the clip.
            frames: Indices of its frames.

        Returns:
            (frames, h, w, 3) 8-bit RGB.

        Raises:
            MediaError: A frame is damaged, or their sizes differ.
        """
        names = [self.clips[clip].frames[index] for index in frames]
        pictures = [np.asarray(self.picture(name)) for name in names]
        for name, picture in zip(names, pictures, strict=True):
            if picture.shape != pictures[0].shape:
                raise MediaError(
                    f"{name} of {self.store.source.name} is {_size(picture)} pixels and {names[0]} is "
                    f"{_size(pictures[0])}; make all of one size with 'dynode data crop'"
                )
        return np.stack(pictures)

    def common_size(self) -> tuple[int, int]:
        """Return (height, width) in pixels of the first frames of all clips.

        Raises:
            MediaError: They differ.
        """
        sizes = {clip.name: self.size_of(clip.frames[0]) for clip in self.clips}
        first = self.clips[0].name
        for name, size in sizes.items():
            if size != sizes[first]:
                raise MediaError(
                    f"the clips of {self.store.source.name} have several sizes: {first} is "
                    f"{_told(sizes[first])} pixels and {name} is {_told(size)}; make all of one size "
                    "with 'dynode data crop'"
                )
        return sizes[first]

    def size_of(self, name: str) -> tuple[int, int]:
        """Return (height, width) of a frame in pixels, as shown."""
        width, height = self.picture(name).size
        return height, width


def _size(picture: np.ndarray) -> str:
    return _told((picture.shape[0], picture.shape[1]))


def _told(size: tuple[int, int]) -> str:
    return f"{size[1]}×{size[0]}"


def open_clips(source: str | Path) -> ClipSet:
    """Find the clips of a data set; a warning names the files that are left out.

    Frames are grouped by the folder they lie in, at any depth. What a file's name says is trusted
    until it is read.

    Args:
        source: A folder, or a zip file, which is not unpacked.

    Raises:
        MediaError: It is neither, or holds no pictures.
    """
    store = open_store(source)
    folders, others = defaultdict(list), list[str]()
    for name in store.names():
        path = PurePosixPath(name)
        if path.suffix.lower() in PICTURE_SUFFIXES:
            folders[path.parent.as_posix()].append(name)
        elif path.name != LABELS_FILE:
            others.append(name)
    if not folders:
        found = f"{len(others)} other files" if others else "nothing"
        raise MediaError(
            f"{store.source.name} holds no pictures ({found}); expected a folder of frames for each "
            "clip, such as 'dynode data from-videos' makes"
        )
    if others:
        warnings.warn(
            f"left out of {store.source.name}, as they are no pictures: {listed(sorted(others))}",
            stacklevel=2,
        )
    named = sorted(folders, key=natural_key)
    clips = [ClipFiles(name, tuple(sorted(folders[name], key=natural_key))) for name in named]
    return ClipSet(store, tuple(clips), tuple(sorted(others)))
