"""Morph one picture into another: a strip, or a clip."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dynode import load_direction
from dynode.direction import Direction
from dynode.distance import Distance
from dynode.errors import OptionError
from dynode.generator import Generator, loaded
from dynode.latents import Latents
from dynode.media import IMAGE_SUFFIXES, check_image_name, grid, write_image, write_segments
from dynode.pipeline import (
    Named,
    Written,
    check_frames_name,
    motion_path,
    save_frames,
    segments,
    synthesize_batches,
    with_strength,
)
from dynode.plugins import Progress, silent
from dynode_make.between import combine
from dynode_make.pacing import even_positions, features_of, seen_by
from dynode_make.points import PointOptions, PointsLike, open_points, parse_points
from dynode_make.shortest import ShortestWay, shortest_way

_STRIP, _CLIP, _MOST_FRAMES, _FPS = 9, 61, 100_000, 30.0
_BATCH = 4


def is_strip(path: Path) -> bool:
    """Say whether a morph of this name is one picture; a `.webp` moves."""
    return path.suffix.lower() in IMAGE_SUFFIXES and path.suffix.lower() != ".webp"


def check_morph_name(path: Path) -> None:
    """Refuse a name under which no morph can be written.

    Raises:
        MediaError: No format has this suffix.
    """
    if is_strip(path):
        check_image_name(path)
    else:
        check_frames_name(path)


@dataclass(frozen=True, eq=False)
class Morph:
    """The way from one picture to another.

    Attributes:
        generator: What draws.
        ends: The two codes.
        names: What they are called.
        positions: (frames,) float64, how far along the way each frame is, 0 to 1.
        motion: Whose shape the way has, and how strongly.
        shortest: The way itself where it was bent to be the shortest; straight without either.
    """

    generator: Generator
    ends: Latents
    names: tuple[str, ...]
    positions: Tensor
    motion: tuple[Direction, float] | None = None
    shortest: ShortestWay | None = None

    def __len__(self) -> int:
        """Count the frames."""
        return len(self.positions)

    def at(self, positions: Tensor) -> Latents:
        """Return the codes of positions (m,) float64, 0 to 1; at 0 and 1 they are exactly the ends'."""
        if self.shortest is not None:
            return self.shortest.at(positions)
        if self.motion is None:
            return combine(self.ends, torch.stack([1 - positions, positions], 1))
        pace, bend = _shape(self.motion[0], positions, self.ends)
        codes = combine(self.ends, torch.stack([1 - pace, pace], 1))
        inside = ((positions > 0) & (positions < 1)).view(-1, 1, 1).to(codes.device)
        bent = codes.w + bend * self.motion[1]
        return codes.with_w(torch.where(inside, bent, codes.w))

    def part(self, begin: int, end: int) -> Latents:
        """Return the codes of some of the frames."""
        return self.at(self.positions[begin:end])

    def distances(self, distance: Distance | None = None) -> Tensor:
        """Measure how far each frame looks from both ends.

        Args:
            distance: By what; None for the features of the scorer of the generator's domain, or pixels.

        Returns:
            (frames, 2): from the first picture, from the second.
        """
        measured = distance or seen_by(self.generator)
        ends = features_of(self.generator, measured, self.ends)
        rows = []
        for low in range(0, len(self), _BATCH):
            high = min(low + _BATCH, len(self))
            seen = features_of(self.generator, measured, self.part(low, high))
            rows.append(torch.cdist(seen, ends, compute_mode="donot_use_mm_for_euclid_dist").cpu())
        return torch.cat(rows)

    def save(self, path: str | Path, *, fps: float = _FPS, progress: Progress = silent) -> Written:
        """Write a strip of all frames, or a clip.

        Args:
            path: A picture's name for the strip; a clip's, `.webp` among them, or a name without suffix
                for a folder of frames. What has that name is replaced.
            fps: Frames a second of a clip.
            progress: Called with the number of frames drawn.

        Raises:
            MediaError: No format has this suffix.
        """
        target = Path(path)
        check_morph_name(target)
        if is_strip(target):
            codes = self.part(0, len(self))
            drawn = synthesize_batches(self.generator, codes, progress=progress)
            write_image(grid(drawn, columns=len(self)), target)
            return Written(target, len(self))
        parts = segments(self.generator, self, progress=progress)
        if target.suffix:
            return Written(target, write_segments(parts, target, fps=fps))
        chunks = (batch[None] for part in parts for batch in part.frames())
        return save_frames(chunks, target, fps=fps, columns=1)


