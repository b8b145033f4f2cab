"""Numbers that change over time: given at some times, straight in between."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dynode.errors import OptionError


@dataclass(frozen=True)
class Keyed:
    """A number at some times.

    Attributes:
        keys: (seconds, value), times increasing; before the first and after the last it is held.
    """

    keys: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        times = [time for time, _ in self.keys]
        flat = [number for key in self.keys for number in key]
        is_rising = all(a < b for a, b in zip(times, times[1:], strict=False))
        if not self.keys or not all(map(math.isfinite, flat)) or not is_rising:
            raise OptionError(
                f"the keys are {list(self.keys)}; expected (seconds, value) pairs of finite numbers, times "
                f"increasing, such as 0:0 and 2:1.5"
            )

    @classmethod
    def of(cls, keys: Sequence[tuple[float, float]] | float) -> Keyed:
        """Make one of pairs, or of a number that stays."""
        if isinstance(keys, int | float):
            return cls(((0.0, float(keys)),))
        return cls(tuple((float(time), float(value)) for time, value in keys))

    def at(self, times: Tensor) -> Tensor:
        """Return the values at times (n,) in seconds: (n,) float64."""
        when, values = zip(*self.keys, strict=True)
        return torch.from_numpy(np.interp(times.numpy(), when, values))


def parse_key(text: str) -> tuple[str, Keyed]:
    """Read `NAME=TIME:VALUE,TIME:VALUE`.

    Raises:
        OptionError: It is something else.
    """
    name, _, told = text.rpartition("=")
    try:
        pairs = [part.split(":") for part in told.split(",")]
        keys = [(float(time), float(value)) for time, value in pairs]
    except ValueError:
        name = ""
    if not name:
        raise OptionError(f"--key is {text!r}; expected NAME=TIME:VALUE,… such as smile=0:0,2:1.5")
    return name, Keyed.of(keys)
