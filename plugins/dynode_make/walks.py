"""Walk through latent space: a clip that wanders between seeds, codes or pictures."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dynode.direction import Direction
from dynode.distance import Distance
from dynode.errors import OptionError
from dynode.generator import Generator, draw_labels, draw_z, loaded
from dynode.latents import Latents
from dynode.media import Segment, write_segments
from dynode.pipeline import Named, Score, Written, is_score, save_frames, segments
from dynode.plugins import Progress, silent
from dynode_make.between import (
    along_circles,
    combine,
    cubic_weights,
    straight_weights,
    wave_weights,
)
from dynode_make.keyed import Keyed
from dynode_make.pacing import even_positions, seen_by, steps_as_seen
from dynode_make.points import OpenedPoints, PointsLike, open_points, parse_points
from dynode_make.sounding import Follows, sound_for
from dynode_make.walk_edits import TRUNCATION, laid_over, pulls_of
from dynode_make.walk_noise import noise_of
from dynode_make.walk_plan import WalkOptions, positions_at

_PLACES = 256  # looked at for where a round is slowest


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
        pulls: Factor of the distance from the mean code over time: truncation that is keyed.
    """

    generator: Generator
    points: OpenedPoints
    positions: Tensor
    options: WalkOptions
    edits: tuple[tuple[Direction, float, Keyed], ...] = ()
    z: tuple[Tensor, Tensor | None] | None = None
    follows: Follows | None = None
    pulls: Keyed | None = None

    def __len__(self) -> int:
        """Count the frames."""
        return len(self.positions)

    @property
    def fps(self) -> float:
        """Frames a second."""
        return self.options.fps

    @property
    def names(self) -> tuple[str, ...]:
        """What the points are called."""
        return self.points.names

    def at(self, positions: Tensor) -> Latents:
        """Return the codes of positions (m,), without the edits; those of a point are exactly its own."""
        count, loop = len(self.points), self.options.loop
        is_noise = self.options.path == "noise"
        if self.z is None:
            if is_noise:
                return self._around_mean(wave_weights(positions, count))
            weigh = cubic_weights if self.options.path == "cubic" else straight_weights
            return combine(self.points.latents, weigh(positions, count, loop=loop))
        z, labels = self.z
        waves = wave_weights(positions, count)
        shares = waves.square() if is_noise else straight_weights(positions, count, loop=loop)
        c = None if labels is None else shares.to(labels) @ labels
        psi = 0.7 if self.options.truncation is None else self.options.truncation
        gone = waves.to(z) @ z if is_noise else along_circles(z, positions, loop=loop)
        return self.generator.map(gone, c=c, truncation=psi)

    def _around_mean(self, weights: Tensor) -> Latents:
        """Weigh what the points are beside the mean code, and add it to that."""
        mixed = combine(self.points.latents, weights)
        rest = (1 - weights.sum(1)).to(mixed.w)
        return mixed.with_w(mixed.w + rest[:, None, None] * self.generator.mean_w.to(mixed.w))

    def part(self, begin: int, end: int) -> Latents:
        """Return the codes of some of the frames, edits included."""
        latents = self.at(self.positions[begin:end])
        times = torch.arange(begin, end, dtype=torch.float64) / self.options.fps
        if self.pulls is not None:
            mean, factor = self.generator.mean_w.to(latents.w), self.pulls.at(times).to(latents.w)
            latents = latents.with_w(mean + factor[:, None, None] * (latents.w - mean))
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
        parts = self.segments(progress=progress)
        if target.suffix:
            with sound_for(target, self.follows, len(self) / fps) as sound:
                return Written(target, write_segments(parts, target, fps=fps, sound=sound))
        chunks = (batch[None] for part in parts for batch in part.frames())
        return save_frames(chunks, target, fps=fps, columns=1)

    def segments(self, *, progress: Progress = silent) -> Iterator[Segment]:
        """Divide the drawing into segments that an interrupted call goes on with."""
        how = self.options
        noise = noise_of(self.generator, how.noise, frames=len(self), fps=how.fps, seed=how.seed)
        return segments(self.generator, self, noise=noise, progress=progress)

    def steps(self, distance: Distance | None = None) -> Tensor:
        """Measure how far apart neighbouring frames look, edits included and noise as stored.

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
        points: Seeds such as `"0-3"`, files of codes, pictures, or latents; at least two. Or one
            score, a `.json` file that says when the walk is where; see `Score`.
        directions: Directions laid over it: objects, files or names such as `"smile:1.5"`.
        keys: (seconds, factor) pairs of the strength of a direction, by its name; of `truncation` for
            the distance from the mean code, which also multiplies that of `truncation=`.
        generator: A loaded generator, or what `load_generator` takes.
        device: Where to compute, for a generator that is not loaded yet.
        class_index: Class of a conditional generator that seeds are of.
        progress: Called with the number of points, and by the probing of `even`.
        **options: Fields of `WalkOptions`, such as `loop=True`, `seconds=6`, `truncation=0.5`.

    Raises:
        DynodeError: A number is out of range, an option does not apply, or a name is not known.
    """
    if is_score(points):
        points, directions, keys, times = _of_score(points, directions, keys)
        options = {**options, "times": times}
    how, named = WalkOptions.of("walk", options), parse_points(points)
    how.check("walk", named)
    drawing = loaded(generator, device=device, class_index=class_index)
    waiting, heard = dict(keys or {}), Follows.of(how.sound, how.follow)
    pulls = pulls_of(waiting.pop(TRUNCATION, None), heard, drawing)
    edits = laid_over(directions, waiting, drawing)
    opened = open_points(named, drawing, how, progress=progress)
    positions = positions_at(how, len(opened), how.frames(len(opened), heard))
    noise_of(drawing, how.noise, frames=len(positions), fps=how.fps, seed=how.seed)  # or refuse
    z = _z(how, opened, drawing)
    made = Walk(drawing, opened, positions, how, edits, z, heard, pulls)
    made = made if heard is None else _following(made, heard)
    if how.even:
        return _evened(made, progress)
    return _begun_slowly(made) if how.path == "noise" and how.loop and heard is None else made


