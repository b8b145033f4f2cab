"""Which frames of a clip training looks at: few, at distances that are spread over scales."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from dynode.errors import UsageError

POWERS = tuple(2**power for power in range(12))


@dataclass(frozen=True)
class FrameSampling:
    """A strategy of sparse sampling.

    Attributes:
        kind: `random`: first and last frame at a listed distance, the others between them anywhere;
            `uniform`: all at one step.
        frames: Frames a clip.
        distances: Listed distances, from first to last frame or of one step; None for a range.
        max_distance: Largest one; None for no limit.
    """

    kind: str = "random"
    frames: int = 3
    distances: tuple[int, ...] | None = POWERS
    max_distance: int | None = 32

    def __post_init__(self) -> None:
        """Check the fields."""
        if self.kind not in ("random", "uniform") or self.frames < 1:
            raise UsageError(
                f"frame sampling {self.kind!r} of {self.frames} frames; expected 'random' or "
                "'uniform' and at least one frame"
            )

    @property
    def shortest(self) -> int:
        """Fewest frames of a clip that can be sampled.

        Raises:
            UsageError: No clip has so many frames at the listed distances.
        """
        longest = 2 * self.frames * max(POWERS)
        for length in range(self.frames, longest):
            if self.frames == 1 or self._distances(length):
                return length
        raise UsageError(
            f"no clip has {self.frames} frames at most {self.max_distance} apart in the "
            f"{self.kind!r} sampling; use fewer frames or longer distances"
        )

    def admissible(self, length: int) -> list[int]:
        """List the distances that a clip allows.

        Args:
            length: Frames of the clip.

        Raises:
            UsageError: There is none: the clip is too short.
        """
        if self.frames == 1:
            return [0]
        found = self._distances(length)
        if not found:
            raise UsageError(
                f"a clip of {length} frames has no {self.frames} frames at the distances of the "
                f"{self.kind!r} sampling; use longer clips, fewer frames or shorter distances"
            )
        return found

    def draw(
        self, length: int, rng: random.Random, *, is_fractional: bool = False
    ) -> list[int] | list[float]:
        """Choose frames of a clip.

        Draws as published, from Python's generator: the distance, the start, the frames between.

        Args:
            length: Frames of the clip.
            rng: Where chance comes from.
            is_fractional: Start anywhere between frames; the distances stay integers.

        Returns:
            Increasing times in frames.

        Raises:
            UsageError: The clip is too short.
        """
        distance = rng.choice(self.admissible(length))
        span = distance if self.kind == "random" else distance * (self.frames - 1)
        room = length - span - 1
        start = rng.random() * room if is_fractional else rng.randint(0, room)
        return [start + offset for offset in self._offsets(distance, rng)]

    def window(self, length: int, max_frames: int, rng: random.Random) -> tuple[int, int]:
        """Choose the part of a long clip to look at; times count from its start.

        Args:
            length: Frames of the clip.
            max_frames: Longest part.
            rng: Where chance comes from.

        Returns:
            First frame and length of the part.
        """
        if length <= max_frames:
            return 0, length
        return rng.randint(0, length - max_frames), max_frames

    def _offsets(self, distance: int, rng: random.Random) -> Sequence[int]:
        if self.frames == 1:
            return [0]
        if self.kind == "uniform":
            return [distance * index for index in range(self.frames)]
        inner = rng.sample(range(1, distance), self.frames - 2)
        return sorted([0, distance, *inner])

    def _distances(self, length: int) -> list[int]:
        return self._total(length) if self.kind == "random" else self._step(length)

    def _total(self, length: int) -> list[int]:
        """List total distances; a range leaves out its upper end, as published."""
        last = length - 1 if self.max_distance is None else min(length - 1, self.max_distance)
        if self.distances is None:
            return list(range(self.frames - 1, last))
        return [d for d in self.distances if self.frames - 1 <= d <= last]

    def _step(self, length: int) -> list[int]:
        if self.distances is None:
            last = length // self.frames
            if self.max_distance is not None:
                last = min(last, self.max_distance)
            return list(range(1, last + 1))
        limit = self.max_distance or length
        room = length - 1
        return [d for d in self.distances if d <= limit and (self.frames - 1) * d <= room]
