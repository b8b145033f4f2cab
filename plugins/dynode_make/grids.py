"""Several walks side by side in one clip."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dynode.errors import OptionError
from dynode.generator import Generator, loaded
from dynode.media import Segment, write_segments
from dynode.pipeline import Written, is_score, save_frames, tiled
from dynode.plugins import Progress, silent
from dynode_make.points import Point, PointsLike, parse_points
from dynode_make.sounding import sound_for
from dynode_make.walks import Walk, walk

_MOST_TILES = 144


@dataclass(frozen=True, eq=False)
class WalkGrid:
    """Walks of one length, shown at once, row by row.

    Attributes:
        walks: The walks.
        columns: How many stand in a row.
    """

    walks: tuple[Walk, ...]
    columns: int

    def __len__(self) -> int:
        """Count the frames."""
        return len(self.walks[0])

    @property
    def generator(self) -> Generator:
        """What draws."""
        return self.walks[0].generator

    @property
    def fps(self) -> float:
        """Frames a second."""
        return self.walks[0].fps

    @property
    def names(self) -> tuple[str, ...]:
        """What the points of all walks are called."""
        return tuple(name for one in self.walks for name in one.names)

    def save(self, path: str | Path, *, progress: Progress = silent) -> Written:
        """Write the clip; see `Walk.save`."""
        target, first = Path(path), self.walks[0]
        if not target.suffix:
            chunks = (
                tile[None] for part in self.segments(progress=progress) for tile in part.frames()
            )
            return save_frames(chunks, target, fps=self.fps, columns=1)
        parts = self.segments(progress=progress)
        with sound_for(target, first.follows, len(self) / self.fps) as sound:
            return Written(target, write_segments(parts, target, fps=self.fps, sound=sound))

    def segments(self, *, progress: Progress = silent) -> Iterator[Segment]:
        """Divide the drawing into segments, of all walks at once."""
        streams = [one.segments() for one in self.walks[:-1]]
        streams.append(self.walks[-1].segments(progress=progress))
        for parts in zip(*streams, strict=True):
            told = f"{self.columns} " + " ".join(part.key for part in parts)
            key = hashlib.sha256(told.encode()).hexdigest()[:32]
            yield Segment(key, lambda parts=parts: self._tiles(parts))  # type: ignore[misc]

    def _tiles(self, parts: Sequence[Segment]) -> Iterator[Tensor]:
        together = zip(*(part.frames() for part in parts), strict=True)
        return tiled(
            (torch.stack([one.cpu() for one in batch]) for batch in together), self.columns
        )


def walk_grid(
    points: PointsLike,
    rows: int,
    columns: int,
    *,
    generator: Generator | str | Path | None = None,
    device: str | None = None,
    class_index: int | str | None = None,
    progress: Progress = silent,
    **options: Any,  # what `walk` takes besides
) -> WalkGrid:
    """Make a clip of several walks side by side.

    Args:
        points: See `walk`; they are dealt out in order, as many to every walk.
        rows: Rows of walks.
        columns: Walks a row.
        generator: A loaded generator, or what `load_generator` takes.
        device: Where to compute, for a generator that is not loaded yet.
        class_index: Class of a conditional generator that seeds are of.
        progress: Called with the number of points.
        **options: Whatever else `walk` takes, for all of them.

    Raises:
        OptionError: The points cannot be dealt out evenly, or see `walk`.
    """
    dealt = _dealt(points, rows, columns)
    drawing = loaded(generator, device=device, class_index=class_index)
    shared = {"generator": drawing, "progress": progress, **options}
    return WalkGrid(tuple(walk(own, **shared) for own in dealt), columns)


def _dealt(points: PointsLike, rows: int, columns: int) -> list[list[Point]]:
    """Deal points out to the walks of a grid, in order.

    Raises:
        OptionError: They cannot be, or there is no such grid.
    """
    tiles = rows * columns
    if rows < 1 or columns < 1 or tiles > _MOST_TILES:
        raise OptionError(
            f"--grid is {rows}x{columns}; expected rows and columns such as 3x3, {_MOST_TILES} walks at most"
        )
    if is_score(points):
        raise OptionError("--grid does not apply to a score, which is one walk; leave it out")
    named = parse_points(points)
    each, left = divmod(len(named), tiles)
    if left or each < 2:
        raise OptionError(
            f"--grid {rows}x{columns} deals {len(named)} points to {tiles} walks; give each as many, 2 or "
            f"more, such as 0-{2 * tiles - 1}"
        )
    return [named[index : index + each] for index in range(0, len(named), each)]


def parse_grid(text: str | None) -> tuple[int, int] | None:
    """Read `ROWSxCOLUMNS`; None stays None.

    Raises:
        OptionError: It is something else.
    """
    if text is None:
        return None
    rows, sign, columns = text.lower().partition("x")
    if not sign or not rows.isdecimal() or not columns.isdecimal():
        raise OptionError(f"--grid is {text!r}; expected ROWSxCOLUMNS such as 3x3")
    return int(rows), int(columns)