def _following(walk: Walk, heard: Follows) -> Walk:
    """Let steps and strengths follow a sound."""
    fps, count = walk.options.fps, len(walk)
    pulled = [TRUNCATION] if walk.pulls is not None else []
    heard.check([*(direction.info.name for direction, _, _ in walk.edits), *pulled])
    pulls = walk.pulls
    if pulls is not None and TRUNCATION in (heard.traits or {}):
        pulls = heard.keyed(TRUNCATION, pulls, count, fps)
    edits = tuple(
        (direction, strength, heard.keyed(direction.info.name, keyed, count, fps))
        for direction, strength, keyed in walk.edits
    )
    positions = heard.positions(walk.positions, fps, loop=walk.options.loop)
    return dataclasses.replace(walk, positions=positions, edits=edits, pulls=pulls)


def _of_score(
    given: Any,  # what `is_score` knows as one
    directions: Sequence[Named],
    keys: Mapping[str, Sequence[tuple[float, float]]] | None,
) -> tuple[list[str], list[Named], dict[str, Any], tuple[float, ...]]:
    """Read points, directions, keys and times; what is given beside the score is laid over it too.

    Raises:
        OptionError: It is no score.
        UnknownNameError: It names a direction that is not there.
    """
    score = Score.load(given if isinstance(given, str | Path) else given[0])
    every = {name: pairs for name, pairs in score.directions.items() if pairs}
    both = {**{Path(name).stem: pairs for name, pairs in every.items()}, **(keys or {})}
    named = [name for name in every if name != TRUNCATION]
    return [point for _, point in score.points], [*named, *directions], both, score.times


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


def _begun_slowly(walk: Walk) -> Walk:
    """Begin a round of noise where it is slowest, so that its seam is no large step."""
    count = len(walk.points)
    places = torch.arange(_PLACES, dtype=torch.float64) * count / _PLACES
    before = walk.at(places - count / len(walk)).w
    steps = (walk.at(places).w - before).flatten(1).norm(dim=1)
    return dataclasses.replace(walk, positions=walk.positions + places[int(steps.argmin())])


def _evened(walk: Walk, progress: Progress) -> Walk:
    """Move the frames along the path so that each looks as far from the next as the others."""
    count = len(walk.points)
    legs = count if walk.options.loop else count - 1
    positions = even_positions(walk.generator, walk.at, walk.positions, legs, progress=progress)
    return dataclasses.replace(walk, positions=positions)