@dataclass(frozen=True)
class MorphOptions(PointOptions):
    """How a morph goes; the fields of `PointOptions` say how its ends become codes.

    Attributes:
        frames: How many, both ends included; at least 2.
        even: Constant speed as seen: steps are evened out by a picture distance.
        shortest: Take the shortest way by a picture distance; see `shortest_way`.
    """

    frames: int = _STRIP
    even: bool = False
    shortest: bool = False

    def positions(self, points: int) -> Tensor:
        """Say how far along each frame is, at an even pace: (frames,) float64, 0 to 1.

        Raises:
            OptionError: There are too few frames, or not two points.
        """
        if not 2 <= self.frames <= _MOST_FRAMES:
            raise OptionError(f"--frames is {self.frames}; expected 2 to {_MOST_FRAMES}")
        if points != 2:
            raise OptionError(
                f"a morph goes from one picture to one other, and {points} are given: "
                f"'dynode walk' goes through several"
            )
        return torch.arange(self.frames, dtype=torch.float64) / (self.frames - 1)


def morph(
    first: PointsLike,
    second: PointsLike,
    *,
    motion: Named | None = None,
    generator: Generator | str | Path | None = None,
    device: str | None = None,
    class_index: int | str | None = None,
    progress: Progress = silent,
    **options: Any,  # of MorphOptions, checked against its fields
) -> Morph:
    """Go from one picture to another.

    Args:
        first: A seed, a file of one code, a picture, or latents.
        second: Likewise.
        motion: A motion, such as `"smile"`, whose shape the way takes: its pace and, times its
            strength, its bend, brought to the length of this way; straight without one.
        generator: A loaded generator, or what `load_generator` takes.
        device: Where to compute, for a generator that is not loaded yet.
        class_index: Class of a conditional generator, by number or name, that seeds are of.
        progress: Called with the number of points, and by `shortest` and the probing of `even`.
        **options: Fields of `MorphOptions`, such as `frames=5`, `even=True`, `truncation=0.5`.

    Raises:
        OptionError: A number is out of range, an end is not one picture, or an option does not apply.
        DynodeError: See `load_generator`, `invert` and `load_direction`.
    """
    how = MorphOptions.of("morph", options)
    points = [*parse_points(first, "FIRST"), *parse_points(second, "SECOND")]
    how.check("morph", points)
    drawing = loaded(generator, device=device, class_index=class_index)
    shape = _motion(motion, how, drawing)
    opened = open_points(points, drawing, how, progress=progress)
    positions = how.positions(len(opened))
    way = shortest_way(drawing, opened.latents, progress=progress) if how.shortest else None
    made = Morph(drawing, opened.latents, opened.names, positions, shape, way)
    if how.even:
        positions = even_positions(drawing, made.at, positions, 1, progress=progress)
    return dataclasses.replace(made, positions=positions)


def default_frames(path: Path) -> int:
    """Say how many frames a morph of this name has if nobody says: 9 in a strip, 61 in a clip."""
    return _STRIP if is_strip(path) else _CLIP


def _motion(
    named: Named | None, how: MorphOptions, generator: Generator
) -> tuple[Direction, float] | None:
    """Load the motion that shapes the way.

    Raises:
        OptionError: The way is to be the shortest, too.
    """
    if named is None:
        return None
    if how.shortest:
        raise OptionError("--motion gives the way its shape, and so does --shortest; name one")
    found, strength = with_strength(named, motion_path, option="--motion")
    direction = found if isinstance(found, Direction) else load_direction(found)
    direction.check(generator.info)
    return direction.ready_for(generator), strength


def _shape(motion: Direction, positions: Tensor, ends: Latents) -> tuple[Tensor, Tensor]:
    """Read the shape of a motion: pace (m,) float64 along its end, and bend (m, rows, width) off it.

    The bend is what remains beside the end point, brought to the length of the way between the ends.

    Raises:
        OptionError: The motion goes nowhere in W+.
    """
    still = Latents(torch.zeros_like(ends.w[:1]))
    progress = torch.cat([positions, positions.new_ones(1)]).to(ends.w)
    with torch.inference_mode():
        offsets = motion.along(still, progress).w.double()
    end, gone = offsets[-1], offsets[:-1]
    length = end.norm()
    if not bool(length > 0):
        raise OptionError(
            f"--motion {motion.info.name!r} moves no codes of w+, so it has no shape to follow; "
            f"name a motion, such as smile"
        )
    pace = (gone * end).sum((1, 2)) / length.square()
    bend = gone - pace.view(-1, 1, 1) * end
    way = (ends.w[1] - ends.w[0]).double().norm()
    pace = torch.where((positions <= 0) | (positions >= 1), positions, pace.cpu())
    return pace, (bend * (way / length)).to(ends.w)
