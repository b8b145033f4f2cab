"""What would trouble a training, found before it starts."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dynode.errors import MediaError
from dynode.plugins import Progress, silent
from dynode_data.clips import ClipSet, open_clips
from dynode_data.labels import told_labels
from dynode_data.reworking import order_differs


@dataclass(frozen=True)
class DataReport:
    """What is in a data set.

    Attributes:
        path: The folder or zip file.
        clips: Number of clips.
        frames: Number of frames.
        shortest: Frames of the shortest clip.
        longest: Frames of the longest one.
        sizes: (width, height) in pixels -> frames of that size.
        short: Names of clips with fewer frames than are sampled.
        damaged: Why frames cannot be read, by name.
        odd_files: Names of files that are no pictures.
        order_traps: Clips that readers sorting by characters see in another order.
        labels: What is wrong with the labels, empty if nothing is.
    """

    path: Path
    clips: int
    frames: int
    shortest: int
    longest: int
    sizes: dict[tuple[int, int], int]
    short: tuple[str, ...]
    damaged: dict[str, str]
    odd_files: tuple[str, ...]
    order_traps: tuple[str, ...]
    labels: str

    @property
    def is_usable(self) -> bool:
        """Whether a training takes all of it as it is."""
        return len(self.sizes) == 1 and not (self.short or self.damaged or self.labels)

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        sizes = {f"{width}x{height}": count for (width, height), count in self.sizes.items()}
        return {**vars(self), "path": str(self.path), "sizes": sizes, "is_usable": self.is_usable}


def check_clips(source: str | Path, *, frames: int = 3, progress: Progress = silent) -> DataReport:
    """Read every frame of a data set, and say what would trouble a training.

    Args:
        source: Data set; see `open_clips`.
        frames: Frames of a clip that are sampled.
        progress: Called with the number of clips.

    Raises:
        MediaError: It is no data set.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the report names the files that are no pictures
        clips = open_clips(source)
    sizes, damaged = _read_all(clips, progress)
    lengths = [len(clip) for clip in clips.clips]
    return DataReport(
        path=clips.store.source,
        clips=len(clips),
        frames=clips.frame_count,
        shortest=min(lengths),
        longest=max(lengths),
        sizes=dict(sizes.most_common()),
        short=tuple(clip.name for clip in clips.clips if len(clip) < frames),
        damaged=damaged,
        odd_files=clips.others,
        order_traps=tuple(clip.name for clip in clips.clips if order_differs(clip)),
        labels=_trouble_of_labels(clips),
    )


def _read_all(
    clips: ClipSet, progress: Progress
) -> tuple[Counter[tuple[int, int]], dict[str, str]]:
    sizes, damaged = Counter[tuple[int, int]](), dict[str, str]()
    for index, clip in enumerate(clips.clips):
        for name in clip.frames:
            try:
                sizes[clips.picture(name).size] += 1
            except MediaError as error:
                damaged[name] = str(error)
        progress(index + 1, len(clips))
    return sizes, damaged


def _trouble_of_labels(clips: ClipSet) -> str:
    try:
        told_labels(clips)
    except MediaError as error:
        return str(error)
    return ""
