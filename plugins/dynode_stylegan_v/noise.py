"""Motion noise: rows on a time grid, drawn by seed wherever they are needed, or given.

The published code draws the noise of all videos at once, so that a video changes with the batch,
with its length and with the class. Here a row is a function of (seed, video, index on the grid):
`--length 128` is the beginning of `--length 2000`, chunks agree, and far times cost no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from dynode.errors import UsageError
from dynode.latents import Motion

# Philox gives four words a step of its counter.
_WORDS = 4


class Noise(Protocol):
    """Rows of standard normal noise of n videos."""

    def rows(self, first: int, count: int, width: int) -> Tensor:
        """Give the rows `first` to `first + count - 1`: (n, count, width) float32 on any device."""
        ...


@dataclass(frozen=True)
class SeededNoise:
    """Noise that depends on seed, video and grid index alone.

    Counter-based: the words of Philox 4x64 (Salmon et al. 2011) with key (seed, video) at the
    counter of the index, through the inverse of the normal distribution, in float64.

    Attributes:
        keys: (seed, video) of each video, both 0 to 2^63 - 1.
    """

    keys: Sequence[tuple[int, int]]

    def __post_init__(self) -> None:
        """Check the keys."""
        for key in self.keys:
            if not all(0 <= part < 2**63 for part in key):
                raise UsageError(f"motion seed and video are {key}; expected 0 to 2^63 - 1")

    def rows(self, first: int, count: int, width: int) -> Tensor:
        """Draw the rows from `first` on; `first` is 0 or more."""
        drawn = [_normal_rows(key, first, count, width) for key in self.keys]
        return torch.stack(drawn) if drawn else torch.zeros(0, count, width)


def _normal_rows(key: tuple[int, int], first: int, count: int, width: int) -> Tensor:
    steps = -(-width // _WORDS)
    stream = np.random.Philox(key=np.array(key, dtype=np.uint64), counter=0)
    stream.advance(first * steps)
    words = stream.random_raw(count * steps * _WORDS).reshape(count, -1)[:, :width]
    uniform = ((words >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    normal: Tensor = torch.special.ndtri(torch.from_numpy(uniform))
    return normal.float()


@dataclass(frozen=True)
class GivenNoise:
    """Noise that was stored, such as the published `motion_z`.

    Attributes:
        values: (n or more, rows, width or more); what is not needed is left.
        videos: n.
    """

    values: Tensor
    videos: int

    def __post_init__(self) -> None:
        """Check the shape."""
        if self.values.ndim != 3 or len(self.values) < self.videos:
            raise UsageError(
                f"motion noise has shape {tuple(self.values.shape)}; expected (videos, rows, width) "
                f"of at least {self.videos} videos"
            )

    def rows(self, first: int, count: int, width: int) -> Tensor:
        """Take rows.

        Raises:
            UsageError: There are too few of them, or they are too narrow.
        """
        _, length, wide = self.values.shape
        if first + count > length or wide < width:
            raise UsageError(
                f"motion noise has {length} rows of width {wide}; these times need "
                f"{first + count} of {width}: give more noise, or a seed"
            )
        return self.values[: self.videos, first : first + count, :width]


@dataclass(frozen=True)
class ContinuedNoise:
    """Given rows at the beginning, drawn ones behind them.

    Attributes:
        values: (n, rows, width).
        behind: What follows, at its own indices.
    """

    values: Tensor
    behind: Noise

    def rows(self, first: int, count: int, width: int) -> Tensor:
        """Take or draw rows.

        Raises:
            UsageError: The given rows have another width.
        """
        length, wide = self.values.shape[1:]
        if wide != width:
            raise UsageError(f"motion noise is {wide} wide; the generator's motion needs {width}")
        given = self.values[:, first : first + count]
        if first + count <= length:
            return given
        start = max(first, length)
        drawn = self.behind.rows(start, first + count - start, width)
        return torch.cat([given, drawn.to(given)], dim=1)


def noise_of(motion: Motion) -> Noise:
    """Find the noise of videos."""
    drawn = SeededNoise([(seed, video) for seed, video in motion.keys.tolist()])
    return drawn if motion.noise is None else ContinuedNoise(motion.noise, drawn)
