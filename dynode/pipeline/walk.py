"""Walk through latent space: a clip that wanders between seeds, codes or pictures."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dynode.direction.base import Direction
from dynode.distance.distance import Distance
from dynode.errors import OptionError, UnknownNameError
from dynode.generator.loading import loaded
from dynode.generator.population import draw_labels, draw_z
from dynode.generator.protocol import Generator
from dynode.latents.between import along_circles, combine, cubic_weights, straight_weights
from dynode.latents.latents import Latents
from dynode.media.segments import write_segments
from dynode.pipeline.directions import load_direction
from dynode.pipeline.drawing import segments
from dynode.pipeline.frame_files import save_frames
from dynode.pipeline.keyed import Keyed
from dynode.pipeline.naming import Named, with_strength
from dynode.pipeline.pacing import even_positions, seen_by, steps_as_seen
from dynode.pipeline.points import OpenedPoints, PointOptions, PointsLike, open_points, parse_points
from dynode.pipeline.sounding import Follows, sound_for
from dynode.pipeline.walk_options import WALK_PATHS, WALK_SPACES
from dynode.pipeline.written import Written
from dynode.plugins.methods import Progress, silent

_MOST_FRAMES = 1_000_000


@dataclass(frozen=True)
class WalkOptions(PointOptions):
    """How a walk goes; the fields of `PointOptions` say how points become codes.

    Attributes:
        space: `w`, the codes as they are, in W or W+; or `z`, along great circles, of seeds only.
        path: `straight` from point to point, or `cubic`, a smooth curve through them, in `w`.
        loop: Go back to the first point, so that the last frame flows into the first.
        seconds: Length; None for 2 seconds a leg.
        fps: Frames a second.
        even: Constant speed as seen: steps are evened out by a picture distance.
        sound: File with a sound that the walk follows, and that a clip gets; its length is that of the
            walk if `seconds` is not said.
        follow: What follows which trait of the sound (`loudness`, `onsets`, `bass`, `middle`, `treble`),
            by the name of a direction or `step`; None: every direction the onsets, steps the loudness.
    """

    space: str = "w"
    path: str = "straight"
    loop: bool = False
    seconds: float | None = None
    fps: float = 30.0
    even: bool = False
    sound: str | Path | None = None
    follow: Mapping[str, str] | None = None

    def frames(self, points: int, heard: Follows | None = None) -> int:
        """Count the frames of a walk through some points, along what is heard.

        Raises:
            OptionError: A number or a name is out of range.
        """
        for name, value, known in (
            ("--space", self.space, WALK_SPACES),
            ("--path", self.path, WALK_PATHS),
        ):
            if value not in known:
                raise UnknownNameError(name, value, known)
        if points < 2:
            raise OptionError(
                f"there is {points} point; a walk goes through at least 2, such as 0-3"
            )
        if self.space == "z" and self.path != "straight":
            raise OptionError("--path cubic is for --space w; in z a walk goes along great circles")
        legs = points if self.loop else points - 1
        own = 2.0 * legs if heard is None else heard.hearing.seconds
        seconds = own if self.seconds is None else self.seconds
        if not 0 < self.fps <= 1000 or not 2 <= seconds * self.fps <= _MOST_FRAMES:
            raise OptionError(
                f"--seconds {seconds:g} at --fps {self.fps:g} is no clip; expected 2 to {_MOST_FRAMES} "
                f"frames, such as --seconds 6 --fps 30"
            )
        return round(seconds * self.fps)


@dataclass(frozen=True, eq=False)
class Walk:
    """A clip that wanders between points; codes are made and drawn a few at a time.

    Attributes:
        generator: What draws.
        points: The points.
        positions: (frames,) float64; where each frame is: k is point k.
        options: How it goes.
        edits: Directions that are laid over it, with strengths over time.
        z: (n, z_dim) of the points, and their labels, for a walk in Z.
        follows: The sound that it follows and gets.
    """

    generator: Generator
    points: OpenedPoints
    positions: Tensor
    options: WalkOptions
    edits: tuple[tuple[Direction, float, Keyed], ...] = ()
    z: tuple[Tensor, Tensor | None] | None = None
    follows: Follows | None = None

    def __len__(self) -> int:
        """Count the frames."""
        return len(self.positions)

    def at(self, positions: Tensor) -> Latents:
        """Return the codes of positions (m,), without the edits; those of a point are exactly its own."""
        count, loop = len(self.points), self.options.loop
        if self.z is None:
            weigh = cubic_weights if self.options.path == "cubic" else straight_weights
            return combine(self.points.latents, weigh(positions, count, loop=loop))
        z, labels = self.z
        c = None
        if labels is not None:
            c = straight_weights(positions, count, loop=loop).to(labels) @ labels
        psi = 0.7 if self.options.truncation is None else self.options.truncation
        return self.generator.map(along_circles(z, positions, loop=loop), c=c, truncation=psi)

    def part(self, begin: int, end: int) -> Latents:
        """Return the codes of some of the frames, edits included."""
        latents = self.at(self.positions[begin:end])
        times = torch.arange(begin, end, dtype=torch.float64) / self.options.fps
        for direction, strength, keyed in self.edits:
            latents = direction.apply(latents, (keyed.at(times) * strength).to(latents.w))
        return latents

    def save(self, path: str | Path, *, progress: Progress = silent) -> Written:
        """Write the clip; memory does not grow with its length, but for `.gif` and `.webp`.

        An interrupted call is gone on with, segment by segment, and the file is the same, byte for
        byte; see `write_segments`. A folder of frames begins anew.

        Args:
            path: `.mp4`, `.mov`, `.mkv`, `.webm`, `.gif`, `.webp`, or a name without suffix: a folder
                of PNGs. What has that name is replaced.
            progress: Called with the number of frames drawn.

        Raises:
            MediaError: No video format has this suffix.
        """
        target, fps = Path(path), self.options.fps
        parts = segments(self.generator, self, progress=progress)
        if target.suffix:
            with sound_for(target, self.follows, len(self) / fps) as sound:
                return Written(target, write_segments(parts, target, fps=fps, sound=sound))
        chunks = (batch[None] for part in parts for batch in part.frames())
        return save_frames(chunks, target, fps=fps, columns=1)

    def steps(self, distance: Distance | None = None) -> Tensor:
        """Measure how far apart neighbouring frames look, edits included.

        Args:
            distance: By what; None takes what `even` evens out by.

        Returns:
            (frames - 1,), for a loop (frames,) with the step from the last frame to the first.
        """
        measured = distance or seen_by(self.generator)
        steps = steps_as_seen(self.generator, measured, len(self), self.part)
        return steps if self.options.loop else steps[:-1]


def walk(
    points: PointsLike,
    *,
    directions: Sequence[Named] = (),
    keys: Mapping[str, Sequence[tuple[float, float]]] | None = None,
    generator: Generator | str | Path | None = None,
    device: str | None = None,
    class_index: int | str | None = None,
    progress: Progress = silent,
    **options: Any,  # of WalkOptions, checked against its fields
) -> Walk:
    """Make a clip that wanders between points.

    Args:
        points: Seeds such as `"0-3"`, files of codes, pictures, or latents; at least two.
        directions: Directions laid over it: objects, files or names such as `"smile:1.5"`.
        keys: (seconds, factor) pairs of the strength of a direction, by its name.
        generator: A loaded generator, or what `load_generator` takes.
        device: Where to compute, for a generator that is not loaded yet.
        class_index: Class of a conditional generator that seeds are of.
        progress: Called with the number of points, and by the probing of `even`.
        **options: Fields of `WalkOptions`, such as `loop=True`, `seconds=6`, `truncation=0.5`.

    Raises:
        DynodeError: A number is out of range, an option does not apply, or a name is not known.
    """
    how, named = WalkOptions.of("walk", options), parse_points(points)
    how.check("walk", named)
    drawing = loaded(generator, device=device, class_index=class_index)
    edits, heard = _edits(directions, keys or {}, drawing), Follows.of(how.sound, how.follow)
    opened = open_points(named, drawing, how, progress=progress)
    positions = _positions(how, len(opened), how.frames(len(opened), heard))
    made = Walk(drawing, opened, positions, how, edits, _z(how, opened, drawing), heard)
    made = made if heard is None else _following(made, heard)
    return _evened(made, progress) if how.even else made


def _following(walk: Walk, heard: Follows) -> Walk:
    """Let steps and strengths follow a sound."""
    fps, count = walk.options.fps, len(walk)
    heard.check([direction.info.name for direction, _, _ in walk.edits])
    edits = tuple(
        (direction, strength, heard.keyed(direction.info.name, keyed, count, fps))
        for direction, strength, keyed in walk.edits
    )
    positions = heard.positions(walk.positions, fps, loop=walk.options.loop)
    return dataclasses.replace(walk, positions=positions, edits=edits)


def _positions(how: WalkOptions, points: int, frames: int) -> Tensor:
    shares = torch.arange(frames, dtype=torch.float64)
    return shares * points / frames if how.loop else shares * (points - 1) / (frames - 1)


def _z(
    how: WalkOptions, opened: OpenedPoints, generator: Generator
) -> tuple[Tensor, Tensor | None] | None:
    """Draw the normal vectors of seeds.

    Raises:
        OptionError: A point is no seed.
    """
    if how.space != "z":
        return None
    seeds = [point for point in opened.points if isinstance(point, int)]
    if len(seeds) < len(opened):
        raise OptionError("--space z is for seeds: codes and pictures remember no z; use --space w")
    info = generator.info
    drawn = torch.cat([draw_z(info, 1, seed=seed) for seed in seeds])
    labels = [draw_labels(info, 1, seed=seed) for seed in seeds]
    told = [label for label in labels if label is not None]
    return drawn, torch.cat(told) if told else None


def _edits(
    directions: Sequence[Named],
    keys: Mapping[str, Sequence[tuple[float, float]]],
    generator: Generator,
) -> tuple[tuple[Direction, float, Keyed], ...]:
    waiting, edits = dict(keys), list[tuple[Direction, float, Keyed]]()
    for named in directions:
        found, strength = with_strength(named)
        direction = found if isinstance(found, Direction) else load_direction(found)
        direction.check(generator.info)
        names = {direction.info.name, found.stem if isinstance(found, Path) else ""}
        keyed = next((waiting.pop(name) for name in names if name in waiting), [(0.0, 1.0)])
        edits.append((direction.ready_for(generator), strength, Keyed.of(keyed)))
    if waiting and not edits:
        raise OptionError(
            f"--key says how strong {next(iter(waiting))!r} is over time, and no direction is laid over the "
            f"walk; add --direction {next(iter(waiting))}"
        )
    for name in waiting:
        raise UnknownNameError("direction of --key", name, [d.info.name for d, _, _ in edits])
    return tuple(edits)


def _evened(walk: Walk, progress: Progress) -> Walk:
    """Move the frames along the path so that each looks as far from the next as the others."""
    count = len(walk.points)
    legs = count if walk.options.loop else count - 1
    positions = even_positions(walk.generator, walk.at, walk.positions, legs, progress=progress)
    return dataclasses.replace(walk, positions=positions)
