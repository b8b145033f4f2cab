"""A score: a walk as a JSON file, times -> points and strengths of directions."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from dynode import files
from dynode.errors import OptionError

FORMAT, VERSION = "dynode.score", 1
_MEMBERS = {"format", "version", "points", "directions"}
_MOST_BYTES = 2**24
_WRONG = (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


@dataclass(frozen=True)
class Score:
    """When a walk is where, and how strong directions are.

    Attributes:
        points: (seconds, seed, picture or file of one code), times increasing from 0.
        directions: (seconds, strength) pairs by the name or file of a direction.
    """

    points: tuple[tuple[float, str], ...]
    directions: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        times = [time for time, _ in self.points]
        is_rising = all(a < b for a, b in zip(times, times[1:], strict=False))
        if len(times) < 2 or times[0] != 0 or not is_rising or not math.isfinite(times[-1]):
            raise OptionError(
                f"the points of the score are at {times[:8]} s; expected two times or more, increasing from 0"
            )

    @property
    def times(self) -> tuple[float, ...]:
        """When each point is reached, in seconds."""
        return tuple(time for time, _ in self.points)

    def save(self, path: str | Path) -> None:
        """Write it as JSON; a file of that name is replaced."""
        told = {"format": FORMAT, "version": VERSION, "points": self.points}
        text = json.dumps(told | {"directions": dict(self.directions)}, indent=2)
        with files.written(Path(path)) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save`, or a person, wrote; files it names lie where the command runs.

        Raises:
            OptionError: It is no score, or holds what scores do not.
        """
        path = Path(path)
        try:
            if path.stat().st_size > _MOST_BYTES:
                raise ValueError("it is larger than 16 MiB")
            told = json.loads(path.read_text("utf-8"))
            return cls(*_parts(told))
        except _WRONG as error:
            raise OptionError(
                f"{path.name} is no score ({' '.join(str(error).split())[:120]}); expected JSON such as "
                f'{{"format": "{FORMAT}", "version": {VERSION}, "points": [[0, "3"], [2, "face.png"]], '
                f'"directions": {{"smile": [[0, 0], [2, 1.5]]}}}}'
            ) from error


def _parts(told: Any) -> tuple[Any, Any]:  # JSON values
    if not isinstance(told, dict) or told.get("format") != FORMAT or told.get("version") != VERSION:
        raise ValueError(f"its format is not {FORMAT} of version {VERSION}")
    strange = sorted(set(told) - _MEMBERS)
    if strange:
        raise ValueError(f"it holds {strange[0]!r}, which no score has")
    points = tuple((float(time), str(point)) for time, point in told["points"])
    keys = {
        str(name): tuple((float(time), float(value)) for time, value in pairs)
        for name, pairs in told.get("directions", {}).items()
    }
    return points, keys


def is_score(given: object) -> bool:
    """Say whether what was given as the points of a walk is one score."""
    one = given[0] if isinstance(given, list | tuple) and len(given) == 1 else given
    return isinstance(one, str | Path) and Path(one).suffix.lower() == ".json"
